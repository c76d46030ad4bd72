"""Undoing a run, retiring what a source no longer delivers, forgetting."""

from typing import LiteralString

from graph.cypher import SIDE, Form, quoted, text


def touched_edges(way: Form) -> LiteralString:
    """Ids of so many relationships that carry a run's only fact."""
    return text(
        f"MATCH ()-[r:{way.type}]->() WHERE r.run = $run AND r.several IS NULL",
        "WITH r LIMIT $room RETURN collect(r.id) AS ids",
    )


def touched_nodes(kind: str) -> LiteralString:
    """Ids of so many nodes that carry a run's only fact."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.run = $run AND n.several IS NULL",
        "WITH n LIMIT $room RETURN collect(n.id) AS ids",
    )


def touched_beside(table: str) -> LiteralString:
    """So many ids of which a run said or ended something that stands beside, with their name."""
    name = "kind" if table == "nodes" else "relation"
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.run = $run OR f.until = $run",
        f"WITH DISTINCT f.id AS id, f.{name} AS name LIMIT $room",
        "RETURN name, collect(id) AS ids",
    )


def touched_facts(table: str) -> LiteralString:
    """The facts beside about some ids that a run said, or ended."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.id IN $ids AND (f.run = $run OR f.until = $run)",
        "RETURN properties(f) AS fact",
    )


FORGET_SIDE_EDGES = text(
    f"MATCH (f:{SIDE['edges']}) WHERE f.head = $id OR f.tail = $id",
    "WITH f, f.id AS id DELETE f RETURN count(id) AS n",
)
FORGET_SIDE_NODE = text(
    f"MATCH (f:{SIDE['nodes']} {{id: $id}}) WITH f, f.id AS id DELETE f RETURN count(id) AS n"
)


def forget_node(kind: str) -> LiteralString:
    """Remove a node with its relationships; how many facts they carried alone."""
    return text(
        f"MATCH (n:{quoted(kind)} {{id: $id}}) OPTIONAL MATCH (n)-[r]-()",
        "WITH n, n.several IS NULL AS alone, collect(DISTINCT r) AS rs",
        "WITH n, alone, size([r IN rs WHERE r.id IS NOT NULL AND r.several IS NULL]) AS edges",
        "DETACH DELETE n RETURN CASE WHEN alone THEN 1 ELSE 0 END AS nodes, edges",
    )


def standing(way: Form) -> LiteralString:
    """Ids of what a source alone says of a relation, and said before a run."""
    return text(
        f"MATCH ()-[r:{way.type}]->() WHERE r.source = $source AND r.run < $run",
        "AND r.several IS NULL RETURN collect(r.id) AS ids",
    )


def standing_nodes(kind: str) -> LiteralString:
    """Ids of the nodes of a kind of which a source alone speaks, and spoke before a run."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.source = $source AND n.run < $run",
        "AND n.several IS NULL RETURN collect(n.id) AS ids",
    )


def standing_side(table: str) -> LiteralString:
    """Ids of which a source says something that holds, among the facts beside, with their name."""
    name = "kind" if table == "nodes" else "relation"
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.until IS NULL AND f.source = $source AND f.run < $run",
        f"AND f.said <> $gone RETURN f.{name} AS name, collect(f.id) AS ids",
    )


def taken_back(table: str) -> LiteralString:
    """How many of a source's last words before a run take something back, by their runs."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.until IS NULL AND f.source = $source AND f.run < $run",
        "AND f.said = $gone RETURN f.run AS run, count(*) AS facts",
    )
