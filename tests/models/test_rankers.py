"""Each ranker keeps the contract and gives the numbers of its paper on data small enough to see."""

import numpy as np
import pytest
from scipy import sparse

from graph.errors import InputError
from graph.snapshot import Snapshot
from models.ease import fit_ease
from models.item_knn import fit_item_knn
from models.p3 import fit_p3
from models.popularity import fit_popularity
from models.rank import Ranker, profile, training
from models.slim import fit_slim
from models.walk import fit_walk
from tests.contracts.ranker_contract import RankerContract, two_camps

__all__ = ["two_camps"]

# User 0 likes items 0 and 1, user 1 likes 1, user 2 likes 1 and 2.
LIKES = sparse.csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]])


class TestPopularity(RankerContract):
    personal = False

    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_popularity(training(snapshot))

    def test_counts_likes(self) -> None:
        assert fit_popularity(LIKES).scores(profile(3, [2])).tolist() == [[1.0, 3.0, 1.0]]


class TestItemKnn(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_item_knn(training(snapshot), k=5)

    def test_cosines_by_hand(self) -> None:
        # One shared user: 1 / sqrt(1 * 3); items 0 and 2 share none.
        scores = fit_item_knn(LIKES).scores(profile(3, [0]))
        assert scores[0].tolist() == pytest.approx([0.0, 1 / np.sqrt(3), 0.0])

    def test_only_the_nearest_of_the_scored_item_count(self) -> None:
        likes = sparse.csr_array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
        scores = fit_item_knn(likes, k=1).scores(profile(3, [1]))
        # The nearest of item 0 is item 1; the nearest of item 2 is item 0, the earlier of two.
        assert scores[0].tolist() == pytest.approx([1.0, 0.0, 0.0])

    def test_shrinkage_by_hand(self) -> None:
        scores = fit_item_knn(LIKES, shrink=2.0).scores(profile(3, [0]))
        assert scores[0].tolist() == pytest.approx([0.0, 1 / (np.sqrt(3) + 2), 0.0])


class TestP3(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_p3(training(snapshot))

    def test_transition_probabilities_by_hand(self) -> None:
        # From item 0 surely to user 0, from there to item 1 with 1/2.
        # From item 1 to each user with 1/3: 0 by user 0 and 2 by user 2, each 1/3 * 1/2.
        ranker = fit_p3(LIKES)
        assert ranker.scores(profile(3, [0]))[0].tolist() == pytest.approx([0, 1 / 2, 0])
        assert ranker.scores(profile(3, [1]))[0].tolist() == pytest.approx([1 / 6, 0, 1 / 6])

    def test_alpha_and_beta_by_hand(self) -> None:
        ranker = fit_p3(LIKES, alpha=2.0, beta=0.5)
        assert ranker.name == "rp3"
        scores = ranker.scores(profile(3, [0]))[0]
        assert scores.tolist() == pytest.approx([0, 1 / 4 / np.sqrt(3), 0])


class TestEase(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_ease(training(snapshot), regularisation=1.0)

    def test_agrees_with_the_papers_formula(self) -> None:
        generator = np.random.default_rng(2)
        likes = (generator.random((50, 9)) < 0.4).astype(np.float64)
        likes[:, 0] = 1.0
        inverse = np.linalg.inv(likes.T @ likes + 3.0 * np.eye(9))
        weights = np.eye(9) - inverse / np.diag(inverse)
        found = fit_ease(sparse.csr_array(likes), regularisation=3.0).scores(
            sparse.csr_array(likes)
        )
        np.testing.assert_allclose(found, likes @ weights, atol=1e-4)

    def test_people_and_popular_items_are_weighed_as_told(self) -> None:
        likes = (np.random.default_rng(2).random((50, 9)) < 0.4).astype(np.float64)
        likes[:, 0] = 1.0
        people = likes.sum(axis=1) ** -0.5
        people *= likes.sum() / (people @ likes.sum(axis=1))
        gram = likes.T @ (people[:, None] * likes)
        strength = 3.0 * np.sqrt(np.diag(gram) / np.diag(gram).mean())
        inverse = np.linalg.inv(gram + np.diag(strength))
        found = fit_ease(
            sparse.csr_array(likes), regularisation=3.0, people=0.5, popular=0.5
        ).scores(sparse.csr_array(likes))
        weights = np.eye(9) - inverse / np.diag(inverse)
        np.testing.assert_allclose(found, likes @ weights, atol=1e-4)

    def test_too_large_is_said_before_memory_is_gone(self) -> None:
        with pytest.raises(InputError, match="0 GB for 3 items"):
            fit_ease(LIKES, most_items=2)


class TestSlim(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_slim(training(snapshot), smoothing=1.0)

    def test_no_other_weights_explain_an_item_better(self) -> None:
        """The conditions of Karush, Kuhn and Tucker: where a weight is above zero the slope is
        zero, elsewhere going up costs."""
        likes = (np.random.default_rng(2).random((50, 9)) < 0.4).astype(np.float64)
        fitted = fit_slim(
            sparse.csr_array(likes), sparsity=1.0, smoothing=3.0, people=0.0, sweeps=100
        )
        weights = np.eye(9) @ fitted.matrix
        assert (weights >= 0).all() and not weights.diagonal().any()
        gram = likes.T @ likes
        slope = gram @ weights - gram + 3.0 * weights + 1.0
        others = ~np.eye(9, dtype=bool)
        used = others & (weights > 0)
        assert used.sum() > 9
        np.testing.assert_allclose(slope[used], 0.0, atol=1e-3)
        assert (slope[others & ~used] > -1e-3).all()

    def test_only_the_nearest_are_looked_at(self) -> None:
        likes = sparse.csr_array((np.random.default_rng(2).random((50, 9)) < 0.4).astype(float))
        matrix = np.eye(9) @ fit_slim(likes, k=2, sparsity=0.1, smoothing=1.0).matrix
        assert ((matrix > 0).sum(axis=0) <= 2).all()

    def test_too_large_is_said_before_memory_is_gone(self) -> None:
        with pytest.raises(InputError, match="0 GB for 3 items"):
            fit_slim(LIKES, most_items=2)


class TestWalk(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_walk(snapshot, seed=1)

    def test_a_large_catalogue_is_fitted_as_a_small_one(
        self, two_camps: Snapshot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small = fit_walk(two_camps, seed=1).walks.model
        monkeypatch.setattr("models.walk._SMALL", 0)
        large = fit_walk(two_camps, seed=1).walks.model
        assert (small.neighbours, large.neighbours) == (None, 500)
        assert large.walks[0] == small.walks[0]
