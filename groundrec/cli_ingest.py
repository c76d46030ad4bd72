"""Commands that bring data in and take it out again."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Protocol

import typer

from groundrec import output
from groundrec.cli_common import AsJson, workspace

ingest_app = typer.Typer(
    help="From catalogue files to the graph.", no_args_is_help=True, rich_markup_mode=None
)
Mapping = Annotated[Path, typer.Argument(help="The TOML file that describes the catalogue.")]
MaxRejects = Annotated[
    int | None, typer.Option(min=0, help="Stop when more rows than this are rejected.")
]
Which = Annotated[str, typer.Argument(help="A run's id, the beginning of it, or 'last'.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(ingest_app, name="ingest")
    app.command()(why)
    app.command()(forget)


class _Shown(Protocol):
    def to_json(self) -> dict[str, object]: ...

    def show(self) -> None: ...


def _tell(result: _Shown, as_json: bool) -> None:
    if as_json:
        output.emit_json(result.to_json(), snapshot=None)
    else:
        result.show()


@ingest_app.command("run")
def ingest_run(
    context: typer.Context,
    mapping: Mapping,
    max_rejects: MaxRejects = None,
    bulk: Annotated[
        Path | None,
        typer.Option(help="Write files for an empty Neo4j into this new folder instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a catalogue into the graph; again and again changes nothing that is already so.

    Example: groundrec --data ml-latest-small ingest run examples/ml-latest-small.toml
    """
    from groundrec.ingesting import ingest
    from groundrec.progressing import ingest_progress

    place = workspace(context)
    done: _Shown
    with ingest_progress() as progress:
        if bulk is None:
            done = ingest(place, mapping, max_rejects, progress)
        else:
            from groundrec.bulk_import import ingest_in_bulk

            done = ingest_in_bulk(place, mapping, bulk, max_rejects, progress)
    _tell(done, as_json)


@ingest_app.command("plan")
def ingest_plan(
    context: typer.Context,
    mapping: Mapping,
    max_rejects: MaxRejects = None,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Also say what `ingest resolve` would merge then.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a catalogue and say what it would change and contradict; the graph is left as it is.

    Example: groundrec ingest plan shop.toml
    """
    from groundrec.ingesting import plan
    from groundrec.progressing import ingest_progress

    with ingest_progress() as progress:
        planned = plan(workspace(context), mapping, max_rejects, progress, resolved=resolve)
    _tell(planned, as_json)


@ingest_app.command("apply")
def ingest_apply(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(help="A plan's id, its beginning, or 'last'.")] = "last",
    as_json: AsJson = False,
) -> None:
    """Carry out a plan, unless the graph has changed since it was made (exit code 4).

    Example: groundrec ingest apply last
    """
    from groundrec.ingesting import apply
    from groundrec.progressing import ingest_progress

    with ingest_progress() as progress:
        done = apply(workspace(context), plan, progress)
    _tell(done, as_json)


@ingest_app.command("runs")
def ingest_runs(context: typer.Context, as_json: AsJson = False) -> None:
    """List what was ingested, and what is planned.

    Example: groundrec ingest runs
    """
    from groundrec.runs import listed

    _tell(listed(workspace(context)), as_json)


@ingest_app.command("show")
def ingest_show(context: typer.Context, run: Which = "last", as_json: AsJson = False) -> None:
    """All about one run, and what stands in the way of undoing it.

    Example: groundrec ingest show last
    """
    from groundrec.runs import shown

    _tell(shown(workspace(context), run), as_json)


@ingest_app.command("rejects")
def ingest_rejects(
    context: typer.Context,
    run: Which = "last",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The rows of a run that could not be used, each with file, line, field and reason.

    Example: groundrec ingest rejects last --limit 20
    """
    from groundrec.runs import rejects_of

    found, rejects = rejects_of(workspace(context), run, limit)
    if as_json:
        output.emit_json(
            {
                "run": found.id,
                "rejected": found.rejects,
                "rejects": [asdict(reject) for reject in rejects],
            },
            snapshot=None,
        )
        return
    for reject in rejects:
        said = ": ".join(part for part in (reject.field, reject.reason) if part)
        output.emit(f"{reject.file}:{reject.line}: {said}")
        output.emit(f"    {reject.text}")
    if found.rejects > len(rejects):
        output.note(f"{found.rejects - len(rejects):,} more; --limit shows them")


@ingest_app.command("undo")
def ingest_undo(
    context: typer.Context,
    run: Which,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="Undo the runs that build on it, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a run back: the graph is what it would be without it.

    Example: groundrec ingest undo last
    """
    from groundrec.runs import undone

    _tell(undone(workspace(context), run, cascade=cascade), as_json)


def why(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(help="A node or an edge: its id, a name, or 'HEAD RELATION TAIL'.")
    ],
    as_json: AsJson = False,
) -> None:
    """Who says so: runs, files, lines and the rows themselves; what was replaced and merged.

    Examples: groundrec why "Heat" | groundrec why "Heat directed_by Michael Mann"
    """
    from groundrec.why import why as because

    _tell(because(workspace(context), what), as_json)


def forget(
    context: typer.Context,
    node: Annotated[str, typer.Argument(help="A node's id, as in user:42.")],
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Train the models anew that knew of it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a person from everything that groundrec keeps; no delivery and no undo brings it back.

    Example: groundrec forget user:42 --yes
    """
    from groundrec.forgetting import forget as forget_everywhere

    if not yes and sys.stdin.isatty():
        typer.confirm(f"Forget {node} for good?", abort=True, err=True)
    with output.progress() as progress:
        gone = forget_everywhere(workspace(context), node, progress, retrain=retrain)
    if as_json:
        output.emit_json(gone.to_json(), snapshot=gone.snapshot)
    else:
        gone.show()
