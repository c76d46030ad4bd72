"""docs/json.md is the contract: each command prints exactly the fields that it names."""

import re
from pathlib import Path
from typing import Any

import pytest

from groundrec.sample import datasets
from tests.groundrec.calling import RECIPES, Call

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
COMMON = {"schema_version", "snapshot"}


def names(told: str) -> set[str]:
    """The fields that a piece of the page names; what stands in brackets is further inside."""
    while (bare := re.sub(r"\([^()]*\)", "", told)) != told:
        told = bare
    return {name for part in told.split(";") for name in re.findall(r"`(\w+)`", part.split(":")[0])}


def fields(command: str) -> set[str]:
    """The fields of a command's object."""
    for row in re.findall(r"^\| (.*?) \| (.*) \|$", PAGE, re.MULTILINE):
        if f"`{command}`" in row[0]:
            return names(row[1].split(";")[0]) if command == "recommend" else names(row[1])
    raise AssertionError(f"docs/json.md does not name {command}")


def form(word: str) -> set[str]:
    """The fields of an Answer, an Item, ..."""
    found = re.search(rf"^\*\*{word}[^*]*\*\*: ((?:.+\n)+)", PAGE, re.MULTILINE)
    assert found, word
    return names(found[1])


def is_form(told: dict[str, Any], word: str, *more: str) -> None:
    assert told.keys() == form(word) | set(more), word


def is_answer(told: dict[str, Any]) -> None:
    is_form(told, "Answer", *COMMON & told.keys())
    assert told["items"]
    for item in told["items"]:
        is_item(item)


def is_item(item: dict[str, Any], *more: str) -> None:
    is_form(item, "Item", *more)
    for told in (*item["reasons"], *item["connections"]):
        is_form(told, "Reason")
        for part in told["contributions"]:
            is_form(part, "Contribution")
        for path in told["paths"]:
            is_form(path, "Path")
            for edge in path["edges"]:
                assert edge.keys() == {"id", "relation", "forward", "rows"}
                assert re.fullmatch(r"\w+\.\w+:\d+", edge["rows"][0])
    assert all(told["paths"] for told in item["connections"])


@pytest.fixture
def ready(shop: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setattr(datasets, "is_whole", lambda folder: True)
    return shop


def test_every_command_prints_the_fields_of_the_page(ready: Call, tmp_path: Path) -> None:
    calls = {
        "fetch": ["fetch"],
        "ingest run": ["ingest", "run", str(RECIPES)],
        "ingest plan": ["ingest", "plan", str(RECIPES)],
        "ingest apply": ["ingest", "apply", "last"],
        "ingest runs": ["ingest", "runs"],
        "ingest show": ["ingest", "show"],
        "ingest rejects": ["ingest", "rejects"],
        "ingest undo": ["ingest", "undo", "last"],
        "why": ["why", "Bibimbap"],
        "snapshot": ["snapshot"],
        "train": ["train"],
        "evaluate": ["evaluate", "--ranker", "popularity"],
        "explain": ["explain", "cook-1", "Guacamole"],
        "check": ["check", "--text", "Bibimbap comes from Korea."],
        "search": ["search", "bibimbap"],
        "feedback": ["feedback", "cook-1", "Guacamole", "--rating", "4"],
        "stats": ["stats"],
        "export": ["export", str(tmp_path / "tables")],
        "backup": ["backup", str(tmp_path / "saved")],
        "restore": ["restore", str(tmp_path / "saved"), "--force"],
        "prune": ["prune"],
        "doctor": ["doctor"],
        "forget": ["forget", "cook:cook-1", "--yes"],
    }
    for command, arguments in calls.items():
        result = ready(*arguments, "--json")
        assert result.code == 0, result.err
        wanted = fields(command)
        if command == "explain":
            wanted |= form("Item")
        assert result.json.keys() == wanted | COMMON, command
        assert result.json["schema_version"] == 1


def test_answers_are_as_the_page_says(shop: Call, tmp_path: Path) -> None:
    is_answer(shop("recommend", "cook-1", "--json").json)
    is_answer(shop("recommend", "--like", "Guacamole", "--json").json)
    is_answer(shop("recommend", "nobody", "--json").json)
    is_answer(shop("similar", "Guacamole", "--json").json)
    several = shop("recommend", "cook-1", "cook-2", "--json").json
    assert several.keys() == {"answers"} | COMMON
    for answer in several["answers"]:
        is_answer(answer)
    told = shop("explain", "cook-1", "Guacamole", "--json").json
    is_item(told, "contributions", "remainder", *COMMON)
    for part in told["contributions"]:
        is_form(part, "Contribution")
    written = shop("recommend", "cook-1", "--out", str(tmp_path / "a.jsonl"), "--json").json
    assert written.keys() == {"users", "out"} | COMMON


def test_claims_are_as_the_page_says(shop: Call) -> None:
    claims = shop(
        "check", "--json", "--text", "Bibimbap comes from Italy. Guacamole contains lime. Nice."
    ).json["claims"]
    assert [claim["verdict"] for claim in claims] == ["contradicted", "supported", "not_checkable"]
    for claim in claims:
        is_form(claim, "Claim")
        for edge in (*claim["evidence"], *claim["counter_evidence"]):
            assert f"`{'`, `'.join(edge)}`" in PAGE.replace("\n", " ")


def test_an_error_has_its_form_whoever_finds_it(call: Call) -> None:
    for arguments in (["stats"], ["recommend", "--frob"], ["no-such-command"], ["search"]):
        result = call(*arguments, "--json")
        assert result.code in (2, 4)
        assert result.json.keys() == {"error"} | COMMON
        assert result.json["error"].keys() == {"kind", "message", "hint"}
        assert result.json["error"]["message"]
