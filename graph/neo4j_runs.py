"""Runs, their schemas, and the numbers of sources and files, within a transaction of Neo4j."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from neo4j import ManagedTransaction

from graph.batch import Counts
from graph.cypher import keeping
from graph.errors import StoreError
from graph.facts import Moment
from graph.schema import Schema
from graph.store import Run

ALL_RUNS = 1 << 62


def schema_of(tx: ManagedTransaction) -> Schema:
    """The schemas of all runs that were not undone, later ones over earlier ones."""
    merged = Schema()
    for record in tx.run(keeping.SCHEMAS):
        merged = merged.merged(Schema.from_json(record["text"]))
    return merged


def begin(tx: ManagedTransaction, run: Run, schema: Schema) -> None:
    """Record a run, unless it is there, and its schema."""
    number = _one(tx, keeping.ADD_SCHEMA, "number", text=schema.to_json())
    if tx.run(keeping.IS_RUN, id=run.id).single() is None:
        last = _one(tx, keeping.LAST_RUN, "number", by=ALL_RUNS)
        save(tx, run, number=last + 1)
    tx.run(keeping.SAVE_RUN, id=run.id, values={"schema": number}).consume()


def recorded(tx: ManagedTransaction, name: str) -> tuple[Run, int]:
    """A run that may be written to, as it is recorded, and its number; StoreError otherwise."""
    found = tx.run(keeping.IS_RUN, id=name).single()
    if found is None or found["run"].get("undone") is not None:
        raise StoreError(
            f"the run {name} {'has not begun' if found is None else 'was undone'}",
            hint="begin a new one",
        )
    return _read(found["run"]), int(found["run"]["number"])


def save(tx: ManagedTransaction, run: Run, **more: int) -> None:
    """Record a run's progress, end or undoing."""
    tx.run(keeping.SAVE_RUN, id=run.id, values={**_row(run), **more}).consume()


def all_runs(tx: ManagedTransaction) -> tuple[Run, ...]:
    """All runs, oldest first."""
    return tuple(_read(record["run"]) for record in tx.run(keeping.RUNS))


def ids(tx: ManagedTransaction, numbers: Mapping[int, int]) -> dict[str, int]:
    """Counts by the runs' ids instead of their numbers."""
    if not numbers:
        return {}
    names = {int(r["run"]["number"]): str(r["run"]["id"]) for r in tx.run(keeping.RUNS)}
    return {names[number]: count for number, count in numbers.items()}


def undoable(tx: ManagedTransaction, name: str) -> tuple[Run, int]:
    """A run that nothing stands on, and its number; StoreError otherwise."""
    runs = all_runs(tx)
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
    return recorded(tx, name)


def moment_values(tx: ManagedTransaction, moment: Moment, now: int) -> tuple[int, int]:
    """The last run that is known at a moment, and the time in the world."""
    known = ALL_RUNS
    if moment.known_at is not None:
        known = int(_one(tx, keeping.LAST_RUN, "number", by=moment.known_at))
    return known, now if moment.as_of is None else moment.as_of


def interned(tx: ManagedTransaction, label: str, names: list[str]) -> dict[str, int]:
    """The numbers of sources or files, which are given one when they have none."""
    known = names_of(tx, label)
    for name in names:
        if name not in known:
            known[name] = int(_one(tx, keeping.intern(label), "number", name=name))
    return known


def names_of(tx: ManagedTransaction, label: str) -> dict[str, int]:
    """All sources or files with their numbers."""
    return {str(r["name"]): int(r["number"]) for r in tx.run(keeping.numbered(label))}


def _one(tx: ManagedTransaction, statement: Any, column: str, /, **values: Any) -> Any:
    return tx.run(statement, values).single(strict=True)[column]


def _row(run: Run) -> dict[str, Any]:
    return {
        "mapping": run.mapping,
        "started": run.started,
        "ended": run.ended,
        "positions": json.dumps(run.positions, sort_keys=True),
        "counts": json.dumps(asdict(run.counts), sort_keys=True),
        "rejects": run.rejects,
        "built_on": json.dumps(dict(run.built_on), sort_keys=True),
        "undone": run.undone,
    }


def _read(row: Mapping[str, Any]) -> Run:
    return Run(
        row["id"],
        row["mapping"],
        row["started"],
        row.get("ended"),
        json.loads(row["positions"]),
        Counts(**json.loads(row["counts"])),
        row["rejects"],
        json.loads(row["built_on"]),
        row.get("undone"),
    )
