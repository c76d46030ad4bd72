"""The network: attributes speak to items, items speak to users, each relation with a weight.

    outward(i) = O_i + sum over relations r of w_r * mean of T_r over what i has under r
    inward(i)  = N_i + sum over relations r of v_r * mean of T_r over what i has under r
    user(u)    = sum of inward(i) over what u likes
    score      = cosine of user(u) and outward(i)

It propagates and has neither transformations nor activations (He et al. 2020). A user has no
parameters: somebody who is not in the graph is placed by the same sum as everybody else.

Where people have vectors of their own while it is trained, these stand for the sum, and the inward
side is found afterwards: so that the sum comes as near to them as it can (`folded`).
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from models.pyg import HeteroData, SimpleConv

Arrays = NDArray[np.float32]
# How loud an attribute is before anything has been learned.
_FIRST_WEIGHT = 0.1
# Conjugate gradients come near enough in so many.
_ROUNDS = 15


class Network(nn.Module):
    """Parameters per item and per attribute, and a learned weight per relation and side."""

    def __init__(
        self,
        inward: Arrays,
        outward: Arrays,
        attributes: Mapping[str, Arrays],
        people: Arrays | None = None,
    ) -> None:
        super().__init__()
        self.people = None if people is None else nn.Parameter(torch.from_numpy(people.copy()))
        self.inward = nn.Parameter(torch.from_numpy(inward.copy()))
        self.outward = nn.Parameter(torch.from_numpy(outward.copy()))
        self.attributes = nn.ParameterDict(
            {name: torch.from_numpy(values.copy()) for name, values in attributes.items()}
        )
        first = torch.full((len(attributes),), _FIRST_WEIGHT)
        self.inward_weights = nn.Parameter(first.clone())
        self.outward_weights = nn.Parameter(first.clone())
        self.mean = SimpleConv(aggr="mean")
        self.sum = SimpleConv(aggr="sum")

    def people_of(self, rows: Tensor) -> Tensor:
        """The vectors of some people (rows x size), who have vectors of their own here."""
        assert self.people is not None
        return self.people[rows]

    def items(self, batch: HeteroData) -> tuple[Tensor, Tensor]:
        """Inward and outward rows (items of the batch x size)."""
        rows = batch["item"].n_id
        inward, outward = self.inward[rows], self.outward[rows]
        for at, name in enumerate(self.attributes):
            values = self.attributes[name][batch[name].n_id]
            told = self.mean((values, inward), batch[name, name, "item"].edge_index)
            inward = inward + self.inward_weights[at] * told
            outward = outward + self.outward_weights[at] * told
        return inward, outward

    def users(self, batch: HeteroData, inward: Tensor, edges: Tensor) -> Tensor:
        """Rows of length one (users of the batch x size), from some of the edges item - user."""
        empty = inward.new_empty((batch["user"].batch_size, 0))
        return functional.normalize(self.sum((inward, empty), edges))

    def exported(self, incidence: Mapping[str, sparse.csr_array]) -> tuple[Arrays, Arrays]:
        """Inward rows, and outward rows of length one, of all items (items x size).

        Without what people's own vectors say of the inward side: that is `folded`.
        """
        inward = self.inward.detach().cpu().numpy().copy()
        outward = self.outward.detach().cpu().numpy().copy()
        for at, name in enumerate(self.attributes):
            told = averaged(incidence[name]) @ self.attributes[name].detach().cpu().numpy()
            inward += self.inward_weights[at].item() * told
            outward += self.outward_weights[at].item() * told
        return inward, unit(outward)


def folded(likes: sparse.csr_array, people: Arrays, shrink: float = 1.0) -> Arrays:
    """The inward rows (items x size) whose sums come nearest to people's vectors (users x size).

    argmin over N of |D L N - people|^2 + shrink |N|^2, with L the likes (users x items) and D
    their number to the power -1/2, by conjugate gradients, all columns at once.
    """
    told = likes.astype(np.float32)
    counts = np.diff(likes.indptr)
    told.data = np.repeat(np.maximum(counts, 1) ** -0.5, counts).astype(np.float32)
    back = sparse.csr_array(told.T)
    made = np.zeros((likes.shape[1], people.shape[1]), np.float32)
    left = np.asarray(back @ people)
    along, size = left.copy(), np.sum(left * left, axis=0)
    for _ in range(_ROUNDS):
        pushed = back @ (told @ along) + shrink * along
        step = size / np.maximum(np.sum(along * pushed, axis=0), 1e-20)
        made += step * along
        left -= step * pushed
        size, before = np.sum(left * left, axis=0), size
        along = left + size / np.maximum(before, 1e-20) * along
    return made


def unit(rows: Arrays) -> Arrays:
    """Rows at length one; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    made: Arrays = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return made


def averaged(incidence: sparse.csr_array) -> sparse.csr_array:
    """The matrix (float32) whose rows add up to one; an empty row stays empty."""
    made = incidence.astype(np.float32)
    counts = np.diff(made.indptr)
    made.data = np.repeat(1.0 / np.maximum(counts, 1), counts).astype(np.float32)
    return made


def spectral(
    likes: sparse.csr_array, size: int, generator: np.random.Generator
) -> tuple[Arrays, Arrays]:
    """Where training starts: the truncated SVD of the normalised likes (users x items).

    With U S V' = Du^-1/2 L Di^-1/2, items are V S^1/2 outward and Di^-1/2 V S^-1/2 inward, so
    that a user's sum is their row of U S^1/2 up to its length. Randomised range finder with power
    iterations (Halko et al. 2011). Directions beyond the rank are small noise.
    """
    users = np.maximum(np.diff(likes.indptr), 1)
    items = np.maximum(np.bincount(likes.indices, minlength=likes.shape[1]), 1)
    matrix = likes.astype(np.float32)
    matrix.data = np.repeat(users**-0.5, np.diff(likes.indptr)).astype(np.float32)
    matrix.data *= (items**-0.5)[likes.indices].astype(np.float32)
    rank = min(size, *likes.shape)
    width = min(rank + 16, *likes.shape)
    basis = matrix @ generator.standard_normal((likes.shape[1], width), dtype=np.float32)
    for _ in range(4):
        basis = np.linalg.qr(matrix @ (matrix.T @ basis))[0]
    _, strength, directions = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    root = np.sqrt(np.maximum(strength[:rank], 1e-3))
    shape = (likes.shape[1], size)
    outward, inward = (1e-3 * generator.standard_normal(shape, dtype=np.float32) for _ in range(2))
    outward[:, :rank] += directions[:rank].T * root
    inward[:, :rank] += directions[:rank].T / root * (items**-0.5)[:, None]
    # Adam moves every parameter alike, so both sides begin with the same length.
    inward *= np.linalg.norm(outward) / max(float(np.linalg.norm(inward)), 1e-12)
    known = np.bincount(likes.indices, minlength=likes.shape[1]) > 0
    outward[~known], inward[~known] = 0.0, 0.0
    return inward.astype(np.float32), outward.astype(np.float32)
