"""Things that are not named but described in a chain: "one of the films by the director of A".

Such a description stands for all things that it fits. It becomes a mention of them all, so that
what is said of it is read and looked up like what is said of a name: it holds if it does of one.
"""

import re
from collections.abc import Iterable, Sequence

from graph.names import Mention
from reasoning.descriptions import described
from reasoning.grammar import Pattern
from reasoning.linking import Linker, found_in

_ONE_OF = re.compile(r"\b(?:one|some|any)\s+of\s+(?:the|our)\s+", re.IGNORECASE)
_PUT_TO = re.compile(r"(?:\b(?:is|was|are|were|among|not)|[,:–—(])\s*$", re.IGNORECASE)
_IS = re.compile(r"\s*(?:[:–—]|(?:is|was|are|were|includes?)\b)\s*", re.IGNORECASE)
_ALSO = re.compile(r"\s+also(?=\s)", re.IGNORECASE)
MOST = 5000


def chained(linker: Linker, patterns: Sequence[Pattern]) -> list[Mention]:
    """Mentions of what chains lead to, in the order of the text."""
    if " of the " not in linker.folded and " of our " not in linker.folded:
        return []
    found: list[Mention] = []
    for said in found_in(linker, _ONE_OF):
        if _PUT_TO.search(linker.text[linker.start : said.start()]):
            continue  # "A is one of the ..." says so of A
        noun = linker.lexicon.thing_words.match(linker.text, said.end(), linker.end)
        reached = _shared(linker, patterns, noun.end()) if noun else None
        reached = reached or _described(linker, patterns, said.end())
        if reached is None:
            continue
        end, rows = reached
        is_ = _IS.match(linker.text, end, linker.end)
        named = linker.starting(is_.end()) if is_ else None
        if named is not None and linker.of_kind(named.rows, linker.lexicon.items):
            continue  # "One of the ... is A"
        if rows:
            found.append(Mention(said.start(), end, tuple(sorted(rows))[:MOST]))
    return found


# -- inside ----------------------------------------------------------------------------------


def _described(linker: Linker, patterns: Sequence[Pattern], at: int) -> tuple[int, set[int]] | None:
    """ "films directed by A", "films directed by the director of A": where it ends, and which."""
    lexicon = linker.lexicon
    for start, end, those in _roles(linker, at):
        linker.add([Mention(start, end, tuple(those))])
        break
    found = described(linker, patterns, at)
    if found is None or not found.noun or not found.parts:
        return None
    reached: set[int] | None = None
    for part in found.parts:
        tail = lexicon.schema.relations[part.relation].tail
        for value in part.values:
            rows = linker.of_kind(value.rows, (tail,))
            heads = {head for row in rows for head in lexicon.heads(part.relation, row)}
            reached = heads if reached is None else reached & heads
    return found.end, reached or set()


def _roles(linker: Linker, at: int) -> Iterable[tuple[int, int, list[int]]]:
    """ "the director of A": the relation, where it stands, and the nodes that are so."""
    lexicon = linker.lexicon
    for said in lexicon.role_of.finditer(linker.text, at, linker.end):
        for name in linker.right(said.end(), lexicon.items, one=True):
            for relation in lexicon.nouns[said["noun"].casefold()]:
                heads = linker.of_kind(name.rows, (lexicon.schema.relations[relation].head,))
                tails = [tail for head in heads for tail in lexicon.tails(relation, head)]
                if tails:
                    yield said.start(), name.end, tails


def _shared(linker: Linker, patterns: Sequence[Pattern], at: int) -> tuple[int, set[int]] | None:
    """ "that share directors with A", "whose directors also directed A"."""
    lexicon = linker.lexicon
    said = lexicon.sharing.match(linker.text, at, linker.end)
    if said is None:
        return None
    relation = lexicon.nouns[said["noun"].casefold()][0]
    after, back = said.end(), relation
    if said["whose"]:
        verb = _verb(linker, patterns, after)
        if verb is None:
            return None
        back, after = verb
    for name in linker.right(after, lexicon.items, one=True):
        items = set(linker.of_kind(name.rows, (lexicon.schema.relations[back].head,)))
        between = {tail for item in items for tail in lexicon.tails(back, item)}
        heads = {head for row in between for head in lexicon.heads(relation, row)}
        return name.end, heads - items
    return None


def _verb(linker: Linker, patterns: Sequence[Pattern], at: int) -> tuple[str, int] | None:
    """The relation of "also directed", and where it ends."""
    also = _ALSO.match(linker.text, at, linker.end)
    place = also.end() if also else at
    best: tuple[str, int] | None = None
    for pattern in patterns:
        if pattern.first == "tail" and not pattern.before and not pattern.after:
            found = pattern.between.match(linker.text, place, linker.end)
            if found and (best is None or found.end() > best[1]):
                best = (pattern.relation, found.end())
    return best
