"""Rows that could not be used: each with file, line, field and reason, in a file beside the run."""

import csv
from pathlib import Path

import polars as pl

REJECT = {
    "line": pl.Int64(),
    "field": pl.String(),
    "reason": pl.String(),
    "text": pl.String(),
}
LONGEST_TEXT = 500


def rejects(rows: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    """A frame of (line, field, reason, text)."""
    return pl.DataFrame(rows, schema=REJECT, orient="row")


class RejectsFile:
    """Appends to `rejects.csv`, which is made with the first reject."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, file: str, rows: pl.DataFrame) -> None:
        """Write rejects of one file, texts cut to a readable length."""
        if rows.is_empty():
            return
        self.count += rows.height
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            if new:
                writer.writerow(["file", *REJECT])
            cut = rows.with_columns(pl.col("text").str.slice(0, LONGEST_TEXT))
            writer.writerows([file, *row] for row in cut.sort("line").iter_rows())
