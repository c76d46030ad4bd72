"""Recommendations for a wish in words: it narrows down, and what was understood is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graph.errors import LanguageModelError
from graph.snapshot import Snapshot
from graph.types import VerdictKind
from groundrec.ask import Answer, Item, told_item, who
from groundrec.encoding import encoder_of_meaning
from groundrec.serving import Person, best, item_kind, ranker_of
from groundrec.workspace import Workspace
from reasoning.facts import Fact, described, numbered
from reasoning.judging import judge, question
from reasoning.llm.model import NOTHING_USED, LanguageModel, Usage
from reasoning.meaning import by_meaning
from reasoning.mood import read_mood
from reasoning.wish import Filter, Wish, allowed, number_kinds, read_wish, small_kinds

# Among so many of the best a mood may choose what comes first.
_POOL = 200
_EXAMPLES = 3
_LIKED_TOLD = 10
_FACTS_JUDGED = 1

_ASK_BACK = {
    "en": "What should it be like? Name something that you like, or one of: {choices}.",
    "ko": "어떤 것이면 좋을까요? 좋아하는 것을 말하거나, 다음에서 골라 주세요: {choices}.",
}


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of a wish: `fits` is how many items pass each hard filter.

    `question` asks back when the wish narrows nothing down.
    """

    wish: Wish
    fits: tuple[int, ...]
    together: int
    question: str
    usage: Usage


def answer_wish(
    place: Workspace, text: str, user: str | None, model: LanguageModel
) -> tuple[Answer, Person, Understood]:
    """The best items that a wish lets through, for a user or for anybody, and who that is.

    A wish that names items is ranked by what is like them; else by what the user likes.
    """
    snapshot, settings = place.snapshot, place.settings
    kind = item_kind(snapshot)
    start = snapshot.rows(kind).start
    person, notes = who(place, user, ()) if user is not None else (Person("you", None, ()), ())
    wish = read_wish(place.names, text)
    encoder = encoder_of_meaning(place, text) if wish.rest else None
    if encoder is not None:
        wish = by_meaning(snapshot, wish, encoder.encode)
    mood = read_mood(model, snapshot, wish, settings.language, settings.llm_seconds)
    if mood.trouble:
        notes = (*notes, f"the mood of the wish was not read: {mood.trouble}")
    wish = wish.with_more(mood.filters)
    soft = [allowed(snapshot, kind, one) for one in wish.filters if one.soft]
    masks = [allowed(snapshot, kind, one) for one in wish.filters if not one.soft]
    open_ = np.logical_and.reduce([np.ones(snapshot.count(kind), dtype=np.bool_), *masks])
    together = int(open_.sum())
    open_[[row - start for row in (*wish.like, *wish.without)]] = False
    asker = replace(person, liked=tuple(sorted(wish.like))) if wish.like else person
    ranker = ranker_of(place)
    wanted = max(settings.k, _POOL) if soft else settings.k
    scored, fallback = best(snapshot, ranker, asker, wanted, open_)
    if soft:
        fit = np.sum(soft, axis=0)
        scored = tuple(sorted(scored, key=lambda one: -fit[snapshot.row(one.item) - start]))
    if not scored:
        notes = (*notes, "the graph has nothing that fits all of this")
    items = tuple(
        told_item(place, ranker, asker, one, plain=bool(fallback), asked=not wish.like)
        for one in scored[: settings.k]
    )
    fits = tuple(int(mask.sum()) for mask in masks)
    asked_back = _ask_back(snapshot, settings.language) if wish.vague else ""
    told = Understood(wish, fits, together, asked_back, mood.usage)
    return Answer(person.name, ranker.name, fallback, notes, items), person, told


def reranked(
    place: Workspace, liked: Sequence[int], items: tuple[Item, ...], model: LanguageModel
) -> tuple[tuple[Item, ...], dict[str, float], Usage, str]:
    """Items by how probable a model finds that they fit what is liked (rows), one at a time.

    Also each item's probability, what it took, and why the order was left as it was ("").
    """
    language = place.settings.language
    names = place.snapshot.labels(list(liked[-_LIKED_TOLD:]))
    told: dict[str, float] = {}
    usage = NOTHING_USED
    try:
        for item in items:
            messages = question(names, item.title, judged_by(place, item), language)
            judgement = judge(model, messages, place.settings.llm_seconds)
            usage = usage + judgement.usage
            if judgement.yes is not None:
                told[item.id] = judgement.yes
    except LanguageModelError as error:
        return items, {}, usage, str(error)
    if len(told) < len(items):
        return items, told, usage, "the model did not answer Yes or No to all of them"
    return tuple(sorted(items, key=lambda item: -told[item.id])), told, usage, ""


def judged_by(place: Workspace, item: Item) -> tuple[Fact, ...]:
    """What a model judges an item by: why it ranks, or what it is where nothing more is known."""
    why = [
        (told.sentence, True) for told in item.reasons if told.checked.kind == VerdictKind.SUPPORTED
    ]
    about = described(place.snapshot, place.snapshot.row(item.id), place.settings.language)
    return numbered([*why, *((one, False) for one in about)][:_FACTS_JUDGED], 200)


def said(filter_: Filter) -> str:
    """A filter as a reader sees it."""
    name = f"not {filter_.words}" if filter_.negated else filter_.words
    return f"{name} (rather)" if filter_.soft else name


def _ask_back(snapshot: Snapshot, language: str) -> str:
    """A question with a few real choices: the commonest names of the smallest kinds."""
    choices: list[str] = []
    for relation, kind in small_kinds(snapshot).items():
        choices += _commonest(snapshot, relation, kind)
    if not choices:
        kinds = [
            name
            for name in snapshot.schema.attributes
            if snapshot.schema.relations[name].tail not in number_kinds(snapshot)
        ]
        for relation in kinds[:2]:
            choices += _commonest(snapshot, relation, snapshot.schema.relations[relation].tail)
    return _ASK_BACK[language].format(choices=", ".join(choices[: 2 * _EXAMPLES]))


def _commonest(snapshot: Snapshot, relation: str, kind: str) -> list[str]:
    degrees: NDArray[np.int64] = np.diff(snapshot.links(relation, reverse=True).indptr)
    start = snapshot.rows(kind).start
    order = np.argsort(-degrees, kind="stable")[:_EXAMPLES]
    return [snapshot.label(start + int(at)) for at in order if degrees[at]]
