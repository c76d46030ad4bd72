"""What a batch says that its source has not said before: the facts to write, and what they change.

This is what makes ingesting again harmless, and it is the same for every store: a store looks up
the live facts of a batch's ids, and `compare` tells what to write.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from graph.batch import CONTENT, VALIDITY, Counts, Mode
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

    def beside(self, settled: pl.DataFrame, withheld: pl.DataFrame, run: int) -> "News":
        """These news, with ids (and runs) that a store found repeated, and ids it withheld."""
        if settled.is_empty() and withheld.is_empty():
            return self
        built_on = _counted(settled["run"], run)
        for number, count in self.built_on.items():
            built_on[number] = built_on.get(number, 0) + count
        quiet = settled.select("id", status=pl.lit("unchanged"))
        kept_out = withheld.select("id", status=pl.lit("withheld"))
        return replace(self, status=pl.concat([quiet, self.status, kept_out]), built_on=built_on)


def joined(parts: Iterable[tuple[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """All statuses of "nodes" and all of "edges", from some of either."""
    none = pl.DataFrame(schema={"id": pl.Int64, "status": pl.String})
    found = {"nodes": [none], "edges": [none]}
    for table, statuses in parts:
        found[table].append(statuses)
    return {table: pl.concat(some) for table, some in found.items()}


def counts_of(statuses: Mapping[str, pl.DataFrame]) -> Counts:
    """How many "nodes" and "edges" there are of each `status`."""
    of_nodes, of_edges = (
        {str(s): int(n) for s, n in statuses[table]["status"].value_counts().iter_rows()}
        for table in ("nodes", "edges")
    )
    return Counts(
        nodes_added=of_nodes.get("added", 0),
        nodes_changed=of_nodes.get("changed", 0),
        nodes_removed=of_nodes.get("removed", 0),
        edges_added=of_edges.get("added", 0),
        edges_changed=of_edges.get("changed", 0),
        edges_removed=of_edges.get("removed", 0),
        unchanged=of_nodes.get("unchanged", 0) + of_edges.get("unchanged", 0),
        withheld=of_nodes.get("withheld", 0) + of_edges.get("withheld", 0),
    )


def one_row_each(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows with `said`, each id once: the last word of each column, and `others`.

    Provenance and `said` are those of the last row that says something.
    """
    rows = with_validity(rows)
    none = pl.lit(None, dtype=pl.List(pl.Int64))
    if rows["id"].n_unique() == rows.height:
        return rows.with_columns(others=none)
    alone = rows["id"].is_unique()
    rest = rows.filter(~alone).unique(["id", "said"], keep="last", maintain_order=True)
    repeated = rest["id"].is_unique()
    single = pl.concat([rows.filter(alone), rest.filter(repeated)]).with_columns(others=none)
    rest = rest.filter(~repeated)
    if rest.is_empty():
        return single
    content = [*CONTENT[table], *VALIDITY]
    several = (
        rest.with_columns(speaks=pl.col("said") != MENTION)
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
    if live.is_empty():
        facts = _first_words(rows, table, source=source, run=run, mode=mode)
        return News(facts, _NONE_CLOSED, _status(facts, live, table, source), {})
    own = live.filter(pl.col("source") == source)
    joined = rows.join(
        own.select("id", *(pl.col(n).alias(f"{n}_was") for n in _REMEMBERED[table])),
        on="id",
        how="left",
        maintain_order="left",
    )
    known = pl.col("run_was").is_not_null()
    if mode == "delete":
        joined = joined.with_columns(others=pl.lit(None, dtype=pl.List(pl.Int64)))
        repeated = known & pl.col("gone_was")
    else:
        same = (pl.col("said") == pl.col("said_was")) | (
            pl.col("others_was").is_not_null()
            & pl.col("others_was").str.contains(pl.col("said").cast(pl.String), literal=True)
        )
        repeated = known & (same | ((pl.col("said") == MENTION) & (pl.col("said_was") != GONE)))
    joined = joined.with_columns(repeated=repeated.fill_null(False) & ~_unheard(joined))
    fresh = joined.filter(~pl.col("repeated"))
    facts = _facts(fresh, table, source=source, run=run, mode=mode)
    closed = fresh.filter(pl.col("run_was").is_not_null() & (pl.col("run_was") != run)).select(
        "id", run="run_was"
    )
    quiet = joined.filter("repeated").select("id", status=pl.lit("unchanged"))
    status = pl.concat([quiet, _status(facts, live, table, source)])
    return News(facts, closed, status, _counted(joined["run_was"], run))


def _counted(runs: pl.Series, but: int) -> dict[int, int]:
    """How often each run is met, but for one."""
    met = runs.filter((runs != but).fill_null(False)).value_counts()
    return {int(number): int(count) for number, count in met.iter_rows()}


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


_NONE_CLOSED = pl.DataFrame(schema={"id": pl.Int64, "run": pl.Int64})


def _first_words(
    rows: pl.DataFrame, table: str, *, source: int, run: int, mode: Mode
) -> pl.DataFrame:
    """Facts of which nothing was known: the rows, as they are."""
    was = {name: pl.lit(None, dtype=kind) for name, kind in facts_schema(table).items()}
    joined = rows.with_columns(was[name].alias(f"{name}_was") for name in _REMEMBERED[table])
    return _facts(joined, table, source=source, run=run, mode=mode)


def _unheard(joined: pl.DataFrame) -> pl.Series:
    """Whether a row stands for several that contradict each other, not all of which are known."""
    unheard = [False] * joined.height
    some = joined.with_row_index().filter(pl.col("others").is_not_null())
    for at, others, was, others_was in some.select(
        "index", "others", "said_was", "others_was"
    ).iter_rows():
        unheard[at] = not set(others) <= {was, *json.loads(others_was or "[]")}
    return pl.Series(unheard, dtype=pl.Boolean)


def _others(fresh: pl.DataFrame, run: int) -> pl.Series:
    """Other rows of this run about the same id, as JSON; hardly any id has some.

    One that an earlier batch of the run had, and that was no news, is not known any more; then the
    next delivery of the same contradiction is news once, and no longer.
    """
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
    stands = pl.col("gone") | (pl.col("said") != GONE)  # what was retired is not there any more
    facts, live = facts.select(*facts_schema(table)), live.filter(stands)
    met = facts.select("id").join(live.select("id").unique(), on="id", how="semi")
    alone = facts.join(met, on="id", how="anti") if met.height else facts
    new = alone.select(
        "id", status=pl.when(stands & ~pl.col("gone")).then(pl.lit("added")).otherwise(_QUIET)
    )
    if met.is_empty():
        return new
    touched = facts.join(met, on="id", how="semi").filter(stands)
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
        .otherwise(_QUIET)
    )
    return pl.concat([new, sides.select("id", status=status)])


_QUIET = pl.lit("unchanged")


def retired(live: pl.DataFrame, table: str, *, source: int, run: int, at: int) -> News:
    """What it comes to that a source no longer delivers some ids: so until `at`, and no longer.

    `live` are all live facts, of any source, about these ids.
    """
    over = live.filter((pl.col("source") == source) & (pl.col("said") != GONE))
    facts = over.with_columns(
        run=pl.lit(run, dtype=pl.Int64),
        valid_to=pl.min_horizontal("valid_to", pl.lit(at, dtype=pl.Int64)),
        said=pl.lit(GONE, dtype=pl.Int64),
        others=pl.lit(None, dtype=pl.String),
    )
    return News(
        facts,
        over.select("id", "run"),
        _status(facts, live, table, source),
        _counted(over["run"], run),
    )
