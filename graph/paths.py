"""Paths between a user and an item: real edges, bounded, in a fixed order.

`carrying` are the paths behind a score's contributions; `connections` are true however little
they weigh, the rarest attribute first. Both go user - liked item - attribute - item, and never
through another person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.links import Links
from graph.snapshot import Snapshot
from graph.types import Breakdown, Path, Step

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a search goes: `k` paths, `anchors` liked items per attribute, and no attribute
    with more than `hub` items."""

    k: int = 10
    anchors: int = 3
    hub: int = 20_000


def carrying(
    snapshot: Snapshot, breakdown: Breakdown, user: int | None, limits: Limits | None = None
) -> tuple[Path, ...]:
    """The paths of the largest contributions, each with its amount.

    `user` is a row, or None for somebody who is not in the graph; then a path begins with the
    liked item. Walks through people are no paths.
    """
    limits = limits or Limits()
    item = snapshot.row(breakdown.item)
    paths = []
    for part in breakdown.contributions:
        if part.anchor is None or part.via is None:
            continue
        steps = _steps(snapshot, user, snapshot.row(part.anchor), part.walk, part.via, item)
        paths.append(Path(steps, part.amount))
        if len(paths) == limits.k:
            break
    return tuple(paths)


def connections(
    snapshot: Snapshot,
    liked: Sequence[int] | Rows,
    item: int,
    user: int | None = None,
    limits: Limits | None = None,
) -> tuple[Path, ...]:
    """What an item has in common with liked items (rows): attributes with few items come first.

    Ties go by relation, then attribute, then liked item, so the same graph gives the same paths.
    """
    limits = limits or Limits()
    kind = snapshot.kind(item)
    start = snapshot.rows(kind).start
    mask = np.zeros(snapshot.count(kind), dtype=np.bool_)
    local = np.asarray(liked, dtype=np.int64) - start
    mask[local[(local >= 0) & (local < len(mask))]] = True
    mask[item - start] = False
    shared: list[tuple[int, str, int, list[int]]] = []
    for relation in snapshot.schema.attributes:
        if snapshot.schema.relations[relation].head != kind:
            continue
        links, back = snapshot.links(relation), snapshot.links(relation, reverse=True)
        for attribute in np.unique(links.indices[links.row(item - start)]).tolist():
            heads = back.indices[back.row(attribute)]
            if len(heads) > limits.hub:
                continue
            common = np.unique(heads[mask[heads]])
            if len(common):
                few = common[: limits.anchors].tolist()
                shared.append((len(heads), relation, attribute, few))
    paths: list[Path] = []
    for _, relation, attribute, anchors in sorted(shared):
        tail = snapshot.rows(snapshot.schema.relations[relation].tail).start + attribute
        for anchor in anchors:
            via = snapshot.id(tail)
            steps = _steps(snapshot, user, anchor + start, relation, via, item)
            paths.append(Path(steps, 0.0))
            if len(paths) == limits.k:
                return tuple(paths)
    return tuple(paths)


def position(links: Links, head: int, tail: int) -> int | None:
    """Where the first edge between two local rows stands in the columns; None without one."""
    row = links.row(head)
    at = row.start + int(np.searchsorted(links.indices[row], tail))
    return at if at < row.stop and links.indices[at] == tail else None


def _steps(
    snapshot: Snapshot, user: int | None, anchor: int, relation: str, via: str, item: int
) -> tuple[Step, ...]:
    meant = snapshot.schema.relations[relation]
    start = snapshot.rows(meant.head).start
    tail = snapshot.row(via) - snapshot.rows(meant.tail).start
    links = snapshot.links(relation)
    out, back = position(links, anchor - start, tail), position(links, item - start, tail)
    if out is None or back is None:
        raise ValueError(f"no path through {relation} {via}: the contribution is of another graph")
    through = (
        Step(snapshot.edge(relation, out), forward=True),
        Step(snapshot.edge(relation, back), forward=False),
    )
    return (*_like(snapshot, user, anchor), *through)


def _like(snapshot: Snapshot, user: int | None, item: int) -> tuple[Step, ...]:
    """The edge by which a user likes an item, where there is one."""
    if user is None:
        return ()
    ends = (snapshot.kind(user), snapshot.kind(item))
    for name in snapshot.schema.interactions:
        meant = snapshot.schema.relations[name]
        if (meant.head, meant.tail) != ends:
            continue
        links = snapshot.links(name)
        head = user - snapshot.rows(meant.head).start
        at = position(links, head, item - snapshot.rows(meant.tail).start)
        if at is not None and (meant.liked is None or links.weight[at] >= meant.liked):
            return (Step(snapshot.edge(name, at), forward=True),)
    return ()
