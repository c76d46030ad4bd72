"""Reading the whole graph of a moment out of Neo4j, in bounded memory."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from neo4j import ManagedTransaction

from graph import cypher
from graph.batch import EDGES, NODES, VALIDITY
from graph.cypher import paging
from graph.facts import facts_schema, folded, holds_at
from graph.ids import Int64s, edge_numbers, text_number
from graph.neo4j_facts import Facts
from graph.neo4j_layout import side_facts
from graph.schema import Schema

EDGES_A_PAGE = 40_000
NODES_A_PAGE = 20_000
FIRST = -(1 << 63)


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
        ends = self._present() if self._past or beside.height else None
        apart = beside["id"].unique()
        held = [beside]
        columns = Facts(self._tx, self._schema).columns()
        for relation in self._schema.relations:
            used = columns.get(relation)
            if used is None:
                continue
            # What several say together is there for others to read; here each says it itself.
            together = self._several(relation, told)
            for page in self._pages_of_edges(relation, used):
                alone = page.filter(~_among(together)) if together.len() else page
                if apart.len():
                    is_apart = _among(apart)
                    held.append(alone.filter(is_apart))
                    alone = alone.filter(~is_apart)
                if ends is not None:
                    alone = _with_ends(alone, ends)
                if alone.height:
                    yield alone.select(*EDGES)
        if beside.height and ends is not None:
            yield _with_ends(folded(pl.concat(held), "edges"), ends)

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
        after = FIRST
        while True:
            last = self._value(paging.page_of_side_ids(table), after=after, page=NODES_A_PAGE)
            if last is None:
                return pl.concat(found)
            records = self._tx.run(paging.page_of_side(table), after=after, last=last, known=known)
            found.append(side_facts(table, [r["fact"] for r in records]).drop("own"))
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

    def _pages_of_edges(self, relation: str, used: frozenset[str]) -> Iterator[pl.DataFrame]:
        way = cypher.form(self._schema, relation)
        if self._known is not None:
            used = used | {"source", "run"}
        names = sorted(used)
        statement = paging.page_of_edges(way, names)
        number, after, page = text_number(relation), FIRST, 1_000
        while True:
            last = self._value(paging.page_of_heads(way), after=after, page=page)
            if last is None:
                return
            record = self._tx.run(
                statement, after=after, last=last, nan=float("nan"), none=FIRST, text=""
            ).single(strict=True)
            after = last
            found = len(record["head"])
            # As many heads next time as make a page of edges.
            page = max(100, min(100_000, page * EDGES_A_PAGE // max(found, 1), page * 8))
            if not found:
                continue
            yield self._counting(_edges(record, relation, number, names), "edges")

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


def _edges(record: Any, relation: str, number: int, names: list[str]) -> pl.DataFrame:
    head, tail = (np.array(record[end], dtype=np.int64) for end in ("head", "tail"))
    schema = facts_schema("edges")
    columns = {name: pl.Series(record[name], dtype=schema[name]) for name in names}
    marks = None
    if "discriminator" in columns:
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
    return made.with_columns(
        *(pl.col(name).fill_nan(None) for name in names if name == "weight"),
        *(
            pl.when(pl.col(name) != FIRST).then(name)
            for name in names
            if schema[name] == pl.Int64()
        ),
        *(
            pl.when(pl.col(name) != "").then(name)
            for name in names
            if name in ("split", "properties")
        ),
    )


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
