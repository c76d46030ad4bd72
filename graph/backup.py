"""Whole, verified copies of the embedded store.

A backup is an SQLite file of its own: a consistent copy, taken while others go on working, with
the SHA-256 of its content in its last 64 bytes, so that what is brought back is what was saved.
"""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from graph.errors import DamagedArtefactError, InputError, MissingArtefactError, StoreError
from graph.sqlite_store import open_sqlite

_MAGIC = b"groundrec backup 1 sha256 "
_TRAILER = len(_MAGIC) + 64


def backup(source: Path, target: Path) -> None:
    """Copy the store at `source` into the new file `target`, whole or not at all.

    MissingArtefactError without a store, InputError when the target is there already.
    """
    if not source.is_file():
        raise MissingArtefactError(
            f"no graph at {source}", hint="`groundrec ingest run MAPPING` makes one"
        )
    if target.exists():
        raise InputError(f"{target} is there already", hint="name a new file")
    beside = _beside(target)
    try:
        with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(beside)) as copy:
            store.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise DamagedArtefactError(f"{source} is damaged: {found}")
        with beside.open("ab") as file:
            file.write(_MAGIC + _sha256(beside, beside.stat().st_size).encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except sqlite3.Error as error:
        raise StoreError(f"cannot copy {source}: {error}") from error
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def restore(source: Path, target: Path, *, force: bool = False) -> None:
    """Bring back what `backup` wrote, after its checksum was verified.

    DamagedArtefactError when a byte differs, InputError when it is no backup, or when a graph is
    there and `force` is not given. An older format is migrated as on any opening.
    """
    size = _verified(source)
    if target.exists() and not force:
        raise InputError(
            f"a graph is already at {target}", hint="--force replaces it; back it up first"
        )
    beside = _beside(target)
    try:
        shutil.copyfile(source, beside)
        os.truncate(beside, size)
        open_sqlite(beside).close()
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        beside.replace(target)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}") from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            beside.with_name(beside.name + suffix).unlink(missing_ok=True)


def _verified(source: Path) -> int:
    """The size of the store within a backup."""
    try:
        size = source.stat().st_size - _TRAILER
        with source.open("rb") as file:
            file.seek(max(size, 0))
            trailer = file.read(_TRAILER)
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from error
    if size <= 0 or not trailer.startswith(_MAGIC):
        raise InputError(f"{source} is no backup, or its end is missing")
    if _sha256(source, size).encode() != trailer.removeprefix(_MAGIC):
        raise DamagedArtefactError(f"{source} is damaged: its checksum does not match")
    return size


def _sha256(path: Path, size: int) -> str:
    digest = hashlib.sha256()
    left = size
    with path.open("rb") as file:
        while left and (block := file.read(min(left, 1 << 22))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _beside(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise StoreError(f"cannot write to {target.parent}: {error.strerror}") from error
    os.close(handle)
    return Path(name)
