"""Claims are looked up: the graph decides, and shows the edge or the counter-edge.

`check` sees only text. A claim is supported when an edge says it; contradicted when a relation
that has one value, or whose values are all known, says something else; else it is not in the
graph. Aggregates over people are counted again.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rapidfuzz import fuzz
from scipy import sparse

from graph.names import NameIndex, normalise
from graph.schema import Relation
from graph.snapshot import Snapshot
from graph.types import Claim, Edge, Reason, Verdict, VerdictKind
from graph.walks import LEAST_PEOPLE
from reasoning.claims import find_claims, is_opinion
from reasoning.frames import LIKED, PEOPLE
from reasoning.lexicon import Lexicon, lexicon

MOST_EDGES = 20
_A_TYPO = 85.0


@dataclass(frozen=True, slots=True)
class Asker:
    """Who "you" is in a text: their row, where they are in the graph, and what they like."""

    row: int | None
    liked: frozenset[int]


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with a verdict on each of its claims."""

    text: str
    verdicts: tuple[Verdict, ...]

    @property
    def contradicted(self) -> bool:
        """Whether the graph contradicts anything in the text."""
        return any(verdict.kind == VerdictKind.CONTRADICTED for verdict in self.verdicts)

    @property
    def kind(self) -> VerdictKind:
        """The worst of its verdicts, as one word for the whole text."""
        for kind in (
            VerdictKind.CONTRADICTED,
            VerdictKind.NOT_IN_GRAPH,
            VerdictKind.NOT_CHECKABLE,
        ):
            if any(verdict.kind == kind for verdict in self.verdicts):
                return kind
        return VerdictKind.SUPPORTED if self.verdicts else VerdictKind.NOT_CHECKABLE


def check(names: NameIndex, text: str, asker: Asker | None = None) -> Checked:
    """Verdicts on all claims of a text; `asker` is who the text speaks to."""
    claims = find_claims(names, text)
    return Checked(text, tuple(verdict_on(names, claim, asker) for claim in claims))


def verdict_on(names: NameIndex, claim: Claim, asker: Asker | None = None) -> Verdict:
    """What the graph says of one claim."""
    snapshot, known = names.snapshot, lexicon(names)
    if claim.relation == "":
        reason = Reason.OPINION if is_opinion(claim.text) else Reason.OUTSIDE_SCHEMA
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, reason)
    if claim.relation == PEOPLE:
        return _counted(snapshot, claim)
    if claim.relation == LIKED:
        return _liked(known, claim, asker)
    if claim.numbers:
        return _among_liked(snapshot, claim, asker)
    relation = snapshot.schema.relations[claim.relation]
    if not claim.heads:
        return _unlinked(names, claim, claim.head, relation.head)
    found = [
        edge
        for head in claim.heads
        for tail in claim.tails
        for edge in known.edges(claim.relation, known.row(head), known.row(tail))
    ]
    if found:
        kind = VerdictKind.CONTRADICTED if claim.negated else VerdictKind.SUPPORTED
        edges = tuple(found[:MOST_EDGES])
        if claim.negated:
            return Verdict(claim, kind, Reason.DENIES_EDGE, counter_evidence=edges)
        return Verdict(claim, kind, Reason.EDGE_FOUND, evidence=edges)
    return _without_edge(names, claim, relation)


def _without_edge(names: NameIndex, claim: Claim, relation: Relation) -> Verdict:
    """No edge says so: it is contradicted, or unknown."""
    snapshot = names.snapshot
    known = lexicon(names)
    all_edges = [known.edges(claim.relation, known.row(head)) for head in claim.heads]
    others = tuple(edge for edges in all_edges for edge in edges)[:MOST_EDGES]
    decided = (relation.functional or relation.complete) and all(all_edges)
    if not claim.tails and decided:
        tails = [snapshot.label(snapshot.row(edge.tail)) for edge in others]
        near = next((tail for tail in tails if _alike(tail, claim.tail)), None)
        if near is not None:
            detail = f"nothing is called {claim.tail!r}; did it mean {near!r}?"
            return _not_in_graph(claim, Reason.UNKNOWN_ENTITY, detail)
    if not claim.tails and not decided:
        return _unlinked(names, claim, claim.tail, relation.tail)
    if decided:
        reason = Reason.OTHER_VALUE if relation.functional else Reason.COMPLETE_WITHOUT_IT
        if claim.negated:
            return Verdict(claim, VerdictKind.SUPPORTED, reason, evidence=others)
        return Verdict(claim, VerdictKind.CONTRADICTED, reason, counter_evidence=others)
    if len(claim.heads) > 1 or len(claim.tails) > 1:
        return _not_in_graph(claim, Reason.AMBIGUOUS_NAME, "several things are called that")
    return _not_in_graph(claim, Reason.NO_SUCH_EDGE, "")


def _unlinked(names: NameIndex, claim: Claim, words: str, kind: str) -> Verdict:
    snapshot = names.snapshot
    if names.exact(words):
        kinds = sorted({snapshot.kind(row) for row in names.exact(words)})
        return _not_in_graph(claim, Reason.WRONG_KIND, f"{words!r} is a {' or a '.join(kinds)}")
    near = [snapshot.label(row) for row, _ in names.search(words, 3) if snapshot.kind(row) == kind]
    hint = f"; the nearest: {', '.join(near)}" if near else ""
    is_item = snapshot.schema.kinds[kind].role == "item"
    reason = Reason.NOT_IN_CATALOGUE if is_item else Reason.UNKNOWN_ENTITY
    return _not_in_graph(claim, reason, f"nothing is called {words!r}{hint}")


