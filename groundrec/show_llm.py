"""Words for people, sentence by sentence, each with its verdict; and what was asked and said."""

from graph.snapshot import Snapshot
from groundrec.output import emit
from groundrec.show import MARKS
from groundrec.tasks import Predicted
from groundrec.wishing import Understood
from groundrec.wishing import said as said_filter
from models.faithful import Faithfulness
from reasoning.answer import Fate, Judged, Worded
from reasoning.llm.model import Usage

_FATES = {
    Fate.KEPT: "",
    Fate.REPAIRED: ", put right",
    Fate.TEMPLATE: ", from the graph",
    Fate.DROPPED: ", left out",
}


def understood(snapshot: Snapshot, told: Understood) -> None:
    """What was made of a wish, and how much each part of it leaves."""
    wish = told.wish
    parts = [f"like {snapshot.label(row)}" for row in wish.like]
    parts += [f"not {snapshot.label(row)}" for row in wish.without]
    parts += [said_filter(one) for one in wish.filters]
    emit(f"understood: {' · '.join(parts) if parts else 'nothing that narrows it down'}")
    if wish.rest and not any(one.soft for one in wish.filters):
        emit(f"  not understood: {' '.join(one.word for one in wish.rest)}")
    if told.question:
        emit(f"  {told.question}")
    hard = [one for one in wish.filters if not one.soft]
    if len(hard) > 1 or (hard and not told.together):
        counts = [f"{said_filter(f)} {n:,}" for f, n in zip(hard, told.fits, strict=True)]
        emit(f"  {told.together:,} items fit all of it ({', '.join(counts)})")
    emit()


def sentence(told: Judged) -> None:
    """One sentence that is shown: whatever was put right now says what a fact says."""
    mark = MARKS[told.checked.kind] if told.fate == Fate.KEPT else "ok"
    cited = " ".join(fact.id for fact in told.facts)
    emit(f"      {told.text}  [{mark}{_FATES[told.fate]}]{f'  {cited}' if cited else ''}")


def after(worded: Worded) -> None:
    """What a reader must know of the words: whether the model's could be used."""
    if worded.fallback:
        emit(f"      note: {worded.fallback}" + (": said by template" if worded.shown else ""))


def asked(worded: Worded) -> None:
    """The prompt, message by message."""
    for message in worded.messages:
        emit(f"      | {message.role}:")
        for line in message.text.splitlines():
            emit(f"      |   {line}")


def said(worded: Worded) -> None:
    """The raw replies, and what became of each sentence."""
    for raw in worded.raw:
        emit(f"      < {raw}")
    for told in worded.sentences:
        why = f" ({told.why})" if told.why else ""
        emit(f"      [{told.checked.kind.value}, {told.fate.value}{why}] {told.said}")
    for violation in worded.violations:
        emit(f"      violation: {violation}")


def used(model: str, usage: Usage, violations: int) -> None:
    """What the words of a command took, and how often a model left the form asked for."""
    if not usage.calls:
        return
    kept = f", {usage.cached} replayed" if usage.cached else ""
    cost = f", cost {usage.cost:.4f}" if usage.cost else ""
    broken = f", {violations} violations of the form" if violations else ""
    emit(
        f"  words by {model}: {usage.calls} calls{kept}, {usage.prompt_tokens:,} tokens read,"
        f" {usage.completion_tokens:,} written, {usage.seconds:.1f} s{cost}{broken}"
    )


def predicted(told: Predicted, model: str) -> None:
    """A rating, and what it is made of."""
    emit(f"{told.title}   {told.expected:.2f} of {told.scale[-1]:g} expected for {told.user}")
    if told.average is not None:
        emit(f"  rated {told.average:.2f} on average, by {told.count:,}")
    if told.given is not None:
        emit(f"  they have rated it already: {told.given:g}")
    if told.by_model is not None:
        emit(f"  {model} says {told.by_model:g}")
    if told.trouble:
        emit(f"  note: {model} says nothing: {told.trouble}")


def faithful(told: Faithfulness | None) -> None:
    """How far the score falls without what was cited."""
    emit()
    if told is None:
        emit("  the ranker cannot be taken apart, so nothing can be removed from its score")
        return
    emit(f"  the reasons cited claim {told.claimed:.1%} of the score")
    emit(f"  without their {told.edges} edges it {_fall(told.renormalised)}")
    emit(f"  without as many random ones it {_fall(told.at_random)}")
    if told.idle:
        emit("  FLAGGED: nothing changes when what is cited is removed")


def _fall(share: float) -> str:
    """Computed anew, a score may also rise: what is left weighs more then."""
    return f"falls by {share:.1%}" if share >= 0 else f"rises by {-share:.1%}"
