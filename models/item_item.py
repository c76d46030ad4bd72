"""`ItemItem`: rankers that are one item-item matrix, and differ only in how it is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.neighbours import rows_of
from models.rank import Floats, Options, State, arrays_of, csr

# Above this share of stored values a dense product is the faster one.
_DENSE = 0.2


@dataclass(frozen=True, slots=True)
class ItemItem:
    """score = profile @ matrix, where matrix[i, j] is what liking i says for j."""

    name: str
    matrix: sparse.csr_array | NDArray[np.floating]
    known: NDArray[np.bool_]
    options: Options = field(default_factory=dict)

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); NaN for an empty profile and for items that nobody likes."""
        matrix, liked = self.matrix, np.unique(profiles.indices)
        if isinstance(matrix, np.ndarray) and 2 * len(liked) < len(matrix):
            # A product makes a float64 copy of what it multiplies: not of the whole matrix.
            matrix, profiles = matrix[liked], sparse.csr_array(profiles[:, liked])
        product = profiles @ matrix
        dense = product.toarray() if sparse.issparse(product) else np.asarray(product)
        scores: Floats = dense.astype(np.float64, copy=False)
        scores[np.bincount(rows_of(profiles), minlength=len(scores)) == 0] = np.nan
        scores[:, ~self.known] = np.nan
        return scores

    def parts(self, liked: Sequence[int], item: int) -> dict[int, float]:
        """What each of the liked items (local rows) that say something adds to an item's score."""
        rows = np.array(list(dict.fromkeys(liked)), dtype=np.int64)
        said = np.asarray(self.matrix[rows, np.full(len(rows), item)]).ravel().tolist()
        return {row: amount for row, amount in zip(rows.tolist(), said, strict=True) if amount}

    def state(self) -> State:
        """The matrix, as it is or as a CSR's three arrays."""
        arrays: dict[str, NDArray[np.generic]] = {"known": self.known}
        if isinstance(self.matrix, np.ndarray):
            arrays["matrix"] = self.matrix
        else:
            arrays |= arrays_of(self.matrix)
        return State(self.options, arrays)


def item_item(
    name: str, matrix: sparse.csr_array, likes: sparse.csr_array, options: Options
) -> ItemItem:
    """An `ItemItem` that holds its matrix in the form whose product is fast."""
    items = matrix.shape[1]
    known = np.bincount(likes.indices, minlength=items) > 0
    held = matrix.toarray() if matrix.nnz > _DENSE * items * items else matrix
    return ItemItem(name, held, known, options)


def restore(name: str, state: State) -> ItemItem:
    """What `ItemItem.state` gave."""
    known = state.arrays["known"].astype(np.bool_)
    if "matrix" in state.arrays:
        weights = state.arrays["matrix"].astype(state.arrays["matrix"].dtype)
        return ItemItem(name, weights, known, state.options)
    matrix = csr(state.arrays, (len(known), len(known)))
    return ItemItem(name, matrix, known, state.options)
