"""The stores that ingests are tested with."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from graph.sqlite_store import open_sqlite
from graph.store import GraphStore
from tests.memory_store import MemoryStore

Opened = Callable[[Path], AbstractContextManager[GraphStore]]


@contextmanager
def memory(folder: Path) -> Iterator[GraphStore]:
    yield MemoryStore()


@contextmanager
def sqlite(folder: Path) -> Iterator[GraphStore]:
    with open_sqlite(folder / "graph.db") as store:
        yield store


STORES: list[Opened] = [memory, sqlite]
