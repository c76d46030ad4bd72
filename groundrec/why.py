"""`groundrec why`: from a node or an edge back to the rows that say so, or said otherwise."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from graph.errors import InputError, MissingArtefactError, UnknownNodeError
from graph.facts import Fact, current
from graph.same import RESOLVE, REVIEW, same_relation
from graph.store import GraphStore, Run
from graph.types import Edge, Node
from groundrec import output
from groundrec.runs import moment
from groundrec.workspace import Workspace
from kg_ingest.origins import Origins, read_origins
from kg_ingest.raw import RawRow, raw_row

MOST_SUBJECTS = 10
MOST_ROWS = 20
_EDGE_ID = re.compile(r"[0-9a-f]{16}")
Form = dict[str, object]


@dataclass(frozen=True, slots=True)
class Word:
    """What one source said once, in which run, and the row as it stands in its file."""

    fact: Fact
    run: Run | None
    row: RawRow

    @property
    def state(self) -> str:
        """Whether it counts now."""
        said = self.fact.assertion
        if self.fact.known_until is not None:
            return f"until {self.fact.known_until}, which said otherwise"
        if self.fact.gone:
            return "takes it back"
        if said.valid_to is not None:
            return f"was so until {moment(said.valid_to)}"
        return "counts"

    def to_json(self) -> Form:
        """See docs/json.md."""
        said = self.fact.assertion
        return {
            "run": said.run,
            "started": None if self.run is None else self.run.started,
            "source": said.source,
            "file": said.file,
            "line": said.line,
            "valid_from": said.valid_from,
            "valid_to": said.valid_to,
            "known_until": self.fact.known_until,
            "takes_back": self.fact.gone,
            "says": _says(self.fact.subject),
            "row": self.row.text,
            "note": self.row.note,
        }


@dataclass(frozen=True, slots=True)
class Merged:
    """A node that is one with another, and why; no reason: a third one joins them."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A node or an edge, what was ever said of it, and what it was merged with."""

    id: str
    title: str
    there: bool
    words: tuple[Word, ...]
    merged: tuple[Merged, ...]


@dataclass(frozen=True, slots=True)
class Because:
    """The answer to "why"."""

    subjects: tuple[Subject, ...]

    def to_json(self) -> Form:
        """See docs/json.md."""
        return {
            "subjects": [
                {
                    "id": one.id,
                    "title": one.title,
                    "there": one.there,
                    "said": [word.to_json() for word in one.words],
                    "merged": [{"id": of.id, "reason": of.reason} for of in one.merged],
                }
                for one in self.subjects
            ]
        }

    def show(self) -> None:
        """Each subject with its rows, oldest first."""
        for one in self.subjects:
            output.emit(f"{one.title} ({one.id}) is {'' if one.there else 'not '}in the graph")
            for word in one.words:
                _show(word)
            for merged in one.merged:
                output.emit(f"  one with {merged.id}{merged.reason and f': {merged.reason}'}")


def why(place: Workspace, text: str) -> Because:
    """Who says that a node is there, or that an edge is so: given as id, name or statement.

    UnknownNodeError when the store never heard of it, InputError when a name means several.
    """
    with place.store(read_only=True) as store:
        ids = _found(place, store, text)
        runs = {run.id: run for run in store.runs()}
        told = _Rows(place)
        return Because(
            tuple(_subject(place, store, one, runs, told) for one in ids[:MOST_SUBJECTS])
        )


class _Rows:
    """Reads rows again, as few times as it can."""

    def __init__(self, place: Workspace) -> None:
        self._place = place
        self._origins: dict[str, Origins | None] = {}

    def row(self, fact: Fact, names: Sequence[str]) -> RawRow:
        said = fact.assertion
        if said.run not in self._origins:
            self._origins[said.run] = read_origins(self._place.home.runs / said.run)
        return raw_row(self._origins[said.run], said.source, said.file, said.line, names)


def _subject(
    place: Workspace, store: GraphStore, id_: str, runs: dict[str, Run], rows: _Rows
) -> Subject:
    (facts,) = store.facts([id_])
    subject = facts[-1].subject
    # That a node was compared with another says nothing of it; what came of that is told below.
    own = [fact for fact in facts if fact.assertion.source not in (RESOLVE, REVIEW)] or facts
    said = facts if isinstance(subject, Edge) else own
    words = [
        Word(fact, runs.get(fact.assertion.run), rows.row(fact, _named(fact.subject)))
        for fact in said[-MOST_ROWS:]
    ]
    if isinstance(subject, Edge):
        ends = (_title(store, end) for end in (subject.head, subject.tail))
        title = f" {subject.relation} ".join(ends)
        merged: tuple[Merged, ...] = ()
    else:
        title, merged = _title(store, id_), _merged(place, store, id_)
    return Subject(id_, title, current(facts) is not None, tuple(words), merged)


def _named(subject: Node | Edge) -> list[str]:
    """What a row that says this has in it."""
    if isinstance(subject, Edge):
        return [end.partition(":")[2] for end in (subject.head, subject.tail)]
    return [subject.key, subject.label]


def _title(store: GraphStore, node: str) -> str:
    """What a node was called last."""
    (facts,) = store.facts([node])
    key = node.partition(":")[2]
    labels = [fact.subject.label for fact in facts if isinstance(fact.subject, Node)]
    return next((label for label in reversed(labels) if label != key), key)


