"""Times that are told as a stretch: "the 1990s", "before 2000", "between 1990 and 1995".

A stretch is a name for all values that lie in it, so every wording that takes a value takes it.
It is read where the values of one relation are numbers of as many digits.
"""

import re
from collections.abc import Iterator

from graph.names import Mention
from reasoning.lexicon import Lexicon
from reasoning.values import laid_over

_DIGITS = 4
_Y = r"(?P<{}>\d{{4}})"
_FROM, _TO = _Y.format("first"), _Y.format("last")
_TENS = re.compile(
    r"(?:\bthe\s+)?(?:\b(?P<part>early|mid|late)[\s-]+(?:the\s+)?)?"
    r"(?:(?<!\d)(?P<tens>\d{3}0)['’]?s\b|(?<![\w'’])['’]?(?P<short>[2-9]0)['’]?s\b)",
    re.IGNORECASE,
)
_BOUNDS = (
    (re.compile(rf"\b(?:between|from)\s+{_FROM}\s+(?:and|to|till|until)\s+{_TO}\b", re.I), 0, 0),
    (re.compile(rf"(?<![\d-]){_FROM}\s*[–-]\s*{_TO}(?![\d-])"), 0, 0),
    (re.compile(rf"\b(?:before|prior\s+to|earlier\s+than|until)\s+{_TO}\b", re.I), 0, -1),
    (re.compile(rf"\b(?:after|later\s+than)\s+{_FROM}\b", re.I), 1, 0),
    (re.compile(rf"\b(?:since|no\s+earlier\s+than)\s+{_FROM}\b", re.I), 0, 0),
    (re.compile(rf"\b{_TO}\s+or\s+(?:earlier|before)\b", re.I), 0, 0),
    (re.compile(rf"\b{_FROM}\s+or\s+(?:later|after)\b", re.I), 0, 0),
)
# What people call the beginning and the end of ten years is not sharp.
_PARTS = {"early": (0, 4), "mid": (3, 7), "late": (5, 9)}
_CUES = re.compile(r"\d0['’]?s\b|\d{4}")


def with_ranges(lexicon: Lexicon, text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions of a text with those of stretches of time, in its order."""
    if not _CUES.search(text) or lexicon.number_of.get(_DIGITS) is None:
        return mentions
    found = sorted(_ranges(lexicon, text), key=lambda one: (one.start, -one.end))
    if not found:
        return mentions
    named = {one.end: one for one in mentions}
    kept: list[Mention] = []
    for one in found:
        if kept and one.start < kept[-1].end:
            continue
        also = named.get(one.end)  # what is called so, as a tag may be: "1920s"
        rows = also.rows if also and not text[also.start : also.end].isdigit() else ()
        kept.append(Mention(one.start, one.end, tuple(dict.fromkeys((*one.rows, *rows)))))
    return laid_over(mentions, kept)


def _ranges(lexicon: Lexicon, text: str) -> Iterator[Mention]:
    for said in _TENS.finditer(text):
        first = int(said["tens"] or f"19{said['short']}")
        low, high = _PARTS.get((said["part"] or "").casefold(), (0, 9))
        yield Mention(said.start(), said.end(), lexicon.between(_DIGITS, first + low, first + high))
    for pattern, more, less in _BOUNDS:
        for said in pattern.finditer(text):
            groups = said.groupdict()
            low = int(groups["first"]) + more if groups.get("first") else 0
            high = int(groups["last"]) + less if groups.get("last") else 10**_DIGITS
            yield Mention(said.start(), said.end(), lexicon.between(_DIGITS, low, high))
