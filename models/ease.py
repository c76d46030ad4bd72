"""EASE: the linear autoencoder with no self-loops, in closed form (Steck, WWW 2019)."""

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from graph.errors import InputError
from models.item_item import ItemItem
from models.together import together


def fit_ease(
    likes: sparse.csr_array,
    *,
    regularisation: float = 500.0,
    people: float = 0.0,
    popular: float = 0.0,
    most_items: int = 30_000,
) -> ItemItem:
    """B = I - P / diag(P), with P the inverse of (likes' W likes + L).

    `likes` is users x items, ones. The paper's is the default: W = 1, L = regularisation. `people`
    weighs people by likes ** -people (see `together`), `popular` makes L proportional to an item's
    likes ** popular, with the mean `regularisation`. Float32 in place: items² * 4 bytes, twice at
    the peak. InputError above `most_items`.
    """
    items = likes.shape[1]
    if items > most_items:
        raise InputError(
            f"EASE would need {8 * items * items / 1e9:,.0f} GB for {items:,} items",
            hint="the other rankers need far less memory",
        )
    known = np.bincount(likes.indices, minlength=items) > 0
    # Of an item that nobody likes there is nothing to learn, and the inverse costs items³.
    gram = together(sparse.csr_array(likes[:, known]), people)
    strength = gram.diagonal().astype(np.float64)
    strength = np.maximum(strength / max(float(strength.sum()) / items, 1e-12), 1e-3) ** popular
    liked = len(strength)
    # Fortran order, or LAPACK makes a copy of its own.
    weights = np.zeros((liked, liked), dtype=np.float32, order="F")
    for start in range(0, liked, 1024):
        weights[:, start : start + 1024] = gram[start : start + 1024].toarray().T
    del gram
    weights[np.diag_indices(liked)] += (regularisation * strength).astype(np.float32)
    weights, failed = lapack.spotrf(weights, lower=True, overwrite_a=True, clean=False)
    if liked and not failed:
        weights, failed = lapack.spotri(weights, lower=True, overwrite_c=True)
    if failed:
        raise InputError("EASE's matrix cannot be inverted", hint="regularise more")
    _mirror(weights)
    weights /= -np.diag(weights).copy()
    weights[np.diag_indices(liked)] = 0.0
    if liked < items:
        inner, weights = weights, np.zeros((items, items), dtype=np.float32)
        weights[np.ix_(known, known)] = inner
    options = {"regularisation": regularisation, "people": people, "popular": popular}
    return ItemItem("ease", weights, known, options)


def _mirror(lower: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    """Copy the lower triangle onto the upper one, block by block, with no second matrix."""
    items, block = len(lower), 1024
    for start in range(0, items, block):
        end = min(start + block, items)
        square = np.tril(lower[start:end, start:end])
        lower[start:end, start:end] = square + np.tril(square, -1).T
        lower[start:end, end:] = lower[end:, start:end].T
