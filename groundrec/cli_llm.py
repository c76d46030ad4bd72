"""Commands in words: a language model says what the graph knows, and only what holds is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from groundrec import output
from groundrec.cli_common import AsJson, workspace

if TYPE_CHECKING:
    from groundrec.ask import Answer, Item
    from groundrec.forms import Form, RowsOf
    from groundrec.serving import Person
    from groundrec.wording import Writer
    from groundrec.workspace import Workspace
    from reasoning.answer import Worded

K = Annotated[int | None, typer.Option("-k", "--k", min=1, help="How many items.")]
WithModel = Annotated[bool, typer.Option("--llm/--no-llm", help="Let a language model word it.")]
ByModel = Annotated[bool, typer.Option("--llm/--no-llm", help="Without: words from templates.")]
StyleOption = Annotated[str, typer.Option("--style", help="brief, full or expert.")]
ApproachOption = Annotated[
    str, typer.Option("--approach", help="How the model is asked: few, zero or steps.")
]
Faithful = Annotated[
    bool, typer.Option("--faithful", help="Remove what it cites, and say how far the score falls.")
]
ShowPrompt = Annotated[bool, typer.Option("--show-prompt", help="Print what the model is asked.")]
ShowRaw = Annotated[bool, typer.Option("--show-raw", help="Print what it said, and what became.")]
MaxTokens = Annotated[int | None, typer.Option(min=1, help="Tokens that the command may take.")]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Money that the command may cost.")]


@dataclass(frozen=True, slots=True)
class Words:
    """The options of all commands in words."""

    llm: bool
    style: str = "full"
    approach: str = "few"
    show_prompt: bool = False
    show_raw: bool = False
    as_json: bool = False
    faithful: bool = False


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("ask")(ask_for)
    app.command("next")(next_for)
    app.command("predict-rating")(predict_rating)
    app.command()(summary)


def ask_for(
    context: typer.Context,
    wish: Annotated[str, typer.Argument(help="What you wish for, in English or Korean.")],
    user: Annotated[str | None, typer.Option("--user", help="For whom; default: anybody.")] = None,
    k: K = None,
    rerank: Annotated[
        bool, typer.Option("--rerank", help="Let the model judge each item: does it fit?")
    ] = False,
    llm: ByModel = True,
    style: StyleOption = "brief",
    approach: ApproachOption = "few",
    show_prompt: ShowPrompt = False,
    show_raw: ShowRaw = False,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    as_json: AsJson = False,
) -> None:
    """Recommend what a wish asks for: things to be like, filters by name and number, a mood.

    Examples: groundrec ask "something like Heat but funnier, after 1990" --user 42 |
    groundrec --language ko ask "1990년 이후, Heat 같은 것"
    """
    from dataclasses import replace

    from groundrec import show_llm, wishing
    from groundrec.forms_llm import understood_form
    from groundrec.wishing import answer_wish

    place = workspace(context, k=k, llm_max_tokens=max_tokens, llm_max_cost=max_cost)
    words = Words(llm, style, approach, show_prompt, show_raw, as_json)
    write = writer(place, words)
    answer, person, told = answer_wish(place, wish, user, write.model)
    write.spent += told.usage
    form: Form = {"wish": understood_form(place.snapshot, told)}
    if rerank and llm:
        items, fit, usage, trouble = wishing.reranked(
            place, told.wish.like or person.liked, answer.items, write.model
        )
        write.spent += usage
        notes = (*answer.notes, f"not judged: {trouble}") if trouble else answer.notes
        answer = replace(answer, items=items, notes=notes)
        form["fit"] = fit
    if not as_json:
        show_llm.understood(place.snapshot, told)
    form |= answer_in_words(place, answer, person, words, write, asked=not told.wish.like)
    if as_json:
        output.emit_json(form, snapshot=place.snapshot.version)


def next_for(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="A user's key.")],
    window: Annotated[int, typer.Option(min=1, help="How many of their last likes count.")] = 10,
    k: K = None,
    llm: WithModel = False,
    style: StyleOption = "brief",
    show_prompt: ShowPrompt = False,
    show_raw: ShowRaw = False,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    as_json: AsJson = False,
) -> None:
    """What comes next, after the last things that a user liked.

    Example: groundrec next 42 -k 3
    """
    from groundrec.tasks import next_items

    place = workspace(context, k=k, llm_max_tokens=max_tokens, llm_max_cost=max_cost)
    answer, person = next_items(place, user, window)
    words = Words(llm, style, "few", show_prompt, show_raw, as_json)
    form = answer_in_words(place, answer, person, words, asked=False)
    if as_json:
        output.emit_json(form, snapshot=place.snapshot.version)


def predict_rating(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="A user's key.")],
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
    llm: WithModel = False,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    as_json: AsJson = False,
) -> None:
    """What a user would rate an item: from all ratings, and what a language model would say.

    Example: groundrec predict-rating 42 "Heat"
    """
    from groundrec import show_llm, tasks
    from groundrec.forms_llm import predicted_form

    place = workspace(context, llm_max_tokens=max_tokens, llm_max_cost=max_cost)
    model = writer(place, Words(llm)).model if llm else None
    asked = None if model is None or model.name == "template" else model
    told = tasks.predict_rating(place, user, item, asked)
    if as_json:
        output.emit_json(predicted_form(told), snapshot=place.snapshot.version)
    else:
        show_llm.predicted(told, asked.name if asked else "")


def summary(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
    llm: ByModel = True,
    style: StyleOption = "full",
    show_prompt: ShowPrompt = False,
    show_raw: ShowRaw = False,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    as_json: AsJson = False,
) -> None:
    """What the catalogue says of an item, as a short review without opinions.

    Example: groundrec summary "Heat" --no-llm
    """
    from groundrec import show_llm
    from groundrec.forms_llm import usage_form
    from groundrec.serving import Person
    from groundrec.tasks import item_alone

    place = workspace(context, llm_max_tokens=max_tokens, llm_max_cost=max_cost)
    words = Words(llm, style, "few", show_prompt, show_raw, as_json)
    write = writer(place, words)
    alone = item_alone(place, item)
    if not as_json:
        output.emit(alone.title)
    tell = None if as_json else show_llm.sentence
    worded = write.summary(Person("you", None, ()), alone, tell, plainly=not llm)
    _shown(worded, words)
    if as_json:
        (told,) = _with_rows(place, [worded])
        form = {"id": alone.id, "title": alone.title, "words": told}
        output.emit_json(form | {"usage": usage_form(write.spent)}, snapshot=place.snapshot.version)
    else:
        _citations(place, worded)
        _used(write)


def writer(place: "Workspace", words: Words) -> "Writer":
    """The writer that the options ask for; a note when no model is there."""
    from graph.errors import InputError
    from groundrec.language import chosen, language_model
    from groundrec.wording import Approach, Style, Writer
    from reasoning.llm.template import TemplateModel

    for given, known in ((words.style, Style), (words.approach, Approach)):
        if given not in list(known):
            raise InputError(f"{given!r} is none of {', '.join(known)}")
    if not words.llm:
        model = TemplateModel()
        return Writer(place, model, Style(words.style), Approach(words.approach))
    if note := chosen(place).note:
        output.note(note)
    return Writer(place, language_model(place), Style(words.style), Approach(words.approach))


def answer_in_words(
    place: "Workspace",
    answer: "Answer",
    person: "Person",
    words: Words,
    write: "Writer | None" = None,
    *,
    asked: bool = True,
) -> "Form":
    """Word each item of an answer, printing as it comes unless JSON is asked for; its JSON form."""
    from groundrec import show
    from groundrec.forms import answer_form
    from groundrec.forms_llm import usage_form
    from groundrec.origins import rows_of_items

    write = write or writer(place, words)
    form = answer_form(answer, rows_of_items(place, answer.items))
    if not words.as_json:
        show.header(answer)
    worded: list[Worded] = []
    for at, item in enumerate(answer.items):
        if not words.as_json:
            show.title(at + 1, item)
        others = [other for other in answer.items if other is not item and other.evidence]
        example = others[0] if others else None
        worded.append(explained(write, person, item, example, words, asked=asked))
    forms = _with_rows(place, worded)
    for told, one in zip(_list(form["items"]), forms, strict=True):
        told["words"] = one
    form["usage"] = usage_form(write.spent)
    if not words.as_json:
        _used(write)
    return form


def explanation_in_words(
    place: "Workspace", item: "Item", person: "Person", words: Words
) -> "Form":
    """Word one explanation, with the catalogue rows that it rests on; its JSON form."""
    from groundrec import show
    from groundrec.ask import another
    from groundrec.forms import explanation_form
    from groundrec.forms_llm import usage_form
    from groundrec.origins import rows_of_items

    write = writer(place, words)
    form = explanation_form(item, rows_of_items(place, [item]))
    if not words.as_json:
        show.title(None, item)
    example = another(place, person, item) if words.llm else None
    worded = explained(write, person, item, example, words)
    (form["words"],) = _with_rows(place, [worded])
    form["usage"] = usage_form(write.spent)
    if not words.as_json:
        _citations(place, worded)
    if words.faithful:
        form["faithfulness"] = _faithfulness(place, person, item, worded, as_json=words.as_json)
    if not words.as_json:
        _used(write)
    return form


def explained(
    write: "Writer",
    person: "Person",
    item: "Item",
    example: "Item | None",
    words: Words,
    *,
    asked: bool = True,
) -> "Worded":
    """One item's words, told as they come."""
    from groundrec import show_llm

    tell = None if words.as_json else show_llm.sentence
    worded = write.explain(person, item, example, tell, plainly=not words.llm, asked=asked)
    _shown(worded, words)
    return worded


