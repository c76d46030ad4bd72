"""ItemKNN: the nearest items by cosine of their columns of likes (Sarwar et al. 2001)."""

import numpy as np
from scipy import sparse

from graph.neighbours import neighbours
from models.item_item import ItemItem, item_item


def fit_item_knn(likes: sparse.csr_array, *, k: int = 100) -> ItemItem:
    """An item's score is the sum of its cosines with the liked ones of its k nearest items.

    `likes` is users x items, ones.
    """
    counts = np.bincount(likes.indices, minlength=likes.shape[1])
    norms = np.sqrt(np.maximum(counts, 1))
    unit = likes.astype(np.float64)
    unit.data = 1.0 / norms[unit.indices]
    # Row j holds the nearest of j; the ranker wants them in column j.
    nearest = neighbours(sparse.csr_array(unit.T), unit, k)
    return item_item("item_knn", sparse.csr_array(nearest.T), likes, {"k": k})
