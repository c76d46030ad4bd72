"""Where a ranker keeps an embedding, when it has one."""

from models.blend import Blend
from models.gnn import GnnRanker
from models.rank import Ranker
from models.wider import Wider


def embedding_of(ranker: Ranker) -> GnnRanker | None:
    """The part of a ranker that places people and items in one space; None when it has none."""
    if isinstance(ranker, GnnRanker):
        return ranker
    if isinstance(ranker, Wider):
        return embedding_of(ranker.inner)
    if isinstance(ranker, Blend):
        found = (embedding_of(member.ranker) for member in ranker.members)
        return next((one for one in found if one is not None), None)
    return None
