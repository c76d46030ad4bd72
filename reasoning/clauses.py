"""Clauses that leave out what the one before has said: contrasts, and verbs not repeated."""

import re
from collections.abc import Iterator
from dataclasses import replace

from reasoning.matching import Match, Matcher
from reasoning.wordings import PREPOSITIONS

_INSTEAD = re.compile(
    r",?\s+(?P<not>(?:but\s+|and\s+)?not\s+)?(?P<but>but\s+)?"
    r"(?:by\s+|in\s+|with\s+|from\s+|an?\s+|the\s+)*",
    re.IGNORECASE,
)
_NEXT_CLAUSE = re.compile(r"[\"'”’*_]*(?:[,;]\s*(?:and\s+|but\s+|while\s+)?|\s+and\s+|\s+while\s+)")


def more_clauses(matcher: Matcher, match: Match) -> Iterator[Match]:
    """What follows a match and shares its verb, in the order of the text."""
    other = _instead(matcher, match)
    if other is not None:
        yield other
    if match.left:
        yield from _gapped(matcher, other or match)


def _instead(matcher: Matcher, match: Match) -> Match | None:
    """`by A, not B`, `not by A but by B`: the other half of a contrast."""
    said = _INSTEAD.match(matcher.text, match.end, matcher.end)
    if not said or bool(said["not"]) == bool(said["but"]) or bool(said["but"]) != match.negated:
        return None
    kind = matcher.ends(match.pattern)[1]
    right = matcher.up_to_clause(matcher.linker.right(said.end(), (kind,)))
    if not right or not matcher.linker.of_kind(right[0].rows, (kind,)):
        return None
    return replace(match, right=right, end=right[-1].end, negated=not match.negated)


def _gapped(matcher: Matcher, match: Match) -> Iterator[Match]:
    """`A came out in 1995, B in 1998`: the verb is that of the first clause."""
    linker = matcher.linker
    words = matcher.text[match.left[-1].end : match.right[0].start].split()
    if not words or words[-1].casefold() not in PREPOSITIONS:
        return
    again = re.compile(rf"[\"'”’*_]*\s+{words[-1]}\s+", re.IGNORECASE)
    one, two = matcher.ends(match.pattern)
    while joint := _NEXT_CLAUSE.match(matcher.text, match.end, matcher.end):
        left = linker.right(joint.end(), (one,), one=True)
        said = again.match(matcher.text, left[0].end, matcher.end) if left else None
        if said is None or not linker.of_kind(left[0].rows, (one,)):
            return
        right = matcher.up_to_clause(linker.right(said.end(), (two,)))
        if not right or (right[0].rows and not linker.of_kind(right[0].rows, (two,))):
            return
        match = replace(
            match, left=left, right=right, start=left[0].start, cue=said.start(),
            end=right[-1].end,
        )  # fmt: skip
        yield match
