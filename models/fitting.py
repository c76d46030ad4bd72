"""Fits a ranker by name: options are chosen on a validation part, then all likes are used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from graph.errors import InputError
from graph.snapshot import Progress, Snapshot
from models.ease import fit_ease
from models.item_knn import fit_item_knn
from models.metrics import hits, ndcg
from models.p3 import fit_p3
from models.popularity import fit_popularity
from models.rank import Items, Ranker, batches, top, training
from models.split import Split, validation
from models.walk import fit_walk

Fit = Callable[[Snapshot, int, Progress | None], Ranker]
Learn = Callable[[sparse.csr_array], Ranker]
_USERS = 2500
# Above so many items the walks through all pairs no longer fit into memory.
_SMALL = 5_000


@dataclass(frozen=True, slots=True)
class Tuned:
    """Options to choose from, in words and as what fits a ranker on likes (users x items)."""

    name: str
    candidates: Callable[[int], Mapping[str, Learn]]

    def __call__(self, snapshot: Snapshot, seed: int, progress: Progress | None = None) -> Ranker:
        """Fit each candidate without the validation part, then the best one on everything."""
        likes = training(snapshot)
        candidates = self.candidates(likes.shape[1])
        if len(candidates) == 1:
            return next(iter(candidates.values()))(likes)
        inner = validation(snapshot, seed)
        able = np.flatnonzero(np.diff(inner.held_out.indptr))
        most = min(len(able), _USERS)
        users = np.sort(np.random.default_rng(seed).choice(able, most, replace=False))
        inside = training(inner.train)
        best: tuple[float, Learn] | None = None
        for done, (told, learn) in enumerate(candidates.items()):
            if progress is not None:
                progress(f"choosing {self.name}: {told}", done, len(candidates))
            value = _value(learn(inside), inner, users) if len(users) else 0.0
            if best is None or value > best[0]:
                best = value, learn
        assert best is not None
        return best[1](likes)


def ranked(ranker: Ranker, made: Split, users: Items, k: int) -> Items:
    """The k best unseen items of each of the users (rows), best first; -1 where there is none."""
    likes = training(made.train)
    found = [np.empty((0, min(k, likes.shape[1])), dtype=np.int64)]
    for rows, profiles in batches(sparse.csr_array(likes[users])):
        seen = sparse.csr_array(made.seen[users[rows]])
        found.append(top(ranker.scores(profiles), seen, k)[0])
    return np.concatenate(found)


def _value(ranker: Ranker, inner: Split, users: Items) -> float:
    held = sparse.csr_array(inner.held_out[users])
    hit = hits(ranked(ranker, inner, users, 20), held)
    return float(ndcg(hit, np.diff(held.indptr), 20).mean())


def _item_knn(_: int) -> Mapping[str, Learn]:
    return {
        f"k {k}, shrink {shrink:g}": _nearest(k, shrink)
        for k in (20, 50, 100, 200)
        for shrink in (0.0, 20.0)
    }


def _nearest(k: int, shrink: float) -> Learn:
    return lambda likes: fit_item_knn(likes, k=k, shrink=shrink)


def _p3(items: int) -> Mapping[str, Learn]:
    return {f"alpha {alpha}": _walked(alpha, 0.0, items) for alpha in (0.6, 0.8, 1.0, 1.2)}


def _rp3(items: int) -> Mapping[str, Learn]:
    return {
        f"alpha {alpha}, beta {beta}": _walked(alpha, beta, items)
        for alpha in (0.6, 0.8, 1.0)
        for beta in (0.2, 0.4, 0.6, 0.8)
    }


def _walked(alpha: float, beta: float, items: int) -> Learn:
    k = None if items <= _SMALL else 500
    return lambda likes: fit_p3(likes, alpha=alpha, beta=beta, k=k)


def _ease(_: int) -> Mapping[str, Learn]:
    return {f"regularisation {x:g}": _regularised(x) for x in (100.0, 250.0, 500.0, 1000.0)}


def _regularised(regularisation: float) -> Learn:
    return lambda likes: fit_ease(likes, regularisation=regularisation, most_items=10_000)


FITS: Mapping[str, Fit] = {
    "popularity": Tuned("popularity", lambda _: {"": fit_popularity}),
    "item_knn": Tuned("item_knn", _item_knn),
    "p3": Tuned("p3", _p3),
    "rp3": Tuned("rp3", _rp3),
    "ease": Tuned("ease", _ease),
    "walk": fit_walk,
}


def fit(name: str, snapshot: Snapshot, seed: int, progress: Progress | None = None) -> Ranker:
    """Fit a ranker on all of a snapshot's likes; InputError when there is no such ranker."""
    return fits([name])[name](snapshot, seed, progress)


def fits(names: Sequence[str] = ()) -> dict[str, Fit]:
    """The named rankers, or all; InputError for a name that is none."""
    for name in names:
        if name not in FITS:
            raise InputError(f"no ranker is called {name!r}", hint=f"known: {', '.join(FITS)}")
    return {name: FITS[name] for name in (names or FITS)}
