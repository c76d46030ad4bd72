"""The sieve: what was added is never missed, and hardly anything else is taken for it."""

import numpy as np

from graph.sieve import Sieve


def test_what_was_added_falls_through_and_hardly_anything_else() -> None:
    rng = np.random.default_rng(7)
    added, others = np.split(rng.integers(-(2**63), 2**63 - 1, 400_000), 2)
    sieve = Sieve()
    assert not sieve.fall_through(added).any()
    sieve.add(added[:1])
    sieve.add(added[1:])
    assert sieve.fall_through(added).all()
    assert sieve.fall_through(others).mean() < 0.001


def test_the_ends_of_the_numbers_are_numbers_too() -> None:
    ends = np.array([-(2**63), -1, 0, 1, 2**63 - 1])
    sieve = Sieve()
    assert not sieve.fall_through(ends).any()
    sieve.add(ends)
    assert sieve.fall_through(ends).all()
