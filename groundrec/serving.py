"""The trained ranker of a workspace, and what it says for a person: items, seen items left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.errors import StaleArtefactError
from graph.snapshot import Snapshot
from graph.types import ScoredItem
from groundrec.workspace import Workspace
from models.artefact import load
from models.live import moved, scores_of
from models.popularity import fit_popularity
from models.rank import Floats, Ranker, profile, top, training

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked for: a row of the graph or nobody in it, what they like and what they do not
    (item rows)."""

    name: str
    row: int | None
    liked: tuple[int, ...]
    disliked: tuple[int, ...] = ()


def ranker_of(place: Workspace) -> Ranker:
    """The ranker that the settings name, for the graph in use; refused when it is stale."""
    base, folder = place.base, place.model_folder(place.model)
    try:
        fitted = place.opened(f"ranker {folder}", folder, lambda: load(folder, base))
    except StaleArtefactError as error:
        error.hint = f"`groundrec train --model {place.model}` makes it anew"
        raise
    return moved(fitted, base, place.snapshot, item_kind(base))


def item_kind(snapshot: Snapshot) -> str:
    """The one kind of item that is recommended."""
    for name in snapshot.schema.interactions:
        return snapshot.schema.relations[name].tail
    return snapshot.schema.kinds_of("item")[0]


def person_in_graph(snapshot: Snapshot, name: str, row: int) -> Person:
    """Somebody with a row, with their last word on each item."""
    kind, start = snapshot.kind(row), snapshot.rows(item_kind(snapshot)).start
    local = np.array([row - snapshot.rows(kind).start])
    liked, disliked = last_words(snapshot, local, kind)
    return Person(
        name,
        row,
        tuple(int(item) + start for item in liked.indices),
        tuple(int(item) + start for item in disliked.indices),
    )


def last_words(
    snapshot: Snapshot, rows: Rows, user_kind: str
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """What users (local rows) like and what they dislike, each users x items.

    Of an item that they said several things of, the latest counts; of things said at once, the
    better. What is nearer to the worst rating than to what counts as liked is disliked. The
    columns of a row stand in the order of time.
    """
    kind = item_kind(snapshot)
    parts: list[NDArray[np.int64]] = []
    for relation in snapshot.schema.interactions:
        meant = snapshot.schema.relations[relation]
        if (meant.head, meant.tail) != (user_kind, kind):
            continue
        links = snapshot.links(relation)
        owner, places = links.places(rows)
        signs = np.ones(len(places), dtype=np.int64)
        if meant.liked is not None and links.size:
            given, worst = links.weight[places], np.nanmin(links.weight, initial=meant.liked)
            bad = given <= (worst + meant.liked) / 2
            signs = np.where(given >= meant.liked, 1, np.where(bad, -1, 0))
        parts.append(np.stack([owner, links.indices[places], links.time[places], signs]))
    said = np.concatenate(parts, axis=1) if parts else np.empty((4, 0), dtype=np.int64)
    said = said[:, np.lexsort((said[3], said[2], said[1], said[0]))]
    last = np.append((np.diff(said[:2]) != 0).any(axis=0), True)[: said.shape[1]]
    said = said[:, last]
    said = said[:, np.lexsort((said[1], said[2], said[0]))]
    shape = (len(rows), snapshot.count(kind))

    def which(sign: int) -> sparse.csr_array:
        owner, items = said[:2, said[3] == sign]
        ends = np.searchsorted(owner, np.arange(len(rows) + 1))
        return sparse.csr_array((np.ones(len(owner)), items, ends), shape=shape)

    return which(1), which(-1)


def scores_for(snapshot: Snapshot, ranker: Ranker, person: Person) -> Floats:
    """The scores of all items (1 x items) by what somebody likes, less what they dislike."""
    start, items = snapshot.rows(item_kind(snapshot)).start, snapshot.count(item_kind(snapshot))
    liked, disliked = (
        profile(items, [row - start for row in rows]) for rows in (person.liked, person.disliked)
    )
    return scores_of(ranker, liked, disliked)


def best(
    snapshot: Snapshot,
    ranker: Ranker,
    person: Person,
    k: int,
    allowed: NDArray[np.bool_] | None = None,
    *,
    with_seen: bool = False,
) -> tuple[tuple[ScoredItem, ...], str]:
    """The k best items that the person has not met yet, and why the ranker was not asked ("": it
    was). Somebody of whom nothing is known gets what most people like. Only what is `allowed`
    (one per item) competes."""
    start = snapshot.rows(item_kind(snapshot)).start
    items = snapshot.count(item_kind(snapshot))
    scores = scores_for(snapshot, ranker, person)
    fallback = ""
    if np.isnan(scores).all():
        scores = fit_popularity(training(snapshot)).scores(profile(items, []))
        fallback = "the items that most people like"
    seen = None if with_seen else _seen(snapshot, person, items)
    found, values = top(scores, seen, k, allowed)
    scored = tuple(
        ScoredItem(snapshot.id(start + int(item)), float(value))
        for item, value in zip(found[0], values[0], strict=True)
        if item >= 0
    )
    return scored, fallback


def seen_by(snapshot: Snapshot, rows: Rows, user_kind: str) -> sparse.csr_array:
    """What users (local rows) have met in any way, liked or not (users x items)."""
    kind = item_kind(snapshot)
    total = sparse.csr_array((len(rows), snapshot.count(kind)))
    for name in snapshot.schema.interactions:
        meant = snapshot.schema.relations[name]
        if (meant.head, meant.tail) == (user_kind, kind):
            links = snapshot.links(name)
            owner, places = links.places(rows)
            met = (np.ones(len(owner)), (owner, links.indices[places]))
            total = total + sparse.csr_array(met, shape=total.shape)
    return sparse.csr_array(total)


def _seen(snapshot: Snapshot, person: Person, items: int) -> sparse.csr_array:
    start = snapshot.rows(item_kind(snapshot)).start
    met = profile(items, [row - start for row in person.liked])
    if person.row is None:
        return met
    kind = snapshot.kind(person.row)
    local = np.array([person.row - snapshot.rows(kind).start])
    return sparse.csr_array(met + seen_by(snapshot, local, kind))
