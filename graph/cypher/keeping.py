"""The store's own records: its lock, runs, schemas, numbers of names, the forgotten."""

from typing import LiteralString

from graph.cypher import COLUMNS, FILE, FORGOTTEN, RUN, SCHEMA, SEEN, SOURCE, STORE, text

# Whoever writes takes this node's lock first, so that groundrec's writers follow one another:
# what one has looked up stays true until it has written, and none waits for another's edges.
LOCK = text(
    f"MERGE (s:{STORE} {{name: 'graph'}})",
    "SET s.writes = coalesce(s.writes, 0) + 1",
    "RETURN properties(s) AS store",
)
READ_STORE = text(f"MATCH (s:{STORE} {{name: 'graph'}}) RETURN properties(s) AS store")
SET_STORE = text(f"MATCH (s:{STORE} {{name: 'graph'}}) SET s += $values")
IS_RUN = text(f"MATCH (r:{RUN} {{id: $id}}) RETURN properties(r) AS run")
RUNS = text(f"MATCH (r:{RUN}) RETURN properties(r) AS run ORDER BY r.number")
SAVE_RUN = text(f"MERGE (r:{RUN} {{id: $id}}) SET r += $values")
LAST_RUN = text(
    f"MATCH (r:{RUN}) WHERE r.started <= $by RETURN coalesce(max(r.number), 0) AS number"
)
SCHEMAS = text(
    f"MATCH (r:{RUN}) WHERE r.undone IS NULL AND r.schema IS NOT NULL",
    "WITH r.schema AS schema, max(r.number) AS last",
    f"MATCH (s:{SCHEMA} {{number: schema}}) RETURN s.text AS text ORDER BY last",
)
ADD_SCHEMA = text(
    f"OPTIONAL MATCH (s:{SCHEMA} {{text: $text}})",
    f"OPTIONAL MATCH (all:{SCHEMA})",
    "WITH s.number AS found, coalesce(max(all.number), 0) + 1 AS next",
    f"MERGE (s:{SCHEMA} {{number: coalesce(found, next)}}) SET s.text = $text",
    "RETURN s.number AS number",
)
NAMED = {SOURCE: "name", FILE: "name"}


def numbered(label: str) -> LiteralString:
    """All names of a label of ours with their numbers."""
    return text(f"MATCH (n:{label}) RETURN n.name AS name, n.number AS number")


def intern(label: str) -> LiteralString:
    """The number of a name, which is given one when it has none."""
    return text(
        f"OPTIONAL MATCH (all:{label})",
        "WITH coalesce(max(all.number), 0) + 1 AS next",
        f"MERGE (n:{label} {{name: $name}}) ON CREATE SET n.number = next",
        "RETURN n.number AS number",
    )


NOTE_SEEN = text(f"CREATE (s:{SEEN} {{run: $run, source: $source, facts: $facts, ids: $ids}})")
READ_SEEN = text(
    f"MATCH (s:{SEEN} {{run: $run, source: $source, facts: $facts}}) RETURN s.ids AS ids"
)
DROP_SEEN = text(f"MATCH (s:{SEEN} {{run: $run}}) DELETE s")
FORGET_MARKS = text(f"MATCH (f:{FORGOTTEN}) RETURN collect(f.mark) AS marks")
ADD_MARK = text(f"MERGE (:{FORGOTTEN} {{mark: $mark}})")
READ_COLUMNS = text(
    f"MATCH (c:{COLUMNS}) RETURN c.name AS name, coalesce(c.columns, []) AS columns"
)
ADD_COLUMNS = text(f"MERGE (c:{COLUMNS} {{name: $name}}) SET c.columns = $columns")
