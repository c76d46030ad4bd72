"""The file of the embedded store: opening, its format, and what SQLite's errors mean to a user."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph import sqlite_sql as sql
from graph.errors import StoreBusyError, StoreError, StoreVersionError

FORMAT = 3
MIGRATIONS = {  # from a format to a later one
    0: (FORMAT, sql.TABLES),
    1: (2, sql.FROM_1_TO_2),
    2: (3, sql.FROM_2_TO_3),
}
BUSY_SECONDS = 30.0  # a large batch takes some seconds to write


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection to the store at `path`, made when it is not there, migrated when it is older.

    StoreVersionError for a newer format, StoreError for a file that is no store.
    """
    with translated(path):
        connection = _opened(path, read_only=read_only)
        try:
            _prepare(connection, path)
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def _opened(path: Path, *, read_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    if not read_only:
        return connection
    try:
        connection.execute("PRAGMA user_version")
        return connection
    except sqlite3.OperationalError:
        connection.close()
        log = path.with_name(path.name + "-wal")
        if not path.is_file() or (log.exists() and log.stat().st_size):
            raise
    # In a folder that nobody can write to, nobody writes: it needs none of the files beside it.
    place = f"{path.absolute().as_uri()}?immutable=1"
    return sqlite3.connect(place, uri=True, isolation_level=None)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    for pragma in sql.PRAGMAS:
        connection.execute(pragma)
    if _format(connection) > FORMAT:
        raise StoreVersionError(
            f"{path} was written by a newer groundrec (format {_format(connection)}, "
            f"this one knows {FORMAT})",
            hint="install that version, or restore a backup",
        )
    if _format(connection) < FORMAT:
        connection.execute("BEGIN IMMEDIATE")
        format_ = _format(connection)
        if not format_ and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            raise StoreError(
                f"{path} is a database of something else",
                hint="set GROUNDREC_HOME to another folder",
            )
        while format_ < FORMAT:
            format_, script = MIGRATIONS[format_]
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    for statement in sql.ASKED.split(";"):
        connection.execute(statement)


def _format(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def writing(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """One transaction: all of it or nothing."""
    with translated(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, with what to do about them."""
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "locked" in said:
            raise StoreBusyError(
                f"another process is writing to {path}", hint="try again when it is done"
            ) from error
        if "full" in said:
            raise StoreError(
                f"no room left to write to {path}; nothing of this step was written",
                hint="make room and run it again, it goes on where it stopped",
            ) from error
        if "readonly" in said or "unable to open" in said:
            raise StoreError(
                f"cannot write to {path}", hint="look at the folder and its permissions"
            ) from error
        raise StoreError(f"{path}: {said}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} is no groundrec store, or is damaged: {error}",
            hint="`groundrec restore` brings a backup back",
        ) from error
