"""Commands that ask the graph, and `feedback`, which tells it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.errors import InputError
from groundrec import output
from groundrec.cli_common import AsJson, AsOf, K, workspace
from groundrec.cli_words import Words, answer_in_words, explanation_in_words, in_words

if TYPE_CHECKING:
    from groundrec.workspace import Workspace

Where = Annotated[
    list[str] | None,
    typer.Option(help="RELATION=VALUE, !=, or >=, <=, >, < with a number; A|B is either."),
]
Allow = Annotated[
    list[str] | None, typer.Option(help="Only this item, or those in @FILE, one a line.")
]
Deny = Annotated[list[str] | None, typer.Option(help="Not this item, nor those in @FILE.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (recommend, similar, explain, check, search, feedback):
        app.command()(command)


@in_words()
def recommend(
    context: typer.Context,
    words: Words,
    users: Annotated[list[str] | None, typer.Argument(help="User keys, one or more.")] = None,
    like: Annotated[
        list[str] | None, typer.Option(help="An item liked by a person who is not in the graph.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="For all users; needs --out.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write to .jsonl or .parquet instead of printing.")
    ] = None,
    where: Where = None,
    allow: Allow = None,
    deny: Deny = None,
    with_seen: Annotated[
        bool, typer.Option("--with-seen", help="Also what the user has met already.")
    ] = False,
    k: K = None,
) -> None:
    """Recommend items, each with checked reasons and what connects it.

    Examples: groundrec recommend 42 | groundrec recommend --like Heat --like Fargo |
    groundrec recommend 42 --where "released_in>=1990" --where "has_genre=Crime|Drama" |
    groundrec recommend --all --out everyone.parquet |
    groundrec recommend 42 --llm
    """
    from groundrec import ask, bulk, show
    from groundrec.filters import Filters
    from groundrec.forms import answers_form
    from groundrec.origins import rows_of_items

    place = workspace(context, k=k, **words.limits)
    worded = words.llm or words.show_prompt
    if worded and (everyone or out is not None):
        raise InputError("words are printed, not written", hint="--json, without --out and --all")
    filters = Filters.of(where, allow, deny, with_seen=with_seen)
    if out is not None:
        bulk.can_write(out)
    if everyone:
        if out is None:
            raise InputError("--all needs a file to write to", hint="--out everyone.parquet")
        if users or like:
            raise InputError("--all is for every user", hint="leave the users and --like out")
        with output.progress() as progress:
            count = bulk.recommend_all(place, out, progress, filters)
        ask.warn_if_moved(place)
        _written(place, count, out, as_json=words.as_json)
        return
    if not users and not like:
        raise InputError(
            "who is it for?", hint="groundrec recommend USER, or --like ITEM, or --all --out FILE"
        )
    answers = [ask.recommend(place, user, (), filters) for user in users or []]
    if like:
        answers.append(ask.recommend(place, None, tuple(like), filters))
    ask.warn_if_moved(place)
    if worded:
        asked = [(user, ()) for user in users or []] + ([(None, tuple(like))] if like else [])
        forms = [
            answer_in_words(place, answer, ask.who(place, *one)[0], words)
            for answer, one in zip(answers, asked, strict=True)
        ]
        if words.as_json:
            told = forms[0] if len(forms) == 1 else {"answers": forms}
            output.emit_json(told, snapshot=place.snapshot.version)
    elif out is not None:
        bulk.write_answers(place, answers, out)
        _written(place, len(answers), out, as_json=words.as_json)
    elif words.as_json:
        rows = rows_of_items(place, (item for answer in answers for item in answer.items))
        output.emit_json(answers_form(answers, rows), snapshot=place.snapshot.version)
    else:
        for answer in answers:
            show.recommendation(answer)


def _written(place: "Workspace", users: int, out: Path, *, as_json: bool) -> None:
    if as_json:
        output.emit_json({"users": users, "out": str(out)}, snapshot=place.snapshot.version)
    else:
        whom = "1 user" if users == 1 else f"{users:,} users"
        output.emit(f"wrote recommendations for {whom} to {out}")


def similar(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
    where: Where = None,
    allow: Allow = None,
    deny: Deny = None,
    k: K = None,
    as_json: AsJson = False,
) -> None:
    """Items that people and attributes place near this one.

    Example: groundrec similar "Heat"
    """
    from groundrec import ask, show
    from groundrec.filters import Filters
    from groundrec.forms import answers_form
    from groundrec.origins import rows_of_items

    place = workspace(context, k=k)
    answer = ask.similar(place, item, Filters.of(where, allow, deny))
    ask.warn_if_moved(place)
    if as_json:
        rows = rows_of_items(place, answer.items)
        output.emit_json(answers_form([answer], rows), snapshot=place.snapshot.version)
    else:
        show.recommendation(answer)


@in_words()
def explain(
    context: typer.Context,
    words: Words,
    user: Annotated[str, typer.Argument(help="A user's key.")],
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
    faithful: Annotated[
        bool,
        typer.Option("--faithful", help="Remove what it cites, and say how far the score falls."),
    ] = False,
) -> None:
    """Why an item has the score it has for a user, taken apart, with every sentence checked.

    Examples: groundrec explain 42 "Heat" | groundrec explain 42 "Heat" --llm --style expert
    """
    from groundrec import ask, show
    from groundrec.forms import explanation_form
    from groundrec.origins import rows_of_items

    place = workspace(context, **words.limits)
    answer = ask.explain(place, user, item)
    ask.warn_if_moved(place)
    if words.llm or words.show_prompt or faithful:
        person, _ = ask.who(place, user, ())
        form = explanation_in_words(place, answer, person, words, faithful=faithful)
        if words.as_json:
            output.emit_json(form, snapshot=place.snapshot.version)
    elif words.as_json:
        form = explanation_form(answer, rows_of_items(place, [answer]))
        output.emit_json(form, snapshot=place.snapshot.version)
    else:
        show.explanation(answer, place.snapshot)


def check(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Option("--text", help="The text; default: standard input.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Who 'you' is in the text.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Look up each claim of a text in the graph; exit code 1 when one is contradicted.

    With --as-of, what was true then and is no longer is told from what is false.

    Examples: groundrec check --text "Heat was directed by Ridley Scott" | groundrec check < a.txt
    """
    from groundrec import ask, show
    from groundrec.forms import checked_form
    from groundrec.moments import place_at, with_stale
    from groundrec.origins import rows_of

    place = workspace(context)
    said = sys.stdin.read() if text is None else text
    checked = ask.check_text(place, said, user)
    then = place_at(place, as_of)
    if then is not None:
        asker = ask.asker_of(then, user)
        checked = with_stale(checked, place.names, then.names, asker)
    ask.warn_if_moved(place)
    rows = rows_of(place, checked)
    if as_json:
        output.emit_json(checked_form(checked, rows), snapshot=place.snapshot.version)
    else:
        show.checked(checked, rows)
    if checked.contradicted:
        raise typer.Exit(output.CONTRADICTED)


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A name, something like it, or what it is about.")],
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 10,
    meaning: Annotated[
        bool | None,
        typer.Option(
            "--meaning/--names",
            help="Search texts too, or names alone. [default: texts when no name fits well]",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find nodes by name, alias and typo, then by what their texts mean.

    Examples: groundrec search "de nrio" | groundrec search "a robbery that goes wrong"
    """
    from groundrec.searching import search as find

    place = workspace(context)
    with output.progress() as progress:
        found = find(place, text, limit, meaning=meaning, progress=progress)
    if as_json:
        nodes = [node.to_json() for node in found]
        output.emit_json({"nodes": nodes}, snapshot=place.snapshot.version)
    elif not found:
        output.emit(f"nothing is called anything like {text!r}")
    else:
        output.table(
            ["id", "name", "kind", "degree", "match", "by"],
            [(n.id, n.name, n.kind, n.degree, n.match, n.by) for n in found],
        )


def feedback(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="A user's key; a new one is made.")],
    item: Annotated[str, typer.Argument(help="An item's id or name.")],
    like: Annotated[bool, typer.Option("--like", help="The user liked it.")] = False,
    dislike: Annotated[bool, typer.Option("--dislike", help="The user did not.")] = False,
    rating: Annotated[float | None, typer.Option(help="The user's rating.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the graph what a user thought of an item; the next recommendation knows of it.

    Example: groundrec feedback 42 "Heat" --rating 5
    """
    from groundrec.feedback import Opinion, give_feedback

    place = workspace(context)
    opinion = Opinion.of(like=like, dislike=dislike, rating=rating)
    edge = give_feedback(place, user, item, opinion)
    if as_json:
        output.emit_json(
            {
                "edge": {
                    "id": edge.id,
                    "head": edge.head,
                    "relation": edge.relation,
                    "tail": edge.tail,
                    "weight": edge.weight,
                }
            },
            snapshot=place.snapshot.version,
        )
    else:
        title = place.snapshot.label(place.snapshot.row(edge.tail))
        user = edge.head.partition(":")[2]
        output.emit(f"noted: {user} {edge.relation} {title}, {edge.weight:g} (edge {edge.id})")
        output.emit("it counts from now on; `groundrec train` learns from it after a new snapshot")
