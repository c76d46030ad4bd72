"""Answers for people: what is recommended, why, and what the graph says of each sentence."""

from collections.abc import Sequence

from graph.snapshot import Snapshot
from graph.types import Claim, Contribution, Reason, Verdict, VerdictKind
from graph.walks import PEOPLE
from groundrec.ask import Answer, Item, Told
from groundrec.forms import RowsOf
from groundrec.output import emit
from reasoning.check import Checked

MARKS = {
    VerdictKind.SUPPORTED: "ok",
    VerdictKind.CONTRADICTED: "FALSE",
    VerdictKind.NOT_IN_GRAPH: "unknown",
    VerdictKind.NOT_CHECKABLE: "unchecked",
}
MOST_CONTRIBUTIONS = 12


def recommendation(answer: Answer) -> None:
    """A numbered list with reasons and connections."""
    header(answer)
    for at, item in enumerate(answer.items, 1):
        title(at, item)
        _why(item)


def header(answer: Answer) -> None:
    """For whom an answer is, and what a reader must know of it."""
    emit(f"for {answer.person}, by {answer.ranker}")
    for note in answer.notes:
        emit(f"  note: {note}")
    if answer.fallback:
        emit(f"  these are {answer.fallback}")
    if not answer.items:
        emit("  nothing is left to recommend")


def title(place: int | None, item: Item) -> None:
    """An item's line, with its place in a list or without one."""
    if place is not None:
        emit()
    emit(f"{'' if place is None else f'{place:2}. '}{item.title}   score {item.score:.4g}")


def explanation(item: Item, snapshot: Snapshot) -> None:
    """An item with its score taken apart."""
    emit(f"{item.title}   score {item.score:.4g}")
    _why(item)
    if item.evidence is None or not item.evidence.breakdown.contributions:
        return
    emit()
    emit("    share  part")
    breakdown = item.evidence.breakdown
    parts = breakdown.contributions
    for part in parts[:MOST_CONTRIBUTIONS]:
        nodes = [snapshot.row(node) for node in (part.anchor, part.via) if node]
        way = " - ".join(snapshot.labels(nodes)) if nodes else _together(part.walk, parts)
        told = f" ({part.people.both} of {part.people.base})" if part.people else ""
        emit(f"   {part.share:6.1%}  {part.walk}: {way}{told}")
    rest = sum(part.share for part in parts[MOST_CONTRIBUTIONS:])
    if rest:
        emit(f"   {rest:6.1%}  {len(parts) - MOST_CONTRIBUTIONS} more")
    left = breakdown.remainder / breakdown.score if breakdown.score else 0.0
    emit(f"   {left if abs(left) > 5e-4 else 0.0:6.1%}  remainder")


def _together(walk: str, parts: Sequence[Contribution]) -> str:
    if walk == PEOPLE:
        return "together, too few people each"
    some = any(part.walk == walk and part.anchor for part in parts)
    return f"all {'else ' * some}that was liked, together"


def checked(result: Checked, rows: RowsOf) -> None:
    """Each claim with its verdict, and the edge that decides."""
    if not result.verdicts:
        emit("nothing is said")
    claims = [verdict.claim for verdict in result.verdicts]
    for verdict in result.verdicts:
        emit(f"[{verdict.kind.value}] {_own_words(verdict.claim, claims)}")
        emit(f"    {verdict.reason.value}{_detail(verdict)}")
        for edge in verdict.evidence[:3]:
            _edge(rows.form(edge), "says so")
        for edge in verdict.counter_evidence[:3]:
            _edge(rows.form(edge), "but")


def _detail(verdict: Verdict) -> str:
    claim = verdict.claim
    if verdict.reason == Reason.NO_SUCH_EDGE and claim.head and claim.tail:
        return f": {claim.head} {claim.relation} {claim.tail}"
    return f": {verdict.detail}" if verdict.detail else ""


def _own_words(claim: Claim, others: list[Claim]) -> str:
    """A claim without what other claims say between its subject and its own words.

    "Heat, a Ridley Scott film, came out in 1995" makes two claims; the second one is shown as
    "Heat … came out in 1995", since only that is what its verdict is about.
    """
    start, end = claim.span
    said = max((o.span[1] for o in others if start <= o.span[0] and o.span[1] < end), default=start)
    rest = claim.text[said - start :].strip(" ,;")
    if said == start or not claim.text.startswith(claim.head) or claim.tail not in rest:
        return claim.text
    return f"{claim.head} … {rest.removeprefix('and ')}"


def _why(item: Item) -> None:
    if item.walks:
        shares = ", ".join(f"{share:.0%} {walk}" for walk, share in item.walks.items())
        emit(f"    its score is {shares}")
    if item.reasons:
        emit(f"    why it ranks here ({item.share_explained:.0%} of its score):")
    for told in item.reasons:
        share = sum(part.share for part in told.contributions)
        _sentence(told, f"{share:5.1%}")
    if item.connections:
        emit("    what connects it:")
    for told in item.connections:
        _sentence(told, "     ")


def _sentence(told: Told, share: str) -> None:
    emit(f"      {share}  {told.sentence.text}  [{MARKS[told.checked.kind]}]")


def _edge(form: dict[str, object], lead: str) -> None:
    rows = form["rows"]
    origin = f"   {rows[0]}" if isinstance(rows, list) and rows else ""
    emit(f"    {lead}: {form['head_name']} {form['relation']} {form['tail_name']}{origin}")
