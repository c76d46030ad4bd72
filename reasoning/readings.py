"""Which of several things of one name a text means: one reading a name, the same in all its claims.

The reading is one of what the text was to be about, if that is known; then one whose year (or
other number) is as the text says, "Titanic (1997)"; then one of which most is true. So a fact
about a namesake is found out: "Titanic (1997)" is not the one of 1953.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from graph.names import normalise
from graph.types import Claim
from reasoning.lexicon import Lexicon

# Qualifiers: a claim about each of its heads; a value behind "is a", which may be any adjective.
EVERY, DESCRIBED = "all", "described"
_NUMBER = re.compile(r"[\"'”’*_]*\s*\((\d+)\)")

Places = list[tuple[int, bool]]


def settled(lexicon: Lexicon, claims: Sequence[Claim], about: Collection[int] = ()) -> list[Claim]:
    """The claims with each name narrowed to its best readings; `about` are rows of items."""
    found = list(claims)
    if not any(len(claim.heads) > 1 or len(claim.tails) > 1 for claim in claims):
        return found
    groups: dict[str, Places] = {}
    for at, claim in enumerate(claims):
        if not claim.relation:
            continue
        for ids, words, is_head in (
            (claim.heads, claim.head, True), (claim.tails, claim.tail, False),
        ):  # fmt: skip
            if len(ids) > 1 and not (is_head and claim.qualifier == EVERY):
                kind = lexicon.kind(lexicon.row(ids[0]))
                groups.setdefault(f"{normalise(words)} {is_head} {kind}", []).append((at, is_head))
    for places in groups.values():
        _narrow(lexicon, found, places, about)
    return found


def told_apart(lexicon: Lexicon, text: str) -> frozenset[int]:
    """The items that a text tells from their namesakes by a number in brackets: "Psycho (1998)"."""
    found: set[int] = set()
    for mention in lexicon.names.mentions(text):
        said = _NUMBER.match(text, mention.end)
        relation = lexicon.number_of.get(len(said[1])) if said else None
        if said is None or relation is None or len(mention.rows) < 2:
            continue
        for row in lexicon.of_kind(mention.rows, (lexicon.schema.relations[relation].head,)):
            if any(lexicon.label(value) == said[1] for value in lexicon.tails(relation, row)):
                found.add(row)
    return frozenset(found)


def _narrow(lexicon: Lexicon, claims: list[Claim], places: Places, about: Collection[int]) -> None:
    nodes = dict.fromkeys(
        node for at, is_head in places
        for node in (claims[at].heads if is_head else claims[at].tails)
    )  # fmt: skip
    scores = {}
    for node in nodes:
        identified = held = 0
        for at, is_head in places:
            if _holds(lexicon, claims[at], node, is_head):
                held += 1
                identified += claims[at].relation in lexicon.numeric
        scores[node] = (lexicon.row(node) in about, identified, held)
    for at, is_head in places:
        mine = claims[at].heads if is_head else claims[at].tails
        best = max(scores[node] for node in mine)
        kept = tuple(node for node in mine if scores[node] == best)
        claim = claims[at]
        claims[at] = replace(claim, heads=kept) if is_head else replace(claim, tails=kept)


def _holds(lexicon: Lexicon, claim: Claim, node: str, is_head: bool) -> bool:
    """Whether an edge says what is claimed, of one node."""
    relation = lexicon.schema.relations.get(claim.relation)
    if relation is None or relation.interaction or claim.numbers:
        return False
    others = claim.tails if is_head else claim.heads
    row = lexicon.row(node)
    far = lexicon.tails if is_head else lexicon.heads
    reached = set(far(claim.relation, row))
    return any(lexicon.row(other) in reached for other in others) != claim.negated
