"""The names of a sentence: what stands to the left and to the right of a wording, as nodes.

A name that no node has is kept, as its words with no rows: what is said of it is a claim too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.names import Mention
from reasoning.lexicon import Lexicon
from reasoning.sentences import Span

_QUOTES = "\"'“”\u2018’«»*_"
_SPACE = " \t\n"
_AND = re.compile(
    r"\s*(?:,\s*(?:and|or|nor)\s+|,\s*|\s+(?:and|or|nor|&)\s+|\s*(?:와|과)\s+)(?!not\b)"
)
_AND_BEFORE = re.compile(
    r"(?:(?P<and>,?\s*\b(?:and|or|nor)\s+|\s*&\s*|(?:와|과)\s+)|,\s*)$", re.IGNORECASE
)
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_CAPITAL = r"[A-ZÀ-ÞŁŠŽ0-9가-힣][\w’'.&-]*"
_SMALL = r"(?:of|the|de|da|del|van|von|der|la|le|du|for|to|a|an|in|&|and)"
_NAME = re.compile(rf"{_CAPITAL}(?:(?:\s+{_SMALL})*\s+{_CAPITAL})*")
_STOPS = re.compile(r"[.,;:!?]+$")
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_NO_NAMES = ("it", "he", "she", "they", "this", "that", "you", "i", "who", "what", "which")
_LOOSE_ENDS = ("and", "the", "of", "a", "in")
_CLAUSE_BEFORE = re.compile(r"(?:고|며|지만|서|,)\s*$")
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Argument:
    """A name in a sentence: where it stands, the words, and the nodes that are so called."""

    start: int
    end: int
    text: str
    rows: tuple[int, ...]


class Linker:
    """The names of one sentence; all places are characters of the whole text."""

    def __init__(
        self, lexicon: Lexicon, text: str, span: Span, mentions: Sequence[Mention]
    ) -> None:
        self.lexicon = lexicon
        self.names = lexicon.names
        self.text = text
        self.start, self.end = span.start, span.end
        self.mentions = [m for m in mentions if span.start <= m.start and m.end <= span.end]
        self._by_start = {m.start: m for m in self.mentions}
        self._by_end = {m.end: m for m in self.mentions}

    def ids(self, rows: Sequence[int]) -> tuple[str, ...]:
        """Node ids of rows."""
        return self.lexicon.ids(rows)

    def of_kind(self, rows: Sequence[int], kinds: Sequence[str]) -> tuple[int, ...]:
        """Those of the rows that are of one of the kinds."""
        return self.lexicon.of_kind(rows, kinds)

    def starting(self, at: int) -> Mention | None:
        """The known name that begins at a place."""
        return self._by_start.get(at)

    def inside_name(self, start: int, end: int) -> bool:
        """Whether the words between two places are part of a known name.

        A name that is one of several words does not count: a tag "language" says nothing of "is
        in the language".
        """
        words = self.text[start:end].strip()
        at = start + self.text[start:end].find(words)
        stop = at + len(words)
        touching = (m for m in self.mentions if m.start < stop and at < m.end)
        return any(m.start < at or stop < m.end or (m.start, m.end) == (at, stop) for m in touching)

    def argument(self, mention: Mention) -> Argument:
        """A known name."""
        text = self.text[mention.start : mention.end]
        return Argument(mention.start, mention.end, text, mention.rows)

    def right(self, at: int, kinds: Sequence[str] = (), *, one: bool = False) -> list[Argument]:
        """The names that stand from `at` on: one, or several in a row.

        A list ends where a known name is of none of the `kinds`, if the first one is.
        """
        found: list[Argument] = []
        while (argument := self._one_right(at)) is not None:
            if found and argument.rows and kinds and not self.of_kind(argument.rows, kinds):
                break
            found.append(argument)
            joint = _AND.match(self.text, self.past_quotes(argument.end), self.end)
            if one or joint is None:
                break
            at = joint.end()
        return found

    def left(self, at: int, offset: int) -> list[Argument]:
        """The names that end at `at`: one, or several in a row that an "and" joins."""
        found: list[Argument] = []
        joined = False
        while (argument := self._one_left(at, offset)) is not None:
            found.insert(0, argument)
            lead = self.text[offset : argument.start].rstrip(_QUOTES)
            joint = _AND_BEFORE.search(lead)
            if joint is None:
                break
            at = offset + joint.start()
            before = self._one_left(at, offset)
            if before is None or not self._same_kind(before, found[0]):
                break
            joined = joined or joint["and"] is not None
        return found if joined else found[-1:]

    def slot(self, start: int, end: int) -> list[Argument]:
        """The names between two literals; the whole as one unknown name when it is not known.

        Of what another clause says before it ("A was made by B and came out in C") only the
        name at the end is meant.
        """
        text = self.text[start:end]
        bare = text.strip(_SPACE + ",;:" + _QUOTES)
        if not bare or len(bare) > LONGEST:
            return []
        at = start + text.index(bare)
        stop = at + len(bare)
        first = start + len(text) - len(text.lstrip(_SPACE + ",;:"))
        found = [argument for argument in self.right(first) if argument.start < stop]
        if found and found[-1].end >= stop:
            return found
        inside = [m for m in self.mentions if at <= m.start and m.end <= stop]
        if inside and inside[-1].end == stop:
            if _CLAUSE_BEFORE.search(self.text, at, inside[-1].start):
                return [self.argument(inside[-1])]
        elif inside and _CLAUSE_BEFORE.search(self.text, at, stop):
            return []
        return [Argument(at, stop, bare, self.names.exact(bare))]

    def past_quotes(self, at: int) -> int:
        """The first place from `at` on that is no quote."""
        while at < self.end and self.text[at] in _QUOTES:
            at += 1
        return at

    # -- inside -------------------------------------------------------------------------------

    def _one_right(self, at: int) -> Argument | None:
        while at < self.end and self.text[at] in _SPACE + _QUOTES and at not in self._by_start:
            at += 1
        article = _ARTICLE.match(self.text, at, self.end)
        for start in (at, article.end() if article else at):
            if start in self._by_start:
                return self.argument(self._by_start[start])
        name = _NAME.match(self.text, at, self.end)
        if name:
            return self._unknown(name.start(), name.end())
        return self._plain(at, self.end)

    def _one_left(self, at: int, offset: int) -> Argument | None:
        at = self._before_quotes(at)
        if at not in self._by_end and (bracket := _IN_BRACKETS.search(self.text[offset:at])):
            at = self._before_quotes(offset + bracket.start())
        if at in self._by_end and self._by_end[at].start >= offset:
            return self.argument(self._by_end[at])
        last = None
        for name in _NAME.finditer(self.text, offset, at):
            if name.end() == at:
                last = name
        if last is None:
            return self._plain(offset, at)
        start = last.start()
        for mention in self.mentions:
            joint = _AND.match(self.text, mention.end, at)
            if joint and start <= mention.start and joint.end() < at:
                start = joint.end()
        return self._unknown(start, at)

    def _plain(self, start: int, end: int) -> Argument | None:
        """Words in small letters, if they are a name as a whole."""
        text = self.text[start:end].strip(_SPACE + _QUOTES)
        whole = bool(text) and len(text) <= LONGEST and text[-1] not in ",;:"
        rows = self.names.exact(text) if whole else ()
        at = start + self.text[start:end].find(text)
        return Argument(at, at + len(text), text, rows) if rows else None

    def _unknown(self, start: int, end: int) -> Argument | None:
        text = _STOPS.sub("", self.text[start:end])
        while (cut := text.rpartition(" "))[2].casefold() in _LOOSE_ENDS:
            text = cut[0]
        if not text or text.casefold() in _NO_NAMES:
            return None
        end = start + len(text)
        number = self._by_end.get(end)
        if number and self.text[number.start].isdigit():  # "December 1995"
            return self.argument(number)
        return Argument(start, end, text, self.names.exact(text))

    def _same_kind(self, one: Argument, two: Argument) -> bool:
        kinds = {self.lexicon.kind(row) for row in one.rows}
        return bool(kinds & {self.lexicon.kind(row) for row in two.rows})

    def _before_quotes(self, at: int) -> int:
        """Back over quotes and spaces, but not into a name that is written with them."""
        quotes = _SPACE + _QUOTES
        while at > self.start and self.text[at - 1] in quotes and at not in self._by_end:
            at -= 1
        return at
