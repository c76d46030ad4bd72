"""How much speaks for two things being the same, in bits.

Fellegi and Sunter (1969), with the frequencies of the values themselves (Winkler 2000): what two
things share weighs log2(1 / how often it is found), so a rare name, date or companion weighs much
and a common one little. The sum starts at -log2(number of things), since a pair taken at random
is hardly ever the same; 0 bits are even odds, and bits b are the probability 1 / (1 + 2^-b).

    name       the forms are the same: by the rarity of its words, at most SURPLUS above the start;
               only alike: less
    date       the same value of a functional relation: by its rarity. Whole numbers that differ
               by one say nothing where the names are the same; others contradict
    company    what both are connected with: by its rarity, at most COMPANY together. None though
               both have some: against; more so where the catalogue is complete
    marks      numbers and generations in the names differ ("II", "Jr."), or each has words that the
               other has not: against
"""

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from kg_ingest.pairs import MOST, likeness
from kg_ingest.things import Things

LEAST = 256  # a small catalogue is a sample too: two of forty are no proof
SURPLUS = 6.0
VARIANT = 1.0
DATE = 8.0
ENOUGH = 12.0
COMPANY = 20.0
ALONE = 4.0
COMPLETE_ALONE = 4.0
MARKS = 10.0
LIKE_WORDS = 75.0
LIKE_NAMES = 88.0
LIKE_PHRASES = 94.0
GIVEN = 30.0


def weigh(
    things: Things, pairs: pl.DataFrame, complete: frozenset[str], close: pl.Series | None = None
) -> pl.DataFrame:
    """Pairs (a, b) with `bits`, `score`, `vetoed` and the parts that they come from.

    `complete` are the relations in which absence contradicts; `close` says how close the meaning
    of the names is, 0 to 100, where that was asked. A pair is vetoed when a functional value or a
    given id of both differs. `spelling`: the names differ in letters, not in words; `one_source`:
    one source lists both under keys of their own.
    """
    out = pairs.with_row_index("pair")
    alike = likeness(things, out)
    if close is not None:
        alike = pl.Series(np.maximum(alike.to_numpy(), close.to_numpy()))
    out = out.join(_names(things, out, alike), on="pair", how="left", maintain_order="left")
    parts = (
        _marks(things, out, close),
        _dates(things, out),
        _company(things, out, complete),
        _given(things, out),
    )
    for part in parts:
        out = out.join(part, on="pair", how="left", maintain_order="left")
    start = -float(np.log2(max(LEAST, things.size)))
    zero = pl.col("name", "marks", "date", "company", "given").fill_null(0.0)
    out = out.with_columns(zero, pl.col("differ", "unequal", "other_id").fill_null(False))
    ends = out.select("a", "b").rows()
    spelling = pl.Series(
        [_spelled_otherwise(things.text[a], things.text[b]) for a, b in ends], dtype=pl.Boolean
    )
    one_source = pl.Series(
        [bool(things.sources[a] & things.sources[b]) for a, b in ends], dtype=pl.Boolean
    )
    bits = start + pl.sum_horizontal("name", "marks", "date", "company", "given")
    return out.with_columns(
        bits=bits,
        vetoed=pl.col("differ")
        | (pl.col("unequal") & ~pl.col("named"))
        | (pl.col("other_id") & (pl.col("given") <= 0)),
        spelling=spelling,
        one_source=one_source,
        score=1 / (1 + pl.lit(2.0).pow(-bits)),
    ).drop("pair")


# -- names -------------------------------------------------------------------------------------


