"""Reading the whole graph of a moment out of Neo4j, in bounded memory."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from neo4j import ManagedTransaction

from graph import cypher
from graph.batch import EDGES, NODES, VALIDITY
from graph.cypher import paging
from graph.facts import COLUMNS, facts_schema, folded, holds_at
from graph.ids import Int64s, edge_numbers, text_number
from graph.neo4j_facts import Facts
from graph.neo4j_places import FIRST, NODES_A_PAGE, Places, read_places
from graph.schema import Schema

EDGES_A_PAGE = 40_000
_BESIDE = ("source", "run", "valid_from", "valid_to", "gone")  # what says how facts go together


class Scan:
    """One reading: what was known after some run, of what was so at some time."""

    def __init__(
        self, tx: ManagedTransaction, schema: Schema, known: int | None, as_of: int, *, past: bool
    ) -> None:
        self._tx = tx
        self._schema = schema
        self._known = known
        self._as_of = as_of
        self._past = past

    def nodes(self) -> Iterator[pl.DataFrame]:
        """All nodes."""
        beside = self._beside("nodes")
        apart = beside["id"].unique()
        held = [beside]
        for kind in self._schema.kinds:
            for page in self._pages_of_nodes(kind):
                alone = page.filter(~pl.col("id").is_in(apart.implode()))
                if alone.height < page.height:
                    held.append(page.filter(pl.col("id").is_in(apart.implode())))
                if alone.height:
                    yield alone.select(*NODES)
        if beside.height:
            yield folded(pl.concat(held), "nodes")

    def edges(self) -> Iterator[pl.DataFrame]:
        """All edges that have both their ends."""
        told = self._beside_known("edges")
        beside = told.filter(holds_at(self._as_of))
        apart = beside["id"].unique()
        places = read_places(self._tx, self._schema)
        ends = self._present() if self._past else None
        held, there = [beside], list[pl.Series]()
        columns = Facts(self._tx, self._schema).columns()
        for relation in self._schema.relations:
            used = columns.get(relation)
            if used is None:
                continue
            # What several say together is there for others to read; here each says it itself.
            together = self._several(relation, told)
            there.append(together)
            for page in self._pages_of_edges(relation, used, places):
                alone = page.filter(~_among(together)) if together.len() else page
                if apart.len():
                    is_apart = _among(apart)
                    held.append(alone.filter(is_apart))
                    there.append(held[-1]["id"])
                    alone = alone.filter(~is_apart)
                if ends is not None:
                    alone = _with_ends(alone, ends)
                if alone.height:
                    yield alone.select(*EDGES)
        if beside.height:
            if ends is None and not apart.is_in(pl.concat(there).implode()).all():
                ends = self._present()  # some facts are of edges that are no relationships
            several = folded(pl.concat(held), "edges")
            yield several if ends is None else _with_ends(several, ends)

    def _present(self) -> Int64s:
        parts = [part["id"].to_numpy() for part in self.nodes()]
        return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)

    def _several(self, relation: str, told: pl.DataFrame) -> pl.Series:
        """The edges of a relation that carry what several facts say, all of which are beside."""
        way = cypher.form(self._schema, relation)
        ids = told.filter(pl.col("relation") == relation)["id"].unique().sort().to_list()
        found: list[int] = []
        for begun in range(0, len(ids), EDGES_A_PAGE):
            found += self._value(paging.several(way), ids=ids[begun : begun + EDGES_A_PAGE])
        return pl.Series(found, dtype=pl.Int64)

    def _beside(self, table: str) -> pl.DataFrame:
        return self._beside_known(table).filter(holds_at(self._as_of))

    def _beside_known(self, table: str) -> pl.DataFrame:
        found = [pl.DataFrame(schema=facts_schema(table))]
        known = (1 << 62) if self._known is None else self._known
        statement = paging.page_of_side(table, [*COLUMNS[table], *_BESIDE])
        after = FIRST
        while True:
            last = self._value(paging.page_of_side_ids(table), after=after, page=NODES_A_PAGE)
            if last is None:
                return pl.concat(found)
            record = self._tx.run(statement, after=after, last=last, known=known)
            found.append(_side(record.single(strict=True), table))
            after = last

    def _pages_of_nodes(self, kind: str) -> Iterator[pl.DataFrame]:
        """What nodes of a kind carry alone, with the columns of facts."""
        after = FIRST
        while True:
            rows = self._value(paging.page_of_nodes(kind), after=after, page=NODES_A_PAGE)
            if not rows:
                return
            after = rows[-1][0]
            page = pl.DataFrame(rows, schema=_NODE_PAGE, orient="row").with_columns(
                label=pl.when(pl.col("unnamed").is_null()).then("label"),
                kind=pl.lit(kind),
            )
            yield self._counting(page.filter(pl.col("several").is_null()), "nodes")

    def _pages_of_edges(
        self, relation: str, used: frozenset[str], places: Places
    ) -> Iterator[pl.DataFrame]:
        ranges = places.ranges(relation, EDGES_A_PAGE)
        if not ranges:
            return
        if self._known is not None:
            used = used | {"source", "run"}
        names, number = sorted(used), text_number(relation)
        statement = paging.pages_of_edges(cypher.form(self._schema, relation), names)
        for record in self._tx.run(statement, ranges=ranges):
            page = _edges(record, relation, number, names, places)
            if page.height:
                yield self._counting(page, "edges")

    def _counting(self, page: pl.DataFrame, table: str) -> pl.DataFrame:
        """The rows that count at this moment, with all columns of facts."""
        schema = facts_schema(table)
        page = page.with_columns(
            pl.lit(None, dtype=kind).alias(name)
            for name, kind in schema.items()
            if name not in page.columns
        ).with_columns(gone=pl.lit(False))
        dated = any(page[name].null_count() < page.height for name in VALIDITY)
        if dated:
            page = page.filter(holds_at(self._as_of))
        if self._known is not None:
            page = page.filter(pl.col("run") <= self._known)
        return page.select(*schema)

    def _value(self, statement: Any, **values: Any) -> Any:
        return self._tx.run(statement, values).single(strict=True)[0]


_NODE_PAGE = {
    "id": pl.Int64,
    "key": pl.String,
    "label": pl.String,
    "unnamed": pl.Boolean,
    "aliases": pl.String,
    "properties": pl.String,
    "source": pl.Int64,
    "run": pl.Int64,
    "valid_from": pl.Int64,
    "valid_to": pl.Int64,
    "several": pl.Boolean,
}


def _edges(
    record: Any, relation: str, number: int, names: list[str], places: Places
) -> pl.DataFrame:
    head = np.repeat(*(np.array(record[name], dtype=np.int64) for name in ("head", "edges")))
    tail, known = places.found(_flat(record["tail"]))
    schema = facts_schema("edges")
    columns = {
        name: pl.Series(list(chain.from_iterable(record[name])), dtype=schema[name])
        for name in names
    }
    marks = None
    if "discriminator" in columns:
        columns["discriminator"] = columns["discriminator"].fill_null("")
        distinct = columns["discriminator"].unique()
        numbers = [text_number(mark) if mark else 0 for mark in distinct]
        marks = (
            columns["discriminator"]
            .replace_strict(distinct, pl.Series(numbers, dtype=pl.Int64), return_dtype=pl.Int64)
            .to_numpy()
        )
    made = pl.DataFrame(
        {
            "id": edge_numbers(head, number, tail, marks),
            "head": head,
            "relation": pl.repeat(relation, len(head), eager=True),
            "tail": tail,
            "discriminator": pl.repeat("", len(head), eager=True),
            **columns,
        }
    )
    return made if known.all() else made.filter(pl.Series(known))


def _flat(lists: list[list[int]]) -> Int64s:
    return np.fromiter(chain.from_iterable(lists), dtype=np.int64)


def _side(record: Any, table: str) -> pl.DataFrame:
    """Facts that stand beside; of what nobody asks here, nothing."""
    asked = set(record.keys())
    height = len(record["id"])
    filled = [pl.col("gone").fill_null(False)]
    if table == "edges":
        filled.append(pl.col("discriminator").fill_null(""))
    return pl.DataFrame(
        [
            pl.Series(name, record[name] if name in asked else [None] * height, dtype=kind)
            for name, kind in facts_schema(table).items()
        ]
    ).with_columns(filled)


def _with_ends(edges: pl.DataFrame, ends: Int64s) -> pl.DataFrame:
    if not len(ends):
        return edges.clear()
    keep = np.ones(edges.height, dtype=np.bool_)
    for end in ("head", "tail"):
        wanted = edges[end].to_numpy()
        at = np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)
        keep &= ends[at] == wanted
    return edges.filter(pl.Series(keep))


def _among(ids: pl.Series) -> pl.Expr:
    return pl.col("id").is_in(ids.implode())
