"""neo4j-graphrag's writer and ours on the same rows, and what a second run of each does.

    pip install neo4j-graphrag, then: python -m benchmarks.neo4j_peer

Thirty thousand ratings of MovieLens-1M with their ends go into a server of the LTS line that
already holds a catalogue, in turns and under new names each time; the best of three counts. Its
writer makes edges through APOC, which Maven brings (tools/neo4j/apoc.xml) and groundrec never
calls. Ours keeps the provenance of every row, its own keeps none; what is timed begins with its
finished objects and our finished table. Read the ratios, not the seconds.
"""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from uuid import uuid4

from neo4j_graphrag.components.kg_writer import Neo4jWriter
from neo4j_graphrag.components.types import Neo4jGraph, Neo4jNode, Neo4jRelationship

from benchmarks.catalogues import data_folder, source_text
from benchmarks.neo4j_bulk import timed
from benchmarks.record import record
from graph.neo4j_link import Address
from graph.neo4j_store import Neo4jStore, open_neo4j
from tests.integration.neo4j_server import server
from tests.toy import batch_of, put, run_named, toy_batch

EDGES, ROUNDS = 30_000, 3
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


def renamed(rows: list[Row], mark: str) -> list[Row]:
    """The rows as others, so that all of it is new."""
    return [(f"{mark} {user}", f"{mark} {item}") for user, item in rows]


def graph_of(rows: list[Row]) -> Neo4jGraph:
    """The rows as neo4j-graphrag takes them."""
    users, items = ({row[end] for row in rows} for end in (0, 1))
    names = [f"user:{user}" for user in users] + [f"film:{item}" for item in items]
    return Neo4jGraph(
        nodes=[
            Neo4jNode(id=name, label=f"Peer{name[:4]}", properties={"key": name[5:]})
            for name in names
        ],
        relationships=[
            Neo4jRelationship(
                start_node_id=f"user:{user}",
                end_node_id=f"film:{item}",
                type="PEER_RATED",
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


def more(before: tuple[int, int], after: tuple[int, int]) -> tuple[int, int]:
    """How many nodes and relationships came."""
    return after[0] - before[0], after[1] - before[1]


def main() -> None:
    """Measure and record."""
    rows = ratings()
    writers: dict[str, Callable[[str], Callable[[], float]]] = {}

    def peer(size: int) -> Callable[[str], Callable[[], float]]:
        def ready(mark: str) -> Callable[[], float]:
            graph = graph_of(renamed(rows, mark))
            return lambda: theirs(store, graph, size)

        return ready

    for size in BATCHES:
        writers[f"neo4j-graphrag, {size} a batch"] = peer(size)
    writers["groundrec"] = lambda mark: lambda: ours(store, renamed(rows, mark), uuid4().hex)
    best = dict.fromkeys(writers, float("inf"))
    made, again = dict[str, tuple[int, int]](), dict[str, tuple[float, int, int]]()
    with (
        server("lts", apoc=True) as started,
        open_neo4j(Address(started.uri, started.username, started.password)) as store,
    ):
        about = store.about()
        put(store, "before", toy_batch())
        for at in range(ROUNDS):
            for who, ready in writers.items():
                work, before = ready(f"{who} {at}"), count(store)
                best[who] = min(best[who], work())
                made[who] = more(before, count(store))
                if at == ROUNDS - 1:
                    before = count(store)
                    again[who] = (work(), *more(before, count(store)))
    ratio = min(seconds for who, seconds in best.items() if who != "groundrec") / best["groundrec"]
    told: list[dict[str, object]] = [
        {
            "writer": who,
            "seconds": round(seconds, 2),
            "edges a second": round(EDGES / seconds),
            "nodes made": made[who][0],
            "relationships made": made[who][1],
            "second run, seconds": round(again[who][0], 2),
            "nodes made again": again[who][1],
            "relationships made again": again[who][2],
        }
        for who, seconds in best.items()
    ]
    path = record(
        "neo4j_peer",
        command="python -m benchmarks.neo4j_peer",
        seed=None,
        data={"ml-1m": source_text("ml-1m")},
        rows=told,
        notes=[
            f"Ours writes {ratio:.2f} times as fast as the better of its two, on {about}, "
            f"neo4j-graphrag {version('neo4j-graphrag')}, on the same two cores as the client.",
            f"{EDGES} edges and their ends, all new; the best of {ROUNDS} rounds in turns.",
            "Its nodes are made with CREATE, so a second run makes all of them anew, and the "
            "edges between them; ours finds that all is so already.",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