def _names(things: Things, pairs: pl.DataFrame, alike: pl.Series) -> pl.DataFrame:
    """`name` bits, whether a form is shared (`named`), and `alike` from 0 to 100."""
    total = max(LEAST, things.size)
    sizes = (
        things.names.group_by("form")
        .agg(pl.col("at").n_unique().alias("bearers"))
        .filter(pl.col("bearers") <= MOST)
    )
    words = things.words.group_by("word").len("bearers")
    rarity = (
        things.words.join(words, on="word")
        .group_by("at")
        .agg((total / pl.col("bearers")).log(2).sum().alias("rarity"))
    )
    shared = (
        pairs.select("pair", "a", "b")
        .join(things.names.rename({"at": "a", "own": "own_a"}), on="a")
        .join(things.names.rename({"at": "b", "own": "own_b"}), on=["b", "form"])
        .join(sizes, on="form")
        .group_by("pair")
        .agg(
            pl.col("bearers").min(),
            (pl.col("own_a") & pl.col("own_b")).any().alias("own"),
        )
    )
    most = float(np.log2(total)) + SURPLUS
    rare = pl.min_horizontal("rarity_a", "rarity_b", pl.lit(most))
    rivals = pl.max_horizontal(pl.col("bearers") - 1, pl.lit(1)).log(2)
    exact = rare - rivals - pl.when("own").then(0.0).otherwise(VARIANT)
    fuzzy = rare * ((pl.col("alike") - 60) / 40).clip(0, 1).pow(2) - VARIANT
    return (
        pairs.select("pair", "a", "b", alike=alike)
        .join(shared, on="pair", how="left", maintain_order="left")
        .join(rarity.rename({"at": "a", "rarity": "rarity_a"}), on="a", how="left")
        .join(rarity.rename({"at": "b", "rarity": "rarity_b"}), on="b", how="left")
        .with_columns(named=pl.col("bearers").is_not_null())
        .select(
            "pair",
            "named",
            "alike",
            name=pl.when("named").then(exact).otherwise(fuzzy),
        )
    )


def _marks(things: Things, pairs: pl.DataFrame, close: pl.Series | None) -> pl.DataFrame:
    """`marked`: names of a series or a family with another number, or with words of their own.

    Names that are close in meaning may have other words.
    """
    named = pairs["named"] if close is None else pairs["named"] | (close > 0)
    differ = [
        things.marks[a] != things.marks[b]
        or (not excused and _both_say_more(things.text[a], things.text[b]))
        for (a, b), excused in zip(pairs.select("a", "b").iter_rows(), named, strict=True)
    ]
    return pairs.select("pair", pl.Series("marked", differ, dtype=pl.Boolean)).with_columns(
        marks=pl.when("marked").then(-MARKS).otherwise(0.0)
    )


def _spelled_otherwise(one: str, other: str) -> bool:
    """Whether two names of several words differ in hardly a letter; in fewer if in words too."""
    words, others = one.count(" "), other.count(" ")
    least = LIKE_NAMES if words == others else LIKE_PHRASES
    return min(words, others) > 0 and fuzz.ratio(one, other) >= least


def _both_say_more(one: str, other: str) -> bool:
    """Whether each name has a word that is like no word of the other: "Blue", "White"."""
    a, b = one.split(), other.split()
    more_a, more_b = [w for w in a if w not in b], [w for w in b if w not in a]
    if not more_a or not more_b or one.replace(" ", "") == other.replace(" ", ""):
        return False
    like = process.cdist(more_a, more_b, scorer=fuzz.ratio, processor=None)
    return bool(like.max(axis=1).min() < LIKE_WORDS and like.max(axis=0).min() < LIKE_WORDS)


# -- values and ids ----------------------------------------------------------------------------


def _dates(things: Things, pairs: pl.DataFrame) -> pl.DataFrame:
    """`date` bits, `differ`, and the values that agree (`agree`) or differ (`against`)."""
    total = max(LEAST, things.size)
    counts = things.values.group_by("relation", "value").agg(
        pl.col("at").n_unique().alias("bearers")
    )
    rows = (
        pairs.select("pair", "a", "b")
        .join(things.values.rename({"at": "a"}), on="a")
        .join(things.values.rename({"at": "b", "value": "other"}), on=["b", "relation"])
        .join(counts, on=["relation", "value"])
        .with_columns(
            equal=pl.col("value") == pl.col("other"),
            near=(
                pl.col("value").cast(pl.Int64, strict=False)
                - pl.col("other").cast(pl.Int64, strict=False)
            )
            .abs()
            .le(1)
            .fill_null(False),
            weight=(total / pl.col("bearers")).log(2).clip(0, DATE),
        )
    )
    each = rows.group_by("pair", "relation").agg(
        pl.col("weight").filter("equal").max().alias("weight"),
        pl.col("equal").any(),
        pl.col("near").any(),
        pl.col("value").filter("equal").min().alias("agreed"),
        pl.format("{} here, {} there", pl.col("value").min(), pl.col("other").min()).alias("told"),
    )
    return (
        each.sort("pair", "relation")
        .group_by("pair")
        .agg(
            pl.col("weight").sum().alias("date"),
            (~pl.col("equal") & ~pl.col("near")).any().alias("differ"),
            (~pl.col("equal")).any().alias("unequal"),
            pl.format("{} {}", "relation", "agreed").filter("equal").str.join("; ").alias("agree"),
            pl.format("{} {}", "relation", "told")
            .filter(~pl.col("equal") & ~pl.col("near"))
            .str.join("; ")
            .alias("against"),
        )
    )


