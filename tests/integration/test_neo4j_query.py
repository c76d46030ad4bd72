"""`groundrec query`: what may be asked of a real server, and what may not."""

import json
from pathlib import Path

import pytest

from graph.errors import InputError, StoreError
from graph.neo4j_link import Address, Link
from graph.neo4j_query import ask
from graph.neo4j_store import open_neo4j
from groundrec import cli
from groundrec.querying import parameters_of
from tests.integration.neo4j_server import Server, emptied, use
from tests.toy import put, toy_batch


@pytest.fixture(scope="module")
def toy(neo4j_server: Server) -> Server:
    """A server that holds the toy catalogue."""
    emptied(neo4j_server)
    with open_neo4j(_address(neo4j_server)) as store:
        put(store, "one", toy_batch())
    return neo4j_server


def _address(server: Server, database: str = "") -> Address:
    return Address(server.uri, server.username, server.password, database)


def _asked(server: Server, text: str, rows: int = 10, seconds: float = 20.0, **values: object):  # type: ignore[no-untyped-def]
    link = Link(_address(server), read_only=True)
    try:
        return ask(link, text, values, rows=rows, seconds=seconds)
    finally:
        link.close()


def test_films_are_found_by_those_who_made_them(toy: Server) -> None:
    found = _asked(
        toy,
        "MATCH (f:film)-[:directed_by]->(:person {name: $name}) RETURN f.name AS film",
        name="Michael Mann",
    )
    assert found.columns == ("film",)
    assert ("Heat",) in found.rows
    assert not found.more


def test_there_are_no_more_rows_than_asked_for(toy: Server) -> None:
    found = _asked(toy, "MATCH (f:film) RETURN f", rows=3)
    assert (len(found.rows), found.more) == (3, True)
    node = found.rows[0][0]
    assert isinstance(node, dict)
    assert node["labels"] == ["film"]


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (f:film) SET f.name = 'x'",
        "CREATE (:film)",
        "MATCH (n) DETACH DELETE n",
        "CREATE INDEX mine FOR (n:film) ON (n.name)",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "CALL dbms.listConfig() YIELD name RETURN name",
        "CALL db.createLabel('x')",
        "TERMINATE TRANSACTIONS 'x'",
        "MATCH (n) RETURN",
        "",
    ],
)
def test_what_does_more_than_read_is_refused(toy: Server, text: str) -> None:
    with pytest.raises((InputError, StoreError)):
        _asked(toy, text)
    assert len(_asked(toy, "MATCH (f:film) RETURN f", rows=100).rows) == 8


def test_a_query_that_takes_too_long_is_ended(toy: Server) -> None:
    with pytest.raises(InputError, match="longer than"):
        _asked(toy, "UNWIND range(1, 1000000000) AS x RETURN max(x * x % 7)", seconds=0.3)


def test_names_can_be_searched(toy: Server) -> None:
    found = _asked(
        toy,
        "CALL db.index.fulltext.queryNodes('groundrec_names_person', 'mann') YIELD node"
        " RETURN node.name",
    )
    assert ("Michael Mann",) in found.rows


def test_the_command_prints_a_table_json_and_csv(
    toy: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def called(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["groundrec", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert not left.value.code
        return capsys.readouterr().out

    use(toy, monkeypatch)
    text = "MATCH (f:film {key: $key}) RETURN f.key AS key, f.name AS name"
    asked = ["--home", str(tmp_path), "query", text, "--param", "key=heat"]
    assert json.loads(called(*asked, "--json"))["rows"] == [["heat", "Heat"]]
    assert called(*asked, "--csv") == "key,name\nheat,Heat\n"
    assert called(*asked).split() == ["key", "name", "heat", "Heat"]


def test_parameters_are_json_where_they_can_be() -> None:
    assert parameters_of(["a=1", "b=[1, 2]", "c=heat", 'd="5"']) == {
        "a": 1,
        "b": [1, 2],
        "c": "heat",
        "d": "5",
    }
    with pytest.raises(InputError, match="NAME=VALUE"):
        parameters_of(["a"])
