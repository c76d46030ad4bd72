"""A snapshot is of one graph, whoever writes while it is read."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from graph.errors import StoreBusyError
from graph.facts import NOW, Moment
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import SqliteStore, open_sqlite
from tests.toy import batch_of, put, toy_batch


class Restless(SqliteStore):
    """Somebody writes, on a connection of their own, each time that edges are read."""

    left = 0

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        if table == "edges" and self.left:
            self.left -= 1
            rated = [("user:new", "rated", f"film:new-{self.left}", 1.0)]
            with open_sqlite(self.path) as other:
                put(other, f"{self.left}", batch_of(rated, {}))
        yield from super().scan(table, moment)


def test_what_changes_while_it_is_read_is_read_anew(tmp_path: Path) -> None:
    with Restless(tmp_path / "graph.db") as store:
        put(store, "one", toy_batch())
        store.left = 2
        made = build_snapshot(store, tmp_path / "restless")
        assert store.left == 0
        assert made.version == build_snapshot(store, tmp_path / "still").version


def test_a_graph_that_never_rests_is_told(tmp_path: Path) -> None:
    with Restless(tmp_path / "graph.db") as store:
        put(store, "one", toy_batch())
        store.left = 1_000
        with pytest.raises(StoreBusyError, match="faster"):
            build_snapshot(store, tmp_path / "snapshots")
        assert list((tmp_path / "snapshots").iterdir()) == []
