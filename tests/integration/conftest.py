"""What integration tests share: one home in which the demo has run."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from graph.errors import FetchError
from graph.locking import alone
from groundrec.sample.datasets import ML_100K, fetch
from groundrec.sample.demo import run_demo
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from tests.conftest import CACHE
from tests.integration.neo4j_server import GIVEN, LINES, Server, server_or_given, tool

# A server that lives for minutes is ready sooner, and done sooner, without Java's second compiler.
tool.OPTIONS += ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


@pytest.fixture(scope="session")
def ml_100k() -> Path:
    """MovieLens-100K in the demo's own cache, so that it is fetched once per checkout."""
    try:
        with alone(CACHE / "tests.lock", "fetch", wait=600):
            return fetch(ML_100K, CACHE, lambda what, done, total: None)
    except FetchError as error:
        if os.environ.get("CI"):
            pytest.fail(f"needs data: {error}")
        pytest.skip(f"needs data: {error}")


@pytest.fixture(scope="session")
def demo_home(ml_100k: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the demo has run from the beginning."""
    home = tmp_path_factory.mktemp("demo")
    (home / "cache").mkdir()
    (home / "cache" / ML_100K).symlink_to(ml_100k)
    run_demo(Workspace(Settings(home=home)), "172", as_json=True)
    return home


@pytest.fixture(scope="session")
def neo4j_servers() -> Iterator[Callable[[str], Server]]:
    """Gives the server of a line, which is started when it is first asked for."""
    with ExitStack() as started:
        yield cache(lambda line: started.enter_context(server_or_given(line)))


@pytest.fixture(scope="session", params=LINES)
def neo4j_server(request: pytest.FixtureRequest, neo4j_servers: Callable[[str], Server]) -> Server:
    """A server of each line."""
    return neo4j_servers("given" if GIVEN else request.param)
