"""Bytes that are no text, or far too much of it: what that costs, and what is said."""

import subprocess
import sys
from pathlib import Path

import pytest

from graph.errors import InputError
from groundrec.output import exit_code
from kg_ingest import lines, readers
from tests.kg_ingest.catalogue import ITEMS, PLAIN, Catalogue


def test_wrong_encoding_costs_the_lines_that_have_it(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", b"id,title\n1,L\xe9on\n2,Ronin\n")
    catalogue.ingest()
    assert catalogue.labels("1", "2") == [None, "Ronin"]
    assert catalogue.rejects() == [("items.csv", 2, "title", "not utf-8 at byte 4")]


def test_utf_16_is_refused_with_the_way_out(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1,Heat\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"items\.csv is UTF-16") as told:
        catalogue.ingest()
    assert "iconv" in told.value.hint
    assert exit_code(told.value) == 2


def test_a_nul_byte_costs_its_line(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", b"id,title\n1,He\0at\n2,Ronin\n\0\0\n3,Fargo\n")
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3") == [None, "Ronin", "Fargo"]
    assert catalogue.rejects() == [
        ("items.csv", 2, "title", "a NUL byte at byte 5"),
        ("items.csv", 4, "id", "a NUL byte at byte 1"),
    ]


def test_an_escaped_nul_in_json_costs_its_line(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS.replace('path = "items.csv"', 'path = "items.csv"\nformat = "jsonl"'))
    catalogue.write(
        "items.csv",
        '{"id": 1, "title": "He\\u0000at"}\n{"id": 2, "title": "\\ud800"}\n'
        '{"id": 3, "title": "\\ud83d\\ude00"}\n{"id": 4, "title": "a \\\\u0000"}\n',
    )
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3", "4") == [None, None, "\N{GRINNING FACE}", "a \\u0000"]
    assert [row[1:3] for row in catalogue.rejects()] == [(1, "title"), (2, "title")]


@pytest.mark.parametrize("mapping", [ITEMS, PLAIN], ids=["quoted", "plain"])
def test_a_byte_order_mark_belongs_to_no_name(catalogue: Catalogue, mapping: str) -> None:
    catalogue.map(mapping)
    catalogue.write("items.csv", b"\xef\xbb\xbfid,title\n1,Heat\n")
    assert catalogue.ingest().rejected == 0
    assert catalogue.labels("1") == ["Heat"]


LONG = """
import resource, sys
from pathlib import Path
from tests.kg_ingest.catalogue import Catalogue
catalogue = Catalogue(Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
catalogue.ingest()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_200_mb_is_passed_over_in_little_memory(catalogue: Catalogue, quote: str) -> None:
    catalogue.map(ITEMS)
    with (catalogue.folder / "items.csv").open("wb") as file:
        file.write(b"id,title\n1,Heat\n2," + quote.encode())
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b"\n3,Fargo\n")
    done = subprocess.run(
        [sys.executable, "-c", LONG, str(catalogue.folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert catalogue.labels("1", "2", "3") == ["Heat", None, "Fargo"]
    ((_, line, _, reason),) = catalogue.rejects()
    assert (line, reason.split(",")[0]) == (3, "a line of 200")
    assert int(done.stdout) < 150


def test_the_lines_around_an_endless_one_keep_their_numbers(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 40)
    monkeypatch.setattr(readers, "LONGEST_LINE", 40)
    monkeypatch.setattr(readers, "BLOCK_BYTES", 16)
    monkeypatch.setattr(lines, "CHUNK", 7)
    catalogue.map(PLAIN)
    catalogue.write(
        "items.csv", "id,title\n1,a\n2," + "x" * 100 + "\n3,b,c\n4," + "y" * 90 + "\n5,d\nz"
    )
    catalogue.ingest()
    assert catalogue.labels("1", "2", "3", "4", "5") == ["a", None, None, None, "d"]
    assert [line for _, line, _, _ in catalogue.rejects()] == [3, 4, 5, 7]
