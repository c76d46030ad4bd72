"""Filling in templates: slots, lists, and the particles of Korean.

A Korean particle has two forms, one behind a consonant and one behind a vowel; a template writes
both behind a slot, "{head}은/는", and the name decides. Latin letters and digits are judged by how
they are read aloud in Korean.
"""

import re
from collections.abc import Mapping, Sequence

# Behind a consonant, behind a vowel. ("로" also stands behind the consonant ㄹ.)
PARTICLES = {
    "은/는": ("은", "는"),
    "는/은": ("은", "는"),
    "이/가": ("이", "가"),
    "가/이": ("이", "가"),
    "을/를": ("을", "를"),
    "를/을": ("을", "를"),
    "과/와": ("과", "와"),
    "와/과": ("과", "와"),
    "으로/로": ("으로", "로"),
    "이다/다": ("이다", "다"),
    "이나/나": ("이나", "나"),
    "이며/며": ("이며", "며"),
    "이었다/였다": ("이었다", "였다"),
}
PAIR = re.compile("|".join(sorted(map(re.escape, PARTICLES), key=len, reverse=True)))
SLOT = re.compile(r"\{(\w+)\}")

_STOPS = (".", "!", "?", "…")
_ROW = re.compile(r",| (?:and|&) |[와과] ")
_DIGITS_WITH_CONSONANT = "013678"
_READ_WITH_L = "178"
_VOWELS = "aeiouy"
_LETTERS_WITH_CONSONANT = "lmnr"  # el, em, en, ar: as Korean reads single letters


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its slots filled and each particle chosen by what stands before it."""
    parts: list[str] = []
    last = ""
    at = 0
    for slot in SLOT.finditer(template):
        parts.append(_agreeing(template[at : slot.start()], last))
        last = values[slot.group(1)]
        parts.append(last)
        at = slot.end()
    parts.append(_agreeing(template[at:], last))
    return "".join(parts)


def sentence(template: str, values: Mapping[str, str]) -> str:
    """The template filled; behind a name that ends in a stop of its own there is no second one."""
    text = fill(template, values)
    return text[:-1] if text[-2:-1] in _STOPS and text.endswith(".") else text


def listed(names: Sequence[str], language: str) -> str:
    """Names in a row, as the language says them: "A, B and C", "A, B와 C".

    A name that looks like a row itself is put in quotation marks.
    """
    if len(names) < 2:
        return "".join(names)
    *some, before, last = (f"“{name}”" if _ROW.search(name) else name for name in names)
    if language == "ko":
        joined = fill("{before}와/과 {last}", {"before": before, "last": last})
    else:
        joined = f"{before} and {last}"
    return ", ".join([*some, joined])


def ends_in_consonant(text: str) -> bool:
    """Whether a word ends in a consonant when Korean reads it."""
    return _final(text) != ""


def _agreeing(literal: str, before: str) -> str:
    """The literal with its particles chosen; the first may follow a slot's value."""
    parts: list[str] = []
    at = 0
    for pair in PAIR.finditer(literal):
        parts.append(literal[at : pair.start()])
        behind = before + "".join(parts)
        consonant, vowel = PARTICLES[pair.group()]
        final = _final(behind)
        bare = final == "" or (final == "l" and consonant == "으로")
        parts.append(vowel if bare else consonant)
        at = pair.end()
    return "".join([*parts, literal[at:]])


def _final(text: str) -> str:
    """The consonant a text ends in when read in Korean: "l", another ("x"), or none ("")."""
    word = re.sub(r"[^\w]+$", "", text)
    if not word:
        return ""
    last = word[-1]
    if "가" <= last <= "힣":
        jong = (ord(last) - ord("가")) % 28
        return "" if jong == 0 else ("l" if jong == 8 else "x")
    if last.isdigit():
        if last not in _DIGITS_WITH_CONSONANT:
            return ""
        return "l" if last in _READ_WITH_L else "x"
    return _final_of_latin(re.split(r"[^A-Za-zÀ-ÿ]", word)[-1])


def _final_of_latin(word: str) -> str:
    if not word:
        return ""
    if word.isupper() and len(word) <= 4:
        last = word[-1].lower()
        return ("l" if last in "lr" else "x") if last in _LETTERS_WITH_CONSONANT else ""
    low = word.lower()
    last = low[-1]
    if last == "l" or low.endswith("le"):
        return "l"
    if last in "mn" or low.endswith("ng"):
        return "x"
    if re.search(r"[^aeiou][aeiou]e$|[aeiou][mn]e$", low):
        return "x" if low[-2] in "mn" else ""
    if last in "ptkc":
        stem = low[:-2] if low.endswith("ck") else low[:-1]
        short = stem[-1:] in _VOWELS and stem[-2:-1] not in _VOWELS
        return "x" if short and stem else ""
    return ""
