"""From edges back to the catalogue rows that they came from."""

from graph.errors import MissingArtefactError
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


def rows_of_edges(place: Workspace, edges: set[str]) -> RowsOf:
    """The catalogue rows behind edges given by id."""
    ids = sorted(edges)
    try:
        with place.store(read_only=True) as store:
            found = store.assertions(ids)
    except MissingArtefactError:
        return RowsOf(place.snapshot, {})
    origins = {
        id_: [f"{said.file}:{said.line}" for said in some]
        for id_, some in zip(ids, found, strict=True)
    }
    return RowsOf(place.snapshot, origins)
