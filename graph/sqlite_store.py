"""`SqliteStore`: the embedded store, one SQLite file in WAL mode.

Facts are keyed by the 64-bit numbers of what they are about, then by source and run. Of a batch,
rows that repeat what their source said last are sorted out by a join; only the others are looked
at together with all live facts about the same ids (`graph.comparing`).
"""

import json
import secrets
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl

from graph import sqlite_sql as sql
from graph.batch import (
    IDENTITY,
    Batch,
    Mode,
    refuse_clashes,
    refuse_loose_ends,
    with_said,
)
from graph.comparing import News, compare, counts_of, joined, one_row_each, retired
from graph.errors import StoreBusyError
from graph.facts import NOW, Fact, Moment, folded
from graph.ids import edge_from_hex, text_number
from graph.schema import Schema
from graph.sqlite_facts import ROWS, FactTables, intern
from graph.sqlite_file import connect, translated, writing
from graph.sqlite_runs import RunTable, moment_values
from graph.store import Forgotten, Run, Stats, Written
from graph.types import Assertion, Edge, Node

TABLES = ("nodes", "edges")
_NOTHING = pl.DataFrame(schema={"id": pl.Int64, "run": pl.Int64})


class SqliteStore:
    """A `GraphStore` in one file; many readers beside one writer."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._connection = connect(path, read_only=read_only)
        self._runs = RunTable(self._connection)
        self._facts = FactTables(self._connection)

    # -- schema and runs ----------------------------------------------------------------------

    def schema(self) -> Schema:
        """The schemas of all runs that were not undone, merged; an empty one for a new store."""
        with translated(self.path):
            return self._runs.schema()

    def begin(self, run: Run, schema: Schema) -> None:
        """Record a run and its schema; a run that is there stays as it is."""
        with writing(self._connection, self.path):
            before = self._runs.schema()
            before.merged(schema)
            self._runs.begin(run, schema)
            self._runs.number(run.id)
            if self._runs.schema().to_json() != before.to_json():
                self._moved()

    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        with translated(self.path):
            return self._runs.all()

    # -- writing ------------------------------------------------------------------------------

    def write(self, run: Run, batch: Batch) -> Written:
        """Write a batch and the run's progress in one transaction."""
        rows = self._prepared(batch)
        with writing(self._connection, self.path):
            number = self._runs.number(run.id)
            source = intern(self._connection, "sources", batch.source)
            statuses = {}
            for table in TABLES:
                placed = self._placed(batch, rows.pop(table))
                new, live = self._news(table, placed, source, number, batch.mode)
                self._facts.write(table, new, live, source, number)
                if batch.mode == "replace":
                    self._note_seen(table, placed, new, source, number)
                run = run.on(self._runs.ids(new.built_on))
                statuses[table] = new.status
            counts = counts_of(statuses)
            if counts.written:
                self._moved()
            run = run.advanced(batch.source, batch.position, counts)
            self._runs.save(run)
        return Written(run, counts, statuses)

    def end(self, run: Run, retire: Sequence[str] = ()) -> Written:
        """Record a run's end; what the sources to `retire` did not deliver in it ends."""
        parts = []
        with writing(self._connection, self.path):
            number = self._runs.number(run.id)
            for name in retire:
                source = intern(self._connection, "sources", name)
                for table in TABLES:
                    # What is gone already need not be retired: that stands on the run it went in.
                    gone = self._facts.taken_back(table, source, number)
                    run = run.on(self._runs.ids(gone))
                    for live in self._unseen(table, source, number):
                        new = retired(live, table, source=source, run=number, at=run.started)
                        self._facts.write(table, new, live, source, number)
                        run = run.on(self._runs.ids(new.built_on))
                        parts.append((table, new.status))
            statuses = joined(parts)
            counts = counts_of(statuses)
            self._connection.execute("DELETE FROM seen WHERE run = ?", (number,))
            if counts.written:
                self._moved()
            ended = int(time.time()) if run.ended is None else run.ended
            run = replace(run, ended=ended, counts=run.counts + counts)
            self._runs.save(run)
        return Written(run, counts, statuses)

    def undo(self, run: str, at: int) -> Run:
        """Take a run's facts and schema away; StoreError when a later run built on it."""
        with writing(self._connection, self.path):
            undone, number = self._runs.undoable(run)
            before, moved = self._runs.schema(), 0
            for facts in sql.ALL_FACTS:
                for statement in (
                    f"DELETE FROM {facts} WHERE run = ?",
                    f"UPDATE {facts} SET until = NULL WHERE until = ?",
                ):
                    moved += self._connection.execute(statement, (number,)).rowcount
            self._connection.execute("DELETE FROM seen WHERE run = ?", (number,))
            undone = replace(undone, undone=at)
            self._runs.save(undone)
            if moved or self._runs.schema().to_json() != before.to_json():
                self._moved()
        return undone

    def forget(self, node: str) -> Forgotten:
        """Remove a node, its edges and all history of both; what remains is a keyed hash."""
        number = text_number(node)
        with translated(self.path):
            self._connection.execute("PRAGMA secure_delete = ON")
        with writing(self._connection, self.path):
            self._facts.put_away()
            edges = self._connection.execute(
                "DELETE FROM edge_facts WHERE head = ?1 OR tail = ?1", (number,)
            ).rowcount
            nodes = self._connection.execute(
                "DELETE FROM node_facts WHERE id = ?", (number,)
            ).rowcount
            self._connection.execute(
                "INSERT OR IGNORE INTO meta VALUES ('forget key', ?)", (secrets.token_hex(32),)
            )
            self._connection.execute(
                "INSERT OR IGNORE INTO forgotten VALUES (?)", (_mark(self._forget_key(), number),)
            )
            if nodes or edges:
                self._moved()
        with translated(self.path):
            self._connection.execute("PRAGMA secure_delete = OFF")
            # Pages that were freed before still hold what stood there, and so does the log.
            self._connection.execute("VACUUM")
            (left,) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if left[0]:
            raise StoreBusyError(
                f"{node} is forgotten, but another process reads {self.path}, whose log still "
                "holds what was there",
                hint="do it again when that is done",
            )
        return Forgotten(nodes, edges)

    def withheld(self, nodes: Sequence[str]) -> frozenset[str]:
        """Those of some nodes that were forgotten."""
        with translated(self.path):
            kept = {row[0] for row in self._connection.execute("SELECT mark FROM forgotten")}
            if not kept:
                return frozenset()
            key = self._forget_key()
            return frozenset(node for node in nodes if _mark(key, text_number(node)) in kept)

    # -- reading ------------------------------------------------------------------------------

    def facts(self, ids: Sequence[str]) -> tuple[tuple[Fact, ...], ...]:
        """All that was ever said of nodes (`kind:key`) and edges (16 digits), oldest first."""
        with translated(self.path):
            return tuple(
                self._node_facts(name) if ":" in name else self._edge_facts(name) for name in ids
            )

    def _node_facts(self, name: str) -> tuple[Fact, ...]:
        rows = self._connection.execute(sql.NODE_SAID, {"id": text_number(name)}).fetchall()
        return tuple(
            _fact(
                Node(
                    kind,
                    key,
                    key if label is None else label,
                    tuple(json.loads(aliases)) if aliases else (),
                    json.loads(properties) if properties else {},
                ),
                said,
            )
            for kind, key, label, aliases, properties, *said in rows
        )

    def _edge_facts(self, name: str) -> tuple[Fact, ...]:
        try:
            number = edge_from_hex(name)
        except ValueError:
            return ()
        rows = self._connection.execute(sql.EDGE_SAID, {"id": number}).fetchall()
        return tuple(
            _fact(
                Edge(
                    head,
                    relation,
                    tail,
                    discriminator,
                    weight,
                    at,
                    json.loads(properties) if properties else {},
                ),
                said,
            )
            for head, relation, tail, discriminator, weight, at, properties, *said in rows
        )

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges" of a moment, some hundred thousand rows at a time."""
        with translated(self.path):
            at = moment_values(self._runs, moment, int(time.time()))
            missing = self._facts.missing(at).implode() if table == "edges" else None
            for facts in self._facts.scan(table, at):
                found = folded(facts, table)
                if missing is not None and missing.item().len():
                    loose = pl.any_horizontal(pl.col("head", "tail").is_in(missing))
                    found = found.filter(~loose)
                if found.height:
                    yield found

    def stats(self) -> Stats:
        """Counts by kind and relation, now."""
        with translated(self.path):
            at = moment_values(self._runs, NOW, int(time.time()))
            return Stats(
                nodes=dict(self._connection.execute(sql.COUNT_NODES, at).fetchall()),
                edges=dict(self._connection.execute(sql.COUNT_EDGES, at).fetchall()),
            )

    def change_token(self) -> str:
        """A text that changes with every change of nodes, edges or schema, and only then."""
        with translated(self.path):
            return self._meta("change") or ""

    # -- what is new in a batch ---------------------------------------------------------------

    def _prepared(self, batch: Batch) -> dict[str, pl.DataFrame]:
        """A batch's rows in the form of `compare`; StoreError for what no store may hold."""
        if batch.mode != "delete":
            refuse_loose_ends(batch)
        rows = {}
        for table, frame in (("nodes", batch.nodes), ("edges", batch.edges)):
            refuse_clashes(frame, table)
            rows[table] = one_row_each(with_said(frame, table), table)
        return rows

    def _news(
        self, table: str, rows: pl.DataFrame, source: int, run: int, mode: Mode
    ) -> tuple[News, pl.DataFrame]:
        """What a batch says that is new, and all live facts about the ids of that."""
        rows, withheld = self._without_forgotten(table, rows)
        known, settled = rows, _NOTHING
        if table == "edges":
            known = self._facts.perhaps_known(rows)
        if mode != "delete":
            settled, known = self._facts.sorted_out(table, known, source)
        if settled.height:
            rows = rows.join(settled, on="id", how="anti")
        live = self._facts.live(table, known)
        identity = ["id", *IDENTITY[table]]
        refuse_clashes(pl.concat([rows.select(identity), live.select(identity)]), table)
        new = compare(rows, live, table, source=source, run=run, mode=mode)
        return new.beside(settled, withheld, run), live

    def _without_forgotten(
        self, table: str, rows: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that may be written, and the ids of those about somebody forgotten."""
        if not self._connection.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone():
            return rows, rows.select("id").clear()
        ends = ["id"] if table == "nodes" else ["head", "tail"]
        numbers = pl.concat([rows[end] for end in ends]).unique()
        key = self._forget_key()
        marks = {_mark(key, number): number for number in numbers}
        kept = {row[0] for row in self._connection.execute("SELECT mark FROM forgotten")}
        gone = pl.Series([marks[mark] for mark in marks.keys() & kept], dtype=pl.Int64).implode()
        about = pl.any_horizontal(pl.col(*ends).is_in(gone))
        return rows.filter(~about), rows.filter(about).select("id")

    def _placed(self, batch: Batch, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the store's numbers of their files."""
        numbers = [intern(self._connection, "files", name) for name in batch.files]
        files = pl.lit(pl.Series(numbers, dtype=pl.Int64))
        return rows.with_columns(file=files.gather(pl.col("file")))

    def _note_seen(self, table: str, rows: pl.DataFrame, new: News, source: int, run: int) -> None:
        """What a "replace" batch named and did not write, for the end of the run."""
        quiet = rows.select("id").join(new.facts.select("id"), on="id", how="anti")["id"]
        self._connection.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?)",
            (run, source, table, quiet.to_numpy().astype("<i8").tobytes()),
        )

    def _unseen(self, table: str, source: int, run: int) -> Iterator[pl.DataFrame]:
        """All live facts about what the source said before this run and did not name in it."""
        cursor = self._connection.execute(
            "SELECT ids FROM seen WHERE run = ? AND source = ? AND facts = ?", (run, source, table)
        )
        seen = [np.frombuffer(ids, dtype="<i8") for (ids,) in cursor]
        ids = self._facts.standing(table, source, run)
        if seen:
            ids = np.setdiff1d(ids, np.concatenate(seen))
        for begun in range(0, len(ids), ROWS):
            yield self._facts.live(table, pl.DataFrame({"id": ids[begun : begun + ROWS]}))

    # -- inside -------------------------------------------------------------------------------

    @contextmanager
    def rehearsal(self, folder: Path) -> Iterator["SqliteStore"]:
        """A copy of this store to try something out with; it is gone afterwards."""
        path = folder / "rehearsal.db"
        try:
            with translated(path), closing(sqlite3.connect(path)) as copy:
                self._connection.backup(copy)
            with SqliteStore(path) as store:
                with translated(path):
                    store._connection.execute("PRAGMA synchronous = OFF")
                yield store
        finally:
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _meta(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _moved(self) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO meta VALUES ('change', ?)", (uuid.uuid4().hex,)
        )

    def _forget_key(self) -> bytes:
        return bytes.fromhex(self._meta("forget key") or "")


def _mark(key: bytes, number: int) -> bytes:
    """What is kept of somebody forgotten."""
    return blake2b(number.to_bytes(8, "little", signed=True), key=key, digest_size=16).digest()


def _fact(subject: Node | Edge, said: Sequence[Any]) -> Fact:
    run, source, file, line, valid_from, valid_to, until, gone = said
    return Fact(
        subject, Assertion(run, source, file, line, valid_from, valid_to), until, bool(gone)
    )


def open_sqlite(path: Path, *, read_only: bool = False) -> SqliteStore:
    """Open the store at `path`, made when it is not there; of an older format it is migrated.

    StoreVersionError for a newer format, StoreError for a file that is no store.
    """
    return SqliteStore(path, read_only=read_only)
