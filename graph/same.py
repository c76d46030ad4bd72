"""Matches: edges that say of two nodes whether they are the same thing.

A match is an edge of the relation `same_as_KIND` between two nodes of a kind. It never rewrites
anything: it says what was decided, by whom and why, and is applied when a snapshot is built
(`graph.merging`). Of a pair there is one edge per author, so a person's word stands beside the
resolver's, and counts more. Whoever takes a merge back writes another word, and the graph is
what it was before.

    head, tail   the two nodes, the one with the smaller id first: a pair has one edge id
    discriminator "" for the resolver, "review" for people
    weight       how sure, 0 to 1
    properties   decision, stands (id of the node that remains), stage, reason, evidence, by
"""

import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import polars as pl

from graph.batch import EDGES, NODES, PROVENANCE, Batch, Counts
from graph.errors import InputError
from graph.facts import NOW, Moment
from graph.ids import edge_hex, edge_number, text_number
from graph.schema import Relation, Schema
from graph.store import GraphStore, Run

RESOLVE = "resolve"
REVIEW = "review"

_PREFIX = "same_as_"
_LONGEST = 63


class Decision(StrEnum):
    """What is held of a pair."""

    SAME = "same"
    REVIEW = "review"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Match:
    """What one author holds of two nodes of a kind.

    `score` is how sure it is that they are the same, 0 to 1. `stage` is the step that decided:
    "ids", "names", "likeness", "vectors", or "review" for a person. `stands` is the one of the
    two that remains when they are merged.
    """

    one: str
    other: str
    decision: Decision
    stands: str
    score: float
    stage: str
    reason: str
    evidence: str = ""
    by: str = RESOLVE
    time: int | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """The two nodes in the order of their edge."""
        return pair_of(self.one, self.other)

    @property
    def kind(self) -> str:
        """The kind of both."""
        return self.one.partition(":")[0]

    @property
    def author(self) -> str:
        """The source that the match is written under."""
        return REVIEW if self.stage == REVIEW else RESOLVE

    @property
    def edge(self) -> str:
        """The id of its edge."""
        head, tail = self.pair
        mark = "" if self.author == RESOLVE else REVIEW
        return edge_hex(edge_number(head, same_relation(self.kind), tail, mark))


def pair_of(one: str, other: str) -> tuple[str, str]:
    """Two node ids in the order of their edge; InputError when they cannot be a pair."""
    if one == other or one.partition(":")[0] != other.partition(":")[0]:
        raise InputError(f"{one!r} and {other!r} are no pair: two nodes of one kind are needed")
    return (one, other) if one < other else (other, one)


# -- schema ------------------------------------------------------------------------------------


def same_relation(kind: str) -> str:
    """The relation that holds the matches of a kind."""
    name = f"{_PREFIX}{kind}"
    if len(name) <= _LONGEST:
        return name
    return name[: _LONGEST - 9] + "_" + blake2b(kind.encode(), digest_size=4).hexdigest()


def with_matches(schema: Schema, kind: str) -> Schema:
    """The part of the schema that matches of a kind need."""
    (name,) = schema.allow([kind])
    meant = Relation(head=name, tail=name)
    return Schema(kinds={name: schema.kinds[name]}, relations={same_relation(name): meant})


def match_relations(schema: Schema) -> tuple[str, ...]:
    """The relations of a schema that hold matches."""
    return tuple(
        sorted(
            name
            for name, relation in schema.relations.items()
            if relation.head == relation.tail and name == same_relation(relation.head)
        )
    )


def without_matches(schema: Schema) -> Schema:
    """The schema that a snapshot has: matches are applied there and seen no more."""
    held = set(match_relations(schema))
    relations = {name: meant for name, meant in schema.relations.items() if name not in held}
    return Schema(kinds=schema.kinds, relations=relations)


# -- reading and writing -----------------------------------------------------------------------


