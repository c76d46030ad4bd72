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
from models.gnn import Config, GnnRanker, fit_gnn, propagated
from models.rank import Ranker, profile, top, training
from models.run import Run
from tests.arrays import snapshot_from
from tests.contracts.ranker_contract import RankerContract, two_camps

pytest.importorskip("torch_geometric")
import torch
from torch.nn.functional import cross_entropy, normalize

from models.gnn_network import Network, folded
from models.gnn_tasks import offsets, single_loss, work_of
from models.gnn_training import Trainer
from models.sampling import Csr, Sampler

__all__ = ["two_camps"]
ROOT = Path(__file__).parents[2]
SMALL = Config(embedding_size=8, steps=160)
PEOPLE = Config(embedding_size=8, people=True, strength=0.5, steps=200)


class TestGnn(RankerContract):
    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_gnn(snapshot, seed=1, config=SMALL)


class TestGnnOfPeople(RankerContract):
    """Vectors of people stand beside the network only while it is trained."""

    def fit(self, snapshot: Snapshot) -> Ranker:
        return fit_gnn(snapshot, seed=1, config=PEOPLE)

    def test_nothing_of_a_person_is_kept(self, two_camps: Snapshot) -> None:
        shapes = [array.shape for array in self.fit(two_camps).state().arrays.values()]
        assert shapes
        assert all(shape[0] == 12 for shape in shapes)


def test_the_sum_of_what_people_like_comes_near_their_vectors() -> None:
    generator = np.random.default_rng(2)
    likes = sparse.csr_array((generator.random((300, 20)) < 0.2).astype(np.float64))
    truth = generator.normal(size=(20, 4)).astype(np.float32)
    scale = np.maximum(np.diff(likes.indptr), 1)[:, None] ** -0.5
    people = (scale * (likes @ truth)).astype(np.float32)
    np.testing.assert_allclose(folded(likes, people, shrink=0.0), truth, atol=1e-3)
    # The same as the equations of ridge regression, solved as they stand.
    rows = scale * likes.toarray()
    wanted = np.linalg.solve(rows.T @ rows + 2.0 * np.eye(20), rows.T @ people)
    np.testing.assert_allclose(folded(likes, people, shrink=2.0), wanted, atol=1e-3)


@pytest.fixture
def asked_singly() -> tuple[sparse.csr_array, Sampler, Network]:
    generator = np.random.default_rng(4)
    likes = sparse.csr_array((generator.random((30, 9)) < 0.4).astype(np.float64))
    people, inward, outward = (
        generator.normal(size=(count, 5)).astype(np.float32) for count in (30, 9, 9)
    )
    sampler = Sampler(Csr(likes.indptr, likes.indices), {})
    return likes, sampler, Network(inward, outward, {}, people)


def test_a_like_is_asked_for_among_all_of_the_batch(
    asked_singly: tuple[sparse.csr_array, Sampler, Network],
) -> None:
    """The loss and its gradients are those of a cross-entropy over one logit per like, in which
    the same item is no wrong answer."""
    likes, sampler, network = asked_singly
    config = Config(people=True, temperature=0.2, correction=0.7)
    work = work_of(likes, sampler, config, 1, (0, 1), torch.device("cpu"))
    found = single_loss(work, network, offsets(work), 3)
    assert found is not None
    found.backward()
    assert network.people is not None
    gradients = network.people.grad, network.outward.grad
    network.zero_grad()

    places, _ = work.batch(3)
    users = np.repeat(np.arange(30), np.diff(likes.indptr))[places]
    items = likes.indices[places]
    logits = normalize(network.people[users]) @ normalize(network.outward[items]).T / 0.2
    liked = np.bincount(likes.indices, minlength=9)[items]
    logits = logits - 0.7 * torch.from_numpy(np.log(liked)).float()
    same = torch.from_numpy(items[None] == items[:, None]) & ~torch.eye(len(items)).bool()
    wanted = cross_entropy(logits.masked_fill(same, -1e9), torch.arange(len(items)))
    wanted.backward()
    assert found.item() == pytest.approx(wanted.item(), rel=2e-2)
    for mine, theirs in zip(gradients, (network.people.grad, network.outward.grad), strict=True):
        torch.testing.assert_close(mine, theirs, atol=5e-3, rtol=2e-2)


def test_processes_share_out_a_batch_of_likes(
    asked_singly: tuple[sparse.csr_array, Sampler, Network],
) -> None:
    likes, sampler, network = asked_singly
    losses = []
    for process in ((0, 1), (0, 2), (1, 2)):
        work = work_of(likes, sampler, Config(people=True), 1, process, torch.device("cpu"))
        loss = single_loss(work, network, offsets(work), 0)
        assert loss is not None
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1] + losses[2], rel=1e-2)


def test_a_training_of_people_goes_on_from_its_checkpoint(
    two_camps: Snapshot, tmp_path: Path
) -> None:
    whole = Trainer(two_camps, PEOPLE, 1, Run(), None, "it")
    whole.until(PEOPLE.steps)
    Trainer(two_camps, PEOPLE, 1, Run(tmp_path), None, "it").until(160)
    rest = Trainer(two_camps, PEOPLE, 1, Run(tmp_path), None, "it")
    assert rest.step == 160
    rest.until(PEOPLE.steps)
    np.testing.assert_array_equal(rest.ranker({}).outward, whole.ranker({}).outward)
    np.testing.assert_array_equal(rest.ranker({}).inward, whole.ranker({}).inward)


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
    from models.gnn import Config
    from models.gnn_training import Trainer
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
