"""Snapshots straight from arrays, for tests that need many small graphs or one planted pattern."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from graph.ids import text_numbers
from graph.links import NO_TIME, SPLITS, Links
from graph.schema import Kind, Relation, Schema
from graph.snapshot import Snapshot

Pairs = Sequence[tuple[int, int]] | np.ndarray


def links_of(
    shape: tuple[int, int],
    pairs: Pairs,
    *,
    weights: Sequence[float] | None = None,
    times: Sequence[int] | None = None,
    splits: Sequence[str] | None = None,
) -> Links:
    """Links from (head, tail) pairs in any order; each pair is an edge of its own."""
    table = np.asarray(pairs, dtype=np.int32).reshape(-1, 2)
    count = len(table)
    return Links.from_columns(
        shape,
        heads=table[:, 0],
        tails=table[:, 1],
        weight=np.asarray([np.nan] * count if weights is None else weights, dtype=np.float32),
        time=np.asarray([NO_TIME] * count if times is None else times, dtype=np.int64),
        edge=np.arange(count, dtype=np.int64),
        split=np.asarray([SPLITS.index(s) for s in splits or [""] * count], dtype=np.int8),
    )


def snapshot_from(
    users: int,
    items: int,
    likes: Links | Pairs,
    relations: Mapping[str, tuple[int, Pairs]] | None = None,
) -> Snapshot:
    """Users `user:0`..., items `item:0`..., and per relation r attributes `r_value:0`..."""
    relations = relations or {}
    liked = likes if isinstance(likes, Links) else links_of((users, items), likes)
    links = {"liked": liked}
    kinds = {"user": Kind(role="user"), "item": Kind(role="item")}
    schema = {"liked": Relation(head="user", tail="item", interaction=True)}
    sizes = {"user": users, "item": items}
    for name, (values, pairs) in relations.items():
        kinds[f"{name}_value"] = Kind(role="attribute")
        schema[name] = Relation(head="item", tail=f"{name}_value")
        sizes[f"{name}_value"] = values
        links[name] = links_of((items, values), pairs)
    names = [(kind, str(row)) for kind, size in sizes.items() for row in range(size)]
    nodes = pl.DataFrame(
        {
            "id": text_numbers(f"{kind}:{key}" for kind, key in names),
            "kind": [kind for kind, _ in names],
            "key": [key for _, key in names],
            "label": pl.Series([None] * len(names), dtype=pl.String),
            "aliases": pl.Series([None] * len(names), dtype=pl.String),
            "properties": pl.Series([None] * len(names), dtype=pl.String),
        }
    )
    offsets, start = {}, 0
    for kind, size in sizes.items():
        offsets[kind] = start
        start += size

    def opened(relation: str, reverse: bool) -> Links:
        return links[relation].reversed() if reverse else links[relation]

    return Snapshot(
        "made-from-arrays",
        Schema(kinds=kinds, relations=schema),
        nodes,
        nodes["id"].to_numpy(),
        offsets,
        opened,
        {},
    )
