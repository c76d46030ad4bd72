"""`Neo4jStore`: the graph in a Neo4j server, in the form that `graph.cypher` describes.

Every write is one managed transaction that first takes the store's lock, looks up what is there,
and sends only what is new. It may be repeated by the driver: a batch that had been written before
the link broke is recognised by the run's recorded position.
"""

import copy
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString, Self, TypeVar

import polars as pl
from neo4j import ManagedTransaction

from graph import cypher, neo4j_following, neo4j_parts, neo4j_runs
from graph.batch import Batch, Counts
from graph.comparing import counts_of, joined
from graph.cypher import indexes, keeping, looking, undoing
from graph.errors import StoreError
from graph.facts import NOW, Fact, Moment
from graph.ids import Int64s, text_number
from graph.neo4j_change import Change, mark_of
from graph.neo4j_facts import Facts
from graph.neo4j_features import ENTERPRISE, edition
from graph.neo4j_link import Address, Link, translated
from graph.neo4j_reading import facts_about
from graph.neo4j_scan import Scan
from graph.neo4j_trial import Trial
from graph.schema import Schema
from graph.store import Changed, Forgotten, Run, Stats, Written

PART = 100_000  # rows; one takes about a kilobyte of the server's heap until it is committed

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


class Neo4jStore:
    """A `GraphStore` on a Neo4j server; many readers beside one writer, on any machine."""

    def __init__(self, address: Address, *, read_only: bool = False) -> None:
        self.link = Link(address, read_only=read_only)
        self._prepared_for: set[str] = set()
        self._trial: Trial | None = None

    # -- schema and runs ----------------------------------------------------------------------

    def schema(self) -> Schema:
        """The schemas of all runs that were not undone, merged; an empty one for a new store."""
        return self._reading(neo4j_runs.schema_of)

    def begin(self, run: Run, schema: Schema) -> None:
        """Record a run and its schema, with the constraints and indexes that it needs."""
        self.schema().merged(schema)  # a contradiction is told before anything is made
        self._prepare(schema)

        def work(tx: ManagedTransaction) -> None:
            self._lock(tx)
            before = neo4j_runs.schema_of(tx)
            before.merged(schema)
            neo4j_runs.begin(tx, run, schema)
            neo4j_runs.recorded(tx, run.id)
            if neo4j_runs.schema_of(tx).to_json() != before.to_json():
                self._moved(tx)

        self._writing(work)

    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        return self._reading(neo4j_runs.all_runs)

    # -- writing ------------------------------------------------------------------------------

    def write(self, run: Run, batch: Batch) -> Written:
        """Write a batch and the run's progress; a very large one in parts.

        A part is a transaction; the run's position moves with the last one. So a run that was cut
        short between two parts brings the whole batch again, and what is there costs nothing.
        """
        parts, counts = neo4j_parts.parts(neo4j_parts.prepared(batch), PART), Counts()
        statuses: list[tuple[str, pl.DataFrame]] = []
        for at, rows in enumerate(parts, 1):
            position = batch.position if at == len(parts) else run.positions.get(batch.source, "")
            written = self._write(run, replace(batch, position=position), rows)
            run, counts = written.run, counts + written.counts
            statuses += written.statuses.items()
        return Written(run, counts, joined(statuses))

    def _write(self, run: Run, batch: Batch, rows: dict[str, pl.DataFrame]) -> Written:
        def work(tx: ManagedTransaction) -> Written:
            store = self._lock(tx)
            known, number = neo4j_runs.recorded(tx, run.id)
            if known.ended is not None:
                self._rewritten(tx)
            if neo4j_parts.was_written(known, run, batch):
                return Written(known, neo4j_parts.more(known.counts, run.counts), joined(()))
            source = neo4j_runs.interned(tx, cypher.SOURCE, [batch.source])[batch.source]
            files = neo4j_runs.interned(tx, cypher.FILE, list(batch.files))
            change = Change(tx, store, source, number)
            numbers = pl.lit(pl.Series([files[name] for name in batch.files], dtype=pl.Int64))
            placed = {
                table: frame.with_columns(file=numbers.gather(pl.col("file")))
                for table, frame in rows.items()
            }
            statuses, now = change.write(placed, batch), run
            for built_on in change.built_on:
                now = now.on(neo4j_runs.ids(tx, built_on))
            counts = counts_of(statuses)
            if counts.written:
                self._moved(tx)
            now = now.advanced(batch.source, batch.position, counts)
            neo4j_runs.save(tx, now)
            return Written(now, counts, statuses)

        return self._writing(work)

    def end(self, run: Run, retire: Sequence[str] = ()) -> Written:
        """Record a run's end; what the sources to `retire` did not deliver in it ends.

        Much of it ends in parts; a run that was cut short between two of them goes on there.
        """
        statuses, counts, done = list[tuple[str, pl.DataFrame]](), Counts(), False
        while not done:
            written, done = self._writing(partial(self._end, run=run, retire=retire))
            run, counts = written.run, counts + written.counts
            statuses += written.statuses.items()
        return Written(run, counts, joined(statuses))

    def _end(self, tx: ManagedTransaction, run: Run, retire: Sequence[str]) -> tuple[Written, bool]:
        """A part of an end, and whether it was the last one."""
        store = self._lock(tx)
        _, number = neo4j_runs.recorded(tx, run.id)
        parts, room, changes = list[tuple[str, pl.DataFrame]](), PART, list[Change]()
        for name in retire:
            source = neo4j_runs.interned(tx, cypher.SOURCE, [name])[name]
            changes.append(Change(tx, store, source, number))
            some, ended = changes[-1].retire(run.started, room)
            parts, room = parts + some, room - ended
        for change in changes if room else ():
            change.build_on_taken_back()
        for built_on in (built_on for change in changes for built_on in change.built_on):
            run = run.on(neo4j_runs.ids(tx, built_on))
        statuses = joined(parts)
        counts = counts_of(statuses)
        if counts.written:
            self._moved(tx)
        run = replace(run, counts=run.counts + counts)
        if room:
            tx.run(keeping.DROP_SEEN, run=number).consume()
            run = replace(run, ended=int(time.time()) if run.ended is None else run.ended)
        neo4j_runs.save(tx, run)
        return Written(run, counts, statuses), bool(room)

    def undo(self, run: str, at: int) -> Run:
        """Take a run's facts and schema away; StoreError when a later run built on it.

        Many facts go in parts; an undoing that was cut short goes on when it is asked for again.
        """
        undone: Run | None = None
        while undone is None:
            undone = self._writing(partial(self._undo, name=run, at=at))
        return undone

    def _undo(self, tx: ManagedTransaction, name: str, at: int) -> Run | None:
        """A part of an undoing; gives the run when it was the last one."""
        store = self._lock(tx)
        run, number = neo4j_runs.undoable(tx, name)
        before = neo4j_runs.schema_of(tx)
        touched = Change(tx, store, 0, number).undo(PART)
        self._rewritten(tx)
        if touched == PART:
            self._moved(tx)
            return None
        tx.run(keeping.DROP_SEEN, run=number).consume()
        run = replace(run, undone=at)
        neo4j_runs.save(tx, run)
        if touched or neo4j_runs.schema_of(tx).to_json() != before.to_json():
            self._moved(tx)
        return run

    def forget(self, node: str) -> Forgotten:
        """Remove a node, its edges and all history of both; what remains is a keyed hash."""
        kind, number = node.split(":", 1)[0], text_number(node)

        def work(tx: ManagedTransaction) -> Forgotten:
            store = self._lock(tx)
            key = store.get("forget_key") or secrets.token_hex(32)
            edges = int(tx.run(undoing.FORGET_SIDE_EDGES, id=number).single(strict=True)["n"])
            nodes = int(tx.run(undoing.FORGET_SIDE_NODE, id=number).single(strict=True)["n"])
            if kind in neo4j_runs.schema_of(tx).kinds:
                found = tx.run(undoing.forget_node(kind), id=number).single()
                if found is not None:
                    nodes, edges = nodes + found["nodes"], edges + found["edges"]
            mark = mark_of(bytes.fromhex(key), number)
            tx.run(keeping.ADD_MARK, mark=mark).consume()
            tx.run(keeping.SET_STORE, values={"forget_key": key}).consume()
            self._rewritten(tx)
            if nodes or edges:
                self._moved(tx)
            return Forgotten(nodes, edges)

        return self._writing(work)

    def withheld(self, nodes: Sequence[str]) -> frozenset[str]:
        """Those of some nodes that were forgotten."""

        def work(tx: ManagedTransaction) -> frozenset[str]:
            kept = set(tx.run(keeping.FORGET_MARKS).single(strict=True)["marks"])
            if not kept:
                return frozenset()
            store = tx.run(keeping.READ_STORE).single(strict=True)["store"]
            key = bytes.fromhex(store["forget_key"])
            return frozenset(node for node in nodes if mark_of(key, text_number(node)) in kept)

        return self._reading(work)

    # -- reading ------------------------------------------------------------------------------

    def facts(self, ids: Sequence[str]) -> tuple[tuple[Fact, ...], ...]:
        """All that was ever said of nodes (`kind:key`) and edges (16 digits), oldest first."""
        return self._reading(lambda tx: facts_about(tx, neo4j_runs.schema_of(tx), ids))

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        """All "nodes" or "edges" of a moment, some ten thousand rows at a time."""
        if self._trial is not None:
            yield from self._scanned(self._trial.begun(), table, moment)
            return
        # Not a managed transaction: what was handed out cannot be taken back and read again.
        with (
            translated(self.link.address),
            self.link.session(read=True) as session,
            session.begin_transaction() as tx,
        ):
            before = self._mark()
            yield from self._scanned(tx, table, moment)
        after = self._mark()
        if after != before and after[0] == before[0]:
            _LOG.warning(
                "others have written to %s while the graph was read; "
                "what they did to groundrec's nodes may be there in part",
                self.link.address.uri,
            )

    def _mark(self) -> tuple[int, frozenset[str]]:
        """How often groundrec has written, and what the server says of all that was written."""
        with translated(self.link.address), self.link.session(read=True) as session:
            writes = session.execute_read(lambda tx: self._store(tx).get("writes", 0))
            return writes, session.last_bookmarks().raw_values

    def _scanned(self, tx: Any, table: str, moment: Moment) -> Iterator[pl.DataFrame]:
        known, as_of = neo4j_runs.moment_values(tx, moment, int(time.time()))
        scan = Scan(
            tx,
            neo4j_runs.schema_of(tx),
            None if moment.known_at is None else known,
            as_of,
            past=moment != NOW,
        )
        yield from scan.nodes() if table == "nodes" else scan.edges()

    def stats(self) -> Stats:
        """Counts by kind and relation, now."""

        def work(tx: ManagedTransaction) -> Stats:
            schema = neo4j_runs.schema_of(tx)
            dated = {
                name
                for name, used in Facts(tx, schema).columns().items()
                if used & {"valid_from", "valid_to"}
            }
            edges = {
                name: int(tx.run(looking.count_type(name)).single(strict=True)["n"])
                for name in schema.relations
                if name not in dated
            }
            if dated:  # what holds now was perhaps not so when it was written
                only = schema.model_copy(
                    update={"relations": {name: schema.relations[name] for name in dated}}
                )
                for part in Scan(tx, only, None, int(time.time()), past=False).edges():
                    for name, count in part["relation"].value_counts().iter_rows():
                        edges[name] = edges.get(name, 0) + count
            nodes = {
                kind: int(tx.run(looking.count_label(kind)).single(strict=True)["n"])
                for kind in schema.kinds
            }
            return Stats(
                nodes={name: n for name, n in sorted(nodes.items()) if n},
                edges={name: n for name, n in sorted(edges.items()) if n},
            )

        return self._reading(work)

    def change_token(self) -> str:
        """A text that changes with every change of nodes, edges or schema, and only then."""
        return str(self._reading(self._store).get("change", ""))

    def mark(self) -> str:
        """Where the history stands, for `since`."""
        return self._reading(lambda tx: neo4j_following.mark(tx, self._store(tx)))

    def since(self, mark: str, known: Int64s) -> Changed | None:
        """What has changed since a mark; None when that cannot be told, or is too much."""

        def work(tx: ManagedTransaction) -> Changed | None:
            schema = neo4j_runs.schema_of(tx)
            return neo4j_following.changed(tx, schema, self._store(tx), mark, known)

        return self._reading(work)

    def aside(self, statement: LiteralString, **values: Any) -> None:
        """Write something that is no part of the graph, in turn with other writers."""

        def work(tx: ManagedTransaction) -> None:
            self._lock(tx)
            tx.run(statement, values).consume()

        self._writing(work)

    def about(self) -> str:
        """Which Neo4j this is."""
        return f"Neo4j {' '.join(edition(self.link))}"

    # -- inside -------------------------------------------------------------------------------

    def close(self) -> None:
        """Release the connections."""
        self.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def rehearsal(self, folder: Path) -> Iterator["Neo4jStore"]:
        """This store in one transaction that is taken back; who else writes waits for its end.

        Only constraints and indexes remain, which hold nothing yet.
        """
        tried = copy.copy(self)
        tried._trial = Trial(self.link)
        with translated(self.link.address), closing(tried._trial):
            yield tried

    def _reading(self, work: Callable[[ManagedTransaction], T]) -> T:
        if self._trial is not None and self._trial.tx is not None:
            return work(self._trial.tx)
        with translated(self.link.address), self.link.session(read=True) as session:
            return session.execute_read(work)

    def _writing(self, work: Callable[[ManagedTransaction], T]) -> T:
        if self.link.read_only:
            raise StoreError(
                f"cannot write to {self.link.address.uri}", hint="it was opened for reading"
            )
        if self._trial is not None:
            return work(self._trial.begun())
        with translated(self.link.address), self.link.session() as session:
            return session.execute_write(work)

    def _prepare(self, schema: Schema) -> None:
        """Constraints and indexes that are not there yet, made and waited for."""
        wanted = [*indexes.own_constraints(), *indexes.constraints(schema)]
        if {indexes.name_of(one) for one in wanted} <= self._prepared_for:
            return
        if edition(self.link)[1] == ENTERPRISE:
            wanted += indexes.existence(schema)
        named = {indexes.name_of(one): one for one in wanted}
        constraints = {name for name, one in named.items() if indexes.constrains(one)}
        found = self.link.run(indexes.NAMES)
        there = {record["name"] for record in found}
        for name in constraints & {one["name"] for one in found if not one["constrained"]}:
            # Whoever made the constraint was killed halfway: its index stands in the way. Or
            # somebody is just making it, then this waits for that and changes nothing.
            with suppress(StoreError):
                self.link.run(indexes.drop(name))
            there.remove(name)
        missing = [name for name in named if name not in there]
        for name in missing:
            self.link.run(named[name])
        if searched := [name for name in missing if name not in constraints]:
            self.link.run(indexes.AWAIT, names=searched)
        self._prepared_for = there | named.keys()

    def _lock(self, tx: ManagedTransaction) -> dict[str, Any]:
        return dict(tx.run(keeping.LOCK).single(strict=True)["store"])

    def _store(self, tx: ManagedTransaction) -> dict[str, Any]:
        found = tx.run(keeping.READ_STORE).single()
        return {} if found is None else dict(found["store"])

    def _rewritten(self, tx: ManagedTransaction) -> None:
        """What the runs' numbers do not tell has changed."""
        tx.run(keeping.SET_STORE, values={"rewritten": uuid.uuid4().hex}).consume()

    def _moved(self, tx: ManagedTransaction) -> None:
        tx.run(keeping.SET_STORE, values={"change": uuid.uuid4().hex}).consume()


def open_neo4j(address: Address, *, read_only: bool = False) -> Neo4jStore:
    """Open the store on a server; StoreError when it does not answer or does not let us in."""
    return Neo4jStore(address, read_only=read_only)
