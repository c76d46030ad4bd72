"""The evaluator gives the published figures on a published split, read here without any ingest."""

from pathlib import Path

import numpy as np
import pytest

from graph.snapshot import Progress, Snapshot
from models.ease import fit_ease
from models.evaluate import evaluate
from models.item_knn import fit_item_knn
from models.popularity import fit_popularity
from models.rank import Ranker, training
from tests.arrays import links_of, snapshot_from

# Recall@20 and NDCG@20: the reference rows that stand beside the data.
REFERENCES = {
    "popularity": (0.1142, 0.1900),
    "item_knn": (0.2265, 0.3470),
    "ease": (0.2752, 0.4107),
}


def adjacency(path: Path) -> np.ndarray:
    """Pairs from lines of `user item item ...`."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return np.array([(int(row[0]), int(item)) for row in rows for item in row[1:]])


def test_reference_rows_of_ml_1m(data_dir: Path) -> None:
    train, test = (adjacency(data_dir / "ml-1m" / name) for name in ("train.txt", "test.txt"))
    assert (len(train), len(test)) == (801_218, 197_321)
    links = links_of(
        (6040, 3260),
        np.concatenate([train, test]),
        splits=["train"] * len(train) + ["test"] * len(test),
    )

    def popularity(snapshot: Snapshot, seed: int, progress: Progress | None) -> Ranker:
        return fit_popularity(training(snapshot))

    def item_knn(snapshot: Snapshot, seed: int, progress: Progress | None) -> Ranker:
        return fit_item_knn(training(snapshot), k=100)

    def ease(snapshot: Snapshot, seed: int, progress: Progress | None) -> Ranker:
        return fit_ease(training(snapshot), regularisation=500.0)

    rankers = {"popularity": popularity, "item_knn": item_knn, "ease": ease}
    table = evaluate(snapshot_from(6040, 3260, links), rankers, seed=1)
    assert (table.leaks, table.duplicates) == (0, 0)
    for row in table.rows:
        found = row.measures["recall@20"].mean, row.measures["ndcg@20"].mean
        assert found == pytest.approx(REFERENCES[row.ranker], abs=0.001), row.ranker
