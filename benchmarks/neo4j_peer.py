"""neo4j-graphrag's writer and ours on the same rows, and what a second run of each does.

    pip install neo4j-graphrag, then: python -m benchmarks.neo4j_peer

Sixty thousand ratings of MovieLens-1M with their ends go into a server of the LTS line that already
holds a catalogue. Its writer makes edges through APOC, which Maven brings (tools/neo4j/apoc.xml)
and groundrec never calls. Ours keeps the provenance of every row, its own keeps none; what is timed
begins with its finished objects and our finished table. Read the ratios, not the seconds.
"""

import asyncio
import time
from collections.abc import Callable
from importlib.metadata import version

from neo4j_graphrag.components.kg_writer import Neo4jWriter
from neo4j_graphrag.components.types import Neo4jGraph, Neo4jNode, Neo4jRelationship

from benchmarks.catalogues import data_folder, source_text
from benchmarks.record import record
from graph.neo4j_link import Address
from graph.neo4j_store import Neo4jStore, open_neo4j
from tests.integration.neo4j_server import server
from tests.toy import batch_of, put, run_named, toy_batch

EDGES = 60_000
BATCHES = (1_000, 10_000)  # its own default, and ours
Row = tuple[str, str]


def ratings() -> list[Row]:
    """Pairs of a user and an item."""
    rows: list[Row] = []
    with (data_folder() / "ml-1m" / "train.txt").open(encoding="utf-8") as lines:
        for line in lines:
            user, *items = line.split()
            rows += [(user, item) for item in items]
            if len(rows) >= EDGES:
                break
    return rows[:EDGES]


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def graph_of(rows: list[Row], kind: str) -> Neo4jGraph:
    """The rows as neo4j-graphrag takes them."""
    users, items = ({row[end] for row in rows} for end in (0, 1))
    names = [f"user:{user}" for user in users] + [f"film:{item}" for item in items]
    return Neo4jGraph(
        nodes=[
            Neo4jNode(id=name, label=f"{kind}{name[:4]}", properties={"key": name[5:]})
            for name in names
        ],
        relationships=[
            Neo4jRelationship(
                start_node_id=f"user:{user}",
                end_node_id=f"film:{item}",
                type=f"{kind}RATED",
                properties={"weight": 1.0},
            )
            for user, item in rows
        ],
    )


def theirs(store: Neo4jStore, graph: Neo4jGraph, size: int) -> float:
    """Seconds of one run of its writer."""
    writer = Neo4jWriter(store.link.driver, batch_size=size)
    told = []
    seconds = timed(lambda: told.append(asyncio.run(writer.run(graph))))
    if told[0].status != "SUCCESS":
        raise SystemExit(f"neo4j-graphrag's writer failed: {told[0].metadata}")
    return seconds


def ours(store: Neo4jStore, rows: list[Row], run: str) -> float:
    """Seconds of one run of ours, all its bookkeeping included."""
    edges = [(f"user:{user}", "rated", f"film:{item}", 1.0) for user, item in rows]
    labels = {f"film:{item}": f"Film {item}" for _, item in rows}
    batch = batch_of(edges, labels, source="ratings")
    return timed(lambda: store.end(put(store, run_named(run), batch).run))


def count(store: Neo4jStore) -> tuple[int, int]:
    """How many nodes and relationships of the catalogue there are: not our records about them."""
    nodes = "MATCH (n) WHERE none(l IN labels(n) WHERE l STARTS WITH 'Groundrec')"
    (found,) = store.link.read(f"{nodes} RETURN count(n) AS n")
    (more,) = store.link.read("MATCH ()-[r]->() RETURN count(r) AS n")
    return found["n"], more["n"]


def main() -> None:
    """Measure and record."""
    rows, told = ratings(), list[dict[str, object]]()

    def measured(who: str, work: Callable[[], float]) -> float:
        before = count(store)
        seconds = work()
        nodes, edges = (now - then for now, then in zip(count(store), before, strict=True))
        told.append(
            {
                "writer": who,
                "seconds": round(seconds, 2),
                "edges a second": round(EDGES / seconds),
                "new nodes": nodes,
                "new relationships": edges,
            }
        )
        return seconds

    with (
        server("lts", apoc=True) as started,
        open_neo4j(Address(started.uri, started.username, started.password)) as store,
    ):
        about = store.about()
        put(store, "before", toy_batch())
        others = [(f"warm {user}", f"warm {item}") for user, item in rows[:5_000]]
        theirs(store, graph_of(others, "Warm"), BATCHES[0])
        ours(store, others, "warm")
        best = []
        for size in BATCHES:
            graph = graph_of(rows, f"In{size}")
            name = f"neo4j-graphrag, {size} a batch"
            best.append(measured(f"{name}, first run", lambda g=graph, n=size: theirs(store, g, n)))
            if size == BATCHES[0]:
                measured(f"{name}, second run", lambda g=graph, n=size: theirs(store, g, n))
        first = measured("groundrec, first run", lambda: ours(store, rows, "first"))
        measured("groundrec, second run", lambda: ours(store, rows, "second"))
    ratio = min(best) / first
    path = record(
        "neo4j_peer",
        command="python -m benchmarks.neo4j_peer",
        seed=None,
        data={"ml-1m": source_text("ml-1m")},
        rows=told,
        notes=[
            f"Ours writes {ratio:.1f} times as fast as the better of its two, on {about}, "
            f"neo4j-graphrag {version('neo4j-graphrag')}, on the same two cores as the client.",
            f"{EDGES} edges and their ends, after 5,000 others by either to warm up.",
            "Its nodes are made with CREATE, so a second run makes all of them anew, and the "
            "edges between them; ours finds that all is so already.",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
