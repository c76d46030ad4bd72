"""A shuffled graph keeps every degree and no pattern."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.controls import shuffled_attributes, without_attributes
from tests.arrays import snapshot_from


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.5))
def test_degrees_are_kept_and_pairs_stay_single(seed: int, share: float) -> None:
    generator = np.random.default_rng(seed)
    pairs = [(int(a), int(b)) for a, b in np.argwhere(generator.random((30, 12)) < share)]
    snapshot = snapshot_from(1, 30, [(0, 0)], {"has": (12, pairs)})
    made = shuffled_attributes(snapshot, generator)
    old, new = snapshot.links("has").matrix(), made.snapshot.links("has").matrix()
    assert made.doubled == old.nnz - new.nnz
    if not made.doubled:
        assert old.sum(axis=0).tolist() == new.sum(axis=0).tolist()
        assert old.sum(axis=1).tolist() == new.sum(axis=1).tolist()


def test_a_sparse_graph_is_shuffled_well() -> None:
    pairs = [(item, (item + step) % 50) for item in range(100) for step in range(3)]
    snapshot = snapshot_from(1, 100, [(0, 0)], {"has": (50, pairs)})
    made = shuffled_attributes(snapshot, np.random.default_rng(3))
    assert made.doubled == 0
    assert made.moved > 0.85
    assert made.snapshot.version != snapshot.version


def test_a_full_graph_cannot_be_shuffled_and_says_so() -> None:
    snapshot = snapshot_from(1, 3, [(0, 0)], {"has": (1, [(0, 0), (1, 0), (2, 0)])})
    made = shuffled_attributes(snapshot, np.random.default_rng(3))
    assert (made.moved, made.doubled) == (0.0, 0)


def test_without_attributes_only_the_likes_stay() -> None:
    snapshot = snapshot_from(1, 2, [(0, 0)], {"has": (1, [(0, 0), (1, 0)])})
    made = without_attributes(snapshot)
    assert made.links("has").size == 0
    assert made.links("has", reverse=True).shape == (1, 2)
    assert made.likes().size == 1
