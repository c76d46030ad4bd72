"""`groundrec audit` as a user calls it, on the small shop of recipes."""

import json
from pathlib import Path

import pytest

from graph.errors import StoreError
from groundrec import auditing
from reasoning.asked import AskedModel
from reasoning.ledger import Ledger
from reasoning.llm.scripted import ScriptedModel
from tests.groundrec.calling import RECIPES, Call


@pytest.fixture
def shop(call: Call) -> Call:
    """A home in which the recipes are ingested."""
    assert call("ingest", "run", str(RECIPES)).code == 0
    assert call("snapshot").code == 0
    return call


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    lines: list[object] = [
        {"id": "a", "text": "Bibimbap comes from Korea.", "model": "m"},
        {"id": "b", "text": "Bibimbap comes from Italy.", "question": "Where from?"},
        {"id": "c", "text": "What a lovely day."},
    ]
    path.write_text("\n".join([*map(json.dumps, lines), "broken"]), encoding="utf-8")
    return path


def test_an_audit_counts_and_is_the_same_again(shop: Call, answers: Path) -> None:
    first = shop("audit", "run", str(answers), "--json").json
    assert first["counts"] == {
        "contradicted": 1, "not_in_graph": 0, "not_checkable": 1, "supported": 1,
    }  # fmt: skip
    assert (first["answers"], first["rejects"], first["claims"]) == (3, 1, 3)
    assert "rates" not in first
    assert shop("audit", "run", str(answers), "--json").json == first
    assert shop("audit", "run", str(answers), "--again", "--json").json["counts"] == first["counts"]


def test_an_interrupted_audit_goes_on(
    shop: Call, answers: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(auditing, "BATCH", 1)
    add, left = Ledger.add, [2]

    def cut_short(self: Ledger, *args: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StoreError("cut short")
        add(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "add", cut_short)
    assert shop("audit", "run", str(answers)).code == 3
    monkeypatch.setattr(Ledger, "add", add)
    listed = shop("audit", "list", "--json").json["audits"]
    assert [(one["answers"], one["finished"]) for one in listed] == [(2, "no")]
    out = tmp_path / "records.jsonl"
    assert shop("audit", "run", str(answers), "--out", str(out)).code == 0
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in written] == ["a", "b", "c"]
    assert written[1]["claims"][0]["rows"] == ["recipes.csv:2"]
    assert shop("audit", "run", str(out), "--json").json["claims"] == 3


def test_a_model_proposes_and_the_graph_decides(
    shop: Call, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = shop("audit", "run", str(answers), "--llm")
    assert without.code == 2
    assert "fetch model" in without.err
    answers.write_text(json.dumps({"text": "Italians gave Bibimbap to the world, Italy says."}))
    said = {"relation": "comes_from", "subject": "Bibimbap", "object": "Italy", "denied": False}
    scripted = ScriptedModel([json.dumps({"claims": [said]})])
    monkeypatch.setattr(auditing, "asked_model", lambda place: AskedModel(scripted))
    told = shop("audit", "run", str(answers), "--llm", "--json").json
    assert told["counts"]["contradicted"] == 1
    assert told["proposals"]["proposed"] == 1
    assert shop("audit", "run", str(answers), "--json").json["counts"]["contradicted"] == 0


def test_a_file_without_an_answer_passes_no_limit(shop: Call, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("nothing\n")
    told = shop("audit", "run", str(broken), "--uncalibrated", "--fail-over", "contradicted=0.1")
    assert told.code == 2
    assert "line 1" in told.err


def test_likeness_may_propose(shop: Call, answers: Path) -> None:
    plain = shop("audit", "run", str(answers), "--json").json
    told = shop("audit", "run", str(answers), "--encoder", "--json").json
    assert told["audit"] != plain["audit"]
    assert told["counts"]["supported"] == plain["counts"]["supported"]


def test_a_limit_gives_an_exit_code(shop: Call, answers: Path) -> None:
    refused = shop("audit", "run", str(answers), "--fail-over", "contradicted=0.01")
    assert refused.code == 2
    assert "audit calibrate" in refused.err
    run = ("audit", "run", str(answers), "--uncalibrated", "--fail-over")
    assert shop(*run, "contradicted=0.01").code == 1
    assert shop(*run, "contradicted=0.5").code == 0
    assert shop(*run, "rejects=0").code == 1
    assert shop(*run, "nonsense=0.5").code == 2
    assert shop(*run, "contradicted=2").code == 2


def test_a_report_and_pairs_are_written(shop: Call, answers: Path, tmp_path: Path) -> None:
    shop("audit", "run", str(answers))
    page = tmp_path / "deep" / "report.html"
    assert shop("audit", "report", "last", "--out", str(page)).out.strip() == str(page)
    assert "Bibimbap comes from Italy" in page.read_text(encoding="utf-8")
    pairs = shop("audit", "export", "1", "--format", "dpo")
    assert json.loads(pairs.out)["chosen"] == "Bibimbap comes from Korea."
    assert shop("audit", "export", "1", "--format", "xml").code == 2
    assert shop("audit", "report", "none").code == 2


def test_a_regression_between_models_is_told(shop: Call, tmp_path: Path) -> None:
    for name, country in (("one", "Korea"), ("two", "Italy")):
        path = tmp_path / f"{name}.jsonl"
        lines = [{"id": at, "text": f"Bibimbap comes from {country}."} for at in range(8)]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        shop("audit", "run", str(path), "--label", name, "--model", name)
    worse = shop("audit", "diff", "one", "two", "--json")
    assert worse.code == 1
    assert len(worse.json["worse"]) == 8
    assert shop("audit", "diff", "two", "one").code == 0
    assert shop("audit", "diff", "one", "one").code == 0


def test_rates_are_shown_when_the_checker_was_calibrated(shop: Call, answers: Path) -> None:
    assert "rates" not in shop("audit", "run", str(answers), "--json").json
    made = shop("audit", "calibrate", "--pairs", "10", "--json").json
    assert made["faults"]["swap"]["pairs"] == 10
    assert made["faults"]["swap"]["caught"]["low"] < 1.0
    assert shop("audit", "run", str(answers), "--json").json["rates"]["contradicted"]["count"] == 1
    table = shop("audit", "calibrate", "--pairs", "5")
    assert table.out.splitlines()[0].split()[:2] == ["fault", "pairs"]
    assert "left out" in table.err
