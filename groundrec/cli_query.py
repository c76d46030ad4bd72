"""`groundrec query`: Cypher that only reads, for a graph that is kept in Neo4j."""

from typing import Annotated

import typer

from groundrec import output
from groundrec.cli_common import AsJson, workspace


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(query)


def query(
    context: typer.Context,
    cypher: Annotated[str, typer.Argument(help="The query; it may only read.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="NAME=VALUE for $NAME; a number, JSON or a text."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most rows to give.")] = 100,
    timeout: Annotated[float, typer.Option(min=0.001, help="The most seconds to take.")] = 10.0,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a graph that is kept in Neo4j in Cypher; nothing can be changed this way.

    Example: groundrec query 'MATCH (f:film)-[:directed_by]->(p:person) RETURN p.name, count(f)'
    """
    from groundrec.querying import parameters_of, run_query

    table = run_query(
        workspace(context), cypher, parameters_of(parameter or []), rows=limit, seconds=timeout
    )
    if as_json:
        rows = [list(row) for row in table.rows]
        output.emit_json(
            {"columns": list(table.columns), "rows": rows, "more": table.more}, snapshot=None
        )
    elif csv:
        output.emit_csv(table.columns, table.rows)
    else:
        output.table(table.columns, [output.as_cells(row) for row in table.rows])
    if table.more and not as_json:
        output.note(f"there is more: these are the first {limit} rows (--limit)")
