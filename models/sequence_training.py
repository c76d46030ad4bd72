"""Trains the encoder: as many steps as a validation part says, then the same on everything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graph.snapshot import Progress, Snapshot
from models.checkpoint import Checkpoints
from models.gnn_network import spectral, unit
from models.measuring import Bench
from models.rank import Option, in_order
from models.run import Run
from models.sequence import Config, SequenceRanker, windows
from models.sequence_network import Encoder
from models.split import Split, validation
from models.stepping import Stepping, device_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """Options with the number of steps that was best, and the ranker of the validation part."""

    config: Config
    inside: SequenceRanker
    facts: Mapping[str, Option]


def chosen(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None,
    run: Run,
    *,
    config: Config | None = None,
    inner: Split | None = None,
) -> Chosen:
    """The number of steps, by early stopping on a validation part."""
    inner, config = inner or validation(snapshot, seed), config or Config()
    bench = Bench.of(inner, seed)
    trainer = Trainer(inner.train, config, seed, run, progress, "early stopping")
    value, steps = trainer.stopped_early(bench)
    facts: dict[str, Option] = {
        "validation": inner.how,
        "validation users": len(bench.users),
        "NDCG@20 on validation": value,
    }
    return Chosen(replace(config, steps=steps), trainer.ranker(facts), facts)


def trained(
    snapshot: Snapshot, made: Chosen, seed: int, progress: Progress | None, run: Run
) -> SequenceRanker:
    """The encoder trained on all of a snapshot's likes."""
    trainer = Trainer(snapshot, made.config, seed, run, progress, "training")
    trainer.until(made.config.steps)
    return trainer.ranker(made.facts)


class Trainer(Stepping):
    """The encoder on its way."""

    network: Encoder

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
        self.most, self.every, self.patience = config.steps, config.every, config.patience
        self.device = device_of(run.device)
        self.likes = in_order(snapshot)
        self.able = np.flatnonzero(np.diff(self.likes.indptr) >= 2)
        self.kept = Checkpoints(run.checkpoints, [snapshot.version, seed, what, config])
        generator = np.random.default_rng([seed, 0])
        inward, outward = spectral(self.likes, config.embedding_size, generator)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Encoder(torch.from_numpy(inward), torch.from_numpy(outward), config)
        self.network.to(self.device)
        self.adam = torch.optim.Adam(self.network.parameters(), config.learning_rate)
        found = self.kept.load(self.device)
        if found is not None:
            self._restore(*found)

    def ranker(self, facts: Mapping[str, Option]) -> SequenceRanker:
        """What has been learned so far; items at length one."""
        arrays = {n: v.detach().cpu().numpy().copy() for n, v in self.network.state_dict().items()}
        inward, outward = arrays.pop("inward"), unit(arrays.pop("outward"))
        known = np.bincount(self.likes.indices, minlength=self.likes.shape[1]) > 0
        return SequenceRanker(inward, outward, known, arrays, self.config, dict(facts))

    def _one(self) -> None:
        if len(self.able):
            generator = np.random.default_rng([self.seed, 2, self.step])
            items, there, row, sought = self._asked(generator)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(int(generator.integers(2**31)))
                logits = self.network(self._on(items), self._on(there))
            missed = -logits.log_softmax(1)[self._on(row), self._on(sought)]
            # Somebody of whom much is asked counts for more, but not in proportion.
            shares = np.maximum(np.bincount(row, minlength=len(items)), 1)[row] ** -0.5
            loss = (missed * self._on(shares.astype(np.float32))).sum() / len(items)
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
        self.step += 1
        if self.progress is not None:
            self.progress(self.what, self.step, self.config.steps)

    def _asked(
        self, generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        """What is heard of each person drawn (people x positions, and where there is an item), and
        what is asked for: the row of a person and an item, one by one."""
        config, pointers = self.config, self.likes.indptr.astype(np.int64)
        most = min(config.batch_size, len(self.able))
        people = generator.choice(self.able, most, replace=False)
        first, count = pointers[people], np.diff(pointers)[people]
        masked = generator.random(most) < config.masked
        cuts = first + np.where(
            masked, generator.integers(2, count + 1), generator.integers(1, count)
        )
        items, there = windows(self.likes.indices, first, cuts, config.length)
        hidden = there & masked[:, None] & (generator.random(there.shape) < config.hidden)
        # One is hidden at least, and never all.
        hidden[masked & ~hidden.any(axis=1), -1] = True
        hidden[masked & ~(there & ~hidden).any(axis=1), -1] = False
        row, position = np.nonzero(hidden)
        ahead = np.where(masked, 0, np.minimum(config.ahead, first + count - cuts))
        after = np.repeat(np.arange(most), ahead)
        place = np.arange(len(after)) - np.repeat(np.cumsum(ahead) - ahead, ahead) + cuts[after]
        sought = np.concatenate([items[row, position], self.likes.indices[place]])
        return items, there & ~hidden, np.concatenate([row, after]), sought.astype(np.int64)

    def _on(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(self.device)
