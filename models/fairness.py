"""Who is served how well, which items are shown, and what more even exposure costs.

Groups of people come from what the catalogue says of them (properties of users with a few
values, such as an age group) and from how much they like. Exposure is which share of all
recommended places goes to which fifth of the items, ordered by how many people like them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.snapshot import Snapshot
from models.blend import spread
from models.measuring import Bench
from models.metrics import Interval, intervals
from models.rank import Floats, Items, Options, Ranker, State

_MOST_VALUES = 12
_FIFTHS = ("least liked", "less liked", "middle", "more liked", "most liked")
_STRENGTHS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5)


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the measured users: `by` what they were grouped, and how well they are served."""

    by: str
    name: str
    users: int
    ndcg: Interval

    def to_json(self) -> dict[str, object]:
        """As in a row of the table."""
        parts = {"mean": self.ndcg.mean, "low": self.ndcg.low, "high": self.ndcg.high}
        return {"by": self.by, "group": self.name, "users": self.users, "ndcg": parts}


def groups_of(snapshot: Snapshot, users: Items) -> dict[str, list[str]]:
    """A group's name per user (local rows), by property and by activity."""
    kind = snapshot.schema.kinds_of("user")[0]
    rows = np.asarray(snapshot.rows(kind), dtype=np.int64)[users]
    told = [json.loads(text) if text else {} for text in snapshot.nodes["properties"][rows]]
    made = {}
    for name in sorted({name for each in told for name in each}):
        values = [str(each.get(name, "not told")) for each in told]
        if 1 < len(set(values)) <= _MOST_VALUES:
            made[name] = values
    counts = np.diff(snapshot.likes().matrix().indptr)[users]
    low, high = np.quantile(counts, [1 / 3, 2 / 3]) if len(counts) else (0, 0)
    names = np.array(["few likes", "some likes", "many likes"])
    made["activity"] = names[(counts > low).astype(int) + (counts > high)].tolist()
    return made


def by_group(
    groups: Mapping[str, list[str]], ndcg: Floats, generator: np.random.Generator
) -> tuple[Group, ...]:
    """Mean NDCG with its interval for each group; `ndcg` has one value per user."""
    made = []
    for by, names in groups.items():
        of = np.array(names)
        for name in sorted(set(names)):
            mine = ndcg[of == name]
            made.append(Group(by, name, len(mine), intervals(mine[:, None], generator)[0]))
    return tuple(made)


def exposure(found: Items, likes: sparse.csr_array) -> dict[str, float]:
    """The share of recommended places (users x k, -1: none) that each fifth of the items gets."""
    popularity = np.bincount(likes.indices, minlength=likes.shape[1])
    order = np.argsort(popularity, kind="stable")
    fifth = np.empty(len(order), dtype=np.int64)
    fifth[order] = np.arange(len(order)) * len(_FIFTHS) // max(len(order), 1)
    shown = np.bincount(fifth[found[found >= 0]], minlength=len(_FIFTHS))
    return {name: float(s) for name, s in zip(_FIFTHS, shown / max(shown.sum(), 1), strict=True)}


@dataclass(frozen=True, slots=True)
class Evened:
    """A ranker less `strength` spreads of its scores per e-fold of an item's popularity."""

    ranker: Ranker
    popularity: NDArray[np.float64]
    strength: float
    facts: Options

    @property
    def name(self) -> str:
        """The ranker's own, and what was done to it."""
        return f"{self.ranker.name}, evened"

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); NaN where the ranker's are."""
        scores = self.ranker.scores(profiles)
        evened: Floats = scores - self.strength * spread(scores) * np.log1p(self.popularity)
        return evened

    def state(self) -> State:
        """Its options; what it learned is the ranker's."""
        return State({"strength": self.strength, **self.facts})


def evened(
    inside: Ranker, whole: Ranker, bench: Bench, likes: sparse.csr_array, give_up: float
) -> Evened:
    """`whole` with the most even exposure that costs at most `give_up` (a share) of its NDCG@20.

    The cost is measured on the bench with `inside`, the same ranker fitted without the bench.
    """

    def of(ranker: Ranker, strength: float) -> Evened:
        inner = bench.made.train.likes().matrix() if ranker is inside else likes
        popularity = np.bincount(inner.indices, minlength=likes.shape[1]).astype(np.float64)
        return Evened(ranker, popularity, strength, {})

    before = bench.ndcg(inside)
    best, cost = 0.0, 0.0
    for strength in _STRENGTHS[1:]:
        lost = 1.0 - bench.ndcg(of(inside, strength)) / before if before else 1.0
        if lost > give_up:
            break
        best, cost = strength, lost
    facts: Options = {"may give up": give_up, "gave up on validation": cost}
    made = of(whole, best)
    return Evened(whole, made.popularity, best, facts)
