"""The index of nearest vectors agrees with the exact answer, and says how often it does not."""

import json
from pathlib import Path

import numpy as np
import pytest

from graph.types import Vectors
from models import nearest as nearest_module
from models.nearest import Nearest, open_nearest


def clustered(count: int = 3_000, size: int = 24) -> Vectors:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(30, size))
    made = centres[generator.integers(0, 30, count)] + 0.5 * generator.normal(size=(count, size))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_the_nearest_come_first() -> None:
    vectors = np.eye(4, dtype=np.float32)
    rows, values = Nearest(vectors).search(np.float32([0.1, 0.9, 0.3, 0.0]), 3)
    assert rows.tolist() == [1, 2, 0]
    np.testing.assert_allclose(values, [0.9, 0.3, 0.1], rtol=1e-6)


def test_more_are_asked_for_than_there_are() -> None:
    assert Nearest(np.eye(2, dtype=np.float32)).search(np.float32([1, 0]), 9)[0].tolist() == [0, 1]
    assert Nearest(np.empty((0, 2), np.float32)).search(np.float32([1, 0]), 9)[0].tolist() == []


def test_only_what_is_allowed_competes() -> None:
    vectors = clustered(200)
    allowed = np.zeros(200, dtype=np.bool_)
    allowed[[3, 50, 120]] = True
    rows, values = Nearest(vectors).search(vectors[7], 2, allowed)
    best = sorted([3, 50, 120], key=lambda row: -float(vectors[row] @ vectors[7]))[:2]
    assert rows.tolist() == best
    assert values[0] >= values[1]
    assert Nearest(vectors).search(vectors[7], 5, np.zeros(200, np.bool_))[0].tolist() == []


def test_few_vectors_need_no_index(tmp_path: Path) -> None:
    assert open_nearest(clustered(100), tmp_path).recall == 1.0
    assert list(tmp_path.iterdir()) == []


def test_an_index_finds_what_is_nearest_and_its_recall_is_known(tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    vectors = clustered()
    made = open_nearest(vectors, tmp_path, many=1_000)
    assert made.index is not None
    assert 0.95 <= made.recall <= 1.0
    assert json.loads((tmp_path / "index.json").read_text())["recall@20"] == made.recall
    exact = Nearest(vectors)
    same = [
        len(np.intersect1d(made.search(v, 10)[0], exact.search(v, 10)[0])) for v in vectors[:100]
    ]
    assert np.mean(same) >= 9.5
    allowed = np.arange(len(vectors)) % 7 == 0
    np.testing.assert_array_equal(
        made.search(vectors[5], 10, allowed)[0], exact.search(vectors[5], 10, allowed)[0]
    )
    again = open_nearest(vectors, tmp_path, many=1_000)
    np.testing.assert_array_equal(again.search(vectors[9], 20)[0], made.search(vectors[9], 20)[0])


def test_an_index_that_misses_too_much_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("usearch")
    monkeypatch.setattr(nearest_module, "measured_recall", lambda nearest: 0.5)
    made = open_nearest(clustered(), tmp_path, many=1_000)
    assert (made.index, made.recall) == (None, 1.0)


def test_without_the_library_every_vector_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(nearest_module, "import_module", missing)
    assert open_nearest(clustered(), tmp_path, many=1_000).index is None
