"""Claims that are decided by counting: of people, of the reader's own history, of ranks.

Each verdict says in its detail what was counted and what it takes to hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graph.types import Claim, Edge, Reason, Verdict, VerdictKind
from graph.walks import LEAST_PEOPLE
from reasoning.frames import PEOPLE
from reasoning.history import LIKED
from reasoning.lexicon import MOST, Lexicon
from reasoning.measures import LEAST_RATINGS, RATED, Measures, measures, reached
from reasoning.ranking import COMPARED, COUNTED, EXISTS, FANS, RANKED
from reasoning.readings import EVERY
from reasoning.tallies import FIRST, MADE, makers

# How much more often fans of one item like another than people in general do.
LEAST_LIFT = 1.2
_SAME_RATING = 1e-6


@dataclass(frozen=True, slots=True)
class Asker:
    """Who "you" is in a text: their row, where they are in the graph, and what they like."""

    row: int | None
    liked: frozenset[int]


Ask = Callable[[Lexicon, Claim, Asker | None], Verdict]


def verdict(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict | None:
    """The verdict on a claim that takes a query; None where an edge decides."""
    ask = _OWN.get(claim.relation)
    if ask is not None:
        return ask(lexicon, claim, asker)
    if claim.head == "you" and lexicon.schema.relations[claim.relation].interaction:
        return _done(lexicon, claim, asker)
    if claim.qualifier == EVERY:
        return _every(lexicon, claim)
    if claim.numbers and not claim.qualifier:
        return _among_liked(lexicon, claim, asker)
    return None


# -- people ----------------------------------------------------------------------------------


def _people(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "7 of the 9 people who liked A": the count made again, over everyone in the graph."""
    if missing := _missing(claim):
        return missing
    counts = [
        _measures(lexicon, item).both(lexicon.row(anchor), lexicon.row(item))
        for anchor in claim.heads
        for item in claim.tails
    ]
    if all(both < LEAST_PEOPLE for both, _ in counts):
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.TOO_FEW_PEOPLE)
    said = claim.numbers
    agrees = any(said in ((both,), (both, base)) for both, base in counts)
    told = " or ".join(f"{both} of {base}" for both, base in counts if both >= LEAST_PEOPLE)
    return _decided(claim, agrees, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, told)


def _fans(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "Fans of A also liked B": at least five did, and more often than people in general."""
    if missing := _missing(claim):
        return missing
    told, holds = [], False
    enough = False
    for anchor in claim.heads:
        for item in claim.tails:
            known = _measures(lexicon, item)
            both, base = known.both(lexicon.row(anchor), lexicon.row(item))
            everyone = known.people
            row = lexicon.row(item) - known.rows.start
            share = both / base if base else 0.0
            usual = float(known.liked[row]) / everyone if everyone else 0.0
            lift = share / usual if usual else 0.0
            enough = enough or base >= LEAST_PEOPLE
            if claim.qualifier == "most":
                holds = holds or (both >= LEAST_PEOPLE and share > 0.5)
                need = f"at least {LEAST_PEOPLE} people and more than half"
            else:
                holds = holds or (both >= LEAST_PEOPLE and lift >= LEAST_LIFT)
                need = f"at least {LEAST_PEOPLE} people and {LEAST_LIFT:g} times as often"
            told.append(
                f"{max(both, 0)} of {base} ({share:.0%}), of everybody {usual:.0%}:"
                f" {lift:.1f} times as often; it takes {need}"
                if both >= LEAST_PEOPLE
                else f"fewer than {LEAST_PEOPLE} of {base}; it takes {need}"
            )
    if not enough:
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.TOO_FEW_PEOPLE)
    return _decided(claim, holds, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, " or ".join(told))


# -- ranks -----------------------------------------------------------------------------------


def _ranked(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "Our second most watched thriller": how many stand above."""
    if not claim.heads:
        return _absent(claim, claim.head)
    if any(not chain.start for chain in claim.within):
        return _absent(claim, claim.tail)
    way, _, measure = claim.qualifier.partition(" ")
    among = reached(lexicon, claim.within)
    told, holds = [], False
    for head in claim.heads:
        row = lexicon.row(head)
        if among is not None and row not in among:
            told.append(f"{lexicon.label(row)} is none of them")
            continue
        standing = _measures(lexicon, head).standing(
            row, measure, least=way == "least", among=among
        )
        if standing is None:
            told.append(f"fewer than {LEAST_RATINGS} ratings" if measure == RATED else "no figure")
            continue
        first, last = claim.numbers
        holds = holds or (standing.first <= last and standing.last >= first)
        told.append(
            f"number {standing.first} of {standing.of} by {_said(measure)} ({standing.value:g});"
            f" the first is {lexicon.label(standing.best)} ({standing.top:g})"
        )
    if not any(one.startswith("number") or one.endswith("them") for one in told):
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.OUTSIDE_SCHEMA, detail=told[0])
    detail = " or ".join(dict.fromkeys(told))
    return _decided(claim, holds, Reason.RANK_AGREES, Reason.RANK_DIFFERS, detail)


