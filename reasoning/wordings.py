"""The wordings in which a relation is read: those of the mapping, and what follows from them.

A mapping says "{head} was directed by {tail}"; from that follow "the director of {head} is
{tail}", "{head}, directed by {tail}" and the like. `grammar` makes patterns of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graph.schema import Relation, RelationWords, Schema
from reasoning.phrases import PHRASES

PREPOSITIONS = frozenset(("from", "in", "with", "by", "of", "at", "on", "for"))
# Participles that do not end in -ed, with the verb.
_PARTICIPLES = {
    "written": "write", "made": "make", "sung": "sing", "given": "give", "won": "win",
    "shot": "shoot", "held": "hold", "led": "lead", "built": "build", "drawn": "draw",
    "sold": "sell", "told": "tell", "taught": "teach", "sent": "send", "grown": "grow",
}  # fmt: skip
# Participles, with the past that a template may have: "{tail} wrote {head}".
_PAST = {"written": "wrote", "made": "made", "sung": "sang", "given": "gave", "won": "won",
         "shot": "shot", "led": "led", "built": "built", "drawn": "drew", "sold": "sold",
         "told": "told", "sent": "sent"}  # fmt: skip
_DOES = re.compile(r"\{tail\} (\w+) \{head\}")
_DOES_IN = re.compile(r"\{tail\} (\w+) in \{head\}")
_WAS_DONE = re.compile(r"\{head\} was (\w+(?:ed|en) \w+) \{tail\}")
_IS_BY = re.compile(r"\{head\} is (by) \{tail\}")
_DONE_BY = re.compile(r"\b(\w+) by \{tail\}$")
# "came out in {tail}" is "came out before 2000" where a stretch of time is told.
_IN_A_VALUE = re.compile(
    r"(\{head\} (?!(?:is|was|are|were) (?:in|from))[\w ]+) (?:in|from) \{tail\}"
)
_NOUN_OF = re.compile(r"^\{tail\} (?:is|was) (?:a|an|the|one) (\w+) of \{head\}$")
_THE_NOUN = re.compile(r"^the (\w+) of \{head\} (?:is|was) \{tail\}$")


@dataclass(frozen=True, slots=True)
class Wording:
    """A template with {head} and {tail}; the marks are those of `grammar.Pattern`."""

    template: str
    list_needed: bool = False
    strict: bool = False
    leads: bool = False
    stretch: bool = False


def wordings(schema: Schema, name: str) -> Iterator[tuple[str, Wording]]:
    """All wordings of a relation, each with its language."""
    relation = schema.relations[name]
    for language, words in relation.words.items():
        for template in (words.forward, words.inverse, *words.also):
            yield language, Wording(template)
            if language == "en":
                for wording in _turned(template):
                    yield language, wording
        if words.shared:
            for wording in _shared(schema, relation, language, words):
                yield language, wording
        if language == "en":
            for noun in _nouns(schema, relation, words):
                for template in _with_noun(noun):
                    yield language, Wording(template)
            for template in _before_kind(schema, relation, words):
                yield language, Wording(template)


def nouns_of(schema: Schema, name: str) -> list[str]:
    """What a relation's tail is to its head, in English: director, writer, genre."""
    words = schema.relations[name].words.get("en")
    return list(_nouns(schema, schema.relations[name], words)) if words else []


def _turned(template: str) -> Iterator[Wording]:
    """What follows from one wording: the passive, its participle, its place before or no verb."""
    if bare := _IN_A_VALUE.fullmatch(template):
        if " in {" in template:
            yield Wording(template.replace(" in {", " on {"))  # "on May 1, 1995"
        yield Wording(f"{bare[1]} {{tail}}", stretch=True)
    if done := _DOES.fullmatch(template):
        past = {verb: participle for participle, verb in _PAST.items()}.get(done[1], done[1])
        if done[1].endswith("ed") or past in _PARTICIPLES:
            yield Wording(f"{{head}} was {past} by {{tail}}")
            yield Wording(f"{{head}}, {past} by {{tail}}")
    if said := _WAS_DONE.fullmatch(template):
        yield Wording(f"{{head}}, {said[1]} {{tail}}")
        yield Wording(f"{said[1]} {{tail}}, {{head}}", strict=True, leads=True)
        yield Wording(f"{{head}} and {said[1]} {{tail}}")
    if inside := _DOES_IN.fullmatch(template):
        yield Wording(f"in {{head}}, {{tail}} {inside[1]}")
        if inside[1].endswith("s"):
            yield Wording(f"in {{head}}, {{tail}} {inside[1].removesuffix('s')}ed")
    if short := _IS_BY.fullmatch(template):
        yield Wording(f"{{head}} {short[1]} {{tail}}", strict=True)
        yield Wording(f"{{head}}, both {short[1]} {{tail}}", list_needed=True)


