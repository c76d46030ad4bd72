"""The GNN ranker: what the network learned, as two arrays; serving needs no torch.

Training is in `models.gnn_training`, the network in `models.gnn_network`; both need the extra
`gnn`, this module does not.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.errors import InputError
from graph.neighbours import rows_of
from graph.snapshot import Progress, Snapshot
from models.rank import Floats, Options, State
from models.run import Run

NAME = "gnn"
LIBRARIES = ("torch", "torch_geometric", "safetensors")
Embedded = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Config:
    """The network's options.

    `people`: each person has a vector of their own while the network is trained, and a step takes
    `batch_likes` likes one by one; otherwise a person is the sum of what they like, and a step
    takes `batch_size` people and hides the share `hidden` of their likes to be found again.
    `strength` and `damping` are those of the propagation after training (`propagated`), and change
    nothing of the training itself.
    """

    embedding_size: int = 384
    people: bool = False
    temperature: float = 0.1
    correction: float = 1.0
    hidden: float = 0.5
    attributes: bool = True
    strength: float = 0.0
    damping: float = 0.5
    batch_size: int = 1024
    batch_likes: int = 4096
    learning_rate: float = 1e-3
    steps: int = 960
    patience: int = 3


@dataclass(frozen=True, slots=True)
class GnnRanker:
    """score = (the sum of `inward` over what somebody likes, at length one
    + the sum of `echo` over it / sqrt(how much they like)) . outward

    All are items x size. Without propagation there is no `echo` and `outward` has rows of length
    one, so that the score is a cosine. Profiles may hold any weights.
    """

    inward: Embedded
    outward: Embedded
    known: NDArray[np.bool_]
    options: Options = field(default_factory=dict)
    facts: Options = field(default_factory=dict)
    echo: Embedded | None = None
    name: str = NAME

    def users(self, profiles: sparse.csr_array) -> Floats:
        """Where people stand (users x size), zeros for an empty profile."""
        liked = profiles.astype(np.float64)
        placed: Floats = np.asarray(liked @ self.inward.astype(np.float64))
        lengths = np.linalg.norm(placed, axis=1, keepdims=True)
        standing: Floats = placed / np.where(lengths > 0, lengths, 1.0)
        if self.echo is not None:
            much = np.sqrt(np.maximum(liked.sum(axis=1), 1.0))[:, None]
            standing += np.asarray(liked @ self.echo.astype(np.float64)) / much
        return standing

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); NaN for an empty profile and for items of which nothing is
        known: neither likes nor attributes that the network listens to."""
        scores: Floats = self.users(profiles) @ self.outward.astype(np.float64).T
        scores[np.bincount(rows_of(profiles), minlength=len(scores)) == 0] = np.nan
        scores[:, ~self.known] = np.nan
        return scores

    def directions(self) -> Embedded:
        """Items' vectors of length one whose cosines with `users` order items as scores do.

        Where lengths differ they have one dimension more than users do, whose place there is 0
        (Bachrach et al. 2014).
        """
        if self.echo is None:
            return self.outward
        squares = np.sum(self.outward.astype(np.float64) ** 2, axis=1, keepdims=True)
        longest = max(float(squares.max(initial=0.0)), 1e-12)
        wider = np.hstack([self.outward, np.sqrt(np.maximum(longest - squares, 0.0))])
        made: Embedded = (wider / np.sqrt(longest)).astype(np.float32)
        return made

    def state(self) -> State:
        """The embeddings, float32, and how they were made."""
        told = {"options": json.dumps(dict(self.options)), "facts": json.dumps(dict(self.facts))}
        arrays = {"inward": self.inward, "outward": self.outward, "known": self.known}
        if self.echo is not None:
            arrays["echo"] = self.echo
        return State(told, arrays)


def restore(state: State) -> GnnRanker:
    """What `GnnRanker.state` gave."""
    return GnnRanker(
        inward=state.arrays["inward"].astype(np.float32),
        outward=state.arrays["outward"].astype(np.float32),
        known=state.arrays["known"].astype(np.bool_),
        options=json.loads(str(state.options["options"])),
        facts=json.loads(str(state.options["facts"])),
        echo=state.arrays["echo"].astype(np.float32) if "echo" in state.arrays else None,
    )


def propagated(
    ranker: GnnRanker, likes: sparse.csr_array, strength: float, damping: float
) -> GnnRanker:
    """A ranker without propagation, with one step of it through `likes` (users x items, ones).

        user(u) + strength * sum over the liked i of A_ui outward(i)
        outward(i) + strength * sum over the u who like it of A_ui user(u)

    with A_ui = (likes of u) ** -1/2 (likes of i) ** -damping. The lengths that come of it carry how
    popular an item is, the less the larger the damping.
    """
    if not strength:
        return ranker
    users = ranker.users(likes).astype(np.float32)
    users /= np.sqrt(np.maximum(np.diff(likes.indptr), 1)).astype(np.float32)[:, None]
    liked = np.bincount(likes.indices, minlength=likes.shape[1])
    shares = (strength * np.maximum(liked, 1.0) ** -damping).astype(np.float32)[:, None]
    heard = np.asarray(sparse.csr_array(likes.T).astype(np.float32) @ users)
    return replace(ranker, echo=shares * ranker.outward, outward=ranker.outward + shares * heard)


def fit_gnn(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None = None,
    *,
    run: Run | None = None,
    config: Config | None = None,
    untried: Collection[str] = (),
) -> GnnRanker:
    """Choose options on a validation part, unless they are given, then train on everything.

    Options that are `untried` keep their defaults.
    InputError when the extra `gnn` is not installed.
    """
    train = trainers()
    run = run or Run()
    made: GnnRanker = train.trained(
        snapshot,
        train.chosen(snapshot, seed, progress, run, config=config, untried=untried),
        seed,
        progress,
        run,
    )
    return made


def trainers(module: str = "models.gnn_training") -> ModuleType:
    """What trains; InputError names the extra where its libraries are missing."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in LIBRARIES:
            raise
        raise InputError(
            f"the GNN needs {error.name}, which is not installed",
            hint="pip install 'groundrec[gnn]'; all other rankers but the blend work without",
        ) from error
