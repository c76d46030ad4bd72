"""Short names that a text uses for what it has named in full: "Mann" for Michael Mann.

A title is cut where its second part begins, a person's name to its last word. Such a name means
something only behind the full one, so it is found text by text and never in the index of names;
but for titles whose parts are told apart by nothing else: "Star Wars" in quotes, "A New Hope".
"""

import re
from collections.abc import Iterable

from graph.names import Mention
from reasoning.lexicon import Lexicon
from reasoning.linking import NO_NAMES
from reasoning.values import laid_over

_SECOND_PART = re.compile(r"\s*:\s|\s+[-–—]\s|\s+\(|,?\s+or:?\s+(?=[A-Z])|(?<=[.!?])\s+(?=the\s)")
_WHOSE = re.compile(r"(?:[A-ZÀ-Þ][\w.-]*\s+){0,2}[A-ZÀ-Þ][\w.-]*['’]s\s+(?=[A-ZÀ-Þ])")
_PERSON = re.compile(r"(?:[A-ZÀ-Þ][\w.’'-]*\s+)+(?P<last>[A-ZÀ-Þ][\w’'-]{2,})")
_CAPITAL = re.compile(r"(?<![\w’'-])[A-ZÀ-Þ][\w’'-]*")
_CAPITAL_BEFORE = re.compile(r"(?P<word>[A-ZÀ-Þ][\w.’'-]*)\s+$")
_CAPITAL_BEHIND = re.compile(r"\s+[A-ZÀ-Þ][a-zà-þ]")
_NAMED_SO = r"[A-ZÀ-Þ0-9][\w’'.:&!-]*"
_QUOTED = re.compile(
    rf"[\"“](?P<name>{_NAMED_SO}(?:\s+(?:{_NAMED_SO}|of|the|in|a|an|and|to|for|with|on|at|by|from))*)"
    r"[,.]?[\"”]"
)
_OPENING = ("“", "‘", '"', "«", "*", "_")
_YEAR_BEHIND = re.compile(r"[\"”*_]*\s*\(\d{4}\)")
_ARTICLES = ("the", "a", "an")
_WINDOW = 40
# "The Social Network": a word with a capital that stands inside a sentence, right before a name.
_WITHIN_BEFORE = re.compile(r"(?<=[\w,][ ])(?P<word>[A-ZÀ-Þ][a-zà-þ]+)[ ]$")
_NUMBER_AT = re.compile(r"[\"”*_]*\s*\(\d{4}\)")
_MOST = 4  # names with the same first word
_SHORTEST = 3

Named = tuple[str, tuple[int, ...]]


def with_short_names(
    lexicon: Lexicon, text: str, mentions: list[Mention], asked: Iterable[Named] = ()
) -> list[Mention]:
    """The mentions of a text with those of short names; `asked` was named before the text."""
    known: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for name, rows in asked:
        _learn(lexicon, known, name, rows)
    parts = lexicon.title_parts
    learnt = 0
    added: list[Mention] = []
    at = 0
    for word in _CAPITAL.finditer(text):
        while learnt < len(mentions) and mentions[learnt].end <= word.start():
            one = mentions[learnt]
            _learn(lexicon, known, text[one.start : one.end], one.rows)
            learnt += 1
        told = known.get(_bare(word.group()), ()) if known else ()
        alone = parts.get(word.group(), ())
        if word.start() < at or not (told or alone):
            continue
        within = mentions[learnt] if learnt < len(mentions) else None
        for short, rows in (*told, *alone):
            end = word.start() + len(short)
            if not text.startswith(short, word.start()) or text[end : end + 1].isalnum():
                continue
            if within is not None and within.start < end and not _inside(within, word.start(), end):
                continue
            if _part_of_more(text, word.start(), end):
                continue
            if (short, rows) not in told and not _as_title(text, word.start(), end, short):
                continue
            added.append(Mention(word.start(), end, rows))
            at = end
            break
    if not added:
        return mentions
    return laid_over(mentions, added)


