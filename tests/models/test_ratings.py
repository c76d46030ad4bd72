"""Baseline ratings on numbers that one can follow by hand."""

from pathlib import Path

import numpy as np
import pytest

from graph.errors import InputError
from graph.snapshot import Snapshot
from models.ratings import DAMPING_ITEM, DAMPING_USER, fit_ratings
from tests.toy import snapshot_of


def test_the_mean_and_both_differences(tmp_path: Path) -> None:
    edges = [
        ("user:a", "rated", "film:x", 5.0),
        ("user:b", "rated", "film:x", 5.0),
        ("user:a", "rated", "film:y", 2.0),
    ]
    snapshot = snapshot_of(tmp_path, edges, {})
    ratings = fit_ratings(snapshot)
    assert ratings.mean == 4.0
    assert ratings.scale == (2.0, 5.0)
    x, y = 2 / (2 + DAMPING_ITEM), -2 / (1 + DAMPING_ITEM)
    a = ((1 - x) + (-2 - y)) / (2 + DAMPING_USER)
    assert ratings.predict(0, 0) == pytest.approx(4 + x + a)
    assert ratings.given(0) == {0: 5.0, 1: 2.0}
    assert ratings.of_item(0) == (5.0, 2)


def test_it_stays_within_the_scale(toy: Snapshot) -> None:
    ratings = fit_ratings(toy)
    every = [
        ratings.predict(user, item)
        for user in range(toy.count("user"))
        for item in range(toy.count("film"))
    ]
    assert ratings.scale[0] <= min(every)
    assert max(every) <= ratings.scale[-1]


def test_an_item_nobody_rated_is_expected_like_the_user(tmp_path: Path) -> None:
    edges = [("user:a", "rated", "film:x", 1.0), ("user:b", "rated", "film:x", 3.0)]
    snapshot = snapshot_of(tmp_path, edges, {"film:z": "Z"})
    ratings = fit_ratings(snapshot)
    assert np.isnan(ratings.of_item(1)[0])
    assert ratings.predict(0, 1) == pytest.approx(2.0 - 1.0 / (1 + DAMPING_USER))


def test_likes_are_no_ratings(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [("user:a", "rated", "film:x", 1.0)], {})
    with pytest.raises(InputError, match="no ratings, only likes"):
        fit_ratings(snapshot)
