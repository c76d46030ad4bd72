"""What not every server can do: used where it is there, and told by `groundrec doctor`."""

from dataclasses import dataclass

from graph.cypher.indexes import EDITION
from graph.cypher.publishing import HAS_VECTORS
from graph.neo4j_link import Link

ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that not every server has, and what that means here."""

    name: str
    there: bool
    told: str


def edition(link: Link) -> tuple[str, str]:
    """Version and edition of a server; the edition is "community" or "enterprise"."""
    (found,) = link.read(EDITION)
    return str(found["versions"][0]), str(found["edition"])


def features(link: Link) -> tuple[Feature, ...]:
    """What there is on a server, and what is done about what there is not."""
    paid = edition(link)[1] == ENTERPRISE
    (vectors,) = link.run(HAS_VECTORS)
    told = (
        (
            "vector index",
            bool(vectors["found"]),
            "`groundrec publish` fills it",
            "from 5.13 on; `groundrec publish` needs it",
        ),
        (
            "existence constraints",
            paid,
            "every node has its id and key",
            "Enterprise has them; the store writes no node without id and key",
        ),
        (
            "roles",
            paid,
            "give groundrec one of its own (docs/deploy.md)",
            "Enterprise has them; whoever reaches this server may do everything",
        ),
        (
            "cluster, hot backup",
            paid,
            "use an address neo4j://, which routes (docs/deploy.md)",
            "Enterprise has them; `neo4j-admin database dump` needs the server stopped",
        ),
    )
    return tuple(Feature(name, has, yes if has else no) for name, has, yes, no in told)