def _given(things: Things, pairs: pl.DataFrame) -> pl.DataFrame:
    """`given` bits for an id that both hold, `other_id` where they hold different ones."""
    rows = (
        pairs.select("pair", "a", "b")
        .join(things.given.rename({"at": "a"}), on="a")
        .join(things.given.rename({"at": "b", "value": "other"}), on=["b", "property"])
        .with_columns(equal=pl.col("value") == pl.col("other"))
    )
    each = rows.group_by("pair", "property").agg(
        pl.col("equal").any(), pl.col("value").filter("equal").min().alias("value")
    )
    return (
        each.sort("pair", "property")
        .group_by("pair")
        .agg(
            pl.when(pl.col("equal").any()).then(GIVEN).otherwise(0.0).alias("given"),
            (~pl.col("equal") & (pl.col("property") != "alias")).any().alias("other_id"),
            pl.format("{} {}", "property", "value").filter("equal").str.join("; ").alias("ids"),
        )
    )


# -- company -----------------------------------------------------------------------------------


def _company(things: Things, pairs: pl.DataFrame, complete: frozenset[str]) -> pl.DataFrame:
    """`company` bits, how many companions are `shared` and a few of them (`who`).

    `apart`: both have some, and none in common; `torn`: so where the catalogue is complete.
    """
    total = max(LEAST, things.size)
    anyhow = things.company.select("at", "kind", "token").unique()
    counts = anyhow.group_by("kind", "token").len("bearers")
    told = things.company.sort("told").unique(["kind", "token"], keep="first")
    ends = pairs.select("pair", "a", "b")
    shared = (
        ends.join(anyhow.rename({"at": "a"}), on="a")
        .join(anyhow.rename({"at": "b"}), on=["b", "kind", "token"])
        .join(counts, on=["kind", "token"])
        .join(told.select("kind", "token", "told"), on=["kind", "token"])
        .with_columns(weight=(total / pl.col("bearers")).log(2).clip(0, ENOUGH))
    )
    together = shared.group_by("pair").agg(
        pl.col("weight").sum().clip(0, COMPANY).alias("weight"),
        pl.len().alias("shared"),
        pl.col("told").sort_by("weight", "token", descending=[True, False]).head(3).alias("who"),
    )
    alone = _alone(ends, anyhow, shared, "kind", ALONE).with_columns(torn=pl.lit(False))
    strict = things.company.filter(pl.col("relation").is_in(list(complete)))
    if strict.height:
        both = (
            ends.join(strict.rename({"at": "a"}), on="a")
            .join(strict.rename({"at": "b"}), on=["b", "relation", "kind", "token"])
            .select("pair", "relation")
            .unique()
        )
        contradicted = _alone(ends, strict, both, "relation", COMPLETE_ALONE)
        alone = pl.concat([alone, contradicted.with_columns(torn=pl.lit(True))])
    against = alone.group_by("pair").agg(pl.col("against").sum(), pl.col("torn").any())
    return (
        ends.select("pair")
        .join(together, on="pair", how="left")
        .join(against, on="pair", how="left")
        .select(
            "pair",
            pl.col("shared").fill_null(0),
            pl.col("who").list.join(", "),
            company=pl.col("weight").fill_null(0.0) - pl.col("against").fill_null(0.0),
            torn=pl.col("torn").fill_null(False),
            apart=pl.col("against").fill_null(0.0) > 0,
        )
    )


def _alone(
    ends: pl.DataFrame, company: pl.DataFrame, shared: pl.DataFrame, by: str, weight: float
) -> pl.DataFrame:
    """Pairs in which both have company of a sort, and none in common."""
    has = company.select("at", by).unique()
    return (
        ends.join(has.rename({"at": "a"}), on="a")
        .join(has.rename({"at": "b"}), on=["b", by])
        .join(shared.select("pair", by).unique(), on=["pair", by], how="anti")
        .select("pair", against=pl.lit(weight))
    )
