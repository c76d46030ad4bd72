"""Where rows may come from: packed files, several files, standard input, tables, typed headers."""

import gzip
import io
import re
import sqlite3
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError, MappingError
from graph.types import Edge, Node
from kg_ingest import gathering, readers, tables
from kg_ingest.blocks import Block
from kg_ingest.headers import columns_of
from kg_ingest.mapping import File
from kg_ingest.places import Place
from tests.kg_ingest.catalogue import RATINGS, Catalogue

Pack = Callable[[bytes], bytes]
ROWS = "user,item,stars\n" + "".join(f"{n % 7},{n},4\n" for n in range(100))


def named(path: str, options: str = "") -> str:
    return RATINGS.replace('path = "ratings.csv"', f'path = "{path}"\n{options}')


def rows_of(catalogue: Catalogue, *edges: tuple[str, str]) -> list[tuple[str, int]]:
    """(file, line) of what says each edge."""
    from graph.sqlite_store import open_sqlite

    ids = [Edge(f"user:{user}", "rated", f"item:{item}").id for user, item in edges]
    with open_sqlite(catalogue.folder / "graph.db") as store:
        told = [fact.assertion for found in store.facts(ids) for fact in found]
    return [(said.file, said.line) for said in told]


# -- packed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ratings.csv.gz", "ratings.csv"], ids=["named", "not named"])
@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bytes])
def test_packed_files_are_unpacked_whatever_their_name(
    catalogue: Catalogue, name: str, pack: Pack
) -> None:
    catalogue.map(named(name))
    catalogue.write(name, pack(ROWS.encode()))
    assert catalogue.ingest().counts.edges_added == 100
    assert rows_of(catalogue, ("0", "0"), ("1", "99")) == [(name, 2), (name, 101)]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_packed_file_may_have_several_parts(catalogue: Catalogue, pack: Pack) -> None:
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", pack(ROWS[:500].encode()) + pack(ROWS[500:].encode()))
    assert catalogue.ingest().counts.edges_added == 100


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-9], lambda raw: raw[:30] + b"nonsense" * 9, lambda raw: raw + b"x"]
)
def test_a_damaged_zstd_file(catalogue: Catalogue, damage: Pack) -> None:
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", damage(zstd.compress(ROWS.encode())))
    with pytest.raises(InputError, match=r"ratings\.csv is damaged or cut off"):
        catalogue.ingest()


