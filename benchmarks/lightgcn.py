"""LightGCN (He et al. 2020) as PyTorch Geometric has it, trained with BPR: a peer, not a product.

It has a vector for each known person and none for anybody else, so that it can only be asked about
people whose likes are those of somebody in training.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch_geometric.nn.models import LightGCN

from graph.neighbours import rows_of
from graph.snapshot import Progress, Snapshot
from models.measuring import Bench
from models.rank import Floats, Likes, Option, Options, State, training
from models.run import Run
from models.split import validation

SIZE, LEARNING_RATE = 64, 5e-3
_BATCH, _STEPS = 4096, 20
# Layers and how much to regularise: chosen on validation, as is the number of epochs.
OPTIONS = ((3, 1e-4), (3, 1e-2), (1, 1e-2))
_LOOK, _PATIENCE, _MOST = 5, 4, 300


@dataclass(frozen=True, slots=True)
class Known:
    """score = vector of the known person with these likes . vector of the item."""

    people: Mapping[bytes, int]
    users: NDArray[np.float32]
    items: NDArray[np.float32]
    liked: NDArray[np.bool_]
    options: Options = field(default_factory=dict)
    name: str = "lightgcn"

    def scores(self, profiles: Likes) -> Floats:
        """Scores (users x items); NaN for who is not known and what nobody likes."""
        at = np.array([self.people.get(key, -1) for key in _keys(profiles)])
        scores: Floats = (self.users[at] @ self.items.T).astype(np.float64)
        scores[at < 0] = np.nan
        scores[:, ~self.liked] = np.nan
        return scores

    def state(self) -> State:
        """The options: a peer is not saved."""
        return State(self.options)


def fit_lightgcn(
    snapshot: Snapshot, seed: int, progress: Progress | None = None, *, run: Run | None = None
) -> Known:
    """Options and the number of epochs from a validation part, then everything."""
    bench = Bench.of(validation(snapshot, seed), seed)
    inside, best, chosen = training(bench.made.train), -1.0, (*OPTIONS[0], _LOOK)
    for layers, regularised in OPTIONS:
        trainer, looked = Trainer(inside, layers, regularised, seed), 0
        while trainer.epochs < _MOST and looked < _PATIENCE:
            for _ in range(_LOOK):
                trainer.epoch()
            value, looked = bench.ndcg(trainer.known()), looked + 1
            if progress is not None:
                told = f"lightgcn, {layers} layers, {regularised:g}: {value:.4f}"
                progress(told, trainer.epochs, _MOST)
            if value > trainer.best:
                trainer.best, looked = value, 0
            if value > best:
                best, chosen = value, (layers, regularised, trainer.epochs)
    whole = Trainer(training(snapshot), chosen[0], chosen[1], seed)
    for _ in range(chosen[2]):
        whole.epoch()
    options: dict[str, Option] = {"layers": chosen[0], "regularisation": chosen[1]}
    more: dict[str, Option] = {"epochs": chosen[2], "size": SIZE, "NDCG@20 on validation": best}
    return whole.known({**options, **more})


class Trainer:
    """One network on its way: every step sees the whole graph and some of the likes."""

    def __init__(self, likes: Likes, layers: int, regularised: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.likes, self.regularised = likes, regularised
        self.generator = np.random.default_rng([seed, layers])
        self.epochs, self.best = 0, -1.0
        users, items = likes.shape
        counts = np.diff(likes.indptr), np.bincount(likes.indices, minlength=items)
        weights = (counts[0][rows_of(likes)] * counts[1][likes.indices]) ** -0.5
        shape = (users + items, users + items)
        ends = rows_of(likes), likes.indices + users
        half = sparse.csr_array((weights, ends), shape=shape)
        both = sparse.csr_array(half + half.T).astype(np.float32)
        self.graph = torch.sparse_csr_tensor(
            torch.from_numpy(both.indptr.astype(np.int64)),
            torch.from_numpy(both.indices.astype(np.int64)),
            torch.from_numpy(both.data),
            shape,
            check_invariants=True,
        )
        self.network = LightGCN(users + items, SIZE, layers, normalize=False)
        self.adam = torch.optim.Adam(self.network.parameters(), LEARNING_RATE)
        self.pairs = rows_of(likes) * items + likes.indices

    def epoch(self) -> None:
        """Each like once, beside an item that the person does not like."""
        users, items = self.likes.shape
        order = self.generator.permutation(len(self.pairs))
        size = max(_BATCH, -(-len(order) // _STEPS))
        for start in range(0, len(order), size):
            who, liked = np.divmod(self.pairs[order[start : start + size]], items)
            other = self.generator.integers(0, items, len(who))
            for _ in range(5):
                wrong = np.flatnonzero(np.isin(who * items + other, self.pairs))
                other[wrong] = self.generator.integers(0, items, len(wrong))
            placed = self.network.get_embedding(self.graph)
            people = placed[torch.from_numpy(who)]
            ranks = [(people * placed[torch.from_numpy(i + users)]).sum(1) for i in (liked, other)]
            met = torch.from_numpy(np.unique(np.concatenate([who, liked + users, other + users])))
            loss = self.network.recommendation_loss(*ranks, met, self.regularised)
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
        self.epochs += 1

    def known(self, options: Options | None = None) -> Known:
        """What has been learned so far."""
        with torch.no_grad():
            placed = self.network.get_embedding(self.graph).numpy()
        users, items = self.likes.shape
        liked = np.bincount(self.likes.indices, minlength=items) > 0
        people = {key: at for at, key in enumerate(_keys(self.likes))}
        return Known(people, placed[:users], placed[users:], liked, options or {})


def _keys(profiles: Likes) -> list[bytes]:
    rows = np.split(profiles.indices, profiles.indptr[1:-1])
    return [np.sort(row).astype(np.int32).tobytes() for row in rows]
