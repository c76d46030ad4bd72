"""RDF as rows: each triple with its line, short names, and the languages that are wanted."""

import gzip
import sys
from pathlib import Path

import pytest

from graph.errors import InputError
from graph.types import Node
from kg_ingest import rdf, readers
from kg_ingest.mapping import File
from kg_ingest.places import Place
from tests.kg_ingest.catalogue import Catalogue

TRIPLES = """\
# the catalogue
<http://x.org/r/Heat> <http://x.org/o/by> <http://x.org/r/Michael_Mann> .

<http://x.org/r/Heat> <http://x.org/o/label> "Heat"@en .
<http://x.org/r/Heat> <http://x.org/o/label> "\\"Hitze\\"\\n"@de-AT .
<http://x.org/r/Heat> <http://x.org/o/year> "1995"^^<http://www.w3.org/2001/XMLSchema#gYear> .
<http://x.org/r/Heat> <http://x.org/o/by .
_:b <http://x.org/o/note> "plain <http://x.org/r/not>" . # a comment
"""
TURTLE = """\
@prefix r: <http://x.org/r/> . @prefix o: <http://x.org/o/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
r:Heat o:by r:Michael_Mann ;
    o:label "Heat"@en , "\\"Hitze\\"\\n"@de-AT ;
    o:year "1995"^^xsd:gYear .
r:Heat bad r:Ronin .
_:b o:note "plain <http://x.org/r/not>" .
"""
ROWS = [
    ("Heat", "o:by", "Michael_Mann", None, None),
    ("Heat", "o:label", "Heat", "en", None),
    ("Heat", "o:label", '"Hitze"\n', "de-at", None),
    ("Heat", "o:year", "1995", None, "http://www.w3.org/2001/XMLSchema#gYear"),
]
NOTE = ("o:note", "plain <http://x.org/r/not>", None, None)


def read(path: Path, form: str, **options: object) -> tuple[list[int], list[object], list[object]]:
    file = File.model_validate(
        {"path": path.name, "format": form,
         "prefixes": {"": "http://x.org/r/", "o": "http://x.org/o/"}, **options}
    )  # fmt: skip
    blocks = list(readers.read_blocks(file, (Place(path.name, path),)))
    rows = [row for block in blocks for row in block.frame.rows()]
    bad = [row for block in blocks for row in block.rejected.rows()]
    return [row[0] for row in rows], [row[1:] for row in rows], bad


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("size", [30, 8_000_000])
def test_n_triples(
    tmp_path: Path, pack: type[bytes], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", size)
    (tmp_path / "x.nt").write_bytes(pack(TRIPLES.encode()))
    lines, rows, bad = read(tmp_path / "x.nt", "ntriples")
    assert lines == [2, 4, 5, 6, 8]
    assert [*rows[:2], _lower(rows[2]), rows[3]] == ROWS
    assert rows[4][1:] == NOTE  # type: ignore[index]
    assert rows[4][0].startswith("_:")  # type: ignore[index]
    assert [row[0] for row in bad] == [7]  # type: ignore[index]


def _lower(row: object) -> tuple[object, ...]:
    assert isinstance(row, tuple)
    return (*row[:3], row[3].lower(), row[4])


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("size", [1, 2, 100_000])
def test_turtle(
    tmp_path: Path, pack: type[bytes], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdf, "BLOCK_TRIPLES", size)
    (tmp_path / "x.ttl").write_bytes(pack(TURTLE.encode()))
    lines, rows, bad = read(tmp_path / "x.ttl", "turtle")
    assert lines == [1, 2, 3, 4, 6]
    assert [*rows[:2], _lower(rows[2]), rows[3]] == ROWS
    assert rows[4][1:] == NOTE  # type: ignore[index]
    assert [row[0] for row in bad] == [5]  # type: ignore[index]
    assert "line 6; up to" in bad[0][2]  # type: ignore[index]


@pytest.mark.parametrize("end", ['r:Heat o:label "open', "r:Heat o:by", "r:Heat", '"""'])
def test_turtle_that_ends_too_soon(tmp_path: Path, end: str) -> None:
    (tmp_path / "x.ttl").write_text(TURTLE + end)
    lines, _, bad = read(tmp_path / "x.ttl", "turtle")
    assert lines == [1, 2, 3, 4, 6]
    assert len(bad) == 2


def test_turtle_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdf, "BLOCK_TRIPLES", 2)
    (tmp_path / "x.ttl").write_text(TURTLE)
    file = File.model_validate({"path": "x.ttl", "format": "turtle"})
    places = (Place("x.ttl", tmp_path / "x.ttl"),)

    def lines(position: str = "") -> list[tuple[str, list[int]]]:
        blocks = readers.read_blocks(file, places, position)
        return [(block.position, block.frame["#line"].to_list()) for block in blocks]

    whole = lines()
    assert len(whole) == 3
    for at, (position, _) in enumerate(whole):
        assert lines(position) == whole[at + 1 :]


