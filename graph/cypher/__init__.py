"""All Cypher of the Neo4j store. Values travel as parameters, never inside the text.

    (:film {id, key, name, aliases, ...})-[:directed_by {id, weight, time, ...}]->(:person)

A kind is a label, a relation is a type, both spelled as in the mapping. A node or relationship is
there when the graph has it now; it carries what is said of it, and by whom (`source`, `run`, `file`
are numbers of ours). Where that is more than one live fact it carries what they say together, and
`several`; those facts, the superseded ones, and those about what is not there are nodes of our own.
Labels of ours begin with Groundrec, which no kind can, since kinds begin with a small letter.

Names that are put into a text are kinds and relations of a schema, and property names of this
package: words that the others use are here, then `indexes` (what is found quickly), `keeping` (our
own records), `looking` (by ids), `writing`, `undoing`, `paging` (all of it),
`publishing` (what models say).
"""

from dataclasses import dataclass
from typing import LiteralString

from graph.schema import Relation, Schema

STORE, RUN, SCHEMA = "GroundrecStore", "GroundrecRun", "GroundrecSchema"
SOURCE, FILE, SEEN = "GroundrecSource", "GroundrecFile", "GroundrecSeen"
FORGOTTEN, COLUMNS = "GroundrecForgotten", "GroundrecColumns"
SIDE = {"nodes": "GroundrecNodeFact", "edges": "GroundrecEdgeFact"}

# What a node carries, and what a relationship may carry besides its id; both have the same
# provenance.
OF_NODE = ("id", "key", "name", "unnamed", "aliases", "aliases_json", "properties")
PROVENANCE = ("source", "run", "file", "line", "valid_from", "valid_to", "said", "others")
CARRIED = ("weight", "time", "split", "discriminator", "properties", *PROVENANCE)


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
