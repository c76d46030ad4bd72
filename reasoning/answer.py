"""From a prompt to sentences that may be shown: asked, validated, checked, repaired.

asked      with a schema that only lets the given facts be cited
validated  what is no answer is asked for again, at most twice; then the facts are said plainly
checked    each sentence, as it comes, is taken apart into claims and looked up
repaired   a sentence that the graph does not support becomes one of the facts that it cites,
           word for word, or goes
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.errors import LanguageModelError
from graph.names import NameIndex, words
from graph.types import Claim, VerdictKind
from reasoning.check import Asker, Checked, check
from reasoning.facts import Fact, as_data
from reasoning.history import LIKED
from reasoning.llm.model import NOTHING_USED, LanguageModel, Limits, Message, Request, Usage
from reasoning.objects import ObjectStream

MOST_TRIES = 3
LONGEST_SENTENCE = 240
TEMPLATE = "template"  # the name of no model at all
_YOURS = re.compile(
    r"\byou(?:['’]ve| have)?(?: also| really)? (?:like|love|enjoy|saw|see|watch|rate)\w*|"
    r"\byour (?:favou?rite|likes)|좋아하(?:신|셨|시)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


class Fate(StrEnum):
    """What became of a sentence."""

    KEPT = "kept"
    REPAIRED = "repaired"
    DROPPED = "dropped"
    TEMPLATE = "template"


class Said(BaseModel):
    """A sentence as a model gave it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: list[str] = Field(min_length=1, max_length=8)
    text: str = Field(min_length=1, max_length=2 * LONGEST_SENTENCE)


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence, what the graph says of it, and what is shown of it.

    `text` is "" for one that was dropped; `facts` are those that it rests on; `why` tells why it
    is not as the model said it. `checked` is of the model's own words.
    """

    said: str
    cited: tuple[str, ...]
    checked: Checked
    fate: Fate
    text: str
    facts: tuple[Fact, ...]
    why: str = ""

    @property
    def edges(self) -> tuple[str, ...]:
        """The edges of its facts, or those that the graph found for it."""
        found = [edge.id for verdict in self.checked.verdicts for edge in verdict.evidence]
        cited = [edge for fact in self.facts for edge in fact.edges]
        return tuple(dict.fromkeys(cited or found))


@dataclass(frozen=True, slots=True)
class Worded:
    """The record of one answer: what was asked, what was said, what became of it."""

    model: str
    messages: tuple[Message, ...]
    raw: tuple[str, ...]
    sentences: tuple[Judged, ...]
    violations: tuple[str, ...]
    fallback: str
    usage: Usage

    @property
    def shown(self) -> tuple[Judged, ...]:
        """The sentences that a reader sees."""
        return tuple(sentence for sentence in self.sentences if sentence.text)

    @property
    def survived(self) -> bool:
        """Whether at least two sentences are a model's own words, as they came."""
        return (
            self.model != TEMPLATE
            and sum(sentence.fate == Fate.KEPT for sentence in self.sentences) >= 2
        )