def _compared(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "A is newer than B": their figures."""
    if missing := _missing(claim):
        return missing
    way, _, measure = claim.qualifier.partition(" ")
    told, answers = [], []
    for head in claim.heads:
        for tail in claim.tails:
            known = _measures(lexicon, head)
            one, two = (
                float(known.of(measure)[lexicon.row(node) - known.rows.start])
                for node in (head, tail)
            )
            if one != one or two != two:
                continue
            told.append(f"{_said(measure)}: {one:g} and {two:g}")
            answers.append(one > two if way == "more" else one < two)
    if not told:
        need = f"it takes {LEAST_RATINGS} ratings of each" if measure == RATED else "no figures"
        return Verdict(claim, VerdictKind.NOT_IN_GRAPH, Reason.NO_SUCH_EDGE, detail=need)
    detail = " or ".join(dict.fromkeys(told))
    return _decided(claim, any(answers), Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, detail)


def _said(measure: str) -> str:
    return {
        "met": "people who met it",
        "liked": "people who liked it",
        "rated": f"mean rating (of those with at least {LEAST_RATINGS})",
    }.get(measure, measure)


# -- the catalogue ---------------------------------------------------------------------------


def _exists(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "We have A": whether an item is called so."""
    if claim.heads:
        if claim.negated:
            return Verdict(claim, VerdictKind.CONTRADICTED, Reason.DENIES_EDGE, detail=_ids(claim))
        return Verdict(claim, VerdictKind.SUPPORTED, Reason.EDGE_FOUND, detail=_ids(claim))
    if claim.negated:
        detail = f"nothing is called {claim.head!r}"
        return Verdict(claim, VerdictKind.SUPPORTED, Reason.NOT_IN_CATALOGUE, detail=detail)
    return _absent(claim, claim.head)


def _ids(claim: Claim) -> str:
    return ", ".join(claim.heads[:3])


def _counted(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "There are 7 films by A"; "A is the only film by B"."""
    if any(not chain.start for chain in claim.within):
        return _absent(claim, claim.tail)
    among = reached(lexicon, claim.within)
    if claim.qualifier == "only":
        if not claim.heads:
            return _absent(claim, claim.head)
        rows = {lexicon.row(head) for head in claim.heads}
        others = sorted((among or frozenset()) - rows)
        detail = f"there are {len(among or ())}"
        if others:
            detail += f": {', '.join(lexicon.label(row) for row in others[:3])}"
        inside = bool(among and rows & among)
        holds = inside and len(others) + 1 == int(claim.numbers[0])
        holds = holds or (inside and not others)
        return _decided(claim, holds, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, detail)
    kinds = lexicon.items[:1]
    count = sum(lexicon.snapshot.count(kind) for kind in kinds) if among is None else len(among)
    holds = _holds(claim, count)
    return _decided(claim, holds, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, f"there are {count}")


def _made(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "A directed 12 films": at least so many as are known."""
    known = len(reached(lexicon, claim.within) or ())
    detail = f"at least {known} are known"
    if claim.numbers[0] < known:
        return _decided(claim, False, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, detail)
    return Verdict(claim, VerdictKind.NOT_IN_GRAPH, Reason.NO_SUCH_EDGE, detail=detail)


def _first(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "A's first film was B": no earlier one is known."""
    order = next(iter(lexicon.number_of.values()))
    theirs = {
        head
        for name, _ in makers(lexicon)
        for tail in claim.tails
        if lexicon.kind(lexicon.row(tail)) == lexicon.schema.relations[name].tail
        for head in lexicon.heads(name, lexicon.row(tail))
    }
    said = [v for head in claim.heads for v in lexicon.numbers(order, lexicon.row(head))]
    earlier = [
        (value, head) for head in theirs for value in lexicon.numbers(order, head)[:1]
        if said and value < min(said)
    ]  # fmt: skip
    if earlier:
        value, head = min(earlier)
        detail = f"{lexicon.label(head)} is of {value:g}"
        return _decided(claim, False, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, detail)
    return Verdict(claim, VerdictKind.NOT_IN_GRAPH, Reason.NO_SUCH_EDGE)


def _holds(claim: Claim, count: int) -> bool:
    said = claim.numbers[0]
    if claim.qualifier.endswith(" least"):
        return count >= said
    return count > said if claim.qualifier.endswith(" more") else count == said


def _every(lexicon: Lexicon, claim: Claim) -> Verdict:
    """ "All films by A are thrillers", or none of them: each one is looked up."""
    relation = lexicon.schema.relations[claim.relation]
    wanted = {lexicon.row(tail) for tail in claim.tails}
    having, lacking, unsure = list[int](), list[int](), list[int]()
    for head in map(lexicon.row, claim.heads):
        tails = lexicon.tails(claim.relation, head)
        told = bool(tails) and (relation.functional or relation.complete)
        (having if wanted & set(tails) else lacking if told else unsure).append(head)
    against, held = (having, lacking) if claim.negated else (lacking, having)
    detail = f"it is so of {len(having)} of {len(claim.heads)}"
    if against:
        detail += f"; {'it is' if claim.negated else 'not'} {lexicon.label(against[0])}"
        edges = tuple(
            edge
            for head in against[:MOST]
            for edge in lexicon.edges(claim.relation, head)
            if not claim.negated or lexicon.row(edge.tail) in wanted
        )[:MOST]
        reason = Reason.DENIES_EDGE if claim.negated else Reason.COMPLETE_WITHOUT_IT
        return Verdict(
            claim, VerdictKind.CONTRADICTED, reason, counter_evidence=edges, detail=detail
        )
    if unsure:
        detail += f"; nothing is known of {lexicon.label(unsure[0])}"
        return Verdict(claim, VerdictKind.NOT_IN_GRAPH, Reason.NO_SUCH_EDGE, detail=detail)
    edges = tuple(
        edge
        for head in held[:MOST]
        for edge in lexicon.edges(claim.relation, head)
        if claim.negated or lexicon.row(edge.tail) in wanted
    )[:MOST]
    return Verdict(claim, VerdictKind.SUPPORTED, Reason.COUNT_AGREES, edges, detail=detail)


# -- the reader ------------------------------------------------------------------------------


def _liked(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    if asker is None:
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.NOBODY_NAMED)
    if claim.qualifier.startswith("count"):
        return _how_many(lexicon, claim, asker.liked)
    if not claim.tails:
        return _absent(claim, claim.tail)
    items = [lexicon.row(item) for item in claim.tails]
    said = tuple(edge for item in items for edge in _opinions(lexicon, asker, item))
    if any(item in asker.liked for item in items):
        return _with_edges(claim, said, holds=True)
    if said:
        if claim.negated:
            return Verdict(claim, VerdictKind.SUPPORTED, Reason.OTHER_VALUE, evidence=said)
        return Verdict(claim, VerdictKind.CONTRADICTED, Reason.OTHER_VALUE, counter_evidence=said)
    return Verdict(claim, VerdictKind.NOT_IN_GRAPH, Reason.NO_SUCH_EDGE)


def _done(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """ "You have seen A", "you rated A 5", "you have seen three of them"."""
    if asker is None:
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.NOBODY_NAMED)
    if claim.qualifier.startswith("count"):
        met = frozenset() if asker.row is None else _met(lexicon, claim.relation, asker.row)
        return _how_many(lexicon, claim, met or asker.liked)
    if not claim.tails:
        return _absent(claim, claim.tail)
    items = [lexicon.row(item) for item in claim.tails]
    said = tuple(
        edge
        for item in items
        for edge in _opinions(lexicon, asker, item)
        if edge.relation == claim.relation
    )
    if not said:
        # What a person did is all in the graph: what is not there, they did not do here.
        if claim.negated and not claim.numbers:
            return Verdict(claim, VerdictKind.SUPPORTED, Reason.NO_SUCH_EDGE)
        return Verdict(claim, VerdictKind.NOT_IN_GRAPH, Reason.NO_SUCH_EDGE)
    if not claim.numbers:
        return _with_edges(claim, said, holds=True)
    if all(edge.weight is None for edge in said):
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.OUTSIDE_SCHEMA)
    same = any(
        edge.weight is not None and abs(edge.weight - claim.numbers[0]) < _SAME_RATING
        for edge in said
    )
    return _with_edges(claim, said, holds=same)


def _how_many(lexicon: Lexicon, claim: Claim, mine: frozenset[int]) -> Verdict:
    if any(not chain.start for chain in claim.within):
        return _absent(claim, claim.tail)
    among = reached(lexicon, claim.within)
    count = len(mine if among is None else mine & among)
    holds = count == len(among or mine) if claim.numbers[0] < 0 else _holds(claim, count)
    detail = f"it is {count} of {len(mine if among is None else among)}"
    return _decided(claim, holds, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, detail)


def _among_liked(lexicon: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    """Of how many of the items that the person liked it is so, too; counted again."""
    if asker is None:
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.NOBODY_NAMED)
    if not claim.tails:
        return _absent(claim, claim.tail, Reason.UNKNOWN_ENTITY)
    itself = {lexicon.row(head) for head in claim.heads}
    counts = []
    for tail in claim.tails:
        have = set(lexicon.heads(claim.relation, lexicon.row(tail)))
        counts.append((len((have & asker.liked) - itself), len(asker.liked)))
    detail = " or ".join(f"{count} of {all_}" for count, all_ in counts)
    holds = (claim.numbers[0], claim.numbers[1]) in counts
    return _decided(claim, holds, Reason.COUNT_AGREES, Reason.COUNT_DIFFERS, detail)


def _opinions(lexicon: Lexicon, asker: Asker, item: int) -> list[Edge]:
    if asker.row is None:
        return []
    ends = (lexicon.kind(asker.row), lexicon.kind(item))
    relations = lexicon.schema.relations
    return [
        edge
        for name in lexicon.schema.interactions
        if (relations[name].head, relations[name].tail) == ends
        for edge in lexicon.edges(name, asker.row, item)
    ]


def _met(lexicon: Lexicon, relation: str, person: int) -> frozenset[int]:
    return frozenset(lexicon.tails(relation, person))


# -- verdicts --------------------------------------------------------------------------------


def _measures(lexicon: Lexicon, node: str) -> Measures:
    return measures(lexicon, lexicon.kind(lexicon.row(node)))


def _missing(claim: Claim) -> Verdict | None:
    if claim.heads and claim.tails:
        return None
    return _absent(claim, claim.tail if claim.heads else claim.head)


def _absent(claim: Claim, words: str, reason: Reason = Reason.NOT_IN_CATALOGUE) -> Verdict:
    detail = f"nothing is called {words!r}"
    return Verdict(claim, VerdictKind.NOT_IN_GRAPH, reason, detail=detail)


def _decided(claim: Claim, holds: bool, agrees: Reason, differs: Reason, detail: str) -> Verdict:
    kind = VerdictKind.SUPPORTED if holds != claim.negated else VerdictKind.CONTRADICTED
    return Verdict(claim, kind, agrees if holds else differs, detail=detail)


def _with_edges(claim: Claim, edges: Sequence[Edge], *, holds: bool) -> Verdict:
    told = tuple(edges)
    if holds != claim.negated:
        reason = Reason.EDGE_FOUND if holds else Reason.OTHER_VALUE
        return Verdict(claim, VerdictKind.SUPPORTED, reason, evidence=told)
    reason = Reason.DENIES_EDGE if holds else Reason.OTHER_VALUE
    return Verdict(claim, VerdictKind.CONTRADICTED, reason, counter_evidence=told)


_OWN: dict[str, Ask] = {
    PEOPLE: _people,
    FANS: _fans,
    RANKED: _ranked,
    COMPARED: _compared,
    EXISTS: _exists,
    COUNTED: _counted,
    MADE: _made,
    FIRST: _first,
    LIKED: _liked,
}
