"""Lines become rows: split as whole columns, or read with quotes, or as JSON."""

import csv
import json
import re

import polars as pl

from kg_ingest.blocks import LINE, Bad, Numbers, Parsed
from kg_ingest.lines import LONGEST_LINE
from kg_ingest.mapping import File
from kg_ingest.rdf import triple_rows

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

csv.field_size_limit(2 * LONGEST_LINE)


def parse_lines(file: File, lines: list[str], numbers: Numbers, columns: list[str]) -> Parsed:
    """The rows of some lines, as text columns and `LINE`, and those that are none."""
    if file.format == "jsonl":
        return _json_rows(lines, numbers)
    if file.format == "ntriples":
        return triple_rows(file, lines, numbers)
    if file.format == "adjacency":
        return _adjacency(lines, numbers, file.parted_by, columns)
    quote = file.quoted
    if quote and any(quote in line for line in lines):
        return _quoted(lines, numbers, file, columns)
    return _split(lines, numbers, file.parted_by, columns)


def _lined(lines: list[str], numbers: Numbers) -> pl.DataFrame:
    frame = pl.DataFrame(
        {LINE: pl.Series(numbers, dtype=pl.Int64), "text": pl.Series(lines, dtype=pl.String)}
    )
    return frame.with_columns(pl.col("text").str.strip_chars_end("\r")).filter(
        pl.col("text").str.strip_chars() != ""
    )


def _split(lines: list[str], numbers: Numbers, delimiter: str, columns: list[str]) -> Parsed:
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


def _adjacency(lines: list[str], numbers: Numbers, delimiter: str, columns: list[str]) -> Parsed:
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


def _quoted(lines: list[str], numbers: Numbers, file: File, columns: list[str]) -> Parsed:
    """Rows with quotes; a line whose quotes make no sense is left out, and the rest goes on."""
    rows: list[list[str]] = []
    where: list[int] = []
    bad: Bad = []
    width = len(columns)
    begun = 0
    while begun < len(lines):
        reader = csv.reader(
            (line + "\n" for line in lines[begun:]),
            delimiter=file.parted_by,
            quotechar=file.quoted,
            strict=True,
        )
        first = begun
        try:
            for row in reader:
                if len(row) == width:
                    rows.append(row)
                    where.append(numbers[begun])
                elif row and (len(row) > 1 or row[0].strip()):
                    text = "\n".join(lines[begun : first + reader.line_num])
                    bad.append((numbers[begun], "", f"{len(row)} fields, expected {width}", text))
                begun = first + reader.line_num
        except csv.Error as error:
            bad.append((numbers[begun], "", _quote_reason(error), lines[begun]))
            begun += 1
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.insert_column(0, pl.Series(LINE, where, dtype=pl.Int64)), bad


def _quote_reason(error: csv.Error) -> str:
    told = str(error)
    if "new-line" in told:
        return "a carriage return inside the row, outside quotes"
    return f"quotes: {'never closed' if 'end of data' in told else told}"


def _json_rows(lines: list[str], numbers: Numbers) -> Parsed:
    rows: list[dict[str, object]] = []
    where: list[int] = []
    bad: Bad = []
    for number, line in zip(numbers, lines, strict=True):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            # A name that stands for two values: the line has more of them than the object.
            if isinstance(row, dict) and line.count('":') != len(row):
                json.loads(line, object_pairs_hook=_once)
        except _Twice as error:
            bad.append((number, str(error), "stands there twice", line))
            continue
        except (ValueError, RecursionError) as error:
            bad.append((number, "", f"no JSON: {error}", line))
            continue
        if not isinstance(row, dict):
            bad.append((number, "", "no JSON object", line))
            continue
        unfit = _unfit(row) if "\\u" in line else ""
        if unfit:
            bad.append((number, unfit, "a NUL character or half a surrogate pair", line))
            continue
        rows.append(row)
        where.append(number)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pl.Series(LINE, where, dtype=pl.Int64)]
    columns += [_json_column(name, [row.get(name) for row in rows]) for name in names]
    return pl.DataFrame(columns), bad


class _Twice(Exception):
    """An object that gives one name two values."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, value in pairs:
        if name in row:
            raise _Twice(name)
        row[name] = value
    return row


def _unfit(row: dict[str, object]) -> str:
    """The field whose text no store can hold."""
    for name, value in row.items():
        text = json.dumps([name, value], ensure_ascii=False)
        if _NUL.search(text) or any("\ud800" <= letter <= "\udfff" for letter in text):
            return name.encode("utf-8", "replace").decode()
    return ""


def _json_column(name: str, values: list[object]) -> pl.Series:
    if any(isinstance(value, list) for value in values):
        lists = [
            None if value is None else [as_text(v) for v in _listed(value)] for value in values
        ]
        return pl.Series(name, lists, dtype=pl.List(pl.String))
    return pl.Series(name, [as_text(value) for value in values], dtype=pl.String)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def as_text(value: object) -> str | None:
    """A value as the text that a field reads: JSON, where it is no text itself."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
