"""One change of the graph in Neo4j: a batch, a retiring, an undoing; within its transaction."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from neo4j import ManagedTransaction

from graph import cypher
from graph.batch import IDENTITY, Batch, Mode, refuse_clashes
from graph.comparing import News, compare, retired
from graph.cypher import keeping, undoing
from graph.facts import GONE
from graph.neo4j_facts import Facts
from graph.neo4j_layout import KEY, Layout, laid_out, settled, side_facts
from graph.neo4j_runs import schema_of

TABLES = ("nodes", "edges")
NAME = {"nodes": "kind", "edges": "relation"}


@dataclass(slots=True)
class _Found:
    """What is new, and what stood before.

    `there` are the ids that were on the server, `fresh` those that were not.
    """

    news: News
    live: pl.DataFrame
    there: pl.Series
    fresh: pl.Series


class Change:
    """What a source says in a run, on its way into the server."""

    def __init__(
        self, tx: ManagedTransaction, store: Mapping[str, Any], source: int, run: int
    ) -> None:
        self._tx = tx
        self._store = store
        self._source = source
        self._run = run
        self._now = int(time.time())
        self._schema = schema_of(tx)
        self._facts = Facts(tx, self._schema)
        self.built_on: list[dict[int, int]] = []

    def write(self, rows: dict[str, pl.DataFrame], batch: Batch) -> dict[str, pl.DataFrame]:
        """Write a batch's rows; gives the status of nodes and of edges."""
        nodes = self._found("nodes", rows["nodes"], batch.mode)
        dropped, back = self._put_nodes(nodes)
        edges = self._found("edges", rows["edges"], batch.mode, nodes.fresh)
        self._put_edges(edges)
        self._facts.drop_nodes(dropped)
        self._facts.restore_edges(back, self._now)
        if batch.mode == "replace":
            for table, found in (("nodes", nodes), ("edges", edges)):
                self._note_seen(table, rows[table], found.news)
        return {"nodes": nodes.news.status, "edges": edges.news.status}

    def retire(self, at: int, room: int) -> tuple[list[tuple[str, pl.DataFrame]], int]:
        """End so much of what the source said before this run and did not deliver in it.

        Gives what became of it, and how many ids it was; fewer than `room`: all.
        """
        statuses, left = [], room
        for table in reversed(TABLES):  # edges go before their ends
            for live, there in self._unseen(table, left):
                left -= live["id"].n_unique()
                new = retired(live.drop("own"), table, source=self._source, run=self._run, at=at)
                self.built_on.append(new.built_on)
                statuses.append((table, new.status))
                found = _Found(new, live, there, there.clear())
                if table == "edges":
                    self._put_edges(found)
                else:
                    dropped, _ = self._put_nodes(found)
                    self._facts.drop_nodes(dropped)
        return statuses, room - left

    def build_on_taken_back(self) -> None:
        """What is gone already need not be retired: that stands on the runs it went in."""
        for table in TABLES:
            self.built_on.append(self._taken_back(table))

    def undo(self, room: int) -> int:
        """Take so many of the run's facts away, and open those again that it ended.

        Gives how many ids it was; fewer than `room`: all.
        """
        edges = self._touched("edges", room)
        if edges.height:
            self._facts.put("edges", self._without_run("edges", edges), self._now)
        nodes = self._touched("nodes", room - edges.height)
        if nodes.height:
            layout = self._without_run("nodes", nodes)
            self._facts.put("nodes", layout, self._now)
            self._facts.drop_nodes(layout.dropped)
            self._facts.restore_edges(layout.added, self._now)
        return edges.height + nodes.height

    # -- what is new --------------------------------------------------------------------------

    def _found(
        self, table: str, rows: pl.DataFrame, mode: Mode, new_ends: pl.Series | None = None
    ) -> _Found:
        rows, withheld = self._without_forgotten(table, rows)
        settled_ = pl.DataFrame(schema={"id": pl.Int64, "run": pl.Int64})
        if table == "edges" and mode != "delete" and rows.height:
            settled_ = self._facts.repeated(rows, self._source, new_ends)
            rows = rows.join(settled_, on="id", how="anti") if settled_.height else rows
        live, there = self._facts.live(table, rows, new_ends)
        identity = ["id", *IDENTITY[table]]
        refuse_clashes(pl.concat([rows.select(identity), live.select(identity)]), table)
        new = compare(
            rows, live.drop("own"), table, source=self._source, run=self._run, mode=mode
        ).beside(settled_, withheld, self._run)
        self.built_on.append(new.built_on)
        return _Found(new, live, there, rows["id"].filter(~rows["id"].is_in(there.implode())))

    def _without_forgotten(
        self, table: str, rows: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that may be written, and the ids of those about somebody forgotten."""
        kept = set(self._tx.run(keeping.FORGET_MARKS).single(strict=True)["marks"])
        if not kept:
            return rows, rows.select("id").clear()
        ends = ["id"] if table == "nodes" else ["head", "tail"]
        key = bytes.fromhex(self._store["forget_key"])
        numbers = pl.concat([rows[end].alias("id") for end in ends]).unique()
        marked = [number for number in numbers if mark_of(key, number) in kept]
        gone = pl.Series(marked, dtype=pl.Int64).implode()
        about = pl.any_horizontal(pl.col(*ends).is_in(gone))
        return rows.filter(~about), rows.filter(about).select("id")

    # -- writing ------------------------------------------------------------------------------

    def _put_nodes(self, found: _Found) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Write nodes; gives those to drop when the edges are done, and those that came back."""
        layout = self._laid_out("nodes", found)
        self._facts.put("nodes", layout, self._now)
        back = layout.added.join(found.live.select("id").unique(), on="id", how="semi")
        return layout.dropped, back

    def _put_edges(self, found: _Found) -> None:
        layout = self._laid_out("edges", found)
        self._facts.note_columns(found.news.facts)
        self._facts.put("edges", layout, self._now)

    def _laid_out(self, table: str, found: _Found) -> Layout:
        return laid_out(
            table, found.live, found.there, found.news, self._source, self._run, self._now
        )

    # -- delivered or not ---------------------------------------------------------------------

    def _note_seen(self, table: str, rows: pl.DataFrame, new: News) -> None:
        """What a "replace" batch named and did not write, for the end of the run."""
        quiet = rows.select("id").join(new.facts.select("id"), on="id", how="anti")["id"]
        self._tx.run(
            keeping.NOTE_SEEN,
            run=self._run,
            source=self._source,
            facts=table,
            ids=quiet.to_list(),
        ).consume()

    def _unseen(self, table: str, room: int) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
        """Live facts about so much of what the source said before this run and did not name."""
        records = self._tx.run(keeping.READ_SEEN, run=self._run, source=self._source, facts=table)
        seen = [np.array(record["ids"], dtype=np.int64) for record in records]
        named = np.unique(np.concatenate(seen)) if seen else np.empty(0, dtype=np.int64)
        for name, ids in self._standing(table):
            left = np.setdiff1d(np.array(ids, dtype=np.int64), named)[:room]
            room -= len(left)
            if len(left):
                rows = pl.DataFrame({"id": left}).with_columns(pl.lit(name).alias(NAME[table]))
                yield self._facts.live(table, rows)

    def _standing(self, table: str) -> list[tuple[str, list[int]]]:
        """Ids of which the source says something that holds, and said it before this run."""
        values = {"source": self._source, "run": self._run}
        found: dict[str, list[int]] = {}
        for name in self._names(table):
            statement = (
                undoing.standing_nodes(name)
                if table == "nodes"
                else undoing.standing(cypher.form(self._schema, name))
            )
            found[name] = self._tx.run(statement, values).single(strict=True)["ids"]
        for record in self._tx.run(undoing.standing_side(table), {**values, "gone": GONE}):
            found.setdefault(record["name"], []).extend(record["ids"])
        return list(found.items())

    def _taken_back(self, table: str) -> dict[int, int]:
        """How much the source has taken back before this run and left so, by run."""
        records = self._tx.run(
            undoing.taken_back(table), source=self._source, run=self._run, gone=GONE
        )
        return {record["run"]: record["facts"] for record in records}

    # -- undoing ------------------------------------------------------------------------------

    def _touched(self, table: str, room: int) -> pl.DataFrame:
        """So many ids that the run has said or ended something of, with their kind or relation."""
        found = [pl.DataFrame(schema={"id": pl.Int64, NAME[table]: pl.String})]

        def add(name: str, ids: list[int]) -> None:
            rows = pl.DataFrame({"id": pl.Series(ids, dtype=pl.Int64)})
            found.append(rows.with_columns(pl.lit(name).alias(NAME[table])))

        values = {"run": self._run, "room": room}
        for record in self._tx.run(undoing.touched_beside(table), values):
            add(record["name"], record["ids"])
        for name in self._names(table):
            statement = (
                undoing.touched_nodes(name)
                if table == "nodes"
                else undoing.touched_edges(cypher.form(self._schema, name))
            )
            add(name, self._tx.run(statement, values).single(strict=True)["ids"])
        return pl.concat(found).unique("id", maintain_order=True).head(room).sort("id")

    def _without_run(self, table: str, rows: pl.DataFrame) -> Layout:
        """Where these ids belong without the run."""
        records = self._tx.run(
            undoing.touched_facts(table), run=self._run, ids=rows["id"].to_list()
        )
        beside = side_facts(table, [record["fact"] for record in records])
        said = beside.filter(pl.col("run") == self._run)
        ended = beside.filter(pl.col("run") != self._run)
        opened = ended.with_columns(until=pl.lit(None, dtype=pl.Int64))
        live, there = self._facts.live(table, rows)
        rest = live.filter(pl.col("run") != self._run)
        made = settled(table, pl.concat([rest, opened.select(rest.columns)]), there, self._now)
        left = there.filter(~there.is_in(pl.concat([rest["id"], opened["id"]]).implode()))
        bare = live.filter(pl.col("id").is_in(left.implode())).select("id", *IDENTITY[table])
        opened = opened.join(made.lifted, on=KEY, how="anti").select(made.beside.columns)
        return replace(
            made,
            dropped=pl.concat([made.dropped, bare.unique("id")]),
            beside=pl.concat([made.beside, opened]),
            lifted=pl.concat([made.lifted, said.select(KEY)]),
            was=live.filter("own"),
        )

    def _names(self, table: str) -> list[str]:
        return list(self._schema.kinds if table == "nodes" else self._schema.relations)


def mark_of(key: bytes, number: int) -> str:
    """What is kept of somebody forgotten."""
    named = number.to_bytes(8, "little", signed=True)
    return blake2b(named, key=key, digest_size=16).hexdigest()
