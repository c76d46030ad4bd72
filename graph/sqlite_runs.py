"""Runs and their schemas in the embedded store."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict

from graph import sqlite_sql as sql
from graph.batch import Counts
from graph.errors import StoreError
from graph.facts import Moment
from graph.schema import Schema
from graph.store import Run

ALL_RUNS = 1 << 62


class RunTable:
    """The runs behind one connection, within its transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def schema(self) -> Schema:
        """The schemas of all runs that were not undone, later ones over earlier ones."""
        merged = Schema()
        for (text,) in self._connection.execute(sql.SCHEMAS).fetchall():
            merged = merged.merged(Schema.from_json(text))
        return merged

    def begin(self, run: Run, schema: Schema) -> None:
        """Record a run, unless it is there, and its schema."""
        text = schema.to_json()
        self._connection.execute(sql.BEGIN_RUN, _row(run))
        self._connection.execute("INSERT OR IGNORE INTO schemas (text) VALUES (?)", (text,))
        self._connection.execute(
            "UPDATE runs SET schema = (SELECT number FROM schemas WHERE text = ?) WHERE id = ?",
            (text, run.id),
        )

    def number(self, run: str) -> int:
        """The number of a run that may be written to; StoreError otherwise."""
        found = self._connection.execute(
            "SELECT number, undone FROM runs WHERE id = ?", (run,)
        ).fetchone()
        if found is None or found[1] is not None:
            raise StoreError(
                f"the run {run} {'has not begun' if found is None else 'was undone'}",
                hint="begin a new one",
            )
        return int(found[0])

    def last(self, known_at: int | None = None) -> int:
        """The number of the last run that had begun by then."""
        at = ALL_RUNS if known_at is None else known_at
        return int(self._connection.execute(sql.LAST_RUN_BY, (at,)).fetchone()[0])

    def ids(self, numbers: Mapping[int, int]) -> dict[str, int]:
        """The same counts by the runs' ids."""
        named = {}
        for number, count in numbers.items():
            found = self._connection.execute("SELECT id FROM runs WHERE number = ?", (number,))
            named[str(found.fetchone()[0])] = count
        return named

    def save(self, run: Run) -> None:
        """Record a run's progress, end or undoing."""
        self._connection.execute(sql.SAVE_RUN, _row(run))

    def all(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        return tuple(_read(row) for row in self._connection.execute(sql.RUNS).fetchall())

    def undoable(self, name: str) -> tuple[Run, int]:
        """A run that nothing stands on, and its number; StoreError otherwise."""
        runs = self.all()
        run = next((run for run in runs if run.id == name), None)
        if run is None:
            raise StoreError(f"there is no run {name}", hint="`groundrec ingest runs` lists them")
        if run.undone is not None:
            raise StoreError(f"the run {name} was undone already")
        later = [one.id for one in runs if one.undone is None and name in one.built_on]
        if later:
            raise StoreError(
                f"later runs say again, or instead, what the run {name} said",
                hint=f"undo these first: {', '.join(reversed(later))}",
            )
        number = self.number(name)
        migrated = self._connection.execute(
            "SELECT value FROM meta WHERE key = 'states until run'"
        ).fetchone()
        if migrated is not None and number <= int(migrated[0]):
            raise StoreError(
                f"the run {name} is of an older groundrec, which did not keep what it changed",
                hint="`groundrec restore` brings a backup back",
            )
        return run, number


def moment_values(runs: RunTable, moment: Moment, now: int) -> dict[str, int]:
    """The parameters of a statement that is about a moment."""
    known = ALL_RUNS if moment.known_at is None else runs.last(moment.known_at)
    return {"known": known, "as_of": now if moment.as_of is None else moment.as_of}


def _row(run: Run) -> tuple[object, ...]:
    return (
        run.id,
        run.mapping,
        run.started,
        run.ended,
        json.dumps(run.positions, sort_keys=True),
        json.dumps(asdict(run.counts), sort_keys=True),
        run.rejects,
        json.dumps(dict(run.built_on), sort_keys=True),
        run.undone,
    )


def _read(row: tuple[object, ...]) -> Run:
    name, mapping, started, ended, positions, counts, rejects, built_on, undone = row
    return Run(
        str(name),
        str(mapping),
        int(str(started)),
        None if ended is None else int(str(ended)),
        json.loads(str(positions)),
        Counts(**json.loads(str(counts))),
        int(str(rejects)),
        json.loads(str(built_on)),
        None if undone is None else int(str(undone)),
    )
