"""Cells of the accuracy table: seeds averaged person by person, LightGCN learns what is planted."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy_table import Cell, compared, keep, lines, read
from graph.snapshot import Snapshot
from models.rank import profile, top, training
from tests.contracts.ranker_contract import ITEMS, two_camps

__all__ = ["two_camps"]


def cell(name: str, values: list[float]) -> Cell:
    each = np.tile(np.array(values)[:, None], (1, 4))
    told = {m: {"mean": 9.0, "low": 9.0, "high": 9.0} for m in ("recall@20", "ndcg@20")}
    return Cell([{"ranker": name, "fit_seconds": 2.0, **told}], [each], [])


def test_seeds_are_averaged_person_by_person(tmp_path: Path) -> None:
    for seed, values in enumerate(([0.0, 1.0], [1.0, 1.0])):
        keep(tmp_path / f"{seed}.json", cell("it", values))
    (line,) = lines([read(tmp_path / "0.json"), read(tmp_path / "1.json")], seed=1)
    assert line.row["ndcg@20"]["mean"] == pytest.approx(0.75)
    assert line.each is not None
    assert line.each[:, 0].tolist() == [0.5, 1.0]


def test_two_rows_differ_by_what_each_person_has_more() -> None:
    one, other = lines([cell("one", [0.5, 0.6])], 1), lines([cell("other", [0.4, 0.5])], 1)
    (note,) = compared([*one, *other], [("one", "other"), ("one", "nobody")], seed=1)
    assert note.endswith("+0.1000 (+0.1000 to +0.1000)")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:Sparse CSR:UserWarning")
def test_lightgcn_learns_who_likes_what(two_camps: Snapshot) -> None:
    pytest.importorskip("torch_geometric")
    from benchmarks.lightgcn import Trainer

    likes = training(two_camps)
    trainer = Trainer(likes, layers=2, regularised=1e-4, seed=1)
    for _ in range(20):
        trainer.epoch()
    known = trainer.known()
    best, _ = top(known.scores(likes), None, 5)
    assert set(best[2].tolist()) == set(range(5))
    assert set(best[3].tolist()) == set(range(5, 10))
    assert np.isnan(known.scores(profile(ITEMS, [0, 9]))).all()
