"""Our own few frames, read back: counts of people, "like A and B", and what somebody liked.

They are the sentences of `phrases` and the likes of them; what relations say is in `claims`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.types import Claim
from reasoning.history import LIKED
from reasoning.linking import Argument, Linker

PEOPLE = "people who liked"

_WHO_LIKED = r"(?:people|persons|users|fans|viewers|readers|customers) (?:who|that) liked "
_PEOPLE_EN = re.compile(
    rf"(?P<both>\d[\d,]*) (?:out )?of (?:the |all )?(?P<base>\d[\d,]*)(?: other)? {_WHO_LIKED}",
    re.IGNORECASE,
)
# "Of the 9 people who liked A, 7 also liked B."
_OF_PEOPLE_EN = re.compile(
    rf"\b(?:out )?of (?:the |all )?(?P<base>\d[\d,]*)(?: other)? {_WHO_LIKED}", re.IGNORECASE
)
# "The 7 people who liked A also liked B": all of them; without "the" it is not said of how many.
_SO_MANY_EN = re.compile(
    rf"(?P<every>\b(?:the|all)\s+(?:the\s+)?)?(?P<both>\d[\d,]*)(?: other)? {_WHO_LIKED}",
    re.IGNORECASE,
)
_THEN_BOTH = re.compile(
    r"[\"'”’*_]*,?\s+(?P<both>\d[\d,]*)\s+(?:of them\s+)?(?:also\s+)?liked\s+", re.IGNORECASE
)
_ALSO_LIKED = re.compile(r"[\"'”’*_]*\s+(?:also\s+)?liked\s+", re.IGNORECASE)
# What a count begins with, and what goes on behind the first name.
_ENGLISH = (
    (_PEOPLE_EN, _ALSO_LIKED),
    (_OF_PEOPLE_EN, _THEN_BOTH),
    (_SO_MANY_EN, _ALSO_LIKED),
)
_PEOPLE_KO = re.compile(
    r"(?:을|를) 좋아한 (?P<base>\d[\d,]*)명 (?:가운데|중에?) (?P<both>\d[\d,]*)명이 "
)
_KO_TOO = re.compile(r"도 좋아(?:했다|했습니다|했어요)")
_YOU_LIKED = re.compile(
    r"(?P<if>\bif\s+)?(?:\bwhich\s+)?\byou\s+(?P<neg>did\s+not\s+|didn[’']t\s+|never\s+)?"
    r"(?:have\s+)?(?:also\s+)?(?:liked?|loved?|enjoyed?)\b",
    re.IGNORECASE,
)
_LIKE = re.compile(r",?\s*(?:just\s+)?like\s+", re.IGNORECASE)
_LIKE_MANY = re.compile(
    r",?\s*like\s+(?P<count>[\d,]+)\s+of\s+(?:the\s+)?(?P<all>[\d,]+)\s+[^\W\d]+\s+"
    r"(?:that\s+)?you\s+liked",
    re.IGNORECASE,
)
_KO_MANY = re.compile(r"\s*좋아하신\s+\S+\s+(?P<all>\d+)개 가운데 (?P<count>\d+)개처럼\s+")
_KO_LIKE = re.compile(r"\s*(?P<liked>좋아하신\s+)?(?P<list>\S.*?)처럼\s+")
_KO_YOU_LIKED = re.compile(r"(?:을|를) 좋아하(?:셨다|셨습니다|셨어요)")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many liked items, said between two places."""

    count: int
    all: int
    start: int
    end: int


def people(linker: Linker, items: tuple[str, ...]) -> Claim | None:
    """An aggregate: so many of those who liked one item (of kinds `items`) liked another."""
    text, start, end = linker.text, linker.start, linker.end
    for words, goes_on in _ENGLISH:
        if said := words.search(text, start, end):
            anchor = linker.right(said.end(), one=True)
            then = goes_on.match(text, anchor[0].end, end) if anchor else None
            item = linker.right(then.end(), one=True) if then else []
            break
    else:
        if not (said := _PEOPLE_KO.search(text, start, end)):
            return None
        then = _KO_TOO.search(text, said.end(), end)
        anchor = linker.slot(start, said.start())
        item = linker.slot(said.end(), then.start()) if then else []
    if not then or not anchor or not item:
        return None
    told = said.groupdict() | then.groupdict()
    both = _number(told["both"])
    numbers: tuple[float, ...] = (both, both) if told.get("every") else (both,)
    if "base" in told:
        numbers = (both, _number(told["base"]))
    return Claim(
        text=text[start:end].strip(),
        span=(start, end),
        relation=PEOPLE,
        head=anchor[0].text,
        tail=item[0].text,
        heads=linker.ids(linker.of_kind(anchor[0].rows, items)),
        tails=linker.ids(linker.of_kind(item[0].rows, items)),
        numbers=numbers,
    )


def opening(linker: Linker) -> tuple[list[Argument], Count | None, int]:
    """What a Korean sentence begins with: "A와 B처럼", or a count; and where it goes on."""
    text, start, end = linker.text, linker.start, linker.end
    if many := _KO_MANY.match(text, start, end):
        count = Count(_number(many["count"]), _number(many["all"]), start, many.end())
        return [], count, many.end()
    if like := _KO_LIKE.match(text, start, end):
        return linker.slot(like.start("list"), like.end("list")), None, like.end()
    return [], None, start


def closing(linker: Linker, at: int) -> tuple[list[Argument], Count | None, int]:
    """What an English sentence ends with: ", like A and B", or a count; and where it ends."""
    if many := _LIKE_MANY.match(linker.text, at, linker.end):
        return [], Count(_number(many["count"]), _number(many["all"]), at, many.end()), many.end()
    if like := _LIKE.match(linker.text, at, linker.end):
        others = linker.right(like.end())
        if others:
            return others, None, others[-1].end
    return [], None, at


def liked(
    linker: Linker,
    items: tuple[str, ...],
    alike: list[Argument],
    taken: Sequence[Place] = (),
) -> tuple[list[Claim], list[Place]]:
    """What is said that the reader liked, and where; `alike` are items just listed.

    What begins in a place that is `taken` has been read already.
    """
    text, start, end = linker.text, linker.start, linker.end
    negated = False
    arguments: list[Argument] = []
    used: list[Place] = []
    korean = _KO_LIKE.match(text, start, end)
    if _KO_MANY.match(text, start, end) or _LIKE_MANY.search(text, start, end):
        return [], []
    if korean and korean["liked"]:
        arguments = alike
    elif said := _YOU_LIKED.search(text, start, end):
        if any(first <= said.start() < last for first, last in taken):
            return [], []
        negated = said["neg"] is not None
        arguments = linker.right(said.end(), items)
        if not arguments:
            arguments = alike or linker.left(said.start(), start)
        used.append((said.start(), max(said.end(), *(a.end for a in arguments), 0)))
        if said["if"]:
            return [], used
    elif said := _KO_YOU_LIKED.search(text, start, end):
        arguments = linker.slot(start, said.start())
        used.append((start, said.end()))
    claims = [
        Claim(
            text=argument.text,
            span=(argument.start, argument.end),
            relation=LIKED,
            tail=argument.text,
            tails=linker.ids(linker.of_kind(argument.rows, items)),
            negated=negated,
        )
        for argument in arguments
    ]
    return claims, used


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))