def test_without_the_library_the_extra_is_named(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", zstd.compress(ROWS.encode()))
    with pytest.raises(InputError) as told:
        catalogue.ingest()
    assert "groundrec[sources]" in told.value.hint


# -- several files -----------------------------------------------------------------------------


def test_a_pattern_is_all_its_files_in_order(catalogue: Catalogue) -> None:
    catalogue.map(named("part-*.csv*"))
    catalogue.write("part-2.csv", "user,item,stars\n2,2,4\nx\n")
    catalogue.write("part-1.csv.gz", gzip.compress(b"stars,item,user\n4,1,1\n5,9,2\n"))
    catalogue.write("other.csv", "user,item,stars\n3,3,4\n")
    report = catalogue.ingest()
    assert report.rows == {"part-*.csv*": 4}
    assert rows_of(catalogue, ("1", "1"), ("2", "9"), ("2", "2")) == [
        ("part-1.csv.gz", 2),
        ("part-1.csv.gz", 3),
        ("part-2.csv", 2),
    ]
    assert catalogue.rejects() == [("part-2.csv", 3, "", "1 fields, expected 3")]


def test_a_pattern_without_files(catalogue: Catalogue) -> None:
    catalogue.map(named("part-*.csv"))
    with pytest.raises(InputError, match=r"no file matches .*part-\*\.csv"):
        catalogue.ingest()


def test_a_new_file_of_a_pattern_is_a_new_run(catalogue: Catalogue) -> None:
    catalogue.map(named("part-*.csv"))
    catalogue.write("part-1.csv", "user,item,stars\n1,1,4\n")
    catalogue.ingest()
    catalogue.write("part-2.csv", "user,item,stars\n2,2,4\n")
    report = catalogue.ingest()
    assert (report.resumed, report.counts.edges_added) == (False, 1)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
@pytest.mark.parametrize("cut", [1, 3, 5, 8])
def test_an_ingest_of_several_files_that_was_cut_short_goes_on(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, pack: Pack, cut: int
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 60)
    catalogue.map(named("part-?.csv"))
    for part in range(3):
        rows = "".join(f"{part},{n},4\n" for n in range(part * 20, part * 20 + 20))
        catalogue.write(f"part-{part}.csv", pack(f"user,item,stars\n{rows}".encode()))
    blocks = readers.read_blocks

    def interrupted(*arguments: object) -> Iterator[Block]:
        for at, block in enumerate(blocks(*arguments)):  # type: ignore[arg-type]
            if at == cut:
                raise KeyboardInterrupt
            yield block

    monkeypatch.setattr(gathering, "ROWS", 1)
    monkeypatch.setattr("kg_ingest.deliveries.read_blocks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        catalogue.ingest()
    half = len(catalogue.edges())
    assert 0 < half < 60
    monkeypatch.setattr("kg_ingest.deliveries.read_blocks", blocks)
    report = catalogue.ingest()
    assert report.resumed
    assert report.rows == {"part-?.csv": 60 - half}
    assert len(catalogue.edges()) == 60
    assert rows_of(catalogue, ("0", "0"), ("2", "59")) == [("part-0.csv", 2), ("part-2.csv", 21)]


# -- standard input ------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, pack: Pack) -> None:
    catalogue.map(named("-"))
    for added in (100, 0):
        given_in = SimpleNamespace(buffer=io.BytesIO(pack(ROWS.encode())))
        monkeypatch.setattr(sys, "stdin", given_in)
        assert catalogue.ingest().counts.edges_added == added
    assert rows_of(catalogue, ("0", "0")) == [("stdin", 2)]


def test_standard_input_is_read_once(catalogue: Catalogue) -> None:
    catalogue.map(named("-") + named("-", 'name = "again"'))
    with pytest.raises(MappingError, match="once only"):
        catalogue.ingest()


# -- tables ----------------------------------------------------------------------------------

TABLE = pl.DataFrame(
    {
        "user": [1, 2, 3],
        "item": ["a", "b", "c\0"],
        "stars": [4.0, 4.5, 5.0],
        "tags": [["x"], [], None],
    }
)


@pytest.mark.parametrize(
    ("form", "write"),
    [("parquet", "write_parquet"), ("arrow", "write_ipc"), ("arrow", "write_ipc_stream")],
)
def test_tables_block_by_block(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, form: str, write: str
) -> None:
    monkeypatch.setattr(tables, "BLOCK_ROWS", 2)
    getattr(TABLE, write)(catalogue.folder / "ratings")
    catalogue.map(
        named("ratings", f'format = "{form}"')
        + '[[sources.edges]]\nrelation = "tagged"\nhead = "item"\ntail = { name = "tags" }\n'
    )
    catalogue.ingest()
    assert rows_of(catalogue, ("1", "a"), ("2", "b")) == [("ratings", 1), ("ratings", 2)]
    assert ("item:a", "tagged", "tag:x") in catalogue.edges()
    assert catalogue.rejects() == [("ratings", 3, "item", "a NUL character")]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_what_is_no_table(catalogue: Catalogue, form: str) -> None:
    catalogue.map(named("ratings", f'format = "{form}"'))
    catalogue.write("ratings", "user,item,stars\n")
    with pytest.raises(InputError, match=r"^ratings is no (Parquet|Arrow) file"):
        catalogue.ingest()


# -- typed headers -----------------------------------------------------------------------------


def test_neo4j_import_files_as_others_export_them(catalogue: Catalogue) -> None:
    catalogue.write(
        "items.csv",
        "itemId:ID(Item),title,year:int,tags:string[],:LABEL,note:IGNORE\n"
        '1,"Heat, ""the"" one",1995,crime;los angeles,Item;Old,x\n2,Ronin,1998,,Item,y\n',
    )
    catalogue.write(
        "rated.csv",
        ":START_ID(User),stars:double,:END_ID(Item),:TYPE\n1,4.5,1,RATED\n1,2.0,2,SKIPPED\n",
    )
    catalogue.map(
        """
[[sources]]
path = "items.csv"
format = "neo4j"
fields.year = { from = "year", type = "integer" }
[[sources.nodes]]
kind = "item"
key = "itemId"
label = "title"
properties = { year = "year" }
[[sources.edges]]
relation = "tagged"
head = "itemId"
tail = { name = "tags" }
[[sources]]
path = "rated.csv"
format = "neo4j"
where = { TYPE = ["RATED"] }
[[sources.edges]]
relation = "rated"
head = "START_ID"
tail = "END_ID"
weight = "stars"
"""
    )
    assert catalogue.ingest().rejected == 0
    assert catalogue.get("item:1") == (Node("item", "1", 'Heat, "the" one', (), {"year": 1995}),)
    assert catalogue.edges() == {
        ("item:1", "tagged", "tag:crime"),
        ("item:1", "tagged", "tag:los angeles"),
        ("user:1", "rated", "item:1"),
    }


def test_where_names_a_column(catalogue: Catalogue) -> None:
    catalogue.map(named("ratings.csv", 'where = { kind = ["x"] }'))
    catalogue.write("ratings.csv", ROWS)
    with pytest.raises(MappingError, match=r"ratings\.csv has no column 'kind'"):
        catalogue.ingest()


@pytest.mark.parametrize(
    ("form", "header", "names", "lists"),
    [
        ("neo4j", "id:ID(A){label:A},n:string[],:START_ID,x", ["id", "n", "START_ID", "x"], ("n",)),
        ("neo4j", "a:b:int,:LABEL", ["a:b", "LABEL"], ("LABEL",)),
        ("recbole", "user_id:token\tclass:token_seq\tx", ["user_id", "class", "x"], ()),
        ("csv", "user_id:token,b", ["user_id:token", "b"], ()),
    ],
)
def test_typed_headers(form: str, header: str, names: list[str], lists: tuple[str, ...]) -> None:
    file = File.model_validate({"path": "x", "format": form})
    found = columns_of(file, "x", header.encode())
    assert (found.names, found.lists) == (names, lists)


def test_a_type_does_not_make_two_columns_of_one_name() -> None:
    with pytest.raises(MappingError, match="'a' twice"):
        columns_of(File.model_validate({"path": "x", "format": "neo4j"}), "x", b"a:int,a:string")


# -- any text at all ---------------------------------------------------------------------------


@given(
    content=st.binary(max_size=200),
    size=st.integers(1, 60),
    form=st.sampled_from(["csv", "tsv", "jsonl"]),
)
def test_any_bytes_are_read_or_told(
    content: bytes, size: int, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Lines are counted the same whatever the size of blocks, and going on reads the rest."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    file = File.model_validate(
        {"path": "any", "format": form, **({} if form == "jsonl" else {"columns": ["a", "b"]})}
    )
    places = (Place("any", path),)

    def read(position: str = "") -> list[tuple[str, list[tuple[object, ...]]]]:
        try:
            return [
                (block.position, [*block.frame.rows(), *block.rejected.rows()])
                for block in readers.read_blocks(file, places, position)
            ]
        except InputError:
            return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "BLOCK_BYTES", size)
        blocks = read()
        for at, (position, _) in enumerate(blocks):
            assert read(position) == blocks[at + 1 :]


# -- the document ------------------------------------------------------------------------------

_PAGE = (Path(__file__).parents[2] / "docs" / "catalogue-mapping.md").read_text("utf-8")
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_KINDS = """
[kinds.album]
role = "item"
[kinds.tag]
role = "attribute"
[relations.tagged]
head = "album"
tail = "tag"
"""


@pytest.mark.parametrize(
    ("section", "tags"),
    [("Neo4j's import files", {"hard bop", "1957"}), ("RDF", {"hard bop"}), ("Databases", set())],
)
def test_the_documents_further_examples(catalogue: Catalogue, section: str, tags: set[str]) -> None:
    text = _PAGE.partition(f"### {section}\n")[2].partition("\n##")[0]
    (form, content), (_, mapping) = re.findall(
        r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE
    )
    path = tomllib.loads(mapping)["sources"][0]["path"]
    if form == "sql":
        with sqlite3.connect(catalogue.folder / path) as connection:
            connection.executescript(content)
        connection.close()
    else:
        catalogue.write(path, content)
    catalogue.map(mapping, _KINDS)
    assert catalogue.ingest().rejected == 0
    assert {edge[2] for edge in catalogue.edges()} == {f"tag:{tag}" for tag in tags}
    key = "Blue_Train" if section == "RDF" else "1"
    assert catalogue.get(f"album:{key}") == (Node("album", key, "Blue Train"),)
