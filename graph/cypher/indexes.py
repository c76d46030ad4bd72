"""What makes keys unique and things to be found quickly."""

from typing import LiteralString

from graph.cypher import COLUMNS, FILE, FORGOTTEN, RUN, SCHEMA, SIDE, SOURCE, STORE, quoted, text
from graph.schema import Schema


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
    """For the kinds and relations of a schema: unique keys, ids, and names to search."""
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
        # Not a unique one: to ask it and to lock it for every edge takes up to a fifth of an
        # ingest, and the store's lock lets nobody of ours write one twice.
        name = quoted(f"groundrec_edge_{relation}_id")
        made.append(
            text(
                f"CREATE RANGE INDEX {name} IF NOT EXISTS FOR ()-[n:{quoted(relation)}]-()",
                "ON (n.id)",
            )
        )
    return made


EDITION: LiteralString = (
    "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel'"
    " RETURN versions, edition"
)
# Not `awaitIndexes`: of somebody else's index nobody knows when it will be there, if ever.
AWAIT: LiteralString = "UNWIND $names AS name CALL db.awaitIndex(name, 600) RETURN count(*)"
NAMES: LiteralString = (
    "SHOW INDEXES YIELD name, owningConstraint"
    " RETURN name, owningConstraint IS NOT NULL AS constrained"
)


def existence(schema: Schema) -> list[LiteralString]:
    """That every node of a kind has its id and key; only Enterprise can be told."""
    return [
        text(
            f"CREATE CONSTRAINT {quoted(f'groundrec_has_{kind}_{name}')} IF NOT EXISTS"
            f" FOR (n:{quoted(kind)}) REQUIRE n.{name} IS NOT NULL"
        )
        for kind in schema.kinds
        for name in ("id", "key")
    ]


def name_of(statement: str) -> str:
    """The name of what a statement of this module makes."""
    return statement.split("`")[1]


def constrains(statement: str) -> bool:
    """Whether a statement of this module makes a constraint, which is there when it is done."""
    return statement.startswith("CREATE CONSTRAINT")


def drop(name: str) -> LiteralString:
    """Take an index away."""
    return text(f"DROP INDEX {quoted(name)} IF EXISTS")


def _unique(name: str, pattern: str, value: str) -> LiteralString:
    return text(
        f"CREATE CONSTRAINT {quoted(name)} IF NOT EXISTS FOR {pattern} REQUIRE {value} IS UNIQUE"
    )
