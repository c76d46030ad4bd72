"""ItemKNN: the nearest items by cosine of their columns of likes (Sarwar et al. 2001)."""

import numpy as np
from scipy import sparse

from graph.neighbours import neighbours, rows_of, strongest
from models.item_item import ItemItem, item_item


def fit_item_knn(likes: sparse.csr_array, *, k: int = 100, shrink: float = 0.0) -> ItemItem:
    """An item's score is the sum of its cosines with the liked ones of its k nearest items.

    `likes` is users x items, ones. `shrink` is added to the product of the norms, so that few
    shared users make no strong neighbours (Bell and Koren 2007).
    """
    counts = np.bincount(likes.indices, minlength=likes.shape[1])
    norms = np.sqrt(np.maximum(counts, 1))
    unit = likes.astype(np.float64)
    unit.data = 1.0 / norms[unit.indices]
    # Row j holds the nearest of j; the ranker wants them in column j.
    if shrink:
        shared = neighbours(sparse.csr_array(likes.T), likes, None)
        shared.data /= norms[rows_of(shared)] * norms[shared.indices] + shrink
        nearest = strongest(shared, k)
    else:
        nearest = neighbours(sparse.csr_array(unit.T), unit, k)
    options = {"k": k, "shrink": shrink}
    return item_item("item_knn", sparse.csr_array(nearest.T), likes, options)
