"""Mini-batches drawn from a snapshot's own arrays, so that the graph need not fit anywhere else.

A batch has the shape that PyG's `NeighborLoader` gives (which needs pyg-lib or torch-sparse): a
`HeteroData` with `n_id` per kind, `edge_index` per relation in local rows, pointing at the seeds,
and `batch_size` of the seeds' kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.pyg import HeteroData

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Csr:
    """Rows to columns; memory-mapped arrays are read where they lie."""

    indptr: NDArray[np.integer]
    indices: NDArray[np.integer]

    def drawn(
        self, rows: Rows, most: int | None, generator: np.random.Generator
    ) -> tuple[Rows, Rows]:
        """At most so many columns of each row, without replacement: places in `rows`, columns."""
        starts = self.indptr[rows].astype(np.int64)
        counts = self.indptr[rows + 1].astype(np.int64) - starts
        owner = np.repeat(np.arange(len(rows)), counts)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        place = np.arange(len(owner)) - first
        columns = self.indices[place + starts[owner]].astype(np.int64)
        if most is None or not len(counts) or counts.max() <= most:
            return owner, columns
        order = np.lexsort((generator.random(len(owner)), owner))
        kept = np.sort(order[place < most])
        return owner[kept], columns[kept]


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws users, at most `likes_each` items per user and `links_each` attributes per item."""

    likes: Csr
    attributes: Mapping[str, Csr]
    likes_each: int = 300
    links_each: int = 30

    def batch(self, users: Rows, generator: np.random.Generator) -> HeteroData:
        """The users with what they like and what that has; same generator, same batch."""
        owner, items = self.likes.drawn(users, self.likes_each, generator)
        made = self.around(items, generator)
        made["user"].n_id = torch.from_numpy(users)
        made["user"].batch_size = len(users)
        made["item", "likes", "user"].edge_index = torch.stack(
            [made["item"].place, torch.from_numpy(owner)]
        )
        return made

    def around(self, items: Rows, generator: np.random.Generator) -> HeteroData:
        """Items, each once, with what they have; `place` is where each of those given went."""
        found, local = np.unique(items, return_inverse=True)
        made = HeteroData()
        made["item"].n_id = torch.from_numpy(found)
        made["item"].place = torch.from_numpy(local)
        for name, links in self.attributes.items():
            near, far = links.drawn(found, self.links_each, generator)
            ids, place = np.unique(far, return_inverse=True)
            made[name].n_id = torch.from_numpy(ids)
            made[name, name, "item"].edge_index = torch.from_numpy(np.stack([place, near]))
        return made
