"""Ingests that are killed again and again, at moments that chance decides, until one is done.

    python -m tests.kg_ingest.killing FOLDER KILLS SEED LONGEST [URI USERNAME PASSWORD]

forks one ingest of FOLDER after another and kills each within LONGEST seconds, but none after
KILLS of them; it prints how many were killed. The process that forks never uses polars itself:
its threads would not outlive the fork.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from graph.neo4j_link import Address
from graph.neo4j_store import open_neo4j
from graph.sqlite_store import open_sqlite
from graph.store import GraphStore
from kg_ingest import gathering, readers
from kg_ingest.load import run_ingest
from kg_ingest.rejects import read_rejects
from tests.kg_ingest.catalogue import RATINGS, Catalogue, items

KILLS = 50

MAPPING = (
    items('fields.tag = { from = "tags", split = "|" }')
    + """
[[sources.edges]]
relation = "tagged"
head = "id"
tail = { name = "tag" }
"""
    + RATINGS
)


def catalogue(folder: Path) -> Catalogue:
    """A few hundred rows, some of which contradict each other, and some of which are none."""
    folder.mkdir()
    made = Catalogue(folder)
    made.map(MAPPING)
    items = "".join(f"{n},Thing {n},a|b{n % 7}\n" for n in range(100)) + "broken\n"
    made.write("items.csv", f"id,title,tags\n{items}")
    rows = [f"{n % 40},{n % 90},{n % 5 + 1}" for n in range(600)]
    made.write("ratings.csv", "\n".join(["user,item,stars", *rows, "x", *rows[:50]]) + "\n")
    return made


def content(store: GraphStore, folder: Path) -> list[object]:
    """Graph, counts and rejects of what came from a folder, in an order of its own.

    A kill may come when all is written and only the process has not ended: then another run
    begins, which finds the same rejects and writes nothing.
    """
    tables = [
        sorted((row for part in store.scan(table) for row in part.iter_rows()), key=str)
        for table in ("nodes", "edges")
    ]
    run, *later = store.runs()
    assert not any(again.counts.written for again in later)
    rejects = [*read_rejects(folder / "runs" / run.id / "rejects.csv")]
    assert len(rejects) == run.rejects
    return [tables, run.counts, rejects, run.ended is None, store.schema()]


def killed(folder: Path, kills: int, seed: int, longest: float, *server: str) -> int:
    """Ingest a folder, killed at most so often; how often it was."""
    told = map(str, (folder, kills, seed, longest))
    done = subprocess.run(
        [sys.executable, "-m", "tests.kg_ingest.killing", *told, *server],
        env={"POLARS_MAX_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def _ingest(folder: Path, server: Sequence[str]) -> None:
    path = folder / "graph.db"
    with open_neo4j(Address(*server)) if server else open_sqlite(path) as store:
        run_ingest(store, folder / "mapping.toml", data=folder, runs=folder / "runs")


def main(folder: str, kills: str, seed: str, longest: str, *server: str) -> None:
    """See above."""
    readers.BLOCK_BYTES, gathering.ROWS = 300, 1
    chance, hits = random.Random(int(seed)), 0
    while True:
        child = os.fork()
        if child == 0:
            _ingest(Path(folder), server)
            os._exit(0)
        if hits < int(kills):
            time.sleep(chance.random() * float(longest))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(hits)
            sys.exit(os.waitstatus_to_exitcode(status))
        hits += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
