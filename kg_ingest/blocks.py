"""`Block`: some rows of a source on their way to the mapping."""

from dataclasses import dataclass

import polars as pl

from kg_ingest.rejects import rejects

LINE = "#line"

Bad = list[tuple[int, str, str, str]]
Numbers = range | list[int]
Parsed = tuple[pl.DataFrame, Bad]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of one file.

    `frame` has one text column (or list of texts) per column of the file, and `LINE`; `file`
    is its name as provenance tells it; `position` is where the next block begins, to be given to
    `read_blocks`; `done` and `total` count packed bytes, or rows where there are no bytes.
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    file: str
    position: str
    done: int
    total: int


def without_nul(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose texts hold no NUL character, and rejects for the others."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not texts:
        return frame, rejects([])
    holds = [pl.col(name).str.contains("\0", literal=True).fill_null(False) for name in texts]
    found = frame.filter(pl.any_horizontal(holds))
    if found.is_empty():
        return frame, rejects([])
    bad = []
    for number, *cells in found.select(LINE, *texts).fill_null("").iter_rows():
        field = next(name for name, text in zip(texts, cells, strict=True) if "\0" in text)
        told = " | ".join(cells).replace("\0", "\N{REPLACEMENT CHARACTER}")
        bad.append((int(number), field, "a NUL character", told))
    return frame.filter(~pl.any_horizontal(holds)), rejects(bad)
