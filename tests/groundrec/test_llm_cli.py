"""Commands in words, as a user calls them: with the real small model, with none, with faults."""

from pathlib import Path

import pytest

from tests.groundrec.calling import Call
from tests.groundrec.test_cli import users_and_item
from tests.reasoning.llm.bad_server import bad_server


@pytest.fixture
def small(small_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SmolLM2 is the model that the settings mean."""
    monkeypatch.setenv("GROUNDREC_LLM", str(small_weights))
    monkeypatch.setenv("GROUNDREC_LLM_THREADS", "1")
    monkeypatch.setenv("GROUNDREC_LLM_CONTEXT", "2048")


def endpoint(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The endpoint at this address is the model that the settings mean."""
    monkeypatch.setenv("GROUNDREC_LLM", "endpoint")
    monkeypatch.setenv("GROUNDREC_LLM_URL", address)
    monkeypatch.setenv("GROUNDREC_LLM_MODEL", "m")
    monkeypatch.setenv("GROUNDREC_LLM_SECONDS", "2")


@pytest.mark.usefixtures("small")
def test_the_real_small_model_words_and_the_graph_decides(shop: Call) -> None:
    plain = shop("recommend", "cook-1", "-k", "2", "--json").json
    told = shop("recommend", "cook-1", "-k", "2", "--llm", "--style", "brief", "--json").json
    assert [item["id"] for item in told["items"]] == [item["id"] for item in plain["items"]]
    assert told["usage"]["calls"] >= 2
    for item in told["items"]:
        words = item["words"]
        assert words["model"].startswith("SmolLM2")
        shown = [one for one in words["sentences"] if one["text"]]
        assert len(shown) >= 2
        assert all(one["facts"] or one["edges"] for one in shown)
        assert shop("check", "--user", "cook-1", "--text", shown[0]["text"]).code == 0


@pytest.mark.usefixtures("small")
def test_a_run_replays_what_was_said(shop: Call) -> None:
    user, title = users_and_item(shop)
    first = shop("explain", user, title, "--llm", "--json").json
    again = shop("explain", user, title, "--llm", "--json").json
    assert first["usage"]["cached"] == 0
    assert again["usage"]["cached"] == again["usage"]["calls"]
    assert again["words"]["raw"] == first["words"]["raw"]
    assert again["words"]["sentences"] == first["words"]["sentences"]


def test_no_model_is_no_trouble(shop: Call) -> None:
    user, title = users_and_item(shop)
    result = shop("explain", user, title, "--llm", "--style", "brief")
    assert "no language model has been fetched" in result.err
    assert result.code == 0
    assert result.out.count("[ok") == 2
    assert "F1" in result.out
    assert ".csv:" in result.out or ".jsonl:" in result.out or ".tsv:" in result.out


def test_the_prompt_can_be_seen(shop: Call) -> None:
    user, title = users_and_item(shop)
    result = shop("explain", user, title, "--show-prompt")
    assert "| system:" in result.out
    assert "|   F1: " in result.out


def test_faithfulness_on_request(shop: Call) -> None:
    user, title = users_and_item(shop)
    told = shop("explain", user, title, "--faithful", "--json").json["faithfulness"]
    assert 0 < told["claimed"] <= 1
    assert told["edges"] > 0
    assert not told["idle"]
    assert told["renormalised"] > 0
    assert "random ones it " in shop("explain", user, title, "--faithful").out


@pytest.mark.parametrize(
    "way", ["quota", "html", "shape", "cut", "endless", "refuses", "slow", "window"]
)
def test_words_come_whatever_the_endpoint_does(
    shop: Call, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    plain = shop("recommend", "cook-1", "-k", "1", "--json").json
    with bad_server(way) as (address, _):
        endpoint(monkeypatch, address)
        monkeypatch.setenv("GROUNDREC_LLM_SECONDS", "0.9")
        told = shop("recommend", "cook-1", "-k", "1", "--llm", "--json")
    assert told.code == 0
    (item,) = told.json["items"]
    assert item["id"] == plain["items"][0]["id"]
    assert item["words"]["fallback"]
    shown = [one for one in item["words"]["sentences"] if one["text"]]
    assert [one["fate"] for one in shown] == ["template"] * len(shown)
    assert len(shown) >= 2


def test_it_says_that_words_fell_back(shop: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with bad_server("quota") as (address, _):
        endpoint(monkeypatch, address)
        result = shop("recommend", "cook-1", "-k", "1", "--llm")
    assert "the quota is used up" in result.out
    assert "said by template" in result.out


def test_a_budget_ends_the_words_and_not_the_answer(
    shop: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bad_server("good") as (address, asked):
        endpoint(monkeypatch, address)
        result = shop("recommend", "cook-1", "-k", "3", "--llm", "--max-tokens", "1", "--json")
        assert asked == []
    assert all("are spent" in item["words"]["fallback"] for item in result.json["items"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--style", "loud"], "none of brief, full, expert"),
        (["--approach", "psychic"], "none of few, zero, steps"),
    ],
)
def test_options_are_checked(shop: Call, options: list[str], told: str) -> None:
    result = shop("recommend", "cook-1", "--llm", *options)
    assert result.code == 2
    assert told in result.err


def test_an_endpoint_needs_an_address(shop: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDREC_LLM", "endpoint")
    result = shop("recommend", "cook-1", "--llm")
    assert result.code == 2
    assert "needs an address" in result.err
    monkeypatch.setenv("GROUNDREC_LLM_KEY", "secret-key-1")
    assert "secret-key-1" not in shop("doctor").out


def test_a_most_that_it_may_cost_needs_prices(shop: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with bad_server("good") as (address, asked):
        endpoint(monkeypatch, address)
        unknown = shop("recommend", "cook-1", "-k", "1", "--llm", "--max-cost", "0.5")
        assert unknown.code == 2
        assert "GROUNDREC_LLM_PRICE_PROMPT" in unknown.err
        monkeypatch.setenv("GROUNDREC_LLM_PRICE_PROMPT", "1000000")
        told = shop("recommend", "cook-1", "-k", "1", "--llm", "--max-cost", "0.5", "--json")
        assert asked == []
    (item,) = told.json["items"]
    assert "is spent" in item["words"]["fallback"]


def test_an_endpoint_that_leaves_the_form_is_asked_thrice_and_counted(
    shop: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bad_server("good", text="I would rather chat.") as (address, asked):
        endpoint(monkeypatch, address)
        monkeypatch.setenv("GROUNDREC_LLM_SECONDS", "20")
        result = shop("recommend", "cook-1", "-k", "1", "--llm")
        assert len(asked) == 3
    assert "said by template" in result.out
    assert "3 violations of the form" in result.out
