"""`SqliteStore`: the embedded store, one SQLite file in WAL mode.

Nodes and edges are keyed by their 64-bit numbers, so an edge names its ends without a look-up. An
assertion remembers, as a hash, what a source said of a node or an edge. A row changes something
only when its source says something else than last time; so reading the same files again changes
nothing, even where two sources differ and the later one was believed.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from graph import sqlite_sql as sql
from graph.batch import EDGES, NODES, Batch, Counts, with_said
from graph.errors import StoreBusyError, StoreError, StoreVersionError
from graph.ids import edge_from_hex, edge_hex, text_number
from graph.schema import Schema
from graph.store import Run, Stats
from graph.types import Assertion, Edge, Node

FORMAT = 1
MIGRATIONS: dict[int, str] = {}  # from a format to the next one
SCAN_ROWS = 200_000
BUSY_SECONDS = 5.0

Row = tuple[object, ...]


class SqliteStore:
    """A `GraphStore` in one file; many readers beside one writer."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._connection = _connect(path, read_only=read_only)

    # -- schema -------------------------------------------------------------------------------

    def schema(self) -> Schema:
        """The schema as last merged; an empty one for a new store."""
        text = self._meta("schema")
        return Schema.from_json(text) if text else Schema()

    def ensure_schema(self, schema: Schema) -> None:
        """Merge `schema` into the store's."""
        with self._writing():
            before = self.schema()
            after = before.merged(schema)
            if after.to_json() != before.to_json():
                self._set_meta("schema", after.to_json())
                self._moved()

    # -- writing ------------------------------------------------------------------------------

    def write(self, run: Run, batch: Batch) -> Counts:
        """Write a batch and the run's progress in one transaction."""
        nodes, edges = one_row_each(batch)
        with self._writing():
            self._save_run(run)
            marks = {
                "run": self._number("runs", run.id),
                "source": self._intern("sources", batch.source),
            }
            files = [self._intern("files", name) for name in batch.files]
            self._stage("staged_nodes", with_said(nodes, "nodes"), [*NODES], files)
            self._stage("staged_edges", with_said(edges, "edges"), [*EDGES], files)
            self._refuse_collisions()
            node_counts = self._merge(sql.MERGE_NODES, marks)
            edge_counts = self._merge(sql.MERGE_EDGES, marks)
            self._refuse_loose_ends()
            rows = nodes.height + edges.height
            written = sum(node_counts) + sum(edge_counts)
            counts = Counts(*node_counts, *edge_counts, unchanged=rows - written)
            if counts.written:
                self._moved()
            self._save_run(run.advanced(batch.source, batch.position, counts))
            self._run("DELETE FROM staged_nodes")
            self._run("DELETE FROM staged_edges")
        return counts

    def save_run(self, run: Run) -> None:
        """Record a run's start, progress or end."""
        with self._writing():
            self._save_run(run)

    def _save_run(self, run: Run) -> None:
        self._run(sql.SAVE_RUN, _run_row(run))

    def _stage(self, table: str, frame: pl.DataFrame, columns: list[str], files: list[int]) -> None:
        interned = pl.Series(files, dtype=pl.Int64)
        placed = frame.select(
            *columns, "said", pl.lit(interned).gather(pl.col("file")).alias("file"), "line"
        ).sort("id")
        slots = ",".join("?" * placed.width)
        with _translated(self.path):
            self._connection.executemany(f"INSERT INTO {table} VALUES ({slots})", placed.rows())

    def _merge(self, statements: sql.Merge, marks: dict[str, int]) -> tuple[int, int]:
        """How many rows were added and changed; assertions follow."""
        changed = self._run(statements.change, marks).rowcount
        added = self._run(statements.add, marks).rowcount
        self._run(statements.assert_, marks)
        return added, changed

    def _refuse_collisions(self) -> None:
        for statement, what in ((sql.NODE_COLLISION, "nodes"), (sql.EDGE_COLLISION, "edges")):
            clash = self._run(statement).fetchone()
            if clash is not None:
                raise StoreError(
                    f"two different {what} have the same id {edge_hex(clash[0])}: "
                    + " and ".join(str(part) for part in clash[1:]),
                    hint="give one of them another key",
                )

    def _refuse_loose_ends(self) -> None:
        loose = self._run(sql.LOOSE_END).fetchone()
        if loose is not None:
            raise StoreError(f"edge {edge_hex(loose[0])} names a node that nobody has described")

    # -- reading ------------------------------------------------------------------------------

    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        return tuple(_read_run(row) for row in self._run(sql.RUNS).fetchall())

    def get(self, ids: Sequence[str]) -> tuple[Node | Edge | None, ...]:
        """Nodes by `kind:key`, edges by their 16 digits; None where there is none."""
        return tuple(self._node(name) if ":" in name else self._edge(name) for name in ids)

    def _node(self, name: str) -> Node | None:
        row = self._run(sql.NODE, (text_number(name),)).fetchone()
        if row is None:
            return None
        kind, key, label, aliases, properties = row
        return Node(
            kind,
            key,
            key if label is None else label,
            tuple(json.loads(aliases)) if aliases else (),
            json.loads(properties) if properties else {},
        )

    def _edge(self, name: str) -> Edge | None:
        try:
            row = self._run(sql.EDGE, (edge_from_hex(name),)).fetchone()
        except ValueError:
            return None
        if row is None:
            return None
        head, relation, tail, discriminator, weight, time, properties = row
        return Edge(
            head,
            relation,
            tail,
            discriminator,
            weight,
            time,
            json.loads(properties) if properties else {},
        )

    def assertions(self, ids: Sequence[str]) -> tuple[tuple[Assertion, ...], ...]:
        """Who says so, for each node or edge id; empty for what is unknown."""
        found: list[tuple[Assertion, ...]] = []
        for name in ids:
            try:
                number = text_number(name) if ":" in name else edge_from_hex(name)
            except ValueError:
                found.append(())
                continue
            rows = self._run(sql.ASSERTIONS, (number,)).fetchall()
            found.append(tuple(Assertion(*row) for row in rows))
        return tuple(found)

    def scan(self, table: str) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges", some hundred thousand rows at a time."""
        columns = {"nodes": NODES, "edges": EDGES}[table]
        cursor = self._run(f"SELECT {','.join(columns)} FROM {table} ORDER BY id")
        while rows := cursor.fetchmany(SCAN_ROWS):
            values = zip(*rows, strict=True)
            yield pl.DataFrame(
                [
                    pl.Series(name, column, dtype=kind, strict=False)
                    for (name, kind), column in zip(columns.items(), values, strict=True)
                ]
            )

    def stats(self) -> Stats:
        """Counts by kind and relation."""
        return Stats(
            nodes=dict(self._run("SELECT kind, count(*) FROM nodes GROUP BY kind").fetchall()),
            edges=dict(
                self._run("SELECT relation, count(*) FROM edges GROUP BY relation").fetchall()
            ),
        )

    def change_token(self) -> str:
        """A text that changes with every change of nodes, edges or schema, and only then."""
        return self._meta("change") or ""

    # -- inside -------------------------------------------------------------------------------

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

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            with _translated(self.path):
                self._connection.rollback()
            raise

    def _run(self, statement: str, values: Row | dict[str, int] = ()) -> sqlite3.Cursor:
        with _translated(self.path):
            return self._connection.execute(statement, values)

    def _meta(self, key: str) -> str | None:
        row = self._run("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, key: str, value: str) -> None:
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def _moved(self) -> None:
        self._set_meta("change", uuid.uuid4().hex)

    def _intern(self, table: str, name: str) -> int:
        self._run(f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", (name,))
        return self._number(table, name)

    def _number(self, table: str, name: str) -> int:
        column = "id" if table == "runs" else "name"
        row = self._run(f"SELECT number FROM {table} WHERE {column} = ?", (name,)).fetchone()
        return int(row[0])


def open_sqlite(path: Path, *, read_only: bool = False) -> SqliteStore:
    """Open the store at `path`, made when it is not there; of an older format it is migrated.

    StoreVersionError for a newer format, StoreError for a file that is no store.
    """
    return SqliteStore(path, read_only=read_only)


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    with _translated(path):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection, path)
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    for pragma in sql.PRAGMAS:
        connection.execute(pragma)
    format_ = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if format_ > FORMAT:
        raise StoreVersionError(
            f"{path} was written by a newer groundrec (format {format_}, this one knows {FORMAT})",
            hint="install that version, or restore a backup",
        )
    if format_ < FORMAT:
        connection.execute("BEGIN IMMEDIATE")
        for step in range(int(connection.execute("PRAGMA user_version").fetchone()[0]), FORMAT):
            script = sql.TABLES if step == 0 else MIGRATIONS[step]
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    for statement in sql.STAGES.split(";"):
        connection.execute(statement)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "locked" in said:
            raise StoreBusyError(
                f"another process is writing to {path}", hint="try again when it is done"
            ) from error
        if "full" in said:
            raise StoreError(
                f"no room left to write to {path}; nothing of this step was written",
                hint="make room and run it again, it goes on where it stopped",
            ) from error
        if "readonly" in said or "unable to open" in said:
            raise StoreError(
                f"cannot write to {path}", hint="look at the folder and its permissions"
            ) from error
        raise StoreError(f"{path}: {said}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} is no groundrec store, or is damaged: {error}",
            hint="`groundrec restore` brings a backup back",
        ) from error


def _run_row(run: Run) -> Row:
    counts = run.counts
    numbers = {name: getattr(counts, name) for name in Counts.__dataclass_fields__}
    return (
        run.id,
        run.mapping,
        run.started,
        run.ended,
        json.dumps(run.positions, sort_keys=True),
        json.dumps(numbers, sort_keys=True),
        run.rejects,
    )


def _read_run(row: Row) -> Run:
    name, mapping, started, ended, positions, counts, rejects = row
    return Run(
        str(name),
        str(mapping),
        int(str(started)),
        None if ended is None else int(str(ended)),
        json.loads(str(positions)),
        Counts(**json.loads(str(counts))),
        int(str(rejects)),
    )
