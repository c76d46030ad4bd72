"""Trains the network: options by trial on a validation part, then everything for as many steps.

What a step asks of the network is in `models.gnn_tasks`; its randomness hangs on (seed, step)
alone. So a run that was killed goes on from its checkpoint as if nothing had happened, and several
processes (`torchrun`), which share out a batch and add up their gradients, learn what one learns,
up to rounding.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, distributed

from graph.snapshot import Progress, Snapshot
from models.checkpoint import Checkpoints
from models.gnn import Config, GnnRanker, propagated
from models.gnn_network import Arrays, Network, averaged, folded, spectral, unit
from models.gnn_tasks import hidden_loss, offsets, single_loss, work_of
from models.measuring import Bench
from models.rank import Option, training
from models.run import Run
from models.sampling import Csr, Sampler
from models.split import Split, validation
from models.stepping import Stepping, device_of

_TRIAL_SIZE, _TRIAL_STEPS = 64, 160
# Steps between two looks at validation, each with a checkpoint: of people, and of likes.
_EVERY, _EVERY_LIKES = 80, 160


# Strength and damping of one propagation after training.
_PROPAGATIONS = ((0.0, 0.5), (0.5, 0.5), (0.5, 0.7), (0.25, 0.7), (1.0, 0.7), (1.0, 0.85))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Options with the number of steps that was best, and the ranker of the validation part."""

    config: Config
    inside: GnnRanker
    facts: Mapping[str, Option]


# Tried one after the other, each on top of what has been best so far.
_TRIALS: tuple[Mapping[str, Any], ...] = (
    {"temperature": 0.15},
    {"temperature": 0.2},
    {"correction": 0.5},
    {"correction": 0.0},
    {"hidden": 0.3},
    {"hidden": 0.7},
)
# Where there are more people, they are also tried with vectors of their own; see docs/models.md.
_MANY = 10_000
_OWN: Mapping[str, Any] = {"people": True, "learning_rate": 2e-3}


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
    told = [*_TRIALS]
    told += [{"attributes": False}] if _relations(inner.train) else []
    told += [_OWN] if inner.held_out.shape[0] > _MANY else []
    for options in (each for each in told if not set(each) & set(untried)):
        other = replace(best, **options)
        if (found := value(other)) > at:
            best, at = other, found
    return best


def _differences(start: Config, config: Config) -> str:
    before = asdict(start)
    changed = [f"{n} {v}" for n, v in asdict(config).items() if v != before[n]]
    return ", ".join(changed) or "the defaults"


def _relations(snapshot: Snapshot) -> list[str]:
    return [name for name in snapshot.schema.attributes if snapshot.links(name).size]


class Trainer(Stepping):
    """The network on its way."""

    network: Network

    def __init__(
        self,
        snapshot: Snapshot,
        config: Config,
        seed: int,
        run: Run,
        progress: Progress | None,
        what: str,
    ) -> None:
        super().__init__()
        self.config, self.seed, self.progress, self.what = config, seed, progress, what
        self.rank, self.processes = _processes()
        self.writes = self.rank == 0
        self.device = device_of(run.device)
        self.most, self.patience = config.steps, config.patience
        self.every = _EVERY_LIKES if config.people else _EVERY
        self.likes = training(snapshot)
        names = _relations(snapshot) if config.attributes else []
        self.incidence = {name: snapshot.links(name).matrix() for name in names}
        sampler = Sampler(
            Csr(self.likes.indptr, self.likes.indices),
            {name: Csr(m.indptr, m.indices) for name, m in self.incidence.items()},
        )
        self.work = work_of(
            self.likes, sampler, config, seed, (self.rank, self.processes), self.device
        )
        learned = {n: v for n, v in asdict(config).items() if n not in ("strength", "damping")}
        self.kept = Checkpoints(
            run.checkpoints, [snapshot.version, seed, what, sorted(learned.items())]
        )
        found = self.kept.load(self.device)
        inward, outward, people = self._start() if found is None else self._nothing()
        values = {n: averaged(sparse.csr_array(m.T)) @ outward for n, m in self.incidence.items()}
        self.network = Network(inward, outward, values, people).to(self.device)
        self.adam = torch.optim.Adam(
            self.network.parameters(), config.learning_rate, weight_decay=0.0, fused=config.people
        )
        self.offset = offsets(self.work)
        if found is not None:
            self._restore(*found)

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
        if self.network.people is not None:
            inward = self._folded(self.network.people, outward)
        known = np.linalg.norm(outward, axis=1) > 0
        weights: dict[str, Option] = {}
        for at, name in enumerate(self.network.attributes):
            weights[f"weight of {name}"] = self.network.outward_weights[at].item()
            weights[f"weight of {name}, inward"] = self.network.inward_weights[at].item()
        options: dict[str, Option] = {**asdict(self.config), **weights}
        return GnnRanker(inward.astype(np.float32), outward, known, options, dict(facts))

    def _folded(self, people: Tensor, outward: Arrays) -> Arrays:
        """Inward rows by what people's own vectors are; of items that nobody likes, outward."""
        inward = folded(self.likes, unit(people.detach().cpu().numpy()))
        lengths = np.linalg.norm(inward, axis=1, keepdims=True)
        some = lengths > 0
        return np.where(some, inward, outward * lengths[some].mean()).astype(np.float32)

    def _one(self) -> None:
        if len(self.work.drawn):
            asked = single_loss if self.config.people else hidden_loss
            loss = asked(self.work, self.network, self.offset, self.step)
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

    def _start(self) -> tuple[Arrays, Arrays, Arrays | None]:
        generator = np.random.default_rng([self.seed, 0])
        inward, outward = spectral(self.likes, self.config.embedding_size, generator)
        if not self.config.people:
            return inward, outward, None
        return inward, unit(outward), unit(self.likes.astype(np.float32) @ inward)

    def _nothing(self) -> tuple[Arrays, Arrays, Arrays | None]:
        users, items = (
            np.zeros((count, self.config.embedding_size), np.float32) for count in self.likes.shape
        )
        return items, items, users if self.config.people else None


def _processes() -> tuple[int, int]:
    """This process's number and how many there are; `torchrun` says so in the environment."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count > 1 and not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return (distributed.get_rank(), count) if count > 1 else (0, 1)
