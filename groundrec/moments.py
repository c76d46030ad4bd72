"""Snapshots of another moment, and what was true then and is no longer."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from graph.errors import InputError, MissingArtefactError
from graph.facts import NOW, Moment
from graph.names import NameIndex
from graph.snapshot import Progress, Snapshot, open_snapshot
from graph.types import Edge, Reason, Verdict, VerdictKind
from groundrec.workspace import Workspace
from reasoning.check import Asker, Checked, check


def seconds_of(text: str | None, name: str) -> int | None:
    """A moment as seconds since 1970: given as such, or as ISO 8601 (UTC where it says no zone).

    A day alone is its beginning. InputError for anything else.
    """
    if text is None:
        return None
    if text.lstrip("-").isdigit() and len(text) != 8:
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--{name} {text!r} is no moment", hint="2024-03-01, 2024-03-01T12:00 or seconds"
        ) from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def moment_of(as_of: str | None, known_at: str | None) -> Moment:
    """A point on both clocks, from what the command line says."""
    return Moment(seconds_of(as_of, "as-of"), seconds_of(known_at, "known-at"))


def snapshot_at(place: Workspace, moment: Moment, progress: Progress | None = None) -> Snapshot:
    """The snapshot of a moment, which does not become the one in use; built once per graph.

    MissingArtefactError when there was nothing in the graph then.
    """
    if moment == NOW:
        return place.snapshot
    with place.store(read_only=True) as store:
        token = store.change_token()
    noted = place.home.snapshots / "moments.json"
    known = json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else {}
    key = f"{token} {moment.as_of} {moment.known_at}"
    folder = place.home.snapshots / str(known.get(key, "none"))
    if (folder / "manifest.json").is_file():
        return open_snapshot(folder)
    try:
        made = place.build(progress, moment=moment, use=False)
    except MissingArtefactError as error:
        raise MissingArtefactError("the graph was empty at that moment") from error
    current = {name: version for name, version in known.items() if name.startswith(token)}
    beside = noted.with_suffix(".part")
    beside.write_text(json.dumps({**current, key: made.version}, indent=1), encoding="utf-8")
    beside.replace(noted)
    return made


def place_at(
    place: Workspace, as_of: str | None, progress: Progress | None = None
) -> Workspace | None:
    """The workspace as of another moment, to be looked into beside this one; None: no moment."""
    if as_of is None:
        return None
    return place.with_snapshot(snapshot_at(place, moment_of(as_of, None), progress))


def with_stale(
    now: Checked, names: NameIndex, then: NameIndex, asker: Asker | None = None
) -> Checked:
    """The same verdicts; what `then` supports and the graph (`names`) does not is stale, not false.

    `asker` is who the text speaks to, as a row of the earlier snapshot.
    """
    doubtful = (VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH)
    if not any(verdict.kind in doubtful for verdict in now.verdicts):
        return now
    earlier = {
        (verdict.claim.span, verdict.claim.relation): verdict
        for verdict in check(then, now.text, asker).verdicts
        if verdict.kind == VerdictKind.SUPPORTED
    }

    def told(verdict: Verdict) -> Verdict:
        was = earlier.get((verdict.claim.span, verdict.claim.relation))
        if verdict.kind not in doubtful or was is None:
            return verdict
        there = [edge for edge in was.evidence if _has_ends(names.snapshot, edge)]
        detail = "; ".join(_told(then.snapshot, edge) for edge in was.evidence[:1])
        return replace(verdict, reason=Reason.STALE, evidence=tuple(there), detail=detail)

    return replace(now, verdicts=tuple(told(verdict) for verdict in now.verdicts))


def _has_ends(snapshot: Snapshot, edge: Edge) -> bool:
    return snapshot.find(edge.head) is not None and snapshot.find(edge.tail) is not None


def _told(snapshot: Snapshot, edge: Edge) -> str:
    head, tail = (snapshot.label(snapshot.row(end)) for end in (edge.head, edge.tail))
    return f"{head} {edge.relation} {tail}"
