"""`groundrec ingest resolve` and `review`: what is the same, who says so, and what waits."""

import csv
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.batch import Counts
from graph.errors import InputError, UnknownNodeError
from graph.facts import current
from graph.merging import clusters
from graph.same import (
    RESOLVE,
    REVIEW,
    Decision,
    Match,
    pair_of,
    read_matches,
    settled,
    write_matches,
)
from graph.snapshot import Progress
from graph.store import GraphStore
from graph.types import Encode, Node
from groundrec.workspace import Workspace
from kg_ingest.resolve import Options, Resolved, resolve
from kg_ingest.things import read_graph

COLUMNS = (
    "decision",
    "one",
    "name",
    "other",
    "other_name",
    "stands",
    "score",
    "reason",
    "evidence",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the resolver found, what writing it changed, and the names of the nodes."""

    resolved: Resolved
    counts: Counts | None
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The matches that a person is asked to look at, and those that others contradict."""

    review: tuple[Match, ...]
    passed_over: tuple[Match, ...]
    names: Mapping[str, str]


def find_same(
    place: Workspace, options: Options, encode: Encode | None, progress: Progress, *, dry_run: bool
) -> Found:
    """Resolve the workspace's store; unless it is a dry run, the matches are written."""
    with place.store(read_only=dry_run) as store:
        known = read_matches(store)
        graph = read_graph(store, options.kinds, options.relations)
        resolved = resolve(graph, options, known=known, encode=encode, progress=progress)
        counts = None
        if not dry_run:
            counts = write_matches(store, resolved.matches, RESOLVE)
        return Found(resolved, counts, _names(store, resolved.matches))


def waiting(place: Workspace, kinds: tuple[str, ...]) -> Waiting:
    """What waits for a person, surest first."""
    with place.store(read_only=True) as store:
        known = read_matches(store, kinds)
        review = [match for match in settled(known) if match.decision == Decision.REVIEW]
        review.sort(key=lambda match: (-match.score, match.pair))
        passed_over = clusters(known).passed_over
        return Waiting(tuple(review), passed_over, _names(store, [*review, *passed_over]))


def say(place: Workspace, decision: Decision, one: str, other: str, by: str) -> Match:
    """Write a person's word on two nodes; of two that are the same, the first stands.

    UnknownNodeError when one is not in the graph. `Decision.REVIEW` takes a merge back: the pair
    waits again, whatever the resolver or an earlier word said.
    """
    pair_of(one, other)
    with place.store() as store:
        _exist(store, (one, other))
        match = _said(decision, one, other, by, _REASONS[decision])
        write_matches(store, [match], REVIEW)
    return match


_REASONS = {
    Decision.SAME: "confirmed",
    Decision.DIFFERENT: "told apart",
    Decision.REVIEW: "taken back",
}


def export_csv(place: Workspace, kinds: tuple[str, ...], path: Path) -> int:
    """Write what waits as CSV, to be read back with other decisions; gives the number of rows."""
    found = waiting(place, kinds)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for match in found.review:
            one, other = match.pair
            names = (found.names.get(one, ""), found.names.get(other, ""))
            writer.writerow(
                (
                    *(match.decision, one, names[0], other, names[1], match.stands),
                    *(f"{match.score:.4f}", match.reason, match.evidence),
                )
            )
    return len(found.review)


def import_csv(place: Workspace, path: Path, by: str) -> list[Match]:
    """Read decisions back; rows that still say `review` are left as they are.

    InputError names file, line and column, and nothing is written then.
    """
    said: list[Match] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"decision", "one", "other"} - set(reader.fieldnames or ())
        if missing:
            raise InputError(f"{path}:1: no column {', '.join(sorted(missing))}")
        for row in reader:
            match = _from_row(row, f"{path}:{reader.line_num}", by)
            if match.decision != Decision.REVIEW:
                said.append(match)
    with place.store() as store:
        _exist(store, sorted({end for match in said for end in match.pair}))
        write_matches(store, said, REVIEW)
    return said


def _from_row(row: Mapping[str, str | None], where: str, by: str) -> Match:
    decision = (row["decision"] or "").strip().lower()
    if decision not in list(Decision):
        raise InputError(
            f"{where}: decision: {decision!r}", hint=f"one of {', '.join(Decision)} is needed"
        )
    one, other = (row["one"] or "").strip(), (row["other"] or "").strip()
    try:
        pair_of(one, other)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    stands = (row.get("stands") or one).strip()
    if stands not in (one, other):
        raise InputError(f"{where}: stands: {stands!r} is neither {one!r} nor {other!r}")
    first, second = (one, other) if stands == one else (other, one)
    return _said(Decision(decision), first, second, by, _REASONS[Decision(decision)])


def _said(decision: Decision, one: str, other: str, by: str, reason: str) -> Match:
    score = {Decision.SAME: 1.0, Decision.DIFFERENT: 0.0, Decision.REVIEW: 0.5}[decision]
    return Match(one, other, decision, one, score, REVIEW, reason, by=by, time=int(time.time()))


def _exist(store: GraphStore, ids: Iterable[str]) -> None:
    listed = list(ids)
    for name, facts in zip(listed, store.facts(listed), strict=True):
        if not isinstance(current(facts), Node):
            raise UnknownNodeError(
                f"{name!r} is not in the graph", hint="`groundrec search` finds nodes by name"
            )


def _names(store: GraphStore, matches: Iterable[Match]) -> dict[str, str]:
    ids = sorted({end for match in matches for end in match.pair})
    found = zip(ids, map(current, store.facts(ids)), strict=True)
    return {name: node.label for name, node in found if isinstance(node, Node)}
