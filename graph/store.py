"""`GraphStore`: where the graph is kept. Stores keep, snapshots think.

A store is durable, transactional, idempotent and honest about provenance; it does not traverse.
It keeps facts (`graph.facts`), runs and schemas; the graph is what the facts say together. So
undoing a run is forgetting its facts, and any earlier state can be read.
Full-text search, vectors and raw queries are capabilities of their own, not part of this.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import polars as pl

from graph.batch import Batch, Counts
from graph.facts import NOW, Fact, Moment
from graph.ids import Int64s
from graph.schema import Schema


@dataclass(frozen=True, slots=True)
class Run:
    """One ingest. `positions` says, per source, how far it is written; done when `ended`.

    `built_on`: runs whose facts this one met again or superseded, with how many; so it says what
    stands in the way of undoing those. `undone`: when it was undone; its facts are gone then.
    """

    id: str
    mapping: str
    started: int
    ended: int | None
    positions: dict[str, str]
    counts: Counts
    rejects: int
    built_on: Mapping[str, int] = field(default_factory=dict)
    undone: int | None = None

    def advanced(self, source: str, position: str, counts: Counts) -> "Run":
        """This run after another batch."""
        return replace(
            self, positions={**self.positions, source: position}, counts=self.counts + counts
        )

    def on(self, built_on: Mapping[str, int]) -> "Run":
        """This run, having met facts of other runs."""
        if not built_on:
            return self
        both = {
            n: self.built_on.get(n, 0) + built_on.get(n, 0) for n in {**self.built_on, **built_on}
        }
        return replace(self, built_on=both)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did, and the run as it is recorded now.

    `statuses`, per table: `id` and "added", "changed", "removed", "unchanged" or "withheld".
    """

    run: Run
    counts: Counts
    statuses: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Stats:
    """Sizes by kind and by relation."""

    nodes: dict[str, int]
    edges: dict[str, int]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed with a node: facts about it, facts about its edges."""

    nodes: int
    edges: int


class GraphStore(Protocol):
    """What groundrec asks of a store; `tests/contracts/store_contract.py` says what each means."""

    def schema(self) -> Schema:
        """The schemas of all runs that were not undone, merged; an empty one for a new store."""

    def begin(self, run: Run, schema: Schema) -> None:
        """Record a run and the schema that it fills, and make what indexes that needs; idempotent.

        InputError when the schema contradicts the store's.
        """

    def write(self, run: Run, batch: Batch) -> Written:
        """Write a batch and the run's progress in one transaction; rows already so cost nothing.

        A row counts when its source says something else than last time; what it leaves out (null)
        takes nothing away. Rows about forgotten nodes are withheld. StoreError when two different
        nodes or edges have the same id, or an edge names a node that its batch does not.
        """

    def end(self, run: Run, retire: Sequence[str] = ()) -> Written:
        """Record a run's end; what the sources to `retire` did not deliver in it ends its validity.

        Retired are live facts of these sources that no "replace" batch of this run named; they
        are so until the run's start, and stay readable. The run builds on those, too, in which
        the sources took back what it would retire else.
        """

    def undo(self, run: str, at: int) -> Run:
        """Take a run's facts and schema away: the graph is what it would be without it.

        StoreError when a later run built on it, or when it was undone already; the hint names the
        runs that stand in the way.
        """

    def forget(self, node: str) -> Forgotten:
        """Remove a node, its edges and all history of both, beyond undo; it does not come back.

        What remains is a keyed hash, by which later deliveries are withheld.
        """

    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""

    def facts(self, ids: Sequence[str]) -> tuple[tuple[Fact, ...], ...]:
        """All that was ever said of nodes (`kind:key`) and edges (16 digits), oldest first."""

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges" of a moment in bounded memory, with the columns of `graph.batch`.

        An edge is there when both its ends are. Blocks come in no order that matters.
        """

    def stats(self) -> Stats:
        """Counts by kind and relation, now."""

    def change_token(self) -> str:
        """A text that changes with every change of nodes, edges or schema, and only then."""

    def rehearsal(self, folder: Path) -> AbstractContextManager["GraphStore"]:
        """A store that begins as this one is now, and of which nothing remains.

        It may need room under `folder`; this store is still to be read as it was meanwhile.
        """

    def close(self) -> None:
        """Release the store; closing twice is fine."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Changed:
    """Ids of which something else may be so than before, and what is so of them now.

    `nodes` and `edges` have the columns of `graph.batch`; an id that is not in them is gone.
    """

    nodes: pl.DataFrame
    edges: pl.DataFrame
    node_ids: pl.Series
    edge_ids: pl.Series


@runtime_checkable
class Following(Protocol):
    """A store that can tell what has changed since, where that is less than all of it."""

    def mark(self) -> str:
        """Where its history stands, for `since`."""

    def since(self, mark: str, known: Int64s) -> Changed | None:
        """What has changed since a mark; None when that cannot be told, or is too much.

        `known` are the sorted numbers of the nodes that there were.
        """


@runtime_checkable
class Withholding(Protocol):
    """A store that can be asked whom it has forgotten."""

    def withheld(self, nodes: Sequence[str]) -> frozenset[str]:
        """Those of some nodes (`kind:key`) that were forgotten."""
