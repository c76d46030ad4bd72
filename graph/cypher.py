"""All Cypher of the Neo4j store. Values travel as parameters, never inside the text.

    (:film {id, key, name, aliases, ...})-[:directed_by {id, weight, time, ...}]->(:person)

A kind is a label, a relation is a type, both spelled as in the mapping. A node or relationship is
there when the graph has it now; it carries what is said of it, and by whom (`source`, `run`, `file`
are numbers of ours). Where that is more than one live fact it carries what they say together, and
`several`; those facts, the superseded ones, and those about what is not there are nodes of our own.
Labels of ours begin with Groundrec, which no kind can, since kinds begin with a small letter.

Names that are put into a text are kinds and relations of a schema, and property names of this file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from graph.schema import Relation, Schema

STORE, RUN, SCHEMA = "GroundrecStore", "GroundrecRun", "GroundrecSchema"
SOURCE, FILE, SEEN = "GroundrecSource", "GroundrecFile", "GroundrecSeen"
FORGOTTEN, COLUMNS = "GroundrecForgotten", "GroundrecColumns"
SIDE = {"nodes": "GroundrecNodeFact", "edges": "GroundrecEdgeFact"}

# What a relationship may carry besides its id; a node has the same provenance.
PROVENANCE = ("source", "run", "file", "line", "valid_from", "valid_to", "said", "others")
CARRIED = ("weight", "time", "split", "discriminator", "properties", *PROVENANCE)
NO_NUMBER = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Form:
    """A relation's pattern: the type and the labels of its ends, quoted."""

    name: str
    head: str
    type: str
    tail: str


def quoted(name: str) -> str:
    """A name as Cypher takes it, whatever it consists of."""
    return "`" + name.replace("`", "``") + "`"


def form(schema: Schema, relation: str) -> Form:
    """The pattern of a relation of the schema; InputError for any other."""
    schema.allow([relation])
    meant: Relation = schema.relations[relation]
    return Form(relation, quoted(meant.head), quoted(relation), quoted(meant.tail))


def text(*parts: str) -> LiteralString:
    """A whole statement; the driver asks for a literal, to say what this module's head says."""
    return "\n".join(parts)


# -- what there is to be found quickly ---------------------------------------------------------


def own_constraints() -> list[LiteralString]:
    """For the labels of ours."""
    keys = {
        STORE: "name",
        RUN: "number",
        SCHEMA: "number",
        SOURCE: "name",
        FILE: "name",
        FORGOTTEN: "mark",
        COLUMNS: "name",
    }
    made = [
        _unique(f"groundrec_{label}", f"(n:{label})", f"n.{key}") for label, key in keys.items()
    ]
    made.append(_unique("groundrec_run_id", f"(n:{RUN})", "n.id"))
    # By id alone, so that no plan can mistake the facts of a run for the facts of a thing.
    for table, names in (("nodes", ["id"]), ("edges", ["id", "head", "tail"])):
        made += [
            text(
                f"CREATE RANGE INDEX {quoted(f'groundrec_{SIDE[table]}_{name}')} IF NOT EXISTS"
                f" FOR (n:{SIDE[table]}) ON (n.{name})"
            )
            for name in names
        ]
    return made


def constraints(schema: Schema) -> list[LiteralString]:
    """For the kinds and relations of a schema: unique keys and ids, and names to search."""
    made = []
    for kind, meant in schema.kinds.items():
        label = f"(n:{quoted(kind)})"
        made.append(_unique(f"groundrec_node_{kind}_id", label, "n.id"))
        made.append(_unique(f"groundrec_node_{kind}_key", label, "n.key"))
        if meant.role != "user":  # people are not looked for by name
            index = quoted(f"groundrec_names_{kind}")
            made.append(
                text(
                    f"CREATE FULLTEXT INDEX {index} IF NOT EXISTS FOR {label}",
                    "ON EACH [n.name, n.aliases]",
                    "OPTIONS {indexConfig: {`fulltext.eventually_consistent`: true}}",
                )
            )
    for relation in schema.relations:
        made.append(
            _unique(f"groundrec_edge_{relation}_id", f"()-[n:{quoted(relation)}]-()", "n.id")
        )
    return made


