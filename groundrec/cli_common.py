"""What the command modules share: the workspace of a call, and options that many commands have."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from groundrec.settings import Flags
    from groundrec.workspace import Workspace

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="What was so then: a day, a time (ISO), seconds.")
]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="What had been ingested by then.")]
K = Annotated[int | None, typer.Option("-k", "--k", min=1, help="How many items.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def flags_of(context: typer.Context, **flags: str | int | float | None) -> "Flags":
    """All settings given on the command line, by name."""
    return {**(context.obj or {}), **flags}


def workspace(context: typer.Context, **flags: str | int | float | None) -> "Workspace":
    """The workspace that the options before and behind the command ask for."""
    from groundrec.settings import load_settings
    from groundrec.workspace import Workspace

    return Workspace(load_settings(flags_of(context, **flags)))
