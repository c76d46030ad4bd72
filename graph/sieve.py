"""`Sieve`: says of many ids at once which were surely never added, in memory that does not grow.

A Bloom filter (Bloom 1970). Ids are hashes already, so pieces of an id are the places of its bits.
"""

import numpy as np

from graph.ids import Int64s

_BITS = 28  # 32 MB: of ten million ids one in a thousand is taken for one that was added
_PROBES = 3
_STEP = 12  # bits between the pieces of an id, so that three pieces of 28 bits fit into 64


class Sieve:
    """What was added falls through for sure, and hardly anything else."""

    def __init__(self) -> None:
        self._bits = np.zeros(1 << (_BITS - 3), dtype=np.uint8)

    def add(self, ids: Int64s) -> None:
        """Remember ids."""
        for place in _places(ids):
            np.bitwise_or.at(self._bits, place >> 3, np.uint8(1) << (place & 7).astype(np.uint8))

    def fall_through(self, ids: Int64s) -> np.ndarray:
        """A mask: False where an id was surely never added."""
        found = np.ones(len(ids), dtype=bool)
        for place in _places(ids):
            found &= (self._bits[place >> 3] >> (place & 7).astype(np.uint8)) & 1 > 0
        return found


def _places(ids: Int64s) -> list[np.ndarray]:
    bits = ids.view(np.uint64)
    mask = np.uint64((1 << _BITS) - 1)
    return [((bits >> np.uint64(_STEP * at)) & mask).astype(np.int64) for at in range(_PROBES)]