AWAIT: LiteralString = "CALL db.awaitIndexes(600)"
NAMES: LiteralString = "SHOW INDEXES YIELD name RETURN name"  # a constraint has one, too


def name_of(constraint: str) -> str:
    """The name of what a statement of this module makes."""
    return constraint.split("`")[1]


def _unique(name: str, pattern: str, value: str) -> LiteralString:
    return text(
        f"CREATE CONSTRAINT {quoted(name)} IF NOT EXISTS FOR {pattern} REQUIRE {value} IS UNIQUE"
    )


def vector_index(kind: str, dimensions: int) -> LiteralString:
    """For the embeddings of a kind; cosine, since Neo4j has no plain dot product."""
    return text(
        f"CREATE VECTOR INDEX {quoted(f'groundrec_embedding_{kind}')} IF NOT EXISTS",
        f"FOR (n:{quoted(kind)}) ON n.embedding OPTIONS {{indexConfig: {{",
        f"`vector.dimensions`: {int(dimensions)}, `vector.similarity_function`: 'cosine'}}}}",
    )


# -- the store itself --------------------------------------------------------------------------

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


# -- looking up --------------------------------------------------------------------------------


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


def edges_by_id(way: Form) -> LiteralString:
    """Relationships of a relation, whole."""
    return text(
        f"MATCH (h)-[r:{way.type}]->(t) WHERE r.id IN $ids",
        "RETURN h.id AS head, t.id AS tail, properties(r) AS carried",
    )


def nodes_by_id(kind: str) -> LiteralString:
    """Nodes of a kind, whole."""
    return text(f"MATCH (n:{quoted(kind)}) WHERE n.id IN $ids RETURN properties(n) AS carried")


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
        f"MATCH (f:{SIDE[table]}) WHERE f.id IN $ids{also}",
        "RETURN properties(f) AS fact ORDER BY f.run, f.source",
    )


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


# -- writing -----------------------------------------------------------------------------------


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
    lock and the unique id forbid a second one just as well.
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


# -- undoing and forgetting --------------------------------------------------------------------


def touched_edges(way: Form) -> LiteralString:
    """Ids of the relationships that carry a run's only fact."""
    return text(
        f"MATCH ()-[r:{way.type}]->() WHERE r.run = $run AND r.several IS NULL",
        "RETURN collect(r.id) AS ids",
    )


def touched_nodes(kind: str) -> LiteralString:
    """Ids of the nodes that carry a run's only fact."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.run = $run AND n.several IS NULL",
        "RETURN collect(n.id) AS ids",
    )


def touched_side(table: str) -> LiteralString:
    """The facts beside that a run said, or ended."""
    return text(
        f"MATCH (f:{SIDE[table]}) WHERE f.run = $run OR f.until = $run",
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


# -- reading it all ----------------------------------------------------------------------------


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
    """The edges of the heads in a range of ids, column by column; `several`: ids of those.

    A column a list, not a record an edge: the server and the driver are four times faster so.
    """
    listed = [
        f"collect(coalesce(r.{name}, {_EMPTY.get(name, '$text')})) AS {name}" for name in columns
    ]
    return text(
        # From the heads on, not by the index of ids; what is not ours has no run.
        f"MATCH (h:{way.head})-[r:{way.type}]->(t) USING INDEX h:{way.head}(id)",
        "WHERE h.id > $after AND h.id <= $last AND r.run IS NOT NULL",
        "RETURN collect(h.id) AS head, collect(t.id) AS tail,",
        ", ".join([*listed, "collect(CASE WHEN r.several THEN r.id END) AS several"]),
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
EDITION: LiteralString = (
    "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel'"
    " RETURN versions, edition"
)
