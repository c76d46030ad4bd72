"""Claims are looked up: the graph decides, and shows the edge or the counter-edge.

`check` sees only text. A claim is supported when an edge says it; contradicted when a relation
that has one value, or whose values are all known, says something else; else it is not in the
graph. Aggregates over people are counted again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from graph.names import NameIndex, normalise
from graph.schema import Relation
from graph.types import Claim, Reason, Verdict, VerdictKind
from reasoning import queries
from reasoning.claims import find_claims, is_opinion
from reasoning.lexicon import Lexicon, lexicon
from reasoning.proposals import Propose
from reasoning.queries import Asker
from reasoning.readings import DESCRIBED, settled, told_apart

MOST_EDGES = 20
__all__ = ["Asker", "Checked", "check", "verdict_on"]
_A_TYPO = 85.0


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


def check(
    names: NameIndex,
    text: str,
    asker: Asker | None = None,
    about: Collection[int] = (),
    question: str = "",
    propose: Propose | None = None,
) -> Checked:
    """Verdicts on all claims of a text; `asker` is who the text speaks to.

    `about` are rows of the items that it was to speak of, which decides between namesakes;
    `question` is what it answers, whose names "it" may mean at first. `propose` may find claims
    where the text was not understood.
    """
    known = lexicon(names)
    apart = told_apart(known, question) if question else frozenset[int]()
    claims = settled(known, find_claims(names, text, question, propose), apart.union(about))
    return Checked(text, tuple(_told(names, verdict_on(names, claim, asker)) for claim in claims))


def verdict_on(names: NameIndex, claim: Claim, asker: Asker | None = None) -> Verdict:
    """What the graph says of one claim."""
    known = lexicon(names)
    if claim.relation == "":
        reason = Reason.OPINION if is_opinion(claim.text) else Reason.OUTSIDE_SCHEMA
        return Verdict(claim, VerdictKind.NOT_CHECKABLE, reason)
    asked = queries.verdict(known, claim, asker)
    if asked is not None:
        return asked
    relation = known.schema.relations[claim.relation]
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


def _told(names: NameIndex, verdict: Verdict) -> Verdict:
    """The verdict, with what a misspelt name was taken for."""
    claim = verdict.claim
    for words, ids in ((claim.head, claim.heads), (claim.tail, claim.tails)):
        if ids and words and not names.exact(words) and not claim.within:
            row = names.snapshot.row(ids[0])
            label = names.snapshot.label(row)
            form = any(row in one.rows for one in lexicon(names).mentions(words))
            if not form and _alike(label, words):
                detail = f"{words!r} was read as {label!r}"
                told = f"{verdict.detail}; {detail}" if verdict.detail else detail
                verdict = replace(verdict, detail=told)
    return verdict


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
    if not claim.tails and (not decided or claim.qualifier == DESCRIBED):
        return _unlinked(names, claim, claim.tail, relation.tail)
    if decided and _all_told(known, claim):
        reason = Reason.OTHER_VALUE if relation.functional else Reason.COMPLETE_WITHOUT_IT
        if claim.negated:
            return Verdict(claim, VerdictKind.SUPPORTED, reason, evidence=others)
        return Verdict(claim, VerdictKind.CONTRADICTED, reason, counter_evidence=others)
    # "The 1990s" has many tails and is no name of many things.
    alike = len(claim.heads) > 1 or (len(claim.tails) > 1 and bool(names.exact(claim.tail)))
    if not claim.within and alike:
        return _not_in_graph(claim, Reason.AMBIGUOUS_NAME, "several things are called that")
    return _not_in_graph(claim, Reason.NO_SUCH_EDGE, "")


def _all_told(lexicon: Lexicon, claim: Claim) -> bool:
    """Whether what the claim describes is all that there is: only then can it be denied."""
    relations = lexicon.schema.relations
    steps = (relations[name] for chain in claim.within for name, _ in chain.steps)
    return all(step.functional or step.complete for step in steps)


def _unlinked(names: NameIndex, claim: Claim, words: str, kind: str) -> Verdict:
    snapshot = names.snapshot
    if names.exact(words):
        kinds = sorted({snapshot.kind(row) for row in names.exact(words)})
        return _not_in_graph(claim, Reason.WRONG_KIND, f"{words!r} is a {' or a '.join(kinds)}")
    near = [snapshot.label(row) for row in lexicon(names).typos.near(words)]
    hint = f"; the nearest: {', '.join(near)}" if near else ""
    is_item = snapshot.schema.kinds[kind].role == "item"
    reason = Reason.NOT_IN_CATALOGUE if is_item else Reason.UNKNOWN_ENTITY
    return _not_in_graph(claim, reason, f"nothing is called {words!r}{hint}")


def _not_in_graph(claim: Claim, reason: Reason, detail: str) -> Verdict:
    return Verdict(claim, VerdictKind.NOT_IN_GRAPH, reason, detail=detail)


def _alike(known: str, said: str) -> bool:
    """Whether words may mean a known name: a typo in it, more words around it, or a word of it."""
    one, two = f" {normalise(known)} ", f" {normalise(said)} "
    return fuzz.ratio(one.strip(), two.strip()) >= _A_TYPO or one in two or two in one
