"""Writing nodes, relationships, and facts beside them."""

from collections.abc import Iterable, Sequence
from typing import LiteralString

from graph.cypher import SIDE, Form, quoted, text


def put_nodes(kind: str) -> LiteralString:
    """Make nodes of a kind, or change them; what others have put on them stays."""
    return text(
        f"UNWIND $rows AS x MERGE (n:{quoted(kind)} {{id: x.id}}) SET n += x",
    )


def drop_nodes(kind: str) -> LiteralString:
    """Remove nodes of a kind."""
    return text(f"UNWIND $ids AS id MATCH (n:{quoted(kind)} {{id: id}}) DETACH DELETE n")


def add_edges(way: Form, each: Sequence[str], alike: Iterable[str]) -> LiteralString:
    """Make relationships that are not there: rows of head, tail, id and `each`; `alike` once.

    MERGE would look for each again among all that its head has, at a third of the speed; the
    store's lock forbids a second one just as well.
    """
    carried = [f"{name}: x[{at}]" for at, name in enumerate(each, 3)]
    carried += [f"{name}: ${name}" for name in alike]
    return text(
        f"UNWIND $rows AS x MATCH (h:{way.head} {{id: x[0]}}) MATCH (t:{way.tail} {{id: x[1]}})",
        f"CREATE (h)-[:{way.type} {{{', '.join(['id: x[2]', *carried])}}}]->(t)",
    )


def ends_there(way: Form) -> LiteralString:
    """Which of some edges have both their ends."""
    return text(
        f"UNWIND $rows AS x MATCH (h:{way.head} {{id: x[0]}}) MATCH (t:{way.tail} {{id: x[1]}})",
        "RETURN collect(x[2]) AS ids",
    )


def change_edges(way: Form) -> LiteralString:
    """Change relationships that are there."""
    return text(f"UNWIND $rows AS x MATCH ()-[r:{way.type} {{id: x.id}}]->() SET r += x")


def drop_edges(way: Form) -> LiteralString:
    """Remove relationships."""
    return text(f"UNWIND $ids AS id MATCH ()-[r:{way.type} {{id: id}}]->() DELETE r")


def put_side(table: str) -> LiteralString:
    """Write facts as nodes of our own; one of the same id, source and run is replaced."""
    return text(
        f"UNWIND $rows AS x MERGE (f:{SIDE[table]} {{id: x.id, source: x.source, run: x.run}})",
        "SET f = x",
    )


def drop_side(table: str) -> LiteralString:
    """Remove facts that are nodes of our own."""
    return text(
        f"UNWIND $rows AS x MATCH (f:{SIDE[table]} {{id: x[0]}})",
        "WHERE f.source = x[1] AND f.run = x[2] DELETE f",
    )
