"""Whether Neo4j's vector index finds the items that a model puts first, and what it costs.

    python -m benchmarks.neo4j_vectors CACHE [--line lts|newest]

The GNN is trained on MovieLens' ml-latest-small and published onto the nodes of a server that has
the catalogue. Every person's vector is then looked for in the index, which is approximate: it is
asked for so many items, and its first ten are compared with the exact ten. Beside it, factors of
the same likes whose lengths differ (truncated SVD), made fit for cosines by one more dimension:
the way to ask such an index for plain products.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from benchmarks.catalogues import ROOT, data_folder, snapshot_of, source_text, told
from benchmarks.record import record
from graph.ids import text_number
from graph.neo4j_link import Address
from graph.neo4j_publishing import Said, make_index, publish
from graph.neo4j_store import Neo4jStore, open_neo4j
from groundrec.serving import item_kind
from kg_ingest.load import run_ingest
from models.artefact import load, save
from models.gnn import Config, GnnRanker
from models.gnn_training import Trainer
from models.rank import training
from models.run import Run
from tests.integration.neo4j_server import server

CATALOGUE = "ml-latest-small"
SEED, SIZE, PEOPLE, STEPS = 0, 64, 300, 400
ASKED = (10, 50, 100, 200)
NEAREST = """
CALL db.index.vector.queryNodes($index, $asked, $vector) YIELD node, score
RETURN node.id AS id ORDER BY score DESC LIMIT 10
"""
Rows = NDArray[np.float32]


def with_dimension(items: Rows, people: Rows) -> tuple[Rows, Rows]:
    """Items and people such that cosines order the items as their products did."""
    scaled = items / np.linalg.norm(items, axis=1).max()
    rest = np.sqrt(np.maximum(1 - (scaled**2).sum(axis=1, keepdims=True), 0))
    return np.hstack([scaled, rest]), np.hstack([people, np.zeros((len(people), 1))])


def measured(
    store: Neo4jStore, what: str, kind: str, names: list[str], items: Rows, people: Rows
) -> list[dict[str, object]]:
    """Publish vectors of items, and look for people's."""
    said = [Said(text_number(n), v) for n, v in zip(names, items.astype(np.float32), strict=True)]
    begun = time.perf_counter()
    publish(store, kind, said)
    index = make_index(store, kind, items.shape[1])
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    again = publish(store, kind, said)
    second = time.perf_counter() - begun
    if again.written:
        raise SystemExit("the second publishing wrote something")
    exact = np.argsort(-(people @ items.T), axis=1, kind="stable")[:, :10]
    numbers = np.array([text_number(name) for name in names])
    rows = []
    for asked in ASKED:
        found, begun = 0, time.perf_counter()
        for person, best in zip(people, exact, strict=True):
            got = store.link.read(NEAREST, index=index, asked=asked, vector=person.tolist())
            found += len({row["id"] for row in got} & set(numbers[best].tolist()))
        spent = time.perf_counter() - begun
        rows.append(
            {
                "vectors": what,
                "items": len(items),
                "dimensions": items.shape[1],
                "asked for": asked,
                "of the exact ten": round(found / exact.size, 4),
                "ms a query": round(1000 * spent / len(people), 1),
                "published in s": round(first, 1),
                "again in s": round(second, 2),
            }
        )
    return rows


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("--line", default="newest")
    given = parser.parse_args()
    snapshot = snapshot_of(CATALOGUE, given.cache)
    folder = given.cache / f"gnn-{snapshot.version[:12]}"
    if not folder.is_dir():
        trainer = Trainer(snapshot, Config(), SEED, Run(), told, "training")
        trainer.until(STEPS)
        save(folder, trainer.ranker({}), snapshot)
    ranker = load(folder, snapshot)
    if not isinstance(ranker, GnnRanker):
        raise SystemExit(f"{folder} is no GNN")
    kind, likes = item_kind(snapshot), training(snapshot)
    warm = np.flatnonzero(ranker.known)
    names = snapshot.ids(warm + snapshot.rows(kind).start)
    who = np.flatnonzero(np.diff(likes.indptr))[:PEOPLE]
    left, scale, right = svds(likes, k=SIZE, random_state=SEED)
    factors = with_dimension((right.T * np.sqrt(scale))[warm], (left * np.sqrt(scale))[who])
    with (
        tempfile.TemporaryDirectory() as runs,
        server(given.line) as started,
        open_neo4j(Address(started.uri, started.username, started.password)) as store,
    ):
        mapping = ROOT / "examples" / f"{CATALOGUE}.toml"
        run_ingest(store, mapping, data=data_folder(), runs=Path(runs))
        version = store.about()
        people = ranker.users(likes[who]).astype(np.float32)
        rows = measured(store, "the GNN's", kind, names, ranker.outward[warm], people)
        rows += measured(store, "SVD's, one dimension more", kind, names, *factors)
    path = record(
        "neo4j_vectors",
        command=f"python -m benchmarks.neo4j_vectors CACHE --line {given.line}",
        seed=SEED,
        data={CATALOGUE: source_text(CATALOGUE)},
        rows=rows,
        notes=[
            f"Server: {version}, on the same two cores; {len(who)} people.",
            "The GNN's items have length one, so its products are cosines as they are.",
            "With one dimension more the order is that of the products exactly (Bachrach et al., "
            "RecSys 2014); what is lost is lost by the approximate index, in which all short "
            "vectors crowd around one point.",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
