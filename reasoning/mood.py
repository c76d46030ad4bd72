"""What a wish means that names nothing: a model names values of the catalogue, and is held to them.

It proposes from an enumeration, and each proposal is judged alone by its probability of Yes; what
it names is put first and never filters anything out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.errors import LanguageModelError
from graph.snapshot import Snapshot
from reasoning.facts import as_data
from reasoning.judging import judge
from reasoning.llm.model import NOTHING_USED, LanguageModel, Limits, Message, Request, Usage
from reasoning.prompt import prompt
from reasoning.wish import Filter, Wish, small_kinds

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
    values = _values(snapshot)
    if not values or not wish.rest or model.name == "template":
        return Mood((), NOTHING_USED)
    said = as_data(wish.text, LONGEST_WISH)
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


def _values(snapshot: Snapshot) -> dict[str, Filter]:
    found: dict[str, Filter] = {}
    for relation, kind in small_kinds(snapshot).items():
        for row, label in _labels(snapshot, kind):
            found.setdefault(label, Filter(label, (relation,), frozenset({row}), soft=True))
    return found


def _labels(snapshot: Snapshot, kind: str) -> Sequence[tuple[int, str]]:
    rows = snapshot.rows(kind)
    return [
        (row, as_data(label, 40))
        for row, label in zip(rows, snapshot.labels(list(rows)), strict=True)
    ]
