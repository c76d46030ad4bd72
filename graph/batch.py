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

import polars as pl

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
