"""Ingest as a data team does it: look first, see who says so, take it back, forget somebody."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.groundrec.calling import Call
from tests.groundrec.library import BOOKS, LIKES, MAPPING, laid_out


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROUNDREC_DATA", str(tmp_path / "catalogue"))
    return laid_out(tmp_path / "catalogue")


def counts_of(call: Call) -> dict[str, int]:
    told = call("stats", "--json").json
    return {**told["nodes"], **told["edges"]}


# -- plan, apply, undo -----------------------------------------------------------------------


def test_a_plan_is_looked_at_carried_out_and_taken_back(call: Call, desk: Path) -> None:
    mapping = str(desk / "m.toml")
    first = call("ingest", "run", mapping, "--json").json
    before = call("snapshot", "--json").json["snapshot"]
    (desk / "books.csv").write_text(
        BOOKS.replace("Middlemarch", "MIDDLEMARCH") + "3,Persuasion,Jane Austen,1817\n"
    )
    shown = call("ingest", "plan", mapping)
    assert shown.code == 0, shown.err
    assert "Middlemarch -> MIDDLEMARCH" in shown.out
    assert "Persuasion written_by Jane Austen" in shown.out
    plan = call("ingest", "plan", mapping, "--json").json
    assert call("snapshot", "--json").json["snapshot"] == before
    assert plan["plan"] in call("ingest", "runs").out
    done = call("ingest", "apply", plan["plan"], "--json").json
    assert done["counts"] == plan["counts"]
    assert counts_of(call)["book"] == 3
    told = call("ingest", "show", "--json").json
    assert told["built_on"].keys() == {first["run"]}
    assert [Path(file).name for file in told["files"]] == ["books.csv", "likes.csv"]
    assert call("ingest", "show").code == 0
    refused = call("ingest", "undo", first["run"])
    assert (refused.code, "--cascade" in refused.err) == (3, True)
    assert call("ingest", "undo", "last", "--json").json["undone"] == [done["run"]]
    assert call("snapshot", "--json").json["snapshot"] == before
    assert [run["state"] for run in call("ingest", "runs", "--json").json["runs"]] == [
        "done", "undone",
    ]  # fmt: skip
    assert call("ingest", "undo", "last").code == 0
    assert counts_of(call) == {}


def test_a_plan_for_a_graph_that_has_moved_is_refused(call: Call, desk: Path) -> None:
    mapping = str(desk / "m.toml")
    plan = call("ingest", "plan", mapping, "--json").json["plan"]
    assert call("ingest", "runs", "--json").json["stale"] == []
    call("ingest", "run", mapping)
    assert call("ingest", "runs", "--json").json["stale"] == [plan]
    assert "plan anew" in call("ingest", "runs").out
    refused = call("ingest", "apply", "last", "--json")
    assert refused.code == 4
    assert refused.json["error"]["kind"] == "StaleArtefactError"


def test_a_plan_tells_what_contradicts_what_is_known(call: Call, desk: Path) -> None:
    merged = MAPPING.replace('mode = "replace"\n', "")
    (desk / "m.toml").write_text(merged)
    call("ingest", "run", str(desk / "m.toml"))
    (desk / "books.csv").write_text(BOOKS.replace("1871", "1872"))
    shown = call("ingest", "plan", str(desk / "m.toml"))
    assert "1 would have several values of published_in, which allows one:" in shown.out
    assert "Middlemarch (book:1): 1871 (known, books.csv:2); 1872 (new, books.csv:2)" in shown.out


def test_rejects_are_told_with_their_reasons(call: Call, desk: Path) -> None:
    (desk / "likes.csv").write_text(LIKES + "nobody\nx,Y,\n")
    reason = "rejected 1: likes.csv: 1 fields, expected 3"
    assert reason in call("ingest", "plan", str(desk / "m.toml")).out
    run = call("ingest", "run", str(desk / "m.toml"), "--json").json["run"]
    told = call("ingest", "rejects", run[:17], "--json").json
    assert [(one["line"], one["reason"]) for one in told["rejects"]] == [
        (10, "1 fields, expected 3")
    ]
    assert "likes.csv:10" in call("ingest", "rejects").out
    assert reason in call("ingest", "show").out


def test_merges_are_foreseen_and_told_by_why(call: Call, desk: Path) -> None:
    mapping = str(desk / "m.toml")
    earthsea = 'id,title,author,year\n1,A Wizard of Earthsea,"Le Guin, Ursula",1968\n'
    (desk / "books.csv").write_text(earthsea)
    call("ingest", "run", mapping)
    (desk / "books.csv").write_text(
        earthsea
        + "2,A Wizard of Earthsea,Ursula Le Guin,1968\n3,The Tombs of Atuan,Ursula Le Guin,1971\n"
        "4,Solaris,Stanisław Lem,1961\n5,The Cyberiad,Stanislaw Lem,1965\n"
    )
    plan = call("ingest", "plan", mapping, "--resolve", "--json").json
    assert plan["merged"] == {"author": 1}
    assert [(one["one"], one["other"]) for one in plan["merges"]] == [
        ("author:le guin, ursula", "author:ursula le guin")
    ]
    assert "1 pairs of author" in call("ingest", "plan", mapping, "--resolve").out
    call("ingest", "apply", plan["plan"])
    call("ingest", "resolve")
    call("snapshot")
    (subject,) = call("why", "author:ursula le guin", "--json").json["subjects"]
    assert [one["id"] for one in subject["merged"]] == ["author:le guin, ursula"]
    assert subject["merged"][0]["reason"].startswith("same, ")
    why = call("why", "author:le guin, ursula").out
    assert "one with author:ursula le guin" in why
    assert "resolve:0" not in why  # it was compared; that says nothing of it


# -- moments ---------------------------------------------------------------------------------


def test_what_was_true_once_is_told_from_what_is_false(call: Call, desk: Path) -> None:
    call("ingest", "run", str(desk / "m.toml"))
    first = call("snapshot", "--json").json["snapshot"]
    (desk / "books.csv").write_text(BOOKS.replace("1871", "1872"))
    call("ingest", "run", str(desk / "m.toml"))
    call("snapshot")
    text = "Middlemarch was published in 1871. Emma was published in 1900."
    plain = call("check", "--text", text, "--json").json
    assert {claim["reason"] for claim in plain["claims"]} == {"another value is known"}
    as_of = call("check", "--text", text, "--as-of", "2001-01-01", "--json")
    assert as_of.code == 1, as_of.err
    assert [(c["verdict"], c["reason"]) for c in as_of.json["claims"]] == [
        ("contradicted", "true once, no longer"),
        ("contradicted", "another value is known"),
    ]
    assert "Middlemarch published_in 1871" in call("check", "--text", text, "--as-of", "0").out
    there = call("snapshot", "--as-of", "2001-01-01", "--json").json
    assert not there["in_use"]
    now = call("stats", "--json")
    assert now.code == 0
    assert call("snapshot", "--json").json["snapshot"] not in (first, there["snapshot"])
    assert call("snapshot", "--known-at", "1999-01-01").code == 4
    assert call("snapshot", "--as-of", "yesterday").code == 2


def test_an_audit_tells_stale_from_false(call: Call, desk: Path, tmp_path: Path) -> None:
    call("ingest", "run", str(desk / "m.toml"))
    (desk / "books.csv").write_text(BOOKS.replace("1871", "1872"))
    call("ingest", "run", str(desk / "m.toml"))
    call("snapshot")
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"id": "a", "text": "Middlemarch was published in 1871."}) + "\n")
    plain = call("audit", "run", str(answers), "--json").json
    dated = call("audit", "run", str(answers), "--as-of", "2001-01-01", "--json").json
    assert plain["reasons"] == {"another value is known": 1}
    assert dated["reasons"] == {"true once, no longer": 1}
    assert dated["audit"] != plain["audit"]


# -- why -------------------------------------------------------------------------------------


def test_why_walks_back_to_the_very_rows(call: Call, desk: Path) -> None:
    call("ingest", "run", str(desk / "m.toml"))
    call("snapshot")
    told = call("why", "Middlemarch written_by George Eliot", "--json").json
    (subject,) = told["subjects"]
    assert subject["there"]
    (said,) = subject["said"]
    assert (said["file"], said["line"]) == ("books.csv", 2)
    assert said["row"] == "1,Middlemarch,George Eliot,1871"
    assert call("why", subject["id"]).code == 0
    node = call("why", "Middlemarch", "--json").json["subjects"][0]
    assert [(one["source"], one["says"]) for one in node["said"]] == [
        ("books.csv", {"label": "Middlemarch"}),
        ("likes.csv", {}),
    ]
    assert call("why", "book:1", "--json").json["subjects"] == [node]
    assert call("why", "Nobody at all").code == 2


def test_why_tells_what_was_replaced_and_what_a_file_no_longer_says(call: Call, desk: Path) -> None:
    call("ingest", "run", str(desk / "m.toml"))
    (desk / "books.csv").write_text(BOOKS.replace("Middlemarch", "MIDDLEMARCH!"))
    second = call("ingest", "run", str(desk / "m.toml"), "--json").json["run"]
    (desk / "books.csv").write_text("id,title,author,year\n7,Other,X,1\n2,Emma,Jane Austen,1815\n")
    said = [one for one in call("why", "book:1", "--json").json["subjects"][0]["said"]
            if one["source"] == "books.csv"]  # fmt: skip
    assert [one["known_until"] for one in said] == [second, None]
    assert [one["row"] for one in said] == [None, None]
    assert "says something else now" in said[1]["note"]
    emma = call("why", "book:2", "--json").json["subjects"][0]["said"][0]
    assert emma["row"] == "2,Emma,Jane Austen,1815"
    assert "this line still says so" in emma["note"]
    (desk / "books.csv").unlink()
    assert "is not there any more" in call("why", "book:1").out


# -- forget ----------------------------------------------------------------------------------


def traces_under(home: Path, *words: str) -> list[str]:
    return [
        f"{path}: {word}"
        for path in home.rglob("*")
        if path.is_file()
        for word in words
        if word.encode() in path.read_bytes()
    ]


def test_a_person_leaves_every_file_and_does_not_come_back(
    call: Call, desk: Path, own_home: Path, tmp_path: Path
) -> None:
    who, name = "zoe-7781", "Zoe Quillfeather"
    mapping = str(desk / "m.toml")
    (desk / "likes.csv").write_text(LIKES + f"{who},{name},1\n")
    call("ingest", "run", mapping)
    (desk / "likes.csv").write_text(LIKES + f"{who},{name} II,1\n{who},{name}\n")
    call("ingest", "run", mapping)
    call("snapshot")
    assert call("train", "--model", "walk").code == 0
    call("feedback", who, "Emma", "--like")
    call("snapshot", "--as-of", "2001-01-01")
    call("ingest", "plan", mapping)
    answers = tmp_path / "answers.jsonl"
    rows = [{"id": "a", "user": who, "text": "You like Emma."},
            {"id": "b", "text": f"Ask {name}. Emma was written by Jane Austen."},
            {"id": "c", "text": "Emma was written by Jane Austen."}]  # fmt: skip
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    call("audit", "run", str(answers))
    call("audit", "report", "last")
    cached = own_home / "cache" / "download"
    cached.mkdir(parents=True)
    shutil.copy(desk / "likes.csv", cached / "likes.csv")
    (own_home / "cache" / "replies").mkdir()
    (own_home / "cache" / "replies" / "x").write_bytes(os.urandom(8) + who.encode())
    assert len({one.split("/home/")[1].split("/")[0] for one in traces_under(own_home, who)}) >= 4
    last = call("ingest", "runs", "--json").json["runs"][1]["run"]

    told = call("forget", f"user:{who}", "--yes", "--json")
    assert told.code == 0, told.err
    places = {one["place"] for one in told.json["removed"]}
    assert places == {"store", "snapshots", "live", "models", "cache", "audits", "rejects", "plans"}
    assert told.json["still_in"] == []
    assert [Path(path).name for path in told.json["catalogue"]] == ["likes.csv"]
    assert traces_under(own_home, who, name, "Quillfeather") == []
    assert call("audit", "list", "--json").json["audits"][0]["answers"] == 1
    assert call("recommend", "reader-1").code == 4  # its model went
    assert call("check", "--text", "Emma was written by Jane Austen.").code == 0

    plan = call("ingest", "plan", mapping, "--json").json
    assert plan["counts"]["withheld"] > 0
    assert traces_under(own_home, who, name) == []
    again = call("ingest", "apply", "last", "--json").json
    assert again["counts"] == plan["counts"]
    assert call("ingest", "run", mapping, "--json").json["counts"]["withheld"] > 0
    assert "about somebody who was to be forgotten" in call("ingest", "rejects").out
    call("snapshot")
    assert call("why", f"user:{who}").code == 2
    call("ingest", "undo", last, "--cascade")
    assert traces_under(own_home, who, name) == []


def test_forgetting_can_train_anew_and_is_only_for_nodes(call: Call, desk: Path) -> None:
    call("ingest", "run", str(desk / "m.toml"))
    call("snapshot")
    call("train", "--model", "walk")
    assert call("forget", "reader-1", "--yes").code == 2
    told = call("forget", "user:reader-1", "--yes", "--retrain", "--json").json
    assert told["trained"] == ["walk"]
    assert call("--help").code == 0
    assert call("recommend", "reader-2").code == 0
    again = call("forget", "user:reader-1", "--yes")
    assert "nothing was kept" in again.out
