"""Ranks, comparisons, counts and the catalogue itself: "our second most watched thriller".

Each becomes a claim with a relation of the checker's own; `queries` decides it by counting, with
the measures of `measures`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from graph.types import Claim
from reasoning.antecedents import meant
from reasoning.common import first_of, in_common, other_of
from reasoning.descriptions import Description, described, put_to
from reasoning.grammar import Pattern
from reasoning.history import chains
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.matching import Place
from reasoning.measures import LIKED, MET, RATED
from reasoning.numerals import NUMBER, ORDINAL, number, ordinal
from reasoning.tallies import tallies

# The checker's own relations have blanks in their names, which no relation of a mapping can have.
EXISTS = "in the catalogue"
RANKED = "rank in the catalogue"
COMPARED = "compared with another"
COUNTED = "number in the catalogue"
FANS = "fans also liked"

_HOLDINGS = r"(?:catalogue|catalog|collection|library|list|lists|database|range|shop|store|stock)"
_COUNTS = re.compile(r"\bthere\b|\bwe\b|\byou\b|\bour\b|\bthis\b|\bthe (?:ca|co|l|d|r|s)")
_OURS = re.compile(r"\b(?:we|our|stock|here)\b|\b(?:the|this)\s+(?:\w+\s+)?" + _HOLDINGS)
_HELD = re.compile(
    r"[\"'”’*_]*\s*(?:['’]s|\s(?:is|are|was|can\s+be\s+found|appears?|figures?))"
    r"(?P<neg>\s+(?:not|never|nowhere)\b|n['’]t\b)?(?:\s+(?:also|currently|still|now|(?-i:[a-z]{2,}ly)))*\s+"
    rf"(?:(?:listed|found|available|included|contained)\s+)?(?:(?:in|on|part\s+of|from)\s+"
    rf"(?:our|the|this)\s+(?:\w+\s+)?{_HOLDINGS}\b|available\s+here\b|in\s+stock\b)",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    rf"\b(?:we|(?:our|the|this)\s+{_HOLDINGS})\s+"
    r"(?:(?P<neg>(?:do|does|did)(?:\s+not|n['’]t)|never|cannot)\s+)?(?:(?:also|do|does|currently)\s+)?"
    r"(?:have|has|holds?|carry|carries|offers?|lists?|contains?|includes?|stocks?|features?)\s+"
    r"(?P<no>no\s+)?(?:(?:an?|the|some)\s+)?(?:\w+\s+(?:called|named|titled)\s+)?",
    re.IGNORECASE,
)
_AMOUNT = rf"(?P<least>at\s+least\s+|more\s+than\s+|over\s+|only\s+|exactly\s+)?(?P<count>{NUMBER})"
_THERE_ARE = re.compile(
    rf"(?:\bthere\s+(?:are|is)|\b(?:we|you(?:['’]ll|\s+will|\s+can)?|(?:our|the|this)\s+{_HOLDINGS})\s+"
    r"(?:(?:also|now|currently)\s+)?(?:have|has|holds?|lists?|contains?|includes?|offers?|finds?|"
    rf"knows?(?:\s+of)?|see|counts?|comprises?))\s+{_AMOUNT}\s+",
    re.IGNORECASE,
)
_NUMBER_OF = re.compile(
    r"\b(?:number|count|total|amount)\s+of\s+(?:the\s+|our\s+|all\s+)?", re.IGNORECASE
)
_IS_SO_MANY = re.compile(
    rf"(?:\s+in\s+\w+\s+\w+)?\s+(?:is|was|are|amounts\s+to|stands\s+at)\s+{_AMOUNT}\b",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\b(?:the|our)\s+(?:only|sole|single)\s+", re.IGNORECASE)
_FANS = re.compile(
    r"\b(?:fans\s+of|(?P<most>most\s+(?:of\s+the\s+)?)?(?:people|those|users|members|everyone|"
    r"customers|viewers|readers)\s+(?:who|that)\s+(?:have\s+)?"
    r"(?:liked?|loved?|enjoyed?|enjoys?|loves?))\s+",
    re.IGNORECASE,
)
_LIKE_TOO = re.compile(
    r"[\"'”’*_]*,?\s+(?P<neg>(?:do|did)(?:\s+not|n['’]t)\s+|rarely\s+|seldom\s+|never\s+)?"
    r"(?:(?:also|often|usually|mostly|generally|too|tend\s+to|tended\s+to|will|would|likely)\s+)*"
    r"(?:liked?|loved?|enjoy(?:ed)?)\s+",
    re.IGNORECASE,
)


def ranking(linker: Linker, patterns: Sequence[Pattern]) -> tuple[list[Claim], list[Place]]:
    """Claims about the catalogue as a whole, and where they stand."""
    folded = linker.folded
    claims: list[Claim] = []
    if "fans" in folded or "who" in folded or "that" in folded:
        claims += _fans(linker)
    if " than " in folded or len(linker.before) > 1:
        claims += _compared(linker, patterns)
    if "est" in folded or "most" in folded or "rated" in folded:
        claims += _ranked(linker, patterns)
    if "only" in folded or "sole" in folded or "single" in folded:
        claims += _only(linker, patterns)
    claims += _first(linker)
    claims += in_common(linker)
    claims += _counted(linker, patterns)
    claims += tallies(linker)
    claims += _existing(linker)
    return claims, [claim.span for claim in claims]


# -- inside ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _words(
    lexicon: Lexicon,
) -> tuple[re.Pattern[str], re.Pattern[str], dict[str, tuple[str, bool]]]:
    """Superlatives, comparatives, and what each stands for: a measure, and whether the least."""
    meant: dict[str, tuple[str, bool]] = {}
    done = [verb for name in lexicon.schema.interactions for verb in lexicon.verbs(name)]
    for word, measure in (
        ("popular", MET), ("liked", LIKED), ("loved", LIKED),
        *((verb, MET) for verb in done),
    ):  # fmt: skip
        meant |= {f"most {word}": (measure, False), f"least {word}": (measure, True)}
        meant |= {f"more {word}": (measure, False), f"less {word}": (measure, True)}
    # Only compared: "best known for" and "one of the most famous" are said of anything.
    for word in ("known", "well known", "widely known", "famous"):
        meant |= {f"more {word}": (MET, False), f"less {word}": (MET, True)}
    meant |= {"better known": (MET, False), "lesser known": (MET, True)}
    for good in ("best", "highest", "top", "better", "higher"):
        meant[f"{good} rated"] = (RATED, False)
    for bad in ("worst", "lowest", "worse", "lower"):
        meant[f"{bad} rated"] = (RATED, True)
    for name, relation in lexicon.schema.relations.items():
        words = relation.words.get("en")
        if words is None or name not in lexicon.numeric:
            continue
        for least, comparatives in ((False, words.more), (True, words.less)):
            for word in comparatives:
                meant |= {word: (name, least), _superlative(word): (name, least)}
    every = sorted(meant, key=len, reverse=True)
    more = [word for word in every if word.split()[0] in _MORE or word.endswith("er")]
    most = [word for word in every if word not in more]
    return _any(most), _any(more), meant


_MORE = ("more", "less", "lesser", "better", "higher", "worse", "lower")


def _superlative(comparative: str) -> str:
    if comparative.startswith("more "):
        return f"most {comparative.removeprefix('more ')}"
    if comparative.startswith("less "):
        return f"least {comparative.removeprefix('less ')}"
    return f"{comparative.removesuffix('er')}est" if comparative.endswith("er") else comparative


def _any(words: Sequence[str]) -> re.Pattern[str]:
    joined = "|".join(re.escape(word).replace(r"\ ", r"[\s-]+") for word in words) or "(?!)"
    return re.compile(rf"(?<![\w-])(?:{joined})(?!\w)", re.IGNORECASE)


def _meaning(lexicon: Lexicon, words: str) -> tuple[str, bool]:
    return _words(lexicon)[2][" ".join(re.split(r"[\s-]+", words.casefold()))]


def _ranked(linker: Linker, patterns: Sequence[Pattern]) -> Iterator[Claim]:
    text = linker.text
    for said in found_in(linker, _words(linker.lexicon)[0]):
        lead, first, last = _place(text, linker.start, said.start())
        found = described(linker, patterns, said.end())
        if found is None or not (found.noun or found.parts):
            found = Description(lead, said.end(), "", (), noun=True)
        among = _among(linker, patterns, lead) if not found.parts else None
        standing = replace(found, start=lead, noun=True, kind=found.kind or linker.lexicon.items[0])
        names, negated, start, end = put_to(linker, standing)
        measure, least = _meaning(linker.lexicon, said.group())
        for name in names:
            yield _claim(
                linker, RANKED, name, (min(start, among.start if among else start), end), negated,
                text[lead : found.end], qualifier=f"{'least' if least else 'most'} {measure}",
                numbers=(first, last), found=among or found,
            )  # fmt: skip


def _among(linker: Linker, patterns: Sequence[Pattern], at: int) -> Description | None:
    """ "Of all films with A, B is ...": the description with which a sentence begins."""
    opened = _OF_ALL.match(linker.text, linker.start, at)
    return described(linker, patterns, opened.end()) if opened else None


_OF_ALL = re.compile(
    r"\W*(?:of|among|amongst|out\s+of|from|within)\s+(?:all\s+)?(?:of\s+)?(?:the\s+|our\s+)?",
    re.IGNORECASE,
)


_PLACE = re.compile(
    r"(?:by\s+(?:far|a\s+long\s+way)\s+)?(?:(?P<one>one\s+of|among|amongst)\s+)?"
    r"(?:our|the|this\s+\w+['’]s)\s+"
    rf"(?:(?:(?P<ordinal>{ORDINAL})[\s-]+)|(?:top\s+)?(?P<number>{NUMBER})\s+)?$",
    re.IGNORECASE,
)


def _place(text: str, start: int, at: int) -> tuple[int, int, int]:
    """Where a superlative's article begins, and the places it names: the second, the first ten."""
    window = text[max(start, at - 40) : at]
    said = _PLACE.search(window)
    if said is None:
        return at, 1, 1
    lead = at - len(window) + said.start()
    if said["ordinal"]:
        place = ordinal(said["ordinal"])
        return lead, place, place
    if said["number"]:
        return lead, 1, int(number(said["number"]))
    # "One of our most popular": of the first ten.
    return lead, 1, 10 if said["one"] else 1