def _not_in_graph(claim: Claim, reason: Reason, detail: str) -> Verdict:
    return Verdict(claim, VerdictKind.NOT_IN_GRAPH, reason, detail=detail)


# -- people ----------------------------------------------------------------------------------


def _counted(snapshot: Snapshot, claim: Claim) -> Verdict:
    """The count made again, over everyone in the graph."""
    if not claim.heads or not claim.tails:
        words = claim.tail if claim.heads else claim.head
        return _not_in_graph(claim, Reason.NOT_IN_CATALOGUE, f"nothing is called {words!r}")
    counts = [
        _count(snapshot, snapshot.row(anchor), snapshot.row(item))
        for anchor in claim.heads
        for item in claim.tails
    ]
    if all(both < LEAST_PEOPLE for both, _ in counts):
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.TOO_FEW_PEOPLE)
    said = (claim.numbers[0], claim.numbers[1])
    told = " or ".join(f"{both} of {base}" for both, base in counts if both >= LEAST_PEOPLE)
    if (said in counts) != claim.negated:
        return Verdict(claim, VerdictKind.SUPPORTED, Reason.COUNT_AGREES, detail=told)
    return Verdict(claim, VerdictKind.CONTRADICTED, Reason.COUNT_DIFFERS, detail=told)


def _count(snapshot: Snapshot, anchor: int, item: int) -> tuple[int, int]:
    fans = _fans(snapshot)
    start = snapshot.rows(snapshot.kind(item)).start
    one = fans.indices[slice(*fans.indptr[anchor - start : anchor - start + 2])]
    two = fans.indices[slice(*fans.indptr[item - start : item - start + 2])]
    return len(np.intersect1d(one, two, assume_unique=True)), len(one)


@lru_cache(maxsize=4)
def _fans(snapshot: Snapshot) -> sparse.csr_array:
    """Who likes each item (items x users)."""
    made = sparse.csr_array(snapshot.likes().matrix().T)
    made.sort_indices()
    return made


def _liked(known: Lexicon, claim: Claim, asker: Asker | None) -> Verdict:
    if asker is None:
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.NOBODY_NAMED)
    if not claim.tails:
        return _not_in_graph(claim, Reason.NOT_IN_CATALOGUE, f"nothing is called {claim.tail!r}")
    items = [known.row(item) for item in claim.tails]
    liked = [item for item in items if item in asker.liked]
    said = tuple(edge for item in items for edge in _opinions(known, asker, item))
    if liked:
        if claim.negated:
            return Verdict(
                claim, VerdictKind.CONTRADICTED, Reason.DENIES_EDGE, counter_evidence=said
            )
        return Verdict(claim, VerdictKind.SUPPORTED, Reason.EDGE_FOUND, evidence=said)
    if said:
        if claim.negated:
            return Verdict(claim, VerdictKind.SUPPORTED, Reason.OTHER_VALUE, evidence=said)
        return Verdict(claim, VerdictKind.CONTRADICTED, Reason.OTHER_VALUE, counter_evidence=said)
    return _not_in_graph(claim, Reason.NO_SUCH_EDGE, "")


def _among_liked(snapshot: Snapshot, claim: Claim, asker: Asker | None) -> Verdict:
    """Of how many of the items that the person liked it is so, too; counted again."""
    if asker is None:
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, Reason.NOBODY_NAMED)
    if not claim.tails:
        return _not_in_graph(claim, Reason.UNKNOWN_ENTITY, f"nothing is called {claim.tail!r}")
    relation = snapshot.schema.relations[claim.relation]
    start = snapshot.rows(relation.head).start
    back = snapshot.links(claim.relation, reverse=True)
    itself = {snapshot.row(head) for head in claim.heads}
    counts = []
    for tail in claim.tails:
        local = snapshot.row(tail) - snapshot.rows(relation.tail).start
        have = {int(head) + start for head in back.indices[back.row(local)]}
        counts.append((len((have & asker.liked) - itself), len(asker.liked)))
    detail = " or ".join(f"{count} of {all_}" for count, all_ in counts)
    if (claim.numbers[0], claim.numbers[1]) in counts:
        return Verdict(claim, VerdictKind.SUPPORTED, Reason.COUNT_AGREES, detail=detail)
    return Verdict(claim, VerdictKind.CONTRADICTED, Reason.COUNT_DIFFERS, detail=detail)


def _opinions(known: Lexicon, asker: Asker, item: int) -> list[Edge]:
    if asker.row is None:
        return []
    ends = (known.kind(asker.row), known.kind(item))
    return [
        edge
        for name in known.schema.interactions
        if (known.schema.relations[name].head, known.schema.relations[name].tail) == ends
        for edge in known.edges(name, asker.row, item)
    ]


def _alike(known: str, said: str) -> bool:
    """Whether words may mean a known name: a typo in it, or more words around it."""
    one, two = normalise(known), normalise(said)
    return fuzz.ratio(one, two) >= _A_TYPO or f" {one} " in f" {two} "
