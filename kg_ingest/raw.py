"""A catalogue row read again, to be shown beside what was made of it."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from graph.errors import GroundrecError
from kg_ingest.lines import LONGEST_LINE, next_chunk
from kg_ingest.origins import OriginFile, Origins
from kg_ingest.readers import BLOCK_BYTES
from kg_ingest.streams import open_stream

LONGEST_ROW = 500
LONGEST_SEARCH = 4_000_000_000
_NOT_AGAIN = {"sql": "a database", "turtle": "Turtle, whose rows have no lines"}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in its file now; `text` is None where it cannot be told, and why."""

    text: str | None
    note: str = ""


def raw_row(
    origins: Origins | None, source: str, file: str, line: int, names: Iterable[str]
) -> RawRow:
    """The row at a line of a file of a run.

    Of a file that has changed since it is shown only if it still holds the words of all `names`.
    """
    if origins is None:
        return RawRow(None, "it came from no file")
    found = next((one for one in origins.files if (one.source, one.name) == (source, file)), None)
    if found is None or found.path is None:
        return RawRow(None, "where its file lay is not known")
    if found.format in _NOT_AGAIN:
        return RawRow(None, f"{_NOT_AGAIN[found.format]} is not read again")
    path = Path(found.path)
    try:
        told = path.stat()
        text = _text(path, found, line)
    except FileNotFoundError:
        return RawRow(None, f"{path} is not there any more")
    except (OSError, GroundrecError, pl.exceptions.PolarsError) as error:
        return RawRow(None, f"{path} cannot be read: {error}")
    if text is not None and (told.st_size, told.st_mtime_ns) == (found.size, found.changed):
        return RawRow(text[:LONGEST_ROW])
    if text is None or not _words(" ".join(names)) <= _words(text):
        return RawRow(None, f"{path} has changed, line {line} says something else now")
    return RawRow(text[:LONGEST_ROW], f"{path} has changed, and this line still says so")


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _text(path: Path, file: OriginFile, line: int) -> str | None:
    if file.format in ("parquet", "arrow"):
        table = pl.scan_parquet(path) if file.format == "parquet" else pl.scan_ipc(path)
        rows = table.slice(line - 1, 1).collect()
        return (
            json.dumps(rows.row(0, named=True), default=str, ensure_ascii=False)
            if len(rows)
            else None
        )
    with open_stream(path, file.name, file.max_expansion) as stream:
        for _ in range(file.lead):
            stream.readline(LONGEST_LINE)
        at = file.lead + 1
        while stream.offset < LONGEST_SEARCH:
            chunk = next_chunk(stream, file.quote, BLOCK_BYTES)
            if not chunk.raw and not chunk.passed_over:
                return None
            count = chunk.raw.count(b"\n") + (not chunk.raw.endswith(b"\n"))
            if at <= line < at + count:
                return _row(chunk.raw.split(b"\n")[line - at :], file.quote)
            at += count + bool(chunk.passed_over)
    return None


def _row(lines: list[bytes], quote: str) -> str:
    """A line, and those that follow while a quote is open."""
    taken = lines[0]
    for more in lines[1:50]:
        if not quote or taken.count(quote.encode()) % 2 == 0 or len(taken) > LONGEST_ROW:
            break
        taken += b"\n" + more
    return taken.decode("utf-8", "replace").rstrip("\r\n")
