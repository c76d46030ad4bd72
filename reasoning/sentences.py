"""Where the sentences of a text begin and end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.names import Mention

_END = re.compile(r"(?P<stop>[.!?…。]+)[\"'”’)]*(?=\s|$)|\n+")
_NEXT = re.compile(r"\s+(?!\(\d+\))[\"'“\u2018(]*[A-ZÀ-Þ\d]")
_SMALL_NEXT = re.compile(r"\s+(?!\(\d+\))[a-zà-þ]")
_SHORT = re.compile(r"(?:^|[\s(])(?:[A-Z]|(?:\w\.)+\w|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|etc)$")
# "1." or "2)" at the beginning of a line.
_LIST_NUMBER = re.compile(r"\s*(?:\d{1,3}|[a-zA-Z])\)?\s*")
LONGEST = 1500
_WORD = 24


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence: characters `start` to `end` of a text, without its stop; `asked`: a question."""

    start: int
    end: int
    asked: bool


def sentences(text: str, mentions: Sequence[Mention]) -> list[Span]:
    """The sentences of a text, in its order.

    A full stop in a name or behind an initial ends none; one that closes a name ("Mars!") ends
    a sentence where another begins behind it.
    """
    spans: list[Span] = []
    start = at = 0
    for stop in _END.finditer(text):
        sign = stop["stop"] or ""
        while at < len(mentions) and mentions[at].end <= stop.start():
            at += 1
        inside = at < len(mentions) and mentions[at].start < stop.start()
        name = mentions[at].end if inside else 0
        if not sign and inside and text[stop.start() - 1] in ".!?":
            continue  # "Mr.", and "Mom" on the next line
        whole = at > 0 and mentions[at - 1].end == stop.start()  # "Malcolm X." is no initial
        if sign and stop.end() < len(text) and _goes_on(text, start, stop, name, whole):
            continue
        _add(spans, text, start, max(stop.start(), name), asked="?" in sign and not name)
        start = stop.end()
    _add(spans, text, start, len(text), asked=False)
    return spans


def _goes_on(text: str, start: int, stop: re.Match[str], name: int, whole: bool) -> bool:
    if name >= stop.end("stop"):
        return name > stop.end() or not _NEXT.match(text, stop.end())
    if whole and _NEXT.match(text, stop.end()):
        return False
    short = _SHORT.search(text[max(start, stop.start() - _WORD) : stop.start()])
    if not short:
        return False
    one_letter = "." not in short.group()
    return one_letter or bool(_SMALL_NEXT.match(text, stop.end()))


def _add(spans: list[Span], text: str, start: int, end: int, *, asked: bool) -> None:
    """Add a sentence; one too long to be one is cut at white space, so that time stays linear."""
    while end - start > LONGEST:
        cut = max(text.rfind(" ", start, start + LONGEST), start + LONGEST // 2)
        if text[start:cut].strip():
            spans.append(Span(start, cut, False))
        start = cut
    if text[start:end].strip() and not _LIST_NUMBER.fullmatch(text, start, end):
        spans.append(Span(start, end, asked))
