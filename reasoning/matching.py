"""Wordings found in a sentence: which patterns match there, between which names.

Of readings that overlap the one that links more names wins, then the longer wording.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.antecedents import pointing
from reasoning.grammar import Pattern
from reasoning.linking import Argument, Linker, found_in

_BARE = 2  # letters of a wording that is a preposition and nothing else
_JOINED = re.compile(r"\s*and\b", re.IGNORECASE)
_NEITHER = re.compile(r"\bneither\s+", re.IGNORECASE)
_NEITHER_BEFORE = re.compile(r"\bneither\s+$", re.IGNORECASE)

Arguments = Sequence[Argument]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """A wording found in a sentence; `left` is empty when its subject stands further back."""

    pattern: Pattern
    left: Arguments
    right: Arguments
    start: int
    end: int
    cue: int
    negated: bool

    @property
    def worth(self) -> tuple[int, int]:
        """Of two readings of the same words the one that links more names wins."""
        linked = sum(bool(argument.rows) for argument in (*self.left[:1], *self.right[:1]))
        return linked, self.pattern.size


class Matcher:
    """Finds the matches of one sentence."""

    def __init__(self, linker: Linker, patterns: Sequence[Pattern]) -> None:
        self.linker = linker
        self.schema = linker.lexicon.schema
        self.text, self.start, self.end = linker.text, linker.start, linker.end
        self.patterns = patterns

    def chosen(self, offset: int, taken: Sequence[Place] = ()) -> list[Match]:
        """Matches that do not overlap, the best readings first, then in the order of the text.

        None has its words where something is `taken` already.
        """
        every: list[Match] = []
        for pattern in self.patterns:
            for between in found_in(self.linker, pattern.between, offset, apart=True):
                match = self._around(pattern, between, offset)
                if match is not None and self._kinds_fit(match):
                    every.append(match)
        every.sort(key=lambda match: (*(-part for part in match.worth), match.start))
        chosen: list[Match] = []
        for match in every:
            if any(match.cue < end and start < match.end for start, end in taken):
                continue
            if all(match.end <= other.cue or match.cue >= other.end for other in chosen):
                chosen.append(match)
        return sorted(chosen, key=lambda match: match.cue)

    def _around(self, pattern: Pattern, between: re.Match[str], offset: int) -> Match | None:
        negated = _negation(between)
        start, end = between.start(), between.end()
        cue = start
        if pattern.after is not None:
            after = pattern.after.search(self.text, end, self.end)
            if after is None:
                return None
            right: Arguments = self._slot(pattern, end, after.start(), first=False)
            if right and self.text[end : right[0].start].strip(" \"'“”‘’*_"):
                cue = right[0].start
            end = after.end()
            negated = negated or _negation(after)
        else:
            neither = _NEITHER.match(self.text, end, self.end)
            negated = negated or neither is not None
            kind = self.ends(pattern)[1]
            listed = self.linker.right(neither.end() if neither else end, (kind,))
            right = self.up_to_clause(listed) or pointing(self.linker, self._word(end), kind)
            end = right[-1].end if right else end
        if not right:
            return None
        left: Arguments
        if pattern.before is not None:
            *_, before = [None, *pattern.before.finditer(self.text, offset, between.start())]
            if before is None or (pattern.leads and self.text[offset : before.start()].strip()):
                return None
            left = self._slot(pattern, before.end(), between.start(), first=True)
            start = before.start()
            if not left:
                return None
        else:
            left = self.linker.left(between.start(), offset)
            if left and _JOINED.match(between.group()) and not self._any_of(left, pattern):
                left = []  # "was made by B and released in C": C is not said of B
            if left and _NEITHER_BEFORE.search(self.text, offset, left[0].start):
                negated = True
        if pattern.list_needed and len(left) < 2:
            return None
        if left:
            start = min(start, left[0].start)
        return Match(pattern, left, right, start, end, cue, negated)

    def _slot(self, pattern: Pattern, start: int, end: int, *, first: bool) -> Arguments:
        """The names between two literals, or what "it" or "the film" there points back to."""
        found = self.linker.slot(start, end)
        if found:
            return found
        back = pointing(self.linker, self._word(start), self.ends(pattern)[not first])
        return back if back and not self.text[back[0].end : end].strip() else []

    def _word(self, at: int) -> int:
        """Where the next word begins."""
        while at < self.end and self.text[at].isspace():
            at += 1
        return at

    def up_to_clause(self, listed: Arguments) -> Arguments:
        """The list without a last name that is the subject of the next clause."""
        for at, argument in enumerate(listed[1:], start=1):
            rest = self.linker.past_quotes(argument.end)
            if any(
                pattern.before is None and pattern.between.match(self.text, rest, self.end)
                for pattern in self.patterns
                if not pattern.between.pattern.startswith(r"\s*,")
            ):
                return listed[:at]
        return listed

    def ends(self, pattern: Pattern) -> tuple[str, str]:
        """The kinds that stand to the left and to the right of a wording."""
        relation = self.schema.relations[pattern.relation]
        ends = (relation.head, relation.tail)
        return ends if pattern.first == "head" else (ends[1], ends[0])

    def _kinds_fit(self, match: Match) -> bool:
        """Whether each end may be what the relation needs; unknown names fit, unless strict."""
        kinds = self.ends(match.pattern)
        if match.pattern.size <= _BARE and not match.left:
            return False  # "was produced by B" is no "by B"
        for arguments, kind in zip((match.left, match.right), kinds, strict=True):
            known = [a for a in arguments if a.rows]
            if known and not any(self.linker.of_kind(a.rows, (kind,)) for a in known):
                return False
            if match.pattern.strict and len(known) < len(arguments):
                return False
        if match.pattern.stretch and not all(self._stretch(one) for one in match.right):
            return False
        adjective = not any(a.rows or " " in a.text for a in match.right)
        return not (match.pattern.described and adjective)

    def _any_of(self, names: Arguments, pattern: Pattern) -> bool:
        """Whether one of the names may stand to the left of a wording."""
        kind = self.ends(pattern)[0]
        return any(not name.rows or self.linker.of_kind(name.rows, (kind,)) for name in names)

    def _stretch(self, argument: Argument) -> bool:
        """Whether a name stands for many values: "before 2000"."""
        return bool(argument.rows) and not self.linker.names.exact(argument.text)


def _negation(found: re.Match[str]) -> bool:
    return "neg" in found.re.groupindex and found["neg"] is not None
