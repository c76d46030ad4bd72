"""What the batches of an ingest would change: counted by kind and relation, with samples."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.batch import Batch
from graph.facts import current
from graph.ids import edge_hex
from graph.store import GraphStore, Run
from graph.types import Edge, Node
from kg_ingest.deliveries import Delivery

SAMPLES = 3
TABLES = ("nodes", "edges")
Statuses = tuple[pl.DataFrame, pl.DataFrame]
_NAMED = {"nodes": "kind", "edges": "relation"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One node or edge before and after, each as text, None where it was or will not be there."""

    status: str
    id: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class Group:
    """The changes of one kind of nodes or one relation."""

    table: str
    name: str
    counts: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    def wants(self, status: str) -> int:
        """How many samples of a status are still missing."""
        return SAMPLES - sum(sample.status == status for sample in self.samples)


class Watch:
    """Passes deliveries on to a store and notes, before and after each, what it does to it."""

    def __init__(self, store: GraphStore, run: Run) -> None:
        self.store = store
        self.run = run
        self.groups: dict[tuple[str, str], Group] = {}
        self.heads: list[pl.DataFrame] = []
        self._functional = {
            name for name, meant in store.schema().relations.items() if meant.functional
        }
        self._before: dict[str, NDArray[np.int64]] = {}

    def over(
        self, batches: Iterable[Delivery], keep: Callable[[Delivery], None], *, retires: bool
    ) -> Iterator[Delivery]:
        """The same deliveries; each must have been written when the next is asked for.

        `keep` gets each, without what the store withholds.
        """
        for one in batches:
            statuses = self.store.compare(self.run, one.batch)
            chosen = self._counted(one.batch, statuses)
            keep(_without_withheld(one, statuses))
            old = self._now([name for _, _, name in chosen])
            yield one
            new = self._now([name for _, _, name in chosen])
            for (group, status, name), before, after in zip(chosen, old, new, strict=True):
                group.samples.append(Sample(status, name, before, after))
        if retires:
            self._before = {table: _ids(self.store, table) for table in TABLES}

    def note_retired(self, base: GraphStore) -> None:
        """Count and sample what the run's end has retired; it is still there in `base`."""
        for table, before in self._before.items():
            gone = np.setdiff1d(before, _ids(self.store, table), assume_unique=True)
            if not gone.size:
                continue
            numbers = pl.Series("id", gone).implode()
            for part in base.scan(table):
                there = part.filter(pl.col("id").is_in(numbers))
                for (name,), rows in there.partition_by(_NAMED[table], as_dict=True).items():
                    group = self._group(table, str(name))
                    group.counts["retired"] = group.counts.get("retired", 0) + rows.height
                    ids = _text_ids(table, rows.head(group.wants("retired")))
                    for id_, facts in zip(ids, base.facts(ids), strict=True):
                        told = _told(current(facts), base)
                        group.samples.append(Sample("retired", id_, told, None))

    def _counted(self, batch: Batch, statuses: Statuses) -> list[tuple[Group, str, str]]:
        """Count a batch, and choose the ids to show."""
        chosen = []
        for table, rows, status in zip(TABLES, (batch.nodes, batch.edges), statuses, strict=True):
            named = status.join(rows.unique("id", keep="first"), on="id", how="inner")
            by = _NAMED[table]
            for name, what, count in named.group_by(by, "status").len().sort(by).iter_rows():
                group = self._group(table, str(name))
                group.counts[what] = group.counts.get(what, 0) + int(count)
                room = group.wants(what)
                if what not in ("unchanged", "withheld") and room > 0:
                    some = named.filter((pl.col(by) == name) & (pl.col("status") == what))
                    chosen += [(group, what, one) for one in _text_ids(table, some.head(room))]
            if table == "edges" and self._functional:
                added = named.filter(
                    (pl.col("status") == "added") & pl.col("relation").is_in(self._functional)
                )
                if added.height:
                    self.heads.append(added.select("relation", "head").unique())
        return chosen

    def _group(self, table: str, name: str) -> Group:
        return self.groups.setdefault((table, name), Group(table, name))

    def _now(self, ids: list[str]) -> list[str | None]:
        return [_told(current(facts), self.store) for facts in self.store.facts(ids)]


def _without_withheld(one: Delivery, statuses: Statuses) -> Delivery:
    gone = [status.filter(pl.col("status") == "withheld")["id"] for status in statuses]
    count = sum(ids.len() for ids in gone)
    if not count:
        return one
    nodes, edges = (
        rows.filter(~pl.col("id").is_in(ids.implode()))
        for rows, ids in zip((one.batch.nodes, one.batch.edges), gone, strict=True)
    )
    return replace(one, batch=replace(one.batch, nodes=nodes, edges=edges), withheld=count)


def _told(subject: Node | Edge | None, store: GraphStore) -> str | None:
    """A node or an edge in one line, with the names that its ends have."""
    if subject is None:
        return None
    more = dict(subject.properties)
    if isinstance(subject, Node):
        text = subject.label
        if subject.aliases:
            more = {"aliases": " | ".join(subject.aliases), **more}
    else:
        ends = store.facts([subject.head, subject.tail])
        head, tail = (
            node.label if isinstance(node, Node) else name
            for node, name in zip(map(current, ends), (subject.head, subject.tail), strict=True)
        )
        text = f"{head} {subject.relation} {tail}"
        own = {"mark": subject.discriminator or None, "weight": subject.weight,
               "time": subject.time}  # fmt: skip
        more = {**{name: value for name, value in own.items() if value is not None}, **more}
    return f"{text} {json.dumps(more, ensure_ascii=False)}" if more else text


def _text_ids(table: str, rows: pl.DataFrame) -> list[str]:
    if table == "nodes":
        return [f"{kind}:{key}" for kind, key in rows.select("kind", "key").iter_rows()]
    return [edge_hex(number) for number in rows["id"]]


def _ids(store: GraphStore, table: str) -> NDArray[np.int64]:
    parts = [part["id"].to_numpy() for part in store.scan(table)]
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
