"""The tables of facts in the embedded store: asking, writing and reading whole frames."""

import sqlite3
from collections.abc import Iterator

import numpy as np
import polars as pl

from graph import sqlite_sql as sql
from graph.comparing import News
from graph.facts import facts_schema
from graph.ids import Int64s
from graph.sieve import Sieve

ROWS = 200_000
STRIDE = 2_000  # rows written at once, whose pages are still at hand
MANY = 100_000  # rows from which on it pays to count what is repeated before asking which
FEW = 6  # rows for each page of the file, up to which they are kept beside the large table


class FactTables:
    """The facts about "nodes" and "edges" behind one connection, within its transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._asked: pl.DataFrame | None = None
        self._sieve: Sieve | None = None
        self._sieve_of = -1
        self._large_run = -1  # the last run that has written into the large table

    # -- what is said already -----------------------------------------------------------------

    def perhaps_known(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Edges without those of which the store surely knows nothing.

        Filling an empty store would else be a million look-ups in vain for each million rows.
        """
        version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        if self._sieve_of != version:  # at first, and when others have written
            (some,) = self._connection.execute(sql.ANY_EDGES).fetchone()
            self._sieve, self._sieve_of = (None if some else Sieve()), version
        if self._sieve is None or rows.is_empty():
            return rows
        return rows.filter(self._sieve.fall_through(rows["id"].to_numpy()))

    def sorted_out(
        self, table: str, rows: pl.DataFrame, source: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`id` and `run` of rows that tell nothing new: their source's last word is just that.

        Beside them the other rows, without those of whose ids nothing is known.
        """
        settled = pl.DataFrame(schema={"id": pl.Int64, "run": pl.Int64})
        alone = pl.col("others").is_null()  # one of several may be news
        single, several = rows.filter(alone), rows.filter(~alone)
        if single.is_empty():
            return settled, rows
        self._ask(table, single)
        if single.height >= MANY:
            counted = self._connection.execute(sql.count_repeated(table), {"source": source})
            count, first, last = counted.fetchone()
            if not count:
                return settled, rows
            if count == single.height and first == last:
                return single.select("id", run=pl.lit(first, dtype=pl.Int64)), several
        found = self._connection.execute(sql.known(table), {"source": source}).fetchall()
        columns = {"id": pl.Int64, "run": pl.Int64, "repeated": pl.Boolean}
        known = pl.DataFrame(found, schema=columns, orient="row")
        settled = known.filter("repeated").select("id", "run")
        other = single.join(known, on="id", how="semi").join(settled, on="id", how="anti")
        return settled, pl.concat([other, several])

    def live(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """All live facts about the ids of some rows."""
        none = pl.DataFrame(schema=facts_schema(table))
        if rows.is_empty():
            return none
        self._ask(table, rows)
        return pl.concat([none, *self._blocks(table, sql.live(table), ())])

    def _ask(self, table: str, rows: pl.DataFrame) -> None:
        """Put ids, with what is said of them, where they can be joined with facts."""
        if rows is self._asked:
            return
        self._connection.execute(f"DELETE FROM asked_{table}")
        columns = [
            pl.col(name) if name in rows.columns else pl.lit(None).alias(name)
            for name in ("id", "said", *sql.ASKED_BY[table])
        ]
        for some in rows.select(columns).sort("id").iter_slices(STRIDE):
            self._connection.executemany(sql.ask(table), some.rows())
        self._asked = rows

    def standing(self, table: str, source: int, run: int) -> Int64s:
        """Ids of which the source says something that holds, and said it before this run."""
        cursor = self._connection.execute(sql.standing(table), {"source": source, "run": run})
        return np.fromiter((row[0] for row in cursor), dtype=np.int64)

    def taken_back(self, table: str, source: int, run: int) -> dict[int, int]:
        """How much the source has taken back before this run and left so, by run."""
        values = {"source": source, "run": run}
        return dict(self._connection.execute(sql.taken_back(table), values).fetchall())

    def write(self, table: str, new: News, live: pl.DataFrame, source: int, run: int) -> None:
        """Add a source's news of a run, where `live` are all live facts about the same ids.

        Columns that the facts leave empty are left out of the statement.
        """
        if new.facts.is_empty():
            return
        filled = [column.name for column in new.facts if not _as_usual(column)]
        placed = new.facts.select(filled)
        if table == "edges":
            placed = placed.with_columns(self._relation_numbers(placed["relation"]))
            if self._sieve is not None:
                self._sieve.add(placed["id"].to_numpy())
        facts = self._room(table, placed.height, live["id"], run)
        over = new.closed.select(now=pl.lit(run), id="id", source=pl.lit(source), was="run").sort(
            "id"
        )
        # Side by side in the order of ids: each page is read, changed and put away once.
        order = placed["id"].arg_sort()
        for begun in range(0, placed.height, STRIDE):
            some = placed[order[begun : begun + STRIDE]]
            near = over["id"] <= some["id"][-1]
            self._connection.executemany(sql.close(facts), over.filter(near).rows())
            self._connection.executemany(sql.insert(facts, filled), some.rows())
            over = over.filter(~near)

    def _room(self, table: str, count: int, known: pl.Series, run: int) -> str:
        """Where to write some rows; `known` are those of their ids of which something is known.

        What is left over at the end of a large run goes where the others went.
        """
        if table == "nodes":
            return sql.FACTS_OF[table]
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (recent,) = self._connection.execute(sql.COUNT_RECENT).fetchone()
        if not recent and run == self._large_run:
            return sql.FACTS_OF[table]
        if recent + count + len(known) <= FEW * pages:
            ids = known.unique().sort()
            self._connection.executemany(sql.TAKE_OUT, ((number,) for number in ids))
            return sql.RECENT
        if recent:
            self.put_away()
        self._large_run = run
        return sql.FACTS_OF[table]

    def put_away(self) -> None:
        """Bring the few rows that are kept beside the large table into it.

        One statement keeps in memory what its pages were; so each statement moves few.
        """
        ids = self._connection.execute(sql.RECENT_IDS).fetchall()
        for begun in range(0, len(ids), STRIDE):
            some = ids[begun : begun + STRIDE]
            self._connection.execute(sql.PUT_AWAY, (*some[0], *some[-1]))
        self._connection.execute(sql.CLEAR_RECENT)

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


def _as_usual(column: pl.Series) -> bool:
    """Whether a column holds nothing but what the table puts there by itself."""
    if column.name == "gone":
        return not column.any()
    if column.name == "discriminator":
        return bool((column == "").all())
    return column.null_count() == len(column)
