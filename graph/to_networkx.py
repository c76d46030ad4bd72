"""Neighbourhoods and evidence as networkx graphs, for people who want to go on from there.

People who use the system never appear in one, except the one whom the evidence is for.
"""

from typing import TYPE_CHECKING

from graph.errors import InputError
from graph.snapshot import Snapshot
from graph.types import Edge, Evidence

if TYPE_CHECKING:
    from networkx import MultiDiGraph


def neighbourhood(
    snapshot: Snapshot, node: str, *, depth: int = 1, limit: int = 200
) -> "MultiDiGraph[str]":
    """The nodes within `depth` edges of a node, at most `limit` of them, and the edges between.

    InputError when networkx is not installed.
    """
    graph = _empty()
    users = set(snapshot.schema.kinds_of("user"))
    frontier = [snapshot.row(node)]
    _add_node(graph, snapshot, frontier[0])
    for _ in range(depth):
        reached: list[int] = []
        for row in frontier:
            for edge in _edges_at(snapshot, row, users, limit):
                for end in (edge.head, edge.tail):
                    if end not in graph:
                        if len(graph) >= limit:
                            break
                        other = snapshot.row(end)
                        _add_node(graph, snapshot, other)
                        reached.append(other)
                else:
                    _add_edge(graph, edge)
        frontier = reached
    return graph


def evidence_graph(snapshot: Snapshot, evidence: Evidence) -> "MultiDiGraph[str]":
    """All paths of an item's evidence in one graph."""
    graph = _empty()
    for path in (*evidence.paths, *evidence.connections):
        for step in path.steps:
            for end in (step.edge.head, step.edge.tail):
                _add_node(graph, snapshot, snapshot.row(end))
            _add_edge(graph, step.edge)
    return graph


def _empty() -> "MultiDiGraph[str]":
    try:
        from networkx import MultiDiGraph
    except ImportError as error:
        raise InputError(
            "networkx is not installed", hint="pip install 'groundrec[networkx]'"
        ) from error
    return MultiDiGraph()


def _add_node(graph: "MultiDiGraph[str]", snapshot: Snapshot, row: int) -> None:
    graph.add_node(snapshot.id(row), kind=snapshot.kind(row), name=snapshot.label(row))


def _add_edge(graph: "MultiDiGraph[str]", edge: Edge) -> None:
    graph.add_edge(edge.head, edge.tail, key=edge.id, relation=edge.relation, weight=edge.weight)


def _edges_at(snapshot: Snapshot, row: int, users: set[str], limit: int) -> list[Edge]:
    kind = snapshot.kind(row)
    local = row - snapshot.rows(kind).start
    edges = []
    for name, relation in snapshot.schema.relations.items():
        for end, other, reverse in (
            (relation.head, relation.tail, False),
            (relation.tail, relation.head, True),
        ):
            if end != kind or other in users:
                continue
            at = snapshot.links(name, reverse=reverse).row(local)
            edges += [
                snapshot.edge(name, place, reverse=reverse)
                for place in range(at.start, min(at.stop, at.start + limit))
            ]
    return edges
