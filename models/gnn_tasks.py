"""What the network is asked while it is trained, one step at a time.

`hidden_loss` draws people, hides a part of what each of them likes, and asks for the hidden items
among all items of the batch. `single_loss` draws likes one by one and asks for the item that
belongs to the person's own vector. Both are a softmax over cosines with a temperature, less
`correction` times the log of an item's chance to be in the batch (Yi et al. 2019).

Randomness hangs on (seed, step) alone, and each of several processes takes its part of a batch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from models.gnn import Config
from models.gnn_network import Network
from models.rank import Likes
from models.sampling import Sampler

# So many rows of logits at a time stay in the processor's cache.
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Work:
    """One training's data and options; this process is number `rank` of `processes`.

    `drawn` is what batches are drawn from: people, or places in the likes.
    """

    likes: Likes
    sampler: Sampler
    config: Config
    seed: int
    rank: int
    processes: int
    device: torch.device
    drawn: NDArray[np.int64]
    batch_size: int

    def batch(self, step: int) -> tuple[NDArray[np.int64], np.random.Generator]:
        """What a step draws, and the generator for all else by chance in it."""
        per_epoch = max(1, len(self.drawn) // self.batch_size)
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng([self.seed, 1, epoch]).permutation(self.drawn)
        rows = order[place * self.batch_size : (place + 1) * self.batch_size]
        return rows, np.random.default_rng([self.seed, 2, step])


def work_of(
    likes: Likes,
    sampler: Sampler,
    config: Config,
    seed: int,
    process: tuple[int, int],
    device: torch.device,
) -> Work:
    """The work of one process; no batch is more than a tenth of what there is to draw."""
    able = np.flatnonzero(np.diff(likes.indptr) >= 2)
    drawn, most = (
        (np.arange(likes.nnz), config.batch_likes) if config.people else (able, config.batch_size)
    )
    size = min(most, max(1, len(drawn) // 10))
    return Work(likes, sampler, config, seed, *process, device, drawn, size)


def offsets(work: Work) -> Tensor:
    """What is taken off each item's logits: `correction` times the log of its chance."""
    items = work.likes.shape[1]
    liked = np.bincount(work.likes.indices, minlength=items)
    if work.config.people:
        chance = liked * work.batch_size / max(work.likes.nnz, 1)
    else:
        absent = np.log1p(-np.minimum(liked / max(len(work.drawn), 1), 1 - 1e-9))
        chance = -np.expm1(absent * work.batch_size)
    logs = work.config.correction * np.log(np.maximum(chance, 1e-9))
    return torch.from_numpy(logs.astype(np.float32)).to(work.device)


def hidden_loss(work: Work, network: Network, offset: Tensor, step: int) -> Tensor | None:
    """How badly the hidden items of some people are found; None where none are here."""
    users, generator = work.batch(step)
    batch = work.sampler.batch(users, generator)
    edges = batch["item", "likes", "user"].edge_index.numpy()
    hidden = _hidden(edges[1], work.config.hidden, generator)
    here = edges[1] % work.processes == work.rank
    if not (here & hidden).any():
        return None
    batch = batch.to(work.device)
    given, sought = (
        torch.from_numpy(np.ascontiguousarray(edges[:, mask])).to(work.device)
        for mask in (here & ~hidden, here & hidden)
    )
    inward, outward = network.items(batch)
    placed = network.users(batch, inward, given)
    mine = slice(work.rank, None, work.processes)
    cosines = placed[mine] @ normalize(outward).T
    logits = cosines / work.config.temperature - offset[batch["item"].n_id]
    row = torch.div(given[1], work.processes, rounding_mode="floor")
    logits = logits.index_put((row, given[0]), logits.new_tensor(-1e9))
    row = torch.div(sought[1], work.processes, rounding_mode="floor")
    missed = logits.logsumexp(1)[row] - logits[row, sought[0]]
    # A user with many likes counts for more than one with few, but not in proportion.
    counts = torch.bincount(row, minlength=len(logits)).clamp(min=1).rsqrt()
    loss: Tensor = (missed * counts[row]).sum() / len(users)
    return loss


def single_loss(work: Work, network: Network, offset: Tensor, step: int) -> Tensor | None:
    """How badly the items of some likes are found; an item that is liked n times in the batch
    stands n times among the wrong answers, and only once for those who like it."""
    places, generator = work.batch(step)
    users = np.searchsorted(work.likes.indptr, places, side="right") - 1
    items = work.likes.indices[places].astype(np.int64)
    batch = work.sampler.around(items, generator)
    mine = slice(work.rank, None, work.processes)
    sought = batch["item"].place[mine].to(work.device)
    if not len(sought):
        return None
    times = torch.bincount(batch["item"].place).log()
    batch = batch.to(work.device)
    people = normalize(network.people_of(torch.from_numpy(users[mine]).to(work.device)))
    outward = normalize(network.items(batch)[1])
    return _missed(
        people / work.config.temperature,
        outward,
        times.to(work.device),
        offset[batch["item"].n_id],
        sought,
    ) / len(places)


def _missed(people: Tensor, items: Tensor, times: Tensor, offset: Tensor, sought: Tensor) -> Tensor:
    """The sum of the cross-entropies, with gradients of its own making.

    Autograd would keep all logits (people x items) several times over; a few rows of them at a
    time, forward and backward at once, take half the seconds; products in bfloat16, where the
    processor has them, half of that. What is given back has the value and the gradients of the
    loss, and is linear in both inputs.
    """
    with torch.no_grad(), _quick_products():
        to_people, to_items = torch.empty_like(people), torch.zeros_like(items)
        value = people.new_zeros(())
        for start in range(0, len(people), _ROWS):
            some, right = people[start : start + _ROWS], sought[start : start + _ROWS]
            at = torch.arange(len(right), device=right.device)
            logits = torch.addmm(times - offset, some, items.T)
            logits[at, right] -= times[right]
            found = logits[at, right]
            most = logits.amax(1, keepdim=True)
            logits.sub_(most).exp_()
            total = logits.sum(1, keepdim=True)
            value += (total.log() + most - found[:, None]).sum()
            logits.div_(total)
            logits[at, right] -= 1.0
            to_people[start : start + _ROWS] = logits @ items
            to_items.addmm_(logits.T, some)
    linear = (people * to_people).sum() + (items * to_items).sum()
    made: Tensor = linear - linear.detach() + value
    return made


@contextmanager
def _quick_products() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


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
