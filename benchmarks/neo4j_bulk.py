"""How fast a catalogue goes into Neo4j and out again, beside other ways of writing it.

    python -m benchmarks.neo4j_bulk [--line lts|newest] [--part 0.2]

MovieLens-1M with its attributes, read through its mapping, goes with all provenance into a server
that already holds another catalogue; then once more, unchanged. Beside it, on a sample of the same
edges and in turns on the same server: the bare statement of the manuals (`UNWIND MATCH MATCH
MERGE`, one number on each edge, no provenance), and a loop of one statement an edge. Another writer
is in `benchmarks.neo4j_peer`. Then the snapshot is read out, and once more after a small delivery.
Last, `ingest run --bulk` and the import into an empty database. Read the ratios, not the seconds.
"""

import argparse
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.catalogues import ROOT, data_folder, source_text
from benchmarks.record import record
from graph.batch import Batch
from graph.neo4j_link import Address
from graph.neo4j_store import Neo4jStore, open_neo4j
from graph.snapshot_build import build_snapshot
from graph.store import Run
from groundrec.bulk_import import ToImport, ingest_in_bulk
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from kg_ingest.load import run_ingest
from tests.integration.neo4j_server import server, tool
from tests.toy import batch_of, put, toy_batch

MAPPING = ROOT / "examples" / "ml-1m.toml"
SAMPLE = 60_000
SLOW_SAMPLE = 2_000
BLOCK = 10_000
NODES = 5_000
BARE = """
UNWIND $rows AS x MATCH (h:BareUser {id: x[0]}) MATCH (t:BareItem {id: x[1]})
MERGE (h)-[r:BARE]->(t) SET r.weight = x[2]
"""
ONE = """
MATCH (h:BareUser {id: $head}) MATCH (t:BareItem {id: $tail})
MERGE (h)-[r:ONE]->(t) SET r.weight = $weight
"""


def ratings(store: Neo4jStore) -> pl.DataFrame:
    """Some edges of the catalogue's largest relation."""
    sizes = store.stats().edges
    largest = max(sizes, key=lambda name: sizes[name])
    parts, height = [], 0
    for part in store.scan("edges"):
        parts.append(part.filter(pl.col("relation") == largest).select("head", "tail", "weight"))
        height += parts[-1].height
        if height >= SAMPLE:
            break
    return pl.concat(parts).head(SAMPLE)


def blocks(rows: list[Any]) -> Iterator[list[Any]]:
    """Rows ten thousand at a time."""
    for at in range(0, len(rows), BLOCK):
        yield rows[at : at + BLOCK]


def prepare(store: Neo4jStore, edges: pl.DataFrame) -> None:
    """The nodes of the bare ways, with their unique ids."""
    for label, end in (("BareUser", "head"), ("BareItem", "tail")):
        name = label.lower()
        store.link.run(
            f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"
        )
        store.link.run(
            f"UNWIND $ids AS id MERGE (:{label} {{id: id}})", ids=edges[end].unique().to_list()
        )


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare(store: Neo4jStore, rows: list[Any]) -> None:
    """The statement of the manuals."""
    for block in blocks(rows):
        with store.link.session() as session:
            session.execute_write(lambda tx, b=block: tx.run(BARE, rows=b).consume())


def one_by_one(store: Neo4jStore, rows: list[Any]) -> None:
    """A statement an edge, each in a transaction of its own."""
    with store.link.session() as session:
        for head, tail, weight in rows:
            session.execute_write(
                lambda tx, h=head, t=tail, w=weight: tx.run(ONE, head=h, tail=t, weight=w).consume()
            )


def own_nodes(store: Neo4jStore, count: int) -> float:
    """Seconds for so many new nodes of ours, provenance included."""
    batch = batch_of([], {f"film:peer-{n}": f"Peer {n}" for n in range(count)}, source="peers")
    return timed(lambda: put(store, "peers", batch))


def small_delivery(store: Neo4jStore, folder: Path) -> tuple[float, float]:
    """Seconds of a whole snapshot, and of the next one after a delivery of ten ratings."""
    before, first = Path(folder / "before"), []
    whole = timed(lambda: first.append(build_snapshot(store, before)))
    batch = toy_batch()
    put(store, "small", batch)
    made = []
    seconds = timed(lambda: made.append(build_snapshot(store, before, base=first[0])))
    if made[0].version != build_snapshot(store, folder / "again").version:
        raise SystemExit("the snapshot of what has changed is not the whole one")
    return whole, seconds


