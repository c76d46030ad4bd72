"""The same product on Neo4j: same graph, same answers; and what may happen to a server."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph import neo4j_link, neo4j_scan
from graph.cypher import indexes
from graph.errors import InputError, StoreError
from graph.facts import current
from graph.neo4j_link import Address
from graph.neo4j_store import open_neo4j
from groundrec import cli
from groundrec.doctor import examine
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from tests.groundrec.calling import RECIPES
from tests.integration.neo4j_server import Server, emptied, free_port, server, use
from tests.toy import SCHEMA, batch_of, put, run_named, toy_batch

ROOT = Path(__file__).parents[2]


def _address(at: Server, database: str = "", password: str | None = None) -> Address:
    return Address(at.uri, at.username, at.password if password is None else password, database)


@pytest.fixture
def empty(neo4j_server: Server) -> Server:
    emptied(neo4j_server)
    return neo4j_server


# -- the same product --------------------------------------------------------------------------


def test_a_catalogue_gives_the_same_graph_and_answers_in_both_stores(
    empty: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def called(*arguments: str) -> dict[str, object]:
        monkeypatch.setattr("sys.argv", ["groundrec", *arguments, "--json"])
        with pytest.raises(SystemExit):
            cli.main()
        said: dict[str, object] = json.loads(capsys.readouterr().out)
        for name in ("seconds", "run", "plan", "folder", "audit"):
            said.pop(name, None)
        return said

    def product(home: Path) -> list[dict[str, object]]:
        place = ("--home", str(home))
        told = [
            called(*place, "ingest", "plan", str(RECIPES)),
            called(*place, "ingest", "apply", "last"),
            called(*place, "snapshot"),
            called(*place, "stats"),
        ]
        called(*place, "train")
        told.append(called(*place, "recommend", "cook-1"))
        told.append(called(*place, "explain", "cook-1", "Guacamole"))
        told.append(
            called(*place, "check", "--text", "Bibimbap comes from Italy. Guacamole contains lime.")
        )
        told.append(called(*place, "feedback", "cook-1", "Guacamole", "--rating", "4"))
        told.append(called(*place, "ingest", "run", str(RECIPES)))
        assert not [one for one in told if "error" in one]
        return told

    embedded = product(tmp_path / "embedded")
    use(empty, monkeypatch)
    monkeypatch.setattr(neo4j_scan, "EDGES_A_PAGE", 20)  # several ranges, as in a large catalogue
    assert product(tmp_path / "neo4j") == embedded
    assert embedded[2]["snapshot"]
    again = embedded[-1]["counts"]
    assert isinstance(again, dict)
    assert again["edges_added"] == again["edges_changed"] == 0


def test_a_second_run_makes_nothing_on_the_server(
    empty: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_neo4j(_address(empty)) as store:
        put(store, "one", toy_batch())
        store.begin(run_named("two"), SCHEMA)
        made = {"nodes_created": 0, "relationships_created": 0, "properties_set": 0}
        seen = neo4j_link.neo4j.Result.consume

        def counting(result: object) -> object:
            summary = seen(result)  # type: ignore[arg-type]
            for name in made:
                made[name] += getattr(summary.counters, name)
            return summary

        monkeypatch.setattr(neo4j_link.neo4j.Result, "consume", counting)
        assert store.write(run_named("two"), toy_batch()).counts.written == 0
    # The properties are those of the run's own record, however many rows there are.
    assert (made["nodes_created"], made["relationships_created"]) == (0, 0)
    assert made["properties_set"] <= 10


def test_what_a_killed_writer_left_of_a_constraint_is_put_right(empty: Server) -> None:
    """An index that bears a constraint's name and has none; the server drops it for nobody."""
    with open_neo4j(_address(empty)) as store:
        store.link.run("DROP CONSTRAINT groundrec_node_film_key IF EXISTS")
        store.link.run("CREATE INDEX groundrec_node_film_key FOR (n:film) ON (n.key)")
        put(store, "one", toy_batch())
        constrained = store.link.run("SHOW CONSTRAINTS YIELD name RETURN collect(name) AS names")
        assert "groundrec_node_film_key" in constrained[0]["names"]


