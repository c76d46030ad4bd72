"""The blend adds up, is measured as its parts deserve, and keeps the contract."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from graph.snapshot import Snapshot
from graph.walks import Walks
from models.blend import (
    Blend,
    Member,
    few_up_to,
    spread,
    spread_out,
    weighed,
    weights_of,
)
from models.ease import fit_ease
from models.gnn import Config, fit_gnn
from models.measuring import Bench, shortened
from models.popularity import fit_popularity
from models.rank import Ranker, profile, training
from models.slim import fit_slim
from models.split import validation
from models.walk import WalkRanker, fit_walk
from tests.contracts.ranker_contract import RankerContract, two_camps

pytest.importorskip("torch_geometric")


__all__ = ["two_camps"]


def blend_of(snapshot: Snapshot) -> Blend:
    likes = training(snapshot)
    return Blend(
        (
            Member(fit_walk(snapshot, seed=1), 0.5),
            Member(fit_ease(likes, regularisation=5.0), 1.0),
            Member(fit_gnn(snapshot, 1, config=Config(embedding_size=8, steps=80)), 2.0),
        ),
        items=12,
        facts={"note": "made by hand"},
    )


class TestBlend(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return blend_of(snapshot)


def test_the_parts_add_up_to_the_score(two_camps: Snapshot) -> None:
    blend = blend_of(two_camps)
    told = blend.breakdown([0, 1], 3)
    assert told.score == pytest.approx(blend.scores(profile(12, [0, 1]))[0, 3])
    total = sum(part.amount for part in told.contributions) + told.remainder
    assert total == pytest.approx(told.score)
    assert sum(part.share for part in told.contributions) == pytest.approx(1.0)
    assert all(part.share > 0 for part in told.contributions)
    assert {part.walk for part in told.contributions} == {"people", "neighbours", "embedding"}
    assert told.item == "item:3"


def test_it_ranks_as_a_sum_of_z_scores_does(two_camps: Snapshot) -> None:
    blend, who = blend_of(two_camps), training(two_camps)[[4]]
    known = np.arange(11)
    total = np.zeros(11)
    for member in blend.members:
        scores = np.nan_to_num(member.ranker.scores(who)[0, known])
        total += member.weight * (scores - scores.mean()) / scores.std()
    found = blend.scores(who)[0, known]
    np.testing.assert_allclose(found - found.mean(), total - total.mean(), rtol=1e-9)


def test_spread_leaves_out_what_is_unknown() -> None:
    scores = np.array([[1.0, 3.0, np.nan], [2.0, 2.0, 2.0]])
    assert spread(scores)[:, 0].tolist() == [1.0, 1.0]


def test_a_member_that_is_of_no_use_gets_no_weight(two_camps: Snapshot) -> None:
    bench = Bench.of(validation(two_camps, 1), 1)
    likes = training(bench.made.train)

    class Noise:
        name = "noise"

        def scores(self, profiles: object) -> np.ndarray:
            return np.random.default_rng(0).random((profiles.shape[0], 12))  # type: ignore[attr-defined]

    inside = [fit_ease(likes, regularisation=5.0), Noise()]
    weights, facts = weighed(inside, bench)  # type: ignore[arg-type]
    assert weights[0] == 1.0
    assert weights[1] <= 0.1
    assert facts["NDCG@20 together"] >= facts["NDCG@20 of ease alone"]  # type: ignore[operator]


def test_walks_of_weight_nothing_leave_a_blend_that_still_adds_up(two_camps: Snapshot) -> None:
    likes = training(two_camps)
    members = (Member(fit_ease(likes, regularisation=5.0), 1.0), Member(fit_popularity(likes), 1.0))
    told = Blend(members, items=12).breakdown([0, 1], 3)
    assert told.score == pytest.approx(sum(part.amount for part in told.contributions))


def test_neighbours_of_several_members_are_one_part(two_camps: Snapshot) -> None:
    likes = training(two_camps)
    blend = Blend(
        (
            Member(fit_ease(likes, regularisation=5.0), 1.0),
            Member(fit_slim(likes, smoothing=1.0), 0.5),
        ),
        items=12,
    )
    told = blend.breakdown([0, 1], 3)
    assert [part.walk for part in told.contributions] == ["neighbours"]
    assert told.contributions[0].amount == pytest.approx(told.score)
    assert weights_of(blend) == {"neighbours (ease)": 1.0, "neighbours (slim)": 0.5}


def test_a_walk_ranker_alone_is_itself(two_camps: Snapshot) -> None:
    walk = fit_walk(two_camps, seed=1)
    assert isinstance(walk, WalkRanker) and isinstance(walk.walks, Walks)
    own, blended = (
        walk.breakdown([0, 1], 3),
        Blend((Member(walk, 1.0),), items=12).breakdown([0, 1], 3),
    )
    assert [p.share for p in own.contributions] == pytest.approx(
        [p.share for p in blended.contributions]
    )


def for_few(snapshot: Snapshot) -> Blend:
    likes = training(snapshot)
    usual = fit_ease(likes, regularisation=5.0)
    smooth = replace(fit_ease(likes, regularisation=500.0), name="ease_few")
    return Blend((Member(usual, 1.0, 0.5), Member(smooth, 0.0, 2.0)), items=12, most=2)


class TestBlendForFew(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return for_few(snapshot)


def test_people_of_whom_few_likes_are_known_have_weights_of_their_own(two_camps: Snapshot) -> None:
    blend = for_few(two_camps)
    usual, smooth = (member.ranker for member in blend.members)
    few, many = profile(12, [0, 1]), profile(12, [0, 1, 2])
    both = sparse.csr_array(sparse.vstack([few, many]))
    wanted = 0.5 * spread_out(usual.scores(few)) + 2.0 * spread_out(smooth.scores(few))
    known = usual.known  # type: ignore[attr-defined]
    np.testing.assert_allclose(blend.scores(both)[0, known], wanted[0, known])
    np.testing.assert_allclose(
        blend.scores(both)[1, known], spread_out(usual.scores(many))[0, known]
    )
    for liked in ([0, 1], [0, 1, 2]):
        score = blend.scores(profile(12, liked))[0, 3]
        assert blend.breakdown(liked, 3).score == pytest.approx(score)
    assert weights_of(blend) == {
        "neighbours (ease)": 1.0,
        "neighbours (ease), up to 2 likes": 0.5,
        "neighbours (ease_few), up to 2 likes": 2.0,
    }


def test_few_ends_where_the_usual_weights_are_as_good(two_camps: Snapshot) -> None:
    bench = Bench.of(validation(two_camps, 1), 1)
    inside = [fit_popularity(training(bench.made.train)), fit_ease(training(bench.made.train))]
    assert few_up_to(inside, [1.0, 0.0], [0.0, 1.0], bench)[0] == 20
    assert few_up_to(inside, [0.0, 1.0], [1.0, 0.0], bench)[0] == 0


def test_so_many_likes_are_told_and_no_more() -> None:
    likes = sparse.csr_array(np.array([[1.0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 0, 1]]))
    told = shortened(likes, 2, np.random.default_rng(1))
    assert np.diff(told.indptr).tolist() == [2, 1, 0, 2]
    assert (told.toarray() <= likes.toarray()).all()
    assert np.diff(shortened(likes, 9, np.random.default_rng(1)).indptr).tolist() == [4, 1, 0, 3]
