"""What the commands in words share: their options, written once, and how an answer is told."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, get_type_hints

import typer

from groundrec import output
from groundrec.cli_common import AsJson

if TYPE_CHECKING:
    from groundrec.ask import Answer, Item
    from groundrec.forms import Form, RowsOf
    from groundrec.serving import Person
    from groundrec.wording import Writer
    from groundrec.workspace import Workspace
    from reasoning.answer import Worded


@dataclass(frozen=True, slots=True)
class Words:
    """What a command in words can be told: each field is an option, with what it is by default."""

    llm: Annotated[
        bool, typer.Option("--llm/--no-llm", help="Let a language model word it, or templates.")
    ] = False
    style: Annotated[str, typer.Option("--style", help="brief, full or expert.")] = "full"
    approach: Annotated[
        str, typer.Option("--approach", help="How the model is asked: few, zero or steps.")
    ] = "few"
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Print what the model is asked.")
    ] = False
    show_raw: Annotated[
        bool, typer.Option("--show-raw", help="Print what it said, and what became.")
    ] = False
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens that the command may take.")
    ] = None
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Money that the command may cost.")
    ] = None
    as_json: AsJson = False

    @property
    def limits(self) -> dict[str, int | float | None]:
        """The settings that the options stand for."""
        return {"llm_max_tokens": self.max_tokens, "llm_max_cost": self.max_cost}


EVERY_OPTION = tuple(option.name for option in fields(Words))


def in_words(
    options: Iterable[str] = EVERY_OPTION, **defaults: bool | str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that takes `words` these options of `Words` in its place, behind its own."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        kinds = get_type_hints(Words, include_extras=True)
        standard = Words()
        own = [one for one in inspect.signature(command).parameters.values() if one.name != "words"]
        added = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=defaults.get(name, getattr(standard, name)),
                annotation=kinds[name],
            )
            for name in options
        ]

        @wraps(command)
        def run(**given: object) -> None:
            told = {one.name: given.pop(one.name, one.default) for one in added}
            command(words=Words(**told), **given)  # type: ignore[arg-type]

        every = [*own, *added]
        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in every}
        return run

    return decorated


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
    forms = with_rows(place, worded)
    for told, one in zip(_list(form["items"]), forms, strict=True):
        told["words"] = one
    form["usage"] = usage_form(write.spent)
    if not words.as_json:
        used(write)
    return form


def explanation_in_words(
    place: "Workspace",
    item: "Item",
    person: "Person",
    words: Words,
    *,
    faithful: bool = False,
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
    (form["words"],) = with_rows(place, [worded])
    form["usage"] = usage_form(write.spent)
    if not words.as_json:
        citations(place, worded)
    if faithful:
        form["faithfulness"] = _faithfulness(place, person, item, worded, as_json=words.as_json)
    if not words.as_json:
        used(write)
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
    shown(worded, words)
    return worded


def shown(worded: "Worded", words: Words) -> None:
    """What is printed behind the sentences, as the options ask."""
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


def used(write: "Writer") -> None:
    """What the words of a command took, unless no model was asked."""
    from groundrec import show_llm

    if write.model.name != "template":
        output.emit()
        show_llm.used(write.model.name, write.spent, write.violations)


def citations(place: "Workspace", worded: "Worded") -> None:
    """The facts that were cited, each with the first catalogue row behind it."""
    rows = _rows(place, [worded])
    cited = {fact.id: fact for one in worded.shown for fact in one.facts}
    if cited:
        output.emit()
    for fact in cited.values():
        origin = next((row for edge in fact.edges for row in rows.origins.get(edge, [])), "")
        output.emit(f"      {fact.id}  {fact.text}{f'   {origin}' if origin else ''}")


def with_rows(place: "Workspace", worded: "list[Worded]") -> "list[Form]":
    """The JSON forms of answers, each fact with the catalogue rows behind it."""
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
