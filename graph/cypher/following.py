"""What runs have said since some run: ids only, so that little is sent."""

from typing import LiteralString

from graph.cypher import RUN, SIDE, Form, quoted, text

# Runs that may still say something count as new, whenever they began.
OPEN_RUN = text(
    f"OPTIONAL MATCH (r:{RUN}) WITH max(r.number) AS last,",
    "min(CASE WHEN r.ended IS NULL AND r.undone IS NULL THEN r.number END) AS open",
    "RETURN coalesce(open, last + 1, 1) AS number",
)
_DATED = "({0}.valid_from > $at OR {0}.valid_to > $at)"


def new_nodes(kind: str) -> LiteralString:
    """Nodes of a kind whose fact is of such a run."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.run >= $run RETURN collect(n.id) AS ids",
    )


def new_edges(way: Form) -> LiteralString:
    """Relationships whose fact is of such a run."""
    return text(f"MATCH ()-[r:{way.type}]->() WHERE r.run >= $run RETURN collect(r.id) AS ids")


def new_beside(table: str) -> LiteralString:
    """Of what facts beside were said or ended in such a run."""
    name = "kind" if table == "nodes" else "relation"
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.run >= $run OR f.until >= $run",
        f"RETURN f.{name} AS name, collect(DISTINCT f.id) AS ids",
    )


def edges_of(kind: str) -> LiteralString:
    """The relationships at some nodes."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.id IN $ids",
        "MATCH (n)-[r]-() WHERE type(r) IN $relations AND r.id IS NOT NULL",
        "RETURN type(r) AS name, collect(DISTINCT r.id) AS ids",
    )


def dated_nodes(kind: str) -> LiteralString:
    """Whether time alone changes what nodes of a kind say."""
    dated = _DATED.format("n")
    return text(f"MATCH (n:{quoted(kind)}) WHERE {dated} WITH n LIMIT 1 RETURN count(n) AS n")


def dated_edges(way: Form) -> LiteralString:
    """Whether time alone changes which relationships hold."""
    dated = _DATED.format("r")
    return text(f"MATCH ()-[r:{way.type}]->() WHERE {dated} WITH r LIMIT 1 RETURN count(r) AS n")


def dated_beside(table: str) -> LiteralString:
    """Whether time alone changes which facts beside hold."""
    dated = _DATED.format("f")
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.until IS NULL AND {dated}",
        "WITH f LIMIT 1 RETURN count(f) AS n",
    )
