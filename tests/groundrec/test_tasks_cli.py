"""Ratings, what comes next, and summaries, on the small shop of recipes."""

from pathlib import Path

import pytest

from tests.groundrec.calling import Call
from tests.groundrec.test_cli import users_and_item


def test_a_rating_is_expected_and_a_models_stands_beside_it(
    shop: Call, small_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, title = users_and_item(shop)
    plain = shop("predict-rating", user, title, "--json").json
    assert plain["scale"][0] <= plain["expected"] <= plain["scale"][-1]
    assert plain["by_model"] is None
    monkeypatch.setenv("GROUNDREC_LLM", str(small_weights))
    monkeypatch.setenv("GROUNDREC_LLM_THREADS", "1")
    told = shop("predict-rating", user, title, "--llm", "--json").json
    assert told["expected"] == plain["expected"]
    assert told["by_model"] in plain["scale"]


def test_what_comes_next_follows_the_last_likes(shop: Call) -> None:
    result = shop("next", "cook-1", "-k", "2", "--json")
    assert result.code == 0, result.err
    assert len(result.json["items"]) == 2
    assert "after the last" in result.json["notes"][0]
    shown = shop("next", "cook-1", "-k", "1")
    assert "[ok" in shown.out


def test_a_summary_says_what_the_catalogue_says(shop: Call) -> None:
    result = shop("summary", "Bibimbap", "--no-llm")
    assert "Bibimbap comes from Korea.  [ok]" in result.out
    told = shop("summary", "Bibimbap", "--no-llm", "--style", "expert", "--json").json
    assert all(one["verdict"] == "supported" for one in told["words"]["sentences"])
    rows = [
        row
        for one in told["words"]["sentences"]
        for f in one["facts"]
        for e in f["edges"]
        for row in e["rows"]
    ]
    assert any(row.startswith("recipes.csv:") for row in rows)


def test_a_summary_in_korean_reads_korean(shop: Call) -> None:
    result = shop("--language", "ko", "summary", "Bibimbap", "--no-llm")
    assert result.code == 0
    assert "[ok" in result.out


@pytest.mark.parametrize("command", [("predict-rating", "nobody", "Bibimbap"), ("next", "nobody")])
def test_nobody_is_said_to_be_nobody(shop: Call, command: tuple[str, ...]) -> None:
    result = shop(*command)
    assert result.code == 2
    assert "nobody called 'nobody'" in result.err
