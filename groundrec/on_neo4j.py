"""Whether the graph is in Neo4j, and how it is opened there."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from graph.errors import InputError
from groundrec.settings import Settings

if TYPE_CHECKING:
    from graph.neo4j_features import Feature
    from graph.neo4j_store import Neo4jStore

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def on_neo4j(settings: Settings) -> bool:
    """Whether the settings put the graph into Neo4j; InputError for a store that is neither."""
    if settings.store == "sqlite":
        return False
    if settings.store == "neo4j" or urlsplit(settings.store).scheme in SCHEMES:
        return True
    raise InputError(
        f"unknown store {settings.store!r}",
        hint="GROUNDREC_STORE is sqlite, neo4j (with NEO4J_URI), or an address like neo4j://HOST",
    )


def open_neo4j(settings: Settings, *, read_only: bool = False) -> "Neo4jStore":
    """The store on the server that the settings name."""
    uri = settings.neo4j_uri if settings.store == "neo4j" else settings.store
    if "@" in urlsplit(uri).netloc:
        raise InputError(
            "a server's address must not hold a password, since addresses are shown",
            hint="set NEO4J_USERNAME and NEO4J_PASSWORD instead",
        )
    try:
        from graph.neo4j_link import Address
        from graph.neo4j_store import open_neo4j as opened
    except ImportError as error:
        raise InputError(
            "the graph is in Neo4j, and its driver is not installed",
            hint="pip install 'groundrec[neo4j]'",
        ) from error
    address = Address(
        uri,
        settings.neo4j_username,
        settings.neo4j_password.get_secret_value(),
        settings.neo4j_database,
    )
    return opened(address, read_only=read_only)


def about(settings: Settings) -> str:
    """Which server that is, before what is said of the graph there; nothing for a file."""
    if not on_neo4j(settings):
        return ""
    with open_neo4j(settings, read_only=True) as store:
        return f"{store.about()} at {store.link.address.uri}: "


def features(settings: Settings) -> "tuple[Feature, ...]":
    """What that server can do beyond the common; nothing for a file."""
    if not on_neo4j(settings):
        return ()
    with open_neo4j(settings, read_only=True) as store:
        from graph.neo4j_features import features

        return features(store.link)
