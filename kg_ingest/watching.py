"""What the writes of an ingest change: counted by kind and relation, with samples."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from graph.batch import Batch
from graph.facts import current
from graph.ids import edge_hex
from graph.schema import Schema
from graph.store import GraphStore, Written
from graph.types import Edge, Node
from kg_ingest.deliveries import Delivery

SAMPLES = 3
Statuses = Mapping[str, pl.DataFrame]
NOTHING: Statuses = {}
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


class Watch:
    """Notes what each write of an ingest does to a store; `heads` got an edge that may be alone.

    `keep` gets each delivery, without what the store withheld.
    """

    def __init__(self, schema: Schema, keep: Callable[[Delivery], None]) -> None:
        self.groups: dict[tuple[str, str], Group] = {}
        self.heads: list[pl.DataFrame] = []
        self._keep = keep
        self._functional = {name for name, meant in schema.relations.items() if meant.functional}
        self._chosen: list[tuple[Group, str, str]] = []
        self._retired = NOTHING

    def __call__(self, one: Delivery | None, written: Written) -> None:
        """See `kg_ingest.load.Watcher`."""
        if one is None:
            self._retired = written.statuses
        else:
            self._count(one.batch, written.statuses)
            self._keep(_without_withheld(one, written.statuses))

    def finish(self, before: GraphStore, after: GraphStore) -> tuple[Group, ...]:
        """All groups, with samples from the store as it was and as it is; sorted by name."""
        self._note_retired(before)
        ids = [id_ for _, _, id_ in self._chosen]
        for (group, status, id_), was, is_ in zip(
            self._chosen, _now(before, ids), _now(after, ids), strict=True
        ):
            group.samples.append(Sample(status, id_, was, is_))
        return tuple(self.groups[name] for name in sorted(self.groups))

    def _note_retired(self, before: GraphStore) -> None:
        """Count what the run's end has taken away; what it is, the store before it knows."""
        for table, status in self._retired.items():
            gone = status.filter(pl.col("status") == "removed")["id"].implode()
            for part in before.scan(table) if gone.item().len() else ():
                there = part.filter(pl.col("id").is_in(gone))
                self._add(table, there.with_columns(status=pl.lit("retired")))

    def _count(self, batch: Batch, statuses: Statuses) -> None:
        for table, rows in (("nodes", batch.nodes), ("edges", batch.edges)):
            named = statuses[table].join(rows.unique("id", keep="first"), on="id", how="inner")
            self._add(table, named)
            if table == "edges" and self._functional:
                added = named.filter(
                    (pl.col("status") == "added") & pl.col("relation").is_in(self._functional)
                )
                if added.height:
                    self.heads.append(added.select("relation", "head").unique())

    def _add(self, table: str, named: pl.DataFrame) -> None:
        """Count rows with their status, and choose those to show."""
        by = _NAMED[table]
        for name, what, count in named.group_by(by, "status").len().sort(by).iter_rows():
            group = self.groups.setdefault((table, name), Group(table, name))
            met = group.counts.get(what, 0)
            group.counts[what] = met + int(count)
            if what not in ("unchanged", "withheld") and met < SAMPLES:
                some = named.filter((pl.col(by) == name) & (pl.col("status") == what))
                shown = _text_ids(table, some.sort("id").head(SAMPLES - met))
                self._chosen += [(group, what, id_) for id_ in shown]


def _now(store: GraphStore, ids: list[str]) -> list[str | None]:
    return [_told(current(facts), store) for facts in store.facts(ids)]


def _without_withheld(one: Delivery, statuses: Statuses) -> Delivery:
    gone = [statuses[t].filter(pl.col("status") == "withheld")["id"] for t in ("nodes", "edges")]
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
