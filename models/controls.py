"""Controls: the same graph with its attributes shuffled or taken away.

A ranker that does as well on a shuffled graph has learned nothing from who is joined to what.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.links import Links
from graph.snapshot import Snapshot

Numbers = NDArray[np.int64]
# Some graphs leave no way to deal without a double, such as one attribute that all items have.
_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Shuffled:
    """A snapshot whose attribute edges were dealt anew; each node keeps its degree.

    `moved` is the share of edges that join another pair than before, `doubled` counts the edges
    for which no free pair was found: they stand beside an equal one and count for nothing.
    """

    snapshot: Snapshot
    moved: float
    doubled: int


def without_attributes(snapshot: Snapshot) -> Snapshot:
    """The snapshot with no attribute edges at all."""
    names = snapshot.schema.attributes
    return snapshot.replaced({name: Links.empty(snapshot.links(name).shape) for name in names})


def shuffled_attributes(snapshot: Snapshot, generator: np.random.Generator) -> Shuffled:
    """The snapshot with the tails of each attribute relation dealt anew among its heads.

    Degrees are kept exactly, and no pair stands twice unless it did before: what a shuffle
    doubles is dealt again, among random partners (Maslov and Sneppen 2002).
    """
    links = {
        name: _shuffled(snapshot.links(name), generator) for name in snapshot.schema.attributes
    }
    total = moved = doubled = 0
    for name, dealt in links.items():
        old = snapshot.links(name)
        total += old.size
        moved += old.size - int(np.isin(_pairs(dealt), _pairs(old)).sum())
        doubled += max(0, len(np.unique(_pairs(old))) - len(np.unique(_pairs(dealt))))
    share = moved / total if total else 0.0
    return Shuffled(snapshot.replaced(links), share, doubled)


def _shuffled(links: Links, generator: np.random.Generator) -> Links:
    heads, tails = links.heads(), np.array(links.indices)
    before = _pairs(links)
    allowed = len(before) - len(np.unique(before))
    tails = generator.permutation(tails)
    for _ in range(_ROUNDS):
        doubled = _doubled(heads, tails, links.shape[1])
        free = np.setdiff1d(np.arange(len(tails)), doubled)
        if len(doubled) <= allowed or not len(free):
            break
        # Each doubled edge swaps tails with a random other edge; degrees do not change.
        partners = generator.choice(free, size=min(len(free), len(doubled)), replace=False)
        doubled = doubled[: len(partners)]
        tails[doubled], tails[partners] = tails[partners], tails[doubled]
    return Links.from_columns(
        links.shape,
        heads=heads,
        tails=tails,
        weight=np.array(links.weight),
        time=np.array(links.time),
        edge=np.array(links.edge),
        split=np.array(links.split),
    )


def _doubled(heads: NDArray[np.int32], tails: NDArray[np.int32], width: int) -> Numbers:
    keys = heads.astype(np.int64) * width + tails
    order = np.argsort(keys, kind="stable")
    doubled: Numbers = order[1:][np.diff(keys[order]) == 0]
    return doubled


def _pairs(links: Links) -> Numbers:
    return links.heads().astype(np.int64) * links.shape[1] + links.indices
