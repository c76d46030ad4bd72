"""Where the sentences of a text begin and end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.names import Mention

_END = re.compile(r"(?P<stop>[.!?…。]+)[\"'”’)]*(?=\s|$)|\n+")
_NEXT = re.compile(r"\s+[\"'“\u2018(]*[A-ZÀ-Þ\d]")
_SMALL_NEXT = re.compile(r"\s+[a-zà-þ]")
_SHORT = re.compile(r"(?:^|[\s(])(?:[A-Z]|(?:\w\.)+\w|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|etc)$")


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
    start = 0
    for stop in _END.finditer(text):
        sign = stop["stop"] or ""
        name = next((m.end for m in mentions if m.start < stop.start() < m.end), 0)
        if sign and stop.end() < len(text) and _goes_on(text, start, stop, name):
            continue
        _add(spans, text, start, max(stop.start(), name), asked="?" in sign and not name)
        start = stop.end()
    _add(spans, text, start, len(text), asked=False)
    return spans


def _goes_on(text: str, start: int, stop: re.Match[str], name: int) -> bool:
    if name >= stop.end("stop"):
        return name > stop.end() or not _NEXT.match(text, stop.end())
    if not _SHORT.search(text[start : stop.start()]):
        return False
    one_letter = text[start : stop.start()].count(".") == 0
    return one_letter or bool(_SMALL_NEXT.match(text, stop.end()))


def _add(spans: list[Span], text: str, start: int, end: int, *, asked: bool) -> None:
    if text[start:end].strip():
        spans.append(Span(start, end, asked))
