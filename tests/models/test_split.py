"""What is held out, and what is said about it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import InputError
from graph.snapshot import Snapshot
from models.split import split, validation
from tests.arrays import links_of, snapshot_from


def held(made: object) -> list[list[int]]:
    return np.argwhere(made.held_out.toarray()).tolist()  # type: ignore[attr-defined]


def test_the_catalogues_own_test_part_wins() -> None:
    links = links_of((2, 3), [(0, 0), (0, 1), (1, 2)], splits=["train", "test", ""])
    made = split(snapshot_from(2, 3, links), seed=1)
    assert held(made) == [[0, 1]]
    assert made.train.likes().matrix().toarray().tolist() == [[1, 0, 0], [0, 0, 1]]
    assert (made.how, made.duplicates, made.leaks) == ("the catalogue's own test part", 0, 0)


def test_leaks_and_duplicates_are_counted_and_leaks_not_tested() -> None:
    pairs = [(0, 0), (0, 0), (0, 1), (0, 1), (0, 2)]
    links = links_of((1, 3), pairs, splits=["train", "test", "train", "train", "test"])
    made = split(snapshot_from(1, 3, links), seed=1)
    assert (made.leaks, made.duplicates) == (1, 1)
    assert held(made) == [[0, 2]]
    assert made.train.likes().matrix().toarray().tolist() == [[1, 1, 0]]


def test_with_times_the_latest_fifth_is_held_out() -> None:
    links = links_of((1, 6), [(0, i) for i in range(6)], times=[5, 4, 99, 2, 1, 0])
    made = split(snapshot_from(1, 6, links), seed=1)
    assert held(made) == [[0, 2]]
    assert made.how == "the latest fifth of each user's likes"


def test_few_likes_are_all_kept() -> None:
    made = split(snapshot_from(2, 4, [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]), seed=1)
    assert made.held_out.sum(axis=1).tolist() == [0, 1]
    assert made.seen.sum(axis=1).tolist() == [2, 2]


def test_nothing_to_hold_out_is_said() -> None:
    with pytest.raises(InputError, match="nobody likes anything"):
        split(snapshot_from(2, 2, []), seed=1)


def test_what_is_known_but_not_liked_counts_as_seen(toy: Snapshot) -> None:
    made = split(toy, seed=1)
    film = toy.rows("film").start
    user = toy.row("user:1") - toy.rows("user").start
    assert made.seen[[user], [toy.row("film:alien") - film]].tolist() == [1.0]


def test_validation_never_touches_the_test_part() -> None:
    pairs = [(u, i) for u in range(5) for i in range(10)]
    links = links_of((5, 10), pairs, splits=["test" if i > 7 else "" for _, i in pairs])
    made = split(snapshot_from(5, 10, links), seed=1)
    inner = validation(made.train, seed=1)
    assert not inner.held_out.multiply(made.held_out).nnz
    assert not inner.train.likes().matrix().multiply(made.held_out).nnz


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_train_and_held_out_are_the_likes_and_share_nothing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    pairs = np.argwhere(generator.random((9, 12)) < 0.5)
    snapshot = snapshot_from(9, 12, [tuple(pair) for pair in pairs.tolist()])
    made, again = split(snapshot, seed), split(snapshot, seed)
    both = made.train.likes().matrix() + made.held_out
    assert both.toarray().tolist() == snapshot.likes().matrix().toarray().tolist()
    assert made.train.version == again.train.version
