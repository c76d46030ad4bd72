"""Somebody's own Cypher, kept from doing harm: read-only plans, a time limit, a row limit.

The server plans the text first (`EXPLAIN`), and it is run only when its plan reads and nothing
else: it loads no files, ends nobody's transactions, and calls no procedures but some that look.
It then runs in a read transaction, where the server itself refuses to write.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import neo4j
from neo4j import exceptions as failures
from neo4j import graph as values

from graph.errors import InputError
from graph.neo4j_link import Link, translated

PROCEDURES = (
    "db.labels",
    "db.relationshipTypes",
    "db.propertyKeys",
    "db.schema.",
    "db.index.fulltext.query",
    "db.index.vector.query",
)
REFUSED = ("LoadCSV", "Terminate", "Stop")


@dataclass(frozen=True, slots=True)
class Table:
    """What a query found; `more` says that there was more than the limit."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    more: bool


def ask(
    link: Link, text: str, parameters: Mapping[str, object], *, rows: int, seconds: float
) -> Table:
    """Run a query that only reads.

    InputError for a text that is no Cypher, that would do more than read, or that takes too long.
    """
    with translated(link.address), link.session(read=True) as session:
        try:
            with session.begin_transaction(timeout=seconds) as tx:
                plan = tx.run(cast("Any", f"EXPLAIN {text}"), dict(parameters)).consume()
                _refuse(plan)
                result = tx.run(cast("Any", text), dict(parameters))
                found = [
                    tuple(plain(value) for value in record.values())
                    for record in islice(result, rows + 1)
                ]
                columns = tuple(result.keys())
        except failures.ClientError as error:
            code, said = error.code or "", (error.message or "").strip()
            if "Timed" in code or "Terminated" in code:
                raise _too_long(seconds) from error
            if "Statement" in code or "Procedure" in code:
                raise InputError(f"this Cypher cannot be run: {said}") from error
            raise
        except failures.TransientError as error:
            if "Terminated" in (error.code or ""):
                raise _too_long(seconds) from error
            raise
    return Table(columns, tuple(found[:rows]), len(found) > rows)


def _too_long(seconds: float) -> InputError:
    return InputError(
        f"the query took longer than {seconds:g} seconds",
        hint="ask for less, or raise --timeout",
    )


def _refuse(planned: neo4j.ResultSummary) -> None:
    """InputError for a plan that does more than look at the graph."""
    if planned.query_type != "r":
        raise InputError(
            "the query would write, and only reading is allowed here",
            hint="what groundrec keeps is changed by `groundrec ingest`, with its source",
        )
    for operator, details in _operators(planned.plan or {}):
        if operator.startswith(REFUSED):
            raise InputError(f"the query uses {operator}, which does more than read the graph")
        if operator.startswith("ProcedureCall") and not details.startswith(PROCEDURES):
            raise InputError(
                f"the query calls {details.split('(')[0]}, and only some procedures are allowed",
                hint=f"these: {', '.join(PROCEDURES)}",
            )


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield str(plan.get("operatorType", "")), str(plan.get("args", {}).get("Details", ""))
    for child in plan.get("children", ()):
        yield from _operators(child)


def plain(value: object) -> object:
    """A value as JSON can hold it."""
    if isinstance(value, values.Node):
        return {"labels": sorted(value.labels), **_properties(value)}
    if isinstance(value, values.Relationship):
        return {"type": value.type, **_properties(value)}
    if isinstance(value, values.Path):
        return {
            "nodes": [plain(node) for node in value.nodes],
            "relationships": [plain(edge) for edge in value.relationships],
        }
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, float) and value != value:
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _properties(entity: values.Entity) -> dict[str, object]:
    return {"properties": {name: plain(value) for name, value in sorted(entity.items())}}
