"""Held-out data: which likes a ranker does not see, and whether the split is clean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.errors import InputError
from graph.links import NO_TIME, SPLITS, Links
from graph.neighbours import rows_of
from graph.snapshot import Snapshot

SHARE = 0.2
_TEST = SPLITS.index("test")
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """A snapshot without the held-out likes, and what was held out.

    `held_out`: users x items, ones. `seen`: users x items, ones for every interaction that
    stayed, liked or not; these are not recommended. `how` says in words what was held out.
    `duplicates` counts likes that the catalogue has more than once, `leaks` pairs that stood on
    both sides: they stay in training and are not tested.
    """

    train: Snapshot
    held_out: sparse.csr_array
    seen: sparse.csr_array
    how: str
    duplicates: int
    leaks: int


def split(snapshot: Snapshot, seed: int) -> Split:
    """The catalogue's own test part; without one, a fifth of each user's likes.

    That fifth is the latest one when every like has a time (ties by chance), else it is drawn by
    chance. Users with fewer than three likes keep them all. InputError when nobody likes anything.
    """
    likes = snapshot.likes()
    if not likes.size:
        raise InputError(
            "there is nothing to hold out: nobody likes anything",
            hint="the mapping says which interactions count as liked",
        )
    repeated = likes.size - likes.matrix().nnz
    if (likes.split == _TEST).any():
        train = likes.keep(np.asarray(likes.split != _TEST))
        test = likes.keep(np.asarray(likes.split == _TEST))
        repeated = train.size + test.size - train.matrix().nnz - test.matrix().nnz
        tested, trained = _keys(test.matrix()), _keys(train.matrix())
        leaked = np.isin(tested, trained)
        return _split(
            snapshot,
            tested[~leaked],
            "the catalogue's own test part",
            duplicates=repeated,
            leaks=int(leaked.sum()),
        )
    held, how = _fifth(likes, np.random.default_rng(seed))
    return _split(snapshot, held, how, duplicates=repeated, leaks=0)


def validation(snapshot: Snapshot, seed: int) -> Split:
    """A fifth of each user's likes, for choosing options: never the catalogue's test part."""
    held, how = _fifth(snapshot.likes(), np.random.default_rng(seed))
    return _split(snapshot, held, how, duplicates=0, leaks=0)


def _split(snapshot: Snapshot, held: Keys, how: str, *, duplicates: int, leaks: int) -> Split:
    shape = snapshot.likes().shape
    kept: dict[str, Links] = {}
    seen: list[Keys] = []
    for name in snapshot.schema.interactions:
        links = snapshot.links(name)
        if links.shape != shape:
            continue
        keys = links.heads().astype(np.int64) * shape[1] + links.indices
        stays = ~np.isin(keys, held) & (links.split != _TEST)
        kept[name] = links.keep(np.asarray(stays))
        seen.append(keys[stays])
    return Split(
        train=snapshot.replaced(kept),
        held_out=_matrix(held, shape),
        seen=_matrix(np.unique(np.concatenate(seen)), shape),
        how=how,
        duplicates=duplicates,
        leaks=leaks,
    )


def _fifth(likes: Links, generator: np.random.Generator) -> tuple[Keys, str]:
    heads = likes.heads().astype(np.int64)
    pairs, pair = np.unique(heads * likes.shape[1] + likes.indices, return_inverse=True)
    users = pairs // likes.shape[1]
    timed = bool((likes.time != NO_TIME).all())
    # Of parallel likes the latest counts.
    latest = np.full(len(pairs), NO_TIME)
    if timed:
        np.maximum.at(latest, pair, likes.time)
    by = np.lexsort((generator.random(len(pairs)), -latest, users))
    counts = np.bincount(users, minlength=likes.shape[0])
    place = np.arange(len(pairs)) - (np.cumsum(counts) - counts)[users[by]]
    wanted = np.where(counts >= 3, np.maximum(1, np.floor(SHARE * counts)), 0)
    held = pairs[by[place < wanted[users[by]]]]
    which = "the latest fifth" if timed else "a fifth, drawn by chance,"
    return np.sort(held), f"{which} of each user's likes"


def _keys(matrix: sparse.csr_array) -> Keys:
    keys: Keys = rows_of(matrix) * matrix.shape[1] + matrix.indices
    return keys


def _matrix(keys: Keys, shape: tuple[int, int]) -> sparse.csr_array:
    rows, columns = np.divmod(keys, shape[1])
    return sparse.csr_array((np.ones(len(keys)), (rows, columns)), shape=shape)
