"""Popularity: how many people like an item, the same for everybody."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.rank import Floats, State

NAME = "popularity"


@dataclass(frozen=True, slots=True)
class Popularity:
    """Scores every item by its likes; also for people of whom nothing is known."""

    likes: Floats
    name: str = NAME

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """The number of likes (users x items), never NaN."""
        return np.tile(self.likes, (profiles.shape[0], 1))

    def state(self) -> State:
        """The likes."""
        return State(arrays={"likes": self.likes})


def fit_popularity(likes: sparse.csr_array) -> Popularity:
    """Count likes (users x items)."""
    return Popularity(np.bincount(likes.indices, minlength=likes.shape[1]).astype(np.float64))


def restore(state: State) -> Popularity:
    """What `Popularity.state` gave."""
    return Popularity(np.asarray(state.arrays["likes"], dtype=np.float64))
