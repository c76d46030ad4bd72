"""The content ranker places items that nobody has liked by what they are."""

import numpy as np
import pytest

from graph.errors import InputError
from graph.snapshot import Snapshot
from models import content
from models.content import fit_content
from models.controls import without_attributes
from models.rank import Ranker, profile, top, training
from models.run import Run
from models.text_hashing import HashingEncoder
from tests.arrays import snapshot_from
from tests.contracts.ranker_contract import RankerContract, two_camps

__all__ = ["two_camps"]


class TestContent(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_content(snapshot)


class TestContentWithTexts(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_content(snapshot, run=Run(encode=HashingEncoder(64).encode))


def planted() -> Snapshot:
    """Ten items of each of two colours, by hundreds; people like one colour. Items 0 and 10 have
    no likes."""
    generator = np.random.default_rng(2)
    likes = [
        (user, item)
        for user in range(60)
        for item in range(1, 20)
        if item != 10 and item // 10 == user % 2 and generator.random() < 0.6
    ]
    colours = [(item, item // 10) for item in range(20)]
    sizes = [(item, generator.integers(0, 5)) for item in range(20)]
    return snapshot_from(60, 20, likes, {"colour": (2, colours), "size": (5, sizes)})


def test_an_item_without_likes_is_placed_by_its_attributes() -> None:
    snapshot = planted()
    scores = fit_content(snapshot).scores(training(snapshot))
    assert not np.isnan(scores).any()
    prefers = scores[:, 0] > scores[:, 10]
    assert prefers.tolist() == [user % 2 == 0 for user in range(60)]


def test_without_attributes_nothing_is_known_of_it() -> None:
    snapshot = without_attributes(planted())
    assert np.isnan(fit_content(snapshot).scores(profile(20, [1]))).all()


def test_a_text_alone_places_an_item(toy: Snapshot) -> None:
    bare = without_attributes(toy)
    heat = toy.row("film:heat") - toy.rows("film").start
    scores = fit_content(bare, run=Run(encode=HashingEncoder().encode)).scores(profile(8, [heat]))
    assert np.isfinite(scores).all()


def test_numbers_are_alike_by_how_near_they_are(toy: Snapshot) -> None:
    numbers = content._numbers(toy, "released_in")
    assert numbers is not None
    start = toy.rows("film").start
    assert numbers[toy.row("film:heat") - start] == 1995
    assert content._numbers(toy, "stars") is None


def test_too_many_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_MOST_ITEMS", 5)
    with pytest.raises(InputError, match="up to 5 items, not 20"):
        fit_content(planted())


def test_the_best_of_the_cold_is_of_the_right_colour() -> None:
    snapshot = planted()
    allowed = np.zeros(20, dtype=np.bool_)
    allowed[[0, 10]] = True
    ranker = fit_content(snapshot)
    for user, cold in ((0, 0), (1, 10)):
        liked = training(snapshot)[[user]]
        assert top(ranker.scores(liked), liked, 1, allowed)[0][0].tolist() == [cold]
