"""A new graph as files for `neo4j-admin database import`: the fast way into an empty database.

The files hold just what the ordinary ingest would have written, facts and runs included: they are
made from a file store that was filled the ordinary way.
"""

import json
import shlex
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from graph import cypher
from graph.errors import InputError
from graph.facts import facts_schema
from graph.neo4j_facts import used_columns
from graph.neo4j_layout import edge_rows, node_rows, none, settled, side_rows
from graph.sqlite_sql import every

ROWS = 100_000
DELIMITER = "\x1f"
Rows = list[dict[str, Any]]


class _Files:
    """Tables of nodes and relationships in a folder, each with a header of its own types."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[tuple[str, str], Rows] = {}

    def nodes(self, label: str, rows: Rows, key: str = "id") -> None:
        """More nodes of a label; `key` tells them apart."""
        named = [{":ID": f"{label}/{row[key]}", **row} for row in rows]
        self._rows.setdefault(("nodes", label), []).extend(named)

    def edges(self, way: tuple[str, str, str], ends: Sequence[tuple[int, int]], rows: Rows) -> None:
        """More relationships of a relation between two kinds."""
        relation, head, tail = way
        self._rows.setdefault(("relationships", relation), []).extend(
            {":START_ID": f"{head}/{one}", ":END_ID": f"{tail}/{other}", **row}
            for (one, other), row in zip(ends, rows, strict=True)
        )

    def write(self) -> list[str]:
        """Write all; gives the options of the import that name the files."""
        options = []
        for (what, name), rows in sorted(self._rows.items()):
            path = self._folder / f"{what}-{name}.csv"
            if not rows:
                continue
            columns = list(dict.fromkeys(column for row in rows for column in row))
            columns = [n for n in columns if any(row.get(n) is not None for row in rows)]
            headers = [n if n.startswith(":") else f"{n}:{_type(rows, n)}" for n in columns]
            with path.open("w", encoding="utf-8", newline="") as file:
                file.write(",".join(headers) + "\n")
                for row in rows:
                    file.write(",".join(_cell(row.get(name)) for name in columns) + "\n")
            options.append(f"--{what}={name}={path}")
        return options


def import_files(filled: Path, folder: Path) -> str:
    """Write what a file store holds into a new folder; gives the command that imports it.

    InputError when the folder is there.
    """
    if folder.exists():
        raise InputError(f"{folder} is there already", hint="name a new folder")
    folder.mkdir(parents=True)
    files = _Files(folder.resolve())
    with closing(sqlite3.connect(filled)) as connection:
        relations = _bookkeeping(files, connection)
        _facts(files, connection, relations)
    options = files.write()
    return " ".join(
        [
            "neo4j-admin database import full neo4j --overwrite-destination",
            "--multiline-fields=true --array-delimiter=U+001F",
            *(shlex.quote(option) for option in options),
        ]
    )


def _facts(
    files: _Files, connection: sqlite3.Connection, relations: dict[str, tuple[str, str, str]]
) -> None:
    now, nobody = int(time.time()), pl.Series(dtype=pl.Int64)
    present = [np.empty(0, dtype=np.int64)]
    for facts in _blocks(connection, "nodes"):
        layout = settled("nodes", facts, nobody, now)
        present.append(layout.added["id"].to_numpy())
        for (kind,), part in layout.added.partition_by("kind", as_dict=True).items():
            files.nodes(str(kind), node_rows(part, layout.was))
        _beside(files, "nodes", layout.beside)
    known = np.concatenate(present)
    used: dict[str, set[str]] = {}
    for facts in _blocks(connection, "edges"):
        layout = settled("edges", facts, nobody, now)
        both = np.isin(layout.added["head"], known) & np.isin(layout.added["tail"], known)
        there = layout.added.filter(pl.Series(both))
        for (name,), part in there.partition_by("relation", as_dict=True).items():
            files.edges(relations[str(name)], part.select("head", "tail").rows(), edge_rows(part))
        for (name,), part in facts.partition_by("relation", as_dict=True).items():
            used.setdefault(str(name), set()).update(used_columns(part))
        lost = layout.added.filter(~pl.Series(both) & pl.col("several").is_null())
        _beside(files, "edges", pl.concat([layout.beside, lost.drop("several")]))
    columns = [{"name": name, "columns": sorted(some)} for name, some in used.items()]
    files.nodes(cypher.COLUMNS, columns, key="name")


def _beside(files: _Files, table: str, facts: pl.DataFrame) -> None:
    rows = side_rows(facts)
    keyed = [{"place": f"{row['id']}/{row['source']}/{row['run']}", **row} for row in rows]
    files.nodes(cypher.SIDE[table], keyed, key="place")


def _blocks(connection: sqlite3.Connection, table: str) -> Iterator[pl.DataFrame]:
    """All live facts; those of one id are in one block."""
    schema = facts_schema(table)
    names = ", ".join("r.name" if name == "relation" else f"f.{name}" for name in schema)
    cursor = connection.execute(every(table, names))
    rest: list[tuple[Any, ...]] = []
    at = list(schema).index("id")
    while rows := cursor.fetchmany(ROWS):
        rest += rows
        last = rest[-1][at]
        whole = [row for row in rest if row[at] != last]
        rest = [row for row in rest if row[at] == last]
        if whole:
            yield _frame(table, whole)
    if rest:
        yield _frame(table, rest)


def _frame(table: str, rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    columns = zip(facts_schema(table).items(), zip(*rows, strict=True), strict=True)
    made = [
        pl.Series(name, [bool(v) for v in values] if kind == pl.Boolean else values, dtype=kind)
        for (name, kind), values in columns
    ]
    return (
        pl.DataFrame(made)
        .with_columns(own=pl.lit(None, dtype=pl.Boolean))
        .select(*none(table).columns)
    )


def _bookkeeping(files: _Files, connection: sqlite3.Connection) -> dict[str, tuple[str, str, str]]:
    """Runs, schemas and names; gives each relation with the kinds of its ends."""
    connection.row_factory = sqlite3.Row
    ways: dict[str, tuple[str, str, str]] = {}
    for label, table in (
        (cypher.RUN, "runs"),
        (cypher.SCHEMA, "schemas"),
        (cypher.SOURCE, "sources"),
        (cypher.FILE, "files"),
    ):
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # our own names
        files.nodes(label, rows, key="number")
        for row in rows if label == cypher.SCHEMA else ():
            for name, meant in json.loads(row["text"])["relations"].items():
                ways[name] = (name, meant["head"], meant["tail"])
    connection.row_factory = None
    store = {"name": "graph", "writes": 1, "change": uuid.uuid4().hex}
    files.nodes(cypher.STORE, [store], key="name")
    return ways


def _type(rows: Rows, name: str) -> str:
    values = [row[name] for row in rows if row.get(name) is not None]
    if all(isinstance(value, list) for value in values):
        return "string[]"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if all(isinstance(value, int) for value in values):
        return "long"
    if all(isinstance(value, int | float) for value in values):
        return "double"
    return "string"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = DELIMITER.join(map(str, value)) if isinstance(value, list) else str(value)
    return '"' + text.replace('"', '""') + '"'