def test_a_person_in_cypher_sees_a_plain_graph(empty: Server) -> None:
    with open_neo4j(_address(empty)) as store:
        put(store, "one", toy_batch())
        put(store, "two", batch_of([("user:1", "rated", "film:heat", 1.0)], {}, source="other"))
        found = store.link.read(
            "MATCH (u:user {key: '1'})-[r:rated]->(f:film {name: 'Heat'})"
            " RETURN r.weight AS w, f.key AS key, f.id AS id"
        )
        assert [(row["w"], row["key"]) for row in found] == [(1.0, "heat")]
        gone = batch_of([("user:1", "rated", "film:heat", None)], {}, mode="delete")
        put(store, "three", gone.__class__(**{**_fields(gone), "nodes": gone.nodes.head(0)}))
        assert not store.link.read(
            "MATCH (:user {key: '1'})-[r:rated]->(:film {key: 'heat'}) RETURN r"
        )


def _fields(batch: object) -> dict[str, object]:
    return {name: getattr(batch, name) for name in batch.__dataclass_fields__}  # type: ignore[attr-defined]


def test_what_others_write_while_a_graph_is_read_is_said(
    empty: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with open_neo4j(_address(empty)) as store:
        put(store, "one", toy_batch())
        for _ in store.scan("edges"):
            store.link.run("CREATE (:Stranger)")
        assert "others have written" in caplog.text
        caplog.clear()
        list(store.scan("edges"))
        assert not caplog.text
        store.link.run("MATCH (n:Stranger) DELETE n")


def test_an_address_that_routes_reads_what_it_has_written(empty: Server) -> None:
    routed = Address(f"neo4j://{empty.uri.split('://')[1]}", empty.username, empty.password)
    with open_neo4j(routed) as store:
        assert put(store, "one", toy_batch()).counts.edges_added
        assert store.stats().nodes["film"] == 8
        assert sum(part.height for part in store.scan("edges")) == toy_batch().edges.height


# -- faults ------------------------------------------------------------------------------------


def test_a_wrong_password_is_told(empty: Server) -> None:
    with pytest.raises(StoreError, match="does not let") as told:
        open_neo4j(_address(empty, password="wrong-password"))
    assert "NEO4J_PASSWORD" in told.value.hint
    assert "wrong-password" not in str(told.value)


def test_a_database_that_is_not_there_is_told(empty: Server) -> None:
    with pytest.raises(StoreError, match="has no database 'missing'") as told:
        open_neo4j(_address(empty, database="missing"))
    assert "NEO4J_DATABASE" in told.value.hint


def test_doctor_says_what_is_wrong_in_one_line(
    empty: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(empty, monkeypatch)
    flags = {"home": tmp_path}

    def store() -> tuple[str, str, str]:
        (one,) = (finding for finding in examine(flags).findings if finding.name == "store")
        return one.state, one.told, one.hint

    assert store()[0] == "ok"
    assert "Neo4j" in store()[1]
    told = {finding.name: finding.told for finding in examine(flags).findings}
    assert "publish" in told["vector index"]
    assert "Enterprise" in told["existence constraints"]
    monkeypatch.setenv("NEO4J_PASSWORD", "wrong-password")
    assert store()[0] == "wrong"
    assert "NEO4J_PASSWORD" in store()[2]
    monkeypatch.setenv("NEO4J_URI", f"bolt://127.0.0.1:{free_port()}")
    state, told, hint = store()
    assert (state, told.splitlines()) == ("wrong", [told])
    assert "NEO4J_URI" in hint


def test_what_only_enterprise_can_is_said_in_words_that_community_understands(
    empty: Server,
) -> None:
    with open_neo4j(_address(empty)) as store:
        store.begin(run_named("one"), SCHEMA)
        for statement in indexes.existence(SCHEMA):
            with pytest.raises(StoreError, match="PROPERTY EXISTENCE") as told:
                store.link.run(statement)
            assert "Enterprise" in str(told.value.__cause__)


def test_a_backup_of_a_server_is_left_to_its_own_tools(
    empty: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(empty, monkeypatch)
    with pytest.raises(InputError, match="is in Neo4j"):
        _ = Workspace(Settings(home=tmp_path)).store_file


def test_two_ingests_at_once_both_arrive_and_nothing_is_there_twice(empty: Server) -> None:
    def ingest(name: str) -> None:
        with open_neo4j(_address(empty)) as store:
            run = run_named(name)
            store.begin(run, SCHEMA)
            for at in range(4):
                edges = [("user:1", "rated", f"film:{at}-{n}", 1.0) for n in range(50)]
                run = store.write(run, batch_of(edges, {}, position=f"{at}")).run
            store.end(run)

    both = [threading.Thread(target=ingest, args=(name,)) for name in ("one", "two")]
    with open_neo4j(_address(empty)) as store:
        store.begin(run_named("schema"), SCHEMA)
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert store.stats().edges == {"rated": 200}
        runs = [run for run in store.runs() if run.id != "schema"]
        assert sum(run.counts.edges_added for run in runs) == 200
        assert all(run.ended is not None for run in runs)


WRITER = """
import sys
from graph.neo4j_link import Address
from graph.neo4j_store import open_neo4j
from tests.toy import SCHEMA, batch_of, run_named
uri, name, password, films = sys.argv[1:]
with open_neo4j(Address(uri, name, password)) as store:
    run = run_named("killed")
    store.begin(run, SCHEMA)
    run = next(one for one in store.runs() if one.id == "killed")
    begun = int(run.positions.get("toy", "-1")) + 1
    for at in range(begun, int(films)):
        some = {f"film:{at}-{n}": "x" for n in range(50)}
        run = store.write(run, batch_of([], some, position=str(at))).run
        print(at, flush=True)
    store.end(run)
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may be killed."""
    with server("lts") as started:
        yield started


def _writer(own: Server, batches: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, own.uri, own.username, own.password, str(batches)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_a_server_killed_in_the_middle_of_an_ingest_loses_nothing(own: Server) -> None:
    first = _writer(own, 1_000)
    assert first.stdout is not None
    while int(first.stdout.readline()) < 5:
        pass
    own.stop(at_once=True)
    first.kill()
    first.communicate()
    own.start()
    with open_neo4j(_address(own)) as store:
        (run,) = store.runs()
        whole = int(run.positions["toy"]) + 1
        assert whole >= 6
        assert store.stats().nodes == {"film": 50 * whole}
        assert run.counts.nodes_added == 50 * whole
        wanted = whole + 3
        second = _writer(own, wanted)
        _, said = second.communicate()
        assert second.returncode == 0, said
        assert store.stats().nodes == {"film": 50 * wanted}
        (run,) = store.runs()
        assert run.counts.nodes_added == 50 * wanted
        assert run.ended is not None


def test_an_ingest_waits_for_a_server_that_comes_back(
    own: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_link, "RETRY_SECONDS", 120.0)
    with open_neo4j(_address(own)) as store:
        store.begin(run_named("patient"), SCHEMA)
        own.stop(at_once=True)
        back = threading.Thread(target=lambda: (time.sleep(1), own.start()))
        back.start()
        try:
            counts = store.write(run_named("patient"), batch_of([], {"film:late": "Late"})).counts
        finally:
            back.join()
        assert counts.nodes_added == 1
        assert current(store.facts(["film:late"])[0]) is not None


def test_a_reader_whose_server_goes_away_is_told(
    own: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_link, "RETRY_SECONDS", 0.5)
    with open_neo4j(_address(own)) as store:
        put(store, "read", toy_batch())
        reading = store.scan("nodes")
        next(reading)
        own.stop(at_once=True)
        with pytest.raises(StoreError, match="no Neo4j answers"):
            list(reading)
        with pytest.raises(StoreError, match="no Neo4j answers"):
            open_neo4j(_address(own))
        own.start()
        assert store.stats().nodes["user"] > 0  # the same store goes on
