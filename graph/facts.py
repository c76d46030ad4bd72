"""Facts: what each source said of a node or an edge, since when, and until when we believed it.

A store keeps facts, and nothing that could be derived from them. The graph of a moment is what the
facts of that moment say together, so an undone run is gone without a trace and every earlier state
can be asked for.

FACT    id        Int64   of the node or edge
        source    Int64   the store's number of the source
        run       Int64   the store's number of the run that said it, growing with time
        until     Int64   the run in which the source said something else; null: its last word
        file      Int64   the store's number of the file
        line      Int64
        valid_from, valid_to Int64  when it is so in the world, seconds since 1970; null: open
        said      Int64   hash of the row (`graph.batch.with_said`); 0: only a mention;
                          GONE: taken back, or no longer delivered
        others    String  JSON list: hashes of other rows of the same run about the same id, of
                          which `said` was the last; null: none
        gone      Boolean the source takes the node or edge back, whoever said it before
        ...       the columns of `graph.batch` that name and describe a node or an edge

Of one source at most one fact per id is live (`until` is null). Among the live facts of an id the
later run's word counts; what it leaves out (null) takes nothing away. A fact that is `gone` takes
back all that was said before it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from graph.batch import CONTENT, EDGES, NODES, VALIDITY
from graph.types import Assertion, Edge, Node

GONE = 1
MENTION = 0

FACT: dict[str, pl.DataType] = {
    "source": pl.Int64(),
    "run": pl.Int64(),
    "until": pl.Int64(),
    "file": pl.Int64(),
    "line": pl.Int64(),
    **VALIDITY,
    "said": pl.Int64(),
    "others": pl.String(),
    "gone": pl.Boolean(),
}
COLUMNS: dict[str, dict[str, pl.DataType]] = {"nodes": NODES, "edges": EDGES}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point on both clocks, in seconds since 1970.

    `as_of`: what was so in the world then (None: now). `known_at`: what we had been told by then
    (None: all).
    """

    as_of: int | None = None
    known_at: int | None = None


NOW = Moment()


@dataclass(frozen=True, slots=True)
class Fact:
    """What one source said of a node or an edge.

    `known_until` is the run in which it said something else, None while it is its last word.
    """

    subject: Node | Edge
    assertion: Assertion
    known_until: str | None = None
    gone: bool = False


def facts_schema(table: str) -> dict[str, pl.DataType]:
    """The columns of the facts about "nodes" or "edges"."""
    return {**COLUMNS[table], **FACT}


def holds_at(as_of: int) -> pl.Expr:
    """Whether a fact holds in the world at a time; a taking-back always does."""
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= as_of)
    not_over = pl.col("valid_to").is_null() | (pl.col("valid_to") > as_of)
    return pl.col("gone") | (begun & not_over)


def folded(facts: pl.DataFrame, table: str, *, validity: bool = False) -> pl.DataFrame:
    """What facts say together: a row per id that is there, in the order of ids.

    Columns are those of `graph.batch`, with `validity` also valid_from and valid_to.
    """
    wanted = [*COLUMNS[table], *(VALIDITY if validity else ())]
    ordered = facts.sort("id", "run", "source")
    alone = ordered["id"].is_unique()
    single = ordered.filter(alone & ~ordered["gone"]).select(wanted)
    if single.height == ordered.height:
        return single
    several = ordered.filter(~alone)
    # What stands before an id's last taking-back does not count any more.
    after = pl.col("gone").cum_sum(reverse=True).over("id") == 0
    content = [*CONTENT[table], *(VALIDITY if validity else ())]
    merged = (
        several.filter(after)
        .group_by("id", maintain_order=True)
        .agg(
            pl.exclude("id", *content).last(),
            *(pl.col(name).drop_nulls().last() for name in content),
        )
        .select(wanted)
    )
    return pl.concat([single, merged]).sort("id")


def current(facts: Sequence[Fact], as_of: int | None = None) -> Node | Edge | None:
    """What facts about one id, oldest first, say together (None: now); None: it is not there."""
    when = int(time.time()) if as_of is None else as_of
    found: Node | Edge | None = None
    for fact in facts:
        if fact.known_until is not None or not (fact.gone or fact.assertion.holds(when)):
            continue
        if fact.gone:
            found = None
        elif found is None or fact.subject.id != found.id:
            found = fact.subject
        else:
            found = _over(found, fact.subject)
    return found


def _over(old: Node | Edge, new: Node | Edge) -> Node | Edge:
    """The newer word laid over the older one."""
    if isinstance(old, Edge) and isinstance(new, Edge):
        return Edge(
            new.head,
            new.relation,
            new.tail,
            new.discriminator,
            old.weight if new.weight is None else new.weight,
            old.time if new.time is None else new.time,
            new.properties or old.properties,
        )
    if isinstance(old, Node) and isinstance(new, Node):
        label = old.label if new.label == new.key else new.label
        return Node(
            new.kind, new.key, label, new.aliases or old.aliases, new.properties or old.properties
        )
    raise ValueError(f"a node and an edge have the same id: {old.id}")
