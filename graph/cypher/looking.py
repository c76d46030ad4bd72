"""Looking up what is there, by ids."""

from typing import LiteralString

from graph.cypher import OF_NODE, PROVENANCE, SIDE, Form, quoted, text


def count_label(label: str) -> LiteralString:
    """How many nodes have a label; the server knows without looking."""
    return text(f"MATCH (n:{quoted(label)}) RETURN count(n) AS n")


def count_type(relation: str) -> LiteralString:
    """How many relationships have a type; the server knows without looking."""
    return text(f"MATCH ()-[r:{quoted(relation)}]->() RETURN count(r) AS n")


def degree(way: Form, end: str) -> LiteralString:
    """How many edges of a relation some heads or tails have together."""
    pattern = f"(n)-[:{way.type}]->()" if end == "head" else f"(n)<-[:{way.type}]-()"
    label = way.head if end == "head" else way.tail
    return text(
        f"UNWIND $ids AS id MATCH (n:{label} {{id: id}})",
        f"RETURN coalesce(sum(COUNT {{ {pattern} }}), 0) AS n",
    )


def said(way: Form, by: str) -> LiteralString:
    """`id`, `said`, `run` of what a source says alone: of edge ids, or of all edges of ends."""
    pattern = {
        "id": f"MATCH ()-[r:{way.type}]->() WHERE r.id IN $ids",
        "head": f"UNWIND $ids AS id MATCH (:{way.head} {{id: id}})-[r:{way.type}]->() WHERE true",
        "tail": f"UNWIND $ids AS id MATCH (:{way.tail} {{id: id}})<-[r:{way.type}]-() WHERE true",
    }[by]
    return text(
        f"{pattern} AND r.source = $source AND r.several IS NULL",
        "RETURN collect(r.id) AS id, collect(r.said) AS said, collect(r.run) AS run",
    )


SIDE_SAID = text(
    f"MATCH (f:{SIDE['edges']}) WHERE f.id IN $ids AND f.source = $source AND f.until IS NULL",
    "RETURN collect(f.id) AS id, collect(f.said) AS said, collect(f.run) AS run",
)
# The same of all ids, which is sooner done when there are fewer facts beside than ids.
ALL_SIDE_SAID = text(
    f"MATCH (f:{SIDE['edges']}) WHERE f.source = $source AND f.until IS NULL",
    "RETURN collect(f.id) AS id, collect(f.said) AS said, collect(f.run) AS run",
)


def edges_by_id(way: Form) -> LiteralString:
    """Relationships of a relation, whole, as one list: a record for each takes twice as long."""
    return text(
        f"MATCH (h)-[r:{way.type}]->(t) WHERE r.id IN $ids",
        "RETURN collect({head: h.id, tail: t.id, carried: properties(r)}) AS found",
    )


def nodes_by_id(kind: str) -> LiteralString:
    """What nodes of a kind carry of the facts about them, and nothing that others put on them."""
    carried = ", ".join(f".{name}" for name in (*OF_NODE, *PROVENANCE, "several"))
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.id IN $ids RETURN collect(n {{{carried}}}) AS found",
    )


def edges_at(kind: str) -> LiteralString:
    """All our relationships at some nodes of a kind."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.id IN $ids",
        "MATCH (n)-[r]-() WHERE r.id IS NOT NULL AND type(r) IN $relations",
        "WITH DISTINCT r RETURN startNode(r).id AS head, endNode(r).id AS tail,",
        "type(r) AS relation, properties(r) AS carried",
    )


def side(table: str, *, live: bool) -> LiteralString:
    """The facts about some ids that are nodes of our own."""
    also = " AND f.until IS NULL" if live else ""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.id IN $ids{also} WITH f ORDER BY f.run, f.source",
        "RETURN collect(properties(f)) AS found",
    )


def side_ids(table: str) -> LiteralString:
    """The ids of all facts that are nodes of our own."""
    return text(f"MATCH (f:{SIDE[table]}) RETURN collect(DISTINCT f.id) AS ids")


SIDE_EDGES_AT = text(
    f"MATCH (f:{SIDE['edges']}) WHERE (f.head IN $ids OR f.tail IN $ids) AND f.until IS NULL",
    "RETURN properties(f) AS fact",
)
NAMES_OF_GONE = text(
    f"MATCH (f:{SIDE['nodes']}) WHERE f.id IN $ids",
    "RETURN DISTINCT f.id AS id, f.kind AS kind, f.key AS key",
)


def names_of(kind: str) -> LiteralString:
    """Keys of nodes by their ids."""
    return text(f"MATCH (n:{quoted(kind)}) WHERE n.id IN $ids RETURN n.id AS id, n.key AS key")