def _compared(linker: Linker, patterns: Sequence[Pattern]) -> Iterator[Claim]:
    text = linker.text
    for said in found_in(linker, _words(linker.lexicon)[1]):
        than = _THAN.match(text, said.end(), linker.end)
        window = text[max(linker.start, said.start() - 40) : said.start()]
        is_ = _IS.search(window)
        if is_ is None:
            continue
        at = said.start() - len(window) + is_.start()
        if than is None:
            right = _the_other(linker, linker.left(at, linker.start), said.end())
        else:
            right = linker.right(than.end(), linker.lexicon.items, one=True)
        measure, least = _meaning(linker.lexicon, said.group())
        none = _NO_OTHER.search(text, linker.start, at)
        if none and right:
            # "No film with A is newer than B": B is the newest of them.
            found = described(linker, patterns, none.end())
            yield _claim(
                linker, RANKED, right[0], (none.start(), right[0].end), is_["neg"] is not None,
                text[none.start() : said.end()].strip(), numbers=(1, 1), found=found,
                qualifier=f"{'least' if least else 'most'} {measure}",
            )  # fmt: skip
            continue
        left = linker.left(at, linker.start) or _spoken_of(linker)
        if not left or not right:
            continue
        for name in left:
            end = right[0].end if than else said.end()
            place = (min(name.start, at) if name.end <= at else at, end)
            yield replace(
                _claim(
                    linker, COMPARED, name, place, is_["neg"] is not None, right[0].text,
                    qualifier=f"{'less' if least else 'more'} {measure}", numbers=(), found=None,
                ),
                tails=linker.ids(linker.of_kind(right[0].rows, linker.lexicon.items)),
            )  # fmt: skip


