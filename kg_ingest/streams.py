"""Bytes of a file or of standard input: unpacked on the way, in bounded memory.

Compression is told by the first bytes, never by the name. What unpacks to far more than it took
is refused, so that a small file cannot fill a disk.
"""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from graph.errors import InputError

STDIN = "-"
CHUNK = 1_000_000
FREE_BYTES = 100_000_000
LONGEST_WINDOW_LOG = 27
_PEEKED = 65_536
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_REFUSED = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ\x00": "packed with xz",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3\x00": "an SQLite database",
}


@dataclass(slots=True)
class Stream:
    """Unpacked bytes; `offset` is how many were taken, `done` how many of the packed `total`."""

    source: BinaryIO
    total: int
    done: Callable[[], int]
    offset: int = 0
    _given_back: bytes = b""

    def read(self, size: int) -> bytes:
        """As many bytes as asked for; fewer only at the end."""
        raw = self._again(size)
        if len(raw) < size:
            raw += self.source.read(size - len(raw))
        self.offset += len(raw)
        return raw

    def readline(self, longest: int) -> bytes:
        """Up to the end of the line, but `longest` bytes at most."""
        raw = self._again(longest) or self.source.readline(longest)
        self.offset += len(raw)
        return raw

    def give_back(self, end: bytes) -> None:
        """Have the end of the line that was read last read again."""
        self.offset -= len(end)
        self._given_back = end

    def _again(self, size: int) -> bytes:
        raw, self._given_back = self._given_back[:size], self._given_back[size:]
        return raw

    def skip(self, offset: int) -> None:
        """Go forward to an offset."""
        while self.offset < offset and self.read(min(CHUNK, offset - self.offset)):
            pass


@contextmanager
def open_stream(path: Path | None, name: str, max_expansion: int) -> Iterator[Stream]:
    """The unpacked text of a file, without a byte order mark; None stands for standard input.

    InputError when it is no text, is damaged, or unpacks to more than `max_expansion` times its
    size (beyond a first 100 MB).
    """
    raw: Any = path.open("rb", buffering=0) if path else sys.stdin.buffer
    counted = _Counted(raw)
    try:
        packed: Any = io.BufferedReader(counted, CHUNK)
        source: Any
        start = packed.peek(16)[:16]
        _refuse(start, name)
        if start.startswith(_GZIP):
            source = _guarded(gzip.GzipFile(fileobj=packed), counted, name, max_expansion)
        elif start.startswith(_ZSTD):
            source = _guarded(_zstd(packed), counted, name, max_expansion)
        else:
            source = packed
        head = source.peek(_PEEKED)[:_PEEKED]
        _refuse(head, name)
        if b"\n" not in head and b"\r" in head[:-1]:
            source = io.BufferedReader(_OldMac(source), CHUNK)
        stream = Stream(
            cast(BinaryIO, source), path.stat().st_size if path else 0, lambda: counted.count
        )
        if head.startswith(_BOM):
            stream.read(len(_BOM))
        yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error, _Damaged) as error:
        raise InputError(
            f"{name} is damaged or cut off: {error}",
            hint="bring the file again; what was read before is kept",
        ) from error
    finally:
        if path:
            raw.close()


class _Damaged(Exception):
    """What is packed with zstd cannot be unpacked."""


class _Raw(io.RawIOBase):
    """A readable stream made of another; subclasses say what `readinto` does."""

    def readable(self) -> bool:
        return True


class _Counted(_Raw):
    def __init__(self, source: Any) -> None:
        self.source = source
        self.count = 0

    def readinto(self, target: Any) -> int:
        got = int(self.source.readinto(target) or 0)
        self.count += got
        return got


class _Guarded(_Raw):
    """Unpacked bytes, as long as they stand in proportion to the packed ones."""

    def __init__(self, source: Any, packed: _Counted, name: str, most: int) -> None:
        self.source, self.packed, self.name, self.most = source, packed, name, most
        self.count = 0

    def readinto(self, target: Any) -> int:
        try:
            raw = self.source.read(len(target))
        except Exception as error:
            if type(error).__name__ == "ZstdError":
                raise _Damaged(str(error)) from error
            raise
        self.count += len(raw)
        if self.count > max(FREE_BYTES, self.most * self.packed.count):
            raise InputError(
                f"{self.name} unpacks to more than {self.most} times its size: "
                f"{self.count:,} bytes from {self.packed.count:,}, and that is not the end",
                hint="unpack it yourself, or raise `max_expansion` of the source, if you trust it",
            )
        target[: len(raw)] = raw
        return len(raw)


class _OldMac(_Raw):
    """Lines that end with a carriage return alone, ended with a line feed."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def readinto(self, target: Any) -> int:
        raw = self.source.read(len(target)).replace(b"\r", b"\n")
        target[: len(raw)] = raw
        return len(raw)


def _guarded(source: Any, packed: _Counted, name: str, most: int) -> io.BufferedReader:
    return io.BufferedReader(_Guarded(source, packed, name, most), CHUNK)


def _zstd(packed: Any) -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression.zstd import DecompressionParameter, ZstdFile
        else:
            from backports.zstd import DecompressionParameter, ZstdFile
    except ImportError as error:
        raise InputError(
            "reading .zst needs backports.zstd", hint="pip install 'groundrec[sources]'"
        ) from error
    return ZstdFile(packed, options={DecompressionParameter.window_log_max: LONGEST_WINDOW_LOG})


def _refuse(start: bytes, name: str) -> None:
    for magic, what in _REFUSED.items():
        if start.startswith(magic):
            raise InputError(
                f"{name} is {what}, no text",
                hint="unpack it first, pack it with gzip or zstd, or give the source its `format`",
            )
    if start.startswith(_UTF16):
        raise InputError(
            f"{name} is UTF-16", hint="turn it into UTF-8 first: iconv -f UTF-16 -t UTF-8"
        )
