"""Wordings for calibration: other than those the checker is made to read (a test asserts it).

Each is made from a relation's words in the mapping, transformed, so that any catalogue can be
calibrated. They are templates with {head} and {tail}, whole sentences, in English.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.schema import Relation, RelationWords, Schema

LANGUAGE = "en"

# Around a whole statement.
ROUND = (
    "As far as the records go, {said}.",
    "Rest assured that {said}.",
    "For the record: {said}.",
    "You may not have known that {said}.",
    "Let me add that {said}.",
    "The short answer is that {said}, as it happens.",
    "Everybody here agrees that {said}.",
    "{said}, which is easy to verify.",
    "{said}, and that settles it.",
    "Since you asked: {said}!",
    "- {said}",
    "**Note:** {said}.",
)
# Around what several things have in common: {things}, {thing} and {shared}.
SHARED = (
    "Among the {things} {shared} there is {head}.",
    "{head} is one of the {things} {shared}.",
    "One {thing} {shared} is {head}.",
    "We would point you to {head}, another {thing} {shared}.",
    "If you are after a {thing} {shared}, {head} is there for you.",
    "Here is a {thing} {shared}: {head}.",
    "Take {head}: it is {shared}.",
    "Our pick is {head}. It is a {thing} {shared}.",
    "The {thing} {head} is {shared}.",
    "{head} counts among the {things} {shared}.",
)
# Around somebody who did it: {doing} is "directed {head}".
DOERS = (
    "It is {tail} who {doing}.",
    "The one who {doing} is {tail}.",
    "It was none other than {tail} that {doing}.",
    "{tail} is the one that {doing}.",
    "Back then {tail} {doing}.",
)
# Where the subject stands in the sentence before.
LATER = (
    "Let us talk about {head}. {later}.",
    "Next on the list is {head}: {later}.",
    "{head} deserves a look. {later}.",
    "How about {head}? {later}.",
)
DENIALS = (
    "It is not true that {said}.",
    "It is simply wrong that {said}.",
    "Nobody can claim that {said}.",
    "It is a myth that {said}.",
)

# What the reader did: {item}, and {verb} of an interaction.
HISTORY = (
    "I remember that you liked {item}.",
    "Since you liked {item}, this is for you.",
    "Our notes say you have {verb} {item}.",
    "{item} is something that you have already {verb}.",
    "{item} is one that you liked.",
    "You once {verb} {item}, didn't you.",
)
RATINGS = (
    "Going by our notes, you rated {item} {value}.",
    "I see that you gave {item} {value} stars.",
    "Your own rating for {item} was {value}.",
    "{item} got {value} stars from you.",
    "You once rated {item} with {value} out of 5.",
)
COUNTS = (
    "You will find {count} {things} {shared} in our catalogue.",
    "The number of {things} {shared} is {count}.",
    "In all there are {count} {things} {shared}.",
    "Our catalogue lists exactly {count} {things} {shared}.",
)
PEOPLE = (
    "Of the {base} people who liked {anchor}, {both} also liked {item}.",
    "In our data {both} of the {base} people who liked {anchor} liked {item} as well.",
    "{both} out of {base} people that liked {anchor} liked {item}, too.",
)
RANKS = (
    "In our catalogue the {most} {thing} {shared} is {item}.",
    "Of all {things} {shared}, {item} is the {most}.",
    "{item} is by far the {most} {thing} {shared}.",
    "No other {thing} {shared} is {more} than {item}.",
    "Among {things} {shared}, {item} is the {most} one.",
)
FANS = (
    "People who like {anchor} tend to like {item}, too.",
    "Those who enjoyed {anchor} usually enjoyed {item} as well.",
    "Fans of {anchor} often love {item}.",
)

_SLOT = re.compile(r"\{(\w+)\}")
_IS = re.compile(r"^(?P<one>\{\w+\}) (?P<be>is|was|has) (?P<rest>.+)$")
_DOES = re.compile(
    r"^\{tail\} (?!is |was |has )(?P<verb>\w+(?:ed|s|ote|ade)) (?P<rest>.*\{head\}.*)$"
)


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """A sentence with {head} and {tail}; `name` says from which frame it comes."""

    template: str
    name: str


def paraphrases(schema: Schema, name: str) -> list[Paraphrase]:
    """Other ways to state a relation; none when it has no English words."""
    relation = schema.relations[name]
    words = relation.words.get(LANGUAGE)
    if words is None:
        return []
    return [
        Paraphrase(capital(template), frame)
        for template, frame in _all(schema, relation, words)
        if "{head}" in template and "{tail}" in template
    ]


def denials(schema: Schema, name: str) -> list[Paraphrase]:
    """Ways to say that a relation does not hold."""
    words = schema.relations[name].words.get(LANGUAGE)
    if words is None:
        return []
    said = [frame.replace("{said}", words.forward) for frame in DENIALS]
    if is_ := _IS.match(words.forward):
        said.append(f"{is_['one']} {is_['be']} certainly not {is_['rest']}.")
        said.append(f"Contrary to what some say, {is_['one']} {is_['be']} not {is_['rest']}.")
    return [Paraphrase(capital(text), "denial") for text in said]


def _all(schema: Schema, relation: Relation, words: RelationWords) -> Iterator[tuple[str, str]]:
    for statement in (words.forward, words.inverse):
        for frame in ROUND:
            yield frame.replace("{said}", statement), frame
    called = schema.kinds[relation.head].words.get(LANGUAGE)
    if words.shared and called:
        for frame in SHARED:
            known = {"thing": called.one, "things": called.many, "shared": words.shared}
            yield put(frame, known), frame
    if does := _DOES.match(words.inverse):
        for frame in DOERS:
            yield frame.replace("{doing}", f"{does['verb']} {does['rest']}"), frame
    if is_ := _IS.match(words.forward):
        yield f"{is_['one']} {is_['be']}, by all accounts, {is_['rest']}.", "by all accounts"
        yield f"{is_['one']} {is_['be']} without a doubt {is_['rest']}.", "without a doubt"
        if is_["be"] == "was":
            yield f"{is_['one']} has famously been {is_['rest']}.", "has been"
    if words.forward.startswith("{head} "):
        rest = words.forward.removeprefix("{head} ")
        for frame in LATER:
            yield frame.replace("{later}", f"It {rest}"), frame


def put(frame: str, known: Mapping[str, str]) -> str:
    """The frame with what is known put into its slots; other slots stay."""
    return _SLOT.sub(lambda slot: known.get(slot.group(1), slot.group()), frame)


def capital(text: str) -> str:
    """The text with a capital, unless it begins with a slot."""
    return text if text.startswith("{") else text[:1].upper() + text[1:]