def _shared(
    schema: Schema, relation: Relation, language: str, words: RelationWords
) -> Iterator[Wording]:
    """What heads have in common, said of one or of several of them."""
    kind = schema.kinds[relation.head].words.get(language)
    phrase = PHRASES.get(language)
    shared = words.shared
    if phrase is not None:
        called = (kind.many, kind.one, phrase.things) if kind else (phrase.things,)
        frame = phrase.shared.replace("{items}", "{head}")
        for together in (phrase.two, phrase.many):
            for things in dict.fromkeys(called):
                known = {"together": together, "things": things, "shared": shared}
                text = frame.format_map({"head": "{head}", "tail": "{tail}", **known})
                yield Wording(text, list_needed=True)
            if language == "en":
                yield Wording(f"{{head}} are {together} {shared}", list_needed=True)
                yield Wording(f"{{head}}, {together} {shared}", list_needed=True)
    if language != "en":
        return
    strict = shared.split()[0] in PREPOSITIONS
    yield Wording(f"{{head}} is {shared}")
    yield Wording(f"{shared}, {{head}}", strict=True, leads=True)
    yield Wording(f"{{head}}, {shared}", strict=strict)
    yield Wording(f"{{head}} {shared}", strict=True)
    if kind:
        for article in (", a", ", the", " is a", " is the"):
            yield Wording(f"{{head}}{article} {kind.one} {shared}", strict=strict)
        for things in (kind.one, kind.many):
            yield Wording(f"{{head}} {things} {shared}", strict=strict)


def _nouns(schema: Schema, relation: Relation, words: RelationWords) -> Iterator[str]:
    """What a tail is to its head: director, writer, genre."""
    found: dict[str, None] = {}
    for template in (words.forward, words.shared, *words.also):
        done = _DONE_BY.search(template)
        if done is None:
            continue
        verb = done.group(1)
        stem = _PARTICIPLES.get(verb, verb[:-2] if verb.endswith("ed") else "").removesuffix("e")
        if stem:
            found |= dict.fromkeys((f"{stem}er", f"{stem}or"))
    for template in (words.forward, words.inverse, *words.also):
        if noun := _NOUN_OF.match(template) or _THE_NOUN.match(template):
            found[noun.group(1)] = None
    called = schema.kinds[relation.tail].words.get("en")
    ends = [(other.head, other.tail) for other in schema.relations.values()]
    if called and ends.count((relation.head, relation.tail)) == 1:
        found[called.one] = None
    yield from found


def _before_kind(schema: Schema, relation: Relation, words: RelationWords) -> Iterator[str]:
    """The value before what its kind is called: "in the genre {tail}" is "in the {tail} genre"."""
    kind = schema.kinds[relation.tail].words.get("en")
    if kind is None or words.shared != f"in the {kind.one} {{tail}}":
        return
    for belongs in ("is in the", "is part of the", "belongs to the", "falls into the",
                    "is of the", "has the", "has a", "has an", "falls under the",
                    "falls within the", "is from the"):  # fmt: skip
        yield f"{{head}} {belongs} {{tail}} {kind.one}"
        yield f"{{head}} {belongs} {kind.one} of {{tail}}"
    yield f"{{head}} in the {{tail}} {kind.one}"


def _with_noun(noun: str) -> Iterator[str]:
    yield f"the {noun} of {{head}} is {{tail}}"
    yield f"the {noun}s of {{head}} are {{tail}}"
    yield f"{{head}}'s {noun}s are {{tail}}"
    yield f"{{tail}} are the {noun}s of {{head}}"
    yield f"{{head}}'s {noun} is {{tail}}"
    yield f"{{tail}} is the {noun} of {{head}}"
    yield f"{{tail}} is a {noun} of {{head}}"
    yield f"{{tail}}, the {noun} of {{head}}"
    yield f"{{tail}} is {{head}}'s {noun}"
    yield f"{{head}} has the {noun} {{tail}}"
    yield f"in {{head}}, the {noun} is {{tail}}"
    yield f"in {{head}}, the {noun}s are {{tail}}"
    yield f"{{head}}, whose {noun} is {{tail}}"
