"""`Stepping`: a network on its way, step by step, with checkpoints and early stopping.

What a step does hangs on (seed, step) alone, so a training that was killed goes on from its last
checkpoint as if nothing had happened.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from models.checkpoint import Checkpoints
from models.measuring import Bench
from models.rank import Option, Ranker


class Stepping:
    """Its state is its parameters, Adam's moments and the step.

    What inherits it sets these, calls `_restore` with a checkpoint that was found, and gives
    `ranker` and `_one`. `most` is the largest number of steps, `every` how many there are between
    two looks at validation, `patience` how many looks may pass without a better one.
    """

    network: nn.Module
    adam: torch.optim.Adam
    kept: Checkpoints
    writes = True
    most: int
    every: int
    patience: int

    def __init__(self) -> None:
        self.step = 0
        self.best: tuple[float, int] = (-1.0, 0)
        self.values: list[tuple[int, float]] = []

    def ranker(self, facts: Mapping[str, Option]) -> Ranker:
        """What has been learned so far."""
        raise NotImplementedError

    def until(self, steps: int) -> None:
        """Go on to the given step, with a checkpoint now and then."""
        while self.step < steps:
            self._one()
            if self.step % self.every == 0:
                self._save()

    def stopped_early(self, bench: Bench) -> tuple[float, int]:
        """Train until validation has not become better for a while; the best value and step.

        The network stays at its last step, which is at most `patience` looks past the best one.
        """
        if not len(bench.users):
            self.until(min(self.most, self.every))
            return float("nan"), self.step
        while self.step < self.most:
            if self.values and self.step - self.best[1] >= self.patience * self.every:
                break
            self._one()
            if self.step % self.every == 0 or self.step == self.most:
                value = bench.ndcg(self.ranker({}))
                self.values.append((self.step, value))
                if value > self.best[0]:
                    self.best = value, self.step
                self._save()
        return self.best

    # -- inside -------------------------------------------------------------------------------

    def _one(self) -> None:
        """Learn from the next batch, and count the step."""
        raise NotImplementedError

    def _save(self) -> None:
        if self.writes:
            tensors = dict(self.network.state_dict())
            for at, state in self.adam.state_dict()["state"].items():
                tensors |= {f"adam.{at}.{name}": value for name, value in state.items()}
            self.kept.save(tensors, {"step": self.step, "values": self.values})

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


def device_of(name: str) -> torch.device:
    """The device of this name; "" takes a GPU when there is one."""
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
