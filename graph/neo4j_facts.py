"""Looking facts up and writing them, within a transaction of Neo4j."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from neo4j import ManagedTransaction

from graph import cypher
from graph.batch import VALIDITY
from graph.cypher import keeping, looking, writing
from graph.facts import MENTION
from graph.neo4j_layout import (
    Layout,
    edge_columns,
    edge_facts,
    edge_rows,
    node_facts,
    node_rows,
    none,
    settled,
    side_facts,
    side_rows,
)
from graph.schema import Schema

ROWS = 10_000
FEW_HEADS = 4  # edges a head from which on all its edges are looked at, not one by one
OPTIONAL = ("weight", "time", "split", "discriminator", "properties", *VALIDITY)


class Facts:
    """The facts on a server as one transaction sees and changes them."""

    def __init__(self, tx: ManagedTransaction, schema: Schema) -> None:
        self._tx = tx
        self._schema = schema

    # -- looking up -----------------------------------------------------------------------------

    def repeated(
        self, rows: pl.DataFrame, source: int, new_ends: pl.Series | None = None
    ) -> pl.DataFrame:
        """`id` and `run` of the edges among `rows` of which the source said just that."""
        found = [pl.DataFrame(schema={"id": pl.Int64, "said": pl.Int64, "run": pl.Int64})]
        old = _between_old(rows, new_ends)
        for (name,), part in old.partition_by("relation", as_dict=True).items():
            if self._count(looking.count_type(str(name))):
                found += self._said(cypher.form(self._schema, str(name)), part, source)
        beside = self._count(looking.count_label(cypher.SIDE["edges"]))
        if 0 < beside <= rows.height:
            found.append(self._columns(looking.ALL_SIDE_SAID, found[0], source=source))
        elif beside:
            for ids in _blocks(rows["id"].to_list()):
                found.append(self._columns(looking.SIDE_SAID, found[0], ids=ids, source=source))
        told = pl.concat(found).filter(pl.col("said") != MENTION)
        same = rows.select("id", "said").join(told, on=["id", "said"])
        return same.select("id", "run").unique("id")

    def _said(self, way: cypher.Form, rows: pl.DataFrame, source: int) -> Iterator[pl.DataFrame]:
        empty = pl.DataFrame(schema={"id": pl.Int64, "said": pl.Int64, "run": pl.Int64})
        by, ids = self._way_in(way, rows)
        for block in _blocks(ids):
            yield self._columns(looking.said(way, by), empty, ids=block, source=source)

    def _way_in(self, way: cypher.Form, rows: pl.DataFrame) -> tuple[str, list[int]]:
        """By which ids edges are found soonest: their own, or those of few heads or tails."""
        for end in ("head", "tail"):
            ends = rows[end].unique().to_list()
            if len(ends) * FEW_HEADS <= rows.height:
                there = sum(
                    self._count(looking.degree(way, end), ids=block) for block in _blocks(ends)
                )
                if there <= 3 * rows.height:
                    return end, ends
        return "id", rows["id"].to_list()

    def live(
        self, table: str, rows: pl.DataFrame, new_ends: pl.Series | None = None
    ) -> tuple[pl.DataFrame, pl.Series]:
        """All live facts about the ids of `rows`, and which of these ids are on the server.

        An edge with an end among `new_ends`, nodes that were not there, cannot be there either; it
        may be told of beside.
        """
        found = [none(table)]
        there: list[int] = []
        by = "kind" if table == "nodes" else "relation"
        old = _between_old(rows, new_ends)
        for (name,), part in old.partition_by(by, as_dict=True).items():
            for ids in _blocks(part["id"].to_list()):
                carried = self._carried(table, str(name), ids)
                there += [one["id"] for one in carried]
                found.append(_alone(table, str(name), carried))
        found += self.beside(table, rows["id"].to_list(), live=True)
        return pl.concat(found), pl.Series("id", there, dtype=pl.Int64)

    def carried(self, table: str, name: str, ids: list[int]) -> pl.DataFrame:
        """The facts that nodes of a kind or edges of a relation carry alone."""
        return _alone(table, name, self._carried(table, name, ids))

    def _carried(self, table: str, name: str, ids: list[int]) -> list[dict[str, Any]]:
        if table == "nodes":
            if not self._count(looking.count_label(name)):
                return []
            return self._list(looking.nodes_by_id(name), ids)
        if not self._count(looking.count_type(name)):
            return []
        way = cypher.form(self._schema, name)
        return [
            {**r["carried"], "head": r["head"], "tail": r["tail"]}
            for r in self._list(looking.edges_by_id(way), ids)
        ]

    def beside(self, table: str, ids: list[int], *, live: bool) -> list[pl.DataFrame]:
        """Facts that stand beside."""
        count = self._count(looking.count_label(cypher.SIDE[table]))
        if 0 < count < len(ids):  # sooner listed than asked for one by one
            listed = self._tx.run(looking.side_ids(table)).single(strict=True)["ids"]
            ids = sorted(set(ids).intersection(listed))
        if not count:
            return []
        return [
            side_facts(table, self._list(looking.side(table, live=live), block))
            for block in _blocks(ids)
        ]

    # -- writing --------------------------------------------------------------------------------

    def put(self, table: str, layout: Layout, now: int) -> None:
        """Write a layout; edges whose ends are not there are kept beside."""
        if table == "nodes":
            for carried in (layout.added, layout.changed):
                for (kind,), part in carried.partition_by("kind", as_dict=True).items():
                    rows = node_rows(part.sort("id"), layout.was)
                    self._rows(writing.put_nodes(str(kind)), rows)
        else:
            layout = self._with_ends(layout)
            for (name,), part in layout.changed.partition_by("relation", as_dict=True).items():
                way = cypher.form(self._schema, str(name))
                self._rows(writing.change_edges(way), edge_rows(part.sort("id")))
            for (name,), part in layout.dropped.partition_by("relation", as_dict=True).items():
                self._ids(writing.drop_edges(cypher.form(self._schema, str(name))), part)
        self._rows(writing.put_side(table), side_rows(layout.beside.sort("id")))
        self._rows(writing.drop_side(table), layout.lifted.sort("id").rows())

    def drop_nodes(self, dropped: pl.DataFrame) -> None:
        """Remove nodes; what is said of their edges is kept beside."""
        relations = list(self._schema.relations)
        for (kind,), part in dropped.partition_by("kind", as_dict=True).items():
            for ids in _blocks(part["id"].to_list()):
                at = self._tx.run(looking.edges_at(str(kind)), ids=ids, relations=relations)
                alone = [
                    edge_facts(
                        r["relation"], [{**r["carried"], "head": r["head"], "tail": r["tail"]}]
                    )
                    for r in at
                    if not r["carried"].get("several")
                ]
                kept = pl.concat([none("edges"), *alone]).drop("own")
                self._rows(writing.put_side("edges"), side_rows(kept))
            self._ids(writing.drop_nodes(str(kind)), part)

    def restore_edges(self, nodes: pl.DataFrame, now: int) -> None:
        """Edges at nodes that are there again, as far as their facts stand beside."""
        found: list[dict[str, Any]] = []
        for ids in _blocks(nodes["id"].to_list()):
            found += [r["fact"] for r in self._tx.run(looking.SIDE_EDGES_AT, ids=ids)]
        live = side_facts("edges", found).unique(["id", "source", "run"])
        if live.height:
            _, there = self.live("edges", live.select("id", "relation").unique("id"))
            self.put("edges", settled("edges", live, there, now), now)

    def _with_ends(self, layout: Layout) -> Layout:
        """Make the new relationships; those that cannot be are facts beside."""
        beside, lifted = [layout.beside], layout.lifted
        for (name,), part in layout.added.partition_by("relation", as_dict=True).items():
            way = cypher.form(self._schema, str(name))
            # In the order of heads: what is near on the disk is written together.
            each, alike, rows = edge_columns(part.sort("head", "tail", "id"))
            statement = writing.add_edges(way, each, alike)
            for block in _blocks(rows):
                made = self._tx.run(statement, {"rows": block, **alike}).consume()
                if made.counters.relationships_created == len(block):
                    continue
                known = self._tx.run(writing.ends_there(way), rows=block).single(strict=True)["ids"]
                missed = {row[2] for row in block}.difference(known)
                lost = part.filter(pl.col("id").is_in(list(missed)))
                beside.append(lost.filter(pl.col("several").is_null()).drop("several"))
                lifted = lifted.join(lost, on="id", how="anti")
        return Layout(
            layout.added, layout.changed, layout.dropped, pl.concat(beside), lifted, layout.was
        )

    def note_columns(self, frame: pl.DataFrame) -> None:
        """Remember which columns a relation has, so that a scan asks for no others."""
        known = self.columns()
        for (name,), part in frame.partition_by("relation", as_dict=True).items():
            used = used_columns(part)
            before = known.get(str(name))
            if before is None or not used <= before:
                values = sorted(used | (before or frozenset()))
                self._tx.run(keeping.ADD_COLUMNS, name=str(name), columns=values).consume()

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The optional columns of each relation that were ever written."""
        return {r["name"]: frozenset(r["columns"]) for r in self._tx.run(keeping.READ_COLUMNS)}

    # -- inside ---------------------------------------------------------------------------------

    def _count(self, statement: Any, **values: Any) -> int:
        return int(self._tx.run(statement, values).single(strict=True)["n"])

    def _list(self, statement: Any, ids: list[int]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._tx.run(statement, ids=ids).single(strict=True)["found"]
        return found

    def _columns(self, statement: Any, empty: pl.DataFrame, **values: Any) -> pl.DataFrame:
        record = self._tx.run(statement, values).single(strict=True)
        return pl.DataFrame(
            {n: pl.Series(record[n], dtype=kind) for n, kind in empty.schema.items()}
        )

    def _rows(self, statement: Any, rows: Sequence[Any]) -> None:
        for block in _blocks(rows):
            self._tx.run(statement, rows=block).consume()

    def _ids(self, statement: Any, rows: pl.DataFrame) -> None:
        for block in _blocks(rows["id"].sort().to_list()):
            self._tx.run(statement, ids=block).consume()


def _between_old(rows: pl.DataFrame, new_ends: pl.Series | None) -> pl.DataFrame:
    """The rows without the edges that have an end among new nodes."""
    if new_ends is None or new_ends.is_empty():
        return rows
    return rows.filter(~pl.any_horizontal(pl.col("head", "tail").is_in(new_ends.implode())))


def used_columns(facts: pl.DataFrame) -> set[str]:
    """The optional columns that say something in facts about edges."""
    used = {name for name in OPTIONAL if facts[name].null_count() < facts.height}
    return used if (facts["discriminator"] != "").any() else used - {"discriminator"}


def _alone(table: str, name: str, carried: list[dict[str, Any]]) -> pl.DataFrame:
    alone = [one for one in carried if not one.get("several")]
    return node_facts(name, alone) if table == "nodes" else edge_facts(name, alone)


def _blocks(rows: Sequence[Any]) -> Iterator[list[Any]]:
    for begun in range(0, len(rows), ROWS):
        yield list(rows[begun : begun + ROWS])
