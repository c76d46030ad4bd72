"""An answer becomes an audit record: each claim with its verdict, and what no claim covers.

A record is plain data, the same every time for the same text and graph. Its claims are all that
were found: none is dropped, and what was not understood is a claim that is not checkable.
"""

from collections.abc import Iterable, Mapping, Sequence

from graph.names import NameIndex
from graph.types import Verdict
from reasoning.check import Asker, Checked, check
from reasoning.proposals import PROPOSED, Propose
from reasoning.responses import Response
from reasoning.trust import Trust

# A change of what the checker says makes calibrations and resumed audits start anew.
CHECKER = 4

Form = dict[str, object]
Rows = Mapping[str, Sequence[str]]


def audited(
    names: NameIndex,
    response: Response,
    asker: Asker | None = None,
    propose: Propose | None = None,
) -> Checked:
    """Verdicts on all claims of an answer; `asker` is who it speaks to."""
    return check(
        names,
        response.text,
        asker,
        about=_about(names, response.items),
        question=response.question,
        propose=propose,
    )


def _about(names: NameIndex, items: Sequence[str]) -> frozenset[int]:
    """The items of a response, given as ids, keys or names."""
    snapshot = names.snapshot
    kinds = snapshot.schema.kinds_of("item")
    found: set[int] = set()
    for item in items:
        ids = (snapshot.find(node) for node in (item, *(f"{kind}:{item}" for kind in kinds)))
        found.update(row for row in ids if row is not None)
        found.update(row for row in names.exact(item) if snapshot.kind(row) in kinds)
    return frozenset(found)


def edges_of(checked: Iterable[Checked]) -> list[str]:
    """Ids of all edges that decided something, sorted."""
    return sorted(
        {
            edge.id
            for one in checked
            for verdict in one.verdicts
            for edge in (*verdict.evidence, *verdict.counter_evidence)
        }
    )


def record_form(
    names: NameIndex, response: Response, checked: Checked, rows: Rows, trust: Trust
) -> Form:
    """The record of one answer; `rows` are the catalogue rows behind edges, as "file:line"."""
    return {
        "id": response.id,
        "line": response.line,
        "user": response.user,
        "items": list(response.items),
        "question": response.question,
        "timestamp": response.time,
        "model": response.model,
        "prompt_id": response.prompt,
        "text": response.text,
        "verdict": checked.kind.value,
        "uncovered": round(uncovered(checked), 4),
        "claims": [claim_form(names, verdict, rows, trust) for verdict in checked.verdicts],
    }


def claim_form(names: NameIndex, verdict: Verdict, rows: Rows, trust: Trust) -> Form:
    """The record of one claim: span, verdict, reason, and the edges and rows that decided.

    `confidence` is what calibration found for claims of this relation with this verdict, or None;
    calibration knows nothing of proposed claims.
    """
    claim = verdict.claim
    edges = (*verdict.evidence, *verdict.counter_evidence)
    label = names.snapshot.label
    row = names.snapshot.row
    return {
        "span": list(claim.span),
        "text": claim.text,
        "relation": claim.relation or None,
        "head": claim.head,
        "tail": claim.tail,
        "heads": list(claim.heads),
        "tails": list(claim.tails),
        "negated": claim.negated,
        "hedged": claim.hedged,
        "qualifier": claim.qualifier,
        "numbers": list(claim.numbers),
        "verdict": verdict.kind.value,
        "confidence": None
        if claim.qualifier == PROPOSED
        else trust.get((claim.relation, verdict.kind.value)),
        "reason": verdict.reason.value,
        "detail": verdict.detail,
        "evidence": [edge.id for edge in verdict.evidence],
        "counter_evidence": [edge.id for edge in verdict.counter_evidence],
        "facts": [
            f"{label(row(edge.head))} {edge.relation} {label(row(edge.tail))}"
            + (f" {edge.weight:g}" if edge.weight is not None else "")
            for edge in edges
        ],
        "rows": list(dict.fromkeys(place for edge in edges for place in rows.get(edge.id, ()))),
    }


def uncovered(checked: Checked) -> float:
    """The share of a text's letters and digits that no understood claim covers, 0 to 1."""
    text = checked.text
    covered = bytearray(len(text))
    for verdict in checked.verdicts:
        if verdict.claim.relation:
            start, end = verdict.claim.span
            covered[start:end] = b"\x01" * (end - start)
    letters = bare = 0
    for at, sign in enumerate(text):
        if sign.isalnum():
            letters += 1
            bare += not covered[at]
    return bare / letters if letters else 0.0
