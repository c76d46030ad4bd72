"""What somebody would rate an item: the mean, and how user and item differ from it, both damped.

    rating(u, i) = mean + b_i + b_u,  b_i = sum over ratings of i (r - mean) / (n_i + damping),
                                      b_u = sum over ratings of u (r - mean - b_i) / (n_u + damping)

Koren, "Factor in the Neighbors" (2010), baseline estimates with the usual damping.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.errors import InputError
from graph.snapshot import Snapshot

Floats = NDArray[np.float64]
DAMPING_ITEM, DAMPING_USER = 25.0, 10.0


@dataclass(frozen=True, slots=True)
class Ratings:
    """All ratings of one interaction: per edge `users`, `items` (local rows) and `values`.

    `scale` are the values that occur, smallest first.
    """

    relation: str
    users: NDArray[np.int64]
    items: NDArray[np.int64]
    values: Floats
    mean: float
    user_bias: Floats
    item_bias: Floats
    scale: tuple[float, ...]

    def predict(self, user: int, item: int) -> float:
        """The rating expected of a user for an item (local rows), within the scale."""
        raw = self.mean + self.user_bias[user] + self.item_bias[item]
        return float(np.clip(raw, self.scale[0], self.scale[-1]))

    def given(self, user: int) -> dict[int, float]:
        """What a user has rated: item (local row) to value."""
        here = self.users == user
        return dict(zip(self.items[here].tolist(), self.values[here].tolist(), strict=True))

    def of_item(self, item: int) -> tuple[float, int]:
        """An item's mean rating (NaN without any), and how many there are."""
        here = self.values[self.items == item]
        return (float(here.mean()) if len(here) else float("nan")), len(here)


def fit_ratings(snapshot: Snapshot) -> Ratings:
    """The ratings of the first interaction whose edges carry different weights.

    InputError when there is none: likes alone cannot be predicted as ratings.
    """
    for relation in snapshot.schema.interactions:
        links = snapshot.links(relation)
        known = ~np.isnan(links.weight)
        values = links.weight[known].astype(np.float64)
        scale = np.unique(values)
        if len(scale) < 2:
            continue
        users = links.heads()[known].astype(np.int64)
        items = links.indices[known].astype(np.int64)
        mean = float(values.mean())
        item_bias = _damped(items, values - mean, links.shape[1], DAMPING_ITEM)
        user_bias = _damped(users, values - mean - item_bias[items], links.shape[0], DAMPING_USER)
        told = tuple(float(value) for value in scale)
        return Ratings(relation, users, items, values, mean, user_bias, item_bias, told)
    raise InputError(
        "the graph has no ratings, only likes",
        hint="a mapping gives an interaction its rating with `weight`",
    )


def _damped(owner: NDArray[np.int64], rest: Floats, count: int, damping: float) -> Floats:
    total = np.bincount(owner, weights=rest, minlength=count)
    made: Floats = total / (np.bincount(owner, minlength=count) + damping)
    return made
