"""The blend adds up, is measured as its parts deserve, and keeps the contract."""

import numpy as np
import pytest

from graph.snapshot import Snapshot
from graph.walks import Walks
from models.blend import Blend, Member, spread, weighed, weights_of
from models.ease import fit_ease
from models.gnn import fit_gnn
from models.measuring import Bench
from models.popularity import fit_popularity
from models.rank import Ranker, profile, training
from models.slim import fit_slim
from models.split import validation
from models.walk import WalkRanker, fit_walk
from tests.contracts.ranker_contract import RankerContract, two_camps

pytest.importorskip("torch_geometric")

from models.gnn_training import Config

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