def in_bulk(line: str, folder: Path) -> tuple[float, float]:
    """Seconds of writing the files, and of importing them into an empty database."""
    place = Workspace(Settings(home=folder / "home", data=data_folder()))
    made: list[ToImport] = []
    files = timed(
        lambda: made.append(
            ingest_in_bulk(place, MAPPING, folder / "files", None, lambda reached: None)
        )
    )
    with server(line) as empty:
        empty.stop()
        arguments = shlex.split(made[0].command)[1:]
        seconds = timed(lambda: tool.admin(empty.home, *arguments).check_returncode())
    return files, seconds


class Timed:
    """A store that adds up the time of its writes, so that reading files is counted apart."""

    def __init__(self, store: Neo4jStore) -> None:
        self.store, self.seconds = store, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def write(self, run: Run, batch: Batch) -> Any:
        """Write, and note how long it took."""
        begun = time.perf_counter()
        try:
            return self.store.write(run, batch)
        finally:
            self.seconds += time.perf_counter() - begun


def ingest(store: Neo4jStore, mapping: Path, runs: Path) -> tuple[int, float, float]:
    """Edges there are now, seconds of the whole ingest, seconds of its writes."""
    watched = Timed(store)
    seconds = timed(
        lambda: run_ingest(watched, mapping, data=data_folder(), runs=runs)  # type: ignore[arg-type]
    )
    return sum(store.stats().edges.values()), seconds, watched.seconds


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--line", default="newest")
    line = parser.parse_args().line
    with tempfile.TemporaryDirectory() as folder, server(line) as started:
        address = Address(started.uri, started.username, started.password)
        runs = Path(folder)
        with open_neo4j(address) as store:
            version = store.about()
            ingest(store, ROOT / "examples" / "ml-latest-small.toml", runs)  # warm, not empty
            before = sum(store.stats().edges.values())
            there, first, writing = ingest(store, MAPPING, runs)
            edges = ratings(store)
            rows = edges.sort("head", "tail").rows()
            prepare(store, edges)
            took = timed(lambda: bare(store, rows))
            ours, theirs = (there - before) / writing, len(rows) / took
            _, second, again = ingest(store, MAPPING, runs)
            single = SLOW_SAMPLE / timed(lambda: one_by_one(store, rows[:SLOW_SAMPLE]))
            nodes = own_nodes(store, NODES)
            reads = [timed(lambda: [part.height for part in store.scan("edges")]) for _ in range(3)]
            whole, changed = small_delivery(store, runs)
        files, imported = in_bulk(line, runs)
    told: list[dict[str, object]] = [
        {"what": "edges written", "value": there - before},
        {"what": "edges a second, provenance included", "value": round(ours)},
        {"what": "edges a second, bare UNWIND MATCH MATCH MERGE", "value": round(theirs)},
        {"what": "ratio to the bare statement", "value": round(ours / theirs, 2)},
        {"what": "ratio to one statement an edge", "value": round(ours / single, 1)},
        {"what": "whole first ingest, seconds", "value": round(first, 1)},
        {"what": "whole second ingest / first", "value": round(second / first, 3)},
        {"what": "writes of the second ingest / first", "value": round(again / writing, 3)},
        {"what": "edges a second, snapshot export", "value": round(there / min(reads))},
    ]
    told += [
        {"what": "whole snapshot, seconds", "value": round(whole, 1)},
        {"what": "the next one after a small delivery / whole", "value": round(changed / whole, 2)},
        {"what": "files for the import, seconds", "value": round(files, 1)},
        {"what": "import of them, seconds", "value": round(imported, 1)},
        {
            "what": "ordinary ingest / files and import",
            "value": round(first / (files + imported), 1),
        },
    ]
    told.append({"what": "nodes a second, provenance included", "value": round(NODES / nodes)})
    path = record(
        "neo4j_bulk",
        command=f"python -m benchmarks.neo4j_bulk --line {line}",
        seed=None,
        data={"ml-1m": source_text("ml-1m")},
        rows=told,
        notes=[
            f"Server: {version}, on the same two cores as the client.",
            "The bare statement's rows are sorted and its nodes are there already.",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
