"""`Wider`: a ranker among more items than it was fitted on."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.rank import Floats, Ranker, State


@dataclass(frozen=True, slots=True)
class Wider:
    """A ranker that knows the first `inner_items` of `items`; NaN for those behind."""

    inner: Ranker
    inner_items: int
    items: int

    @property
    def name(self) -> str:
        """The inner ranker's."""
        return self.inner.name

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """See `Ranker`; new items in a profile say nothing to the inner ranker."""
        made = np.full((profiles.shape[0], self.items), np.nan)
        known = sparse.csr_array(profiles[:, : self.inner_items])
        made[:, : self.inner_items] = self.inner.scores(known)
        return made

    def state(self) -> State:
        """The inner ranker's: an overlay is never saved."""
        return self.inner.state()
