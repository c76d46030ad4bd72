"""A rating from a language model: one value of the scale, and nothing else can be said."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from graph.errors import LanguageModelError
from reasoning.facts import Fact, as_data
from reasoning.llm.model import NOTHING_USED, LanguageModel, Limits, Message, Request, Usage
from reasoning.prompt import prompt


class _Rated(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rating: str


@dataclass(frozen=True, slots=True)
class ModelRating:
    """What a model would expect (None: it gave no value of the scale, and `trouble` says why)."""

    value: float | None
    usage: Usage
    trouble: str = ""


def rating_question(
    rated: Sequence[tuple[str, float]],
    item: str,
    average: float,
    scale: Sequence[float],
    facts: Sequence[Fact],
    language: str,
) -> tuple[Message, ...]:
    """How would somebody who rated these (labels) rate the item (label)?"""
    return prompt("rate", language).messages(
        {
            "rated": "; ".join(f"{as_data(name, 80)} {value:g}" for name, value in rated),
            "item": as_data(item, 80),
            "average": f"{average:.1f}",
            "facts": "\n".join(f"- {fact.text}" for fact in facts),
            "scale": ", ".join(f"{value:g}" for value in scale),
        }
    )


def rate(
    model: LanguageModel, messages: Sequence[Message], scale: Sequence[float], seconds: float
) -> ModelRating:
    """One value of the scale; a model that gives another has given none."""
    values = {f"{value:g}": value for value in scale}
    schema = {
        "type": "object",
        "properties": {"rating": {"type": "string", "enum": list(values)}},
        "required": ["rating"],
        "additionalProperties": False,
    }
    try:
        reply = model.complete(Request(tuple(messages), schema, Limits(24, seconds)))
    except LanguageModelError as error:
        return ModelRating(None, NOTHING_USED, str(error))
    try:
        said = _Rated.model_validate_json(reply.text).rating
        return ModelRating(values[said], reply.usage)
    except (ValidationError, KeyError):
        return ModelRating(None, reply.usage, "it gave no value of the scale")
