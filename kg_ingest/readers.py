"""Files become blocks of rows: raw text columns, with exact line numbers, in bounded memory.

A text file is read in byte blocks that end with a line. Lines without quotes are split as whole
columns; a block with quotes goes through the standard library's csv. A row that cannot be read
is a reject with its line; where a quote is never closed, each line counts as a row of its own.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from graph.errors import InputError, MappingError
from kg_ingest.mapping import File
from kg_ingest.rejects import rejects

BLOCK_BYTES = 8_000_000
BLOCK_ROWS = 100_000
OPEN_QUOTE_BYTES = 64_000_000
LINE = "#line"
_BOM = b"\xef\xbb\xbf"

csv.field_size_limit(OPEN_QUOTE_BYTES)

Rows = list[list[str]]
Bad = list[tuple[int, str, str, str]]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file.

    `frame` has one text column (or list of texts) per column of the file, and `LINE`; `position`
    is where the next block begins, to be given to `read_blocks`; `done` and `total` count bytes
    (rows for Parquet).
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    position: str
    done: int
    total: int


def read_blocks(file: File, path: Path, position: str = "") -> Iterator[Block]:
    """The blocks of a file from `position` on; InputError when it cannot be opened."""
    try:
        if file.format == "parquet":
            yield from _parquet_blocks(path, position)
        else:
            with path.open("rb") as source:
                yield from _text_blocks(file, path, source, position)
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror or error}",
            hint="is --data (GROUNDREC_DATA) the folder that the mapping means?",
        ) from error


# -- text ------------------------------------------------------------------------------------


def _text_blocks(file: File, path: Path, source: BinaryIO, position: str) -> Iterator[Block]:
    total = path.stat().st_size
    if source.read(3) != _BOM:
        source.seek(0)
    line = 0
    for _ in range(file.skip):
        source.readline()
        line += 1
    columns = list(file.columns)
    if file.format != "jsonl" and file.has_header:
        columns = _header(file, path, source.readline())
        line += 1
    if position:
        offset, line = (int(part) for part in position.split(":"))
        source.seek(offset)
    while raw := _whole_lines(source, file.quoted):
        frame, bad = _parse(file, raw, columns, line + 1)
        line += raw.count(b"\n") + (not raw.endswith(b"\n"))
        done = source.tell()
        yield Block(frame, rejects(bad), f"{done}:{line}", done, total)


def _header(file: File, path: Path, raw: bytes) -> list[str]:
    text = raw.decode(file.encoding, "replace").rstrip("\r\n")
    if file.quoted:
        columns = next(csv.reader([text], delimiter=file.parted_by, quotechar=file.quoted), [])
    else:
        columns = text.split(file.parted_by)
    columns = [column.strip() for column in columns]
    if len(set(columns)) < len(columns) or not all(columns):
        raise MappingError(
            f"{path}:1: the header names a column twice, or not at all: {', '.join(columns)}",
            hint="give the source `columns` and `skip = 1` instead",
        )
    return columns


def _whole_lines(source: BinaryIO, quote: str) -> bytes:
    """The next block; it goes on where it would end in a line, or in an open quote."""
    raw = source.read(BLOCK_BYTES) + source.readline()
    mark = quote.encode() if quote else b""
    while mark and raw.count(mark) % 2:
        more = source.readline()
        if not more or len(raw) > BLOCK_BYTES + OPEN_QUOTE_BYTES:
            break
        raw += more
    return raw


def _parse(file: File, raw: bytes, columns: list[str], first: int) -> tuple[pl.DataFrame, Bad]:
    lines, numbers, bad = _decoded(raw, file.encoding, first)
    if file.format == "jsonl":
        frame, more = _json_rows(lines, numbers)
    elif file.format == "adjacency":
        frame, more = _adjacency(lines, numbers, file.parted_by, columns)
    elif file.quoted and any(file.quoted in line for line in lines):
        frame, more = _quoted(lines, numbers, file, columns)
    else:
        frame, more = _split(lines, numbers, file.parted_by, columns)
    return frame, bad + more


def _decoded(raw: bytes, encoding: str, first: int) -> tuple[list[str], range | list[int], Bad]:
    """Lines without their ends, their numbers, and those that are no text."""
    try:
        lines = raw.decode(encoding).split("\n")
        if lines[-1] == "":
            lines.pop()
        return lines, range(first, first + len(lines)), []
    except UnicodeDecodeError:
        lines, numbers, bad = [], [], []
        parts = raw.split(b"\n")
        if parts[-1] == b"":
            parts.pop()
        for number, part in enumerate(parts, first):
            try:
                lines.append(part.decode(encoding))
                numbers.append(number)
            except UnicodeDecodeError as error:
                reason = f"not {encoding} at byte {error.start + 1}"
                bad.append((number, "", reason, part.decode(encoding, "replace")))
        return lines, numbers, bad


def _lined(lines: list[str], numbers: range | list[int]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {LINE: pl.Series(numbers, dtype=pl.Int64), "text": pl.Series(lines, dtype=pl.String)}
    )
    return frame.with_columns(pl.col("text").str.strip_chars_end("\r")).filter(
        pl.col("text").str.strip_chars() != ""
    )


def _split(
    lines: list[str], numbers: range | list[int], delimiter: str, columns: list[str]
) -> tuple[pl.DataFrame, Bad]:
    rows = _lined(lines, numbers).with_columns(parts=pl.col("text").str.split(delimiter))
    width = pl.col("parts").list.len()
    ragged = rows.filter(width != len(columns))
    bad = [
        (line, "", f"{found} fields, expected {len(columns)}", text)
        for line, text, found in ragged.select(LINE, "text", width.alias("n")).iter_rows()
    ]
    fine = rows.filter(width == len(columns)) if ragged.height else rows
    return (
        fine.select(
            LINE, *(pl.col("parts").list.get(at).alias(name) for at, name in enumerate(columns))
        ),
        bad,
    )


def _adjacency(
    lines: list[str], numbers: range | list[int], delimiter: str, columns: list[str]
) -> tuple[pl.DataFrame, Bad]:
    parts = pl.col("text").str.strip_chars().str.split(delimiter)
    rows = _lined(lines, numbers).select(LINE, parts.alias("parts"))
    return (
        rows.select(
            LINE,
            pl.col("parts").list.get(0).alias(columns[0]),
            pl.col("parts").list.slice(1).alias(columns[1]),
        ),
        [],
    )


def _quoted(
    lines: list[str], numbers: range | list[int], file: File, columns: list[str]
) -> tuple[pl.DataFrame, Bad]:
    try:
        return _csv_rows(lines, numbers, file, columns)
    except csv.Error:
        parts = [
            _csv_line(line, number, file, columns)
            for line, number in zip(lines, numbers, strict=True)
        ]
        return pl.concat([frame for frame, _ in parts]), [row for _, bad in parts for row in bad]


def _csv_line(line: str, number: int, file: File, columns: list[str]) -> tuple[pl.DataFrame, Bad]:
    try:
        return _csv_rows([line], [number], file, columns)
    except csv.Error as error:
        empty, _ = _csv_rows([], [], file, columns)
        return empty, [(number, "", f"quotes: {error}", line)]


def _csv_rows(
    lines: list[str], numbers: range | list[int], file: File, columns: list[str]
) -> tuple[pl.DataFrame, Bad]:
    reader = csv.reader(
        (line + "\n" for line in lines),
        delimiter=file.parted_by,
        quotechar=file.quoted,
        strict=True,
    )
    rows: Rows = []
    where: list[int] = []
    bad: Bad = []
    begun = 0
    width = len(columns)
    for row in reader:
        if len(row) == width:
            rows.append(row)
            where.append(numbers[begun])
        elif row and (len(row) > 1 or row[0].strip()):
            text = "\n".join(lines[begun : reader.line_num])
            bad.append((numbers[begun], "", f"{len(row)} fields, expected {width}", text))
        begun = reader.line_num
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.insert_column(0, pl.Series(LINE, where, dtype=pl.Int64)), bad


# -- JSON Lines and Parquet --------------------------------------------------------------------


def _json_rows(lines: list[str], numbers: range | list[int]) -> tuple[pl.DataFrame, Bad]:
    rows: list[dict[str, object]] = []
    where: list[int] = []
    bad: Bad = []
    for number, line in zip(numbers, lines, strict=True):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            bad.append((number, "", f"no JSON: {error}", line))
            continue
        if not isinstance(row, dict):
            bad.append((number, "", "no JSON object", line))
            continue
        rows.append(row)
        where.append(number)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pl.Series(LINE, where, dtype=pl.Int64)]
    columns += [_json_column(name, [row.get(name) for row in rows]) for name in names]
    return pl.DataFrame(columns), bad


def _json_column(name: str, values: list[object]) -> pl.Series:
    if any(isinstance(value, list) for value in values):
        lists = [
            None if value is None else [_as_text(v) for v in _listed(value)] for value in values
        ]
        return pl.Series(name, lists, dtype=pl.List(pl.String))
    return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _parquet_blocks(path: Path, position: str) -> Iterator[Block]:
    try:
        rows = pl.scan_parquet(path)
        total = int(rows.select(pl.len()).collect().item())
        start = int(position or 0)
        while start < total:
            part = rows.slice(start, BLOCK_ROWS).collect()
            numbers = pl.Series(LINE, range(start + 1, start + 1 + part.height), dtype=pl.Int64)
            texts = part.select(
                pl.col(name).cast(pl.List(pl.String) if isinstance(kind, pl.List) else pl.String)
                for name, kind in part.schema.items()
            )
            start += part.height
            frame = texts.insert_column(0, numbers)
            yield Block(frame, rejects([]), str(start), start, total)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path} is no Parquet file: {error}") from error


def read_table(file: File, path: Path) -> pl.DataFrame:
    """A small file whole, for look-ups; InputError when a row cannot be read."""
    frames = []
    for block in read_blocks(file, path):
        if block.rejected.height:
            line, _, reason, _ = block.rejected.row(0)
            raise InputError(f"{path}:{line}: {reason}")
        frames.append(block.frame)
    if not frames:
        raise InputError(f"{path} is empty")
    return pl.concat(frames)
