"""Trains the network: options by trial on a validation part, then everything for as many steps.

Each step draws users, hides half of what each of them likes, and asks the network to find the
hidden items among all items of the batch: a softmax over cosines, with a temperature and with
`correction` times the log of an item's chance to be in the batch taken off (Yi et al. 2019).

Randomness hangs on (seed, step) alone. So a run that was killed goes on from its checkpoint as if
nothing had happened, and several processes (`torchrun`), which share out a batch's users and add
up their gradients, learn what one learns, up to rounding.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, distributed

from graph.snapshot import Progress, Snapshot
from models.checkpoint import Checkpoints
from models.gnn import GnnRanker, propagated
from models.gnn_network import Arrays, Network, averaged, spectral
from models.measuring import Bench
from models.rank import Option, training
from models.run import Run
from models.sampling import Csr, Sampler
from models.split import Split, validation

_TRIAL_SIZE, _TRIAL_STEPS = 64, 160
_EVERY = 80


@dataclass(frozen=True, slots=True)
class Config:
    """The network's options; `hidden` is the share of a user's likes to be found again.

    `strength` and `damping` are those of the propagation after training (`models.gnn`), and change
    nothing of the training itself.
    """

    embedding_size: int = 384
    temperature: float = 0.1
    correction: float = 1.0
    hidden: float = 0.5
    attributes: bool = True
    strength: float = 0.0
    damping: float = 0.5
    batch_size: int = 1024
    learning_rate: float = 1e-3
    steps: int = 960
    patience: int = 3


# Strength and damping of one propagation after training.
_PROPAGATIONS = ((0.0, 0.5), (0.5, 0.5), (0.5, 0.7), (0.25, 0.7), (1.0, 0.7), (1.0, 0.85))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Options with the number of steps that was best, and the ranker of the validation part."""

    config: Config
    inside: GnnRanker
    facts: Mapping[str, Option]


_TRIALS: Mapping[str, tuple[float, ...]] = {
    "temperature": (0.15, 0.2),
    "correction": (0.5, 0.0),
    "hidden": (0.3, 0.7),
}


def chosen(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None,
    run: Run,
    *,
    config: Config | None = None,
    inner: Split | None = None,
    untried: Collection[str] = (),
) -> Chosen:
    """Options by coordinate search with small networks, the number of steps with a full one.

    Those that are `untried` stay as they are.
    """
    inner = inner or validation(snapshot, seed)
    bench = Bench.of(inner, seed)
    best = config or Config()
    facts: dict[str, Option] = {"validation": inner.how, "validation users": len(bench.users)}
    if config is None and len(bench.users):
        best = _searched(inner, bench, seed, progress, run, best, untried)
    trainer = Trainer(inner.train, best, seed, run, progress, "early stopping")
    value, steps = trainer.stopped_early(bench)
    if len(bench.users):
        value, trainer.config = trainer.spoken(bench)
    facts["NDCG@20 on validation"] = value
    return Chosen(replace(trainer.config, steps=steps), trainer.ranker(facts), facts)


def trained(
    snapshot: Snapshot, made: Chosen, seed: int, progress: Progress | None, run: Run
) -> GnnRanker:
    """The network trained on all of a snapshot's likes with the options that were chosen."""
    trainer = Trainer(snapshot, made.config, seed, run, progress, "training")
    trainer.until(made.config.steps)
    return trainer.ranker(made.facts)


def _searched(
    inner: Split,
    bench: Bench,
    seed: int,
    progress: Progress | None,
    run: Run,
    start: Config,
    untried: Collection[str],
) -> Config:
    ledger = Checkpoints(run.checkpoints, [inner.train.version, seed, "trials"]).ledger()

    def value(config: Config) -> float:
        """The best that it comes to over all propagations."""
        small = replace(config, embedding_size=_TRIAL_SIZE, steps=_TRIAL_STEPS)
        told = str(sorted(asdict(small).items()))
        if told not in ledger:
            what = f"trying {_differences(start, config)}"
            trainer = Trainer(inner.train, small, seed, Run(device=run.device), progress, what)
            trainer.until(small.steps)
            ledger[told] = trainer.spoken(bench)[0]
        return ledger[told]

    best, at = start, value(start)
    trials = [(name, option) for name, options in _TRIALS.items() for option in options]
    told = [*trials, *([("attributes", False)] if _relations(inner.train) else [])]
    for name, option in (each for each in told if each[0] not in untried):
        other = replace(best, **{name: option})  # type: ignore[arg-type]
        if (found := value(other)) > at:
            best, at = other, found
    return best


