"""Two things that records are put to: what changed between two audits, and preference pairs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.names import NameIndex
from graph.types import Claim, Edge, Verdict, VerdictKind
from reasoning.audit import Form
from reasoning.check import check
from reasoning.rates import Rate
from reasoning.verbalise import statement


@dataclass(frozen=True, slots=True)
class Change:
    """An answer on which two audits differ: claims contradicted before and after."""

    id: str
    before: int
    after: int
    claims: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """What two audits have in common: rates of contradicted claims, and answers that changed."""

    answers: int
    before: Rate
    after: Rate
    worse: tuple[Change, ...]
    better: tuple[Change, ...]


def compared(pairs: Iterable[tuple[Form, Form]]) -> Diff:
    """Hold the records of the same answers against each other; only those that differ are kept."""
    answers = claims1 = claims2 = wrong1 = wrong2 = 0
    worse: list[Change] = []
    better: list[Change] = []
    for one, two in pairs:
        answers += 1
        before, after = _wrong(one), _wrong(two)
        claims1 += len(_claims(one))
        claims2 += len(_claims(two))
        wrong1 += len(before)
        wrong2 += len(after)
        said = {_said(claim) for claim in before}
        new = tuple(claim for claim in after if _said(claim) not in said)
        if len(after) > len(before) or new:
            worse.append(Change(str(two["id"]), len(before), len(after), new))
        elif len(after) < len(before):
            gone = {_said(claim) for claim in after}
            fixed = tuple(claim for claim in before if _said(claim) not in gone)
            better.append(Change(str(two["id"]), len(before), len(after), fixed))
    worse.sort(key=lambda change: change.before - change.after)
    better.sort(key=lambda change: change.after - change.before)
    return Diff(answers, Rate(wrong1, claims1), Rate(wrong2, claims2), tuple(worse), tuple(better))


def preferences(names: NameIndex, records: Iterable[Form]) -> Iterator[Form | None]:
    """`{prompt, chosen, rejected}` per answer with a contradiction; None where none can be made.

    `chosen` is the answer with each contradicted claim put right from the graph; it is checked
    anew, and given only if nothing in it is contradicted.
    """
    for record in records:
        text = str(record["text"])
        checked = check(names, text)
        right = text
        wrong = [v for v in checked.verdicts if v.kind == VerdictKind.CONTRADICTED]
        for verdict in sorted(wrong, key=lambda verdict: -verdict.claim.span[0]):
            right = _put_right(names, right, verdict)
        again = check(names, right)
        done = bool(wrong) and right != text and not again.contradicted
        same = len(again.verdicts) >= len(checked.verdicts) - len(wrong)
        if not done or not same:
            yield None
            continue
        yield {
            "prompt": str(record["question"]),
            "chosen": right,
            "rejected": text,
            "id": record["id"],
            "edges": [edge.id for verdict in wrong for edge in verdict.counter_evidence],
        }


def _put_right(names: NameIndex, text: str, verdict: Verdict) -> str:
    claim, edges = verdict.claim, verdict.counter_evidence
    start, end = claim.span
    said = text[start:end]
    if not edges:
        return text
    if not claim.negated and said.count(claim.tail) == 1 and claim.tail:
        tail = names.snapshot.label(names.snapshot.row(edges[0].tail))
        return text[:start] + said.replace(claim.tail, tail) + text[end:]
    fact = _fact(names, claim, edges[0])
    return text[:start] + fact + text[end:] if fact else text


def _fact(names: NameIndex, claim: Claim, edge: Edge) -> str:
    relation = names.snapshot.schema.relations.get(claim.relation)
    words = relation.words.get("en") if relation else None
    if words is None:
        return ""
    label = names.snapshot.label(names.snapshot.row(edge.tail))
    return statement(names.snapshot, words, edge.head, label)


def _claims(record: Form) -> list[Form]:
    claims = record["claims"]
    return claims if isinstance(claims, list) else []


def _wrong(record: Form) -> list[Form]:
    return [claim for claim in _claims(record) if claim["verdict"] == "contradicted"]


def _said(claim: Form) -> tuple[object, ...]:
    return claim["relation"], str(claim["head"]).casefold(), str(claim["tail"]).casefold()
