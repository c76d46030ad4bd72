"""Faithfulness of an explanation in words: the ranker that explains is asked again without it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from graph.snapshot import Snapshot
from graph.walks import Walks
from groundrec.ask import Item
from groundrec.serving import Person, Rows, item_kind, ranker_of
from groundrec.workspace import Workspace
from models.blend import Blend
from models.faithful import Faithfulness, Rescore, faithfulness
from models.rank import Ranker, profile
from models.walk import WalkRanker
from reasoning.facts import Fact


def faithful(
    place: Workspace, person: Person, item: Item, facts: Iterable[Fact]
) -> Faithfulness | None:
    """How much of an item's score rests on these facts; None when it cannot be taken apart."""
    ranker = ranker_of(place)
    if item.evidence is None or not isinstance(ranker, WalkRanker | Blend):
        return None
    cited = [fact for fact in facts if fact.why]
    return faithfulness(
        place.snapshot,
        item.evidence.breakdown,
        person.liked,
        person.row,
        sorted({at for fact in cited for at in fact.contributions}),
        sorted({edge for fact in cited for edge in fact.edges}),
        _rescore(place.snapshot, ranker, item.id),
        np.random.default_rng(place.settings.seed),
    )


def _rescore(snapshot: Snapshot, ranker: Ranker, item: str) -> Rescore:
    kind = item_kind(snapshot)
    local = snapshot.row(item) - snapshot.rows(kind).start

    def rescore(changed: Snapshot, liked: Sequence[int]) -> float:
        anew = _on(changed, ranker, np.asarray(liked, dtype=np.int64))
        return float(anew.scores(profile(changed.count(kind), list(liked)))[0, local])

    return rescore


def _on(snapshot: Snapshot, ranker: Ranker, liked: Rows) -> Ranker:
    """The ranker with its walks computed anew on another snapshot, for who likes these items.

    What is trained stays.
    """
    if isinstance(ranker, WalkRanker):
        return WalkRanker(Walks(snapshot, ranker.walks.model, anchors=liked))
    if isinstance(ranker, Blend):
        members = tuple(
            replace(one, ranker=_on(snapshot, one.ranker, liked)) for one in ranker.members
        )
        return replace(ranker, members=members)
    return ranker
