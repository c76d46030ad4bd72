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
from models.popularity import fit_popularity
from models.rank import Ranker, profile, top, training

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked for: a row of the graph or nobody in it, and what they like (item rows)."""

    name: str
    row: int | None
    liked: tuple[int, ...]


def ranker_of(place: Workspace) -> Ranker:
    """The ranker that the settings name, for the snapshot in use; refused when it is stale."""
    folder = place.model_folder(place.model)
    try:
        return load(folder, place.snapshot)
    except StaleArtefactError as error:
        error.hint = f"`groundrec train --model {place.model}` makes it anew"
        raise


def item_kind(snapshot: Snapshot) -> str:
    """The one kind of item that is recommended."""
    for name in snapshot.schema.interactions:
        return snapshot.schema.relations[name].tail
    return snapshot.schema.kinds_of("item")[0]


def person_in_graph(snapshot: Snapshot, name: str, row: int) -> Person:
    """Somebody with a row: what they like is in the graph."""
    kind = snapshot.kind(row)
    likes = snapshot.likes(kind, item_kind(snapshot))
    items = np.unique(likes.indices[likes.row(row - snapshot.rows(kind).start)])
    start = snapshot.rows(item_kind(snapshot)).start
    return Person(name, row, tuple(int(item) + start for item in items))


def best(
    snapshot: Snapshot,
    ranker: Ranker,
    person: Person,
    k: int,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[tuple[ScoredItem, ...], str]:
    """The k best items that the person has not met yet, and why the ranker was not asked ("": it
    was). Somebody of whom nothing is known gets what most people like. `allowed` (one per item)
    says which may be recommended at all."""
    start = snapshot.rows(item_kind(snapshot)).start
    items = snapshot.count(item_kind(snapshot))
    liked = [row - start for row in person.liked]
    scores = ranker.scores(profile(items, liked))
    fallback = ""
    if np.isnan(scores).all():
        scores = fit_popularity(training(snapshot)).scores(profile(items, liked))
        fallback = "the items that most people like"
    if allowed is not None:
        scores[:, ~allowed] = np.nan
    found, values = top(scores, _seen(snapshot, person, items), k)
    scored = tuple(
        ScoredItem(snapshot.id(start + int(item)), float(value))
        for item, value in zip(found[0], values[0], strict=True)
        if item >= 0
    )
    return scored, fallback


def seen_by(snapshot: Snapshot, rows: Rows, user_kind: str) -> sparse.csr_array:
    """What users (local rows) have met in any way, liked or not (users x items)."""
    kind = item_kind(snapshot)
    total = sparse.csr_array((len(rows), snapshot.count(kind)), dtype=np.float32)
    for name in snapshot.schema.interactions:
        meant = snapshot.schema.relations[name]
        if (meant.head, meant.tail) == (user_kind, kind):
            total = total + snapshot.links(name).matrix()[rows]
    return sparse.csr_array(total)


def _seen(snapshot: Snapshot, person: Person, items: int) -> sparse.csr_array:
    start = snapshot.rows(item_kind(snapshot)).start
    met = profile(items, [row - start for row in person.liked])
    if person.row is None:
        return met
    kind = snapshot.kind(person.row)
    local = np.array([person.row - snapshot.rows(kind).start])
    return sparse.csr_array(met + seen_by(snapshot, local, kind))
