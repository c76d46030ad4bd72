"""The vectors that lie nearest to a query: exactly, or through an index where there are very many.

A product with every vector takes about 3 ms per 100,000 of them, and finds all; so the index is
for more than `MANY`. Its recall is measured against the exact answer when it is built, kept beside
it, and an index that misses too much is not used. The index needs the extra `index`.
"""

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.types import Vectors

MANY = 200_000
LEAST_RECALL = 0.95
_ASKED, _K = 200, 20

Rows = NDArray[np.int64]
Products = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Nearest:
    """Vectors (rows x size) of length one; `recall` is 1 where every one of them is looked at."""

    vectors: Vectors
    recall: float = 1.0
    index: Any = None

    def search(
        self, query: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Products]:
        """The k rows with the largest product with a query (size), largest first.

        `allowed` (one per row) is asked before the k best are taken; with it the answer is exact.
        """
        if self.index is not None and allowed is None:
            found = self.index.search(query, k, threads=1)
            rows = np.sort(np.asarray(found.keys).astype(np.int64))
        else:
            rows = np.arange(len(self.vectors)) if allowed is None else np.flatnonzero(allowed)
        products = np.asarray(self.vectors[rows] if len(rows) < len(self.vectors) else self.vectors)
        values = (products @ query).astype(np.float32)
        k = min(k, len(rows))
        best = np.sort(np.argpartition(-values, k - 1)[:k]) if 0 < k < len(rows) else slice(None)
        rows, values = rows[best], values[best]
        order = np.argsort(-values, kind="stable")[:k]
        return rows[order], values[order]


def open_nearest(vectors: Vectors, folder: Path, *, many: int = MANY) -> Nearest:
    """The vectors with an index of them, built under `folder` when there is none yet.

    Without one where they are few, where the extra is missing, or where the index misses too much.
    """
    if len(vectors) < many:
        return Nearest(vectors)
    try:
        library = import_module("usearch.index")
    except ModuleNotFoundError:
        return Nearest(vectors)
    file, told = folder / "index.usearch", folder / "index.json"
    options = {"ndim": vectors.shape[1], "metric": "ip", "dtype": "f16"}
    if not told.is_file():
        made = library.Index(**options, expansion_add=128, expansion_search=128)
        # One thread: the same vectors give the same index.
        made.add(np.arange(len(vectors)), np.ascontiguousarray(vectors), threads=1)
        folder.mkdir(parents=True, exist_ok=True)
        made.save(str(file))
        recall = measured_recall(Nearest(vectors, 0.0, made))
        told.write_text(json.dumps({"recall@20": recall, "vectors": len(vectors)}), "utf-8")
    recall = float(json.loads(told.read_text("utf-8"))["recall@20"])
    if recall < LEAST_RECALL:
        return Nearest(vectors)
    return Nearest(vectors, recall, library.Index.restore(str(file), view=True))


def measured_recall(nearest: Nearest) -> float:
    """The share of the true 20 nearest that the index finds, over some of its own vectors."""
    exact = Nearest(nearest.vectors)
    rows = np.linspace(0, len(nearest.vectors) - 1, _ASKED).astype(np.int64)
    found = 0
    for row in np.unique(rows):
        query = np.asarray(nearest.vectors[row])
        found += len(np.intersect1d(nearest.search(query, _K)[0], exact.search(query, _K)[0]))
    return found / (len(np.unique(rows)) * min(_K, len(nearest.vectors)))
