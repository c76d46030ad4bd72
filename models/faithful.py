"""Does a score rest on its explanation? What it cites is removed, and the score asked again.

    claimed       the share of the score that the cited contributions say they are: with all
                  normalisers frozen, removing them lowers the score by exactly that
    renormalised  how much the score falls when the cited edges go and everything is computed anew
    at random     the same for equally many random edges of the user, the mean of a few draws

An explanation whose removal changes nothing explains nothing, and is flagged.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.ids import edge_from_hex
from graph.snapshot import Snapshot
from graph.types import Breakdown

DRAWS = 3
_NOTHING = 1e-6

# The score of the item for somebody who likes these items (local rows), on this snapshot.
Rescore = Callable[[Snapshot, Sequence[int]], float]


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Shares of the score, 0 to 1 (a renormalised score may also rise: below 0); edges removed."""

    claimed: float
    renormalised: float
    at_random: float
    edges: int

    @property
    def idle(self) -> bool:
        """Whether nothing changes when the cited edges go."""
        return abs(self.renormalised) <= _NOTHING


def faithfulness(
    snapshot: Snapshot,
    breakdown: Breakdown,
    liked: Sequence[int],
    user: int | None,
    cited: Collection[int],
    edges: Collection[str],
    rescore: Rescore,
    generator: np.random.Generator,
) -> Faithfulness:
    """Remove what is cited: contributions by their place, edges by their id.

    `liked` are rows of items, `user` the row of who likes them, if they have one. A contribution
    through people cites the like that it starts from.
    """
    score = breakdown.score
    if not score:
        return Faithfulness(0.0, 0.0, 0.0, 0)
    claimed = sum(breakdown.contributions[at].amount for at in cited) / score
    anchors = {
        snapshot.row(part.anchor)
        for part in (breakdown.contributions[at] for at in cited)
        if part.anchor is not None and part.via is None
    }
    likes = _likes(snapshot, user, liked)
    gone = {edge_from_hex(edge) for edge in edges}
    gone |= {edge for edge, item in likes.items() if item in anchors}
    if not gone:
        return Faithfulness(claimed, 0.0, 0.0, 0)
    fallen = 1.0 - _without(snapshot, gone, likes, liked, rescore) / score
    pool = np.array(sorted({*likes, *_around(snapshot, liked)}), dtype=np.int64)
    draws = [
        1.0
        - _without(
            snapshot,
            set(generator.choice(pool, min(len(gone), len(pool)), replace=False).tolist()),
            likes,
            liked,
            rescore,
        )
        / score
        for _ in range(DRAWS if len(pool) else 0)
    ]
    return Faithfulness(claimed, fallen, float(np.mean(draws)) if draws else 0.0, len(gone))


def _without(
    snapshot: Snapshot,
    gone: Collection[int],
    likes: dict[int, int],
    liked: Sequence[int],
    rescore: Rescore,
) -> float:
    """The score when edges are gone; who has lost a like likes one item less."""
    numbers = np.array(sorted(gone), dtype=np.int64)
    cut = {}
    for name in snapshot.schema.relations:
        links = snapshot.links(name)
        hit = np.isin(links.edge, numbers)
        if hit.any():
            cut[name] = links.keep(~hit)
    lost = {likes[edge] for edge in gone if edge in likes}
    start = snapshot.rows(snapshot.kind(liked[0])).start if len(liked) else 0
    left = [item - start for item in liked if item not in lost]
    if not left:
        return 0.0
    found = rescore(snapshot.replaced(cut) if cut else snapshot, left)
    return 0.0 if np.isnan(found) else found


def _likes(snapshot: Snapshot, user: int | None, liked: Sequence[int]) -> dict[int, int]:
    """The edges by which a user likes items: edge id to the item's row."""
    if user is None:
        return {}
    kind = snapshot.kind(user)
    wanted = set(liked)
    found: dict[int, int] = {}
    for name in snapshot.schema.interactions:
        meant = snapshot.schema.relations[name]
        if meant.head != kind:
            continue
        links = snapshot.links(name)
        here = links.row(user - snapshot.rows(kind).start)
        start = snapshot.rows(meant.tail).start
        for edge, item in zip(links.edge[here].tolist(), links.indices[here].tolist(), strict=True):
            if item + start in wanted:
                found[edge] = item + start
    return found


def _around(snapshot: Snapshot, liked: Sequence[int]) -> NDArray[np.int64]:
    """The edges between liked items and their attributes."""
    found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for name in snapshot.schema.attributes:
        meant = snapshot.schema.relations[name]
        rows = snapshot.rows(meant.head)
        links = snapshot.links(name)
        found += [links.edge[links.row(item - rows.start)] for item in liked if item in rows]
    return np.concatenate(found)
