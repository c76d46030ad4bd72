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
          valid_from, valid_to Int64  when it was so in the world, seconds since 1970; may be left
                          out, null: not said

Every node that an edge of the batch names is in the batch's nodes: a source vouches for both ends
of what it says, so that no other source can take them away from it. Only in a batch of deletions
the nodes are those to take back, and no others.
"""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.errors import StoreError
from graph.ids import content_numbers, edge_hex, text_numbers

PROVENANCE = {"file": pl.Int32(), "line": pl.Int64()}
VALIDITY = {"valid_from": pl.Int64(), "valid_to": pl.Int64()}

Mode = Literal["merge", "replace", "delete"]

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
    `mode`: "merge" adds and changes; "replace" does, too, and what no batch of the run names is
    retired at its end (`GraphStore.end`); "delete" takes back what its rows name.
    """

    source: str
    files: tuple[str, ...]
    nodes: pl.DataFrame
    edges: pl.DataFrame
    position: str
    mode: Mode = "merge"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a write did, in rows: for nodes, edges and what was already so.

    `withheld` are rows about nodes that were forgotten on a person's request.
    """

    nodes_added: int = 0
    nodes_changed: int = 0
    nodes_removed: int = 0
    edges_added: int = 0
    edges_changed: int = 0
    edges_removed: int = 0
    unchanged: int = 0
    withheld: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))

    @property
    def written(self) -> int:
        """Rows that were added, changed or removed."""
        return (
            self.nodes_added
            + self.nodes_changed
            + self.nodes_removed
            + self.edges_added
            + self.edges_changed
            + self.edges_removed
        )


CONTENT = {
    "nodes": ("label", "aliases", "properties"),
    "edges": ("weight", "time", "split", "properties"),
}
IDENTITY = {
    "nodes": ("kind", "key"),
    "edges": ("head", "relation", "tail", "discriminator"),
}
_NULL = -1


def refuse_clashes(frame: pl.DataFrame, table: str) -> None:
    """StoreError when an id of "nodes" or "edges" belongs to two different ones."""
    if frame["id"].n_unique() == frame.height:
        return
    several = frame.select("id", *IDENTITY[table]).filter(pl.col("id").is_duplicated())
    clash = several.unique().filter(pl.col("id").is_duplicated())
    if clash.height:
        raise StoreError(
            f"two different {table} have the same id {edge_hex(clash['id'][0])}: "
            f"{clash.select(IDENTITY[table]).rows()[:2]}",
            hint="give one of them another key",
        )


def refuse_loose_ends(batch: Batch) -> None:
    """StoreError when an edge names a node that is not in its batch."""
    known = batch.nodes["id"].unique().implode()
    loose = batch.edges.filter(~pl.all_horizontal(pl.col("head", "tail").is_in(known)))
    if loose.height:
        raise StoreError(
            f"edge {edge_hex(loose['id'][0])} names a node that its batch does not have"
        )


def with_said(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The rows of "nodes" or "edges" with `said`, a hash of their content and validity.

    0 marks a row that only mentions a node and says nothing of it; an edge always says something.
    """
    said = content_numbers(_hashable(frame[name]) for name in CONTENT[table])
    dated = pl.any_horizontal(pl.col(*VALIDITY).is_not_null())
    if VALIDITY.keys() <= set(frame.columns) and frame.select(dated.any()).item():
        times = [said, *(frame[name].fill_null(_NULL).to_numpy() for name in VALIDITY)]
        said = np.where(frame.select(dated).to_series().to_numpy(), content_numbers(times), said)
    frame = frame.with_columns(said=pl.Series(said, dtype=pl.Int64))
    if table == "edges":
        return frame
    silent = pl.all_horizontal(pl.col(*CONTENT[table]).is_null())
    return frame.with_columns(said=pl.when(silent).then(0).otherwise(pl.col("said")))


def _hashable(column: pl.Series) -> NDArray[np.int64]:
    if column.dtype == pl.String:
        distinct = column.unique().drop_nulls()
        numbers = pl.Series(text_numbers(distinct), dtype=pl.Int64)
        values = column.replace_strict(distinct, numbers, default=None, return_dtype=pl.Int64)
    elif column.dtype == pl.Float64:
        bits = pl.Series(column.fill_null(0.0).to_numpy().copy().view(np.int64))
        values = bits.zip_with(column.is_not_null(), pl.Series([_NULL], dtype=pl.Int64))
    else:
        values = column
    return values.fill_null(_NULL).to_numpy()
