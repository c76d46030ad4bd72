"""Claims that somebody else proposes for what was not understood; the graph decides all the same.

A proposal names a relation and two names of the sentence. It is held to the schema and to the
text: what the sentence does not name, and kinds that the relation does not have, are dropped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graph.types import Claim
from reasoning.linking import Argument, Linker

# The qualifier of a claim that was not read but proposed.
PROPOSED = "proposed"
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Proposal:
    """That a sentence says a relation of two of its names, or denies it."""

    relation: str
    head: Argument
    tail: Argument
    negated: bool = False


# Looks at a sentence in which something was not understood.
Propose = Callable[[Linker], Sequence[Proposal]]


def with_proposals(linker: Linker, claims: list[Claim], propose: Propose) -> list[Claim]:
    """The claims of a sentence, with proposals in place of what was not understood."""
    nothing = [claim for claim in claims if not claim.relation]
    if not nothing or linker.end - linker.start > _LONGEST:
        return claims
    said = {(claim.relation, head) for claim in claims for head in claim.heads if claim.relation}
    added = [
        claim
        for one in propose(linker)
        if (claim := _claim(linker, one)) is not None
        and not any((claim.relation, head) in said for head in claim.heads)
    ]
    if not added:
        return claims
    kept = [
        claim
        for claim in claims
        if claim.relation or not any(_touch(claim.span, other.span) for other in added)
    ]
    return sorted([*kept, *added], key=lambda claim: claim.span)


def _claim(linker: Linker, said: Proposal) -> Claim | None:
    relation = linker.lexicon.schema.relations.get(said.relation)
    if relation is None or relation.interaction:
        return None
    heads = linker.of_kind(said.head.rows, (relation.head,))
    tails = linker.of_kind(said.tail.rows, (relation.tail,))
    if not heads or (said.tail.rows and not tails):
        return None
    here = [one for one in (said.head, said.tail) if linker.start <= one.start < linker.end]
    start = min((one.start for one in here), default=linker.start)
    end = max((one.end for one in here), default=linker.end)
    return Claim(
        text=linker.text[start:end],
        span=(start, end),
        relation=said.relation,
        head=said.head.text,
        tail=said.tail.text,
        heads=linker.ids(heads),
        tails=linker.ids(tails),
        negated=said.negated,
        qualifier=PROPOSED,
    )


def _touch(one: tuple[int, int], two: tuple[int, int]) -> bool:
    return one[0] < two[1] and two[0] < one[1]
