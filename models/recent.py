"""The recent ranker: the neighbours of what somebody liked last (Ding and Li 2005, "Time weight
collaborative filtering").

    score(u, i) = sum over liked j of exp(-age_j / pace) * matrix[j, i]

`age_j` is how many likes came after j: 0 for the last one. It is counted in likes and not in days,
so that it means the same for somebody who comes once a year.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from graph.neighbours import rows_of
from models import item_item
from models.item_item import ItemItem
from models.rank import Floats, Likes, State, profile

NAME = "recent"


@dataclass(frozen=True, slots=True)
class Recent:
    """Neighbours as `near` knows them, of likes that fade: by a factor of e each `pace` likes."""

    near: ItemItem
    pace: float
    name: str = NAME

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """See `Ranker`; the columns of a row stand in the order in which the items were liked."""
        return self.near.scores(faded(profiles, self.pace))

    def parts(self, liked: Sequence[int], item: int) -> dict[int, float]:
        """What each of the liked items (local rows) that say something adds to an item's score."""
        who = faded(profile(len(self.near.known), list(liked)), self.pace)
        left = dict(zip(who.indices.tolist(), who.data.tolist(), strict=True))
        return {row: left[row] * said for row, said in self.near.parts(liked, item).items()}

    def state(self) -> State:
        """The neighbours' with their name, and the pace."""
        near = self.near.state()
        options = {"near": self.near.name, "options": json.dumps(dict(near.options))}
        return State({**options, "pace": self.pace}, near.arrays)


def restore(state: State) -> Recent:
    """What `Recent.state` gave."""
    near = State(json.loads(str(state.options["options"])), state.arrays)
    pace = float(str(state.options["pace"]))
    return Recent(item_item.restore(str(state.options["near"]), near), pace)


def faded(profiles: Likes, pace: float) -> Likes:
    """Profiles (users x items) in which each like counts the less the more came after it."""
    ends = profiles.indptr[1:].astype(np.int64)
    age = ends[rows_of(profiles)] - 1 - np.arange(profiles.nnz)
    parts = (profiles.data * np.exp(-age / pace), profiles.indices, profiles.indptr)
    return sparse.csr_array(parts, shape=profiles.shape)
