"""Values in other forms than their names: "science fiction" for Sci-Fi, "romantic", "thrillers".

Four ways lead from a value's name to what people write: the mapping lists more words for it; it
stands in the plural; an adjective is made of it as English makes them; or words begin with the
pieces of an abbreviated name. Only kinds with few values are read so: theirs is a vocabulary,
while in thousands of names nearly any word is the like of one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from graph.names import Mention, NameIndex, normalise, words

MOST_VALUES = 200
# How a noun ends, and the adjective that is made of it: romance, romantic; animation, animated.
_ADJECTIVES = (
    ("ance", ("antic",)), ("ation", ("ated",)), ("edy", ("edic",)), ("graphy", ("graphical",)),
    ("logy", ("logical",)), ("ory", ("orical",)), ("ism", ("istic", "ist")),
)  # fmt: skip
_SHORTEST_STEM = 4
_LONGEST_PIECE = 4
_PIECES = re.compile(r"[-/.]")
_WORD = re.compile(r"[^\W_]+")

Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Another way to write a value: its words, or what these begin with."""

    words: tuple[str, ...]
    rows: Rows
    pieces: bool = False

    def fits(self, said: Sequence[str]) -> bool:
        """Whether words of a text, as many as it has, are this form."""
        if not self.pieces:
            return tuple(said) == self.words
        longer = sum(map(len, said)) > sum(map(len, self.words))
        return longer and all(map(str.startswith, said, self.words))


class ValueForms:
    """The forms of the values of some kinds, found in texts."""

    def __init__(self, names: NameIndex, kinds: Sequence[str]) -> None:
        self._names = names
        self._kinds = [k for k in kinds if 0 < names.snapshot.count(k) <= MOST_VALUES]

    def added(self, text: str, mentions: list[Mention]) -> list[Mention]:
        """The mentions of a text with those of values in other forms, in the order of the text.

        A form that holds a whole name takes its place; one that says the same as a name of
        something else may mean either.
        """
        if not self._first or self._firsts.isdisjoint(_WORD.findall(text.casefold())):
            found = list(self._in_pieces(text)) if self._pieces else []
        else:
            found = [*self._whole(text), *(self._in_pieces(text) if self._pieces else ())]
        if not found:
            return mentions
        kept = sorted([*mentions, *found], key=lambda one: (one.start, -one.end))
        merged: list[Mention] = []
        for one in kept:
            last = merged[-1] if merged else None
            if last is None or one.start >= last.end:
                merged.append(one)
            elif (one.start, one.end) == (last.start, last.end):
                rows = tuple(dict.fromkeys((*last.rows, *one.rows)))
                merged[-1] = Mention(one.start, one.end, rows)
        return merged

    # -- inside -------------------------------------------------------------------------------

    def _whole(self, text: str) -> Iterator[Mention]:
        listed = words(text)
        for at, (word, start, _) in enumerate(listed):
            for form in self._first.get(word, ()):
                said = listed[at : at + len(form.words)]
                if len(said) == len(form.words) and form.fits([one for one, _, _ in said]):
                    yield Mention(start, said[-1][2], form.rows)

    def _in_pieces(self, text: str) -> Iterator[Mention]:
        for pattern, form in self._pieces:
            for found in pattern.finditer(text):
                if form.fits([word for word, _, _ in words(found.group())]):
                    yield Mention(found.start(), found.end(), form.rows)

    @cached_property
    def _forms(self) -> list[Form]:
        snapshot = self._names.snapshot
        found: dict[tuple[tuple[str, ...], bool], list[int]] = {}
        for kind in self._kinds:
            listed = {
                normalise(value): [normalise(one) for one in more]
                for language in snapshot.schema.kinds[kind].words.values()
                for value, more in language.values.items()
            }
            rows = list(snapshot.rows(kind))
            for row, label in zip(rows, snapshot.labels(rows), strict=True):
                plain = normalise(label)
                for form in (*other_forms(plain), *listed.get(plain, ())):
                    if row not in self._names.exact(form):
                        found.setdefault((tuple(form.split()), False), []).append(row)
                if pieces := pieces_of(label):
                    found.setdefault((pieces, True), []).append(row)
        return [Form(said, tuple(some), pieces) for (said, pieces), some in found.items() if said]

    @cached_property
    def _first(self) -> dict[str, list[Form]]:
        first: dict[str, list[Form]] = {}
        for form in self._forms:
            if not form.pieces:
                first.setdefault(form.words[0], []).append(form)
        for some in first.values():
            some.sort(key=lambda form: -len(form.words))
        return first

    @cached_property
    def _firsts(self) -> frozenset[str]:
        return frozenset(self._first)

    @cached_property
    def _pieces(self) -> list[tuple[re.Pattern[str], Form]]:
        return [
            (re.compile(r"\b" + r"[\s-]+".join(rf"{p}[^\W\d_]+" for p in form.words), re.I), form)
            for form in self._forms
            if form.pieces
        ]


def laid_over(mentions: Sequence[Mention], more: Sequence[Mention]) -> list[Mention]:
    """Mentions in the order of the text, those of `more` in place of what they overlap."""
    at, kept = 0, list[Mention]()
    for one in mentions:
        while at < len(more) and more[at].end <= one.start:
            at += 1
        if at == len(more) or one.end <= more[at].start:
            kept.append(one)
    return sorted([*kept, *more], key=lambda one: one.start)


def other_forms(name: str) -> Iterator[str]:
    """The plural of a name in normal form, and the adjectives that English makes of such nouns."""
    if not name or not name[-1].isascii() or not name[-1].isalpha():
        return
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        yield f"{name[:-1]}ies"
    elif name.endswith(("s", "x", "ch", "sh")):
        yield f"{name}es"
    else:
        yield f"{name}s"
    for noun, adjectives in _ADJECTIVES:
        if name.endswith(noun) and len(name) >= len(noun) + _SHORTEST_STEM - 1:
            for adjective in adjectives:
                yield name.removesuffix(noun) + adjective


def pieces_of(label: str) -> tuple[str, ...]:
    """The pieces of an abbreviated name, "sci" and "fi"; none where it is not one."""
    pieces = tuple(normalise(piece) for piece in _PIECES.split(label))
    short = all(2 <= len(piece) <= _LONGEST_PIECE and piece.isalpha() for piece in pieces)
    return pieces if len(pieces) > 1 and short else ()
