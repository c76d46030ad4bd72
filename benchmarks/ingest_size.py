"""What a large ingest costs: the first, the same again in another order, and a small delta.

    python -m benchmarks.ingest_size [ROWS]

A catalogue is made up: nine rows in ten are ratings with a time, sorted by user as exports are;
the tenth says what an item is tagged with. It is ingested into a new store. Then come the same
rows, shuffled and packed with zstd; then a delta, one row in a hundred: half of it new, a quarter
changed, a quarter as it was. The same again with a catalogue of a tenth of the size, to see
whether memory grows. Beside it: a plain script (`csv`, `executemany`, a primary key), and DuckDB's
`COPY` into a table with types; neither checks a row, or knows later who said what. Each step is a
process of its own, so that its peak of memory is its own.
"""

import csv
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.record import record

ROWS = 10_000_000
SEED = 1

MAPPING = """
[kinds.user]
role = "user"
[kinds.item]
role = "item"
[kinds.tag]
role = "attribute"
[relations.rated]
head = "user"
tail = "item"
interaction = true
liked = 4.0
[relations.tagged]
head = "item"
tail = "tag"
[[sources]]
path = "RATINGS"
name = "ratings"
root = "mapping"
format = "csv"
fields.time = { from = "time", type = "time" }
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
time = "time"
[[sources]]
path = "TAGS"
name = "tags"
root = "mapping"
format = "csv"
[[sources.edges]]
relation = "tagged"
head = "item"
tail = "tag"
"""


# -- what is ingested --------------------------------------------------------------------------


