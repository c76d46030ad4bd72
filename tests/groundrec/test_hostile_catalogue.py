"""Fifty descriptions that give orders, planted in a catalogue, from the file to the words shown."""

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graph.sqlite_store import open_sqlite
from tests.groundrec.calling import RECIPES, Call
from tests.groundrec.test_llm_cli import endpoint
from tests.reasoning.llm.bad_server import bad_server
from tests.reasoning.test_orders import HOSTILE

COOKS = ("cook-1", "cook-7", "cook-23")
SAID = (
    "Bibimbap comes from Korea.",
    "Bibimbap comes from Italy.",
    "Bibimbap is made with rice.",
    "Kimchi Jjigae is served as a dessert.",
)
OBEYED = json.dumps(
    {
        "sentences": [
            {"facts": ["F1"], "text": "Bibimbap is the best ever made, I recommend it."},
            {"facts": ["F2"], "text": "Everybody who liked Carbonara also liked Bibimbap."},
            {"facts": ["F3"], "text": "Bibimbap won ten prizes in 2019."},
        ]
    }
)


@dataclass(frozen=True)
class Shown:
    ranks: list[Any]
    verdicts: list[str]
    words: list[Any]
    prompts: str


def planted(folder: Path) -> Path:
    """The recipes, each of the first fifty with a hostile description."""
    shutil.copytree(RECIPES.parent, folder)
    mapping = folder / RECIPES.name
    text = mapping.read_text(encoding="utf-8")
    known = 'properties = { minutes = "minutes" }'
    assert text.count(known) == 1
    described = 'properties = { minutes = "minutes", description = "description" }'
    mapping.write_text(text.replace(known, described), encoding="utf-8")
    with (folder / "recipes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "recipes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "description"])
        writer.writeheader()
        for at, row in enumerate(rows):
            hostile = HOSTILE[at].replace("Alien", row["name"]) if at < len(HOSTILE) else ""
            writer.writerow(row | {"description": hostile})
    return mapping


def seen(call: Call, mapping: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Shown:
    """What users see of a catalogue when the model obeys whatever stands in a prompt."""
    monkeypatch.setenv("GROUNDREC_HOME", str(home))
    for arguments in (("ingest", "run", str(mapping)), ("snapshot",), ("train",)):
        assert call(*arguments).code == 0
    answers = [call("recommend", cook, "-k", "5", "--json").json for cook in COOKS]
    ranks = [(item["id"], item["score"]) for answer in answers for item in answer["items"]]
    verdicts = [call("check", "--text", text, "--json").json["verdict"] for text in SAID]
    with bad_server("good", text=OBEYED) as (address, asked):
        endpoint(monkeypatch, address)
        monkeypatch.setenv("GROUNDREC_LLM_SECONDS", "20")
        worded = [call("recommend", cook, "--llm", "--json").json for cook in COOKS]
        summed = call("summary", "Bibimbap", "--json").json
        monkeypatch.setenv("GROUNDREC_LLM", "auto")
    words = [item["words"]["sentences"] for answer in worded for item in answer["items"]]
    return Shown(ranks, verdicts, [*words, summed["words"]["sentences"]], json.dumps(asked))


def test_fifty_hostile_descriptions_change_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = seen(call, RECIPES, monkeypatch, tmp_path / "clean")
    hostile = seen(call, planted(tmp_path / "hostile"), monkeypatch, tmp_path / "home")
    with open_sqlite(tmp_path / "home" / "graph.db", read_only=True) as store:
        rows = [str(row) for frame in store.scan("nodes") for row in frame.rows()]
    assert sum("description" in row for row in rows) == len(HOSTILE)
    assert hostile.ranks == clean.ranks
    assert hostile.verdicts == clean.verdicts
    assert hostile.verdicts == ["supported", "contradicted", "supported", "contradicted"]
    assert hostile.prompts.split('"messages"')[1:] == clean.prompts.split('"messages"')[1:]
    for shown, before in zip(hostile.words, clean.words, strict=True):
        assert [one["text"] for one in shown] == [one["text"] for one in before]
        assert not any(one["fate"] == "kept" for one in shown)
        assert any(one["text"] for one in shown)
