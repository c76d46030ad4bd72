"""An ingest that is killed again and again, at any moment, ends as if nothing had happened."""

import subprocess
import sys
from pathlib import Path

import pytest

from graph.sqlite_store import open_sqlite
from graph.store import GraphStore
from kg_ingest import gathering, readers
from tests.kg_ingest.catalogue import Catalogue

KILLS = 30

MAPPING = """
[[sources]]
path = "items.csv"
fields.tag = { from = "tags", split = "|" }
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
[[sources.edges]]
relation = "tagged"
head = "id"
tail = { name = "tag" }
[[sources]]
path = "ratings.csv"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
"""

# Forks one ingest after another and kills each but the last, at a moment that chance decides.
# The process that forks never uses polars itself: its threads would not outlive the fork.
KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from graph.sqlite_store import open_sqlite
from kg_ingest import gathering, readers
from kg_ingest.load import run_ingest
folder, kills = Path(sys.argv[1]), int(sys.argv[2])
readers.BLOCK_BYTES, gathering.ROWS = 300, 1
chance = random.Random(int(sys.argv[3]))
killed, whole = 0, 1.0
while True:
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        with open_sqlite(folder / "graph.db") as store:
            run_ingest(store, folder / "mapping.toml", data=folder, runs=folder / "runs")
        os._exit(0)
    if killed < kills:
        time.sleep(chance.random() * 0.08)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        killed += 1
    else:
        sys.exit(print(killed) or os.waitstatus_to_exitcode(status))
"""


def written(folder: Path) -> Catalogue:
    """A few hundred rows, some of which contradict each other, and some of which are none."""
    folder.mkdir()
    catalogue = Catalogue(folder)
    catalogue.map(MAPPING)
    items = "".join(f"{n},Thing {n},a|b{n % 7}\n" for n in range(100)) + "broken\n"
    catalogue.write("items.csv", f"id,title,tags\n{items}")
    rows = [f"{n % 40},{n % 90},{n % 5 + 1}" for n in range(600)]
    catalogue.write("ratings.csv", "\n".join(["user,item,stars", *rows, "x", *rows[:50]]) + "\n")
    return catalogue


def content(store: GraphStore) -> list[object]:
    """Graph and counts of what is in a store, in an order of its own."""
    tables = [
        sorted((row for part in store.scan(table) for row in part.iter_rows()), key=str)
        for table in ("nodes", "edges")
    ]
    run = store.runs()[0]
    return [tables, run.counts, run.rejects, run.ended is None, store.schema()]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_ingest_goes_on_and_nothing_is_lost_or_twice(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 300)
    monkeypatch.setattr(gathering, "ROWS", 1)
    whole = written(tmp_path / "whole")
    whole.ingest()
    killed = written(tmp_path / "killed")
    environment = {"POLARS_MAX_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(killed.folder), str(KILLS), str(seed)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10, "chance was to hit an ingest that often at work"
    with (
        open_sqlite(whole.folder / "graph.db") as one,
        open_sqlite(killed.folder / "graph.db") as other,
    ):
        assert content(other) == content(one)
        assert other._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert killed.rejects() == whole.rejects()
    assert killed.ingest().counts.written == 0
