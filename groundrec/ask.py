"""Asking the graph: recommendations whose every sentence has been checked before it is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graph.errors import InputError
from graph.paths import Limits, carrying, connections
from graph.snapshot import Snapshot
from graph.types import (
    Breakdown,
    Contribution,
    Evidence,
    Path,
    ScoredItem,
    Sentence,
    VerdictKind,
)
from groundrec import output
from groundrec.filters import Filters
from groundrec.finding import find_item, find_user
from groundrec.serving import Person, best, item_kind, person_in_graph, ranker_of, scores_for
from groundrec.workspace import Workspace
from models.blend import HISTORY, Blend
from models.rank import Ranker
from models.sequence import SequenceRanker
from models.walk import WalkRanker
from reasoning.check import Asker, Checked, check
from reasoning.verbalise import connections_told, reasons

MOST_PATHS = 200
# Of neighbours and of history so many liked items are told one by one.
MOST_LIKED = 20
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, what the graph says of it, and what it rests on."""

    sentence: Sentence
    checked: Checked
    contributions: tuple[Contribution, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A recommended item. `share_explained`: how much of its score the reasons tell, 0 to 1."""

    id: str
    title: str
    score: float
    share_explained: float
    reasons: tuple[Told, ...]
    connections: tuple[Told, ...]
    evidence: Evidence | None

    @property
    def walks(self) -> dict[str, float]:
        """The share of each kind of walk in the score, largest first; they add up to 1."""
        shares: dict[str, float] = {}
        for part in self.evidence.breakdown.contributions if self.evidence else ():
            shares[part.walk] = shares.get(part.walk, 0.0) + part.share
        return dict(sorted(shares.items(), key=lambda share: -share[1]))


@dataclass(frozen=True, slots=True)
class Answer:
    """Items for one person, best first; `fallback` and `notes` say what a reader must know."""

    person: str
    ranker: str
    fallback: str
    notes: tuple[str, ...]
    items: tuple[Item, ...]


def recommend(
    place: Workspace, user: str | None, likes: Sequence[str], filters: Filters | None = None
) -> Answer:
    """The best items for a user of the graph, or for somebody who likes some items."""
    ranker = ranker_of(place)
    person, notes = who(place, user, likes)
    scored, fallback, more = _chosen(place, ranker, person, filters)
    if fallback and not notes:
        notes = (f"nothing is known that {person.name} likes",)
    if person.disliked:
        notes = (*notes, f"disliked: {len(person.disliked)}; what is like that stands lower")
    notes = (*notes, *more)
    items = tuple(told_item(place, ranker, person, item, plain=bool(fallback)) for item in scored)
    return Answer(person.name, ranker.name, fallback, (*notes, *_notes(ranker)), items)


def who(place: Workspace, user: str | None, likes: Sequence[str]) -> tuple[Person, tuple[str, ...]]:
    """The person asked for, with what must be said of them: a user, or one who likes some items."""
    if user is None:
        rows = tuple(dict.fromkeys(find_item(place, like) for like in likes))
        return Person("you", None, rows), ()
    row = find_user(place, user)
    if row is None:
        return Person(user, None, ()), (f"nobody called {user!r} is in the graph",)
    return person_in_graph(place.snapshot, user, row), ()


def similar(place: Workspace, item: str, filters: Filters | None = None) -> Answer:
    """The items that the same walks lead to from one item."""
    row = find_item(place, item)
    ranker = ranker_of(place)
    person = Person(place.snapshot.label(row), None, (row,))
    scored, fallback, notes = _chosen(place, ranker, person, filters)
    items = tuple(
        told_item(place, ranker, person, one, plain=bool(fallback), asked=False) for one in scored
    )
    return Answer(person.name, ranker.name, fallback, (*notes, *_notes(ranker)), items)


def explain(place: Workspace, user: str, item: str) -> Item:
    """Why an item has its score for a user, all of it."""
    snapshot = place.snapshot
    row = find_user(place, user)
    if row is None:
        raise InputError(
            f"nobody called {user!r} is in the graph",
            hint="`groundrec recommend --like ITEM` is for people who are not",
        )
    person = person_in_graph(snapshot, user, row)
    ranker = ranker_of(place)
    found = find_item(place, item)
    start = snapshot.rows(item_kind(snapshot)).start
    score = float(scores_for(snapshot, ranker, person)[0, found - start])
    if np.isnan(score):
        raise InputError(
            f"{ranker.name} has no score for {snapshot.label(found)!r} and {user!r}",
            hint="they like nothing, or nobody likes it and it has no attributes",
        )
    return told_item(place, ranker, person, ScoredItem(snapshot.id(found), score), k=10)


def another(place: Workspace, person: Person, item: Item) -> Item | None:
    """The best item for somebody that is not this one: an example of how one is explained."""
    ranker = ranker_of(place)
    scored, fallback = best(place.snapshot, ranker, person, 2)
    others = [one for one in scored if one.item != item.id]
    return None if fallback or not others else told_item(place, ranker, person, others[0])


def told_item(
    place: Workspace,
    ranker: Ranker,
    person: Person,
    scored: ScoredItem,
    *,
    plain: bool = False,
    asked: bool = True,
    k: int = 3,
) -> Item:
    """An item with reasons and connections, each checked; `plain` items have neither."""
    snapshot = place.snapshot
    title = snapshot.label(snapshot.row(scored.item))
    if plain:
        return Item(scored.item, title, scored.score, 0.0, (), (), None)
    evidence = _evidence(place, ranker, person, scored)
    language = place.settings.language
    asker = Asker(person.row, frozenset(person.liked))
    parts = evidence.breakdown.contributions
    why = tuple(
        Told(
            sentence,
            check(place.names, sentence.text, asker),
            tuple(parts[at] for at in sentence.contributions),
            _behind(sentence, evidence.paths),
        )
        for sentence in reasons(snapshot, evidence, language, k, asked=asked)
    )
    also = tuple(
        Told(
            sentence,
            check(place.names, sentence.text, asker),
            (),
            _behind(sentence, evidence.connections),
        )
        for sentence in connections_told(snapshot, evidence.connections, language)
    )
    supported = [told for told in why if told.checked.kind == VerdictKind.SUPPORTED]
    told_parts = {at for told in supported for at in told.sentence.contributions}
    share = sum(parts[at].share for at in told_parts)
    return Item(scored.item, title, scored.score, share, why, also, evidence)


def check_text(place: Workspace, text: str, user: str | None) -> Checked:
    """Verdicts on all claims of a text; `user` is who "you" is, InputError when unknown."""
    asker = asker_of(place, user)
    if user is not None and asker is None:
        raise InputError(f"nobody called {user!r} is in the graph")
    return check(place.names, text, asker)


def asker_of(place: Workspace, user: str | None) -> Asker | None:
    """Who "you" is; None when nobody is named, or somebody whom the graph does not know."""
    row = None if user is None else find_user(place, user)
    if user is None or row is None:
        return None
    return Asker(row, frozenset(person_in_graph(place.snapshot, user, row).liked))


def warn_if_moved(place: Workspace) -> None:
    """A word on stderr when the store has more to say than the snapshot in use."""
    if place.moved():
        output.note(
            "the graph has changed since this snapshot was built; "
            "`groundrec snapshot` and `groundrec train` take it in"
        )


# -- inside ----------------------------------------------------------------------------------


def _chosen(
    place: Workspace, ranker: Ranker, person: Person, filters: Filters | None
) -> tuple[tuple[ScoredItem, ...], str, tuple[str, ...]]:
    """The best of what is allowed, why the ranker was not asked, and what to know besides."""
    snapshot, asked = place.snapshot, filters or Filters()
    allowed = asked.mask(place, item_kind(snapshot))
    scored, fallback = best(
        snapshot, ranker, person, place.settings.k, allowed, with_seen=asked.with_seen
    )
    if allowed is None:
        return scored, fallback, ()
    return scored, fallback, (f"{int(allowed.sum()):,} of {len(allowed):,} items are allowed",)


def _evidence(place: Workspace, ranker: Ranker, person: Person, scored: ScoredItem) -> Evidence:
    snapshot = place.snapshot
    start = snapshot.rows(item_kind(snapshot)).start
    item = snapshot.row(scored.item)
    user = snapshot.id(person.row) if person.row is not None else ""
    if isinstance(ranker, WalkRanker | Blend):
        local = [row - start for row in person.liked]
        told = ranker.breakdown(local, item - start, user=user)
        if isinstance(ranker, Blend):
            told = by_like(told, snapshot, start, ranker.by_liked(local, item - start))
        # What dislikes take off is no walk of its own: it stands in the remainder.
        off = scored.score - told.score
        breakdown = replace(
            told, item=scored.item, score=scored.score, remainder=told.remainder + off
        )
        paths = carrying(snapshot, breakdown, person.row, Limits(k=MOST_PATHS))
    elif isinstance(ranker, SequenceRanker):
        amounts = ranker.parts([row - start for row in person.liked], item - start)
        breakdown = by_liked(
            user, scored, {snapshot.id(start + at): amount for at, amount in amounts.items()}
        )
        paths = ()
    else:
        breakdown = Breakdown(user, scored.item, scored.score, (), scored.score)
        paths = ()
    shared = connections(snapshot, person.liked, item, person.row)
    return Evidence(breakdown, paths, shared, len(person.liked))


def by_liked(user: str, scored: ScoredItem, amounts: Mapping[str, float]) -> Breakdown:
    """A score as a sum over liked items (node ids); what dislikes take off is the remainder."""
    remainder = scored.score - sum(amounts.values())
    return Breakdown(
        user, scored.item, scored.score, _heard(HISTORY, amounts, scored.score), remainder
    )


def by_like(
    told: Breakdown, snapshot: Snapshot, start: int, amounts: Mapping[str, Mapping[int, float]]
) -> Breakdown:
    """A blend's score in which a part that is a sum over liked items (rows from `start` on) is told
    item by item, the heaviest of them; what the others add stays one contribution."""
    parts = [part for part in told.contributions if part.walk not in amounts]
    for walk, said in amounts.items():
        whole = sum(part.amount for part in told.contributions if part.walk == walk)
        most = sorted(said.items(), key=lambda part: -part[1])[:MOST_LIKED]
        names = {snapshot.id(start + row): amount for row, amount in most}
        parts += _heard(walk, names, told.score)
        rest = whole - sum(names.values())
        if abs(rest) > _ROUNDING * abs(told.score):
            share = rest / told.score if told.score else 0.0
            parts.append(Contribution(walk, None, None, rest, share))
    return replace(told, contributions=tuple(sorted(parts, key=lambda part: -part.amount)))


def _heard(walk: str, amounts: Mapping[str, float], score: float) -> tuple[Contribution, ...]:
    parts = sorted(amounts.items(), key=lambda part: (-part[1], part[0]))
    return tuple(
        Contribution(walk, anchor, None, amount, amount / score if score else 0.0)
        for anchor, amount in parts
    )


def _behind(sentence: Sentence, paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths that a sentence tells: it cites the two edges by which they reach the item."""
    cited = set(sentence.edges)
    return tuple(path for path in paths if all(step.edge.id in cited for step in path.steps[-2:]))


def _notes(ranker: Ranker) -> tuple[str, ...]:
    if isinstance(ranker, WalkRanker | Blend | SequenceRanker):
        return ()
    return (f"{ranker.name} cannot be taken apart: connections only, no reasons",)
