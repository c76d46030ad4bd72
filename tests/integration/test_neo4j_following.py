"""A snapshot of what has changed since the last one is the one of all that there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.batch import Batch
from graph.ids import text_number
from graph.neo4j_link import Address
from graph.neo4j_scan import Scan
from graph.neo4j_store import Neo4jStore, open_neo4j
from graph.snapshot import Snapshot
from graph.snapshot_build import build_snapshot, verify
from tests.contracts.history_contract import batches, delivered
from tests.integration.neo4j_server import Server, emptied
from tests.toy import SCHEMA, batch_of, put, run_named, toy_batch


@pytest.fixture
def store(neo4j_server: Server) -> Iterator[Neo4jStore]:
    emptied(neo4j_server)
    address = Address(neo4j_server.uri, neo4j_server.username, neo4j_server.password)
    with open_neo4j(address) as opened:
        yield opened


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every reading of the whole graph."""
    seen: list[str] = []
    for table in ("nodes", "edges"):
        whole = getattr(Scan, table)

        def counting(self: Scan, table: str = table, whole=whole):  # type: ignore[no-untyped-def]
            seen.append(table)
            return whole(self)

        monkeypatch.setattr(Scan, table, counting)
    return seen


def _followed(store: Neo4jStore, folder: Path, base: Snapshot | None) -> Snapshot:
    """The snapshot by what has changed; it is sound, and the same as the whole one."""
    made = build_snapshot(store, folder / "followed", base=base)
    verify(made)
    assert made.version == build_snapshot(store, folder / "whole").version
    return made


def test_only_what_has_changed_is_read(store: Neo4jStore, tmp_path: Path, reads: list[str]) -> None:
    put(store, "one", toy_batch())
    first = build_snapshot(store, tmp_path)
    new = batch_of([("user:9", "rated", "film:heat", 2.0)], {"film:new": "New"})
    put(store, "two", new)
    reads.clear()
    second = build_snapshot(store, tmp_path, base=first)
    assert reads == []
    assert second.version != first.version
    assert second.find("film:new") is not None
    assert build_snapshot(store, tmp_path).version == second.version
    assert build_snapshot(store, tmp_path, base=second).version == second.version


def test_what_leaves_no_trace_makes_it_read_all(
    store: Neo4jStore, tmp_path: Path, reads: list[str]
) -> None:
    put(store, "one", toy_batch())
    put(store, "two", batch_of([], {"film:new": "New"}))
    before = build_snapshot(store, tmp_path)
    store.undo("two", 5)
    reads.clear()
    undone = _followed(store, tmp_path, before)
    assert reads.count("edges") == 2
    store.forget("user:1")
    assert _followed(store, tmp_path, undone).find("user:1") is None


def test_what_a_run_that_had_not_ended_says_later_is_seen(
    store: Neo4jStore, tmp_path: Path
) -> None:
    put(store, "one", toy_batch())
    open_run = run_named("open")
    store.begin(open_run, SCHEMA)
    open_run = store.write(open_run, batch_of([], {"film:a": "A"}, position="1")).run
    base = build_snapshot(store, tmp_path)
    put(store, "three", batch_of([], {"film:c": "C"}))
    base = _followed(store, tmp_path, base)
    open_run = store.write(open_run, batch_of([], {"film:b": "B"}, position="2")).run
    store.end(open_run)
    made = _followed(store, tmp_path, base)
    assert all(made.find(f"film:{name}") is not None for name in "abc")


def test_who_comes_back_brings_their_edges(store: Neo4jStore, tmp_path: Path) -> None:
    put(store, "one", toy_batch())
    base = build_snapshot(store, tmp_path)
    gone = batch_of([], {"film:heat": "Heat"}, source="other", mode="delete")
    put(store, "two", gone)
    without = _followed(store, tmp_path, base)
    assert without.find("film:heat") is None
    put(store, "three", batch_of([], {"film:heat": "Heat, again"}))
    back = _followed(store, tmp_path, without)
    assert back.find_number("film", text_number("film:heat")) is not None


class TestWhatever:
    @pytest.fixture(autouse=True)
    def _on(self, store: Neo4jStore, neo4j_server: Server) -> None:
        type(self).store, type(self).server = store, neo4j_server

    store: Neo4jStore
    server: Server

    @settings(max_examples=5, deadline=None)
    @given(deliveries=st.lists(st.lists(batches(), min_size=1, max_size=2), min_size=2, max_size=4))
    def test_whatever_is_delivered_the_version_is_the_same(
        self, deliveries: list[list[Batch]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        emptied(self.server)
        folder = tmp_path_factory.mktemp("followed")
        put(self.store, "schema", batch_of([], {"film:always": "Always"}, source="always"))
        base = build_snapshot(self.store, folder)
        for at, delivery in enumerate(deliveries):
            delivered(self.store, run_named(f"{at}"), *delivery)
            base = _followed(self.store, folder, base)
