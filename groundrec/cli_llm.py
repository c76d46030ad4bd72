"""Commands in words: a language model says what the graph knows, and only what holds is shown."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundrec import output
from groundrec.cli_common import K, workspace
from groundrec.cli_words import (
    Words,
    answer_in_words,
    citations,
    in_words,
    shown,
    used,
    with_rows,
    writer,
)

if TYPE_CHECKING:
    from groundrec.forms import Form


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("ask")(ask_for)
    app.command("next")(next_for)
    app.command("predict-rating")(predict_rating)
    app.command()(summary)


@in_words(llm=True, style="brief")
def ask_for(
    context: typer.Context,
    words: Words,
    wish: Annotated[str, typer.Argument(help="What you wish for, in English or Korean.")],
    user: Annotated[str | None, typer.Option("--user", help="For whom; default: anybody.")] = None,
    k: K = None,
    rerank: Annotated[
        bool, typer.Option("--rerank", help="Let the model judge each item: does it fit?")
    ] = False,
) -> None:
    """Recommend what a wish asks for: things to be like, filters by name and number, a mood.

    Examples: groundrec ask "something like Heat but funnier, after 1990" --user 42 |
    groundrec --language ko ask "1990년 이후, Heat 같은 것"
    """
    from dataclasses import replace

    from groundrec import show_llm, wishing
    from groundrec.forms_llm import understood_form
    from groundrec.wishing import answer_wish

    place = workspace(context, k=k, **words.limits)
    write = writer(place, words)
    answer, person, told = answer_wish(place, wish, user, write.model)
    write.spent += told.usage
    form: Form = {"wish": understood_form(place.snapshot, told)}
    if rerank and words.llm:
        items, fit, usage, trouble = wishing.reranked(
            place, told.wish.like or person.liked, answer.items, write.model
        )
        write.spent += usage
        notes = (*answer.notes, f"not judged: {trouble}") if trouble else answer.notes
        answer = replace(answer, items=items, notes=notes)
        form["fit"] = fit
    if not words.as_json:
        show_llm.understood(place.snapshot, told)
    form |= answer_in_words(place, answer, person, words, write, asked=not told.wish.like)
    if words.as_json:
        output.emit_json(form, snapshot=place.snapshot.version)


@in_words(style="brief")
def next_for(
    context: typer.Context,
    words: Words,
    user: Annotated[str, typer.Argument(help="A user's key.")],
    window: Annotated[int, typer.Option(min=1, help="How many of their last likes count.")] = 10,
    k: K = None,
) -> None:
    """What comes next, after the last things that a user liked.

    Example: groundrec next 42 -k 3
    """
    from groundrec.tasks import next_items

    place = workspace(context, k=k, **words.limits)
    answer, person = next_items(place, user, window)
    form = answer_in_words(place, answer, person, words, asked=False)
    if words.as_json:
        output.emit_json(form, snapshot=place.snapshot.version)


@in_words(("llm", "max_tokens", "max_cost", "as_json"))
def predict_rating(
    context: typer.Context,
    words: Words,
    user: Annotated[str, typer.Argument(help="A user's key.")],
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
) -> None:
    """What a user would rate an item: from all ratings, and what a language model would say.

    Example: groundrec predict-rating 42 "Heat"
    """
    from groundrec import show_llm, tasks
    from groundrec.forms_llm import predicted_form

    place = workspace(context, **words.limits)
    model = writer(place, words).model if words.llm else None
    asked = None if model is None or model.name == "template" else model
    told = tasks.predict_rating(place, user, item, asked)
    if words.as_json:
        output.emit_json(predicted_form(told), snapshot=place.snapshot.version)
    else:
        show_llm.predicted(told, asked.name if asked else "")


@in_words(
    ("llm", "style", "show_prompt", "show_raw", "max_tokens", "max_cost", "as_json"), llm=True
)
def summary(
    context: typer.Context,
    words: Words,
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
) -> None:
    """What the catalogue says of an item, as a short review without opinions.

    Example: groundrec summary "Heat" --no-llm
    """
    from groundrec import show_llm
    from groundrec.forms_llm import usage_form
    from groundrec.serving import Person
    from groundrec.tasks import item_alone

    place = workspace(context, **words.limits)
    write = writer(place, words)
    alone = item_alone(place, item)
    if not words.as_json:
        output.emit(alone.title)
    tell = None if words.as_json else show_llm.sentence
    worded = write.summary(Person("you", None, ()), alone, tell, plainly=not words.llm)
    shown(worded, words)
    if words.as_json:
        (told,) = with_rows(place, [worded])
        form = {"id": alone.id, "title": alone.title, "words": told}
        output.emit_json(form | {"usage": usage_form(write.spent)}, snapshot=place.snapshot.version)
    else:
        citations(place, worded)
        used(write)
