"""The same thing under two names: which nodes of a graph are one, with the evidence.

A cascade, whose stages only propose pairs: ids that somebody else gave, forms of the name, names
that are alike among things that share something rare, and, with an encoder, names that mean alike.
Every pair is then weighed in the same way (`kg_ingest.weighing`) and decided:

    same        at least SAME bits, and no veto
    review      at least REVIEW bits: a person should look
    different   vetoed (another date, another id), though the names say the same

Nothing is written here. The decisions are matches (`graph.same`), which apply when a snapshot is
built and can be taken back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from graph.ids import text_number
from graph.merging import clusters
from graph.same import RESOLVE, REVIEW, Decision, Match, pair_of
from graph.sets import Sets
from graph.snapshot import Progress
from graph.types import Encode
from kg_ingest import pairs
from kg_ingest.things import Graph, Things, telling, things_of
from kg_ingest.weighing import weigh

STAGES = ("ids", "names", "likeness", "vectors")
SAME_BITS = 4.0
SURE_BITS = 10.0
REVIEW_BITS = -2.0
LEAD = 4.0


@dataclass(frozen=True, slots=True)
class Options:
    """What is compared and by what.

    `kinds`: none means all but users and what others are told apart by, as years.
    `relations`: the evidence; none means all. `ids`: properties that hold given ids; none means
    those whose name says so.
    """

    kinds: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    stages: tuple[str, ...] = STAGES
    same_bits: float = SAME_BITS
    sure_bits: float = SURE_BITS
    review_bits: float = REVIEW_BITS


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage proposed, beyond the stages before it, and what became of that."""

    kind: str
    name: str
    pairs: int
    same: int
    review: int
    different: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """The decisions, and how each stage did."""

    matches: tuple[Match, ...]
    stages: tuple[Stage, ...]


