"""Two things that records are put to: what changed between two audits, and preference pairs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graph.names import NameIndex
from graph.types import Claim, Edge, Verdict, VerdictKind
from reasoning.audit import Form
from reasoning.check import Checked, check
from reasoning.rates import Rate
from reasoning.verbalise import statement

_ARTICLE = re.compile(r"\b(?P<article>an?)\s+$", re.IGNORECASE)


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
        text, question = str(record["text"]), str(record["question"])
        checked = check(names, text, question=question)
        wrong = [v for v in checked.verdicts if v.kind == VerdictKind.CONTRADICTED]
        right = _put_right(names, text, checked, wrong) if wrong else None
        again = check(names, right, question=question) if right else None
        same = again and len(again.verdicts) >= len(checked.verdicts) - len(wrong)
        if right is None or again is None or again.contradicted or not same:
            yield None
            continue
        yield {
            "prompt": question,
            "chosen": right,
            "rejected": text,
            "id": record["id"],
            "edges": [edge.id for verdict in wrong for edge in verdict.counter_evidence],
        }


def _put_right(
    names: NameIndex, text: str, checked: Checked, wrong: Sequence[Verdict]
) -> str | None:
    """The text with what is wrong put right; None where that cannot be done word by word."""
    # What is said of a head already is not said again in place of something wrong.
    used = {
        (claim.relation, claim.heads, edge.tail)
        for claim, edge in ((v.claim, edge) for v in checked.verdicts for edge in v.evidence)
    }
    edits: dict[tuple[int, int], str] = {}
    for verdict in wrong:
        claim = verdict.claim
        edge = next(
            (
                edge
                for edge in verdict.counter_evidence
                if (claim.relation, claim.heads, edge.tail) not in used
            ),
            None,
        )
        start, end = claim.span
        if edge is None:
            return None
        used.add((claim.relation, claim.heads, edge.tail))
        if not claim.negated and claim.tail and text.count(claim.tail, start, end) == 1:
            at = text.index(claim.tail, start, end)
            label = names.snapshot.label(names.snapshot.row(edge.tail))
            edits[at, at + len(claim.tail)] = label.lower() if claim.tail.islower() else label
        elif fact := _fact(names, claim, edge):
            edits[start, end] = fact
        else:
            return None
    return _edited(text, edits)


def _edited(text: str, edits: dict[tuple[int, int], str]) -> str | None:
    """The text with places replaced, an article before them made to fit; None if two overlap."""
    right, reached = text, len(text)
    for (start, end), new in sorted(edits.items(), reverse=True):
        if end > reached:
            return None
        article = _ARTICLE.search(right, 0, start)
        if article and article.end() == start:
            start = article.start("article")
            new = f"{_article(article['article'], new)} {new}"
        right, reached = right[:start] + new + right[end:], start
    return right


def _article(said: str, new: str) -> str:
    form = "an" if new[:1].casefold() in "aeiou" else "a"
    return form.capitalize() if said[0].isupper() else form


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
