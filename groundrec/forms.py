"""The JSON forms of answers; docs/json.md shows each of them."""

from collections.abc import Sequence

from graph.snapshot import Snapshot
from graph.types import Contribution, Edge, Path, Verdict
from groundrec.ask import Answer, Item, Told
from reasoning.check import Checked

Form = dict[str, object]


def answers_form(answers: Sequence[Answer], rows: "RowsOf") -> Form:
    """One answer as it is, several as a list."""
    if len(answers) == 1:
        return answer_form(answers[0], rows)
    return {"answers": [answer_form(answer, rows) for answer in answers]}


def answer_form(answer: Answer, rows: "RowsOf") -> Form:
    """Items for one person; `rows` knows where the edges of its paths come from."""
    return {
        "user": answer.person,
        "ranker": answer.ranker,
        "fallback": answer.fallback or None,
        "notes": list(answer.notes),
        "items": [item_form(item, rows) for item in answer.items],
    }


def item_form(item: Item, rows: "RowsOf") -> Form:
    """One item, why it ranks here, and what connects it."""
    return {
        "id": item.id,
        "title": item.title,
        "score": item.score,
        "share_explained": item.share_explained,
        "walks": item.walks,
        "reasons": [told_form(told, rows) for told in item.reasons],
        "connections": [told_form(told, rows) for told in item.connections],
    }


def explanation_form(item: Item, rows: "RowsOf") -> Form:
    """An item with its whole score taken apart."""
    form = item_form(item, rows)
    if item.evidence is not None:
        breakdown = item.evidence.breakdown
        form["contributions"] = [contribution_form(part) for part in breakdown.contributions]
        form["remainder"] = breakdown.remainder
    return form


def told_form(told: Told, rows: "RowsOf") -> Form:
    """A sentence with its verdict and what it rests on."""
    return {
        "text": told.sentence.text,
        "verdict": told.checked.kind.value,
        "edges": list(told.sentence.edges),
        "contributions": [contribution_form(part) for part in told.contributions],
        "paths": [path_form(path, rows) for path in told.paths],
    }


def contribution_form(part: Contribution) -> Form:
    """A part of a score; people are a count, never a person."""
    people = part.people
    return {
        "walk": part.walk,
        "anchor": part.anchor,
        "via": part.via,
        "amount": part.amount,
        "share": part.share,
        "people": None if people is None else {"both": people.both, "base": people.base},
    }


def path_form(path: Path, rows: "RowsOf") -> Form:
    """The nodes of a path and the edges between them, each with the rows that say so."""
    return {
        "amount": path.amount,
        "nodes": list(path.nodes),
        "edges": [
            {
                "id": step.edge.id,
                "relation": step.edge.relation,
                "forward": step.forward,
                "rows": rows.of(step.edge),
            }
            for step in path.steps
        ],
    }


def checked_form(checked: Checked, rows: "RowsOf") -> Form:
    """Claims with their verdicts, the deciding edges and the catalogue rows behind them."""
    return {
        "verdict": checked.kind.value,
        "contradicted": checked.contradicted,
        "claims": [_claim_form(verdict, rows) for verdict in checked.verdicts],
    }


class RowsOf:
    """Edges with their names and the catalogue rows that they came from."""

    def __init__(self, snapshot: Snapshot, origins: dict[str, list[str]]) -> None:
        self.snapshot = snapshot
        self.origins = origins

    def of(self, edge: Edge) -> list[str]:
        """The rows that an edge came from, as "file:line"."""
        return self.origins.get(edge.id, [])

    def form(self, edge: Edge) -> Form:
        """An edge, readable; users keep their id, which is all that is known of them."""
        label = self.snapshot.label
        return {
            "id": edge.id,
            "head": edge.head,
            "head_name": label(self.snapshot.row(edge.head)),
            "relation": edge.relation,
            "tail": edge.tail,
            "tail_name": label(self.snapshot.row(edge.tail)),
            "weight": edge.weight,
            "rows": self.of(edge),
        }


def _claim_form(verdict: Verdict, rows: RowsOf) -> Form:
    claim = verdict.claim
    return {
        "text": claim.text,
        "span": list(claim.span),
        "verdict": verdict.kind.value,
        "reason": verdict.reason.value,
        "detail": verdict.detail,
        "relation": claim.relation or None,
        "head": claim.head,
        "tail": claim.tail,
        "negated": claim.negated,
        "hedged": claim.hedged,
        "qualifier": claim.qualifier,
        "numbers": list(claim.numbers),
        "evidence": [rows.form(edge) for edge in verdict.evidence],
        "counter_evidence": [rows.form(edge) for edge in verdict.counter_evidence],
    }