def without_parts(lexicon: Lexicon, text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions without those that are words, or a part of a longer name.

    "The Outlaw's Son" in quotes, "The Social Network", "an American crime film".
    """
    kept: list[Mention] = []
    quoted = [(said.start("name"), said.end("name")) for said in _QUOTED.finditer(text)]
    at = 0
    for place, one in enumerate(mentions):
        while at < len(quoted) and quoted[at][1] <= one.start:
            at += 1
        start, end = quoted[at] if at < len(quoted) else (one.end, one.end)
        left, right = text[start : one.start], text[one.end : end]
        inside = start <= one.start and one.end <= end
        part = _CAPITAL.search(left) and left.casefold().strip() not in _ARTICLES
        if inside and (part or _CAPITAL.search(right)):
            continue
        if lexicon.kind(one.rows[0]) in lexicon.items:
            if not inside and _goes_on(text, mentions, place):
                continue
            if miscased(lexicon, text, one):
                first = text.index(" ", one.start) + 1
                kept += [
                    Mention(first + m.start, first + m.end, m.rows)
                    for m in lexicon.mentions(text[first : one.end])
                ]
                continue
        kept.append(one)
    return kept


def _goes_on(text: str, mentions: list[Mention], place: int) -> bool:
    """Whether the name of an item is the end of a longer one that nobody knows."""
    one = mentions[place]
    before = _WITHIN_BEFORE.search(text, max(0, one.start - _WINDOW), one.start)
    if before is None or before["word"].casefold() in NO_NAMES or before["word"].isdigit():
        return False
    if place and mentions[place - 1].end >= before.start("word"):
        return False
    return not _NUMBER_AT.match(text, one.end)


def miscased(lexicon: Lexicon, text: str, one: Mention) -> bool:
    """Whether words that are a title are written in small letters where the title has capitals."""
    said = text[one.start : one.end].split()
    if text[one.start - 1 : one.start] in _OPENING:
        return False
    small = [at for at, word in enumerate(said) if word[:1].islower()]
    return bool(small) and all(_capital_in(lexicon.label(row), said, small) for row in one.rows)


def _capital_in(label: str, said: list[str], places: list[int]) -> bool:
    """Whether a name of the same words has a capital at one of the places."""
    words = label.split()[: len(said)]
    same = [word.casefold() for word in words] == [word.casefold() for word in said]
    return same and any(words[at][:1].isupper() for at in places)


def _learn(
    lexicon: Lexicon,
    known: dict[str, list[tuple[str, tuple[int, ...]]]],
    name: str,
    rows: tuple[int, ...],
) -> None:
    if not rows:
        return
    kind = lexicon.kind(rows[0])
    if kind in lexicon.items:
        cut = _SECOND_PART.search(name)
        whose = _WHOSE.match(name)
        short = name[: cut.start()] if cut else name[whose.end() :] if whose else ""
    else:
        person = _PERSON.fullmatch(name) if kind not in lexicon.value_of else None
        short = person["last"] if person else ""
    if len(short) < _SHORTEST or not short[0].isupper():
        return
    first = _CAPITAL.match(short)
    some = known.setdefault(_bare(first.group() if first else short), [])
    for at, (other, others) in enumerate(some):
        if other == short:
            some[at] = (short, tuple(dict.fromkeys((*others, *rows))))
            return
    if len(some) < _MOST:
        some.append((short, rows))
        some.sort(key=lambda one: -len(one[0]))


def _as_title(text: str, start: int, end: int, short: str) -> bool:
    """Whether a part of a title stands for it: it is long, or quoted, or has a year behind it."""
    quoted = text[start - 1 : start] in _OPENING and start > 0
    return short.count(" ") > 1 or quoted or _YEAR_BEHIND.match(text, end) is not None


def _bare(word: str) -> str:
    return word.removesuffix("'s").removesuffix("’s")


def _inside(one: Mention, start: int, end: int) -> bool:
    """Whether a mention lies within a place and is shorter."""
    return start <= one.start and one.end <= end and one.end - one.start < end - start


def _part_of_more(text: str, start: int, end: int) -> bool:
    """Whether a name goes on before or behind: "Jane Mann" is nobody whom "Mann" means."""
    before = _CAPITAL_BEFORE.search(text[max(0, start - _WINDOW) : start])
    if before is not None and before["word"].casefold().rstrip(".") not in NO_NAMES:
        return not before["word"].endswith(".")
    return bool(_CAPITAL_BEHIND.match(text, end))
