"""A source becomes blocks of rows: raw text columns, with exact line numbers, in bounded memory.

A text file is read in blocks that end with a line; several files follow one another in the order
of their names. A row that cannot be read is a reject with its line, and the rest goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from graph.errors import InputError, MappingError
from kg_ingest.blocks import Block
from kg_ingest.headers import LONGEST_HEADER, Columns, columns_of
from kg_ingest.lines import LONGEST_LINE, decoded, next_chunk
from kg_ingest.mapping import File
from kg_ingest.places import Place
from kg_ingest.rdf import turtle_blocks
from kg_ingest.rejects import rejects
from kg_ingest.rows import parse_lines
from kg_ingest.sql import sql_blocks
from kg_ingest.streams import Stream, open_stream
from kg_ingest.tables import table_blocks

BLOCK_BYTES = 1_000_000
NAMELESS = ("jsonl", "ntriples")  # each of their rows names its own columns


def read_blocks(file: File, places: Sequence[Place], position: str = "") -> Iterator[Block]:
    """The blocks of all places from `position` on; InputError when one cannot be read."""
    at, _, inner = position.rpartition("/")
    first = int(at or 0)
    sizes = [_size(place) for place in places]
    several = len(places) > 1
    for number in range(first, len(places)):
        place = places[number]
        before, total = sum(sizes[:number]), sum(sizes)
        try:
            for block in _blocks(file, place, inner if number == first else ""):
                if file.where:
                    block = replace(block, frame=_where(file, block))
                done = sizes[number] * block.done // max(block.total, 1) if several else block.done
                yield replace(
                    block,
                    position=f"{number}/{block.position}",
                    done=before + done if several else done,
                    total=total if several else block.total,
                )
        except OSError as error:
            raise InputError(
                f"cannot read {place.path or place.name}: {error.strerror or error}",
                hint="is --data (GROUNDREC_DATA) the folder that the mapping means?",
            ) from error


def _size(place: Place) -> int:
    try:
        return place.path.stat().st_size if place.path else 0
    except OSError:
        return 0


def _blocks(file: File, place: Place, position: str) -> Iterator[Block]:
    if file.format in ("parquet", "arrow"):
        if place.path is None:
            raise InputError(f"{file.format} cannot be read from standard input")
        yield from table_blocks(place.path, place.name, file.format, position)
        return
    if file.format == "sql":
        yield from sql_blocks(file, place)
        return
    with open_stream(place.path, place.name, file.max_expansion) as stream:
        if file.format == "turtle":
            yield from turtle_blocks(file, place, stream, position)
            return
        yield from _text_blocks(file, place, stream, position)


def _text_blocks(file: File, place: Place, stream: Stream, position: str) -> Iterator[Block]:
    line = 0
    for _ in range(file.skip):
        stream.readline(LONGEST_LINE)
        line += 1
    header = None
    named = file.format not in NAMELESS
    if named and file.has_header:
        header = _header(file, stream)
        line += 1
        if not header:
            return
    columns = columns_of(file, place.name, header) if named else Columns([])
    known: dict[str, pl.DataType] = {}
    if position and place.path is not None:
        offset, line = (int(part) for part in position.split(":"))
        stream.skip(offset)
    while True:
        chunk = next_chunk(stream, file.quoted, BLOCK_BYTES)
        if not chunk.raw and not chunk.passed_over:
            return
        lines, numbers, bad = decoded(
            chunk.raw, file.encoding, line + 1, lambda text: _field_at(file, columns, text)
        )
        frame, more = parse_lines(file, lines, numbers, columns.names)
        if not named:
            frame = _with_known(frame, known)
        line += chunk.raw.count(b"\n") + (bool(chunk.raw) and not chunk.raw.endswith(b"\n"))
        if chunk.passed_over:
            line += 1
            reason = f"a line of {chunk.passed_over:,} bytes, {LONGEST_LINE:,} are allowed"
            more = [*more, (line, "", reason, chunk.endless.decode(file.encoding, "replace"))]
        yield Block(
            columns.made(frame, file.array_delimiter),
            rejects(bad + more),
            place.name,
            f"{stream.offset}:{line}",
            stream.done(),
            stream.total or stream.done(),
        )


def _header(file: File, stream: Stream) -> bytes:
    """The first line; it may end with a carriage return though others do not."""
    raw = stream.readline(LONGEST_HEADER)
    ended = raw.find(b"\r")
    quoted = bool(file.quoted) and file.quoted.encode() in raw[:ended]
    if 0 <= ended < len(raw.rstrip(b"\r\n")) and not quoted:
        stream.give_back(raw[ended + 1 :])
        return raw[: ended + 1]
    return raw


def _with_known(frame: pl.DataFrame, known: dict[str, pl.DataType]) -> pl.DataFrame:
    """The rows with the columns of earlier blocks: what no row of a block has is empty there."""
    missing = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in known.items()
        if name not in frame.columns
    ]
    known |= dict(frame.schema.items())
    return frame.with_columns(missing) if missing else frame


def _field_at(file: File, columns: Columns, before: str) -> str:
    """The field that follows a beginning of a line; quotes leave that open."""
    if not file.parted_by or (file.quoted and file.quoted in before):
        return ""
    at = before.count(file.parted_by)
    return columns.names[at] if at < len(columns.names) else ""


def _where(file: File, block: Block) -> pl.DataFrame:
    """The rows that the source is about; the others are meant for other sources."""
    for name in file.where:
        if name not in block.frame.columns:
            raise MappingError(f"{block.file} has no column {name!r} (where)")
    kept = [pl.col(name).str.strip_chars().is_in(values) for name, values in file.where.items()]
    return block.frame.filter(pl.all_horizontal(kept))


def read_table(file: File, places: Sequence[Place]) -> pl.DataFrame:
    """A small file whole, for look-ups; InputError when a row cannot be read."""
    frames = []
    for block in read_blocks(file, places):
        if block.rejected.height:
            line, _, reason, _ = block.rejected.row(0)
            raise InputError(f"{block.file}:{line}: {reason}")
        frames.append(block.frame)
    if not frames:
        raise InputError(f"{', '.join(place.name for place in places)} is empty")
    return pl.concat(frames, how="diagonal")
