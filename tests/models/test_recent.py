"""What was liked last counts most, a score is a sum over likes, and the blend tells it by like."""

import numpy as np
import pytest
from scipy import sparse

from graph.snapshot import Snapshot
from models.blend import HISTORY, NEIGHBOURS, Blend, Member, weighed
from models.ease import fit_ease
from models.fitting import paced
from models.item_item import ItemItem
from models.live import moved
from models.measuring import Bench
from models.rank import Ranker, profile, training
from models.recent import Recent, faded
from models.slim import fit_slim
from models.split import validation
from models.wider import Wider
from tests.arrays import links_of, snapshot_from
from tests.contracts.ranker_contract import RankerContract, two_camps

__all__ = ["two_camps"]

# Liking 0 speaks for 2 with 1.0, liking 1 for 3 with 0.5.
SAYS = sparse.csr_array(([1.0, 0.5], ([0, 1], [2, 3])), shape=(4, 4))
NEAR = ItemItem("slim", SAYS, np.ones(4, dtype=np.bool_))


class TestRecent(RankerContract):
    reads_order = True

    def fit(self, snapshot: Snapshot) -> Ranker:
        return Recent(fit_ease(training(snapshot), regularisation=5.0), pace=3.0)


def test_each_like_counts_the_less_the_more_came_after_it() -> None:
    both = sparse.csr_array(sparse.vstack([profile(4, [3, 0, 1]), profile(4, [2])]))
    made = faded(both, pace=2.0)
    assert made.toarray().tolist() == [
        pytest.approx([np.exp(-0.5), 1.0, 0.0, np.exp(-1.0)]),
        [0.0, 0.0, 1.0, 0.0],
    ]


def test_who_liked_it_last_is_shown_what_is_near_it() -> None:
    ranker = Recent(NEAR, pace=1.0)
    first, last = (ranker.scores(profile(4, liked))[0] for liked in ([0, 1], [1, 0]))
    assert first[3] > first[2] == pytest.approx(np.exp(-1.0))
    assert last[2] == 1.0 > last[3]


@pytest.mark.parametrize("fit", [fit_ease, fit_slim])
def test_a_score_is_the_sum_of_its_parts(two_camps: Snapshot, fit: type[ItemItem]) -> None:
    ranker = Recent(fit(training(two_camps)), pace=2.0)  # type: ignore[call-arg, arg-type]
    parts = ranker.parts([0, 6, 1], 2)
    assert sum(parts.values()) == pytest.approx(ranker.scores(profile(12, [0, 6, 1]))[0, 2])
    assert parts[1] > parts[0]


def blend() -> Blend:
    return Blend((Member(NEAR, 1.0), Member(Recent(NEAR, 1.0), 2.0)), items=4)


def test_a_blend_tells_neighbours_and_history_by_like() -> None:
    told = blend().breakdown([0, 1], 2)
    parts = {part.walk: part.amount for part in told.contributions}
    said = blend().by_liked([0, 1], 2)
    assert set(said) == set(parts) == {NEIGHBOURS, HISTORY}
    assert {walk: list(by) for walk, by in said.items()} == {NEIGHBOURS: [0], HISTORY: [0]}
    assert {walk: sum(by.values()) for walk, by in said.items()} == pytest.approx(parts)


def test_an_item_that_is_new_since_training_has_no_history(two_camps: Snapshot) -> None:
    wide = Blend(
        tuple(Member(Wider(each.ranker, 4, 6), each.weight) for each in blend().members), items=6
    )
    assert wide.by_liked([0, 5], 5) == {}
    parts = {part.walk: part.amount for part in wide.breakdown([0, 5], 2).contributions}
    assert wide.by_liked([0, 5], 2)[HISTORY][0] == pytest.approx(parts[HISTORY])
    assert moved(wide, two_camps, two_camps, "item") is wide


def habits() -> Snapshot:
    """Everybody likes items at random, but each item that somebody likes leads to its neighbour:
    after item n comes n + 1 more often than not."""
    generator = np.random.default_rng(3)
    likes, times = [], []
    for user in range(120):
        at = int(generator.integers(30))
        there: dict[int, int] = {}
        for time in range(12):
            there[at] = time
            at = (at + 1) % 30 if generator.random() < 0.8 else int(generator.integers(30))
        likes += [(user, item) for item in there]
        times += there.values()
    return snapshot_from(120, 30, links_of((120, 30), likes, times=times), {})


def test_where_the_last_like_leads_on_a_blend_hears_it() -> None:
    bench = Bench.of(validation(habits(), 1), 1)
    near = fit_ease(training(bench.made.train), regularisation=20.0)
    _, without = weighed([near], bench)
    pace, weights, found = paced([near], near, bench)
    assert weights[1] > 0
    assert pace == found["likes fade in"]
    assert found["NDCG@20 together"] > without["NDCG@20 together"]  # type: ignore[operator]
