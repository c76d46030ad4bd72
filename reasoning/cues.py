"""Words near which a value of a relation is meant, however the rest of the sentence reads.

They are those that the mapping lists as `cues`, and the stems of the words that its wordings cannot
do without: "direct" of "{head} was directed by {tail}".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from graph.schema import Schema
from reasoning.lexicon import Lexicon
from reasoning.wordings import nouns_of

_SHORTEST = 4
_WORD = re.compile(r"[^\W\d_]+")
_SLOT = re.compile(r"\{\w+\}")
# Words of wordings that stand in any sentence.
_ANYWHERE = """
is was are were has have had made make makes came come out in by with from of the and plays belongs
appears appeared features
"""
_IN_ANY = frozenset(_ANYWHERE.split())


@dataclass(frozen=True, slots=True)
class Cues:
    """Patterns of cues: `any` of them, those of each relation, and what its values describe.

    `described`: nouns behind a value that describes a thing, "war films", "the war genre".
    """

    any: re.Pattern[str]
    of: dict[str, re.Pattern[str]]
    described: dict[str, re.Pattern[str]]


@lru_cache(maxsize=4)
def cues(lexicon: Lexicon) -> Cues:
    """The cues of the relations that items have to attributes."""
    schema = lexicon.schema
    names = [name for some in lexicon.relations_to.values() for name in some]
    stems = {name: set(_stems(schema, name, lexicon.things)) for name in names}
    things = sorted(lexicon.things, key=len, reverse=True)
    return Cues(
        _beginning(set().union(*stems.values())),
        {name: _beginning(some) for name, some in stems.items()},
        {name: _beginning({*things, *_kind_words(schema, name)}) for name in names},
    )


def _stems(schema: Schema, name: str, things: dict[str, str]) -> Iterator[str]:
    words = schema.relations[name].words.get("en")
    if words is None:
        return
    yield from words.cues
    said = [*nouns_of(schema, name)]
    for template in (words.forward, words.inverse, *words.also):
        said += _WORD.findall(_SLOT.sub(" ", template))
    for word in said:
        if word not in _IN_ANY and word not in things and len(stem := _stem(word)) >= _SHORTEST:
            yield stem


def _kind_words(schema: Schema, name: str) -> list[str]:
    kind = schema.kinds[schema.relations[name].tail].words.get("en")
    return [kind.one, kind.many] if kind else []


def _stem(word: str) -> str:
    for end in ("or", "er", "ed", "s", "e"):
        if word.endswith(end) and len(word) - len(end) >= _SHORTEST:
            return word.removesuffix(end)
    return word


def _beginning(stems: set[str]) -> re.Pattern[str]:
    longest = sorted(stems, key=lambda stem: (-len(stem), stem))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest)) or '(?!)'})\w*", re.IGNORECASE)
