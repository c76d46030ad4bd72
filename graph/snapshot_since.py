"""A graph as a snapshot has it but for what has changed since, to be read like a store."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import polars as pl

from graph.batch import EDGES
from graph.facts import NOW, Moment
from graph.ids import Int64s
from graph.links import NO_TIME, SPLITS, Links
from graph.snapshot import NODE_COLUMNS, Snapshot
from graph.store import Changed


class Scanned(Protocol):
    """What a snapshot is built from: a store, or this."""

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges", some at a time."""


class Since:
    """`base` (with no merged nodes) and what has changed."""

    def __init__(self, base: Snapshot, changed: Changed) -> None:
        self._base = base
        self._changed = changed
        untouched = base.nodes.filter(_not_among(changed.node_ids)).select(NODE_COLUMNS)
        self._nodes = pl.concat([untouched, changed.nodes.select(NODE_COLUMNS)])
        self._present: Int64s = np.sort(self._nodes["id"].to_numpy())

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges" as they are now; edges without properties."""
        if table == "nodes":
            yield self._nodes
            return
        for relation in self._base.schema.relations:
            edges = _edges(self._base, relation, self._base.links(relation))
            yield self._with_ends(edges.filter(_not_among(self._changed.edge_ids)))
        yield self._with_ends(self._changed.edges.select(*EDGES))

    def _with_ends(self, edges: pl.DataFrame) -> pl.DataFrame:
        there = [pl.Series(np.isin(edges[end].to_numpy(), self._present)) for end in _ENDS]
        return edges.filter(there[0] & there[1])


_ENDS = ("head", "tail")


def _not_among(ids: pl.Series) -> pl.Expr:
    return ~pl.col("id").is_in(ids.implode())


def _edges(base: Snapshot, relation: str, links: Links) -> pl.DataFrame:
    meant = base.schema.relations[relation]
    numbers: Mapping[str, Int64s] = {
        kind: base.nodes["id"].to_numpy()[base.rows(kind).start : base.rows(kind).stop]
        for kind in (meant.head, meant.tail)
    }
    marks = base.discriminators(links.edge)
    splits = pl.Series(SPLITS, dtype=pl.String)
    weight, time = pl.Series(links.weight).cast(pl.Float64), pl.Series(links.time)
    return pl.DataFrame(
        {
            "id": pl.Series(links.edge),
            "head": pl.Series(numbers[meant.head][links.heads()]),
            "relation": pl.repeat(relation, links.size, eager=True, dtype=pl.String),
            "tail": pl.Series(numbers[meant.tail][links.indices]),
            "discriminator": marks,
            "weight": weight,
            "time": time,
            "split": splits.gather(pl.Series(links.split)),
            "properties": pl.repeat(None, links.size, eager=True, dtype=pl.String),
        }
    ).with_columns(
        pl.col("weight").fill_nan(None),
        pl.when(pl.col("time") != NO_TIME).then("time"),
        pl.when(pl.col("split") != "").then("split"),
    )
