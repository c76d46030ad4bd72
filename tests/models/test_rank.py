"""What callers do with scores."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from models.rank import batches, profile, top

NAN = np.nan


def test_the_best_first_without_what_was_seen() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.7]])
    items, found = top(scores, profile(4, [1]), 2)
    assert (items.tolist(), found.tolist()) == ([[3, 2]], [[0.7, 0.5]])


def test_of_equals_the_earlier_row() -> None:
    items, _ = top(np.array([[1.0, 2.0, 1.0, 2.0, 1.0]]), None, 3)
    assert items.tolist() == [[1, 3, 0]]


def test_too_few_are_filled_up_with_nothing() -> None:
    items, found = top(np.array([[NAN, 3.0, NAN]]), None, 2)
    assert items.tolist() == [[1, -1]]
    assert np.isnan(found).tolist() == [[False, True]]


def test_k_may_be_larger_than_the_catalogue() -> None:
    assert top(np.array([[1.0, 2.0]]), None, 10)[0].tolist() == [[1, 0]]


@given(
    hnp.arrays(np.float64, (3, 7), elements=st.sampled_from([NAN, 0.0, 1.0, 2.0])),
    st.integers(1, 7),
)
def test_agrees_with_a_plain_sort(scores: np.ndarray, k: int) -> None:
    items, _ = top(scores, None, k)
    for row, line in enumerate(scores):
        wanted = sorted((i for i in range(7) if not np.isnan(line[i])), key=lambda i: (-line[i], i))
        assert [i for i in items[row] if i >= 0] == wanted[:k]


def test_batches_cover_everybody_once() -> None:
    matrix = sparse.csr_array(np.eye(5))
    assert [rows for rows, _ in batches(matrix)] == [slice(0, 5)]
