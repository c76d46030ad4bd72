"""Clauses that leave out what the one before has said: contrasts, and verbs not repeated."""

import re
from collections.abc import Iterator
from dataclasses import replace

from reasoning.linking import Argument
from reasoning.matching import Match, Matcher
from reasoning.wordings import PREPOSITIONS

_INSTEAD = re.compile(
    r",?\s+(?P<not>(?:but\s+|and\s+)?not\s+)?(?P<but>but\s+)?"
    r"(?:by\s+|in\s+|with\s+|from\s+|an?\s+|the\s+)*",
    re.IGNORECASE,
)
_IN_NUMBER = re.compile(r"[\"'”’*_]*\s+(?:back\s+)?in\s+(?P<number>\d+)\b(?!\s*%)", re.IGNORECASE)
_FRONTED = re.compile(r"\s*(?:back\s+)?in\s+(?P<number>\d+),?\s+[\"“]?", re.IGNORECASE)
_GOES_ON = re.compile(r"[\"'”’*_]*\s+(?!in\b|and\b)[a-z]")
_NEXT_CLAUSE = re.compile(r"[\"'”’*_]*(?:[,;]\s*(?:and\s+|but\s+|while\s+)?|\s+and\s+|\s+while\s+)")


def more_clauses(matcher: Matcher, match: Match) -> Iterator[Match]:
    """What follows a match and shares its verb, in the order of the text."""
    other = _instead(matcher, match)
    if other is not None:
        yield other
    if match.left:
        yield from _gapped(matcher, other or match)
    yield from _dated(matcher, other or match)


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


def _dated(matcher: Matcher, match: Match) -> Iterator[Match]:
    """`B made A in 1995, C in 1998 and D (1999)`: a number behind each, which is said of it."""
    linker, items = matcher.linker, matcher.linker.lexicon.items
    one, two = matcher.ends(match.pattern)
    things = match.left if one in items else match.right
    numeric = match.pattern.relation in linker.lexicon.numeric
    if (one in items) == (two in items) or not things or numeric:
        return
    front = _FRONTED.match(matcher.text, linker.start, matcher.end)
    if front and front.end() == match.start and (told := _number_of(matcher, things[0], front)):
        yield replace(told, end=match.end)
    while said := _IN_NUMBER.match(matcher.text, match.end, matcher.end):
        dated = _number_of(matcher, things[-1], said)
        if dated is None:
            return
        yield dated
        match = replace(match, end=said.end())
        joint = _NEXT_CLAUSE.match(matcher.text, match.end, matcher.end)
        if joint is None or one in items:
            return
        things = linker.right(joint.end(), (two,))
        if not things or (things[0].rows and not linker.of_kind(things[0].rows, (two,))):
            return
        # A name that ends the list has its number as well, or nothing more to say.
        if _GOES_ON.match(matcher.text, things[-1].end, matcher.end):
            return
        match = replace(
            match, right=things, start=things[0].start, cue=things[0].start, end=things[-1].end
        )
        yield match


def _number_of(matcher: Matcher, thing: Argument, said: re.Match[str]) -> Match | None:
    """What a number says of a thing; None where it may be of the making just before."""
    lexicon = matcher.linker.lexicon
    relation = lexicon.number_of.get(len(said["number"]))
    value = matcher.linker.starting(said.start("number"))
    if relation is None:
        return None
    rows = value.rows if value else ()
    argument = Argument(said.start("number"), said.end("number"), said["number"], rows)
    heads = matcher.linker.of_kind(thing.rows, lexicon.items)
    known = [value for head in heads for value in lexicon.numbers(relation, head)]
    right = () if float(said["number"]) + 1 in known else (argument,)
    pattern = lexicon.from_head[relation]
    return Match(pattern, [thing], right, said.start(), said.end(), said.start(), False)


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
