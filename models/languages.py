"""Which languages texts are written in: by their script, and by small words where it is Latin.

Not for a single text, which may be a name, but for a catalogue: enough to notice that an encoder
was never taught what it is given.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

# Words that are frequent in one of these languages and no words of the others.
_SMALL = {
    "en": "the of and with from his her is was that this for their who by",
    "de": "der das und ist nicht ein eine einer mit auf von zum den dem für auch bei",
    "fr": "les des et une est dans pour avec sur du qui aux ses leur plus",
    "es": "los las una por para como su sus y el pero más del muy",
    "it": "il gli della di che non una sono nel dei alla più delle",
    "pt": "os uma não com dos das em ao mais seu sua pela são",
    "nl": "het een van zijn voor niet aan ook naar bij wordt deze",
    "pl": "nie się jest przez oraz dla jak ale który od po",
    "tr": "ve bir bu ile için çok daha olarak gibi kadar",
}
_SCRIPTS = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "THAI": "th",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
}
_SAMPLE = 2_000
# Below this share foreign titles in a catalogue are foreign titles, not its language.
NOTICED = 0.1


def shares(texts: Sequence[str]) -> dict[str, float]:
    """The share of each language in the texts, largest first, from an even sample of them.

    Texts in the Latin script that hold no small word (most names) count like those that do.
    """
    words = {word: code for code, listed in _SMALL.items() for word in listed.split()}
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    told: Counter[str] = Counter()
    latin: Counter[str] = Counter()
    latin_texts = 0
    for text in sample:
        code = _by_script(text)
        if code == "LATIN":
            latin_texts += 1
            found = Counter(words[word] for word in text.casefold().split() if word in words)
            if found:
                latin[found.most_common(1)[0][0]] += 1
        elif code:
            told[code] += 1
    if latin_texts and not latin:
        latin["en"] = 1
    for code, count in latin.items():
        told[code] += latin_texts * count / latin.total()  # type: ignore[assignment]
    total = sum(told.values())
    return {code: count / total for code, count in told.most_common()}


def unserved(languages: frozenset[str] | None, texts: Sequence[str]) -> dict[str, float]:
    """The languages that a good part of the texts is in and that an encoder does not know."""
    if languages is None:
        return {}
    return {
        code: share
        for code, share in shares(texts).items()
        if share >= NOTICED and code not in languages
    }


def _by_script(text: str) -> str:
    """The language that most letters of a text belong to, "LATIN", or "" without letters.

    Kana among Chinese characters is Japanese, however few.
    """
    found = Counter(script for sign in text if (script := _script(sign)))
    if not found:
        return ""
    if "HIRAGANA" in found or "KATAKANA" in found:
        return "ja"
    first = found.most_common(1)[0][0]
    return _SCRIPTS.get(first, first if first == "LATIN" else "other")


@cache
def _script(sign: str) -> str:
    return unicodedata.name(sign, "").split(" ")[0].split("-")[0] if sign.isalpha() else ""
