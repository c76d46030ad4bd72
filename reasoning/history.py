"""What is said of the reader: "you rated A 5", "you have not seen A", "you liked three of them".

The verbs are those of the mapping's interactions; liking and rating are known everywhere.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from graph.types import Chain, Claim
from reasoning.descriptions import Description, Part, described
from reasoning.grammar import Pattern, verb_forms
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.matching import Place
from reasoning.numerals import NUMBER, number

LIKED = "liked by you"

_LIKES = r"(?:liked?|loved?|enjoyed?)"
_HATES = r"(?:disliked?|hated?)"
_YOU = (
    r"\byou(?:['’]ve|['’]d)?(?:\s+(?:have|had|did|do))?"
    r"(?P<neg>\s+(?:not|never)\b|n['’]t\b)?(?:\s+(?:ever|also|already|really|once|even|(?-i:[a-z]{2,}ly)))*\s+"
)
_COUNT = re.compile(
    rf"(?P<most>(?:at\s+least|more\s+than|over)\s+|(?:only|exactly|just|some|about)\s+)?"
    rf"(?P<count>{NUMBER}|all|none)\s+(?:of\s+)?(?:the\s+|our\s+)?(?P<whose>his|her|their|its)?\s*",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rf"[\"'”’*_]*,?\s*(?:with\s+|at\s+|as\s+)?(?:an?\s+)?(?:(?:rating|score)\s+of\s+)?(?P<value>{NUMBER})"
    r"(?:\s*(?:/|out\s+of)\s*\d+)?(?:[\s-]*(?:stars?|points?))?(?!\s*(?:times?|years?|others?|of)\b)(?![\w.]*\w)",
    re.IGNORECASE,
)
_GAVE = re.compile(
    r"\byou(?:['’]ve|\s+have|\s+did)?(?P<neg>\s+(?:not|never)|n['’]t)?\s+(?:also\s+)?"
    r"(?:gave|given|give|awarded)\s+",
    re.IGNORECASE,
)
_STARS_TO = re.compile(
    rf"(?:an?\s+)?(?P<value>{NUMBER})(?:\s*(?:/|out\s+of)\s*\d+)?(?:[\s-]*(?:stars?|points?))?"
    r"\s+(?:rating\s+)?(?:to|for)\s+",
    re.IGNORECASE,
)
_FROM_YOU = re.compile(
    rf"[\"'”’*_]*\s+(?:got|received|earned|has|was\s+given)\s+(?:an?\s+|only\s+)?(?P<value>{NUMBER})"
    r"(?:\s*(?:/|out\s+of)\s*\d+)?(?:[\s-]*(?:stars?|points?))?\s+(?:from|by)\s+you\b",
    re.IGNORECASE,
)
_YOUR_RATING = re.compile(
    r"\byour\s+(?:own\s+)?(?:rating|score|vote)\s+(?:of|for)\s+", re.IGNORECASE
)
_WAS = re.compile(r"[\"'”’*_]*\s+(?:is|was|stands\s+at)(?P<neg>\s+not)?\s+", re.IGNORECASE)
# "Thank you for rating A 5", "for your 5-star rating of A".
_FOR_DOING = re.compile(
    r"\byou(?:\s+so\s+much|\s+very\s+much|\s+all)?\s+for\s+(?P<does>rating|giving)\s+",
    re.IGNORECASE,
)
_YOUR_STARS = re.compile(
    rf"\byour\s+(?:rating\s+of\s+)?(?P<value>{NUMBER})[\s-]*(?:stars?|points?)"
    r"(?:\s+(?:ratings?|scores?|reviews?))?\s+(?:of|for|to)\s+",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*,?\s+(?:and\s+|but\s+)?|,\s*", re.IGNORECASE)
_THING_THAT = re.compile(
    r"[\"'”’*_]*,?\s+(?:(?:is|was|are|were)\s+(?:also\s+)?(?:one\s+of\s+)?(?:the\s+|an?\s+)?\w+\s+)?"
    r"(?:that\s+|which\s+)?$",
    re.IGNORECASE,
)
_IF = re.compile(r"\b(?:if|when|whether|should|unless|because|since|as)\s+$", re.IGNORECASE)


def history(
    linker: Linker, patterns: Sequence[Pattern], spoken: Sequence[tuple[str, Argument]]
) -> tuple[list[Claim], list[Place]]:
    """Claims about what the reader did, and where they stand.

    `spoken` are the relations and values that were last spoken of, which "his" may mean.
    """
    if "you" not in linker.folded:
        return [], []
    found = [*_rated(linker), *_did(linker, patterns, spoken)]
    return found, [claim.span for claim in found]


# -- inside ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _verbs(lexicon: Lexicon) -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """(relation, whether it denies, "you have seen") of all that a reader may have done."""
    found: list[tuple[str, bool, re.Pattern[str]]] = [
        (LIKED, False, re.compile(_YOU + _LIKES + r"\b\s*", re.IGNORECASE)),
        (LIKED, True, re.compile(_YOU + _HATES + r"\b\s*", re.IGNORECASE)),
    ]
    for name in lexicon.schema.interactions:
        for verb in lexicon.verbs(name):
            forms = verb_forms(verb)
            found.append((name, False, re.compile(rf"{_YOU}{forms}\b\s*", re.IGNORECASE)))
    return tuple(found)


def _did(
    linker: Linker, patterns: Sequence[Pattern], spoken: Sequence[tuple[str, Argument]]
) -> Iterator[Claim]:
    lexicon, text = linker.lexicon, linker.text
    for relation, denies, verb in _verbs(lexicon):
        for said in found_in(linker, verb):
            if _IF.search(text, linker.start, said.start()):
                continue
            negated = (said["neg"] is not None) != denies
            counted = _counted(linker, patterns, said, relation, spoken)
            if counted is not None:
                yield counted
                continue
            fronted = relation == LIKED and not denies
            if fronted and linker.right(said.end(), lexicon.items):
                continue  # `frames.liked` reads the names, with those of a list before
            claims = [*_listed(linker, relation, said, negated)]
            yield from claims or _in_front(linker, relation, said, negated)


def _listed(linker: Linker, relation: str, said: re.Match[str], negated: bool) -> Iterator[Claim]:
    """ "A and B", "A 5 and B 4"."""
    at: int | None = said.end()
    while at is not None:
        names = linker.right(at, linker.lexicon.items)
        at = None
        for name in names:
            value = None
            if relation == linker.lexicon.rating:
                value = _VALUE.match(linker.text, name.end, linker.end)
            end = value.end() if value else name.end
            numbers = (number(value["value"]),) if value else ()
            yield _claim(linker, relation, name, (said.start(), end), negated, numbers)
            if value and (joint := _AND.match(linker.text, end, linker.end)):
                at = joint.end()


def _in_front(linker: Linker, relation: str, said: re.Match[str], negated: bool) -> Iterator[Claim]:
    """ "A is something that you have seen"."""
    front = _THING_THAT.search(linker.text[linker.start : said.start()])
    if front is None:
        return
    for name in linker.left(linker.start + front.start(), linker.start):
        if linker.of_kind(name.rows, linker.lexicon.items) or not name.rows:
            yield _claim(linker, relation, name, (name.start, said.end()), negated, ())


def _rated(linker: Linker) -> Iterator[Claim]:
    """ "You gave A 4 stars", "your rating of A is 4"."""
    text, rating = linker.text, linker.lexicon.rating or ""
    for said in found_in(linker, _GAVE):
        negated = said["neg"] is not None
        if first := _STARS_TO.match(text, said.end(), linker.end):
            for name in linker.right(first.end(), linker.lexicon.items, one=True):
                place = (said.start(), name.end)
                yield _claim(linker, rating, name, place, negated, (number(first["value"]),))
            continue
        for name in linker.right(said.end(), linker.lexicon.items, one=True):
            if value := _VALUE.match(text, name.end, linker.end):
                place = (said.start(), value.end())
                yield _claim(linker, rating, name, place, negated, (number(value["value"]),))
    for said in found_in(linker, _FOR_DOING):
        yield from _valued(linker, rating, said)
    for said in found_in(linker, _YOUR_STARS):
        for name in linker.right(said.end(), linker.lexicon.items, one=True):
            place = (said.start(), name.end)
            yield _claim(linker, rating, name, place, False, (number(said["value"]),))
    for said in found_in(linker, _FROM_YOU):
        for name in linker.left(said.start(), linker.start)[-1:]:
            if linker.of_kind(name.rows, linker.lexicon.items) or not name.rows:
                values = (number(said["value"]),)
                yield _claim(linker, rating, name, (name.start, said.end()), False, values)
    for said in found_in(linker, _YOUR_RATING):
        for name in linker.right(said.end(), linker.lexicon.items, one=True):
            was = _WAS.match(text, name.end, linker.end)
            value = _VALUE.match(text, was.end(), linker.end) if was else None
            if was and value:
                place = (said.start(), value.end())
                values = (number(value["value"]),)
                yield _claim(linker, rating, name, place, was["neg"] is not None, values)


def _valued(linker: Linker, rating: str, said: re.Match[str]) -> Iterator[Claim]:
    """ "A 5 and B with 4 stars", each with its own."""
    at: int | None = said.end()
    while at is not None:
        names = linker.right(at, linker.lexicon.items)
        at = None
        for name in names:
            value = _VALUE.match(linker.text, name.end, linker.end)
            if value:
                place = (said.start(), value.end())
                yield _claim(linker, rating, name, place, False, (number(value["value"]),))
                joint = _AND.match(linker.text, value.end(), linker.end)
                at = joint.end() if joint else None


def _counted(
    linker: Linker,
    patterns: Sequence[Pattern],
    said: re.Match[str],
    relation: str,
    spoken: Sequence[tuple[str, Argument]],
) -> Claim | None:
    """ "You have seen three films with A", "three of his films"."""
    count = _COUNT.match(linker.text, said.end(), linker.end)
    if count is None or linker.starting(said.end()) is not None:
        return None
    found = described(linker, patterns, count.end())
    if found is None or not found.noun:
        return None
    parts = found.parts
    if count["whose"] and not parts and spoken:
        parts = (Part(spoken[0][0], (spoken[0][1],)),)
    if not parts and count["whose"]:
        return None
    value = {"all": -1.0, "none": 0.0}.get(count["count"].casefold())
    most = (count["most"] or "").strip().casefold()
    least = {"at least": "least", "more than": "more", "over": "more"}.get(" ".join(most.split()))
    return Claim(
        text=linker.text[said.start() : found.end],
        span=(said.start(), found.end),
        relation=relation,
        head="you",
        tail=linker.text[count.end() : found.end].strip() or found.kind,
        negated=said["neg"] is not None,
        numbers=(number(count["count"]) if value is None else value,),
        qualifier=f"count {least}" if least else "count",
        within=chains(linker, found, parts),
    )


def chains(linker: Linker, found: Description, parts: Sequence[Part]) -> tuple[Chain, ...]:
    """Where the items lie of which a description speaks."""
    relations = linker.lexicon.schema.relations
    return tuple(
        Chain(
            linker.ids(linker.of_kind(value.rows, (relations[part.relation].tail,))),
            ((part.relation, True),),
        )
        for part in parts
        for value in part.values
        if not part.negated
    )


def _claim(
    linker: Linker,
    relation: str,
    name: Argument,
    place: Place,
    negated: bool,
    numbers: tuple[float, ...],
) -> Claim:
    return Claim(
        text=linker.text[place[0] : place[1]],
        span=place,
        relation=relation,
        head="you",
        tail=name.text,
        tails=linker.ids(linker.of_kind(name.rows, linker.lexicon.items)),
        negated=negated,
        numbers=numbers,
    )