def made_up(folder: Path, rows: int) -> None:
    """The catalogue, the same shuffled and packed, and the delta, each with its mapping."""
    from backports import zstd

    rng = np.random.default_rng(SEED)
    ratings, tags = _ratings(rng, rows * 9 // 10, rows), _tags(rng, rows - rows * 9 // 10)
    _mapping(folder, "first", ".csv")
    ratings.write_csv(folder / "first-ratings.csv")
    tags.write_csv(folder / "first-tags.csv")
    _mapping(folder, "again", ".csv.zst")
    for name, frame in (("ratings", ratings), ("tags", tags)):
        with zstd.open(folder / f"again-{name}.csv.zst", "wb", level=3) as file:
            frame.sample(fraction=1, shuffle=True, seed=SEED).write_csv(file)
    _mapping(folder, "delta", ".csv")
    few = ratings.height // 100
    kept = ratings.sample(few // 2, seed=SEED)
    other = kept[: few // 4].with_columns(stars=5.5 - pl.col("stars"))
    new = _ratings(rng, few - few // 2, rows)
    pl.concat([other, kept[few // 4 :], new]).write_csv(folder / "delta-ratings.csv")
    pl.concat(
        [tags.sample(tags.height // 200, seed=SEED), _tags(rng, tags.height // 200)]
    ).write_csv(folder / "delta-tags.csv")


def _ratings(rng: np.random.Generator, count: int, rows: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user": np.sort(rng.integers(0, rows // 100, count)),
            "item": rng.integers(0, 50_000, count),
            "stars": rng.integers(1, 11, count) / 2,
            "time": rng.integers(900_000_000, 1_600_000_000, count),
        }
    )


def _tags(rng: np.random.Generator, count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"item": rng.integers(0, 50_000, count), "tag": rng.integers(0, 20_000, count)}
    )


def _mapping(folder: Path, name: str, ending: str) -> None:
    text = MAPPING.replace("RATINGS", f"{name}-ratings{ending}").replace(
        "TAGS", f"{name}-tags{ending}"
    )
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


# -- steps, each in a process of its own -------------------------------------------------------


def ingest(folder: Path, name: str) -> dict[str, object]:
    """One ingest into the store of this folder."""
    from graph.sqlite_store import open_sqlite
    from kg_ingest.load import run_ingest

    with open_sqlite(folder / "graph.db") as store:
        report = run_ingest(store, folder / f"{name}.toml", data=None, runs=folder / "runs")
    counts = report.counts
    return {
        "rows": sum(report.rows.values()),
        "written": counts.written,
        "unchanged": counts.unchanged,
        "disk_mb": round((folder / "graph.db").stat().st_size / 1e6),
    }


def plain(folder: Path, _: str) -> dict[str, object]:
    """What a script of twenty lines does."""
    with sqlite3.connect(folder / "plain.db") as store:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = NORMAL")
        store.execute(
            "CREATE TABLE rated (user TEXT, item TEXT, stars REAL, time INTEGER,"
            " PRIMARY KEY (user, item)) WITHOUT ROWID"
        )
        store.execute("CREATE TABLE tagged (item TEXT, tag TEXT, PRIMARY KEY (item, tag))")
        rows = 0
        for table, slots in (
            ("ratings", "rated VALUES (?,?,?,?)"),
            ("tags", "tagged VALUES (?,?)"),
        ):
            with (folder / f"first-{table}.csv").open(newline="") as file:
                read = csv.reader(file)
                next(read)
                rows += store.executemany(f"INSERT OR REPLACE INTO {slots}", read).rowcount
    return {"rows": rows, "disk_mb": round((folder / "plain.db").stat().st_size / 1e6)}


def duckdb(folder: Path, _: str) -> dict[str, object]:
    """As fast as a column store takes it in, without a key."""
    import duckdb as engine

    with engine.connect(str(folder / "columns.duckdb")) as store:
        store.execute("SET enable_progress_bar = false")
        store.execute("CREATE TABLE rated (u VARCHAR, item VARCHAR, stars DOUBLE, time BIGINT)")
        store.execute("CREATE TABLE tagged (item VARCHAR, tag VARCHAR)")
        rows = 0
        for table, name in (("rated", "ratings"), ("tagged", "tags")):
            path = str(folder / f"first-{name}.csv")
            store.execute(f"COPY {table} FROM '{path}' (HEADER)")
            found = store.execute(f"SELECT count(*) FROM {table}").fetchone()
            rows += int(found[0]) if found else 0
    return {"rows": rows, "disk_mb": round((folder / "columns.duckdb").stat().st_size / 1e6)}


STEPS: dict[str, Callable[[Path, str], dict[str, object]]] = {
    "ingest": ingest,
    "plain": plain,
    "duckdb": duckdb,
}


def step(kind: str, folder: str, name: str) -> None:
    """Do one step and print what it took."""
    heap = _Heap()
    heap.start()
    begun, spent = time.perf_counter(), _cpu()
    done = STEPS[kind](Path(folder), name)
    seconds, spent = time.perf_counter() - begun, _cpu() - spent
    peaks = {"peak_mb": _memory_mb("VmHWM"), "heap_mb": heap.peak}
    print(json.dumps({**done, "seconds": seconds, "cpu_seconds": spent, **peaks}))


class _Heap(threading.Thread):
    """Looks twenty times a second at the memory that is the program's own, no part of a file."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, _memory_mb("RssAnon"))
            time.sleep(0.05)


def _memory_mb(name: str) -> int:
    """Of this program alone: what `getrusage` tells is as much as that of whoever started it."""
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in told.splitlines() if line.startswith(name))
    return round(int(line.split()[1]) / 1024)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(folder: Path, *, others: bool) -> Iterator[dict[str, object]]:
    """All steps over the catalogue in a folder."""
    steps = [
        ("ingest", "first", "groundrec, first"),
        ("ingest", "again", "groundrec, same rows shuffled and packed"),
        ("ingest", "delta", "groundrec, delta of 1 %"),
    ]
    if others:
        steps += [("plain", "", "csv and executemany"), ("duckdb", "", "DuckDB COPY")]
    for kind, name, what in steps:
        code = f"from benchmarks.ingest_size import step; step({kind!r}, {str(folder)!r}, {name!r})"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        seconds, spent = found["seconds"], found["cpu_seconds"]
        row = {
            "what": what,
            **found,
            "seconds": round(seconds, 1),
            "cpu_seconds": round(spent, 1),
            "rows_per_second": round(found["rows"] / seconds),
            "rows_per_cpu_second": round(found["rows"] / spent),
            "load": round(os.getloadavg()[0], 1),
        }
        print(json.dumps(row), file=sys.stderr, flush=True)
        yield row


def main() -> None:
    """Measure and record."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        made_up(Path(small), rows // 10)
        found = list(measured(Path(small), others=False))
        made_up(Path(large), rows)
        found += measured(Path(large), others=True)
    path = record(
        "ingest-size",
        command="python -m benchmarks.ingest_size",
        seed=SEED,
        data={"made up": f"{rows:,} rows, nine ratings for each tag; and a tenth of that"},
        rows=found,
        notes=[
            "load: how many processes wanted the cores at the end of a step; with more than the"
            " cores it is the CPU seconds that compare, and seconds are an upper limit",
            "the delta is kept beside the large table; after two or three of them, one puts them"
            " all away, which touches nearly every page of the file",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
