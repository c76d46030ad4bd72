"""`Ranker`: matrices in, arrays out; and what every caller does with the scores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.links import pointers
from graph.neighbours import rows_of
from graph.snapshot import Snapshot

Option = str | int | float | bool | None
Options = Mapping[str, Option]
Floats = NDArray[np.float64]
Items = NDArray[np.int64]
Likes = sparse.csr_array
# A batch of scores has about so many cells: 0.26 GB of float64.
_CELLS = 32_000_000


@dataclass(frozen=True, slots=True)
class State:
    """All that a ranker has learned, as plain arrays and options."""

    options: Options = field(default_factory=dict)
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


class Ranker(Protocol):
    """Scores items for people who are known by what they like, in the graph or not."""

    @property
    def name(self) -> str:
        """What the command line calls it."""

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items) for profiles (users x items, 1 where liked).

        The columns of a row stand in the order in which the items were liked, where that is known
        (`in_order`); all but a few rankers look at the set alone.
        NaN where the ranker has nothing to go by: an empty profile, an item it knows nothing of.
        Liked items are scored like any other; `top` leaves them out.
        """

    def state(self) -> State:
        """What `models.artefact` saves, and the ranker's `restore` takes."""


def training(snapshot: Snapshot, users: str | None = None, items: str | None = None) -> Likes:
    """Who likes what (users x items, float64 ones): what every ranker is fitted on."""
    return snapshot.likes(users, items).matrix().astype(np.float64)


def in_order(snapshot: Snapshot, users: str | None = None, items: str | None = None) -> Likes:
    """`training`, with the columns of each row in the order of time: what rankers are asked with.

    What has no time stands first; an item that was liked several times, where it was last.
    """
    links = snapshot.likes(users, items)
    heads = links.heads()
    order = np.lexsort((links.indices, links.time, heads))
    heads, tails = heads[order], links.indices[order]
    pairs = heads.astype(np.int64) * links.shape[1] + tails
    last = np.sort(len(pairs) - 1 - np.unique(pairs[::-1], return_index=True)[1])
    parts = (np.ones(len(last)), tails[last], pointers(heads[last], links.shape[0]))
    return sparse.csr_array(parts, shape=links.shape)


def profile(items: int, liked: list[int]) -> Likes:
    """The profile (1 x items) of somebody who likes these items (local rows), in this order."""
    rows = np.array(list(dict.fromkeys(liked)), dtype=np.int64)
    return sparse.csr_array((np.ones(len(rows)), rows, np.array([0, len(rows)])), shape=(1, items))


def top(
    scores: Floats,
    seen: sparse.csr_array | None,
    k: int,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[Items, Floats]:
    """The k best items per user, without those `seen` (users x items) and without NaN.

    Only what is `allowed` (one per item) competes. Gives items and scores (users x k), best first;
    of equals, the earlier row. Where a user has fewer than k, the items are -1 and the scores NaN.
    """
    open_ = np.where(np.isnan(scores), -np.inf, scores)
    if allowed is not None:
        open_[:, ~allowed] = -np.inf
    if seen is not None:
        open_[rows_of(seen), seen.indices] = -np.inf
    width = open_.shape[1]
    k = min(k, width)
    items = np.sort(np.argpartition(open_, width - k, axis=1)[:, width - k :], axis=1)
    found = np.take_along_axis(open_, items, axis=1)
    # Where more items than there are places tie for the last one, the earlier rows get it.
    border = found.min(axis=1, initial=np.inf, keepdims=True)
    many = np.count_nonzero(open_ >= border, axis=1) > k
    tied = np.flatnonzero(many & ~np.isneginf(border[:, 0]))
    if len(tied):
        above, at = open_[tied] > border[tied], open_[tied] == border[tied]
        places = k - np.count_nonzero(above, axis=1, keepdims=True)
        chosen = above | (at & (np.cumsum(at, axis=1, dtype=np.int32) <= places))
        items[tied] = np.nonzero(chosen)[1].reshape(len(tied), k)
        found[tied] = np.take_along_axis(open_[tied], items[tied], axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    items, found = np.take_along_axis(items, order, axis=1), np.take_along_axis(found, order, 1)
    none = np.isneginf(found)
    return np.where(none, -1, items), np.where(none, np.nan, found)


def blocks(users: int, items: int) -> Iterator[slice]:
    """Users in blocks whose scores fit into memory."""
    block = max(1, _CELLS // max(items, 1))
    for start in range(0, users, block):
        yield slice(start, min(start + block, users))


def batches(profiles: sparse.csr_array) -> Iterator[tuple[slice, Likes]]:
    """Profiles in blocks whose scores fit into memory."""
    for rows in blocks(*profiles.shape):
        yield rows, sparse.csr_array(profiles[rows])


def arrays_of(matrix: sparse.csr_array) -> dict[str, NDArray[np.generic]]:
    """A matrix as the three arrays that `csr` takes."""
    return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}


def csr(arrays: Mapping[str, NDArray[np.generic]], shape: tuple[int, int]) -> Likes:
    """The float64 matrix that `arrays_of` took apart."""
    parts = (arrays["data"].astype(np.float64), arrays["indices"], arrays["indptr"])
    return sparse.csr_array(parts, shape=shape)
