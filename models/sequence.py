"""The sequence ranker: who somebody is now, from the last items that they liked, in order.

    a_p     = how loudly the item at position p speaks: a transformer over all of them, then a
              softmax over the positions, for each head
    user    = sum over p of a_p * inward(i_p)        (each head weighs its part of the vector)
    score   = user . outward(i) = sum over p of (a_p * inward(i_p)) . outward(i)

The transformer hears the order and who stands beside whom, and decides how much each liked item
counts; what it says is its own row. So a score is a sum over liked items, with nothing left over.
Training is in `models.sequence_training` and needs the extra `gnn`, this module does not.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.errors import InputError
from graph.links import NO_TIME
from graph.neighbours import kept
from graph.snapshot import Progress, Snapshot
from models.gnn import trainers
from models.rank import Floats, Items, Options, State, profile
from models.run import Run

NAME = "sequence"
Arrays = Mapping[str, NDArray[np.generic]]
# So many people at a time: their attention is people x heads x positions x positions.
_PEOPLE = 256


@dataclass(frozen=True, slots=True)
class Config:
    """The encoder's options.

    It hears the last `length` likes. A step takes `batch_size` people and cuts each of their
    histories somewhere; of the share `masked` of them, the share `hidden` of what stands before
    the cut is hidden and asked for, of the others the next `ahead` items behind it.
    """

    embedding_size: int = 64
    layers: int = 2
    heads: int = 4
    length: int = 50
    masked: float = 0.5
    hidden: float = 0.4
    ahead: int = 10
    temperature: float = 0.1
    dropout: float = 0.1
    batch_size: int = 32
    learning_rate: float = 1e-3
    steps: int = 1200
    every: int = 60
    patience: int = 3


@dataclass(frozen=True, slots=True)
class SequenceRanker:
    """`inward` and `outward` (items x size), and the transformer's weights by torch's names."""

    inward: NDArray[np.float32]
    outward: NDArray[np.float32]
    known: NDArray[np.bool_]
    weights: Arrays
    config: Config
    facts: Options = field(default_factory=dict)
    name: str = NAME

    def heard(self, profiles: sparse.csr_array) -> tuple[Items, Floats]:
        """Which items count (users x positions, the latest last), and how much (users x positions
        x heads, each head's sum is 1; 0 where there is no item)."""
        likes = kept(profiles, self.known[profiles.indices])
        ends = likes.indptr.astype(np.int64)
        items, there = windows(likes.indices, ends[:-1], ends[1:], self.config.length)
        loud = np.zeros((*items.shape, self.config.heads))
        for start in range(0, len(items), _PEOPLE):
            some = start + np.flatnonzero(there[start : start + _PEOPLE].any(axis=1))
            if len(some):
                loud[some] = self._attention(items[some], there[some])
        return items, loud

    def users(self, profiles: sparse.csr_array) -> Floats:
        """Where people stand (users x size), zeros for who likes nothing that is known."""
        items, loud = self.heard(profiles)
        width = self.config.embedding_size // self.config.heads
        rows = self.inward[items].reshape(*items.shape, self.config.heads, width)
        standing: Floats = np.einsum("uph,uphd->uhd", loud, rows.astype(np.float64))
        return standing.reshape(len(items), -1)

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); NaN for who likes nothing that is known, and for items that
        nobody liked."""
        standing = self.users(profiles)
        scores: Floats = standing @ self.outward.astype(np.float64).T
        scores[~standing.any(axis=1)] = np.nan
        scores[:, ~self.known] = np.nan
        return scores

    def parts(self, liked: Sequence[int], item: int) -> dict[int, float]:
        """What each of the liked items (local rows) that count adds to the score of an item."""
        items, loud = self.heard(profile(len(self.inward), list(liked)))
        spoken = self.inward[items[0]].astype(np.float64) * self.outward[item]
        width = self.config.embedding_size // self.config.heads
        by_head = spoken.reshape(len(spoken), self.config.heads, width).sum(axis=2)
        amounts = (loud[0] * by_head).sum(axis=1)
        return dict(zip(items[0].tolist(), amounts.tolist(), strict=True))

    def state(self) -> State:
        """Items' rows and the transformer's weights, float32, and how they were made."""
        told = {"config": json.dumps(asdict(self.config)), "facts": json.dumps(dict(self.facts))}
        rows = {"inward": self.inward, "outward": self.outward, "known": self.known}
        return State(told, {**rows, **{f"net.{n}": array for n, array in self.weights.items()}})

    # -- inside -------------------------------------------------------------------------------

    def _attention(self, items: Items, there: NDArray[np.bool_]) -> Floats:
        """As `models.sequence_network.Encoder.heard`, without torch (users x positions x heads)."""
        weights = {name: array.astype(np.float64) for name, array in self.weights.items()}
        ages = np.arange(items.shape[1])[::-1]
        rows = self.inward[items].astype(np.float64)
        x = _linear(_normed(rows, weights, "first"), weights, "enter")
        x = x + weights["place"][ages]
        for layer in range(self.config.layers):
            x = _layer(x, there, weights, f"layers.{layer}.", self.config.heads)
        asked = _linear(_normed(x, weights, "last"), weights, "ask") + weights["age"][ages]
        return _softmax(np.where(there[..., None], asked, -np.inf), axis=1)


def restore(state: State) -> SequenceRanker:
    """What `SequenceRanker.state` gave."""
    mark = "net."
    return SequenceRanker(
        inward=state.arrays["inward"].astype(np.float32),
        outward=state.arrays["outward"].astype(np.float32),
        known=state.arrays["known"].astype(np.bool_),
        weights={n.removeprefix(mark): a for n, a in state.arrays.items() if n.startswith(mark)},
        config=Config(**json.loads(str(state.options["config"]))),
        facts=json.loads(str(state.options["facts"])),
    )


def fit_sequence(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None = None,
    *,
    run: Run | None = None,
    config: Config | None = None,
) -> SequenceRanker:
    """Choose the number of steps on a validation part, then train on everything.

    InputError when likes have no times, or the extra `gnn` is not installed.
    """
    if not timed(snapshot):
        raise InputError(
            "there is no order to learn: not every like has a time",
            hint="name the column with the time in the mapping, or train another ranker",
        )
    train, run = trainers("models.sequence_training"), run or Run()
    made = train.chosen(snapshot, seed, progress, run, config=config)
    return train.trained(snapshot, made, seed, progress, run)  # type: ignore[no-any-return]


def timed(snapshot: Snapshot) -> bool:
    """Whether every like has a time."""
    likes = snapshot.likes()
    return bool(likes.size) and bool((likes.time != NO_TIME).all())


def windows(
    columns: NDArray[np.integer], starts: Items, stops: Items, length: int
) -> tuple[Items, NDArray[np.bool_]]:
    """The last `length` columns of each stretch, the last at the right (stretches x positions),
    and where there is one."""
    ages = np.arange(min(length, int((stops - starts).max(initial=0))))[::-1]
    places = stops[:, None] - 1 - ages[None]
    there = places >= starts[:, None]
    found = columns[np.where(there, places, 0)] if len(columns) else np.zeros(places.shape)
    return np.where(there, found, 0).astype(np.int64), there


def _layer(
    x: Floats, there: NDArray[np.bool_], weights: Mapping[str, Floats], name: str, heads: int
) -> Floats:
    """One layer of a transformer (Vaswani et al. 2017), normalised before each of its halves."""
    shape = (*x.shape[:2], heads, x.shape[2] // heads)
    normed = _normed(x, weights, f"{name}norm1")
    both = normed @ weights[f"{name}self_attn.in_proj_weight"].T
    both += weights[f"{name}self_attn.in_proj_bias"]
    query, key, value = (part.reshape(shape) for part in np.split(both, 3, axis=2))
    near = np.einsum("uphd,uqhd->uhpq", query, key, optimize=True) / np.sqrt(shape[3])
    near = _softmax(np.where(there[:, None, None], near, -np.inf), axis=3)
    told = np.einsum("uhpq,uqhd->uphd", near, value, optimize=True).reshape(x.shape)
    x = x + _linear(told, weights, f"{name}self_attn.out_proj")
    inner = _linear(_normed(x, weights, f"{name}norm2"), weights, f"{name}linear1")
    return x + _linear(np.maximum(inner, 0.0), weights, f"{name}linear2")


def _normed(x: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    made: Floats = centred / scale * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return made


def _linear(x: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    made: Floats = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return made


def _softmax(logits: Floats, axis: int) -> Floats:
    raised = np.exp(logits - logits.max(axis=axis, keepdims=True))
    made: Floats = raised / raised.sum(axis=axis, keepdims=True)
    return made
