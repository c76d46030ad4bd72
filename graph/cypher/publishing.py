"""What models say of nodes, put on them for those who ask the server; nothing of ours reads it.

(:film {published, embedding}), (:user {published, embedding, best, best_scores})
"""

from typing import LiteralString

from graph.cypher import quoted, text

PUBLISHED = "GroundrecPublished"
SAID = ("embedding", "best", "best_scores", "published")  # the last is a hash of the others

HAS_VECTORS: LiteralString = (
    "SHOW PROCEDURES YIELD name WHERE name = 'db.create.setNodeVectorProperty'"
    " RETURN count(*) > 0 AS found"
)
DIMENSIONS: LiteralString = (
    "SHOW VECTOR INDEXES YIELD name, options WHERE name = $name"
    " RETURN options.indexConfig['vector.dimensions'] AS n"
)
READ_ABOUT = text(f"MATCH (p:{PUBLISHED}) RETURN properties(p) AS about")
SET_ABOUT = text(f"MERGE (p:{PUBLISHED} {{name: 'graph'}}) SET p = $about, p.name = 'graph'")
DROP_ABOUT = text(f"MATCH (p:{PUBLISHED}) DELETE p")


def index_name(kind: str) -> str:
    """What the vector index of a kind is called."""
    return f"groundrec_embedding_{kind}"


def vector_index(kind: str, dimensions: int) -> LiteralString:
    """For the embeddings of a kind, unquantised.

    Servers quantise by default; 5.26 then finds nine of the ten nearest, and without it all ten.
    """
    return text(
        f"CREATE VECTOR INDEX {quoted(index_name(kind))} IF NOT EXISTS",
        f"FOR (n:{quoted(kind)}) ON n.embedding OPTIONS {{indexConfig: {{",
        f"`vector.dimensions`: {int(dimensions)}, `vector.similarity_function`: 'cosine',"
        " `vector.quantization.enabled`: false}}",
    )


def drop_index(kind: str) -> LiteralString:
    """Take the vector index of a kind away."""
    return text(f"DROP INDEX {quoted(index_name(kind))} IF EXISTS")


def page_of_published(kind: str) -> LiteralString:
    """Nodes of a kind after an id, in the order of ids, with the hash of what is on them."""
    return text(
        f"MATCH (n:{quoted(kind)}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $page",
        "RETURN collect(n.id) AS ids, collect(coalesce(n.published, 0)) AS published",
    )


def publish(kind: str) -> LiteralString:
    """Put onto nodes what rows say: id, hash, embedding or null, best items and their scores."""
    return text(
        f"UNWIND $rows AS x MATCH (n:{quoted(kind)} {{id: x[0]}})",
        "SET n.published = x[1], n.embedding = null, n.best = x[3], n.best_scores = x[4]",
        "WITH n, x WHERE x[2] IS NOT NULL",
        "CALL db.create.setNodeVectorProperty(n, 'embedding', x[2])",
    )


def withdraw(kind: str) -> LiteralString:
    """Take off nodes what was put there."""
    return text(
        f"UNWIND $ids AS id MATCH (n:{quoted(kind)} {{id: id}})",
        f"SET {', '.join(f'n.{name} = null' for name in SAID)}",
    )
