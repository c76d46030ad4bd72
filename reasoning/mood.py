"""What a wish means that names nothing: a model names values of the catalogue, and is held to them.

It proposes from an enumeration, and each proposal is judged alone by its probability of Yes; what
it names is put first and never filters anything out.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.errors import LanguageModelError
from graph.snapshot import Snapshot
from reasoning.facts import as_data
from reasoning.judging import judge
from reasoning.llm.model import NOTHING_USED, LanguageModel, Limits, Message, Request, Usage
from reasoning.prompt import prompt
from reasoning.wish import Filter, Wish, named_values

LONGEST_WISH = 400


class _Want(BaseModel):
    model_config = ConfigDict(extra="forbid")

    want: list[str] = Field(max_length=8)


@dataclass(frozen=True, slots=True)
class Mood:
    """Soft filters, what finding them took, and why there are none ("": there was none to find)."""

    filters: tuple[Filter, ...]
    usage: Usage
    trouble: str = ""


def read_mood(
    model: LanguageModel, snapshot: Snapshot, wish: Wish, language: str, seconds: float
) -> Mood:
    """The values that a model names for the words of a wish that named nothing."""
    values = {as_data(label, 40): one for label, one in named_values(snapshot).items()}
    said = as_data(_without_denied(wish), LONGEST_WISH)
    if not values or all(one.negated for one in wish.rest) or model.name == "template":
        return Mood((), NOTHING_USED)
    messages = prompt("wish", language).messages({"wish": said, "values": ", ".join(values)})
    schema = {
        "type": "object",
        "properties": {
            "want": {
                "type": "array",
                "items": {"type": "string", "enum": list(values)},
                "maxItems": 2,
            }
        },
        "required": ["want"],
        "additionalProperties": False,
    }
    usage = NOTHING_USED
    try:
        reply = model.complete(Request(messages, schema, Limits(60, seconds)))
        usage = reply.usage
        named = _Want.model_validate_json(reply.text).want
        known = [value for value in dict.fromkeys(named) if value in values]
        soft = []
        for value in known:
            asked = Message("user", f"Wish: {said}\nDoes it ask for {value}? Yes or No:")
            judgement = judge(model, (asked,), seconds)
            usage = usage + judgement.usage
            if judgement.yes is None or judgement.yes >= 0.5:
                soft.append(values[value])
    except ValidationError:
        return Mood((), usage, "the model named nothing that the catalogue has")
    except LanguageModelError as error:
        return Mood((), usage, str(error))
    denied = {row for one in wish.filters for row in one.rows}
    return Mood(tuple(one for one in soft if not one.rows & denied), usage)


def _without_denied(wish: Wish) -> str:
    """The wish without the words that it denies: a small model takes them for what is wanted."""
    text = wish.text
    for one in wish.rest:
        if one.negated:
            text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return " ".join(text.split())
