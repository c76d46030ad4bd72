"""Rankers on an overlay of the snapshot that they were fitted on, with no training.

No ranker has an embedding of its own for a person: whoever liked something a second ago is scored
by what they like now. What remains is to make room for new items, which only walks through their
attributes reach until the next training.
"""

from dataclasses import replace

import numpy as np

from graph.snapshot import Snapshot
from models.blend import Blend, spread, spread_out
from models.popularity import Popularity
from models.rank import Floats, Likes, Ranker
from models.walk import WalkRanker
from models.wider import Wider

# How much dislikes weigh against likes: as much as costs nothing on held-out likes, see
# docs/models.md.
DISLIKES = 0.25


def moved(ranker: Ranker, base: Snapshot, now: Snapshot, item_kind: str) -> Ranker:
    """A ranker that was fitted on `base`, on an overlay of it."""
    if now is base:
        return ranker
    before, items = base.count(item_kind), now.count(item_kind)
    if isinstance(ranker, WalkRanker):
        return replace(ranker, walks=ranker.walks.moved(now))
    if isinstance(ranker, Blend):
        members = [replace(m, ranker=moved(m.ranker, base, now, item_kind)) for m in ranker.members]
        return replace(ranker, members=tuple(members), items=items)
    if before == items:
        return ranker
    if isinstance(ranker, Popularity):
        return Popularity(np.concatenate([ranker.likes, np.zeros(items - before)]))
    return Wider(ranker, before, items)


def scores_of(ranker: Ranker, liked: Likes, disliked: Likes, strength: float = DISLIKES) -> Floats:
    """Scores for people who like some items and dislike others (each users x items).

    scores(likes) - strength * share of dislikes * scores(dislikes), the second in units of the
    first's spread: what somebody with the opposite taste would be shown is lowered, and one
    dislike among many likes weighs little. Dislikes alone say nothing of what to recommend.
    """
    scores = ranker.scores(liked)
    for_, against = np.diff(liked.indptr), np.diff(disliked.indptr)
    rows = np.flatnonzero((for_ > 0) & (against > 0))
    if len(rows):
        share = (against[rows] / (for_[rows] + against[rows]))[:, None]
        scores[rows] -= (
            strength * share * spread_out(ranker.scores(disliked[rows])) * spread(scores[rows])
        )
    return scores
