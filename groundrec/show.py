"""Answers for people: what is recommended, why, and what the graph says of each sentence."""

from graph.types import Verdict, VerdictKind
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
    emit(f"for {answer.person}, by {answer.ranker}")
    for note in answer.notes:
        emit(f"  note: {note}")
    if answer.fallback:
        emit(f"  these are {answer.fallback}")
    if not answer.items:
        emit("  nothing is left to recommend")
    for at, item in enumerate(answer.items, 1):
        emit()
        emit(f"{at:2}. {item.title}   score {item.score:.4g}")
        _why(item)


def explanation(item: Item) -> None:
    """An item with its score taken apart."""
    emit(f"{item.title}   score {item.score:.4g}")
    _why(item)
    if item.evidence is None or not item.evidence.breakdown.contributions:
        return
    emit()
    emit("    share  walk")
    parts = item.evidence.breakdown.contributions
    for part in parts[:MOST_CONTRIBUTIONS]:
        way = " - ".join(str(step) for step in (part.anchor, part.via) if step)
        told = f" ({part.people.both} of {part.people.base})" if part.people else ""
        emit(f"   {part.share:6.1%}  {part.walk}: {way or _together(part.walk)}{told}")
    rest = sum(part.share for part in parts[MOST_CONTRIBUTIONS:])
    if rest:
        emit(f"   {rest:6.1%}  {len(parts) - MOST_CONTRIBUTIONS} more")
    emit(f"   {item.evidence.breakdown.remainder / item.score:6.1%}  remainder")


def _together(walk: str) -> str:
    return "together, too few people each" if walk == PEOPLE else "all that was liked, together"


def checked(result: Checked, rows: RowsOf) -> None:
    """Each claim with its verdict, and the edge that decides."""
    if not result.verdicts:
        emit("nothing is said")
    for verdict in result.verdicts:
        emit(f"[{verdict.kind.value}] {verdict.claim.text}")
        emit(f"    {verdict.reason.value}{': ' + verdict.detail if verdict.detail else ''}")
        for edge in verdict.evidence[:3]:
            _edge(rows.form(edge), "says so")
        for edge in verdict.counter_evidence[:3]:
            _edge(rows.form(edge), "but")


def told_kinds(verdicts: tuple[Verdict, ...]) -> str:
    """How many claims got which verdict, in one line."""
    counts = {kind: sum(v.kind == kind for v in verdicts) for kind in VerdictKind}
    return ", ".join(f"{count} {kind.value}" for kind, count in counts.items() if count)


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
