"""What a batch says that its source has not said before: the facts to write, and what they change.

This is what makes ingesting again harmless, and it is the same for every store: a store looks up
the live facts of a batch's ids, and `compare` tells what to write.
"""

import json
from dataclasses import dataclass

import polars as pl

from graph.batch import CONTENT, VALIDITY, Mode
from graph.facts import GONE, MENTION, facts_schema, folded


@dataclass(frozen=True, slots=True)
class News:
    """What a batch's rows of one table come to.

    `facts`: to write, in the form of `graph.facts`; one that is there for (id, source, run) is
    replaced. `closed`: (id, run) of this source's facts that end with this run. `status`: id and
    "added", "changed", "removed" or "unchanged", a row per id of the batch. `built_on`: run
    numbers whose facts the batch repeats or supersedes, with how many.
    """

    facts: pl.DataFrame
    closed: pl.DataFrame
    status: pl.DataFrame
    built_on: dict[int, int]


def one_row_each(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows with `said`, each id once: the last word of each column, and `others`.

    Provenance and `said` are those of the last row that says something.
    """
    rows = with_validity(rows)
    alone = rows["id"].is_unique()
    none = pl.lit(None, dtype=pl.List(pl.Int64))
    single = rows.filter(alone).with_columns(others=none)
    if single.height == rows.height:
        return single
    content = [*CONTENT[table], *VALIDITY]
    several = (
        rows.filter(~alone)
        .with_columns(speaks=pl.col("said") != MENTION)
        .sort("speaks", maintain_order=True)
        .group_by("id", maintain_order=True)
        .agg(
            pl.exclude("id", "speaks", *content).last(),
            *(pl.col(name).drop_nulls().last() for name in content),
            others=pl.col("said").filter("speaks").unique(maintain_order=True),
        )
        .select([*rows.columns, "others"])
    )
    return pl.concat([single, several])


def with_validity(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the columns of validity, null where they say nothing of it."""
    missing = [pl.lit(None, dtype=t).alias(n) for n, t in VALIDITY.items() if n not in rows.columns]
    return rows.with_columns(missing) if missing else rows


def compare(
    rows: pl.DataFrame, live: pl.DataFrame, table: str, *, source: int, run: int, mode: Mode
) -> News:
    """What `rows` (of `one_row_each`, `file` as the store's number) say that is new.

    `live` are all live facts, of any source, about the ids of the rows.
    """
    own = live.filter(pl.col("source") == source)
    joined = rows.join(
        own.select("id", *(pl.col(n).alias(f"{n}_was") for n in _REMEMBERED[table])),
        on="id",
        how="left",
        maintain_order="left",
    )
    known = pl.col("run_was").is_not_null()
    if mode == "delete":
        repeated = known & pl.col("gone_was")
    else:
        same = (pl.col("said") == pl.col("said_was")) | (
            pl.col("others_was").is_not_null()
            & pl.col("others_was").str.contains(pl.col("said").cast(pl.String), literal=True)
        )
        repeated = known & (same | ((pl.col("said") == MENTION) & (pl.col("said_was") != GONE)))
    joined = joined.with_columns(repeated=repeated.fill_null(False))
    fresh = joined.filter(~pl.col("repeated"))
    facts = _facts(fresh, table, source=source, run=run, mode=mode)
    closed = fresh.filter(pl.col("run_was").is_not_null() & (pl.col("run_was") != run)).select(
        "id", run="run_was"
    )
    quiet = joined.filter("repeated").select("id", status=pl.lit("unchanged"))
    earlier = joined["run_was"].drop_nulls()
    counted = earlier.filter(earlier != run).value_counts()
    return News(
        facts,
        closed,
        pl.concat([quiet, _status(facts, live, table, source)]),
        {int(number): int(count) for number, count in counted.iter_rows()},
    )


_REMEMBERED = {
    table: ("run", "said", "others", "gone", *CONTENT[table], *VALIDITY)
    for table in ("nodes", "edges")
}


def _facts(fresh: pl.DataFrame, table: str, *, source: int, run: int, mode: Mode) -> pl.DataFrame:
    stands = (pl.col("said_was") != GONE).fill_null(False)
    content = [*CONTENT[table], *VALIDITY]
    if mode == "delete":
        said = [pl.lit(None, dtype=fresh.schema[name]).alias(name) for name in content]
    else:
        said = [
            pl.coalesce(name, pl.when(stands).then(pl.col(f"{name}_was"))).alias(name)
            for name in content
        ]
    taken_back = mode == "delete"
    return fresh.with_columns(
        *said,
        others=_others(fresh, run),
        said=pl.lit(GONE, dtype=pl.Int64) if taken_back else pl.col("said"),
        source=pl.lit(source, dtype=pl.Int64),
        run=pl.lit(run, dtype=pl.Int64),
        until=pl.lit(None, dtype=pl.Int64),
        gone=pl.lit(taken_back),
        file=pl.col("file").cast(pl.Int64),
    ).select(*facts_schema(table))


def _others(fresh: pl.DataFrame, run: int) -> pl.Series:
    """Other rows of this run about the same id, as JSON; hardly any id has some."""
    rows = fresh.select("said", "others", "run_was", "said_was", "others_was")
    told: list[str | None] = [None] * rows.height
    again = (pl.col("run_was") == run) & (pl.col("said_was") > GONE).or_(pl.col("said_was") < 0)
    some = rows.with_row_index().filter(pl.col("others").is_not_null() | again.fill_null(False))
    for at, said, now, run_was, said_was, others_was in some.iter_rows():
        before = [said_was, *json.loads(others_was or "[]")] if run_was == run else []
        met = [other for other in dict.fromkeys([*(now or ()), *before]) if other != said]
        told[at] = json.dumps(met) if met else None
    return pl.Series("others", told, dtype=pl.String)


def _status(facts: pl.DataFrame, live: pl.DataFrame, table: str, source: int) -> pl.DataFrame:
    """What becomes of each id when these facts stand beside the live ones of other sources."""
    met = facts.select("id").join(live.select("id").unique(), on="id", how="semi")
    fresh = facts.join(met, on="id", how="anti")
    new = fresh.select(
        "id", status=pl.when("gone").then(pl.lit("unchanged")).otherwise(pl.lit("added"))
    )
    if met.is_empty():
        return new
    touched = facts.join(met, on="id", how="semi")
    about = live.join(met, on="id", how="semi")
    before = folded(about, table, validity=True)
    rest = about.filter(pl.col("source") != source)
    after = folded(pl.concat([rest, touched]), table, validity=True)
    content = [*CONTENT[table], *VALIDITY]
    sides = met.join(
        before.select("id", there_was=pl.lit(True), **{f"{n}_was": n for n in content}),
        on="id",
        how="left",
    ).join(after.select("id", *content, there=pl.lit(True)), on="id", how="left")
    differs = pl.any_horizontal(~pl.col(n).eq_missing(pl.col(f"{n}_was")) for n in content)
    was, is_ = pl.col("there_was").is_not_null(), pl.col("there").is_not_null()
    status = (
        pl.when(is_ & ~was)
        .then(pl.lit("added"))
        .when(was & ~is_)
        .then(pl.lit("removed"))
        .when(was & is_ & differs)
        .then(pl.lit("changed"))
        .otherwise(pl.lit("unchanged"))
    )
    return pl.concat([new, sides.select("id", status=status)])


def retired(live: pl.DataFrame, table: str, *, run: int, at: int) -> pl.DataFrame:
    """The word after the last of facts whose source delivers them no longer: so until `at`."""
    return live.with_columns(
        run=pl.lit(run, dtype=pl.Int64),
        until=pl.lit(None, dtype=pl.Int64),
        valid_to=pl.min_horizontal("valid_to", pl.lit(at, dtype=pl.Int64)),
        said=pl.lit(GONE, dtype=pl.Int64),
        others=pl.lit(None, dtype=pl.String),
    ).select(*facts_schema(table))
