"""Rows that could not be used: each with file, line, field and reason, in a file beside the run."""

import csv
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

REJECT = {
    "line": pl.Int64(),
    "field": pl.String(),
    "reason": pl.String(),
    "text": pl.String(),
}
LONGEST_TEXT = 500
_COLUMNS = ["file", *REJECT]
_PARTED = re.compile(r"[|,;:\t\"]+")
_WORDS = re.compile(r"[|,;:\t\"\s]+")

csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be used, and why."""

    file: str
    line: int
    field: str
    reason: str
    text: str


def rejects(rows: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    """A frame of (line, field, reason, text)."""
    return pl.DataFrame(rows, schema=REJECT, orient="row")


def cells_of(text: str) -> set[str]:
    """All that may be a cell of a row that could not be read, as it is and in lower case."""
    parts = [text, *_PARTED.split(text), *_WORDS.split(text)]
    found = {part.strip() for part in parts}
    return {cell for part in found for cell in (part, part.casefold())} - {""}


def read_rejects(path: Path) -> Iterator[Reject]:
    """The rejects of a run, in the order in which they were met; none without a file."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            yield Reject(row["file"], int(row["line"]), row["field"], row["reason"], row["text"])


def keep_rejects(path: Path, wanted: Callable[[int, Reject], bool]) -> int:
    """Leave only the rejects that are wanted (by place and content); how many went."""
    if not path.is_file():
        return 0
    kept: list[Reject] = []
    gone = 0
    for at, reject in enumerate(read_rejects(path)):
        if wanted(at, reject):
            kept.append(reject)
        else:
            gone += 1
    if gone:
        beside = path.with_suffix(".part")
        with beside.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows([r.file, r.line, r.field, r.reason, r.text] for r in kept)
        beside.replace(path)
        if not kept:
            path.unlink()
    return gone


class RejectsFile:
    """Appends to `rejects.csv`, which is made with the first reject.

    `recorded` is how many the run knows of: what stands behind them in the file belongs to a
    block that was never written, and will be read again.
    """

    def __init__(self, path: Path, recorded: int = 0) -> None:
        self.path = path
        keep_rejects(path, lambda at, reject: at < recorded)
        self.files = {reject.file for reject in read_rejects(path)}

    def add(self, file: str, rows: pl.DataFrame) -> None:
        """Write rejects of one file, texts cut to a readable length."""
        if rows.is_empty():
            return
        self.files.add(file)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            if new:
                writer.writerow(_COLUMNS)
            cut = rows.with_columns(pl.col("text").str.slice(0, LONGEST_TEXT))
            writer.writerows([file, *row] for row in cut.sort("line").iter_rows())
            target.flush()
            os.fsync(target.fileno())