def _differences(start: Config, config: Config) -> str:
    before = asdict(start)
    changed = [f"{n} {v}" for n, v in asdict(config).items() if v != before[n]]
    return ", ".join(changed) or "the defaults"


def _relations(snapshot: Snapshot) -> list[str]:
    return [name for name in snapshot.schema.attributes if snapshot.links(name).size]


class Trainer:
    """One network on its way; its state is its parameters, Adam's moments and the step."""

    def __init__(
        self,
        snapshot: Snapshot,
        config: Config,
        seed: int,
        run: Run,
        progress: Progress | None,
        what: str,
    ) -> None:
        self.config, self.seed, self.progress, self.what = config, seed, progress, what
        self.rank, self.processes = _processes()
        self.device = _device(run.device)
        self.step = 0
        self.likes = training(snapshot)
        names = _relations(snapshot) if config.attributes else []
        self.incidence = {name: snapshot.links(name).matrix() for name in names}
        self.sampler = Sampler(
            Csr(self.likes.indptr, self.likes.indices),
            {name: Csr(m.indptr, m.indices) for name, m in self.incidence.items()},
        )
        self.able = np.flatnonzero(np.diff(self.likes.indptr) >= 2)
        self.batch_size = min(config.batch_size, max(1, len(self.able) // 10))
        learned = {n: v for n, v in asdict(config).items() if n not in ("strength", "damping")}
        self.kept = Checkpoints(
            run.checkpoints, [snapshot.version, seed, what, sorted(learned.items())]
        )
        found = self.kept.load(self.device)
        inward, outward = self._start() if found is None else self._nothing()
        values = {n: averaged(sparse.csr_array(m.T)) @ outward for n, m in self.incidence.items()}
        self.network = Network(inward, outward, values).to(self.device)
        self.adam = torch.optim.Adam(
            self.network.parameters(), config.learning_rate, weight_decay=0.0
        )
        liked = np.bincount(self.likes.indices, minlength=self.likes.shape[1])
        absent = np.log1p(-np.minimum(liked / max(len(self.able), 1), 1 - 1e-9))
        chance = -np.expm1(absent * self.batch_size)
        self.offset = torch.from_numpy(
            (config.correction * np.log(np.maximum(chance, 1e-9))).astype(np.float32)
        ).to(self.device)
        self.best: tuple[float, int] = (-1.0, 0)
        self.values: list[tuple[int, float]] = []
        if found is not None:
            self._restore(*found)

    def until(self, steps: int) -> None:
        """Go on to the given step, with a checkpoint now and then."""
        while self.step < steps:
            self._one()
            if self.step % _EVERY == 0:
                self._save()

    def stopped_early(self, bench: Bench) -> tuple[float, int]:
        """Train until validation has not become better for a while; the best value and step.

        The network stays at its last step, which is at most `patience` looks past the best one.
        """
        if not len(bench.users):
            self.until(min(self.config.steps, _EVERY))
            return float("nan"), self.step
        while self.step < self.config.steps:
            if self.values and self.step - self.best[1] >= self.config.patience * _EVERY:
                break
            self._one()
            if self.step % _EVERY == 0 or self.step == self.config.steps:
                value = bench.ndcg(self.ranker({}))
                self.values.append((self.step, value))
                if value > self.best[0]:
                    self.best = value, self.step
                self._save()
        return self.best

    def spoken(self, bench: Bench) -> tuple[float, Config]:
        """The propagation that ranks best after what has been learned, and what it comes to."""
        plain = self._plain({})
        values = [bench.ndcg(propagated(plain, self.likes, s, d)) for s, d in _PROPAGATIONS]
        best = int(np.argmax(values))
        strength, damping = _PROPAGATIONS[best]
        return values[best], replace(self.config, strength=strength, damping=damping)

    def ranker(self, facts: Mapping[str, Option]) -> GnnRanker:
        """What has been learned so far."""
        plain = self._plain(facts)
        return propagated(plain, self.likes, self.config.strength, self.config.damping)

    # -- inside -------------------------------------------------------------------------------

    def _plain(self, facts: Mapping[str, Option]) -> GnnRanker:
        """What has been learned so far, before any propagation."""
        inward, outward = self.network.exported(self.incidence)
        known = np.linalg.norm(outward, axis=1) > 0
        weights: dict[str, Option] = {}
        for at, name in enumerate(self.network.attributes):
            weights[f"weight of {name}"] = self.network.outward_weights[at].item()
            weights[f"weight of {name}, inward"] = self.network.inward_weights[at].item()
        options: dict[str, Option] = {**asdict(self.config), **weights}
        return GnnRanker(inward.astype(np.float32), outward, known, options, dict(facts))

    def _one(self) -> None:
        if len(self.able):
            loss = self._loss()
            self.adam.zero_grad()
            if loss is not None:
                loss.backward()  # type: ignore[no-untyped-call]
            if self.processes > 1:
                for each in self.network.parameters():
                    if each.grad is None:
                        each.grad = torch.zeros_like(each)
                    distributed.all_reduce(each.grad)
            self.adam.step()
        self.step += 1
        if self.progress is not None and self.rank == 0:
            self.progress(self.what, self.step, self.config.steps)

    def _loss(self) -> Tensor | None:
        users, generator = self._drawn()
        batch = self.sampler.batch(users, generator)
        edges = batch["item", "likes", "user"].edge_index.numpy()
        hidden = _hidden(edges[1], self.config.hidden, generator)
        here = edges[1] % self.processes == self.rank
        if not (here & hidden).any():
            return None
        batch = batch.to(self.device)
        given, sought = (
            torch.from_numpy(np.ascontiguousarray(edges[:, mask])).to(self.device)
            for mask in (here & ~hidden, here & hidden)
        )
        inward, outward = self.network.items(batch)
        placed = self.network.users(batch, inward, given)
        mine = slice(self.rank, None, self.processes)
        cosines = placed[mine] @ torch.nn.functional.normalize(outward).T
        logits = cosines / self.config.temperature - self.offset[batch["item"].n_id]
        row = torch.div(given[1], self.processes, rounding_mode="floor")
        logits = logits.index_put((row, given[0]), logits.new_tensor(-1e9))
        row = torch.div(sought[1], self.processes, rounding_mode="floor")
        missed = logits.logsumexp(1)[row] - logits[row, sought[0]]
        # A user with many likes counts for more than one with few, but not in proportion.
        counts = torch.bincount(row, minlength=len(logits)).clamp(min=1).rsqrt()
        loss: Tensor = (missed * counts[row]).sum() / len(users)
        return loss

    def _drawn(self) -> tuple[NDArray[np.int64], np.random.Generator]:
        per_epoch = max(1, len(self.able) // self.batch_size)
        epoch, place = divmod(self.step, per_epoch)
        order = np.random.default_rng([self.seed, 1, epoch]).permutation(self.able)
        users = order[place * self.batch_size : (place + 1) * self.batch_size]
        return users, np.random.default_rng([self.seed, 2, self.step])

    def _save(self) -> None:
        if self.rank == 0:
            tensors = dict(self.network.state_dict())
            for at, state in self.adam.state_dict()["state"].items():
                tensors |= {f"adam.{at}.{name}": value for name, value in state.items()}
            self.kept.save(tensors, {"step": self.step, "values": self.values})

    def _start(self) -> tuple[Arrays, Arrays]:
        generator = np.random.default_rng([self.seed, 0])
        return spectral(self.likes, self.config.embedding_size, generator)

    def _nothing(self) -> tuple[Arrays, Arrays]:
        shape = (self.likes.shape[1], self.config.embedding_size)
        return np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def _restore(self, tensors: dict[str, Tensor], told: Mapping[str, Any]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name in [name for name in tensors if name.startswith("adam.")]:
            _, at, part = name.split(".")
            state.setdefault(int(at), {})[part] = tensors.pop(name)
        self.network.load_state_dict(tensors)
        self.adam.load_state_dict({**self.adam.state_dict(), "state": state})
        self.step = int(told["step"])
        self.values = [(int(step), float(value)) for step, value in told["values"]]
        for step, value in self.values:
            if value > self.best[0]:
                self.best = value, step


def _hidden(
    users: NDArray[np.int64], share: float, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Which edges to hide (`users` ascending): of each user at least one, and never all."""
    drawn = generator.random(len(users))
    order = np.lexsort((drawn, users))
    first = np.flatnonzero(np.diff(users[order], prepend=-1))
    last = np.append(first[1:], len(users)) - 1
    hidden = drawn < share
    hidden[order[last]] = False
    hidden[order[first]] = True
    return hidden


def _device(name: str) -> torch.device:
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


def _processes() -> tuple[int, int]:
    """This process's number and how many there are; `torchrun` says so in the environment."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count > 1 and not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return (distributed.get_rank(), count) if count > 1 else (0, 1)
