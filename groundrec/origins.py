"""From edges back to the catalogue rows that they came from."""

from collections.abc import Iterable, Sequence

from graph.errors import MissingArtefactError
from groundrec.ask import Item
from groundrec.forms import RowsOf
from groundrec.workspace import Workspace
from reasoning.check import Checked


def rows_of(place: Workspace, checked: Checked) -> RowsOf:
    """The catalogue rows behind all edges of a checked text, as "file:line".

    They are in the store; without one, edges are shown without their rows.
    """
    edges = {
        edge.id
        for verdict in checked.verdicts
        for edge in (*verdict.evidence, *verdict.counter_evidence)
    }
    return rows_of_edges(place, edges)


def rows_of_items(place: Workspace, items: Iterable[Item]) -> RowsOf:
    """The catalogue rows behind all paths of recommended items."""
    edges = {
        step.edge.id
        for item in items
        for told in (*item.reasons, *item.connections)
        for path in told.paths
        for step in path.steps
    }
    return rows_of_edges(place, edges)


def rows_of_edges(place: Workspace, edges: set[str]) -> RowsOf:
    """The catalogue rows behind edges given by id."""
    return RowsOf(place.snapshot, catalogue_rows(place, sorted(edges)))


def catalogue_rows(place: Workspace, ids: Sequence[str]) -> dict[str, list[str]]:
    """The catalogue rows that say so now, as "file:line", of each edge; none without a store."""
    try:
        with place.store(read_only=True) as store:
            found = store.facts(ids)
    except MissingArtefactError:
        return {}
    return {
        id_: [
            f"{fact.assertion.file}:{fact.assertion.line}"
            for fact in facts
            if fact.known_until is None and not fact.gone
        ]
        for id_, facts in zip(ids, found, strict=True)
    }
