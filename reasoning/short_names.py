"""Short names that a text uses for what it has named in full: "Mann" for Michael Mann.

A title is cut where its second part begins, a person's name to its last word. Such a name means
something only behind the full one, so it is found text by text and never in the index of names.
"""

import re
from collections.abc import Iterable

from graph.names import Mention
from reasoning.lexicon import Lexicon
from reasoning.linking import NO_NAMES
from reasoning.values import laid_over

_SECOND_PART = re.compile(r"\s*:\s|\s+[-–—]\s|\s+\(")
_PERSON = re.compile(r"(?:[A-ZÀ-Þ][\w.’'-]*\s+)+(?P<last>[A-ZÀ-Þ][\w’'-]{2,})")
_CAPITAL = re.compile(r"(?<![\w’'-])[A-ZÀ-Þ][\w’'-]*")
_CAPITAL_BEFORE = re.compile(r"(?P<word>[A-ZÀ-Þ][\w.’'-]*)\s+$")
_CAPITAL_BEHIND = re.compile(r"\s+[A-ZÀ-Þ][a-zà-þ]")
_NAMED_SO = r"[A-ZÀ-Þ0-9][\w’'.:&!-]*"
_QUOTED = re.compile(
    rf"[\"“](?P<name>{_NAMED_SO}(?:\s+(?:{_NAMED_SO}|of|the|in|a|an|and|to|for|with|on|at|by|from))*)"
    r"[,.]?[\"”]"
)
_ARTICLES = ("the", "a", "an")
_WINDOW = 40
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
    learnt = 0
    added: list[Mention] = []
    at = 0
    for word in _CAPITAL.finditer(text):
        while learnt < len(mentions) and mentions[learnt].end <= word.start():
            one = mentions[learnt]
            _learn(lexicon, known, text[one.start : one.end], one.rows)
            learnt += 1
        if word.start() < at or not known:
            continue
        within = mentions[learnt] if learnt < len(mentions) else None
        for short, rows in known.get(_bare(word.group()), ()):
            end = word.start() + len(short)
            if not text.startswith(short, word.start()) or text[end : end + 1].isalnum():
                continue
            if within is not None and within.start < end and not _inside(within, word.start(), end):
                continue
            if _part_of_more(text, word.start(), end):
                continue
            added.append(Mention(word.start(), end, rows))
            at = end
            break
    if not added:
        return mentions
    return laid_over(mentions, added)


def without_parts(text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions without those that are a part of a name in quotes: "The Outlaw's Son"."""
    if not mentions or not _QUOTED.search(text):
        return mentions
    kept: list[Mention] = []
    quoted = [(said.start("name"), said.end("name")) for said in _QUOTED.finditer(text)]
    at = 0
    for one in mentions:
        while at < len(quoted) and quoted[at][1] <= one.start:
            at += 1
        start, end = quoted[at] if at < len(quoted) else (one.end, one.end)
        left, right = text[start : one.start], text[one.end : end]
        inside = start <= one.start and one.end <= end
        part = _CAPITAL.search(left) and left.casefold().strip() not in _ARTICLES
        if not inside or not (part or _CAPITAL.search(right)):
            kept.append(one)
    return kept


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
        short = name[: cut.start()] if cut else ""
    else:
        person = _PERSON.fullmatch(name) if kind not in lexicon.value_of else None
        short = person["last"] if person else ""
    if len(short) < _SHORTEST or not short[0].isupper():
        return
    some = known.setdefault(_bare(short.split()[0]), [])
    for at, (other, others) in enumerate(some):
        if other == short:
            some[at] = (short, tuple(dict.fromkeys((*others, *rows))))
            return
    if len(some) < _MOST:
        some.append((short, rows))
        some.sort(key=lambda one: -len(one[0]))


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
