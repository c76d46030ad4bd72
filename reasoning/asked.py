"""A language model proposes claims for sentences that were not understood; it decides nothing.

It is asked one sentence at a time, answers in a schema whose relations are the graph's own, and
names subjects and objects as the sentence writes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.errors import LanguageModelError
from graph.schema import Schema
from reasoning.antecedents import meant
from reasoning.facts import as_data
from reasoning.linking import Argument, Linker
from reasoning.llm.model import NOTHING_USED, LanguageModel, Limits, Request, Usage
from reasoning.prompt import prompt
from reasoning.proposals import Proposal
from reasoning.words import fill

MOST_CLAIMS = 4
_LONGEST_NAME = 120
_TOKENS = 200
# Small models answer with an empty list where they may; so they have to choose, this if need be.
_NONE = "none"


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    relation: str
    subject: str = Field(max_length=_LONGEST_NAME)
    object: str = Field(max_length=_LONGEST_NAME)
    denied: bool = False


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    claims: list[_Said] = Field(max_length=MOST_CLAIMS)


@dataclass
class AskedModel:
    """Proposes what a model reads in a sentence; `spent` is what it took, `dropped` what was not
    in the sentence or no JSON, `trouble` why it was not asked any more.
    """

    model: LanguageModel
    seconds: float = 60.0
    spent: Usage = NOTHING_USED
    proposed: int = 0
    dropped: int = 0
    trouble: str = ""
    _schemas: dict[int, tuple[dict[str, object], str]] = field(default_factory=dict)

    def __call__(self, linker: Linker) -> Sequence[Proposal]:
        """What the model reads, as far as the sentence has the names."""
        if self.trouble or not _worth_asking(linker):
            return ()
        form, relations = self._form(linker.lexicon.schema)
        spoken = [name.text for some in linker.before for name in some if name.rows]
        messages = prompt("claims", "en").messages(
            {
                "sentence": as_data(linker.text[linker.start : linker.end]),
                "spoken": "; ".join(as_data(name, 80) for name in dict.fromkeys(spoken)) or "-",
                "relations": relations,
            }
        )
        try:
            reply = self.model.complete(Request(messages, form, Limits(_TOKENS, self.seconds)))
        except LanguageModelError as error:
            self.trouble = str(error)
            return ()
        self.spent = self.spent + reply.usage
        try:
            every = _Reply.model_validate_json(reply.text).claims
            said = [one for one in every if one.relation != _NONE]
        except ValidationError:
            self.dropped += 1
            return ()
        found = [one for one in (_linked(linker, claim) for claim in said) if one is not None]
        self.dropped += len(said) - len(found)
        self.proposed += len(found)
        return found

    def _form(self, schema: Schema) -> tuple[dict[str, object], str]:
        """The schema of a reply, and what its relations mean."""
        known = self._schemas.get(id(schema))
        if known is not None:
            return known
        names = {
            name: fill(words.forward, {"head": "SUBJECT", "tail": "OBJECT"})
            for name, relation in schema.relations.items()
            if not relation.interaction and (words := relation.words.get("en")) is not None
        }
        text = {"type": "string", "maxLength": _LONGEST_NAME}
        claim = {
            "type": "object",
            "properties": {
                "relation": {"type": "string", "enum": [*names, _NONE]},
                "subject": text,
                "object": text,
                "denied": {"type": "boolean"},
            },
            "required": ["relation", "subject", "object", "denied"],
            "additionalProperties": False,
        }
        form: dict[str, object] = {
            "type": "object",
            "properties": {
                "claims": {"type": "array", "items": claim, "minItems": 1, "maxItems": MOST_CLAIMS}
            },
            "required": ["claims"],
            "additionalProperties": False,
        }
        lines = [f"{name}: {words}" for name, words in names.items()]
        told = "\n".join([*lines, f"{_NONE}: the sentence says none of these"])
        made = self._schemas[id(schema)] = (form, told)
        return made


def _worth_asking(linker: Linker) -> bool:
    """Whether a sentence names something of the graph, or may speak of what was named before."""
    return any(name.rows for name in linker.named) or bool(linker.before)


def _linked(linker: Linker, said: _Said) -> Proposal | None:
    """The proposal with its names as nodes; None where the sentence does not have them."""
    relation = linker.lexicon.schema.relations.get(said.relation)
    if relation is None:
        return None
    head = _named(linker, said.subject, relation.head)
    tail = _named(linker, said.object, relation.tail)
    if head is None or tail is None:
        # Models turn the two about; the kinds tell which is which.
        head = _named(linker, said.object, relation.head)
        tail = _named(linker, said.subject, relation.tail)
    return Proposal(said.relation, head, tail, said.denied) if head and tail else None


def _named(linker: Linker, words: str, kind: str) -> Argument | None:
    """What words of a reply stand for: a name of the sentence, or what was spoken of before."""
    bare = words.strip().casefold()
    if not bare:
        return None
    for name in linker.named:
        if linker.of_kind(name.rows, (kind,)) and name.text.casefold() in (bare, f"the {bare}"):
            return name
    held = [
        name
        for name in linker.named
        if linker.of_kind(name.rows, (kind,)) and f" {name.text.casefold()} " in f" {bare} "
    ]
    if len(held) == 1:  # "cinemas in 1987"
        return held[0]
    before = meant(linker.before, linker, kind, many=False)
    if before and before[0].rows:
        same = bare in before[0].text.casefold() or before[0].text.casefold() in bare
        if same or linker.lexicon.pointing.fullmatch(bare):
            return before[0]
    at = linker.text.casefold().find(bare, linker.start, linker.end)
    if at < 0 or any(name.rows and name.start <= at < name.end for name in linker.named):
        return None
    return Argument(at, at + len(bare), linker.text[at : at + len(bare)], ())
