"""An overlay: a snapshot with what was said since, in memory; milliseconds after it was said.

The nodes of a kind keep their places and new ones stand behind them, so what was fitted on the
snapshot fits its overlays. version = version of the snapshot + how many changes were laid on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.batch import EDGES, NODES
from graph.errors import UnknownNodeError
from graph.ids import edge_hex
from graph.links import NO_TIME, SPLITS, Links
from graph.schema import Schema
from graph.snapshot import NODE_COLUMNS, Snapshot

Numbers = NDArray[np.int64]
_SAID = ("label", "aliases", "properties")


@dataclass(frozen=True, slots=True)
class Change:
    """Nodes and edges that are new or say something else, with the columns of `graph.batch`.

    `gone` are the numbers of edges that are no more. `schema`: kinds and relations that are new.
    """

    nodes: pl.DataFrame
    edges: pl.DataFrame
    gone: tuple[int, ...] = ()
    schema: Schema | None = None


def overlaid(base: Snapshot, changes: Sequence[Change]) -> Snapshot:
    """`base` (no overlay itself) with the changes laid on it in their order.

    What a later change says of a node or an edge counts; what it leaves out (null) takes nothing
    away. Costs a copy of each relation that has changed. UnknownNodeError when an edge names a
    node that is nowhere.
    """
    if not changes:
        return base
    schema = base.schema
    for change in changes:
        schema = schema.merged(change.schema) if change.schema else schema
    said = pl.concat([change.nodes.select(*NODES) for change in changes])
    grown = _Vocabulary.of(base, schema, said)
    edges = pl.concat([change.edges.select(*EDGES) for change in changes])
    gone, edges = _last_word(changes, edges)
    by_relation = {str(name): part for (name,), part in edges.group_by("relation")}
    marks = edges.filter(pl.col("discriminator") != "").select("id", "discriminator")
    return Snapshot(
        f"{base.version}+{len(changes)}",
        schema,
        grown.nodes,
        grown.numbers,
        grown.offsets,
        _Relations(base, schema, grown, by_relation, gone),
        {**base._discriminators, **dict(marks.iter_rows())},
        merged=base._merged.with_columns(row=pl.Series(grown.place[base._merged["row"]])),
        late=grown.late,
        base=base.version,
    )


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The nodes of an overlay; `place` has the row of each row of the base."""

    base: Snapshot
    nodes: pl.DataFrame
    numbers: Numbers
    offsets: Mapping[str, int]
    late: Mapping[int, int]
    place: Numbers

    @classmethod
    def of(cls, base: Snapshot, schema: Schema, said: pl.DataFrame) -> "_Vocabulary":
        last = said.group_by("id", maintain_order=True).agg(
            "kind", "key", *(pl.col(name).drop_nulls().last() for name in _SAID)
        )
        last = last.with_columns(pl.col("kind", "key").list.last())
        rows = [base.find_number(kind, n) for kind, n in last.select("kind", "id").iter_rows()]
        known = last.with_columns(row=pl.Series(rows, dtype=pl.Int64))
        nodes = _renamed(base.nodes, known.filter(pl.col("row").is_not_null()))
        new = known.filter(pl.col("row").is_null()).select(NODE_COLUMNS)
        place = np.arange(base.size, dtype=np.int64)
        if not new.height:
            return cls(base, nodes, base._numbers, base._offsets, {}, place)
        kinds = [*sorted(base._offsets, key=lambda kind: base._offsets[kind])]
        kinds += [kind for kind in new["kind"].unique(maintain_order=True) if kind not in kinds]
        parts: list[pl.DataFrame] = []
        offsets: dict[str, int] = {}
        late: dict[int, int] = {}
        start = 0
        for kind in kinds:
            schema.allow([kind])
            here = base.rows(kind) if kind in base._offsets else range(0)
            behind = new.filter(pl.col("kind") == kind)
            offsets[kind] = start
            place[here.start : here.stop] = np.arange(start, start + len(here))
            parts += [nodes[here.start : here.stop], behind]
            start += len(here)
            late |= dict(zip(behind["id"], range(start, start + behind.height), strict=True))
            start += behind.height
        whole = pl.concat(parts)
        return cls(base, whole, whole["id"].to_numpy(), offsets, late, place)

    def local(self, kind: str, number: int, edge: int) -> int:
        """The row of an edge's end within its kind."""
        row = self.late.get(number)
        if row is not None:
            return row - self.offsets[kind]
        old = self.base.find_number(kind, number) if kind in self.base._offsets else None
        if old is None:
            raise UnknownNodeError(f"the edge {edge_hex(edge)} names a {kind} that is nowhere")
        return old - self.base.rows(kind).start

    def count(self, kind: str) -> int:
        late = sum(1 for row in self.late.values() if self.nodes["kind"][row] == kind)
        return late + (self.base.count(kind) if kind in self.base._offsets else 0)


def _renamed(nodes: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The base's nodes, those that changes say something new of with that."""
    told = known.filter(pl.any_horizontal(pl.col(*_SAID).is_not_null()))
    if not told.height:
        return nodes
    at = told["row"].to_list()
    columns = []
    for name in _SAID:
        new = pl.select(pl.coalesce(told[name], nodes[name][at])).to_series()
        columns.append(nodes[name].scatter(at, new).alias(name))
    return nodes.with_columns(columns)


def _last_word(changes: Sequence[Change], edges: pl.DataFrame) -> tuple[Numbers, pl.DataFrame]:
    """The edges that are gone in the end, and those that are said, each once."""
    last: dict[int, int] = {}
    at = 0
    for change in changes:
        last |= dict.fromkeys(change.gone, -1)
        last |= dict(zip(change.edges["id"], range(at, at + change.edges.height), strict=True))
        at += change.edges.height
    gone = np.array([number for number, row in last.items() if row < 0], dtype=np.int64)
    return gone, edges[sorted(row for row in last.values() if row >= 0)]


@dataclass(frozen=True, slots=True)
class _Relations:
    """Opens the relations of an overlay: the base's own where nothing has changed."""

    base: Snapshot
    schema: Schema
    grown: _Vocabulary
    said: Mapping[str, pl.DataFrame]
    gone: Numbers

    def __call__(self, relation: str, reverse: bool) -> Links:
        meant = self.schema.relations[relation]
        ends = (meant.tail, meant.head) if reverse else (meant.head, meant.tail)
        shape = (self.grown.count(ends[0]), self.grown.count(ends[1]))
        if relation in self.base.schema.relations:
            before = self.base.links(relation, reverse=reverse)
        else:
            before = Links.empty((0, 0))
        if relation not in self.said and not len(self.gone) and before.shape == shape:
            return before
        return before.changed(shape, self._said(relation, shape, reverse), self.gone)

    def _said(self, relation: str, shape: tuple[int, int], reverse: bool) -> Links:
        part = self.said.get(relation)
        if part is None:
            return Links.empty(shape)
        meant = self.schema.relations[relation]
        ids = part["id"].to_list()
        heads = [self.grown.local(meant.head, n, e) for n, e in zip(part["head"], ids, strict=True)]
        tails = [self.grown.local(meant.tail, n, e) for n, e in zip(part["tail"], ids, strict=True)]
        if reverse:
            heads, tails = tails, heads
        return Links.from_columns(
            shape,
            heads=np.asarray(heads, dtype=np.int32),
            tails=np.asarray(tails, dtype=np.int32),
            weight=part["weight"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
            time=part["time"].fill_null(NO_TIME).to_numpy(),
            edge=np.asarray(ids, dtype=np.int64),
            split=np.array([SPLITS.index(s or "") for s in part["split"]], dtype=np.int8),
        )
