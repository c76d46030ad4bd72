"""How often two items are liked by the same person: what EASE and SLIM regress on."""

import numpy as np
from scipy import sparse

from graph.neighbours import rows_of


def together(likes: sparse.csr_array, people: float = 0.0) -> sparse.csr_array:
    """X' W X (items x items, float32), with X the likes (users x items, ones).

    W gives each person the weight likes ** -people, scaled so that the weights of all likes have
    the mean one: who likes thousands of items says less of any two of them, and what regularises
    stays what it was.
    """
    counts = np.diff(likes.indptr)
    weights = np.maximum(counts, 1).astype(np.float64) ** -people
    weights *= likes.nnz / max(float(weights @ counts), 1e-12)
    weighted = likes.astype(np.float32)
    weighted.data = weights.astype(np.float32)[rows_of(likes)]
    return sparse.csr_array(weighted.T @ likes.astype(np.float32))
