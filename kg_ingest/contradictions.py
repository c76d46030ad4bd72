"""A second value where a relation allows one: what a run says against what is known already."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from graph.facts import current
from graph.ids import edge_hex
from graph.store import GraphStore
from graph.types import Edge, Node

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Value:
    """One of several tails, and who says so; `new` is what the run at hand adds."""

    name: str
    source: str
    row: str
    new: bool


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A head that has several tails of a functional relation."""

    relation: str
    head: str
    name: str
    values: tuple[Value, ...]


def contradictions(
    store: GraphStore, heads: Sequence[pl.DataFrame], run: str
) -> tuple[dict[str, int], tuple[Contradiction, ...]]:
    """How many of these heads (relation, head) have several tails, by relation, and the first few.

    `run` is the run that added an edge to each of them.
    """
    if not heads:
        return {}, ()
    touched = pl.concat(heads).unique()
    parts = [
        part.select("id", "relation", "head", "tail").join(
            touched, on=["relation", "head"], how="semi"
        )
        for part in store.scan("edges")
    ]
    several = (
        pl.concat(parts)
        .group_by("relation", "head")
        .agg("id", pl.col("tail").n_unique().alias("tails"))
        .filter(pl.col("tails") > 1)
        .sort("relation", "head")
    )
    counts = dict(several.group_by("relation").len().sort("relation").iter_rows())
    told = tuple(
        _contradiction(store, sorted(edge_hex(number) for number in ids), run)
        for ids in several["id"].head(MOST_TOLD)
    )
    return counts, told


def _contradiction(store: GraphStore, edges: list[str], run: str) -> Contradiction:
    values = []
    relation = head = ""
    for facts in store.facts(edges):
        edge, said = facts[-1].subject, facts[-1].assertion
        assert isinstance(edge, Edge)
        relation, head = edge.relation, edge.head
        new = facts[0].assertion.run == run
        place = f"{said.file}:{said.line}"
        values.append(Value(_name(store, edge.tail), said.source, place, new))
    values.sort(key=lambda value: (value.new, value.name))
    return Contradiction(relation, head, _name(store, head), tuple(values))


def _name(store: GraphStore, node: str) -> str:
    (facts,) = store.facts([node])
    found = current(facts)
    return found.label if isinstance(found, Node) else node