@dataclass(frozen=True, slots=True)
class Judge:
    """Checks sentences against the graph, for somebody, beside the facts that were given."""

    names: NameIndex
    asker: Asker | None
    facts: Sequence[Fact]
    known: Mapping[str, frozenset[tuple[object, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        told = {
            fact.id: self._claims(check(self.names, fact.text, self.asker)) for fact in self.facts
        }
        object.__setattr__(self, "known", told)

    def judge(self, said: Said, before: Sequence[Judged]) -> Judged:
        """What is shown of a sentence, given those before it."""
        text = as_data(said.text, LONGEST_SENTENCE)
        checked = check(self.names, text, self.asker)
        claims = self._claims(checked)
        cited = tuple(said.facts)
        told = {fact.id for one in before if one.text for fact in one.facts}
        trouble = self._trouble(text, checked)
        if not trouble:
            bearing = tuple(fact for fact in self.facts if self.known[fact.id] & claims)
            if bearing and all(fact.id in told for fact in bearing):
                return Judged(text, cited, checked, Fate.DROPPED, "", (), "was said before")
            return Judged(text, cited, checked, Fate.KEPT, text, bearing)
        for fact in self.facts:
            if fact.id in cited and fact.id not in told:
                return Judged(text, cited, checked, Fate.REPAIRED, fact.text, (fact,), trouble)
        return Judged(text, cited, checked, Fate.DROPPED, "", (), trouble)

    def plainly(self, fact: Fact) -> Judged:
        """A fact, said as it stands."""
        checked = check(self.names, fact.text, self.asker)
        return Judged(fact.text, (fact.id,), checked, Fate.TEMPLATE, fact.text, (fact,))

    def _trouble(self, text: str, checked: Checked) -> str:
        """Why a sentence may not be shown as it is; "" when it may."""
        for verdict in checked.verdicts:
            if verdict.kind != VerdictKind.SUPPORTED:
                return f"{verdict.kind.value}: {verdict.reason.value}"
        if not checked.verdicts:
            return "says nothing that can be checked"
        if text.count("“") != text.count("”"):
            return "opens or closes a quotation alone"
        kinds = {verdict.claim.relation for verdict in checked.verdicts}
        counted = any(verdict.claim.numbers for verdict in checked.verdicts)
        if _YOURS.search(text) and LIKED not in kinds and not counted:
            return "says what you liked, in words that were not read"
        foreign = strangers(text, self.facts)
        return f"{', '.join(foreign)}: in no fact" if foreign else ""

    def _claims(self, checked: Checked) -> frozenset[tuple[object, ...]]:
        return frozenset(_key(verdict.claim) for verdict in checked.verdicts)


def strangers(text: str, facts: Sequence[Fact]) -> tuple[str, ...]:
    """Numbers and names in a text that stand in no fact: what claims are not read from either.

    A name is a word with a capital that does not begin a sentence.
    """
    known = {word for fact in facts for word, _, _ in words(fact.text)}
    found = []
    for word, start, end in words(text):
        first = not text[:start].rstrip("\"'“‘( ") or text[:start].rstrip()[-1:] in ".!?:"
        named = text[start].isupper() and not first
        if (named or _DIGIT.search(word)) and word not in known:
            found.append(text[start:end])
    return tuple(dict.fromkeys(found))


def answer_schema(
    facts: Sequence[Fact], least: int, most: int, *, steps: bool = False
) -> Mapping[str, object]:
    """The form of an answer: so many sentences, each citing one or two of these facts.

    `steps`: before them what the reader looks for, and which facts speak to it.
    """
    ids = [fact.id for fact in facts]
    sentence = {
        "type": "object",
        "properties": {
            "facts": {
                "type": "array",
                "items": {"type": "string", "enum": ids},
                "minItems": 1,
                "maxItems": 2,
            },
            "text": {"type": "string", "minLength": 8, "maxLength": LONGEST_SENTENCE},
        },
        "required": ["facts", "text"],
        "additionalProperties": False,
    }
    parts: dict[str, object] = {}
    if steps:
        parts["intention"] = {"type": "string", "maxLength": 160}
        parts["related"] = {
            "type": "array",
            "items": {"type": "string", "enum": ids},
            "maxItems": 4,
        }
    parts["sentences"] = {
        "type": "array",
        "minItems": min(least, len(ids)),
        "maxItems": most,
        "items": sentence,
    }
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def word(
    model: LanguageModel,
    messages: Sequence[Message],
    judge: Judge,
    *,
    least: int = 2,
    most: int = 3,
    steps: bool = False,
    limits: Limits | None = None,
    seed: int = 0,
    tell: Callable[[Judged], None] | None = None,
) -> Worded:
    """An answer from these messages; `tell` gets each sentence as soon as it is judged.

    Never fails for what a model does: then the facts are said plainly, and `fallback` says why.
    """
    asked = tuple(messages)
    schema = answer_schema(judge.facts, least, most, steps=steps)
    raw: list[str] = []
    violations: list[str] = []
    sentences: list[Judged] = []
    usage, fallback = NOTHING_USED, ""

    def add(one: Judged) -> None:
        sentences.append(one)
        if tell is not None and one.text:
            tell(one)

    if not judge.facts:
        return Worded(model.name, asked, (), (), (), "the graph has no evidence for this", usage)
    conversation = asked
    for number in range(MOST_TRIES):
        stream = ObjectStream()

        def heard(piece: str, stream: ObjectStream = stream) -> None:
            for found in stream.feed(piece):
                said = _valid(found, judge, violations)
                if said is not None and sum(bool(one.text) for one in sentences) < most:
                    add(judge.judge(said, sentences))

        request = Request(
            conversation, schema, limits or Limits(90 * most + 40), seed=seed + number
        )
        try:
            reply = model.complete(request, heard)
        except LanguageModelError as error:
            raw.append(stream.text)
            fallback = str(error)
            violations.append(f"no whole reply: {error}")
            break
        raw.append(reply.text)
        usage = usage + reply.usage
        if not stream.whole or not stream.found:
            violations.append(
                "broke off" if reply.stopped == "length" else "not the form asked for"
            )
        if any(one.text for one in sentences):
            break
        fallback = "no sentence could be used"
        again = Message("user", "That could not be used. Answer again: JSON only, as asked.")
        conversation = (*asked, Message("assistant", reply.text[:2000] or "{}"), again)
    told = {fact.id for one in sentences if one.text for fact in one.facts}
    shown = sum(bool(one.text) for one in sentences)
    if shown:
        fallback = ""
    # What is left of the least number of sentences is said plainly.
    for fact in judge.facts:
        if shown >= min(least, len(judge.facts)):
            break
        if fact.id not in told:
            add(judge.plainly(fact))
            shown += 1
    return Worded(
        model.name, asked, tuple(raw), tuple(sentences), tuple(violations), fallback, usage
    )


def _valid(found: str, judge: Judge, violations: list[str]) -> Said | None:
    """A sentence of the asked form; else a violation is noted."""
    try:
        said = Said.model_validate_json(found)
    except ValidationError as error:
        violations.append(f"a sentence of another form: {error.errors()[0]['msg']}")
        return None
    known = [fact for fact in said.facts if fact in judge.known]
    if len(known) < len(said.facts):
        violations.append("cites a fact that was not given")
    return said.model_copy(update={"facts": known})


def _key(claim: Claim) -> tuple[object, ...]:
    return (claim.relation, claim.heads, claim.tails, claim.numbers, claim.negated)


def claims_of(worded: Sequence[Worded]) -> Iterator[Checked]:
    """What the checker found in models' own words, sentence by sentence."""
    for one in worded:
        for sentence in one.sentences:
            if sentence.fate != Fate.TEMPLATE:
                yield sentence.checked
