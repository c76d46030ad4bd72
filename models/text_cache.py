"""Vectors that were made once are kept, by what the text says and who made them."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np

from graph.errors import StoreError
from graph.snapshot import Progress
from graph.types import TextEncoder, Vectors

_BATCH = 256
_ASKED = 500
_TABLE = """
CREATE TABLE IF NOT EXISTS vectors (
    encoder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (encoder, text)
) WITHOUT ROWID
"""


class CachedEncoder:
    """An encoder that looks into a file first; `opened` is asked for the model when that misses.

    What was encoded is written in batches, so that a run that is cut short is not lost. The file
    may be deleted at any time.
    """

    def __init__(
        self,
        name: str,
        size: int,
        languages: frozenset[str] | None,
        opened: Callable[[], TextEncoder],
        file: Path,
        progress: Progress | None = None,
    ) -> None:
        self.name = name
        self.size = size
        self.languages = languages
        self.progress = progress
        self._opened = opened
        self._file = file

    @cached_property
    def inner(self) -> TextEncoder:
        """The model, loaded when first needed."""
        return self._opened()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `TextEncoder`."""
        if not texts:
            return np.zeros((0, self.size), dtype=np.float32)
        keys = [_key(text) for text in texts]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._file, timeout=60)) as kept:
                kept.execute("PRAGMA journal_mode=WAL")
                kept.execute(_TABLE)
                found = dict(self._kept(kept, list(dict.fromkeys(keys))))
                missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in found}
                for made in self._made(list(missing.items())):
                    with kept:
                        kept.executemany(
                            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                            [(self.name, key, vector) for key, vector in made],
                        )
                    found.update(made)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the cache of texts {self._file}: {error}", hint="it may be deleted at any time"
            ) from error
        flat = b"".join(found[key] for key in keys)
        return np.frombuffer(flat, dtype=np.float32).reshape(len(texts), self.size).copy()

    def _kept(self, kept: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
        one = "SELECT text, vector FROM vectors WHERE encoder = ? AND text IN "
        for start in range(0, len(keys), _ASKED):
            part = keys[start : start + _ASKED]
            places = ", ".join("?" * len(part))
            for text, vector in kept.execute(f"{one}({places})", [self.name, *part]):
                if len(vector) == 4 * self.size:
                    yield text, vector

    def _made(self, missing: list[tuple[bytes, str]]) -> Iterator[list[tuple[bytes, bytes]]]:
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            if self.progress is not None and len(missing) > _BATCH:
                self.progress(f"reading texts with {self.name}", start, len(missing))
            vectors = self.inner.encode([text for _, text in part])
            yield [(key, v.tobytes()) for (key, _), v in zip(part, vectors, strict=True)]


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
