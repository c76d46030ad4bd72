"""Columns of nodes and edges on their way into and out of a store.

A store takes and gives whole tables, since a hundred thousand rows a second leave no time for
an object per row. A batch is one polars frame with exactly these columns.

NODES     id      Int64   number of the node (`graph.ids.text_number("kind:key")`)
          kind    String
          key     String
          label   String  null: known only as the end of an edge
          aliases String  JSON list, or null
          properties String  JSON object with sorted keys, or null
          file    Int32   index into `Batch.files`
          line    Int64   1-based line of the catalogue file

EDGES     id      Int64   `graph.ids.edge_numbers`
          head    Int64   number of the head node
          relation String
          tail    Int64   number of the tail node
          discriminator String  "" for the one ordinary edge
          weight  Float64 null: none given
          time    Int64   seconds since 1970, null: none given
          split   String  "train", "valid", "test" or null, where the catalogue has a split
          properties String JSON object or null
          file, line      as above

Every node that an edge of the batch names is either in the batch's nodes or in the store.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from graph.errors import StoreError
from graph.ids import content_numbers, edge_hex, text_numbers

PROVENANCE = {"file": pl.Int32(), "line": pl.Int64()}

NODES: dict[str, pl.DataType] = {
    "id": pl.Int64(),
    "kind": pl.String(),
    "key": pl.String(),
    "label": pl.String(),
    "aliases": pl.String(),
    "properties": pl.String(),
}

EDGES: dict[str, pl.DataType] = {
    "id": pl.Int64(),
    "head": pl.Int64(),
    "relation": pl.String(),
    "tail": pl.Int64(),
    "discriminator": pl.String(),
    "weight": pl.Float64(),
    "time": pl.Int64(),
    "split": pl.String(),
    "properties": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Nodes and edges of one source, written in one transaction.

    `files` are the catalogue files that the `file` columns point into; `position` says how far
    the source has been read when the batch is in, so that a killed run goes on from there.
    """

    source: str
    files: tuple[str, ...]
    nodes: pl.DataFrame
    edges: pl.DataFrame
    position: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What a write did, in rows: for nodes, edges and what was already so."""

    nodes_added: int = 0
    nodes_changed: int = 0
    edges_added: int = 0
    edges_changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.nodes_added + other.nodes_added,
            self.nodes_changed + other.nodes_changed,
            self.edges_added + other.edges_added,
            self.edges_changed + other.edges_changed,
            self.unchanged + other.unchanged,
        )

    @property
    def written(self) -> int:
        """Rows that were added or changed."""
        return self.nodes_added + self.nodes_changed + self.edges_added + self.edges_changed


_CONTENT = {
    "nodes": ("label", "aliases", "properties"),
    "edges": ("weight", "time", "split", "properties"),
}
_NAMES = {
    "nodes": ("kind", "key"),
    "edges": ("head", "relation", "tail", "discriminator"),
}
_NULL = -1


def one_row_each(batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The batch's nodes and edges with each id once: the last row that says something.

    StoreError when an id belongs to two different nodes or edges.
    """
    frames = []
    for table, frame in (("nodes", batch.nodes), ("edges", batch.edges)):
        if frame["id"].n_unique() < frame.height:
            clash = frame.unique(["id", *_NAMES[table]]).filter(pl.col("id").is_duplicated())
            if clash.height:
                raise StoreError(
                    f"two different {table} have the same id {edge_hex(clash['id'][0])}: "
                    f"{clash.select(_NAMES[table]).rows()[:2]}",
                    hint="give one of them another key",
                )
            says = pl.any_horizontal(pl.col(*_CONTENT[table]).is_not_null())
            frame = (
                frame.with_columns(says=says)
                .sort("says", maintain_order=True)
                .unique("id", keep="last", maintain_order=True)
                .drop("says")
            )
        frames.append(frame)
    return frames[0], frames[1]


def with_said(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The rows of "nodes" or "edges" with `said`, a hash of their content.

    0 marks a row that only mentions a node and says nothing of it; an edge always says something.
    """
    columns = []
    for name in _CONTENT[table]:
        column = frame[name]
        if column.dtype == pl.String:
            distinct = column.unique().drop_nulls()
            numbers = pl.Series(text_numbers(distinct), dtype=pl.Int64)
            values = column.replace_strict(distinct, numbers, default=None, return_dtype=pl.Int64)
        elif column.dtype == pl.Float64:
            bits = pl.Series(column.fill_null(0.0).to_numpy().copy().view(np.int64))
            values = bits.zip_with(column.is_not_null(), pl.Series([_NULL], dtype=pl.Int64))
        else:
            values = column
        columns.append(values.fill_null(_NULL).to_numpy())
    said = pl.Series("said", content_numbers(columns), dtype=pl.Int64)
    if table == "edges":
        return frame.with_columns(said)
    silent = pl.all_horizontal(pl.col(*_CONTENT[table]).is_null())
    return frame.with_columns(said).with_columns(
        said=pl.when(silent).then(0).otherwise(pl.col("said"))
    )
