"""Rows of databases: SQLite, and a real PostgreSQL server that the test starts."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from graph.errors import InputError, MappingError
from graph.types import Edge, Node
from kg_ingest import sql
from tests.kg_ingest.catalogue import Catalogue
from tests.kg_ingest.postgres import PASSWORD, server

SOURCE = """
[[sources]]
format = "sql"
"""
RATED = """
[[sources.edges]]
relation = "rated"
head = "person"
tail = "item"
weight = "stars"
"""
ITEM = '[[sources.nodes]]\nkind = "item"\nkey = "id"\nlabel = "title"\n'
TABLES = [
    "CREATE TABLE item (id INTEGER PRIMARY KEY, title TEXT, price NUMERIC(6, 2), day DATE)",
    "INSERT INTO item VALUES (3, 'Ronin', NULL, '2024-02-29'), (1, 'Léon', 4.50, NULL),"
    " (2, '日本', 0, NULL)",
    "CREATE TABLE rated (person INTEGER, item INTEGER, stars REAL)",
    "INSERT INTO rated VALUES (7, 1, 4.5), (7, 2, NULL), (8, 3, 2)",
]  # fmt: skip


def from_file(what: str) -> str:
    return SOURCE + f'path = "shop.db"\n{what}\n'


def from_server(what: str) -> str:
    return SOURCE + f'url_env = "SHOP"\n{what}\n'


@pytest.fixture
def shop(catalogue: Catalogue) -> Catalogue:
    with sqlite3.connect(catalogue.folder / "shop.db") as connection:
        for statement in TABLES:
            connection.execute(statement)
    connection.close()
    return catalogue


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with server() as found:
        with psycopg.connect(found) as connection:
            for statement in TABLES:
                connection.execute(statement)
            connection.execute(
                "CREATE TABLE wide (id INT PRIMARY KEY, tags TEXT[], flag BOOL, moment TIMESTAMPTZ,"
                " raw BYTEA, doc JSONB)"
            )
            connection.execute(
                "INSERT INTO wide VALUES (1, '{a,b}', true, '2024-01-02 03:04:05+00', '\\x00ff',"
                ' \'{"b": 1, "a": [2]}\'), (2, NULL, NULL, NULL, NULL, NULL)'
            )
            connection.execute("CREATE SCHEMA other")
            connection.execute("CREATE TABLE other.item (id INT PRIMARY KEY, title TEXT)")
            connection.execute("INSERT INTO other.item VALUES (9, 'Alien')")
        yield found


# -- SQLite ----------------------------------------------------------------------------------


def test_a_table_is_ordered_by_its_key(shop: Catalogue) -> None:
    shop.map(from_file('table = "item"') + ITEM)
    assert shop.ingest().rows == {"item": 3}
    assert shop.get("item:1", "item:3") == (Node("item", "1", "Léon"), Node("item", "3", "Ronin"))
    assert shop.ingest().counts.written == 0


def test_a_query_has_its_own_order(shop: Catalogue) -> None:
    shop.map(from_file('query = "SELECT * FROM rated ORDER BY item DESC"') + RATED)
    shop.ingest()
    assert shop.edges() == {("user:7", "rated", "item:1"), ("user:8", "rated", "item:3")}
    assert shop.rejects() == [("shop.db", 2, "stars", "empty")]


def test_rows_come_in_blocks(shop: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "BLOCK_ROWS", 2)
    shop.map(from_file('table = "item"') + ITEM)
    assert shop.ingest().counts.nodes_added == 3


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ('table = "items"', r"shop\.db has no table 'items'; it has: item, rated"),
        ('query = "SELECT"', r"shop\.db: .*incomplete"),
        ('query = "SELECT id, id FROM item"', "names the column 'id' twice"),
        ('query = "DELETE FROM item"', r"shop\.db: attempt to write a readonly database"),
        ('query = "SELECT 1; DELETE FROM item"', r"shop\.db: .*one statement"),
    ],
)
def test_what_a_database_refuses(shop: Catalogue, what: str, told: str) -> None:
    shop.map(from_file(what) + ITEM)
    with pytest.raises(InputError, match=told):
        shop.ingest()
    with sqlite3.connect(shop.folder / "shop.db") as connection:
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (3,)
    connection.close()


@pytest.mark.parametrize(
    "options",
    ['path = "shop.db"', 'table = "item"', 'path = "a"\nurl_env = "B"\ntable = "c"',
     'path = "a"\ntable = "c"\nquery = "d"'],
)  # fmt: skip
def test_a_database_is_named_once(catalogue: Catalogue, options: str) -> None:
    catalogue.map(SOURCE + options + "\n" + ITEM)
    with pytest.raises(MappingError, match="not both"):
        catalogue.ingest()


def test_without_the_library_the_extra_is_named(
    shop: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    shop.map(from_file('table = "item"') + ITEM)
    with pytest.raises(InputError) as told:
        shop.ingest()
    assert "groundrec[sources]" in told.value.hint


# -- the URL -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told"),
    [("", "SHOP holds no database URL"), (f"nonsense {PASSWORD}", "SHOP holds no database URL"),
     (f"odd://x:{PASSWORD}@h/d", "no driver"), ("sqlite:///absent.db", "SHOP is not there"),
     (f"postgresql://shop:{PASSWORD}@/postgres?host=/nowhere", "SHOP: ")],
)  # fmt: skip
def test_a_url_that_leads_nowhere_is_not_shown(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, value: str, told: str
) -> None:
    monkeypatch.setenv("SHOP", value)
    catalogue.map(from_server('table = "item"') + ITEM)
    with pytest.raises(InputError, match=told) as found:
        catalogue.ingest()
    error: BaseException | None = found.value
    while error is not None:
        assert PASSWORD not in f"{error} {getattr(error, 'hint', '')}"
        error = error.__cause__


# -- PostgreSQL --------------------------------------------------------------------------------


@pytest.fixture
def served(catalogue: Catalogue, url: str, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.setenv("SHOP", url)
    return catalogue


def test_a_table_of_a_server(served: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "BLOCK_ROWS", 2)
    served.map(
        from_server('table = "item"\nfields.price = { from = "price", type = "number" }')
        + ITEM
        + 'properties = { price = "price" }\n'
    )
    assert served.ingest().rows == {"item": 3}
    assert served.get("item:1", "item:2", "item:3") == (
        Node("item", "1", "Léon", (), {"price": 4.5}),
        Node("item", "2", "日本", (), {"price": 0.0}),
        Node("item", "3", "Ronin"),
    )
    for path in served.folder.rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes()


def test_a_query_of_a_server(served: Catalogue) -> None:
    served.map(
        from_server(
            "query = '''SELECT person, title AS item, stars, '2024-01-01'::date + 1 AS day"
            " FROM rated JOIN item ON id = item WHERE title LIKE 'L%' ORDER BY 1'''\n"
            'fields.day = { from = "day", type = "time", time_format = "iso" }'
        )
        + RATED
        + 'time = "day"\n'
    )
    served.ingest()
    (edge,) = served.get(Edge("user:7", "rated", "item:Léon").id)
    assert isinstance(edge, Edge)
    assert (edge.weight, edge.time) == (4.5, 1_704_153_600)


def test_columns_of_every_type(served: Catalogue) -> None:
    served.map(
        from_server('table = "wide"')
        + 'fields.at = { from = "moment", type = "time", time_format = "iso" }\n'
        + '[[sources.nodes]]\nkind = "item"\nkey = "id"\n'
        'properties = { flag = "flag", at = "at", raw = "raw", doc = "doc" }\n'
        '[[sources.edges]]\nrelation = "tagged"\nhead = "id"\ntail = { name = "tags" }\n'
    )  # fmt: skip
    assert served.ingest().rejected == 0
    (node,) = served.get("item:1")
    assert isinstance(node, Node)
    assert node.properties == {
        "flag": "true", "at": 1_704_164_645, "raw": "00ff", "doc": '{"a": [2], "b": 1}',
    }  # fmt: skip
    assert {edge[2] for edge in served.edges()} == {"tag:a", "tag:b"}


def test_a_table_of_another_schema(served: Catalogue) -> None:
    served.map(from_server('table = "other.item"') + ITEM)
    served.ingest()
    assert served.get("item:9") == (Node("item", "9", "Alien"),)


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM item", "WITH gone AS (DELETE FROM item RETURNING id) SELECT id, 1 t FROM gone",
     "SELECT 1; COMMIT; DELETE FROM item", "SELECT nothing", "DROP TABLE item"],
)  # fmt: skip
def test_a_query_can_only_read(served: Catalogue, url: str, query: str) -> None:
    served.map(from_server(f'query = "{query}"') + ITEM)
    with pytest.raises(InputError, match="SHOP"):
        served.ingest()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (3,)


def test_a_long_table_is_not_held_in_memory(
    served: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server keeps the rows: with a cursor on its side, few are fetched at a time."""
    monkeypatch.setattr(sql, "BLOCK_ROWS", 10)
    served.map(
        from_server(
            'query = "SELECT n AS id, n AS title, 1/(500 - n) FROM generate_series(1, 1000) n"'
        )
        + ITEM
    )  # fmt: skip
    with pytest.raises(InputError, match="division by zero"):
        served.ingest()
    assert served.stats().nodes["item"] == 490


def test_a_wrong_password_is_told_without_it(
    catalogue: Catalogue, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", url.replace(PASSWORD, "a-guess"))
    catalogue.map(from_server('table = "item"') + ITEM)
    with pytest.raises(InputError, match="password authentication failed") as told:
        catalogue.ingest()
    assert "a-guess" not in str(told.value)
    assert Path(catalogue.folder / "graph.db").exists()
