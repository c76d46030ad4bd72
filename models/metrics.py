"""Recall@k, NDCG@k, coverage, Gini; and how sure we can be of a mean over users."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.neighbours import rows_of

Floats = NDArray[np.float64]
Items = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over users with its bootstrap 95 % interval."""

    mean: float
    low: float
    high: float


def hits(ranked: Items, held_out: sparse.csr_array) -> NDArray[np.bool_]:
    """Which of the ranked items (users x k, -1: none) are held out (users x items)."""
    items = held_out.shape[1]
    wanted = np.sort(rows_of(held_out) * items + held_out.indices)
    asked = np.arange(len(ranked), dtype=np.int64)[:, None] * items + ranked
    if not len(wanted):
        return np.zeros(ranked.shape, dtype=np.bool_)
    found = wanted[np.minimum(np.searchsorted(wanted, asked), len(wanted) - 1)] == asked
    return np.asarray(found & (ranked >= 0))


def recall(hit: NDArray[np.bool_], held: Items, k: int) -> Floats:
    """Recall@k per user: the share of all held-out items that are among the first k.

    `hit` is users x ranks, `held` the number of held-out items per user, never 0.
    """
    found: Floats = hit[:, :k].sum(axis=1) / held
    return found


def ndcg(hit: NDArray[np.bool_], held: Items, k: int) -> Floats:
    """NDCG@k per user (binary gains; the ideal puts all held-out items first).

    Järvelin and Kekäläinen 2002. `hit` is users x ranks, `held` held-out items per user, never 0.
    """
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(held, k) - 1]
    gained: Floats = hit[:, :k] @ discount[: min(k, hit.shape[1])] / ideal
    return gained


def coverage(ranked: Items, items: int) -> float:
    """The share of all items that somebody is shown."""
    return len(np.unique(ranked[ranked >= 0])) / items if items else float("nan")


def gini(ranked: Items, items: int) -> float:
    """How unequally items are shown: 0 all alike, towards 1 always the same few."""
    shown = np.sort(np.bincount(ranked[ranked >= 0], minlength=items)).astype(np.float64)
    if not shown.sum():
        return float("nan")
    place = np.arange(1, items + 1)
    return float((2 * place - items - 1) @ shown / (items * shown.sum()))


def intervals(
    values: Floats, generator: np.random.Generator, *, resamples: int = 1000
) -> tuple[Interval, ...]:
    """Means of the columns of `values` (users x measures) with percentile bootstrap intervals.

    Users are drawn with replacement, the same ones for all measures (Efron 1979).
    """
    users = len(values)
    if not users:
        return tuple(Interval(np.nan, np.nan, np.nan) for _ in range(values.shape[1]))
    block = max(1, min(resamples, 4_000_000 // users))
    means = []
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        drawn = generator.multinomial(users, np.full(users, 1.0 / users), size=count)
        means.append(drawn @ values / users)
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975], axis=0)
    return tuple(
        Interval(float(m), float(a), float(b))
        for m, a, b in zip(values.mean(axis=0), low, high, strict=True)
    )
