"""The sequence encoder hears the order, adds up over what was liked, and repeats itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from graph.errors import InputError
from graph.links import NO_TIME
from graph.snapshot import Snapshot
from models.blend import Blend, Member
from models.popularity import fit_popularity
from models.rank import Ranker, in_order, profile, top, training
from models.run import Run
from models.sequence import Config, SequenceRanker, fit_sequence, windows
from tests.arrays import links_of, snapshot_from
from tests.contracts.ranker_contract import RankerContract, two_camps_of

pytest.importorskip("torch_geometric")
import torch

from models.sequence_training import Trainer

SMALL = Config(embedding_size=8, heads=2, length=6, steps=160, every=80, learning_rate=5e-3)


@pytest.fixture(scope="module")
def two_camps() -> Snapshot:
    """The contract's two camps; everybody likes in the order of the items."""
    return two_camps_of(timed=True)


@pytest.fixture(scope="module")
def fitted(two_camps: Snapshot) -> SequenceRanker:
    return fit_sequence(two_camps, seed=1, config=SMALL)


class TestSequence(RankerContract):
    reads_order = True

    @pytest.fixture(autouse=True)
    def _fitted(self, fitted: SequenceRanker) -> None:
        self.fitted = fitted

    def fit(self, snapshot: Snapshot) -> Ranker:
        return self.fitted


@pytest.fixture(scope="module")
def pairs_in_order() -> Snapshot:
    """Items 0-9: after an even one always comes the odd one behind it.

    Everybody likes three such pairs, which and in what order by chance.
    """
    generator = np.random.default_rng(7)
    likes, times = [], []
    for user in range(120):
        for place, pair in enumerate(generator.permutation(5)[:3].tolist()):
            likes += [(user, 2 * pair), (user, 2 * pair + 1)]
            times += [10 * place, 10 * place + 1]
    return snapshot_from(120, 10, links_of((120, 10), likes, times=times))


def test_what_always_comes_next_is_found_by_order_alone(pairs_in_order: Snapshot) -> None:
    """Who liked the first items of two pairs: only the order says which pair is half done."""
    config = Config(
        embedding_size=16, heads=2, length=6, masked=0.0, ahead=1, steps=400, learning_rate=5e-3
    )
    trainer = Trainer(pairs_in_order, config, 1, Run(), None, "it")
    trainer.until(config.steps)
    ranker = trainer.ranker({})
    popular = fit_popularity(training(pairs_in_order))
    right = {"sequence": 0, "popularity": 0}
    asked = [(one, other) for one in range(5) for other in range(5) if one != other]
    for one, other in asked:
        history = profile(10, [2 * other, 2 * one])
        for name, each in (("sequence", ranker), ("popularity", popular)):
            found = top(each.scores(history), history, 1)[0][0, 0]
            right[name] += int(found == 2 * one + 1)
    assert right["sequence"] >= 18 > 8 > right["popularity"]


def test_a_score_is_the_sum_of_what_each_liked_item_says(fitted: SequenceRanker) -> None:
    for liked in ([3], [0, 1, 2], [4, 0, 9, 5, 6, 1, 2, 8]):
        scores = fitted.scores(profile(12, liked))[0]
        for item in range(10):
            parts = fitted.parts(liked, item)
            assert set(parts) == set(liked[-SMALL.length :])
            assert sum(parts.values()) == pytest.approx(scores[item], abs=1e-12)


def test_only_the_last_likes_are_heard_and_unknown_items_take_no_place(
    fitted: SequenceRanker,
) -> None:
    long, short = [9, 8, 0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]
    last, told, whole = (
        fitted.scores(profile(12, each)) for each in (short, long, [*short[:3], 11, *short[3:]])
    )
    np.testing.assert_array_equal(told, last)
    np.testing.assert_array_equal(whole, last)
    assert np.isnan(fitted.scores(profile(12, [11]))).all()


def test_serving_needs_no_torch_and_says_what_torch_says(
    two_camps: Snapshot, fitted: SequenceRanker
) -> None:
    trainer = Trainer(two_camps, fitted.config, 1, Run(), None, "training")
    trainer.until(20)
    ranker, network = trainer.ranker({}), trainer.network.eval()
    likes = in_order(two_camps)
    ends = likes.indptr.astype(np.int64)
    items, there = windows(likes.indices, ends[:-1], ends[1:], SMALL.length)
    with torch.no_grad():
        wanted = network.users(torch.from_numpy(items), torch.from_numpy(there)).numpy()
    np.testing.assert_allclose(ranker.users(likes), wanted, atol=1e-5)


def test_the_same_seed_learns_the_same_and_no_row_of_a_person_is_kept(
    two_camps: Snapshot, fitted: SequenceRanker
) -> None:
    again = fit_sequence(two_camps, seed=1, config=SMALL)
    np.testing.assert_array_equal(again.outward, fitted.outward)
    assert all(array.shape[0] != 40 for array in fitted.state().arrays.values())
    other = fit_sequence(two_camps, seed=2, config=SMALL)
    assert not np.array_equal(other.outward, fitted.outward)


def test_a_training_goes_on_from_its_checkpoint(two_camps: Snapshot, tmp_path: Path) -> None:
    whole = Trainer(two_camps, SMALL, 1, Run(), None, "it")
    whole.until(SMALL.steps)
    Trainer(two_camps, SMALL, 1, Run(tmp_path), None, "it").until(100)
    rest = Trainer(two_camps, SMALL, 1, Run(tmp_path), None, "it")
    assert rest.step == 80
    rest.until(SMALL.steps)
    np.testing.assert_array_equal(rest.ranker({}).outward, whole.ranker({}).outward)
    np.testing.assert_array_equal(
        rest.ranker({}).weights["place"], whole.ranker({}).weights["place"]
    )


def test_in_a_blend_it_is_one_part_and_the_parts_add_up(fitted: SequenceRanker) -> None:
    liked = [0, 3, 1]
    popular = fit_popularity(sparse.csr_array(np.eye(12)))
    blend = Blend((Member(fitted, 1.0), Member(popular, 0.5)), 12)
    told = blend.breakdown(liked, 2)
    assert told.score == pytest.approx(blend.scores(profile(12, liked))[0, 2])
    assert sum(part.amount for part in told.contributions) == pytest.approx(told.score)
    assert {part.walk for part in told.contributions} == {"history", "neighbours"}


def test_without_times_there_is_no_order_to_learn() -> None:
    links: Callable[[list[int]], Snapshot] = lambda times: snapshot_from(  # noqa: E731
        1, 2, links_of((1, 2), [(0, 0), (0, 1)], times=times)
    )
    with pytest.raises(InputError, match="no order to learn"):
        fit_sequence(links([3, NO_TIME]), seed=1)
    np.testing.assert_array_equal(in_order(links([5, 3])).indices, [1, 0])
    np.testing.assert_array_equal(in_order(links([3, NO_TIME])).indices, [1, 0])