def _the_other(linker: Linker, left: Sequence[Argument], at: int) -> list[Argument]:
    """ "A is older.": than the other one, where just one other was spoken of."""
    thing = re.compile(rf"\s+(?:one|{linker.lexicon.thing_words.pattern})\b", re.I).match(
        linker.text, at, linker.end
    )
    at = thing.end() if thing else at
    if len(left) != 1 or not left[0].rows or not _SAYS_NO_MORE.match(linker.text, at, linker.end):
        return []
    kind = linker.lexicon.kind(left[0].rows[0])
    return other_of(linker, left[0], kind)


_SAYS_NO_MORE = re.compile(r"\s*(?:[,.;!]|$|(?:with|having|at|and|while|of\s+the\s+two)\b)", re.I)
_NO_OTHER = re.compile(r"\b(?:no|none\s+of\s+(?:the|our))\s+(?:other\s+)?", re.IGNORECASE)
_THAN = re.compile(
    r"\s+(?:\w+\s+)?than\s+(?:the\s+(?-i:[a-z]+)\s+(?=(?-i:[\"“A-Z])))?", re.IGNORECASE
)
_IS = re.compile(
    r"[\"'”’*_]*\s+(?:is|was|are)(?P<neg>\s+not\b|n['’]t\b)?(?:\s+(?:much|even|far|slightly|considered|also|a|"
    r"bit|somewhat|still|the|(?-i:[a-z]{2,}ly)))*\s+$",
    re.IGNORECASE,
)


