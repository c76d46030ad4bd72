"""The columns of a text file: named by the mapping or by the header, with types where it has them.

Neo4j's import files write `name:string[]`, `id:ID(Space)`, `:START_ID(Space)`, `:LABEL`; RecBole's
atomic files `user_id:token`. The type is taken off the name; Neo4j's arrays and labels become
lists, and what has no name of its own is called as its type: `LABEL`, `START_ID`.
"""

import csv
import re
from dataclasses import dataclass

import polars as pl

from graph.errors import MappingError
from kg_ingest.mapping import File

LONGEST_HEADER = 1_000_000
_NEO4J = re.compile(r"^(.*?):([A-Za-z_-]+(?:\[\])?)(?:\(.*\))?(?:\{.*\})?$")
RECBOLE = re.compile(r"^(.*):(token|float)(_seq)?$")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names in the file's order; `lists` are parted by `array_delimiter`, `unused` left out."""

    names: list[str]
    lists: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    def made(self, frame: pl.DataFrame, array_delimiter: str) -> pl.DataFrame:
        """The frame with its lists parted, without what is not used."""
        if self.lists:
            frame = frame.with_columns(
                pl.when(pl.col(name) != "").then(pl.col(name).str.split(array_delimiter))
                for name in self.lists
            )
        return frame.drop(self.unused) if self.unused else frame


def columns_of(file: File, name: str, header: bytes | None) -> Columns:
    """The columns that the mapping names, else those of the header line."""
    if file.columns:
        return _typed(file, name, list(file.columns))
    try:
        found = _cells(file, header or b"")
    except (ValueError, csv.Error) as error:
        raise MappingError(
            f"{name}:{file.skip + 1}: the header {error}",
            hint="mend it, or give the source `columns`, and `skip = 1` to pass the header over",
        ) from error
    return _typed(file, name, [column.strip() for column in found])


def _cells(file: File, header: bytes) -> list[str]:
    """ValueError says what is wrong with the header."""
    if len(header) >= LONGEST_HEADER:
        raise ValueError(f"has {LONGEST_HEADER:,} bytes or more: is this a text with lines?")
    try:
        text = header.decode(file.encoding).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not {file.encoding} at byte {error.start + 1}") from error
    if "\0" in text:
        raise ValueError("holds a NUL byte")
    if not file.quoted:
        return text.split(file.parted_by)
    if text.count(file.quoted) % 2:
        raise ValueError("has quotes that are never closed")
    return next(csv.reader([text], delimiter=file.parted_by, quotechar=file.quoted), [])


def _typed(file: File, place: str, raw: list[str]) -> Columns:
    names, lists, unused = [], [], []
    for at, column in enumerate(raw):
        name, kind = column, ""
        if file.format == "neo4j" and (found := _NEO4J.match(column)):
            name, kind = found[1] or found[2], found[2]
        elif file.format == "recbole" and (found := RECBOLE.match(column)):
            name = found[1]
        if kind.upper() == "IGNORE":
            name = f"#ignored {at}"
            unused.append(name)
        elif kind.endswith("[]") or kind.upper() == "LABEL":
            lists.append(name)
        names.append(name)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not all(names):
        told = f"names the column {twice[0]!r} twice" if twice else "has a column without a name"
        raise MappingError(
            f"{place}:{file.skip + 1}: the header {told}: {', '.join(names)}",
            hint="give the source `columns`, and `skip = 1` to pass the header over",
        )
    return Columns(names, tuple(lists), tuple(unused))
