"""Numbers in words: "three", "3.5", "second", "10th"."""

import re

_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip
_ORDINALS = (
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth",
)  # fmt: skip
NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(_WORDS)}|a\s+dozen)"
ORDINAL = rf"(?:\d+(?:st|nd|rd|th)|{'|'.join(_ORDINALS[1:])})"
_SEPARATOR = re.compile(r",(?=\d{3}\b)")


def number(words: str) -> float:
    """What a text that `NUMBER` matches stands for."""
    folded = words.casefold()
    if folded in _WORDS:
        return float(_WORDS.index(folded))
    if folded.endswith("dozen"):
        return 12.0
    return float(_SEPARATOR.sub("", folded).replace(",", ""))


def ordinal(words: str) -> int:
    """What a text that `ORDINAL` matches stands for."""
    folded = words.casefold()
    return _ORDINALS.index(folded) if folded in _ORDINALS else int(folded[:-2])
