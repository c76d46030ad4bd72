"""Rows that are no rows: each costs itself, and is told by file, line and field."""

import resource

import pytest

from graph.errors import MappingError
from kg_ingest import lines, readers
from tests.kg_ingest.catalogue import ITEMS, PLAIN, Catalogue, items

JSON_ITEMS = items('format = "jsonl"')


def test_ragged_rows_are_told_one_by_one(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1\n2,Ronin\n3,Fargo,x\n,\n")
    catalogue.ingest()
    assert catalogue.labels("2") == ["Ronin"]
    assert catalogue.rejects() == [
        ("items.csv", 2, "", "1 fields, expected 2"),
        ("items.csv", 4, "", "3 fields, expected 2"),
        ("items.csv", 5, "id", "empty"),
    ]


def test_quotes_that_never_close_cost_their_line(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write(
        "items.csv", 'id,title\n1,"two\nlines"\n2,"Ronin\n3,Fargo\n4,"a ""b"""\n5,"Alien\n6,Heat\n'
    )
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3", "4", "5", "6") == [
        "two\nlines", None, "Fargo", 'a "b"', None, "Heat",
    ]  # fmt: skip
    assert [row[1:] for row in catalogue.rejects()] == [
        (4, "", "quotes: ',' expected after '\"'"),
        (7, "", "quotes: never closed"),
    ]


def test_an_open_quote_in_a_long_file_costs_neither_time_nor_rows(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "OPEN_QUOTE_BYTES", 1_000_000)
    catalogue.map(ITEMS)
    rows = "".join(f"{n},Title {n}\n" for n in range(1, 200_000))
    catalogue.write("items.csv", 'id,title\n0,"open\n' + rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    report = catalogue.ingest()
    assert report.rejected == 1
    assert report.counts.nodes_added == 199_999
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 20


@pytest.mark.parametrize("mapping", [ITEMS, PLAIN], ids=["quoted", "plain"])
@pytest.mark.parametrize(
    "content",
    ["id,title\r\n1,Heat\n2,Ronin\r\n3,Fargo", "id,title\r1,Heat\r2,Ronin\r3,Fargo\r",
     "id,title\n1,Heat\r2,Ronin\r\n3,Fargo\n"],
    ids=["windows and unix", "old mac", "all three"],
)  # fmt: skip
def test_line_ends_may_be_mixed(catalogue: Catalogue, mapping: str, content: str) -> None:
    catalogue.map(mapping)
    catalogue.write("items.csv", content)
    assert catalogue.ingest().rejected == 0
    assert catalogue.labels("1", "2", "3") == ["Heat", "Ronin", "Fargo"]


def test_a_carriage_return_beside_quotes_costs_its_row(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", 'id,title\n1,"Heat"\n2,Ro\rnin\n3,"Far\rgo"\n')
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3") == ["Heat", None, "Far\rgo"]
    assert [row[1:] for row in catalogue.rejects()] == [
        (3, "", "a carriage return inside the row, outside quotes")
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [("id,title,id", "names the column 'id' twice"), ("id,,title", "a column without a name")],
)
def test_a_header_that_names_no_or_two_columns(
    catalogue: Catalogue, header: str, told: str
) -> None:
    catalogue.map(ITEMS.replace('path = "items.csv"', 'path = "items.csv"\nskip = 1'))
    catalogue.write("items.csv", f"# a comment\n{header}\n1,Heat,x\n")
    with pytest.raises(MappingError, match=rf"items\.csv:2: the header.*{told}"):
        catalogue.ingest()


@pytest.mark.parametrize(
    ("header", "told"),
    [(b"id,title\xe9", "is not utf-8 at byte 9"),
     (b'"id,title', "has quotes that are never closed"),
     (b"id,ti\0tle", "holds a NUL byte"),
     (b"id," + b"x" * 1_000_000, "has 1,000,000 bytes or more")],
    ids=["encoding", "quotes", "nul", "endless"],
)  # fmt: skip
def test_a_header_that_is_no_header(catalogue: Catalogue, header: bytes, told: str) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", header + b"\n1,Heat\n")
    with pytest.raises(MappingError, match=rf"items\.csv:1: the header {told}") as error:
        catalogue.ingest()
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("mapping", [ITEMS, PLAIN], ids=["quoted", "plain"])
def test_a_header_may_end_otherwise_than_the_rows(catalogue: Catalogue, mapping: str) -> None:
    catalogue.map(mapping)
    catalogue.write("items.csv", "id,title\r1,Heat\r\n2,Ronin\nbad\n")
    catalogue.ingest()
    assert catalogue.labels("1", "2") == ["Heat", "Ronin"]
    assert [line for _, line, _, _ in catalogue.rejects()] == [4]


def test_a_field_that_stands_twice_in_an_object(catalogue: Catalogue) -> None:
    catalogue.map(JSON_ITEMS)
    catalogue.write(
        "items.csv",
        '{"id": 1, "title": "Heat", "id": 2}\n{"id": 3, "title": "a \\":\\" b", "x": {"y": 1}}\n',
    )
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3") == [None, None, 'a ":" b']
    assert [row[1:] for row in catalogue.rejects()] == [(1, "id", "stands there twice")]


def test_an_endless_object_comes_first(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (lines, readers):
        monkeypatch.setattr(module, "LONGEST_LINE", 60)
    monkeypatch.setattr(readers, "BLOCK_BYTES", 60)
    catalogue.map(JSON_ITEMS)
    catalogue.write(
        "items.csv", '{"id": 1, "title": "' + "x" * 99 + '"}\n{"id": 2, "title": "a"}\n'
    )
    catalogue.ingest()
    assert catalogue.labels("1", "2") == [None, "a"]
    assert [line for _, line, _, _ in catalogue.rejects()] == [1]


def test_a_field_that_later_objects_leave_out_is_empty_there(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 30)
    catalogue.map(JSON_ITEMS)
    catalogue.write(
        "items.csv", '{"id": 1, "title": "Heat"}\n{"id": 2}\n{"id": 3}\n{"title": "x"}\n'
    )
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3") == ["Heat", "2", "3"]
    assert [row[1:] for row in catalogue.rejects()] == [(4, "id", "empty")]
