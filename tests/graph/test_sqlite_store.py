"""The embedded store: the contract, and what a file on a disk has to live through."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from graph import sqlite_facts, sqlite_file
from graph.errors import StoreBusyError, StoreError, StoreVersionError
from graph.facts import Moment
from graph.sqlite_store import SqliteStore, open_sqlite
from graph.store import Run
from graph.types import Edge
from tests.contracts.history_contract import HistoryContract, graph_of
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


class TestRecent:
    """Few rows are kept beside the large table: nobody who reads may notice."""

    def stores(self, folder: Path) -> dict[int, SqliteStore]:
        return {few: open_sqlite(folder / f"{few}.db") for few in (0, 1, 1_000)}

    @pytest.mark.parametrize("seed", range(4))
    def test_it_is_the_same_graph_wherever_the_rows_are(
        self, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rng, stores = random.Random(seed), self.stores(tmp_path)
        monkeypatch.setattr(sqlite_facts, "STRIDE", 3)
        users, films = range(12), "abcdefgh"
        every = [f"user:{u}" for u in users] + [f"film:{f}" for f in films]
        every += [Edge(f"user:{u}", "rated", f"film:{f}").id for u in users for f in films]
        live: list[str] = []
        for at in range(14):
            edges = [
                (f"user:{rng.choice(users)}", "rated", f"film:{rng.choice(films)}", stars)
                for stars in rng.choices([1.0, 5.0], k=rng.choice([2, 10, 40]))
            ]
            edges = list({edge[:3]: edge for edge in edges}.values())
            mode = rng.choice(["merge", "merge", "replace", "delete"])
            source, rest = rng.choice("xy"), edges[: rng.choice([0, 2])]
            batch, more = (
                batch_of(some, {}, source=source, mode=mode) for some in (edges[len(rest) :], rest)
            )
            act = rng.choice(["put", "put", "put", "undo", "forget"] if live else ["put"])
            told = []
            for few, store in stores.items():
                monkeypatch.setattr(sqlite_facts, "FEW", few)
                if act == "put":
                    written = put(store, f"run {at}", batch)
                    if rest:
                        told.append(written.counts)
                        written = store.write(written.run, more)
                    retired = [batch.source] if mode == "replace" else []
                    told.append([written.counts, store.end(written.run, retired).counts])
                elif act == "undo":
                    store.undo(live[-1], 5_000)
                else:
                    told.append(store.forget(every[at % 3]))
                facts = [sorted(map(str, some)) for some in store.facts(every)]
                early = Moment(as_of=1_500)
                told.append([graph_of(store), graph_of(store, early), store.stats(), facts])
            if act == "put":
                live.append(f"run {at}")
            elif act == "undo":
                live.pop()
            size = len(told) // len(stores)
            assert told[:size] == told[size : 2 * size] == told[2 * size :]
        for store in stores.values():
            store.close()

    def test_few_rows_change_few_pages(self, tmp_path: Path) -> None:
        log = tmp_path / "graph.db-wal"
        pairs = [(u, f) for u in range(200) for f in range(100)]
        edges = [(f"user:{u}", "rated", f"film:{f}", 1.0) for u, f in pairs]
        with open_sqlite(tmp_path / "graph.db") as store:
            put(store, "one", batch_of(edges, {}))
            (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
            store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            some = [(head, kind, tail, 5.0) for head, kind, tail, _ in edges[::100]]
            assert put(store, "two", batch_of(some, {})).counts.edges_changed == 200
            assert log.stat().st_size / 16_384 < pages / 4
            assert store.stats().edges == {"rated": 20_000}

    def test_what_is_left_over_of_a_large_run_goes_where_the_others_went(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else the next small delta would have to put it away, which changes every page."""
        monkeypatch.setattr(sqlite_facts, "FEW", 1)
        pairs = [(u, f) for u in range(200) for f in range(100)]
        edges = [(f"user:{u}", "rated", f"film:{f}", 1.0) for u, f in pairs]
        with open_sqlite(tmp_path / "graph.db") as store:
            beside = "SELECT count(*) FROM recent_edge_facts"
            written = put(store, "one", batch_of(edges[5:], {}))
            store.write(written.run, batch_of(edges[:5], {}))
            assert store._connection.execute(beside).fetchone() == (0,)
            put(store, "two", batch_of([(*edges[0][:3], 5.0)], {}))
            assert store._connection.execute(beside).fetchone() == (2,)
            put(store, "three", batch_of([(*edge[:3], 3.0) for edge in edges[1:]], {}))
            assert store._connection.execute(beside).fetchone() == (0,)
            assert store.stats().edges == {"rated": 20_000}

    def test_rows_that_were_put_away_in_vain_count_still(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A write that fails leaves them beside the table, and the next one finds them there."""
        monkeypatch.setattr(sqlite_facts, "FEW", 1)
        pairs = [(u, f) for u in range(200) for f in range(100)]
        edges = [(f"user:{u}", "rated", f"film:{f}", 1.0) for u, f in pairs]
        with open_sqlite(tmp_path / "graph.db") as store:
            put(store, "one", batch_of(edges[9:], {}))
            put(store, "two", batch_of([(*edges[10][:3], 5.0)], {}))
            many = batch_of([(*edge[:3], 3.0) for edge in edges], {})
            store.begin(run_named("three"), SCHEMA)
            with monkeypatch.context() as failing:
                failing.setattr(store._runs, "save", _full)
                with pytest.raises(OSError, match="full"):
                    store.write(run_named("three"), many)
            few = batch_of([(*edges[10][:3], 4.0)], {})
            assert store.write(run_named("three"), few).counts.edges_changed == 1
            (facts,) = store.facts([Edge(*edges[10][:3]).id])
            said = [one.subject.weight for one in facts if isinstance(one.subject, Edge)]
            assert said == [1.0, 5.0, 4.0]


def _full(run: Run) -> None:
    raise OSError("the disk is full")
