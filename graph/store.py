"""`GraphStore`: where the graph is kept. Stores keep, snapshots think.

A store is durable, transactional, idempotent and honest about provenance; it does not traverse.
Full-text search, vectors and raw queries are capabilities of their own, not part of this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

import polars as pl

from graph.batch import Batch, Counts
from graph.schema import Schema
from graph.types import Assertion, Edge, Node


@dataclass(frozen=True, slots=True)
class Run:
    """One ingest. `positions` says, per source, how far it is written; done when `ended`."""

    id: str
    mapping: str
    started: int
    ended: int | None
    positions: dict[str, str]
    counts: Counts
    rejects: int

    def advanced(self, source: str, position: str, counts: Counts) -> "Run":
        """This run after another batch."""
        return replace(
            self, positions={**self.positions, source: position}, counts=self.counts + counts
        )


@dataclass(frozen=True, slots=True)
class Stats:
    """Sizes by kind and by relation."""

    nodes: dict[str, int]
    edges: dict[str, int]


class GraphStore(Protocol):
    """What groundrec asks of a store; `tests/contracts/store_contract.py` says what each means."""

    def schema(self) -> Schema:
        """The schema as last merged; an empty one for a new store."""

    def ensure_schema(self, schema: Schema) -> None:
        """Merge `schema` into the store's and make what indexes it needs; idempotent."""

    def write(self, run: Run, batch: Batch) -> Counts:
        """Write a batch and the run's progress in one transaction; rows already so cost nothing.

        The store remembers what each source said of a node (label, aliases, properties) or an
        edge (weight, time, split, properties). A row counts when its source says something else
        than last time; what it leaves out (null) takes nothing away. StoreError when two
        different nodes or edges have the same id, or an edge names a node that is not there.
        """

    def save_run(self, run: Run) -> None:
        """Record a run's start, progress or end."""

    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""

    def get(self, ids: Sequence[str]) -> tuple[Node | Edge | None, ...]:
        """Nodes by `kind:key`, edges by their 16 digits; None where there is none."""

    def assertions(self, ids: Sequence[str]) -> tuple[tuple[Assertion, ...], ...]:
        """Who says so, for each node or edge id; empty for what is unknown."""

    def scan(self, table: str) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges" in bounded memory, with the columns of `graph.batch`."""

    def stats(self) -> Stats:
        """Counts by kind and relation."""

    def change_token(self) -> str:
        """A text that changes with every change of nodes, edges or schema, and only then."""

    def close(self) -> None:
        """Release the store; closing twice is fine."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