def resolve(
    graph: Graph,
    options: Options | None = None,
    *,
    known: Sequence[Match] = (),
    encode: Encode | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Resolved:
    """Find what is the same in a graph; items first, so that what is with them can be told apart.

    `known` are the matches of before. What a person said is not asked again. What was `same`
    stays so until it is vetoed or falls below `review`, so clusters do not change without cause.
    """
    chosen = options or Options()
    roles = graph.schema.kinds
    told_by = telling(graph)
    dates = {graph.schema.relations[name].tail for name in told_by}
    kinds = graph.schema.allow(chosen.kinds) or tuple(
        kind for kind, meant in roles.items() if meant.role != "user" and kind not in dates
    )
    order = sorted(kinds, key=lambda kind: (roles[kind].role != "item", kind))
    held: dict[tuple[tuple[str, str], str], Match] = {
        (match.pair, match.author): match for match in known
    }
    found: list[Match] = []
    counts: list[Stage] = []
    for done, kind in enumerate(order):
        progress("resolve", done, len(order))
        stands = clusters(held.values()).stands
        numbers = {text_number(node): text_number(to) for node, to in stands.items()}
        things = things_of(graph, kind, told_by, numbers, chosen.ids)
        matches, stages = _resolve_kind(graph, things, chosen, list(held.values()), stands, encode)
        held |= {(match.pair, match.author): match for match in matches}
        found += matches
        counts += stages
    progress("resolve", len(order), len(order))
    return Resolved(tuple(found), tuple(counts))


def _resolve_kind(
    graph: Graph,
    things: Things,
    options: Options,
    known: Sequence[Match],
    stands: Mapping[str, str],
    encode: Encode | None,
) -> tuple[list[Match], list[Stage]]:
    proposed = _proposed(things, options, encode)
    ids = things.things["id"].to_list()
    complete = frozenset(n for n, relation in graph.schema.relations.items() if relation.complete)
    weighed = weigh(things, proposed.select("a", "b"), complete, proposed["close"])
    weighed = weighed.with_columns(proposed["stage"])
    decided = _decided(weighed, options)
    before = {match.pair: match for match in known if match.author == RESOLVE}
    reviewed = {match.pair for match in known if match.author == REVIEW}
    edges = {ids[at]: count for at, count in things.company.group_by("at").len().iter_rows()}
    merged_into = set(stands.values())
    once_same = _once_same(things, before.values())
    matches: list[Match] = []
    for row in decided.join(once_same, on=["a", "b"], how="left").iter_rows(named=True):
        if not row["decision"] and not row["once_same"]:
            continue
        pair = pair_of(ids[row["a"]], ids[row["b"]])
        if pair in reviewed:
            continue
        decision = Decision(row["decision"] or "different")
        if row["once_same"] and decision == Decision.REVIEW and not row["rivals"]:
            decision = Decision.SAME
        old = before.get(pair)
        if old and old.decision == decision:
            matches.append(old)
            continue
        standing = (
            old.stands
            if old
            else max(
                pair,
                key=lambda node: (
                    node in merged_into,
                    node not in stands,
                    edges.get(node, 0),
                    node,
                ),
            )
        )
        matches.append(
            Match(
                one=pair[0],
                other=pair[1],
                decision=decision,
                stands=standing,
                score=round(row["score"], 4),
                stage=row["stage"],
                reason=_reason(row, decision),
                evidence=_evidence(row),
            )
        )
    return matches, _counted(things.kind, decided, options, encode)


def _once_same(things: Things, before: Iterable[Match]) -> pl.DataFrame:
    """Pairs that this resolver held to be the same before."""
    at = dict(things.things.select("id", "at").iter_rows())
    rows = [
        sorted((at[match.one], at[match.other]))
        for match in before
        if match.decision == Decision.SAME and match.one in at and match.other in at
    ]
    frame = pl.DataFrame(rows, schema=pairs.PAIRS, orient="row")
    return frame.with_columns(once_same=pl.lit(True))


def _proposed(things: Things, options: Options, encode: Encode | None) -> pl.DataFrame:
    """All pairs with the stage that found them first."""
    propose: dict[str, Callable[[], pl.DataFrame]] = {
        "ids": lambda: pairs.by_ids(things),
        "names": lambda: pairs.by_names(things),
        "likeness": lambda: pairs.by_likeness(things),
    }
    if encode is not None:
        propose["vectors"] = lambda: pairs.by_vectors(things, encode)
    parts = [
        pl.DataFrame(schema={**pairs.PAIRS, "close": pl.Float32, "stage": pl.String}),
    ]
    for name in STAGES:
        if name in options.stages and name in propose:
            found = propose[name]()
            if "close" not in found.columns:
                found = found.with_columns(close=pl.lit(0.0, dtype=pl.Float32))
            parts.append(found.with_columns(stage=pl.lit(name)))
    return (
        pl.concat(parts)
        .unique(["a", "b"], keep="first", maintain_order=True)
        .sort("a", "b")
        .with_columns(pl.col("close").fill_null(0.0))
    )


# -- decisions ---------------------------------------------------------------------------------


def _decided(weighed: pl.DataFrame, options: Options) -> pl.DataFrame:
    """With `decision` ("" for a pair that nobody need look at) and `rivals`."""
    company = (pl.col("shared") >= 2) | (pl.col("bits") >= options.sure_bits)
    spelled = pl.col("spelling") & (pl.col("shared") > 0) & company & ~pl.col("apart")
    supported = (pl.col("date") > 0) | spelled
    sure = (pl.col("bits") >= options.same_bits) & (
        (pl.col("given") > 0)
        | (~pl.col("marked") & ~pl.col("one_source") & (pl.col("named") | supported))
    )
    like = pl.col("bits") >= options.review_bits
    decided = weighed.with_columns(
        rivals=pl.lit(False),
        decision=pl.when("vetoed")
        .then(pl.when("named").then(pl.lit("different")).otherwise(pl.lit("")))
        .when(sure)
        .then(pl.lit("same"))
        .when(like)
        .then(pl.lit("review"))
        .otherwise(pl.lit("")),
    )
    return _without_rivals(decided, options)


def _without_rivals(decided: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Surest pairs first; one that would make one of what is apart goes to review (`rivals`).

    So of two films of one name a third can be only one; where neither is ahead by LEAD, none.
    """
    unlike = (pl.col("bits") < options.review_bits) & (~pl.col("named") | pl.col("torn"))
    other = pl.col("marked") & (pl.col("given") <= 0)
    apart = decided.filter(pl.col("vetoed") | other | unlike)
    sets = Sets()
    for a, b in apart.select("a", "b").iter_rows():
        sets.part(str(a), str(b))
    same = decided.with_row_index("row").filter(pl.col("decision") == "same")
    joined: dict[int, list[tuple[float, int]]] = {}
    doubted: list[int] = []
    order = same.sort(["bits", "a", "b"], descending=[True, False, False])
    for row, a, b, bits in order.select("row", "a", "b", "bits").iter_rows():
        if sets.join(str(a), str(b)):
            for end in (a, b):
                joined.setdefault(end, []).append((bits, row))
            continue
        doubted.append(row)
        near = [*joined.get(a, ()), *joined.get(b, ())]
        doubted += [other for ahead, other in near if ahead < bits + LEAD]
    rival = pl.col("row").is_in(pl.Series(sorted(doubted), dtype=pl.UInt32).implode())
    return (
        decided.with_row_index("row")
        .with_columns(
            decision=pl.when(rival).then(pl.lit("review")).otherwise("decision"), rivals=rival
        )
        .drop("row")
    )


def _counted(
    kind: str, decided: pl.DataFrame, options: Options, encode: Encode | None
) -> list[Stage]:
    ran = [n for n in STAGES if n in options.stages and (n != "vectors" or encode is not None)]
    counts: list[Stage] = []
    for name in ran:
        part = decided.filter(pl.col("stage") == name)
        said = dict(part.group_by("decision").len().iter_rows())
        counts.append(
            Stage(kind, name, part.height, *(int(said.get(one.value, 0)) for one in Decision))
        )
    return counts


# -- words -------------------------------------------------------------------------------------


def _reason(row: Mapping[str, object], decision: Decision) -> str:
    if decision == Decision.DIFFERENT:
        return "another date" if row["differ"] else "another id"
    if row["rivals"]:
        return "another is as likely"
    if row["marked"] and not row["given"]:
        return "numbers or generations differ"
    if row["given"]:
        return "the same id"
    if row["one_source"] and decision == Decision.REVIEW:
        return "one source lists both"
    agreed = [
        what
        for what, holds in (
            ("name", row["named"]),
            ("date", _number(row["date"]) > 0),
            ("company", _number(row["shared"]) > 0),
        )
        if holds
    ]
    if decision == Decision.REVIEW:
        return ("only the " + " and the ".join(agreed) if agreed else "the names are alike") + (
            " agree" if len(agreed) > 1 else " agrees" if agreed else ""
        )
    return " and ".join(agreed) + (" agree" if len(agreed) > 1 else " agrees")


def _evidence(row: Mapping[str, object]) -> str:
    said = ["name " + ("shared" if row["named"] else f"{_number(row['alike']):.0f}% alike")]
    said += [str(row[part]) for part in ("ids", "agree", "against") if row[part]]
    if row["shared"]:
        said.append(f"{row['shared']} in common ({row['who']})")
    elif row["apart"]:
        said.append("nothing in common")
    return f"{_number(row['bits']):+.1f} bits: " + "; ".join(said)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
