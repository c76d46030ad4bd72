"""The GNN keeps the contract, learns what was planted, and repeats itself whatever happens."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from graph.errors import InputError
from graph.snapshot import Snapshot
from models.gnn import GnnRanker, fit_gnn, propagated
from models.rank import Ranker, profile, top, training
from models.run import Run
from tests.arrays import snapshot_from
from tests.contracts.ranker_contract import RankerContract, two_camps

pytest.importorskip("torch_geometric")

from models.gnn_training import Config
from models.sampling import Csr, Sampler

__all__ = ["two_camps"]
ROOT = Path(__file__).parents[2]
SMALL = Config(embedding_size=8, steps=160)


class TestGnn(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_gnn(snapshot, seed=1, config=SMALL)


def test_cosines_by_hand() -> None:
    inward = np.array([[3, 4], [1, 0]], np.float32)
    outward, known = np.array([[1, 0], [0, 1]], np.float32), np.array([True, True])
    ranker = GnnRanker(inward, outward, known)
    assert ranker.scores(profile(2, [0]))[0].tolist() == pytest.approx([0.6, 0.8])
    both = np.array([4, 4]) / np.sqrt(32)
    assert ranker.scores(profile(2, [0, 1]))[0].tolist() == pytest.approx(both.tolist())


def test_a_propagation_by_hand() -> None:
    """Users 0 and 1 like item 0, user 1 likes item 1 too: places (1, 0) and (1, 1) / sqrt(2)."""
    inward = np.array([[1, 0], [0, 1]], np.float32)
    plain = GnnRanker(inward, inward, np.array([True, True]))
    likes = sparse.csr_array([[1.0, 0.0], [1.0, 1.0]])
    made = propagated(plain, likes, strength=1.0, damping=0.5)
    # Who likes one item speaks in full; of who likes two, each hears 1 / sqrt(2).
    outward = np.array([[1 + 1.5 / np.sqrt(2), 0.5 / np.sqrt(2)], [0.5, 1.5]])
    np.testing.assert_allclose(made.outward, outward, rtol=1e-6)
    user = np.array([1 + 1 / np.sqrt(2), 0])
    np.testing.assert_allclose(made.scores(profile(2, [0]))[0], outward @ user, rtol=1e-6)
    assert propagated(plain, likes, 0.0, 0.5) is plain
    # One dimension more, and cosines are the scores over two lengths that are the same for all.
    directions = made.directions()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0, rtol=1e-6)
    longest = np.linalg.norm(outward, axis=1).max()
    np.testing.assert_allclose(directions @ [*user, 0] * longest, outward @ user, rtol=1e-6)
    assert plain.directions() is plain.outward


def test_an_item_that_nobody_likes_is_placed_by_its_attributes(two_camps: Snapshot) -> None:
    """Item 11 has no likes; here it has what one camp's items have."""
    likes = training(two_camps)
    pairs = np.argwhere(likes.toarray())
    has = [*((i, i // 5) for i in range(10)), (11, 1)]
    snapshot = snapshot_from(40, 12, pairs, {"has": (2, has)})
    ranker = fit_gnn(snapshot, seed=1, config=SMALL)
    near, far = (ranker.scores(profile(12, liked))[0, 11] for liked in ([5, 6], [0, 1]))
    assert near > far + 0.1


def test_options_are_tried_on_validation(two_camps: Snapshot) -> None:
    told: list[str] = []
    ranker = fit_gnn(two_camps, seed=1, progress=lambda what, done, total: told.append(what))
    assert "trying temperature 0.2" in told
    assert ranker.facts["validation"] == "a fifth, drawn by chance, of each user's likes"
    assert 0 < float(str(ranker.facts["NDCG@20 on validation"])) <= 1
    assert set(top(ranker.scores(profile(12, [0, 1])), profile(12, [0, 1]), 3)[0][0]) == {2, 3, 4}


def test_a_batch_has_what_the_users_like_and_what_that_has() -> None:
    likes = Csr(np.array([0, 2, 3, 5]), np.array([1, 4, 0, 1, 2]))
    has = Csr(np.array([0, 1, 1, 3, 3, 4]), np.array([7, 5, 6, 6]))
    batch = Sampler(likes, {"has": has}).batch(np.array([0, 2]), np.random.default_rng(0))
    assert batch["user"].n_id.tolist() == [0, 2]
    assert batch["user"].batch_size == 2
    assert batch["item"].n_id.tolist() == [1, 2, 4]
    assert batch["item", "likes", "user"].edge_index.tolist() == [[0, 2, 0, 1], [0, 0, 1, 1]]
    assert batch["has"].n_id.tolist() == [5, 6]
    assert batch["has", "has", "item"].edge_index.tolist() == [[0, 1, 1], [1, 1, 2]]


def test_no_more_is_drawn_than_asked_for() -> None:
    rows = Csr(np.array([0, 9, 10]), np.array([*range(9), 3]))
    owner, columns = rows.drawn(np.array([0, 1]), 4, np.random.default_rng(0))
    assert owner.tolist() == [0, 0, 0, 0, 1]
    assert len(set(columns[:4].tolist())) == 4
    assert columns[4] == 3


PROGRAM = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    import numpy as np
    from models.gnn_training import Config, Trainer
    from models.run import Run
    from tests.arrays import snapshot_from

    out, folder, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
    g = np.random.default_rng(3)
    pairs = np.argwhere(g.random((60, 30)) < 0.2)
    snapshot = snapshot_from(60, 30, pairs, {"has": (3, [(i, i % 3) for i in range(30)])})
    config = Config(embedding_size=8, steps=240)
    kept = Run(Path(folder)) if folder else Run()
    def slow(what, done, total):
        time.sleep(pause)
    trainer = Trainer(snapshot, config, 1, kept, slow, "training")
    print("from", trainer.step, flush=True)
    trainer.until(240)
    if trainer.rank == 0:
        np.save(out, trainer.ranker({}).outward)
""")


def run(*arguments: object, launcher: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [sys.executable, *launcher, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gnn") / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture(scope="module")
def undisturbed(program: Path) -> np.ndarray:
    out = program.with_name("undisturbed.npy")
    assert finished(run(program, out, "", 0)) == "from 0\n"
    return np.load(out)


def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    program: Path, undisturbed: np.ndarray, tmp_path: Path
) -> None:
    out, folder = tmp_path / "out.npy", tmp_path / "kept"
    doomed = run(program, out, folder, 0.02)
    deadline = time.monotonic() + 60
    while not list(folder.glob("*.safetensors")) and time.monotonic() < deadline:
        time.sleep(0.01)
    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()
    assert not out.exists()
    assert finished(run(program, out, folder, 0)) in ("from 80\n", "from 160\n")
    np.testing.assert_array_equal(np.load(out), undisturbed)


def test_two_processes_learn_what_one_learns(
    program: Path, undisturbed: np.ndarray, tmp_path: Path
) -> None:
    out = tmp_path / "out.npy"
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    finished(run(program, out, "", 0, launcher=launcher))
    np.testing.assert_allclose(np.load(out), undisturbed, atol=2e-3)


def test_a_damaged_checkpoint_is_begun_anew(two_camps: Snapshot, tmp_path: Path) -> None:
    fresh = fit_gnn(two_camps, seed=1, config=SMALL, run=Run(tmp_path))
    for path in tmp_path.glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:100])
    again = fit_gnn(two_camps, seed=1, config=SMALL, run=Run(tmp_path))
    np.testing.assert_array_equal(fresh.outward, again.outward)


def test_without_torch_one_line_names_the_extra(
    two_camps: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "models.gnn_training")
    monkeypatch.setitem(sys.modules, "models.gnn_network", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="needs torch") as caught:
        fit_gnn(two_camps, seed=1)
    assert "groundrec[gnn]" in caught.value.hint