def _merged(place: Workspace, store: GraphStore, node: str) -> tuple[Merged, ...]:
    """What was merged into a node, or what it was merged into, and why."""
    try:
        snapshot = place.snapshot
    except MissingArtefactError:
        return ()
    row = snapshot.find(node)
    if row is None:
        return ()
    cluster = [snapshot.id(row), *snapshot.merged_into(row)]
    pairs = [(one, two) for one, two in combinations(sorted(cluster), 2) if node in (one, two)]
    matches = [_match(store, one, two) for one, two in pairs]
    reasons = {
        (two if one == node else one): told for (one, two), told in zip(pairs, matches, strict=True)
    }
    return tuple(Merged(one, reasons.get(one, "")) for one in cluster if one != node)


def _match(store: GraphStore, one: str, two: str) -> str:
    """Why two nodes are held to be the same, by the last word on it."""
    relation = same_relation(one.partition(":")[0])
    ids = [Edge(one, relation, two, mark).id for mark in ("", REVIEW)]
    told = ""
    for facts in store.facts(ids):
        found = current(facts)
        if isinstance(found, Edge):
            said = found.properties
            told = f"{said.get('decision')}, {said.get('reason')} ({said.get('by')})"
    return told


# -- from what was typed to ids ----------------------------------------------------------------


def _found(place: Workspace, store: GraphStore, text: str) -> list[str]:
    if _EDGE_ID.fullmatch(text) and store.facts([text])[0]:
        return [text]
    if ":" in text and store.facts([text])[0]:
        return [text]
    named = _nodes(place, store, text)
    if len(named) == 1:
        return named
    if named:
        raise InputError(
            f"{text!r} is the name of {len(named)} nodes",
            hint=f"say which: {', '.join(named[:10])}",
        )
    edges = _edges(place, store, text)
    if edges:
        return edges
    raise UnknownNodeError(
        f"nothing was ever said of {text!r}",
        hint="`groundrec search` finds names; an edge is written 'HEAD RELATION TAIL'",
    )


def _nodes(place: Workspace, store: GraphStore, text: str, kind: str = "") -> list[str]:
    """The nodes that a text means: by id, by name, else by key."""
    schema = store.schema()
    if text.partition(":")[0] in schema.kinds and store.facts([text])[0]:
        return [text]
    try:
        snapshot = place.snapshot
        found = [snapshot.id(row) for row in place.names.exact(text)]
    except MissingArtefactError:
        found = []
    found = [node for node in found if not kind or node.startswith(f"{kind}:")]
    if found:
        return found
    kinds = [kind] if kind else sorted(schema.kinds)
    ids = [f"{one}:{key}" for one in kinds for key in dict.fromkeys([text, text.casefold()])]
    return [id_ for id_, facts in zip(ids, store.facts(ids), strict=True) if facts]


def _edges(place: Workspace, store: GraphStore, text: str) -> list[str]:
    """The edges that "HEAD RELATION TAIL" may mean."""
    ids: list[str] = []
    for name, relation in store.schema().relations.items():
        head, marked, tail = text.partition(f" {name} ")
        if not marked:
            continue
        for one in _nodes(place, store, head.strip(), relation.head):
            for other in _nodes(place, store, tail.strip(), relation.tail):
                ids += [Edge(one, name, other).id, *_parallel(place, one, name, other)]
    ids = list(dict.fromkeys(ids))
    return [id_ for id_, facts in zip(ids, store.facts(ids), strict=True) if facts]


def _parallel(place: Workspace, head: str, relation: str, tail: str) -> list[str]:
    """The edges between two nodes that have a discriminator: those that the snapshot has."""
    try:
        snapshot = place.snapshot
    except MissingArtefactError:
        return []
    rows = snapshot.find(head), snapshot.find(tail)
    if rows[0] is None or rows[1] is None or relation not in snapshot.schema.relations:
        return []
    meant = snapshot.schema.relations[relation]
    links = snapshot.links(relation)
    near, far = rows[0] - snapshot.rows(meant.head).start, rows[1] - snapshot.rows(meant.tail).start
    begun, over = links.indptr[near], links.indptr[near + 1]
    at = begun + np.flatnonzero(links.indices[begun:over] == far)
    return snapshot.edge_ids(relation, at)


# -- telling -----------------------------------------------------------------------------------


def _show(word: Word) -> None:
    said = word.fact.assertion
    when = "" if word.run is None else f" ({moment(word.run.started)})"
    output.emit(f"  {said.file}:{said.line}  {word.state}")
    output.emit(f"      said by {said.source} in run {said.run}{when}")
    for name, time in (("from", said.valid_from), ("to", said.valid_to)):
        if time is not None:
            output.emit(f"      {name} {moment(time)}")
    says = _says(word.fact.subject)
    if says:
        output.emit(f"      says {', '.join(f'{k} {v}' for k, v in says.items())}")
    if word.row.text is not None:
        output.emit(f"      row: {word.row.text}")
    if word.row.note:
        output.emit(f"      {word.row.note}")


def _says(subject: Node | Edge) -> Form:
    """What a fact adds to its identity."""
    if isinstance(subject, Edge):
        told = {"discriminator": subject.discriminator or None, "weight": subject.weight,
                "time": subject.time}  # fmt: skip
    else:
        named = subject.label if subject.label != subject.key else None
        told = {"label": named, "aliases": " | ".join(subject.aliases) or None}
    return {k: v for k, v in {**told, **subject.properties}.items() if v is not None}
