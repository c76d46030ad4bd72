"""How fast a catalogue is read and mapped, and what the store adds.

    python -m benchmarks.ingest_speed

A file is made up: a million rows with a title, a list of names to split and clean, a rating and
a time; one row in a hundred is broken in one of five ways. Reading and mapping includes line
numbers, rejects and the ids of nodes and edges; the store is measured apart, and so is the most
memory that was used, for a file and for one four times as long.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.record import record
from graph.sqlite_store import open_sqlite
from kg_ingest.convert import convert
from kg_ingest.load import run_ingest
from kg_ingest.mapping import load_mapping
from kg_ingest.places import places_of
from kg_ingest.readers import read_blocks

ROWS = 1_000_000
SEED = 1

MAPPING = r"""
[kinds.user]
role = "user"
[kinds.item]
role = "item"
[kinds.person]
role = "attribute"
[relations.rated]
head = "user"
tail = "item"
interaction = true
liked = 4.0
[relations.by]
head = "item"
tail = "person"
[[sources]]
path = "rows.dat"
root = "mapping"
format = "delimited"
delimiter = "::"
columns = ["user", "item", "title", "people", "stars", "time"]
fields.title = { from = "title", clean = [['^(.+), (The)$', '$2 $1']] }
fields.person = { from = "people", split = "|", clean = [['\s*\(.*\)$', '']] }
fields.time = { from = "time", type = "time" }
[[sources.nodes]]
kind = "item"
key = "item"
label = "title"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
time = "time"
[[sources.edges]]
relation = "by"
head = "item"
tail = { name = "person" }
"""


def made_up(folder: Path, rows: int) -> Path:
    """The mapping and its file, in `folder`."""
    rng = np.random.default_rng(SEED)
    users, items = rng.integers(0, 50_000, rows), rng.zipf(1.3, rows) % 20_000
    people = rng.integers(0, 8_000, (rows, 3))
    stars, times = rng.integers(1, 11, rows) / 2, rng.integers(9e8, 1.6e9, rows)
    broken = rng.random(rows) < 0.01
    with (folder / "rows.dat").open("w", encoding="utf-8") as file:
        for at in range(rows):
            one, two, three = people[at]
            names = f"Ann {one} (novel)|Bo {two}|Çem {three} (screenplay by)"
            line = f"{users[at]}::{items[at]}::Thing {items[at]}, The::{names}::{stars[at]}"
            line += f"::{times[at]}"
            if broken[at]:
                line = (
                    line + "::more", line.replace("::", ":"), f"::{items[at]}::x::y::4::1",
                    f"1::{items[at]}::x::y::much::1", f"1::{items[at]}::x::y::4::then",
                )[at % 5]  # fmt: skip
            file.write(line + "\n")
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    return folder / "mapping.toml"


def mapped(path: Path) -> tuple[float, int, int]:
    """Seconds to read and map, edges made, rows rejected."""
    mapping = load_mapping(path)
    (source,) = mapping.sources
    begun = time.perf_counter()
    edges = rejected = 0
    for block in read_blocks(source, places_of(mapping, source, None)):
        made = convert(source, mapping.schema_, {}, block.frame)
        edges += made.edges.height
        rejected += block.rejected.height + made.rejected.height
    return time.perf_counter() - begun, edges, rejected


def loaded(path: Path) -> tuple[float, float]:
    """Seconds for the first and the second ingest into a new store."""
    took = []
    with open_sqlite(path.parent / "graph.db") as store:
        for _ in range(2):
            begun = time.perf_counter()
            run_ingest(store, path, data=None, runs=path.parent / "runs")
            took.append(time.perf_counter() - begun)
    return took[0], took[1]


def peak_mb(path: Path) -> float:
    """The most memory that reading and mapping takes in a process of its own."""
    code = "import sys; from benchmarks.ingest_speed import peak; peak(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def peak(path: str) -> None:
    """Print this process's peak after mapping a file."""
    mapped(Path(path))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Measure and record."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = made_up(Path(folder), ROWS)
        seconds, edges, rejected = mapped(path)
        first, second = loaded(path)
        one = peak_mb(path)
        rows += [
            _row("read and map", seconds, edges, rejected),
            _row("ingest into a new store", first, edges, rejected),
            _row("ingest again, nothing new", second, edges, rejected),
        ]
    with tempfile.TemporaryDirectory() as folder:
        four = peak_mb(made_up(Path(folder), 4 * ROWS))
    rows[0] |= {"peak_mb": round(one), "peak_mb_of_four_times_the_rows": round(four)}
    path = record(
        "ingest-speed",
        command="python -m benchmarks.ingest_speed",
        seed=SEED,
        data={"made up": f"{ROWS:,} rows with '::', three names each, 1 % broken"},
        rows=rows,
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def _row(what: str, seconds: float, edges: int, rejected: int) -> dict[str, object]:
    return {
        "what": what,
        "seconds": round(seconds, 2),
        "rows_per_second": round(ROWS / seconds),
        "edges_per_second": round(edges / seconds),
        "edges": edges,
        "rejected": rejected,
    }


if __name__ == "__main__":
    main()
