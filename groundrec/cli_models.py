"""Commands that fit rankers and measure them."""

from pathlib import Path
from typing import Annotated

import typer

from graph.errors import InputError
from groundrec import output
from groundrec.cli_common import AsJson, workspace


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(train)
    app.command()(evaluate)
    app.command()(publish)


def train(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="Which ranker; default: walk, or what serves.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the validation split.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fit the ranker that serves recommendations, on the snapshot in use.

    Example: groundrec train
    """
    from groundrec.training import train as fit

    place = workspace(context, model=model, seed=seed)
    with output.progress() as progress:
        trained = fit(place, progress)
    if as_json:
        output.emit_json(trained.to_json(), snapshot=place.snapshot.version)
    else:
        trained.show()


def evaluate(
    context: typer.Context,
    rankers: Annotated[
        list[str] | None, typer.Option("--ranker", help="Only these; default: all.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of splits and intervals.")] = None,
    give_up: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Also show more even exposure, for this share of NDCG."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON here.")] = None,
    as_json: AsJson = False,
) -> None:
    """One table of all rankers on the same held-out data, with controls for the graph.

    Example: groundrec evaluate --ranker ease --ranker walk
    """
    from groundrec.training import measure

    if out is not None and not out.absolute().parent.is_dir():
        raise InputError(f"cannot write {out}: there is no folder {out.parent}")
    place = workspace(context, seed=seed)
    with output.progress() as progress:
        measured = measure(place, tuple(rankers or ()), progress, give_up=give_up)
    if out is not None:
        text = output.json_text(measured.to_json(), snapshot=place.snapshot.version)
        out.write_text(text + "\n", encoding="utf-8")
    if as_json:
        output.emit_json(measured.to_json(), snapshot=place.snapshot.version)
    else:
        measured.show()


def publish(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help="Which ranker; default: what serves.")] = None,
    best: Annotated[
        int, typer.Option(min=0, max=1000, help="Also so many best items of each person.")
    ] = 0,
    remove: Annotated[bool, typer.Option("--remove", help="Take all of it off again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put the model's embeddings onto the nodes of a graph in Neo4j, for those who ask in Cypher.

    Examples: groundrec publish --best 10 | groundrec publish --remove
    """
    from groundrec import publishing

    place = workspace(context, model=model, k=best or None)
    if remove:
        cleared = publishing.withdraw(place)
        if as_json:
            output.emit_json({"cleared": cleared}, snapshot=None)
        else:
            output.emit(f"{cleared:,} nodes cleared")
        return
    with output.progress() as progress:
        told = publishing.publish(place, progress, best=best > 0)
    if as_json:
        output.emit_json(told.to_json(), snapshot=told.snapshot)
    else:
        told.show()
