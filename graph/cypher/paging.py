"""Reading all of it, a page at a time."""

from collections.abc import Sequence
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
_EMPTY = {
    "weight": "$nan",
    **dict.fromkeys(("time", "valid_from", "valid_to", "source", "run"), "$none"),
}


def page_of_edges(way: Form, columns: Sequence[str]) -> LiteralString:
    """The edges of the heads in a range of ids, column by column.

    A column a list, not a record an edge: the server and the driver are four times faster so.
    """
    listed = [
        f"collect(coalesce(r.{name}, {_EMPTY.get(name, '$text')})) AS {name}" for name in columns
    ]
    return text(
        # From the heads on, not by the index of ids; what is not ours has no run.
        f"MATCH (h:{way.head})-[r:{way.type}]->(t) USING INDEX h:{way.head}(id)",
        "WHERE h.id > $after AND h.id <= $last AND r.run IS NOT NULL",
        ", ".join(["RETURN collect(h.id) AS head", "collect(t.id) AS tail", *listed]),
    )


def several(way: Form) -> LiteralString:
    """Those of some edges that carry what several facts beside say together."""
    return text(
        f"MATCH ()-[r:{way.type}]->() WHERE r.id IN $ids AND r.several",
        "RETURN collect(r.id) AS ids",
    )


def page_of_heads(way: Form) -> LiteralString:
    """The last id of a page of heads; null when there are none."""
    return text(
        f"MATCH (h:{way.head}) WHERE h.id > $after WITH h.id AS id ORDER BY id LIMIT $page",
        "RETURN max(id) AS last",
    )


def page_of_side(table: str) -> LiteralString:
    """The facts beside in a range of ids that are known at a moment."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.id > $after AND f.id <= $last",
        "AND f.run <= $known AND (f.until IS NULL OR f.until > $known)",
        "RETURN properties(f) AS fact",
    )


def page_of_side_ids(table: str) -> LiteralString:
    """The last id of a page of facts beside; null when there are none."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.id > $after WITH f.id AS id ORDER BY id LIMIT $page",
        "RETURN max(id) AS last",
    )


COMMITTED: LiteralString = "SHOW DATABASE $name YIELD lastCommittedTxn RETURN lastCommittedTxn AS n"
