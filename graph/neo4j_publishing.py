"""Putting onto the server's nodes what a model says of them, and taking it off again.

What is there already is recognised by its hash and not sent. It is no part of the graph: no run
says it, no snapshot reads it, and the change token stays.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from graph.cypher import publishing
from graph.cypher.indexes import AWAIT
from graph.errors import StoreError
from graph.neo4j_store import Neo4jStore
from graph.types import Vectors

ROWS = 1_000  # each may be some kilobytes
PAGE = 20_000
FIRST = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of one node: where it stands (size), and the keys of what suits it best."""

    node: int
    embedding: Vectors | None = None
    best: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """How many nodes of a kind were written to, were so already, or lost what was on them."""

    kind: str
    written: int
    unchanged: int
    removed: int


def publish(store: Neo4jStore, kind: str, said: Iterable[Said]) -> Published:
    """Put what is said onto the nodes of a kind; what was on others is taken off.

    In transactions of a thousand nodes, each whole; one that was cut short goes on where it was.
    StoreError when the server has no vectors.
    """
    (found,) = store.link.run(publishing.HAS_VECTORS)
    if not found["found"]:
        raise StoreError(f"{store.about()} has no vectors", hint="5.13 and later have them")
    before = dict(_there(store, kind))
    statement = publishing.publish(kind)
    rest, written, unchanged = iter(said), 0, 0
    while block := list(islice(rest, ROWS)):
        there = [(one, before.pop(one.node), _hash(one)) for one in block if one.node in before]
        fresh = [_row(one, mark) for one, was, mark in there if was != mark]
        if fresh:
            store.aside(statement, rows=fresh)
        written, unchanged = written + len(fresh), unchanged + len(there) - len(fresh)
    return Published(kind, written, unchanged, _take_off(store, kind, before))


def withdraw(store: Neo4jStore) -> int:
    """Take off every node what was put there, with the indexes of it; how many nodes that were."""
    kinds = list(store.schema().kinds)
    for kind in kinds:
        store.link.run(publishing.drop_index(kind))
    if store.link.read(publishing.READ_ABOUT):
        store.aside(publishing.DROP_ABOUT)
    return sum(_take_off(store, kind, dict(_there(store, kind))) for kind in kinds)


def make_index(store: Neo4jStore, kind: str, dimensions: int) -> str:
    """The name of the vector index of a kind, made and filled when it is not there."""
    name = publishing.index_name(kind)
    found = store.link.run(publishing.DIMENSIONS, name=name)
    if found and found[0]["n"] != dimensions:
        store.link.run(publishing.drop_index(kind))
    if not found or found[0]["n"] != dimensions:
        store.link.run(publishing.vector_index(kind, dimensions))
        store.link.run(AWAIT, names=[name])
    return name


def note_about(store: Neo4jStore, **about: str) -> None:
    """Say which model it is that speaks, where that is not said already."""
    found = store.link.read(publishing.READ_ABOUT)
    if [record["about"] for record in found] != [{**about, "name": "graph"}]:
        store.aside(publishing.SET_ABOUT, about=about)


def _there(store: Neo4jStore, kind: str) -> Iterator[tuple[int, int]]:
    """The nodes of a kind, with the hash of what is on them, or 0."""
    statement, after = publishing.page_of_published(kind), FIRST
    while True:
        (record,) = store.link.read(statement, after=after, page=PAGE)
        if not record["ids"]:
            return
        after = record["ids"][-1]
        yield from zip(record["ids"], record["published"], strict=True)


def _take_off(store: Neo4jStore, kind: str, before: dict[int, int]) -> int:
    ids = [node for node, mark in before.items() if mark]
    for begun in range(0, len(ids), PAGE):
        store.aside(publishing.withdraw(kind), ids=ids[begun : begun + PAGE])
    return len(ids)


def _row(said: Said, mark: int) -> list[object]:
    return [
        said.node,
        mark,
        None if said.embedding is None else said.embedding.tolist(),
        list(said.best) or None,
        list(said.scores) or None,
    ]


def _hash(said: Said) -> int:
    digest = blake2b(json.dumps([said.best, said.scores]).encode(), digest_size=8)
    digest.update(b"" if said.embedding is None else said.embedding.astype("<f4").tobytes())
    return int.from_bytes(digest.digest(), "little", signed=True) or 1
