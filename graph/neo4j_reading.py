"""All that was ever said of some nodes and edges in Neo4j, as values."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from neo4j import ManagedTransaction

from graph import cypher
from graph.cypher import keeping, looking
from graph.facts import Fact
from graph.ids import edge_from_hex, text_number
from graph.neo4j_facts import Facts
from graph.neo4j_runs import names_of
from graph.schema import Schema
from graph.types import Assertion, Edge, Node

Rows = list[dict[str, Any]]


def facts_about(
    tx: ManagedTransaction, schema: Schema, ids: Sequence[str]
) -> tuple[tuple[Fact, ...], ...]:
    """The facts about nodes (`kind:key`) and edges (16 digits), oldest first."""
    numbers = [_number(name) for name in ids]
    nodes = [n for name, n in zip(ids, numbers, strict=True) if ":" in name and n is not None]
    edges = [n for name, n in zip(ids, numbers, strict=True) if ":" not in name and n is not None]
    kinds = {text_number(name): name.split(":", 1)[0] for name in ids if ":" in name}
    facts = Facts(tx, schema)
    found: dict[int, Rows] = {}
    asked = [("nodes", kind, [n for n in nodes if kinds[n] == kind]) for kind in schema.kinds]
    asked += [("edges", relation, edges) for relation in schema.relations]
    for table, name, wanted in asked:
        if wanted:
            _add(found, facts.carried(table, name, sorted(set(wanted))))
    for table, wanted in (("nodes", nodes), ("edges", edges)):
        for part in facts.beside(table, sorted(set(wanted)), live=False) if wanted else ():
            _add(found, part)
    tell = _Tell(tx, schema, [row for rows in found.values() for row in rows])
    return tuple(tuple(tell.facts(found.get(n, []))) if n is not None else () for n in numbers)


def _number(name: str) -> int | None:
    if ":" in name:
        return text_number(name)
    try:
        return edge_from_hex(name)
    except ValueError:
        return None


def _add(found: dict[int, Rows], frame: pl.DataFrame) -> None:
    for row in frame.iter_rows(named=True):
        found.setdefault(row["id"], []).append(row)


class _Tell:
    """Numbers of ours back into names."""

    def __init__(self, tx: ManagedTransaction, schema: Schema, rows: Rows) -> None:
        self._sources = _turned(names_of(tx, cypher.SOURCE)) if rows else {}
        self._files = _turned(names_of(tx, cypher.FILE)) if rows else {}
        self._runs = {r["run"]["number"]: r["run"]["id"] for r in tx.run(keeping.RUNS)}
        self._nodes: dict[int, str] = {}
        ends: dict[str, set[int]] = {}
        for row in rows:
            if "relation" in row:
                meant = schema.relations[row["relation"]]
                ends.setdefault(meant.head, set()).add(row["head"])
                ends.setdefault(meant.tail, set()).add(row["tail"])
        for kind, numbers in ends.items():
            for record in tx.run(looking.names_of(kind), ids=sorted(numbers)):
                self._nodes[record["id"]] = f"{kind}:{record['key']}"
        gone = sorted({n for numbers in ends.values() for n in numbers} - self._nodes.keys())
        if gone:
            for record in tx.run(looking.NAMES_OF_GONE, ids=gone):
                self._nodes[record["id"]] = f"{record['kind']}:{record['key']}"

    def facts(self, rows: Rows) -> Iterator[Fact]:
        for row in sorted(rows, key=lambda row: (row["run"], row["source"])):
            yield Fact(
                self._edge(row) if "relation" in row else _node(row),
                Assertion(
                    self._runs[row["run"]],
                    self._sources[row["source"]],
                    self._files[row["file"]],
                    row["line"],
                    row["valid_from"],
                    row["valid_to"],
                ),
                None if row["until"] is None else self._runs[row["until"]],
                row["gone"],
            )

    def _edge(self, row: Mapping[str, Any]) -> Edge:
        return Edge(
            self._nodes.get(row["head"], ""),  # a deletion may name what nobody has told of
            row["relation"],
            self._nodes.get(row["tail"], ""),
            row["discriminator"],
            row["weight"],
            row["time"],
            json.loads(row["properties"]) if row["properties"] else {},
        )


def _node(row: Mapping[str, Any]) -> Node:
    return Node(
        row["kind"],
        row["key"],
        row["key"] if row["label"] is None else row["label"],
        tuple(json.loads(row["aliases"])) if row["aliases"] else (),
        json.loads(row["properties"]) if row["properties"] else {},
    )


def _turned(names: Mapping[str, int]) -> dict[int, str]:
    return {number: name for name, number in names.items()}
