"""`Links`: the edges of one relation as a CSR with aligned columns."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

NO_TIME = np.iinfo(np.int64).min
SPLITS = ("", "train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Links:
    """Edges from `shape[0]` heads to `shape[1]` tails, sorted by head, then tail, then edge id.

    `indptr` int64 (heads + 1), then per edge: `indices` int32 (row of the tail within its kind),
    `weight` float32 (NaN: none given), `time` int64 (`NO_TIME`: none given), `edge` int64 (edge
    id), `split` int8 (index into `SPLITS`). Parallel edges stand side by side.
    """

    shape: tuple[int, int]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weight: NDArray[np.float32]
    time: NDArray[np.int64]
    edge: NDArray[np.int64]
    split: NDArray[np.int8]

    @property
    def size(self) -> int:
        """The number of edges."""
        return len(self.indices)

    def heads(self) -> NDArray[np.int32]:
        """The head's row of each edge."""
        counts = np.diff(self.indptr)
        return np.repeat(np.arange(self.shape[0], dtype=np.int32), counts)

    def row(self, head: int) -> slice:
        """Where the edges of one head stand in the columns."""
        return slice(int(self.indptr[head]), int(self.indptr[head + 1]))

    def matrix(self) -> sparse.csr_array:
        """Ones where there is an edge (heads x tails, float32); parallel edges count once."""
        made = sparse.csr_array(
            (np.ones(self.size, dtype=np.float32), self.indices.copy(), self.indptr.copy()),
            shape=self.shape,
        )
        made.sum_duplicates()
        made.data[:] = 1.0
        return made

    def places(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The edges of some heads, with no copy of the others: position in `rows`, and place."""
        counts = np.diff(self.indptr)[rows]
        owner = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
        first = self.indptr[rows] - (np.cumsum(counts) - counts)
        return owner, np.arange(len(owner), dtype=np.int64) + first[owner]

    def keep(self, mask: NDArray[np.bool_]) -> "Links":
        """The edges where `mask` (one per edge) is true."""
        return self._at(np.flatnonzero(mask), self.heads()[mask], self.shape)

    def changed(
        self, shape: tuple[int, int], said: "Links", gone: NDArray[np.int64] | None = None
    ) -> "Links":
        """These edges with those of `said` added, or put in the place of the same edge.

        `shape` may have more heads and tails than there were; so has `said`. Edges whose ids are
        in `gone` are left out. For few edges: the columns are copied once, not sorted again.
        """
        indptr = np.concatenate(
            [self.indptr, np.full(shape[0] - self.shape[0], self.indptr[-1], dtype=np.int64)]
        )
        columns = {name: np.asarray(getattr(self, name)) for name in _PER_EDGE}
        there, here, places, fresh = [], [], [], []
        for at, head in enumerate(said.heads().tolist()):
            row = slice(int(indptr[head]), int(indptr[head + 1]))
            key = (int(said.indices[at]), int(said.edge[at]))
            place = bisect_left(range(row.stop), key, lo=row.start, key=self._key)
            if place < row.stop and int(self.edge[place]) == key[1]:
                there.append(place)
                here.append(at)
            else:
                places.append(place)
                fresh.append(at)
        if there:
            for name in ("weight", "time", "split"):
                columns[name] = columns[name].copy()
                columns[name][there] = getattr(said, name)[here]
        if fresh:
            for name in _PER_EDGE:
                columns[name] = np.insert(columns[name], places, getattr(said, name)[fresh])
            more = np.bincount(said.heads()[fresh], minlength=shape[0])
            indptr = indptr + np.concatenate([[0], np.cumsum(more)])
        made = Links(shape=shape, indptr=indptr, **columns)
        if gone is None or not len(gone):
            return made
        return made.keep(~np.isin(made.edge, gone))

    def reversed(self) -> "Links":
        """The same edges, seen from their tails."""
        heads = self.heads()
        order = np.lexsort((self.edge, heads, self.indices))
        turned = self._at(order, self.indices[order], (self.shape[1], self.shape[0]))
        return Links(
            shape=turned.shape,
            indptr=turned.indptr,
            indices=heads[order],
            weight=turned.weight,
            time=turned.time,
            edge=turned.edge,
            split=turned.split,
        )

    def _key(self, place: int) -> tuple[int, int]:
        return int(self.indices[place]), int(self.edge[place])

    def _at(
        self, order: NDArray[np.int64], heads: NDArray[np.int32], shape: tuple[int, int]
    ) -> "Links":
        return Links(
            shape=shape,
            indptr=pointers(heads, shape[0]),
            indices=self.indices[order],
            weight=self.weight[order],
            time=self.time[order],
            edge=self.edge[order],
            split=self.split[order],
        )

    @classmethod
    def from_columns(
        cls,
        shape: tuple[int, int],
        heads: NDArray[np.int32],
        tails: NDArray[np.int32],
        weight: NDArray[np.float32],
        time: NDArray[np.int64],
        edge: NDArray[np.int64],
        split: NDArray[np.int8],
    ) -> Self:
        """Sort columns, one entry per edge in any order, into a CSR."""
        order = np.lexsort((edge, tails, heads))
        return cls(
            shape=shape,
            indptr=pointers(heads, shape[0]),
            indices=tails[order],
            weight=weight[order],
            time=time[order],
            edge=edge[order],
            split=split[order],
        )

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Self:
        """No edges at all."""
        none = np.empty(0, dtype=np.int32)
        return cls.from_columns(
            shape,
            heads=none,
            tails=none,
            weight=none.astype(np.float32),
            time=none.astype(np.int64),
            edge=none.astype(np.int64),
            split=none.astype(np.int8),
        )

    @classmethod
    def union(cls, shape: tuple[int, int], parts: Sequence["Links"]) -> "Links":
        """The edges of several relations between the same kinds, laid on one another."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty(shape)
        return cls.from_columns(
            shape,
            heads=np.concatenate([part.heads() for part in parts]),
            tails=np.concatenate([part.indices for part in parts]),
            weight=np.concatenate([part.weight for part in parts]),
            time=np.concatenate([part.time for part in parts]),
            edge=np.concatenate([part.edge for part in parts]),
            split=np.concatenate([part.split for part in parts]),
        )

    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """All columns, in the order in which a version hashes them."""
        return tuple(getattr(self, column) for column in _COLUMNS)

    def save(self, folder: Path) -> None:
        """Write one .npy per column into `folder`."""
        folder.mkdir(parents=True)
        for column in _COLUMNS:
            np.save(folder / f"{column}.npy", getattr(self, column), allow_pickle=False)

    @classmethod
    def open(cls, folder: Path, shape: tuple[int, int]) -> Self:
        """Memory-map what `save` wrote."""
        columns = {
            column: np.load(folder / f"{column}.npy", mmap_mode="r", allow_pickle=False)
            for column in _COLUMNS
        }
        return cls(shape=shape, **columns)


_COLUMNS = tuple(field.name for field in fields(Links) if field.name != "shape")
_PER_EDGE = tuple(name for name in _COLUMNS if name != "indptr")


def pointers(heads: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """CSR row pointers (count + 1) for edges whose heads are given in any order."""
    counts = np.bincount(heads, minlength=count)
    made: NDArray[np.int64] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return made
