"""The store on a real Neo4j server of each line: both contracts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import neo4j_store
from graph.batch import Batch
from graph.neo4j_link import Address
from graph.neo4j_store import Neo4jStore, open_neo4j
from tests.contracts.history_contract import HistoryContract, batches
from tests.contracts.store_contract import StoreContract
from tests.integration.neo4j_server import Server, emptied

EXAMPLES = int(os.environ.get("GROUNDREC_NEO4J_EXAMPLES", "5"))


class OnNeo4j:
    """A store per folder, on one server that is emptied when the folder changes."""

    address: Address
    server: Server
    folder: Path | None = None

    @pytest.fixture(autouse=True)
    def _on(self, neo4j_server: Server) -> Iterator[None]:
        self.server = neo4j_server
        self.address = Address(neo4j_server.uri, neo4j_server.username, neo4j_server.password)
        self.folder = None
        self.opened: list[Neo4jStore] = []
        yield
        for store in self.opened:
            store.close()

    def new(self, folder: Path) -> Neo4jStore:
        if folder != self.folder:
            emptied(self.server)
            self.folder = folder
        self.opened.append(open_neo4j(self.address))
        return self.opened[-1]


class TestNeo4jStore(OnNeo4j, StoreContract):
    pass


class TestNeo4jHistory(OnNeo4j, HistoryContract):
    """A server answers in milliseconds, so the two searches are short here; SQLite's are long.

    What a server's memory bounds is done in parts, which are small enough here to be several.
    """

    @pytest.fixture(autouse=True)
    def _in_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(neo4j_store, "PART", 3)

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(deliveries=st.lists(st.lists(batches(), min_size=1, max_size=2), max_size=3))
    def test_whatever_was_delivered_can_be_undone(self, deliveries: list[list[Batch]]) -> None:
        inner = HistoryContract.test_whatever_was_delivered_can_be_undone.hypothesis.inner_test
        inner(self, deliveries)

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(delivery=batches(), seed=st.integers(0, 99), before=batches())
    def test_whatever_was_delivered_may_come_again_in_any_order(
        self, delivery: Batch, seed: int, before: Batch
    ) -> None:
        test = HistoryContract.test_whatever_was_delivered_may_come_again_in_any_order
        test.hypothesis.inner_test(self, delivery, seed, before)
