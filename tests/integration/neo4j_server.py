"""Real Neo4j servers for tests: one per line and session, on loopback, with a home of its own.

NEO4J_URI, NEO4J_USERNAME and NEO4J_PASSWORD name a server to be used instead; its database must be
one that may be emptied, and NEO4J_TESTS_MAY_EMPTY=yes has to say so.
"""

import importlib.util
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import neo4j
import pytest

from graph.locking import alone

ROOT = Path(__file__).parents[2]
LINES = ("lts", "newest")
GIVEN = "NEO4J_URI" in os.environ and os.environ.get("NEO4J_TESTS_MAY_EMPTY") == "yes"


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("server", ROOT / "tools" / "neo4j" / "server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()


@dataclass(frozen=True)
class Server:
    """A running server; `home` is None when it is somebody else's."""

    uri: str
    username: str
    password: str
    home: Path | None

    @property
    def port(self) -> int:
        return int(self.uri.rsplit(":", 1)[1])

    def stop(self, *, at_once: bool = False) -> None:
        tool.stop(self.home, at_once=at_once)

    def start(self) -> None:
        tool.start(self.home, "", self.port, free_port())


def emptied(server: Server) -> None:
    """Remove all nodes; constraints and indexes stay, as in a store that was emptied."""
    with (
        neo4j.GraphDatabase.driver(server.uri, auth=(server.username, server.password)) as driver,
        driver.session() as session,
    ):
        for statement in (
            "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 50000 ROWS",
            "MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 50000 ROWS",
        ):
            session.run(statement).consume()


def use(server: Server, patch: pytest.MonkeyPatch) -> None:
    """Put the graph onto this server, as a user does."""
    patch.setenv("GROUNDREC_STORE", "neo4j")
    patch.setenv("NEO4J_URI", server.uri)
    patch.setenv("NEO4J_USERNAME", server.username)
    patch.setenv("NEO4J_PASSWORD", server.password)


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(line: str, folder: Path | None = None, *, apoc: bool = False) -> Iterator[Server]:
    """A new server of a line, gone afterwards; the test is skipped, or in CI fails, without one."""
    home = Path(tempfile.mkdtemp(prefix="neo4j-", dir=folder))
    try:
        try:
            if apoc:
                shutil.copytree(tool.apoc_jars(), home / "plugins")
            told = tool.start(home, line, free_port(), free_port())
        except tool.Unable as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield Server(told["NEO4J_URI"], told["NEO4J_USERNAME"], told["NEO4J_PASSWORD"], home)
    finally:
        tool.stop(home, at_once=True)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def server_or_given(line: str) -> Iterator[Server]:
    """The server that the environment names, or a new one of a line."""
    if GIVEN:
        # There is one of it: who shares the tests with us waits until we are done with it.
        with alone(Path(tempfile.gettempdir()) / "groundrec-given.lock", "test", wait=7200):
            yield Server(
                os.environ["NEO4J_URI"],
                os.environ.get("NEO4J_USERNAME", "neo4j"),
                os.environ.get("NEO4J_PASSWORD", ""),
                None,
            )
        return
    with server(line) as started:
        yield started
