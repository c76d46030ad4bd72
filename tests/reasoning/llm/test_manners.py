"""Budgets hold before the call, and replies replay without the model."""

from dataclasses import replace
from pathlib import Path

import pytest

from graph.errors import BudgetError, ModelDownError
from reasoning.llm.budget import Budget, Budgeted, Prices
from reasoning.llm.cached import Cached
from reasoning.llm.model import LanguageModel, Limits, Message, Reply, Request, Usage
from reasoning.llm.scripted import ScriptedModel

REQUEST = Request((Message("user", "Why?"),), limits=Limits(max_tokens=10))


def test_tokens_run_out_before_a_call_and_not_after() -> None:
    model = ScriptedModel(["one two three"] * 9)
    budget = Budget(max_tokens=45)
    frugal = Budgeted(model, budget)
    with pytest.raises(BudgetError, match="tokens are spent"):
        for _ in range(9):
            frugal.complete(REQUEST)
    spent = budget.spent.prompt_tokens + budget.spent.completion_tokens
    assert spent <= 45
    assert spent == 12 * budget.spent.calls
    assert len(model.requests) == budget.spent.calls == 3


def test_money_runs_out() -> None:
    prices = Prices(prompt=1e6, completion=2e6)  # 1 and 2 a token
    budget = Budget(max_cost=60.0)
    frugal = Budgeted(ScriptedModel(["one two three"] * 9), budget, prices)
    reply = frugal.complete(REQUEST)
    assert reply.usage.cost == 9 + 2 * 3
    with pytest.raises(BudgetError, match="is spent"):
        for _ in range(9):
            frugal.complete(REQUEST)
    assert budget.spent.cost <= 60.0


def opened(model: LanguageModel, folder: Path) -> Cached:
    return Cached(lambda: model, model.name, True, folder)


def test_a_run_replays_without_the_model(tmp_path: Path) -> None:
    first = opened(ScriptedModel(["because"]), tmp_path).complete(REQUEST)
    heard: list[str] = []
    down = ScriptedModel([ModelDownError("down")])
    again = opened(down, tmp_path).complete(REQUEST, heard.append)
    assert (again.text, heard) == (first.text, ["because"])
    assert down.requests == []
    assert again.usage.cached == 1
    assert again.usage.completion_tokens == first.usage.completion_tokens


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, seed=1),
        replace(REQUEST, alternatives=2),
        replace(REQUEST, schema={"type": "object"}),
        replace(REQUEST, limits=Limits(11)),
        replace(REQUEST, messages=(Message("system", "Why?"),)),
    ],
)
def test_another_request_is_another_reply(tmp_path: Path, other: Request) -> None:
    model = opened(ScriptedModel(["one", "two"]), tmp_path)
    assert model.complete(REQUEST).text == "one"
    assert model.complete(other).text == "two"


def test_time_is_no_part_of_the_question(tmp_path: Path) -> None:
    model = opened(ScriptedModel(["one", "two"]), tmp_path)
    model.complete(REQUEST)
    assert model.complete(replace(REQUEST, limits=Limits(10, seconds=1.0))).text == "one"


def test_a_reply_that_cannot_be_read_is_asked_for_again(tmp_path: Path) -> None:
    opened(ScriptedModel(["one"]), tmp_path).complete(REQUEST)
    (kept,) = tmp_path.rglob("*.json")
    kept.write_text('{"reply": {"text": 5}}')
    assert opened(ScriptedModel(["two"]), tmp_path).complete(REQUEST).text == "two"
    assert opened(ScriptedModel([]), tmp_path).complete(REQUEST).text == "two"


def test_what_was_not_answered_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ModelDownError):
        opened(ScriptedModel([ModelDownError("down")]), tmp_path).complete(REQUEST)
    assert list(tmp_path.rglob("*.json")) == []


def test_usage_adds_up() -> None:
    total = Usage(1, 2, 3.0, 4.0) + Usage(10, 20, 30.0, 40.0, calls=2, cached=1)
    assert total == Usage(11, 22, 33.0, 44.0, 3, 1)


def test_what_is_kept_is_what_was_said(tmp_path: Path) -> None:
    said = Reply("그래서", "scripted", Usage(3, 4), "length")
    opened(ScriptedModel([said]), tmp_path).complete(REQUEST)
    kept = opened(ScriptedModel([]), tmp_path).complete(REQUEST)
    assert (kept.text, kept.stopped, kept.model) == (said.text, said.stopped, said.model)
