"""The tables of facts in the embedded store: asking, writing and reading whole frames."""

import sqlite3
from collections.abc import Iterator

import numpy as np
import polars as pl

from graph import sqlite_sql as sql
from graph.facts import facts_schema
from graph.ids import Int64s

ROWS = 200_000


class FactTables:
    """The facts about "nodes" and "edges" behind one connection, within its transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def ask(self, table: str, rows: pl.DataFrame) -> None:
        """Say which ids `repeated` and `live` are about, with `said` for the former."""
        self._connection.execute(f"DELETE FROM asked_{table}")
        # A row that stands for several is never simply repeated.
        single = pl.when(pl.col("others").is_null()).then("said")
        said = single.alias("said") if "said" in rows.columns else pl.lit(None).alias("said")
        ends = [pl.col(n) if n in rows.columns else pl.lit(None).alias(n) for n in ("head", "tail")]
        asked = rows.select("id", said, *ends).sort("id")
        self._connection.executemany(sql.ask(table), _tuples(asked))

    def repeated(self, source: int) -> pl.DataFrame:
        """`id` and `run` of the edges that were asked for of which the source said just that."""
        rows = self._connection.execute(sql.REPEATED, (source,)).fetchall()
        return pl.DataFrame(rows, schema={"id": pl.Int64, "run": pl.Int64}, orient="row")

    def none(self, table: str) -> pl.DataFrame:
        """No facts."""
        return pl.DataFrame(schema=facts_schema(table))

    def live(self, table: str) -> pl.DataFrame:
        """All live facts about the ids that were asked for."""
        blocks = self._blocks(table, sql.live(table), ())
        return pl.concat([self.none(table), *blocks])

    def standing(self, table: str, source: int, run: int) -> Int64s:
        """Ids of which the source says something that holds, and said it before this run."""
        cursor = self._connection.execute(sql.standing(table), (source, run))
        return np.fromiter((row[0] for row in cursor), dtype=np.int64)

    def write(self, table: str, facts: pl.DataFrame) -> None:
        """Add facts; columns that they leave empty are left out of the statement."""
        if facts.is_empty():
            return
        filled = [column.name for column in facts if column.null_count() < facts.height]
        placed = facts.select(filled).sort("id")
        if table == "edges":
            placed = placed.with_columns(self._relation_numbers(placed["relation"]))
        self._connection.executemany(sql.insert(table, filled), _tuples(placed))

    def close(self, table: str, closed: pl.DataFrame, source: int, run: int) -> None:
        """The source's last words on these ids are over with this run."""
        values = ((run, id_, source, was) for id_, was in closed.select("id", "run").iter_rows())
        self._connection.executemany(sql.close(table), values)

    def scan(self, table: str, at: dict[str, int]) -> Iterator[pl.DataFrame]:
        """All facts that count at a moment, those of one id never in two blocks."""
        rest: pl.DataFrame | None = None
        for block in self._blocks(table, sql.scan(table), at):
            whole = block if rest is None else pl.concat([rest, block])
            last = whole["id"][-1]
            begun = int(whole["id"].search_sorted(last, side="left"))
            rest = whole[begun:]
            if begun:
                yield whole[:begun]
        if rest is not None:
            yield rest

    def missing(self, at: dict[str, int]) -> pl.Series:
        """Ids of nodes that were told of and are not there at a moment."""
        cursor = self._connection.execute(sql.MISSING, at)
        return pl.Series("id", [row[0] for row in cursor], dtype=pl.Int64)

    def _blocks(
        self, table: str, statement: str, values: dict[str, int] | tuple[int, ...]
    ) -> Iterator[pl.DataFrame]:
        schema = facts_schema(table)
        names = self._relation_names() if table == "edges" else None
        cursor = self._connection.execute(statement, values)
        while rows := cursor.fetchmany(ROWS):
            columns = []
            for (name, kind), values_ in zip(schema.items(), zip(*rows, strict=True), strict=True):
                if name == "relation" and names is not None:
                    numbers = pl.Series(values_, dtype=pl.Int64)
                    columns.append(names.gather(numbers).alias(name))
                elif kind == pl.Boolean:
                    columns.append(pl.Series(name, values_, dtype=pl.Int64).cast(pl.Boolean))
                else:
                    columns.append(pl.Series(name, values_, dtype=kind, strict=False))
            yield pl.DataFrame(columns)

    def _relation_names(self) -> pl.Series:
        """Names at the places of their numbers, which begin with 1."""
        found = self._connection.execute("SELECT number, name FROM relations").fetchall()
        names: list[str | None] = [None] * (1 + max((number for number, _ in found), default=0))
        for number, name in found:
            names[number] = name
        return pl.Series(names, dtype=pl.String)

    def _relation_numbers(self, names: pl.Series) -> pl.Series:
        numbers = {name: intern(self._connection, "relations", name) for name in names.unique()}
        return names.replace_strict(
            list(numbers), list(numbers.values()), return_dtype=pl.Int64
        ).alias("relation")


def intern(connection: sqlite3.Connection, table: str, name: str) -> int:
    """The number of a name in one of the tables of names, which it is added to."""
    connection.execute(f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", (name,))
    found = connection.execute(f"SELECT number FROM {table} WHERE name = ?", (name,)).fetchone()
    return int(found[0])


def _tuples(frame: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    """Rows as tuples, some at a time, so that a large frame is never there twice."""
    for begun in range(0, frame.height, ROWS):
        yield from frame[begun : begun + ROWS].rows()
