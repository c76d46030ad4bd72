"""The JSON forms of words: the record of what was asked, said, found and shown."""

from graph.snapshot import Snapshot
from groundrec.forms import Form, RowsOf
from groundrec.tasks import Predicted
from groundrec.wishing import Understood
from models.faithful import Faithfulness
from reasoning.answer import Judged, Worded
from reasoning.llm.model import Usage


def worded_form(worded: Worded, rows: RowsOf) -> Form:
    """One answer: the sentences shown, and the record behind them."""
    return {
        "model": worded.model,
        "fallback": worded.fallback or None,
        "survived": worded.survived,
        "sentences": [sentence_form(one, rows) for one in worded.sentences],
        "violations": list(worded.violations),
        "prompt": [{"role": one.role, "text": one.text} for one in worded.messages],
        "raw": list(worded.raw),
        "usage": usage_form(worded.usage),
    }


def sentence_form(one: Judged, rows: RowsOf) -> Form:
    """A sentence; `text` is null for one that was left out."""
    return {
        "text": one.text or None,
        "fate": one.fate.value,
        "why": one.why or None,
        "said": one.said,
        "verdict": one.checked.kind.value,
        "cited": list(one.cited),
        "facts": [
            {
                "id": fact.id,
                "text": fact.text,
                "edges": [{"id": edge, "rows": rows.origins.get(edge, [])} for edge in fact.edges],
            }
            for fact in one.facts
        ],
        "edges": list(one.edges),
    }


def usage_form(usage: Usage) -> Form:
    """What was used; `cached` counts the calls that were replayed."""
    return {
        "calls": usage.calls,
        "cached": usage.cached,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "seconds": round(usage.seconds, 3),
        "cost": usage.cost,
    }


def understood_form(snapshot: Snapshot, told: Understood) -> Form:
    """What was made of a wish; `fits` counts the items that pass a filter, null for a mood."""
    fits = iter(told.fits)
    return {
        "text": told.wish.text,
        "like": snapshot.ids(list(told.wish.like)),
        "without": snapshot.ids(list(told.wish.without)),
        "filters": [
            {
                "words": one.words,
                "relations": list(one.relations),
                "negated": one.negated,
                "soft": one.soft,
                "fits": None if one.soft else next(fits),
            }
            for one in told.wish.filters
        ],
        "not_understood": [one.word for one in told.wish.rest],
        "fit_all": told.together,
        "question": told.question or None,
    }


def predicted_form(told: Predicted) -> Form:
    """A rating; `by_model` is null where no model gave one."""
    return {
        "user": told.user,
        "id": told.item,
        "title": told.title,
        "expected": told.expected,
        "average": told.average,
        "ratings": told.count,
        "scale": list(told.scale),
        "given": told.given,
        "by_model": told.by_model,
        "trouble": told.trouble or None,
        "usage": usage_form(told.usage),
    }


def faithful_form(told: Faithfulness) -> Form:
    """Shares of the score that go with what was cited; `idle` flags that nothing does."""
    return {
        "claimed": told.claimed,
        "renormalised": told.renormalised,
        "at_random": told.at_random,
        "edges": told.edges,
        "idle": told.idle,
    }
