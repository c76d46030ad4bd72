"""A user's own Cypher against the store, when that is Neo4j."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from graph.errors import InputError
from groundrec.on_neo4j import on_neo4j, open_neo4j
from groundrec.workspace import Workspace

if TYPE_CHECKING:
    from graph.neo4j_query import Table


def run_query(
    place: Workspace,
    cypher: str,
    parameters: Mapping[str, object],
    *,
    rows: int,
    seconds: float,
) -> "Table":
    """What a query finds; InputError when the graph is not in Neo4j, or the query may not run."""
    if not on_neo4j(place.settings):
        raise InputError(
            "Cypher needs a graph that is kept in Neo4j, and this one is in a file",
            hint="set GROUNDREC_STORE=neo4j and NEO4J_URI, and ingest into it (docs/neo4j.md)",
        )
    with open_neo4j(place.settings, read_only=True) as store:
        from graph.neo4j_query import ask

        return ask(store.link, cypher, parameters, rows=rows, seconds=seconds)


def parameters_of(given: Sequence[str]) -> dict[str, object]:
    """`NAME=VALUE` pairs; a value that is JSON is what that says, any other is a text."""
    parameters: dict[str, object] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise InputError(f"a parameter is NAME=VALUE, not {one!r}")
        try:
            parameters[name] = json.loads(value)
        except ValueError:
            parameters[name] = value
    return parameters
