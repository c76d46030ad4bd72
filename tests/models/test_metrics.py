"""Metrics by hand, and against an independent definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import Qrel as Judgement
from ir_measures import R as Recalled
from ir_measures import ScoredDoc, iter_calc, nDCG
from scipy import sparse

from models.metrics import coverage, gini, hits, intervals, ndcg, recall

RANKED = np.array([[2, 0, 1], [1, 2, -1]])
HELD_OUT = sparse.csr_array([[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0]])
HELD = np.array([3, 1])


def test_hits() -> None:
    assert hits(RANKED, HELD_OUT).tolist() == [[True, True, False], [False, True, False]]


def test_recall_divides_by_all_held_out_items() -> None:
    hit = hits(RANKED, HELD_OUT)
    assert recall(hit, HELD, 2).tolist() == pytest.approx([2 / 3, 1.0])
    assert recall(hit, HELD, 1).tolist() == pytest.approx([1 / 3, 0.0])


def test_ndcg_by_hand() -> None:
    second = 1 / np.log2(3)
    ideal = 1 + second + 0.5
    found = ndcg(hits(RANKED, HELD_OUT), HELD, 3)
    assert found.tolist() == pytest.approx([(1 + second) / ideal, second])


def test_coverage_and_gini() -> None:
    assert coverage(RANKED, 4) == 0.75
    assert gini(np.array([[0], [1], [2], [3]]), 4) == 0.0
    # All four shown the same one of four items: (2 * 4 - 4 - 1) * 4 / (4 * 4).
    assert gini(np.array([[3], [3], [3], [3]]), 4) == 0.75
    assert np.isnan(gini(np.array([[-1]]), 4))


def test_intervals_hold_the_mean_and_shrink_with_users() -> None:
    generator = np.random.default_rng(0)
    values = generator.random((10_000, 1))
    few, many = (intervals(values[:n], np.random.default_rng(1))[0] for n in (100, 10_000))
    assert few.low < few.mean < few.high
    # The textbook interval of a uniform mean: 1.96 * sqrt(1 / 12 / n) to either side.
    assert many.high - many.low == pytest.approx(2 * 1.96 * np.sqrt(1 / 12 / 10_000), rel=0.1)
    assert many == intervals(values, np.random.default_rng(1))[0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 8]))
def test_agrees_with_ir_measures(seed: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    users, items = 5, 12
    held = generator.random((users, items)) < 0.3
    held[:, 0] = True
    ranked = np.argsort(generator.random((users, items)), axis=1)[:, :8]
    judged = [Judgement(str(u), str(i), 1) for u, i in np.argwhere(held)]
    run = [
        ScoredDoc(str(u), str(i), float(-place))
        for u in range(users)
        for place, i in enumerate(ranked[u])
    ]
    found = {
        (m.measure, int(m.query_id)): m.value
        for m in iter_calc([nDCG @ k, Recalled @ k], judged, run)
    }
    hit, counts = hits(ranked, sparse.csr_array(held.astype(float))), held.sum(axis=1)
    for user in range(users):
        assert ndcg(hit, counts, k)[user] == pytest.approx(found[nDCG @ k, user], abs=1e-4)
        assert recall(hit, counts, k)[user] == pytest.approx(found[Recalled @ k, user], abs=1e-4)
