"""Stable 64-bit ids of nodes and edges.

A node is named `kind:key` ("person:al pacino"); its number is a BLAKE2b hash of that name. An
edge's id mixes the numbers of head, relation, tail and discriminator, so it is the same in every
store, run and machine, and is computed for millions of edges at once. 64 bits make two of ten
million edges collide with a chance of about 3 in a million; a store refuses the second of such a
pair instead of merging it.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Int64s = NDArray[np.int64]

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def node_id(kind: str, key: str) -> str:
    """The name of a node: `kind:key`."""
    return f"{kind}:{key}"


@lru_cache(maxsize=1 << 17)  # a catalogue names the same things in block after block
def text_number(text: str) -> int:
    """The signed 64-bit BLAKE2b hash of a text."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def text_numbers(texts: Iterable[str]) -> Int64s:
    """`text_number` of each text; call it on distinct names, never once per edge."""
    return np.fromiter(map(text_number, texts), dtype=np.int64)


def edge_numbers(head: Int64s, relation: int, tail: Int64s, discriminator: Int64s | None) -> Int64s:
    """Ids of edges, from the numbers of their nodes.

    `head`, `tail` and `discriminator` have one entry per edge; no discriminator means the empty
    one for all. The mixer is splitmix64's finaliser, applied after each part in turn, so that
    (a, b) and (b, a) differ.
    """
    with np.errstate(over="ignore"):
        state = _mix(head.astype(np.int64).view(np.uint64) + _GOLDEN)
        state = _mix(state ^ np.array([relation], dtype=np.int64).view(np.uint64)[0])
        state = _mix(state + tail.astype(np.int64).view(np.uint64))
        if discriminator is not None:
            marked = discriminator.astype(np.int64).view(np.uint64)
            state = np.where(discriminator == 0, state, _mix(state ^ marked))
    return state.view(np.int64)


def content_numbers(columns: Iterable[NDArray[np.generic]]) -> Int64s:
    """One number per row for what the columns say together, the same on every machine.

    Each column has 64-bit values: numbers, times, or `text_number`s; at least one is given.
    """
    with np.errstate(over="ignore"):
        state: NDArray[np.uint64] | None = None
        for column in columns:
            bits = column.view(np.uint64)
            state = _mix(bits + _GOLDEN) if state is None else _mix(_mix(state) ^ bits)
    if state is None:
        raise ValueError("no columns")
    return state.view(np.int64)


def edge_number(head: str, relation: str, tail: str, discriminator: str = "") -> int:
    """The id of one edge, from names."""
    mark = text_numbers([discriminator]) if discriminator else None
    numbers = edge_numbers(text_numbers([head]), text_number(relation), text_numbers([tail]), mark)
    return int(numbers[0])


def edge_hex(number: int) -> str:
    """How people and JSON see an edge's id: 16 hexadecimal digits."""
    return f"{number & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def edge_from_hex(text: str) -> int:
    """The number behind an edge's 16 hexadecimal digits; ValueError when it is no such thing."""
    if len(text) != 16:
        raise ValueError(f"an edge id has 16 hexadecimal digits, not {len(text)}: {text!r}")
    value = int(text, 16)
    return value - (1 << 64) if value >= 1 << 63 else value


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * _MULTIPLIERS[0]
    state = (state ^ (state >> np.uint64(27))) * _MULTIPLIERS[1]
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed
