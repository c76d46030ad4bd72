"""The command line: `groundrec COMMAND`.

Heavy libraries are imported by the command that needs them, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from graph.errors import GroundrecError
from groundrec import (
    __version__,
    cli_ask,
    cli_audit,
    cli_data,
    cli_ingest,
    cli_llm,
    cli_models,
    cli_query,
    cli_resolve,
    output,
)

app = typer.Typer(
    name="groundrec",
    help="Recommendations you can check: a knowledge graph that explains, and checks what is said.",
    epilog="Exit codes: 0 fine, 1 something is contradicted, 2 bad input, 3 store, 4 snapshot or"
    " model, 5 fetch, 6 anything else, 7 language model, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Typer carries a click of its own or not, as its version has it.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]

cli_ingest.register(app)
cli_data.register(app)
cli_resolve.register(cli_ingest.ingest_app)
cli_models.register(app)
cli_ask.register(app)
cli_llm.register(app)
cli_audit.register(app)
cli_query.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        output.emit(__version__)
        raise typer.Exit


@app.callback()
def settings(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder of everything that groundrec writes.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder in which mappings find their files.")
    ] = None,
    outside: Annotated[
        bool | None,
        typer.Option("--outside", help="Let mappings name files outside that folder."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of reasons: en or ko.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More on stderr.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    """Read the settings: defaults < groundrec.toml < GROUNDREC_* < these options."""
    output.set_up_logging(verbose=verbose)
    context.obj = {"home": home, "data": data, "outside": outside, "language": language}


def main() -> None:
    """Run the command line; every error of the tree becomes one line and its exit code."""
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except GroundrecError as error:
        output.fail(error, as_json=as_json)
    except _UsageError as error:
        if as_json:
            output.emit_error("UsageError", error.format_message())
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        output.fail(GroundrecError(f"{where}{error.strerror or error}"), as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = output.INTERRUPTED
    if code == output.INTERRUPTED:
        output.note("interrupted; what was written before is whole, run it again to go on")
    sys.exit(code)
