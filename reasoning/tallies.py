"""How many things are somebody's, and which of them was the first: "A directed 12 films".

Of all that somebody made a catalogue has a part. So a number is contradicted when more are known,
and a first one when an earlier one is; neither can be supported.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from graph.types import Chain, Claim
from reasoning.antecedents import meant
from reasoning.grammar import verb_forms
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.numerals import NUMBER, number

MADE = "so many are known"
FIRST = "first that is known"

_AMOUNT = (
    r"(?:(?:at\s+least|more\s+than|over|only|exactly|just|about)\s+)?"
    rf"(?P<count>{NUMBER})"
)
_AMOUNTS = re.compile(rf"\b{NUMBER}\s")
_PERSON = re.compile(r"\b(?:he|she|they)$", re.IGNORECASE)
_NOT_ALL = (
    r"(?!\s*(?::|\s(?:with|by|about|in|from|that|which|of|for|starring|between|together|called)\b)"
    r"|,\s+(?-i:[\"“A-Z]))"
)
_WHO = 8


def tallies(linker: Linker) -> Iterator[Claim]:
    """Claims of how many and of the first."""
    if _AMOUNTS.search(linker.folded):
        yield from _made(linker)
    if "first" in linker.folded or "debut" in linker.folded:
        yield from _first(linker)


# -- inside ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def makers(lexicon: Lexicon) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """ "A directed 12 films": the verbs of those that are at the other end of an item."""
    found: list[tuple[str, re.Pattern[str]]] = []
    for name, relation in lexicon.schema.relations.items():
        words = relation.words.get("en")
        if words is None or relation.head not in lexicon.items or relation.interaction:
            continue
        verbs: list[str] = []
        for template in (words.inverse, *words.also):
            said = re.fullmatch(r"\{tail\} (\w+)( \w+)? \{head\}", template)
            if said and said[1] in ("is", "was"):
                verbs.append(rf"(?:is|was|been)\s+{re.escape((said[2] or '').strip())}")
            elif said:
                rest = rf"(?:\s+{said[2].strip()})" if said[2] else ""
                verbs.append(verb_forms(said[1]) + rest)
        if verbs:
            found.append((name, re.compile(
                rf"[\"'”’*_]*\s+(?:(?:has|have|had|did)\s+)?(?:\w+ly\s+)?(?:{'|'.join(verbs)})\s+"
                rf"(?:a\s+total\s+of\s+)?{_AMOUNT}\s+(?:(?!of\b)[a-z-]+\s+){{0,2}}?"
                rf"{lexicon.thing_words.pattern}{_NOT_ALL}", re.IGNORECASE)))  # fmt: skip
    return tuple(found)


def _made(linker: Linker) -> Iterator[Claim]:
    for name, words in makers(linker.lexicon):
        tail = linker.lexicon.schema.relations[name].tail
        for said in found_in(linker, words):
            one = _who(linker, said.start(), tail)
            if one is None:
                continue
            start = min(one.start, said.start()) if one.start >= 0 else said.start()
            chain = Chain(linker.ids(linker.of_kind(one.rows, (tail,))), ((name, True),))
            yield Claim(
                text=linker.text[start : said.end()].strip(),
                span=(start, said.end()),
                relation=MADE,
                head=one.text,
                tail=linker.text[said.start("count") : said.end()],
                numbers=(number(said["count"]),),
                within=(chain,),
            )


@lru_cache(maxsize=4)
def _firsts(lexicon: Lexicon) -> re.Pattern[str]:
    things = lexicon.thing_words.pattern
    return re.compile(
        r"(?:(?P<whose>\b(?:his|her|their)|(?<=\w)['’]s?)\s+(?:very\s+)?(?:first|debut)"
        rf"(?:\s+(?!was\b|is\b)[a-z-]+){{0,3}}?|\bthe\s+(?:very\s+)?first(?:\s+{things})?"
        r"(?P<rel>\s+(?!was\b|is\b)[\w’' .-]{0,40}?)?)\s+(?:was|is)\s+(?:in\s+)?"
        rf"(?:the\s+(?:\d+\s+)?(?:(?!{things})[a-z-]+\s+){{0,2}}{things}\s+)?(?=[\"“]?[A-Z0-9])",
        re.IGNORECASE,
    )


def _first(linker: Linker) -> Iterator[Claim]:
    lexicon = linker.lexicon
    if not lexicon.number_of:
        return
    kinds = _kinds(lexicon)
    for said in found_in(linker, _firsts(lexicon)):
        items = linker.right(said.end(), lexicon.items, one=True)
        if not items or not linker.of_kind(items[0].rows, lexicon.items):
            continue
        named = [
            linker.argument(one) for one in linker.mentions
            if said.start() - _WHO * 5 <= one.start and one.end <= said.end()
            and linker.of_kind(one.rows, kinds)
        ]  # fmt: skip
        things = [one for some in linker.before[:2] for one in some]
        if not (said["whose"] or said["rel"] or named) and any(
            linker.of_kind(one.rows, lexicon.items) for one in things
        ):
            continue  # "The first was A": of two things that were compared
        found = named[-1:] or [
            one for kind in kinds for one in meant(linker.before, linker, kind, many=False)
        ]
        people = linker.of_kind(found[0].rows, kinds) if found else ()
        if not people:
            continue
        yield Claim(
            text=linker.text[said.start() : items[0].end].strip(),
            span=(said.start(), items[0].end),
            relation=FIRST,
            head=items[0].text,
            tail=found[0].text,
            heads=linker.ids(linker.of_kind(items[0].rows, lexicon.items)),
            tails=linker.ids(people),
        )


def _kinds(lexicon: Lexicon) -> tuple[str, ...]:
    """The kinds of those who have a hand in items."""
    return tuple(dict.fromkeys(lexicon.schema.relations[n].tail for n, _ in makers(lexicon)))


def _who(linker: Linker, at: int, kind: str) -> Argument | None:
    """Who does it: a name before the verb, or whom "he" means there."""
    left = [one for one in linker.left(at, linker.start) if linker.of_kind(one.rows, (kind,))]
    if left:
        return left[0] if len(left) == 1 else None
    said = _PERSON.search(linker.text[max(linker.start, at - _WHO) : at])
    names = meant(linker.before, linker, kind, many=False) if said else []
    return Argument(at, at, names[0].text, names[0].rows) if names else None
