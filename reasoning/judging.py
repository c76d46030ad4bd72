"""One candidate at a time: how probable is Yes? Small models cannot choose from a list.

The question holds names and facts of the graph, never a free text of the catalogue, so that no
description can speak for itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.facts import Fact, as_data
from reasoning.llm.model import LanguageModel, Limits, Message, Reply, Request, Usage
from reasoning.prompt import prompt

_YES = ("yes", "y", "true", "네", "예")
_NO = ("no", "n", "false", "아니", "아니요", "아니오")
_ALTERNATIVES = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """How probable Yes is beside No, 0 to 1; None when the model said neither."""

    yes: float | None
    usage: Usage


def question(
    liked: Sequence[str], item: str, facts: Sequence[Fact], language: str
) -> tuple[Message, ...]:
    """Would somebody who liked these (labels) like the item (label)?"""
    return prompt("judge", language).messages(
        {
            "liked": "; ".join(as_data(name, 80) for name in liked),
            "item": as_data(item, 80),
            "facts": "\n".join(f"- {fact.text}" for fact in facts),
        }
    )


def judge(model: LanguageModel, messages: Sequence[Message], seconds: float = 60.0) -> Judgement:
    """Ask for one token and compare Yes with No among the likeliest."""
    request = Request(tuple(messages), limits=Limits(1, seconds), alternatives=_ALTERNATIVES)
    reply = model.complete(request)
    return Judgement(p_yes(reply), reply.usage)


def p_yes(reply: Reply) -> float | None:
    """P(Yes) / (P(Yes) + P(No)) over the first token's alternatives."""
    yes = no = 0.0
    for one in reply.likely:
        said = one.token.strip().strip(".,:!\"'").casefold()
        if said in _YES:
            yes += math.exp(one.logprob)
        elif said in _NO:
            no += math.exp(one.logprob)
    return yes / (yes + no) if yes + no > 0 else None
