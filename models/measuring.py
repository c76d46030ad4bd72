"""`Bench`: how well a ranker finds the held-out items of some users, in one number."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from graph.neighbours import kept, rows_of
from models.metrics import hits, ndcg
from models.rank import Items, Likes, Ranker, batches, in_order, top
from models.split import Split

_USERS, _CELLS = 2500, 40_000_000
K = 20


@dataclass(frozen=True, slots=True)
class Bench:
    """The users that options are chosen on; `most` is how many likes of each are told (None: all
    that they like in training), the first of an order drawn by `seed`."""

    made: Split
    users: Items
    most: int | None = None
    seed: int = 0

    @classmethod
    def of(cls, made: Split, seed: int) -> "Bench":
        """At most 2,500 of the users who have something held out, drawn by chance; fewer where
        their scores for all items would be many."""
        able = np.flatnonzero(np.diff(made.held_out.indptr))
        most = min(len(able), _USERS, max(1, _CELLS // max(made.held_out.shape[1], 1)))
        users = np.sort(np.random.default_rng(seed).choice(able, most, replace=False))
        return cls(made, users, seed=seed)

    def telling(self, most: int) -> "Bench":
        """The same users, of each of whom at most so many likes are told."""
        return replace(self, most=most)

    def profiles(self) -> Likes:
        """What is told of the users (users x items)."""
        likes = sparse.csr_array(in_order(self.made.train)[self.users])
        if self.most is None:
            return likes
        return shortened(likes, self.most, np.random.default_rng(self.seed))

    def ndcg(self, ranker: Ranker) -> float:
        """NDCG@20, the mean over the users; 0 without any."""
        if not len(self.users):
            return 0.0
        held = sparse.csr_array(self.made.held_out[self.users])
        found = _best(ranker, self.profiles(), self.made, self.users, K)
        return float(ndcg(hits(found, held), np.diff(held.indptr), K).mean())


def ranked(ranker: Ranker, made: Split, users: Items, k: int) -> Items:
    """The k best unseen items of each of the users (rows), best first; -1 where there is none."""
    return _best(ranker, sparse.csr_array(in_order(made.train)[users]), made, users, k)


def shortened(likes: Likes, most: int, generator: np.random.Generator) -> Likes:
    """At most so many likes of each person (users x items), drawn by chance.

    In whatever order the columns of a row stand, the same are drawn, and they keep theirs.
    """
    owner = rows_of(likes)
    chance = np.empty(likes.nnz)
    chance[np.lexsort((likes.indices, owner))] = generator.random(likes.nnz)
    order = np.lexsort((chance, owner))
    drawn = np.zeros(likes.nnz, dtype=np.bool_)
    drawn[order[np.arange(likes.nnz) - likes.indptr[owner] < most]] = True
    return kept(likes, drawn)


def _best(ranker: Ranker, told: Likes, made: Split, users: Items, k: int) -> Items:
    found = [np.empty((0, min(k, told.shape[1])), dtype=np.int64)]
    for rows, profiles in batches(told):
        seen = sparse.csr_array(made.seen[users[rows]])
        found.append(top(ranker.scores(profiles), seen, k)[0])
    return np.concatenate(found)
