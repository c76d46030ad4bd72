"""An audit as one HTML page that needs nothing else: every sentence coloured, worst first.

All text of others goes through the template's escaping; the page has no script and loads nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from itertools import pairwise

import jinja2

from reasoning.audit import Form
from reasoning.ledger import Audit, Ledger, Summary
from reasoning.rates import Rate

VERDICTS = ("contradicted", "not_in_graph", "not_checkable", "supported")
_WIDTH = 560
_MOST_BARS = 40
_CSP = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text with the claims that cover it; `verdict` is the worst of theirs."""

    text: str
    verdict: str
    hover: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A name with how many claims got which verdict: (verdict, start, width, count), in pixels."""

    name: str
    parts: tuple[tuple[str, float, float, int], ...]
    total: int


def html(ledger: Ledger, audit: Audit, *, worst: int, calibrated: bool) -> str:
    """The page; it shows the `worst` answers, and rates only for a `calibrated` schema."""
    summary = ledger.summary(audit)
    place = files("reasoning").joinpath("report.html.jinja")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    by_relation = [(n or "not understood", v, c) for n, of in summary.relations.items()
                   for v, c in of.items()]  # fmt: skip
    return environment.from_string(place.read_text(encoding="utf-8")).render(
        csp=_CSP,
        audit=audit,
        started=datetime.fromtimestamp(audit.started, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        summary=summary,
        verdicts=VERDICTS,
        rates=_rates(summary) if calibrated else {},
        plots=[
            ("by relation", _bars(by_relation)),
            ("by model", _bars(ledger.over(audit, "model"))),
            ("by day", _bars(ledger.over(audit, "time"), in_order=True)),
        ],
        answers=((record, _pieces(record)) for record in ledger.records(audit, worst=worst)),
        shown=min(worst, summary.answers),
        rejects=ledger.rejects(audit)[:100],
        width=_WIDTH,
    )


def _rates(summary: Summary) -> dict[str, str]:
    rates = {v: Rate(summary.counts.get(v, 0), summary.claims) for v in VERDICTS}
    return {v: f"{rate.share or 0:.1%} ({_ends(rate)})" for v, rate in rates.items()}


def _ends(rate: Rate) -> str:
    low, high = rate.interval
    return f"{low:.1%} to {high:.1%}"


def _bars(counted: Iterable[tuple[str, str, int]], *, in_order: bool = False) -> list[Bar]:
    found: dict[str, dict[str, int]] = {}
    for name, verdict, count in counted:
        found.setdefault(name, {})[verdict] = count
    bars = []
    for name, counts in found.items():
        total = sum(counts.values())
        at, parts = 0.0, []
        for verdict in VERDICTS:
            width = _WIDTH * counts.get(verdict, 0) / total
            if width:
                parts.append((verdict, round(at, 2), round(width, 2), counts[verdict]))
            at += width
        bars.append(Bar(name, tuple(parts), total))
    if in_order:
        return bars[-_MOST_BARS:]
    return sorted(bars, key=lambda bar: -_wrong(bar))[:_MOST_BARS]


def _wrong(bar: Bar) -> float:
    return sum(width for verdict, _, width, _ in bar.parts if verdict == "contradicted")


def _pieces(record: Form) -> list[Piece]:
    """A text cut where claims begin and end."""
    text, claims = str(record["text"]), record["claims"]
    listed: Sequence[Form] = claims if isinstance(claims, list) else []
    spans = [(claim["span"][0], claim["span"][1], claim) for claim in listed]  # type: ignore[index]
    cuts = sorted({0, len(text), *(s for s, _, _ in spans), *(e for _, e, _ in spans)})
    pieces = []
    open_: list[tuple[int, Form]] = []
    coming = sorted(spans, key=lambda span: span[0])
    next_ = 0
    for start, end in pairwise(cuts):
        while next_ < len(coming) and coming[next_][0] <= start:
            open_.append((coming[next_][1], coming[next_][2]))
            next_ += 1
        open_ = [(until, claim) for until, claim in open_ if until > start]
        here = [claim for _, claim in open_]
        kinds = [str(claim["verdict"]) for claim in here]
        verdict = next((kind for kind in VERDICTS if kind in kinds), "")
        pieces.append(Piece(text[start:end], verdict, "\n".join(map(_hover, here))))
    return pieces


def _hover(claim: Form) -> str:
    lines = [f"{claim['verdict']}: {claim['reason']}"]
    sure = claim.get("confidence")
    lines += [f"such verdicts are right in at least {sure:.1%}"] if isinstance(sure, float) else []
    lines += [str(claim["detail"])] if claim["detail"] else []
    facts, rows = claim["facts"], claim["rows"]
    lines += map(str, facts[:5] if isinstance(facts, list) else [])
    edges = [*_listed(claim["evidence"]), *_listed(claim["counter_evidence"])]
    lines += [f"edge {' '.join(edges[:5])}"] if edges else []
    lines += [f"row {' '.join(map(str, rows[:5]))}"] if isinstance(rows, list) and rows else []
    return "\n".join(lines)


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
