"""`groundrec ingest resolve` and `review`, from a catalogue with a name written in two ways."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.groundrec.calling import Call
from tests.groundrec.library import laid_out

BOOKS = """id,title,author,year
1,A Wizard of Earthsea,"Le Guin, Ursula",1968
2,A Wizard of Earthsea,Ursula Le Guin,1968
3,The Tombs of Atuan,Ursula Le Guin,1971
4,Solaris,Stanisław Lem,1961
5,The Cyberiad,Stanislaw Lem,1965
"""
LIKES = "reader,name,book\nann,Ann,1\nbob,Bob,2\nbob,Bob,3\n"


@pytest.fixture
def home(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = laid_out(tmp_path / "library", BOOKS, LIKES)
    monkeypatch.setenv("GROUNDREC_DATA", str(folder))
    assert call("ingest", "run", str(folder / "m.toml")).code == 0
    return folder


def said(call: Call, *arguments: str) -> dict[str, Any]:
    done = call(*arguments, "--json")
    assert done.code == 0, done.err
    content: dict[str, Any] = done.json
    return content


def test_from_finding_to_taking_back(home: Path, call: Call) -> None:
    before = said(call, "snapshot")["snapshot"]
    dry = said(call, "ingest", "resolve", "--dry-run")
    assert dry["written"] is None
    found = said(call, "ingest", "resolve")
    assert found["matches"] == dry["matches"]
    assert found["written"] == len(found["matches"]) > 0
    assert said(call, "ingest", "resolve")["written"] == 0

    waits = said(call, "ingest", "review")["review"]
    assert {(row["one"], row["other"]) for row in waits} >= {("book:1", "book:2")}
    books = ("book:2", "book:1")
    made = said(call, "ingest", "review", "--same", *books, "--by", "ann")["matches"][0]
    assert (made["stands"], made["by"], made["decision"]) == ("book:2", "ann", "same")
    merged = said(call, "snapshot")
    assert merged["snapshot"] != before
    names = [row["id"] for row in said(call, "search", "A Wizard of Earthsea")["nodes"]]
    assert "book:2" in names and "book:1" not in names

    for match in (*said(call, "ingest", "resolve")["matches"], made):
        said(call, "ingest", "review", "--take-back", match["one"], match["other"])
    assert said(call, "snapshot")["snapshot"] == before


def test_the_round_trip_through_a_spreadsheet(home: Path, call: Call) -> None:
    call("ingest", "resolve")
    sheet = home / "review.csv"
    waiting = said(call, "ingest", "review", "--export", str(sheet))["rows"]
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == waiting > 0
    for row in rows:
        row["decision"] = "same" if row["one"].startswith("book:1") else "review"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    noted = said(call, "ingest", "review", "--import", str(sheet))["matches"]
    assert [(row["one"], row["other"], row["decision"]) for row in noted] == [
        ("book:1", "book:2", "same")
    ]
    assert len(said(call, "ingest", "review")["review"]) == waiting - 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("perhaps,book:1,book:2", ":2: decision: 'perhaps'"),
        ("same,book:1,author:x", ":2: 'book:1' and 'author:x' are no pair"),
        ("same,book:1,book:99", "'book:99' is not in the graph"),
    ],
)
def test_a_bad_sheet_is_refused_whole(home: Path, call: Call, line: str, told: str) -> None:
    sheet = home / "bad.csv"
    sheet.write_text(f"decision,one,other\n{line}\n", encoding="utf-8")
    refused = call("ingest", "review", "--import", str(sheet))
    assert (refused.code, told in refused.err) == (2, True)
    assert said(call, "ingest", "review") == {
        "schema_version": 1,
        "snapshot": None,
        "review": [],
        "passed_over": [],
    }


def test_one_thing_at_a_time(home: Path, call: Call) -> None:
    two = ("--same", "book:1", "book:2", "--different", "book:1", "book:2")
    assert call("ingest", "review", *two).code == 2
    refused = call("ingest", "resolve", "--skip", "magic")
    assert (refused.code, "no stage 'magic'" in refused.err) == (2, True)


def test_a_mapping_is_proposed_written_once_and_runs(home: Path, call: Call) -> None:
    out = home / "proposed.toml"
    files = (str(home / "books.csv"), str(home / "likes.csv"))
    told = said(call, "ingest", "init", *files, "--out", str(out))
    assert told["mapping"] == out.read_text(encoding="utf-8")
    assert {row["column"]: row["role"] for row in told["columns"]}["title"] == "label"
    assert call("ingest", "init", *files, "--out", str(out)).code == 2
    assert call("--home", str(home / "other"), "ingest", "run", str(out)).code == 0