def _shown(worded: "Worded", words: Words) -> None:
    from groundrec import show_llm

    if words.as_json:
        return
    show_llm.after(worded)
    if words.show_prompt:
        show_llm.asked(worded)
    if words.show_raw:
        show_llm.said(worded)


def _faithfulness(
    place: "Workspace", person: "Person", item: "Item", worded: "Worded", *, as_json: bool
) -> "Form | None":
    from groundrec import show_llm
    from groundrec.faithful import faithful
    from groundrec.forms_llm import faithful_form

    cited = {fact.id: fact for one in worded.shown for fact in one.facts}
    told = faithful(place, person, item, cited.values())
    if not as_json:
        show_llm.faithful(told)
    return None if told is None else faithful_form(told)


def _used(write: "Writer") -> None:
    from groundrec import show_llm

    if write.model.name != "template":
        output.emit()
        show_llm.used(write.model.name, write.spent)


def _citations(place: "Workspace", worded: "Worded") -> None:
    """The facts that were cited, each with the first catalogue row behind it."""
    rows = _rows(place, [worded])
    cited = {fact.id: fact for one in worded.shown for fact in one.facts}
    if cited:
        output.emit()
    for fact in cited.values():
        origin = next((row for edge in fact.edges for row in rows.origins.get(edge, [])), "")
        output.emit(f"      {fact.id}  {fact.text}{f'   {origin}' if origin else ''}")


def _with_rows(place: "Workspace", worded: "list[Worded]") -> "list[Form]":
    from groundrec.forms_llm import worded_form

    rows = _rows(place, worded)
    return [worded_form(one, rows) for one in worded]


def _rows(place: "Workspace", worded: "Iterable[Worded]") -> "RowsOf":
    from groundrec.origins import rows_of_edges

    facts = [fact for one in worded for told in one.sentences for fact in told.facts]
    return rows_of_edges(place, {edge for fact in facts for edge in fact.edges})


def _list(value: object) -> "list[Form]":
    assert isinstance(value, list)
    return value