def read_matches(store: GraphStore, kinds: Sequence[str] = (), moment: Moment = NOW) -> list[Match]:
    """All matches of a moment, of some kinds or of all, in the order of their pairs."""
    wanted = set(match_relations(store.schema()))
    if kinds:
        wanted &= {same_relation(kind) for kind in kinds}
    if not wanted:
        return []
    parts = [
        part.filter(pl.col("relation").is_in(list(wanted))).select(
            "head", "tail", "weight", "time", "properties"
        )
        for part in store.scan("edges", moment)
    ]
    edges = pl.concat(parts) if parts else pl.DataFrame(schema=EDGES)
    ends = pl.concat([edges["head"], edges["tail"]]).unique().implode()
    names: dict[int, str] = {}
    for part in store.scan("nodes", moment):
        here = part.filter(pl.col("id").is_in(ends))
        names |= {row[0]: f"{row[1]}:{row[2]}" for row in here.select("id", "kind", "key").rows()}
    rows = edges.select("head", "tail", "weight", "time", "properties").rows()
    found = [
        _match(names[head], names[tail], weight, when, json.loads(said))
        for head, tail, weight, when, said in rows
        if said and head in names and tail in names
    ]
    return sorted(found, key=lambda match: (match.pair, match.author))


def _match(
    head: str, tail: str, weight: float | None, when: int | None, said: Mapping[str, str]
) -> Match:
    return Match(
        one=head,
        other=tail,
        decision=Decision(said["decision"]),
        stands=said["stands"],
        score=weight or 0.0,
        stage=said["stage"],
        reason=said["reason"],
        evidence=said.get("evidence", ""),
        by=said["by"],
        time=when,
    )


def write_matches(store: GraphStore, matches: Sequence[Match], author: str) -> Counts:
    """Write matches under the source `author`; what it said before costs nothing."""
    schema = store.schema()
    meant = Schema()
    for kind in sorted({match.kind for match in matches}):
        meant = meant.merged(with_matches(schema, kind))
    now = int(time.time())
    run = Run(
        id=f"{author}-{uuid.uuid4().hex[:12]}",
        mapping=author,
        started=now,
        ended=None,
        positions={},
        counts=Counts(),
        rejects=0,
    )
    store.begin(run, meant)
    written = store.write(run, _batch(matches, author))
    store.end(written.run)
    return written.counts


def _batch(matches: Sequence[Match], author: str) -> Batch:
    ends = sorted({end for match in matches for end in match.pair})
    nodes: list[dict[str, object]] = [
        {"id": text_number(end), "kind": kind, "key": key, "file": 0, "line": 0}
        for end in ends
        for kind, _, key in [end.partition(":")]
    ]
    return Batch(
        source=author,
        files=(author,),
        nodes=_frame(nodes, {**NODES, **PROVENANCE}),
        edges=_frame(map(_row, matches), {**EDGES, **PROVENANCE}),
        position="",
    )


def _row(match: Match) -> dict[str, object]:
    head, tail = match.pair
    relation = same_relation(match.kind)
    mark = "" if match.author == RESOLVE else REVIEW
    said = {
        "by": match.by,
        "decision": match.decision.value,
        "evidence": match.evidence,
        "reason": match.reason,
        "stage": match.stage,
        "stands": match.stands,
    }
    return {
        "id": edge_number(head, relation, tail, mark),
        "head": text_number(head),
        "relation": relation,
        "tail": text_number(tail),
        "discriminator": mark,
        "weight": round(match.score, 4),
        "time": match.time,
        "properties": json.dumps(said, sort_keys=True, ensure_ascii=False),
        "file": 0,
        "line": 0,
    }


def _frame(rows: Iterable[Mapping[str, object]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = [{name: row.get(name) for name in schema} for row in rows]
    return pl.DataFrame(columns, schema=dict(schema))


def settled(matches: Iterable[Match]) -> list[Match]:
    """What holds of each pair: a person's word where there is one, else the resolver's."""
    held: dict[tuple[str, str], Match] = {}
    for match in matches:
        if match.pair not in held or match.author == REVIEW:
            held[match.pair] = match
    return [held[pair] for pair in sorted(held)]
