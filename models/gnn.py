"""The GNN ranker: what the network learned, as two arrays; serving needs no torch.

Training is in `models.gnn_training`, the network in `models.gnn_network`; both need the extra
`gnn`, this module does not.
"""

import json
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.errors import InputError
from graph.neighbours import rows_of
from graph.snapshot import Progress, Snapshot
from models.rank import Floats, Options, State
from models.run import Run

if TYPE_CHECKING:
    from models.gnn_training import Config

NAME = "gnn"
LIBRARIES = ("torch", "torch_geometric", "safetensors")
Embedded = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GnnRanker:
    """score = cosine of the sum of `inward` over what somebody likes, and `outward`.

    Both are items x size, `outward` with rows of length one. Profiles may hold any weights.
    """

    inward: Embedded
    outward: Embedded
    known: NDArray[np.bool_]
    options: Options = field(default_factory=dict)
    facts: Options = field(default_factory=dict)
    name: str = NAME

    def users(self, profiles: sparse.csr_array) -> Floats:
        """Where people stand (users x size), rows of length one, zeros for an empty profile."""
        placed: Floats = np.asarray(profiles.astype(np.float64) @ self.inward.astype(np.float64))
        lengths = np.linalg.norm(placed, axis=1, keepdims=True)
        standing: Floats = placed / np.where(lengths > 0, lengths, 1.0)
        return standing

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Cosines (users x items); NaN for an empty profile and for items of which nothing is
        known: neither likes nor attributes that the network listens to."""
        scores: Floats = self.users(profiles) @ self.outward.astype(np.float64).T
        scores[np.bincount(rows_of(profiles), minlength=len(scores)) == 0] = np.nan
        scores[:, ~self.known] = np.nan
        return scores

    def state(self) -> State:
        """The embeddings, float32, and how they were made."""
        told = {"options": json.dumps(dict(self.options)), "facts": json.dumps(dict(self.facts))}
        arrays = {"inward": self.inward, "outward": self.outward, "known": self.known}
        return State(told, arrays)


def restore(state: State) -> GnnRanker:
    """What `GnnRanker.state` gave."""
    return GnnRanker(
        inward=state.arrays["inward"].astype(np.float32),
        outward=state.arrays["outward"].astype(np.float32),
        known=state.arrays["known"].astype(np.bool_),
        options=json.loads(str(state.options["options"])),
        facts=json.loads(str(state.options["facts"])),
    )


def fit_gnn(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None = None,
    *,
    run: Run | None = None,
    config: "Config | None" = None,
) -> GnnRanker:
    """Choose options on a validation part, unless they are given, then train on everything.

    InputError when the extra `gnn` is not installed.
    """
    train = trainers()
    run = run or Run()
    made: GnnRanker = train.trained(
        snapshot,
        train.chosen(snapshot, seed, progress, run, config=config),
        seed,
        progress,
        run,
    )
    return made


def trainers() -> ModuleType:
    """`models.gnn_training`; InputError names the extra where its libraries are missing."""
    try:
        return import_module("models.gnn_training")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in LIBRARIES:
            raise
        raise InputError(
            f"the GNN needs {error.name}, which is not installed",
            hint="pip install 'groundrec[gnn]'; all other rankers but the blend work without",
        ) from error
