"""`Bench`: how well a ranker finds the held-out items of some users, in one number."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.metrics import hits, ndcg
from models.rank import Items, Ranker, batches, top, training
from models.split import Split

_USERS, _CELLS = 2500, 40_000_000
K = 20


@dataclass(frozen=True, slots=True)
class Bench:
    """The users that options are chosen on."""

    made: Split
    users: Items

    @classmethod
    def of(cls, made: Split, seed: int) -> "Bench":
        """At most 2,500 of the users who have something held out, drawn by chance; fewer where
        their scores for all items would be many."""
        able = np.flatnonzero(np.diff(made.held_out.indptr))
        most = min(len(able), _USERS, max(1, _CELLS // max(made.held_out.shape[1], 1)))
        return cls(made, np.sort(np.random.default_rng(seed).choice(able, most, replace=False)))

    def ndcg(self, ranker: Ranker) -> float:
        """NDCG@20, the mean over the users; 0 without any."""
        if not len(self.users):
            return 0.0
        held = sparse.csr_array(self.made.held_out[self.users])
        found = ranked(ranker, self.made, self.users, K)
        return float(ndcg(hits(found, held), np.diff(held.indptr), K).mean())


def ranked(ranker: Ranker, made: Split, users: Items, k: int) -> Items:
    """The k best unseen items of each of the users (rows), best first; -1 where there is none."""
    likes = training(made.train)
    found = [np.empty((0, min(k, likes.shape[1])), dtype=np.int64)]
    for rows, profiles in batches(sparse.csr_array(likes[users])):
        seen = sparse.csr_array(made.seen[users[rows]])
        found.append(top(ranker.scores(profiles), seen, k)[0])
    return np.concatenate(found)
