"""Parquet and Arrow files, block by block; a row's line is its number."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from graph.errors import InputError
from kg_ingest.blocks import LINE, Block, without_nul

BLOCK_ROWS = 100_000
MOST_STREAM_BYTES = 1_000_000_000


def table_blocks(path: Path, name: str, form: str, position: str) -> Iterator[Block]:
    """The blocks of a "parquet" or "arrow" file from a row on; InputError when it is none."""
    try:
        rows = pl.scan_parquet(path) if form == "parquet" else _arrow(path, name)
        total = int(rows.select(pl.len()).collect().item())
        start = int(position or 0)
        while start < total:
            part = rows.slice(start, BLOCK_ROWS).collect()
            numbers = pl.Series(LINE, range(start + 1, start + 1 + part.height), dtype=pl.Int64)
            texts = part.select(_as_text(column, kind) for column, kind in part.schema.items())
            start += part.height
            frame, bad = without_nul(texts.insert_column(0, numbers))
            yield Block(frame, bad, name, str(start), start, total)
    except pl.exceptions.PolarsError as error:
        what = "Parquet" if form == "parquet" else "Arrow"
        told = str(error).partition("\n")[0]
        raise InputError(f"{name} is no {what} file, or is damaged: {told}") from error


def _arrow(path: Path, name: str) -> pl.LazyFrame:
    with path.open("rb") as file:
        if file.read(6) == b"ARROW1":
            return pl.scan_ipc(path)
    if path.stat().st_size > MOST_STREAM_BYTES:
        raise InputError(
            f"{name} is an Arrow stream of more than 1 GB, which can only be read whole",
            hint="write it in the Arrow file format, which is read in blocks",
        )
    return pl.read_ipc_stream(path).lazy()


def _as_text(column: str, kind: pl.DataType) -> pl.Expr:
    values = pl.col(column)
    if isinstance(kind, pl.List | pl.Array):
        return values.cast(pl.List(pl.String))
    if isinstance(kind, pl.Struct):
        return values.struct.json_encode()
    if isinstance(kind, pl.Binary):
        return values.bin.encode("hex")
    return values.cast(pl.String)
