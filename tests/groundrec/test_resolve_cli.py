"""`groundrec ingest resolve` and `review`, from a catalogue with a name written in two ways."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from groundrec.cli import main

MAPPING = """
[kinds.user]
role = "user"
[kinds.book]
role = "item"
[kinds.author]
role = "attribute"
[relations.read]
head = "user"
tail = "book"
interaction = true
[relations.written_by]
head = "book"
tail = "author"
[[sources]]
path = "books.csv"
root = "mapping"
[[sources.nodes]]
kind = "book"
key = "id"
label = "title"
[[sources.edges]]
relation = "written_by"
head = "id"
tail = { name = "author" }
[[sources]]
path = "reads.csv"
root = "mapping"
[[sources.edges]]
relation = "read"
head = "who"
tail = "id"
"""
BOOKS = """id,title,author
1,A Wizard of Earthsea,"Le Guin, Ursula"
2,A Wizard of Earthsea,Ursula Le Guin
3,The Tombs of Atuan,Ursula Le Guin
4,Solaris,Stanisław Lem
5,The Cyberiad,Stanislaw Lem
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "books.csv").write_text(BOOKS, encoding="utf-8")
    (tmp_path / "reads.csv").write_text("who,id\nann,1\nbob,2\nbob,3\n", encoding="utf-8")
    (tmp_path / "library.toml").write_text(MAPPING, encoding="utf-8")
    monkeypatch.setenv("GROUNDREC_HOME", str(tmp_path / "home"))
    assert call("ingest", "run", str(tmp_path / "library.toml")) == 0
    return tmp_path


def call(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["groundrec", *arguments])
        try:
            main()
        except SystemExit as left:
            return int(left.code or 0)
    return 0


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert call(*arguments, "--json") == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_from_finding_to_taking_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = said(capsys, "snapshot")["snapshot"]
    dry = said(capsys, "ingest", "resolve", "--dry-run")
    assert dry["written"] is None
    found = said(capsys, "ingest", "resolve")
    assert found["matches"] == dry["matches"]
    assert found["written"] == len(found["matches"]) > 0
    assert said(capsys, "ingest", "resolve")["written"] == 0

    waits = said(capsys, "ingest", "review")["review"]
    assert {(row["one"], row["other"]) for row in waits} >= {("book:1", "book:2")}
    books = ("book:2", "book:1")
    made = said(capsys, "ingest", "review", "--same", *books, "--by", "ann")["matches"][0]
    assert (made["stands"], made["by"], made["decision"]) == ("book:2", "ann", "same")
    merged = said(capsys, "snapshot")
    assert merged["snapshot"] != before
    names = [row["id"] for row in said(capsys, "search", "A Wizard of Earthsea")["nodes"]]
    assert "book:2" in names and "book:1" not in names

    for match in (*said(capsys, "ingest", "resolve")["matches"], made):
        said(capsys, "ingest", "review", "--take-back", match["one"], match["other"])
    assert said(capsys, "snapshot")["snapshot"] == before


def test_the_round_trip_through_a_spreadsheet(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("ingest", "resolve")
    sheet = home / "review.csv"
    waiting = said(capsys, "ingest", "review", "--export", str(sheet))["rows"]
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == waiting > 0
    for row in rows:
        row["decision"] = "same" if row["one"].startswith("book:1") else "review"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    noted = said(capsys, "ingest", "review", "--import", str(sheet))["matches"]
    assert [(row["one"], row["other"], row["decision"]) for row in noted] == [
        ("book:1", "book:2", "same")
    ]
    assert len(said(capsys, "ingest", "review")["review"]) == waiting - 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("perhaps,book:1,book:2", ":2: decision: 'perhaps'"),
        ("same,book:1,author:x", ":2: 'book:1' and 'author:x' are no pair"),
        ("same,book:1,book:99", "'book:99' is not in the graph"),
    ],
)
def test_a_bad_sheet_is_refused_whole(
    home: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    sheet = home / "bad.csv"
    sheet.write_text(f"decision,one,other\n{line}\n", encoding="utf-8")
    capsys.readouterr()
    assert call("ingest", "review", "--import", str(sheet)) == 2
    assert told in capsys.readouterr().err
    assert said(capsys, "ingest", "review") == {
        "schema_version": 1,
        "snapshot": None,
        "review": [],
        "passed_over": [],
    }


def test_one_thing_at_a_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    two = ("--same", "book:1", "book:2", "--different", "book:1", "book:2")
    assert call("ingest", "review", *two) == 2
    assert call("ingest", "resolve", "--skip", "magic") == 2
    assert "no stage 'magic'" in capsys.readouterr().err


def test_a_mapping_is_proposed_written_once_and_runs(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = home / "proposed.toml"
    files = (str(home / "books.csv"), str(home / "reads.csv"))
    told = said(capsys, "ingest", "init", *files, "--out", str(out))
    assert told["mapping"] == out.read_text(encoding="utf-8")
    assert {row["column"]: row["role"] for row in told["columns"]}["title"] == "label"
    assert call("ingest", "init", *files, "--out", str(out)) == 2
    assert call("--home", str(home / "other"), "ingest", "run", str(out)) == 0
