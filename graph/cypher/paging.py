"""Reading all of it, a page at a time."""

from collections.abc import Iterable, Sequence
from typing import LiteralString

from graph.cypher import SIDE, Form, quoted, text


def page_of_nodes(kind: str) -> LiteralString:
    """Nodes of a kind after an id, in the order of ids."""
    columns = ("id", "key", "name", "unnamed", "aliases_json", "properties", *_MOMENT)
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $page",
        f"RETURN collect([{', '.join(f'n.{name}' for name in columns)}]) AS rows",
    )


_MOMENT = ("source", "run", "valid_from", "valid_to", "several")


def page_of_places(kind: str, relations: Sequence[str]) -> LiteralString:
    """Nodes of a kind after an id: the server's own number of each, and how many relationships
    of some types begin there."""
    degrees = [
        f"count {{ (n)-[:{quoted(name)}]->() }} AS d{at}" for at, name in enumerate(relations)
    ]
    listed = [f"collect(d{at}) AS d{at}" for at in range(len(relations))]
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $page",
        ", ".join(["WITH n", *degrees]),
        ", ".join(["RETURN collect(n.id) AS ids", "collect(id(n)) AS places", *listed]),
    )


def pages_of_edges(way: Form, columns: Sequence[str]) -> LiteralString:
    """The edges of the heads in each range of ids, a record a range and a list a head.

    The server reads the next range while the driver takes this one in. Tails go by the server's
    own numbers, which it knows without looking at the node.
    """
    listed = [f"collect([r IN rs | r.{name}]) AS {name}" for name in columns]
    return text(
        "UNWIND $ranges AS range CALL (range) {",
        # From the heads on, not by the index of ids; what is not ours has no run.
        f"MATCH (h:{way.head})-[r:{way.type}]->() USING INDEX h:{way.head}(id)",
        "WHERE h.id > range[0] AND h.id <= range[1]",
        "WITH h, [r IN collect(r) WHERE r.run IS NOT NULL] AS rs",
        "RETURN collect(h.id) AS head, collect(size(rs)) AS edges,",
        ", ".join(["collect([r IN rs | id(endNode(r))]) AS tail", *listed]),
        f"}} RETURN {', '.join(['head', 'edges', 'tail', *columns])}",
    )


def several(way: Form) -> LiteralString:
    """Those of some edges that carry what several facts beside say together."""
    return text(
        f"MATCH ()-[r:{way.type}]->() WHERE r.id IN $ids AND r.several",
        "RETURN collect(r.id) AS ids",
    )


def page_of_side(table: str, columns: Iterable[str]) -> LiteralString:
    """The facts beside in a range of ids that are known at a moment, a list a column."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.id > $after AND f.id <= $last",
        "AND f.run <= $known AND (f.until IS NULL OR f.until > $known)",
        "WITH collect(properties(f)) AS facts",
        f"RETURN {', '.join(f'[f IN facts | f.{name}] AS {name}' for name in columns)}",
    )


def page_of_side_ids(table: str) -> LiteralString:
    """The last id of a page of facts beside; null when there are none."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.id > $after WITH f.id AS id ORDER BY id LIMIT $page",
        "RETURN max(id) AS last",
    )


COMMITTED: LiteralString = "SHOW DATABASE $name YIELD lastCommittedTxn RETURN lastCommittedTxn AS n"
