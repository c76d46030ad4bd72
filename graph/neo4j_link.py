"""The link to a Neo4j server: address, driver, sessions, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import neo4j
from neo4j import exceptions as failures

from graph.errors import StoreBusyError, StoreError

FETCH = 1_000
RETRY_SECONDS = 30.0
SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and who we are there; an empty database is the user's default one."""

    uri: str
    username: str = "neo4j"
    password: str = ""
    database: str = ""

    def __repr__(self) -> str:
        return f"Address({self.uri!r}, {self.username!r}, database={self.database!r})"


class Link:
    """A driver and how we use it; safe to share between threads."""

    def __init__(self, address: Address, *, read_only: bool = False) -> None:
        self.address = address
        self.read_only = read_only
        with translated(address):
            self._driver = neo4j.GraphDatabase.driver(
                address.uri,
                auth=(address.username, address.password),
                notifications_min_severity="OFF",
                max_transaction_retry_time=RETRY_SECONDS,
                user_agent="groundrec",
            )
            try:
                # Fails at once where a managed transaction would go on trying.
                with self.session(read=True) as session:
                    session.run("RETURN 1").consume()
            except BaseException:
                self._driver.close()
                raise

    @property
    def driver(self) -> neo4j.Driver:
        """The driver itself, for tools that bring their own statements."""
        return self._driver

    def session(self, *, read: bool = False) -> neo4j.Session:
        """A session that sees what this link has written before, on whichever server."""
        return self._driver.session(
            database=self.address.database or None,
            default_access_mode=neo4j.READ_ACCESS if read or self.read_only else neo4j.WRITE_ACCESS,
            bookmark_manager=self._driver.execute_query_bookmark_manager,
            fetch_size=FETCH,
        )

    def read(self, statement: LiteralString, **values: Any) -> list[neo4j.Record]:
        """All records of a statement that only reads, in a transaction of its own with retry."""
        with translated(self.address), self.session(read=True) as session:
            return session.execute_read(lambda tx: list(tx.run(statement, values)))

    def run(self, statement: LiteralString, **values: Any) -> list[neo4j.Record]:
        """All records of a statement that brings its own transaction: schema, administration."""
        with translated(self.address), self.session() as session:
            return list(session.run(statement, values))

    def close(self) -> None:
        """Release the connections; closing twice is fine."""
        self._driver.close()


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """The driver's and the server's errors as ours, each with what to do."""
    try:
        yield
    except failures.AuthError as error:
        raise StoreError(
            f"Neo4j at {address.uri} does not let {address.username!r} in with this password",
            hint="set NEO4J_USERNAME and NEO4J_PASSWORD",
        ) from error
    except (failures.ServiceUnavailable, failures.SessionExpired) as error:
        raise StoreError(
            f"no Neo4j answers at {address.uri}",
            hint="start it (`make neo4j`), or look at NEO4J_URI; what was written before is whole",
        ) from error
    except failures.ConfigurationError as error:
        raise StoreError(
            f"{address.uri} is no address of a Neo4j server: {error}",
            hint=f"an address begins with one of {', '.join(SCHEMES)}, like bolt://127.0.0.1:7687",
        ) from error
    except failures.Neo4jError as error:
        raise _told(error, address) from error
    except failures.DriverError as error:
        raise StoreError(f"Neo4j at {address.uri}: {error}") from error


def _told(error: failures.Neo4jError, address: Address) -> StoreError:
    code, message = error.code or "", (error.message or "").splitlines()[0:1]
    said = message[0] if message else code
    if "DatabaseNotFound" in code:
        return StoreError(
            f"Neo4j at {address.uri} has no database {address.database!r}",
            hint="set NEO4J_DATABASE; Community has one only, called neo4j",
        )
    if "DatabaseUnavailable" in code:
        return StoreError(
            f"the database {address.database or 'neo4j'!r} at {address.uri} is not available",
            hint="it may be starting, or its disk may be full: see the server's log",
        )
    if "Security" in code:
        return StoreError(
            f"Neo4j at {address.uri} forbids {address.username!r} to do this: {said}",
            hint="groundrec needs to read, write, and make constraints and indexes",
        )
    if "MemoryPool" in code or "OutOfMemory" in code:
        return StoreError(
            f"Neo4j at {address.uri} has too little memory for one transaction",
            hint="raise server.memory.heap.max_size and dbms.memory.transaction.total.max",
        )
    if "Lock" in code or "Deadlock" in code:
        return StoreBusyError(
            f"another process is writing to {address.uri}", hint="try again when it is done"
        )
    if "No space left" in str(error) or "disk" in said.lower() or "TransactionLogError" in code:
        return StoreError(
            f"no room left on the disk of Neo4j at {address.uri}; nothing of this step was written",
            hint="make room there, restart it and run this again, it goes on where it stopped",
        )
    return StoreError(f"Neo4j at {address.uri}: {said}", hint=f"its code for this is {code}")
