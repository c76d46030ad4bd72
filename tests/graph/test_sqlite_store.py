"""The embedded store: the contract, and what a file on a disk has to live through."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from graph import sqlite_file
from graph.errors import StoreBusyError, StoreError, StoreVersionError
from graph.sqlite_store import SqliteStore, open_sqlite
from tests.contracts.history_contract import HistoryContract
from tests.contracts.store_contract import StoreContract
from tests.toy import SCHEMA, batch_of, put, run_named, toy_batch, toy_store


class TestSqliteStore(StoreContract, HistoryContract):
    def new(self, folder: Path) -> SqliteStore:
        return open_sqlite(folder / "graph.db")


WRITER = """
import sys
from pathlib import Path
from graph.sqlite_store import open_sqlite
from tests.toy import SCHEMA, batch_of, run_named
with open_sqlite(Path(sys.argv[1])) as store:
    run = run_named("killed")
    store.begin(run, SCHEMA)
    for at in range(1_000_000):
        films = {f"film:{at}-{n}": "x" for n in range(100)}
        run = store.write(run, batch_of([], films, position=str(at))).run
        print(at, flush=True)
"""


def test_a_killed_writer_leaves_the_last_whole_batch(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while int(process.stdout.readline()) < 5:
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with open_sqlite(path) as store:
        (run,) = store.runs()
        whole_batches = int(run.positions["toy"]) + 1
        assert whole_batches >= 6
        assert store.stats().nodes == {"film": 100 * whole_batches}
        assert run.counts.nodes_added == 100 * whole_batches


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    with toy_store(tmp_path / "graph.db") as store:
        before = store.stats()
        store.begin(run_named("two"), SCHEMA)
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        many = batch_of([], {f"film:{n}": "x" * 100 for n in range(2_000)})
        with pytest.raises(StoreError, match="no room") as told:
            store.write(run_named("two"), many)
        assert "make room" in told.value.hint
        assert store.stats() == before
        assert store.runs()[-1].positions == {}
        store._connection.execute("PRAGMA max_page_count = 1000000")
        assert store.write(run_named("two"), many).counts.nodes_added == 2_000


def test_a_second_writer_is_told_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    with toy_store(tmp_path / "graph.db") as first, open_sqlite(tmp_path / "graph.db") as second:
        first._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="another process"):
            second.begin(run_named("two"), SCHEMA)
        assert second.stats().nodes["film"] == 8  # readers go on
        first._connection.execute("ROLLBACK")


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    toy_store(tmp_path / "graph.db").close()
    with (
        open_sqlite(tmp_path / "graph.db", read_only=True) as store,
        pytest.raises(StoreError, match="cannot write"),
    ):
        store.begin(run_named("two"), SCHEMA)


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="no groundrec store"):
        open_sqlite(path)


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    toy_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreVersionError, match="newer"):
        open_sqlite(path)


def test_two_writers_of_one_run_each_hear_what_the_other_wrote(tmp_path: Path) -> None:
    """The second was opened on an empty store, and must not go on believing that it is one."""
    with open_sqlite(tmp_path / "graph.db") as one, open_sqlite(tmp_path / "graph.db") as other:
        put(one, "one", batch_of([("user:1", "rated", "film:a", 1.0)], {}))
        put(other, "two", toy_batch())
        again = put(one, "three", toy_batch()).counts
        assert again.written == 0
        assert again.unchanged == toy_batch().edges.height + toy_batch().nodes.height


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE letters (text TEXT)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="something else"):
        open_sqlite(path)
    with closing(sqlite3.connect(path)) as other:
        names = other.execute("SELECT name FROM sqlite_schema").fetchall()
    assert names == [("letters",)]
    assert len(path.read_bytes()) == len(before)
