"""What models say, on the nodes of a real server: found by its index, and no part of the graph."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.ids import text_number
from graph.neo4j_link import Address
from graph.neo4j_publishing import Said, make_index, publish, withdraw
from graph.neo4j_store import Neo4jStore, open_neo4j
from graph.snapshot_build import build_snapshot
from groundrec import cli
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from models.artefact import save
from models.gnn import GnnRanker
from tests.groundrec.calling import RECIPES
from tests.integration.neo4j_server import Server, emptied, use
from tests.toy import batch_of, put, toy_batch

NEAREST = """
CALL db.index.vector.queryNodes($index, 100, $vector) YIELD node, score
RETURN node.key AS key ORDER BY score DESC LIMIT 10
"""
EXACT = """
MATCH (f:film) WHERE f.embedding IS NOT NULL
RETURN f.key AS key ORDER BY vector.similarity.cosine(f.embedding, $vector) DESC LIMIT 10
"""
ON_NODES = """
MATCH (n) WHERE n.published IS NOT NULL OR n.embedding IS NOT NULL OR n.best IS NOT NULL
RETURN count(n) AS n
"""

Called = Callable[..., dict[str, Any]]


@pytest.fixture
def store(neo4j_server: Server) -> Iterator[Neo4jStore]:
    emptied(neo4j_server)
    address = Address(neo4j_server.uri, neo4j_server.username, neo4j_server.password)
    with open_neo4j(address) as opened:
        yield opened


def _unit(rng: np.random.Generator, *shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    rows = rng.normal(size=shape)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def _properties(store: Neo4jStore) -> int:
    return int(store.link.read(ON_NODES)[0]["n"])


def test_the_servers_ten_nearest_are_the_ten_best(store: Neo4jStore) -> None:
    rng = np.random.default_rng(7)
    films = {f"film:{n}": f"Film {n}" for n in range(1_500)}
    put(store, "many", batch_of([], films))
    # A person stands near some items, as a sum of what they like does.
    items = _unit(rng, len(films), 32)
    people = [items[rng.integers(0, len(items), 3)].sum(axis=0) for _ in range(100)]
    said = [Said(text_number(name), items[at]) for at, name in enumerate(films)]
    made = publish(store, "film", said)
    assert (made.written, made.unchanged, made.removed) == (1_500, 0, 0)
    index = make_index(store, "film", 32)
    found = 0
    for person in people:
        exact = np.argsort(-(items @ person))[:10]
        asked = store.link.read(NEAREST, index=index, vector=person.tolist())
        found += len({int(row["key"]) for row in asked} & set(exact.tolist()))
    assert found >= 0.99 * 10 * len(people)
    assert make_index(store, "film", 16) == index  # another model has another size


def test_looking_at_every_item_finds_the_ten_best_whatever_their_lengths(
    store: Neo4jStore,
) -> None:
    """A network that propagates after training has long rows for popular items; of such the index
    misses many, and the query of docs/neo4j.md that looks at all of them none."""
    rng = np.random.default_rng(7)
    films = {f"film:{n}": f"Film {n}" for n in range(1_500)}
    put(store, "many", batch_of([], films))
    items = _unit(rng, len(films), 32) * rng.lognormal(size=(len(films), 1)).astype(np.float32)
    network = GnnRanker(items, items, np.ones(len(films), dtype=np.bool_), echo=items)
    wider = network.directions()
    publish(store, "film", [Said(text_number(n), wider[at]) for at, n in enumerate(films)])
    for person in _unit(rng, 20, 32):
        exact = np.argsort(-(items @ person))[:10]
        asked = store.link.read(EXACT, vector=[*person.tolist(), 0.0])
        assert [int(row["key"]) for row in asked] == exact.tolist()


def test_what_is_so_already_is_not_written_again_and_what_is_over_goes(store: Neo4jStore) -> None:
    put(store, "one", toy_batch())
    here = sorted(name for name in _films(store))
    said = [Said(text_number(name), np.ones(4, dtype=np.float32)) for name in here]
    nowhere = Said(text_number("film:nowhere"), np.ones(4, dtype=np.float32))
    assert publish(store, "film", [*said, nowhere]).written == len(here)
    before = store.link.read("MATCH (s:GroundrecStore) RETURN s.writes AS n")[0]["n"]
    again = publish(store, "film", said)
    assert (again.written, again.unchanged, again.removed) == (0, len(here), 0)
    assert store.link.read("MATCH (s:GroundrecStore) RETURN s.writes AS n")[0]["n"] == before
    other = Said(said[0].node, best=("a", "b"), scores=(2.0, 1.0))
    last = publish(store, "film", [other, *said[2:]])
    assert (last.written, last.unchanged, last.removed) == (1, len(here) - 2, 1)
    (row,) = store.link.read("MATCH (f:film) WHERE f.best IS NOT NULL RETURN f {.*} AS f")
    assert row["f"]["best"] == ["a", "b"]
    assert "embedding" not in row["f"]
    assert withdraw(store) == len(here) - 1
    assert _properties(store) == 0


def test_what_is_published_is_no_part_of_the_graph(store: Neo4jStore, tmp_path: Path) -> None:
    put(store, "one", toy_batch())
    token, version = store.change_token(), build_snapshot(store, tmp_path).version
    facts = store.facts(_films(store))
    said = [Said(text_number(name), np.ones(4, dtype=np.float32)) for name in _films(store)]
    publish(store, "film", said)
    assert store.change_token() == token
    assert store.facts(_films(store)) == facts
    assert build_snapshot(store, tmp_path).version == version
    renamed = batch_of([], {"film:heat": "Heat (1995)"}, source="other")
    put(store, "two", renamed)
    store.undo("two", 5)
    assert build_snapshot(store, tmp_path).version == version
    assert store.facts(_films(store)) == facts
    assert _properties(store) == len(said)  # a film that was renamed and back has kept its own


def _films(store: Neo4jStore) -> list[str]:
    found = store.link.read("MATCH (f:film) RETURN f.key AS key ORDER BY key")
    return [f"film:{row['key']}" for row in found]


@pytest.fixture
def called(
    store: Neo4jStore,
    neo4j_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Called:
    """The command line, on a graph of recipes with a trained ranker and an embedding."""
    use(neo4j_server, monkeypatch)

    def call(*arguments: str) -> dict[str, Any]:
        line = ["groundrec", "--home", str(tmp_path), *arguments, "--json"]
        monkeypatch.setattr("sys.argv", line)
        with pytest.raises(SystemExit):
            cli.main()
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    call("ingest", "run", str(RECIPES))
    call("snapshot")
    call("train")
    place = Workspace(Settings(home=tmp_path))
    rng, count = np.random.default_rng(3), place.base.count("recipe")
    gnn = GnnRanker(_unit(rng, count, 8), _unit(rng, count, 8), np.ones(count, dtype=np.bool_))
    save(place.home.models / "gnn", gnn, place.base)
    return call


def test_a_person_is_shown_in_cypher_what_they_are_shown_here(
    called: Called, store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDREC_MODEL", "gnn")
    told = called("publish", "--best", "3")
    assert [(one["kind"], one["removed"]) for one in told["nodes"]] == [("recipe", 0), ("cook", 0)]
    assert told["index"] == "groundrec_embedding_recipe"
    answer = called("recommend", "cook-1", "-k", "3")
    best = "MATCH (c:cook {key: 'cook-1'}) RETURN c.best AS best, c.best_scores AS scores"
    (row,) = store.link.read(best)
    assert [f"recipe:{key}" for key in row["best"]] == [item["id"] for item in answer["items"]]
    assert row["scores"] == pytest.approx([item["score"] for item in answer["items"]])
    cosine = (
        "MATCH (c:cook {key: 'cook-1'}), (r:recipe {key: $key})"
        " RETURN 2 * vector.similarity.cosine(c.embedding, r.embedding) - 1 AS score"
    )
    (row,) = store.link.read(cosine, key=answer["items"][0]["id"].partition(":")[2])
    assert row["score"] == pytest.approx(answer["items"][0]["score"], abs=1e-5)
    again = called("publish", "--best", "3")
    assert [one["written"] for one in again["nodes"]] == [0, 0]
    assert called("publish", "--model", "walk")["error"]["kind"] == "InputError"
    removed = called("publish", "--remove")
    assert removed["cleared"] == sum(one["written"] for one in told["nodes"])
    assert _properties(store) == 0


def test_who_is_forgotten_leaves_what_was_published(called: Called, store: Neo4jStore) -> None:
    called("publish", "--model", "gnn", "--best", "2")
    assert _properties(store) > 0
    told = called("forget", "cook:cook-1", "--yes")
    assert "error" not in told
    (cleared,) = [one["count"] for one in told["removed"] if "published" in one["what"]]
    assert cleared > 0
    assert _properties(store) == 0
    assert not store.link.read("MATCH (c:cook {key: 'cook-1'}) RETURN c")