@pytest.mark.parametrize(("wanted", "left"), [(["en"], 4), (["DE"], 4), (["fr"], 3), ([], 5)])
def test_languages(tmp_path: Path, wanted: list[str], left: int) -> None:
    (tmp_path / "x.nt").write_text(TRIPLES)
    assert len(read(tmp_path / "x.nt", "ntriples", languages=wanted)[1]) == left


def test_labels_and_edges_from_one_file(catalogue: Catalogue) -> None:
    catalogue.write("x.nt", TRIPLES)
    catalogue.map(
        """
[[sources]]
name = "labels"
path = "x.nt"
format = "ntriples"
prefixes = { "" = "http://x.org/r/", o = "http://x.org/o/" }
languages = ["en"]
where = { predicate = ["o:label"] }
[[sources.nodes]]
kind = "item"
key = "subject"
label = "object"
[[sources]]
name = "facts"
path = "x.nt"
format = "ntriples"
prefixes = { "" = "http://x.org/r/", o = "http://x.org/o/" }
fields.who = { from = "object", clean = [["_", " "]] }
[[sources.edges]]
head = "subject"
tail = { name = "who" }
relation = { column = "predicate", values = { "o:by" = "tagged" }, ignore = ["*"] }
"""
    )
    catalogue.ingest()
    assert catalogue.get("item:Heat", "tag:michael mann") == (
        Node("item", "Heat", "Heat"),
        Node("tag", "michael mann", "Michael Mann"),
    )
    assert [row[:2] for row in catalogue.rejects()] == [("x.nt", 7), ("x.nt", 7)]


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyoxigraph", None)
    (tmp_path / "x.nt").write_text(TRIPLES)
    with pytest.raises(InputError) as told:
        read(tmp_path / "x.nt", "ntriples")
    assert "groundrec[sources]" in told.value.hint


def test_real_edges_come_out_the_same_as_n_triples_and_as_turtle(
    tmp_path: Path, data_dir: Path
) -> None:
    """One of the edge lists of real IRIs, written as RDF and read back."""
    place = data_dir / "ml-1m" / "dbpedia" / "dbo_starring.edgelist"
    pairs = [line.split() for line in place.read_text(encoding="utf-8").splitlines()]
    text = "".join(
        f"<{head}> <http://dbpedia.org/ontology/starring> <{tail}> .\n" for head, tail in pairs
    )
    wanted = [
        (head.removeprefix("http://dbpedia.org/resource/"), "o:starring",
         tail.removeprefix("http://dbpedia.org/resource/"), None, None)
        for head, tail in pairs
    ]  # fmt: skip
    assert len(wanted) > 8_000
    prefixes = {"": "http://dbpedia.org/resource/", "o": "http://dbpedia.org/ontology/"}
    for name, form in (("x.nt", "ntriples"), ("x.ttl", "turtle")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        lines, rows, bad = read(tmp_path / name, form, prefixes=prefixes)
        assert (lines, bad) == (list(range(1, len(wanted) + 1)), [])
        assert rows == wanted
