"""What is said to be somebody's: "A's Heat", "Heat, A's crime drama", "Heat (A, 1995)".

The words do not tell what somebody is to a thing, so the graph does: what makes it true, else what
somebody is to most of what is theirs, if that can be told.
"""

import re
from collections.abc import Sequence

from graph.names import Mention
from reasoning.cues import cues
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker

OWN = re.compile(r"['’]s?\s+")
_SIGNS = '"“”‘*_'
_LINK = rf"[{_SIGNS}’']*(?:\s*\(\d+\))?"
# Between a thing and whose it is: "Heat (1995) – A's", "Heat is A's".
_IS_THEIRS = re.compile(rf"{_LINK}(?:\s*[,:(–—]|\s+-|\s+(?:is|was|remains))\s*")
_WORD = re.compile(
    rf"(?!(?:in|on|at|of|for|with|by|and|to|from|than|as|or|but)\b)[a-z0-9][\w’'-]*[\s,]+[{_SIGNS}]*"
)
_CAPITAL_BEHIND = re.compile(r"\s+[A-ZÀ-Þ]")
_BRACKET = re.compile(rf"[{_SIGNS}’']*\s*\(\s*")  # "Heat (A, 1995)"
_CLOSED = re.compile(r"\s*[,)]")
_MOST_WORDS = 4


def owned(
    linker: Linker, owner: Mention, names: Sequence[str]
) -> tuple[str, list[Argument]] | None:
    """What somebody is to the thing that is said to be theirs, and that thing."""
    own = OWN.match(linker.text, owner.end, linker.end)
    before = [one for one in linker.mentions if one.end <= owner.start and _is_thing(linker, one)]
    if own is None:
        bracket = _BRACKET.fullmatch(linker.text, before[-1].end, owner.start) if before else None
        closed = _CLOSED.match(linker.text, owner.end, linker.end)
        return _of(linker, owner, before[-1], names) if bracket and closed else None
    at, called, others = linker.past_quotes(own.end()), False, 0
    for _ in range(_MOST_WORDS + 1):
        thing = linker.starting(at)
        if thing is not None and _is_thing(linker, thing):
            # "A's last thriller Heat", but not "A's brother made Heat"
            return _of(linker, owner, thing, names) if others < 2 else None
        tells = _called(linker, at, thing, names)
        called, others = called or tells, others + (not tells)
        word = _WORD.match(linker.text, at, linker.end)
        if word is None:
            break
        at = word.end()
    if not called or not before:
        return None
    if _IS_THEIRS.fullmatch(linker.text, before[-1].end, owner.start) is None:
        return None
    return _of(linker, owner, before[-1], names)


def mostly(lexicon: Lexicon, person: Argument, things: Sequence[Argument]) -> str | None:
    """What somebody is to most of what is theirs; what makes it true of one of these, if any."""
    counts: dict[str, set[int]] = {}
    for name in many(lexicon):
        tail = lexicon.schema.relations[name].tail
        rows = lexicon.of_kind(person.rows, (tail,))
        counts[name] = {head for row in rows for head in lexicon.heads(name, row)}
    complete = [name for name in counts if lexicon.schema.relations[name].complete]
    best, *others = sorted(counts, key=lambda name: (-len(counts[name]), name not in complete))
    # Of what is complete one can tell what it is not, so it need not be what is most by far.
    for name in complete:
        if 3 * len(counts[name]) >= 2 * len(counts[best]):
            best, others = name, [other for other in counts if other != name]
            break
    else:
        if any(len(counts[best]) < 2 * len(counts[name]) for name in others):
            return None
    named = {row for thing in things for row in thing.rows}
    if any(named & counts[name] for name in others if not named & counts[best]):
        return None
    return best if counts[best] else None


def many(lexicon: Lexicon) -> list[str]:
    """The relations of items whose tails are not told by their kind alone."""
    return [
        name
        for name, relation in lexicon.schema.relations.items()
        if relation.head in lexicon.items and not relation.interaction
        and name not in lexicon.value_of.values() and name not in lexicon.numeric
    ]  # fmt: skip


# -- inside -----------------------------------------------------------------------------------


def _is_thing(linker: Linker, one: Mention) -> bool:
    said = linker.text[one.start : one.end]
    written = not said.islower() and not said.isdigit()
    more = _CAPITAL_BEHIND.match(linker.text, one.end)
    known = more and linker.starting(more.end() - 1)  # "Big Break" is not "Big"
    return (
        written
        and bool(linker.of_kind(one.rows, linker.lexicon.items))
        and (more is None or known is not None)
    )


def _called(linker: Linker, at: int, value: Mention | None, names: Sequence[str]) -> bool:
    """Whether a word tells of a thing: its noun, a value of it, or a cue."""
    lexicon = linker.lexicon
    if value is not None and linker.of_kind(value.rows, tuple(lexicon.value_of)):
        return True
    if lexicon.thing_words.match(linker.text, at, linker.end):
        return True
    return any(cues(lexicon).of[name].match(linker.text, at, linker.end) for name in names)


def _of(
    linker: Linker, owner: Mention, thing: Mention, names: Sequence[str]
) -> tuple[str, list[Argument]] | None:
    lexicon, what = linker.lexicon, linker.argument(thing)
    for name in names:
        relation = lexicon.schema.relations[name]
        for head in linker.of_kind(thing.rows, (relation.head,)):
            if set(lexicon.tails(name, head)) & set(owner.rows):
                return name, [what]
    best = mostly(lexicon, linker.argument(owner), [what])
    return (best, [what]) if best is not None and best in names else None
