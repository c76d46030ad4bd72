"""SLIM: every item as a sparse, nonnegative sum of the items nearest to it (Ning and Karypis 2011).

    w_j = argmin over w >= 0 of  |x_j - X w|^2 / 2 + smoothing |w|^2 / 2 + sparsity * sum of w

with x_j who likes j (people weighted, see `models.together`), and w other than zero only on the k
items whose likes have the largest cosines with those of j ("feature selection" in the paper).
Coordinate descent, a block of items at a time.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.errors import InputError
from models.item_item import ItemItem, item_item
from models.together import together

# A block holds items x k x k numbers: about 0.1 GB.
_CELLS = 25_000_000
Matrix = NDArray[np.float32]


def fit_slim(
    likes: sparse.csr_array,
    *,
    k: int = 100,
    sparsity: float = 0.7,
    smoothing: float = 100.0,
    people: float = 0.5,
    sweeps: int = 6,
    most_items: int = 30_000,
) -> ItemItem:
    """The regression of each item on its k nearest.

    `likes` is users x items, ones. `people` weighs people by likes ** -people (see `together`; 0 in
    the paper). InputError above `most_items`: how often any two items are liked by the same person
    is held as one matrix, items² * 4 bytes.
    """
    items = likes.shape[1]
    if items > most_items:
        raise InputError(
            f"SLIM would need {4 * items * items / 1e9:,.0f} GB for {items:,} items",
            hint="the other rankers need far less memory",
        )
    gram = together(likes, people)
    near, there = _nearest(gram, min(k, max(items - 1, 1)))
    both: Matrix = gram.toarray()
    block = max(1, _CELLS // max(near.shape[1] ** 2, 1))
    parts = [
        _regressed(
            both, near[rows], there[rows], np.arange(items)[rows], sparsity, smoothing, sweeps
        )
        for rows in (slice(start, start + block) for start in range(0, items, block))
    ]
    weights = np.concatenate(parts)
    target, place = np.nonzero(weights)
    matrix = sparse.csr_array(
        (weights[target, place].astype(np.float64), (near[target, place], target)),
        shape=(items, items),
    )
    options = {"k": k, "sparsity": sparsity, "smoothing": smoothing, "people": people}
    return item_item("slim", matrix, likes, options)


def _nearest(gram: sparse.csr_array, k: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The k nearest of each item (items x k), and whether there are so many."""
    items = gram.shape[0]
    lengths = np.sqrt(np.maximum(gram.diagonal(), 1e-12))
    near, there = np.zeros((items, k), np.int64), np.zeros((items, k), np.bool_)
    for item in range(items):
        row = slice(gram.indptr[item], gram.indptr[item + 1])
        others = gram.indices[row]
        cosines = np.where(others == item, -1.0, gram.data[row] / lengths[others])
        count = min(k, int(np.count_nonzero(cosines > 0)))
        if count:
            best = np.argpartition(-cosines, count - 1)[:count]
            near[item, :count], there[item, :count] = others[best], True
    return near, there


def _regressed(
    both: Matrix,
    chosen: NDArray[np.int64],
    real: NDArray[np.bool_],
    items: NDArray[np.int64],
    sparsity: float,
    smoothing: float,
    sweeps: int,
) -> Matrix:
    """The weights of what was chosen for some items (items x k)."""
    among = both[chosen[:, :, None], chosen[:, None, :]]
    among *= real[:, :, None] & real[:, None, :]
    # What is still to be told of the item by each of its nearest.
    left = both[chosen, items[:, None]] * real
    own = np.einsum("ikk->ik", among).copy()
    scale = np.where(real, 1.0 / (own + smoothing + ~real), 0.0).astype(np.float32)
    rows = np.ascontiguousarray(among.transpose(1, 0, 2))
    weights = np.zeros_like(left)
    for _ in range(sweeps):
        for at in range(weights.shape[1]):
            before = weights[:, at]
            after = np.maximum(left[:, at] + own[:, at] * before - sparsity, 0.0) * scale[:, at]
            left -= (after - before)[:, None] * rows[at]
            weights[:, at] = after
    return weights
