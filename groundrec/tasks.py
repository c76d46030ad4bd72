"""The other questions about a user and an item: its rating, what comes next, what it is."""

from dataclasses import dataclass, replace

import numpy as np

from graph.errors import InputError
from graph.links import NO_TIME
from graph.snapshot import Snapshot
from groundrec.ask import Answer, Item, told_item
from groundrec.finding import find_item, find_user
from groundrec.serving import Person, best, item_kind, person_in_graph, ranker_of
from groundrec.workspace import Workspace
from models.ratings import fit_ratings
from reasoning.facts import described, numbered
from reasoning.llm.model import NOTHING_USED, LanguageModel, Usage
from reasoning.rating import rate, rating_question

_MOST_RATED = 12


@dataclass(frozen=True, slots=True)
class Predicted:
    """A rating: what the graph's baseline expects, what a model says, what was given already."""

    user: str
    item: str
    title: str
    expected: float
    average: float | None
    count: int
    scale: tuple[float, ...]
    given: float | None
    by_model: float | None
    trouble: str
    usage: Usage


def predict_rating(
    place: Workspace, user: str, item: str, model: LanguageModel | None = None
) -> Predicted:
    """What a user would rate an item; the number is the baseline's, a model's stands beside it."""
    snapshot = place.snapshot
    person = _person(place, user)
    row = find_item(place, item)
    ratings = fit_ratings(snapshot)
    start = snapshot.rows(snapshot.kind(row)).start
    who = _local(snapshot, person)
    mine = ratings.given(who)
    average, count = ratings.of_item(row - start)
    value, trouble, usage = None, "", NOTHING_USED
    if model is not None:
        rated = [
            (snapshot.label(one + start), mine[one])
            for one in _nearest(snapshot, row - start, mine)
        ]
        about = described(snapshot, row, place.settings.language)
        facts = numbered([(one, False) for one in about][:4], 200)
        mean = average if count else ratings.mean
        asked = rating_question(
            rated, snapshot.label(row), mean, ratings.scale, facts, place.settings.language
        )
        told = rate(model, asked, ratings.scale, place.settings.llm_seconds)
        value, trouble, usage = told.value, told.trouble, told.usage
    return Predicted(
        user=user,
        item=snapshot.id(row),
        title=snapshot.label(row),
        expected=ratings.predict(who, row - start),
        average=average if count else None,
        count=count,
        scale=ratings.scale,
        given=mine.get(row - start),
        by_model=value,
        trouble=trouble,
        usage=usage,
    )


def next_items(place: Workspace, user: str, window: int) -> tuple[Answer, Person]:
    """What follows from the last things that a user liked, in the order of their times.

    InputError when the graph has no times for what they like.
    """
    snapshot = place.snapshot
    person = _person(place, user)
    latest = in_order(snapshot, person)[-window:]
    if not latest:
        raise InputError(
            f"the graph does not know when {user!r} liked what",
            hint="a mapping gives an interaction its time with `time`; `recommend` needs none",
        )
    ranker = ranker_of(place)
    asker = replace(person, liked=tuple(sorted(latest)))
    scored, fallback = best(snapshot, ranker, asker, place.settings.k)
    items = tuple(
        told_item(place, ranker, asker, one, plain=bool(fallback), asked=False) for one in scored
    )
    last = ", ".join(snapshot.labels(latest[-3:]))
    notes = (f"after the last {len(latest)} that they liked, which end with {last}",)
    return Answer(person.name, ranker.name, fallback, notes, items), person


def item_alone(place: Workspace, item: str) -> Item:
    """An item without anybody it is for: what the catalogue says is all there is."""
    row = find_item(place, item)
    return Item(place.snapshot.id(row), place.snapshot.label(row), 0.0, 0.0, (), (), None)


def in_order(snapshot: Snapshot, person: Person) -> list[int]:
    """What a user liked (rows), the latest last; what has no time is left out."""
    if person.row is None:
        return []
    kind = snapshot.kind(person.row)
    likes = snapshot.likes(kind, item_kind(snapshot))
    here = likes.row(_local(snapshot, person))
    times, items = likes.time[here], likes.indices[here]
    known = times != NO_TIME
    start = snapshot.rows(item_kind(snapshot)).start
    order = np.argsort(times[known], kind="stable")
    return [int(item) + start for item in dict.fromkeys(items[known][order].tolist())]


def _nearest(snapshot: Snapshot, item: int, rated: dict[int, float]) -> list[int]:
    """Of the rated items (local rows) those that share most attributes with the item, first."""
    shared = dict.fromkeys(rated, 0)
    kind = item_kind(snapshot)
    for name in snapshot.schema.attributes:
        if snapshot.schema.relations[name].head != kind:
            continue
        links, back = snapshot.links(name), snapshot.links(name, reverse=True)
        for tail in links.indices[links.row(item)].tolist():
            for other in back.indices[back.row(tail)].tolist():
                if other in shared and other != item:
                    shared[other] += 1
    ordered = sorted(shared, key=lambda one: (-shared[one], one))
    return [one for one in ordered if one != item][:_MOST_RATED]


def _person(place: Workspace, user: str) -> Person:
    row = find_user(place, user)
    if row is None:
        raise InputError(f"nobody called {user!r} is in the graph")
    return person_in_graph(place.snapshot, user, row)


def _local(snapshot: Snapshot, person: Person) -> int:
    if person.row is None:
        raise InputError(f"nobody called {person.name!r} is in the graph")
    return person.row - snapshot.rows(snapshot.kind(person.row)).start
