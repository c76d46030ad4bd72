"""`alone`: one process at a time, and none that was killed stands in the way of the next.

The lock is SQLite's own: the system takes it back from a process that is no more, everywhere.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from graph.errors import StoreBusyError, StoreError


@contextmanager
def alone(path: Path, what: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock at `path`; StoreBusyError when another process still does after `wait` seconds.

    `what` is what only one may do at a time, "ingest".
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(path, timeout=wait, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise _cannot_write(path) from error
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise _cannot_write(path) from error
            raise StoreBusyError(
                f"another {what} is at work in {path.parent}", hint="try again when it is done"
            ) from error
        yield


def _cannot_write(path: Path) -> StoreError:
    return StoreError(
        f"cannot write to {path.parent}", hint="look at the folder, its permissions and its room"
    )
