"""Item-item matrices as sparse products, made block by block so that memory stays bounded."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# A block of the product is dense in the worst case: 32 million cells are 0.4 GB.
_CELLS = 32_000_000


def neighbours(left: sparse.csr_array, right: sparse.csr_array, k: int | None) -> sparse.csr_array:
    """`left @ right` (items x middles, middles x items) without its diagonal.

    With `k`, each row keeps its k largest values; of equals, the earlier columns. Values are
    float64 and columns sorted.
    """
    items = left.shape[0]
    block = max(1, _CELLS // max(right.shape[1], 1))
    parts = []
    for start in range(0, items, block):
        part = sparse.csr_array(left[start : start + block] @ right)
        rows = rows_of(part)
        keep = part.indices != rows + start
        if k is not None:
            keep &= _largest(part, rows, np.where(keep, part.data, -np.inf), k)
        parts.append(kept(part, keep))
    if not parts:
        return sparse.csr_array((items, right.shape[1]), dtype=np.float64)
    made = sparse.csr_array(sparse.vstack(parts, format="csr"))
    made.sort_indices()
    return made


def strongest(matrix: sparse.csr_array, k: int) -> sparse.csr_array:
    """Each row's k largest stored values; of equals, the earlier columns."""
    return kept(matrix, _largest(matrix, rows_of(matrix), matrix.data, k))


def rows_of(matrix: sparse.csr_array) -> NDArray[np.int64]:
    """The row of each stored value."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))


def kept(matrix: sparse.csr_array, mask: NDArray[np.bool_]) -> sparse.csr_array:
    """The stored values where `mask` (one per stored value) is true."""
    before = np.concatenate([[0], np.cumsum(mask)])
    return sparse.csr_array(
        (matrix.data[mask], matrix.indices[mask], before[matrix.indptr]), shape=matrix.shape
    )


def gathered(
    matrix: sparse.csr_array, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All stored values of some rows, with neither a copy of the matrix nor a loop.

    Gives, per value: the position of its row in `rows`, its column, its place in `matrix.data`.
    """
    starts = matrix.indptr[rows].astype(np.int64)
    counts = matrix.indptr[rows + 1].astype(np.int64) - starts
    owner = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
    first = np.cumsum(counts) - counts
    places = np.arange(len(owner), dtype=np.int64) + (starts - first)[owner]
    return owner, matrix.indices[places].astype(np.int64), places


def _largest(
    matrix: sparse.csr_array, rows: NDArray[np.int64], values: NDArray[np.float64], k: int
) -> NDArray[np.bool_]:
    counts = np.diff(matrix.indptr)
    if not len(values) or counts.max() <= k:
        return np.ones(len(values), dtype=np.bool_)
    order = np.lexsort((matrix.indices, -values, rows))
    place = np.arange(len(values)) - np.repeat(matrix.indptr[:-1].astype(np.int64), counts)
    mask = np.zeros(len(values), dtype=np.bool_)
    mask[order[place < k]] = True
    return mask