def _first(linker: Linker) -> Iterator[Claim]:
    """ "A came first", "A came out before B"."""
    if not _ORDER.search(linker.folded):
        return
    for measure, less, one, two, place in first_of(linker):
        yield replace(
            _claim(
                linker, COMPARED, one, place, False, two.text,
                qualifier=f"{'less' if less else 'more'} {measure}", found=None,
            ),
            tails=linker.ids(linker.of_kind(two.rows, linker.lexicon.items)),
        )  # fmt: skip


_ORDER = re.compile(r" (?:first|second|later|last)\b| before | after | prior | earlier | later ")


def _only(linker: Linker, patterns: Sequence[Pattern]) -> Iterator[Claim]:
    for said in found_in(linker, _ONLY):
        found = described(linker, patterns, said.end())
        if found is None or not found.parts:
            continue
        names, negated, start, end = put_to(linker, replace(found, start=said.start()))
        for name in names:
            yield _claim(
                linker, COUNTED, name, (start, end), negated, linker.text[said.start() : found.end],
                qualifier="only", numbers=(float(len(names)),), found=found,
            )  # fmt: skip


def _counted(linker: Linker, patterns: Sequence[Pattern]) -> Iterator[Claim]:
    text, folded = linker.text, linker.folded
    for said in found_in(linker, _THERE_ARE) if _COUNTS.search(folded) else ():
        start = said.start("count")
        if linker.starting(start) is not None and not text[start].isdigit():
            continue
        found = described(linker, patterns, said.end())
        if found is not None and found.noun:
            yield _so_many(linker, said, found, (said.start(), found.end))
    for said in found_in(linker, _NUMBER_OF) if " of " in folded else ():
        found = described(linker, patterns, said.end())
        many = _IS_SO_MANY.match(text, found.end, linker.end) if found and found.noun else None
        if found and many:
            yield _so_many(linker, many, found, (said.start(), many.end()))


def _so_many(linker: Linker, said: re.Match[str], found: Description, place: Place) -> Claim:
    word = (said["least"] or "").split()[:1]
    more = {"at": "least", "more": "more", "over": "more"}.get(word[0].casefold() if word else "")
    return _claim(
        linker, COUNTED, Argument(place[0], place[0], "", ()), place, False,
        linker.text[found.start : found.end], qualifier=f"count {more}" if more else "count",
        numbers=(number(said["count"]),), found=found,
    )  # fmt: skip


def _existing(linker: Linker) -> Iterator[Claim]:
    if not _OURS.search(linker.folded):
        return
    for said in found_in(linker, _HELD):
        for name in linker.left(said.start(), linker.start):
            place = (min(name.start, said.start()), said.end())
            yield _claim(linker, EXISTS, name, place, said["neg"] is not None, "", found=None)
    for said in found_in(linker, _HOLDS):
        negated = said["neg"] is not None or said["no"] is not None
        for name in linker.right(said.end(), linker.lexicon.items):
            place = (said.start(), name.end)
            yield _claim(linker, EXISTS, name, place, negated, "", found=None)


def _fans(linker: Linker) -> Iterator[Claim]:
    for said in found_in(linker, _FANS):
        anchor = linker.right(said.end(), linker.lexicon.items, one=True)
        then = _LIKE_TOO.match(linker.text, anchor[0].end, linker.end) if anchor else None
        names = linker.right(then.end(), linker.lexicon.items) if then else []
        for name in names:
            claim = _claim(
                linker, FANS, anchor[0], (said.start(), name.end),
                bool(then and then["neg"]), name.text,
                qualifier="most" if said["most"] else "fans", found=None,
            )  # fmt: skip
            items = linker.lexicon.items
            yield replace(claim, tails=linker.ids(linker.of_kind(name.rows, items)))


def _spoken_of(linker: Linker) -> list[Argument]:
    for kind in linker.lexicon.items:
        if names := meant(linker.before, linker, kind, many=False):
            return names
    return []


def _claim(
    linker: Linker,
    relation: str,
    name: Argument,
    place: Place,
    negated: bool,
    tail: str,
    *,
    found: Description | None,
    qualifier: str = "",
    numbers: tuple[float, ...] = (),
) -> Claim:
    return Claim(
        text=linker.text[place[0] : place[1]],
        span=place,
        relation=relation,
        head=name.text,
        tail=tail.strip(),
        heads=linker.ids(linker.of_kind(name.rows, linker.lexicon.items)),
        negated=negated,
        numbers=numbers,
        qualifier=qualifier,
        within=chains(linker, found, found.parts) if found else (),
    )
