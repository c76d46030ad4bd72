"""Looking at a file whose meaning is not known yet: its format, its columns, what they hold."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from graph.errors import InputError
from kg_ingest.blocks import LINE
from kg_ingest.headers import RECBOLE
from kg_ingest.mapping import File
from kg_ingest.places import Place
from kg_ingest.readers import read_blocks
from kg_ingest.streams import open_stream

MOST_ROWS = 200_000
MOSTLY = 0.98
_LINES = 200
_LINE_BYTES = 1_000_000
_DELIMITERS = ("::", "\t", "|", ";", ",", " ")
_NAMED = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_TABLES = {".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow"}
_HEADER = re.compile(r"^[^\W\d][\w :.\-/]{0,60}$")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
MOVED = r"^.+, (?:The|A|An|Les|Le|La|Il|Lo|Das|Der|Die|El|Los|Las|Un|Une)(?:\s*\(|$)"
_SPLITS = ("|", "; ", ", ", " / ", ";", "/", ",")
_TIMES = (
    (re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"), "iso"),
    (re.compile(r"^\d{1,2} [A-Z][a-z]{2} \d{4}$"), "%d %b %Y"),
    (re.compile(r"^\d{1,2}\.\d{1,2}\.\d{4}$"), "%d.%m.%Y"),
    (re.compile(r"^\d{4}/\d\d/\d\d$"), "%Y/%m/%d"),
)
_NEO4J_ENDS = re.compile(r":(?:ID|START_ID|END_ID)\b")
_NAMING = re.compile(r"title|name", re.I)
_EPOCH = (300_000_000, 4_000_000_000)


@dataclass(frozen=True, slots=True)
class Column:
    """What the values of a column look like; shares are of the values that are not empty.

    `splitter` parts several values in a cell ("" when a cell is one value), `bracketed` says that
    such a list stands in square brackets. `times` is "epoch", a time format, or "".
    """

    name: str
    rows: int
    filled: int
    distinct: int
    numeric: float
    whole: float
    least: float
    most: float
    length: float
    year: float
    identifier: float
    splitter: str
    bracketed: bool
    times: str
    examples: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Whether the values are numbers, but for a few that are mistakes."""
        return self.numeric > MOSTLY

    @property
    def unique(self) -> bool:
        """Whether no two rows have the same value, and none lacks one."""
        return self.filled == self.rows == self.distinct > 0

    @property
    def counts(self) -> bool:
        """Whether the values count without a gap, from 0 or 1: numbers that were given, not met."""
        return (
            self.numeric == self.whole == 1.0
            and self.least in (0, 1)
            and self.distinct == self.most - self.least + 1
        )

    @property
    def repeats(self) -> bool:
        """Whether values come again, as those of a category do."""
        return self.distinct <= 0.8 * self.filled


@dataclass(frozen=True, slots=True)
class Seen:
    """A file, how to read it, and its columns; `frame` holds the rows that were looked at."""

    path: Path
    format: str
    delimiter: str
    encoding: str
    header: bool
    columns: tuple[Column, ...]
    frame: pl.DataFrame

    @property
    def stem(self) -> str:
        """The file's name without endings."""
        return self.path.name.split(".")[0]

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(column for column in self.columns if column.name == name)


def look(path: Path) -> Seen:
    """Look at a file's first `MOST_ROWS` rows; InputError when its form is not known."""
    ending = next((e for e in reversed(path.suffixes) if e not in (".gz", ".zst")), "").lower()
    if ending in _TABLES:
        return _read(path, _TABLES[ending], "", "utf-8", True, ())
    lines, encoding = _first_lines(path)
    if not lines:
        raise InputError(f"{path} is empty")
    if ending in (".jsonl", ".ndjson") or (ending != ".json" and lines[0].startswith("{")):
        return _read(path, "jsonl", "", encoding, True, ())
    if ending == ".json" or lines[0][:1] in "[{<@":
        raise InputError(
            f"{path} holds no rows", hint="CSV, TSV, JSON Lines, Parquet and the like have rows"
        )
    if all(RECBOLE.match(name) for name in lines[0].split("\t")):
        return _atomic(_read(path, "recbole", "", encoding, True, ()), lines[0])
    if _NEO4J_ENDS.search(lines[0]):
        raise InputError(
            f"{path} is an import file of Neo4j, for which nothing is proposed",
            hint='write a source with format = "neo4j"; docs/catalogue-mapping.md shows one',
        )
    delimiter = _delimiter(lines, _NAMED.get(ending, ""))
    form = _NAMED.get(ending, "csv" if delimiter == "," else "delimited")
    rows = [_cells(line, delimiter, form) for line in lines]
    counts = {len(row) for row in rows}
    if len(counts) > 2 and delimiter == " ":
        return _read(path, "adjacency", " ", encoding, False, ("key", "values"))
    header = _is_header(rows)
    width = len(rows[0])
    names = () if header else tuple(f"column{n}" for n in range(1, width + 1))
    return _read(path, form, delimiter, encoding, header, names)


def _atomic(seen: Seen, header: str) -> Seen:
    """RecBole's header says which columns are sequences; the words of a name are none to part."""
    said = {name for name in header.split("\t") if name.endswith("_seq")}
    parted = {name.split(":")[0] for name in said if not _NAMING.search(name)}
    columns = [replace(one, splitter=" ") if one.name in parted else one for one in seen.columns]
    return replace(seen, columns=tuple(columns))


def _first_lines(path: Path) -> tuple[list[str], str]:
    raw: list[bytes] = []
    try:
        with open_stream(path, path.name, 200) as stream:
            for _ in range(_LINES):
                line = stream.readline(_LINE_BYTES)
                if not line:
                    break
                raw.append(line)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    whole = b"".join(raw)
    encoding = "utf-8"
    try:
        if not path.name.endswith((".gz", ".zst")) and path.stat().st_size < 200_000_000:
            path.read_bytes().decode("utf-8")
        else:
            whole.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "latin-1"
    text = whole.decode(encoding).removeprefix("\ufeff")
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()], encoding


def _delimiter(lines: Sequence[str], form: str) -> str:
    if form == "tsv":
        return "\t"
    best, most = "", 0.0
    for delimiter in (",", ";", "\t", "|") if form == "csv" else _DELIMITERS:
        widths = [len(_cells(line, delimiter, "csv" if form else "")) for line in lines]
        usual = max(set(widths), key=widths.count)
        fit = widths.count(usual) / len(widths) if usual > 1 else 0.0
        if delimiter == " " and usual > 1 and fit < 1 and all(w > 1 for w in widths):
            fit = 0.5 if all(_NUMBER.match(cell) for cell in lines[0].split(" ")) else 0.0
        if fit > most:
            best, most = delimiter, fit
    return best or ","


def _cells(line: str, delimiter: str, form: str) -> list[str]:
    if form == "csv" and len(delimiter) == 1:
        return next(csv.reader([line], delimiter=delimiter), [])
    return line.split(delimiter)


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: words, none twice, none that comes again below."""
    first = [cell.strip() for cell in rows[0]]
    if len(set(first)) < len(first) or not all(_HEADER.match(cell) for cell in first):
        return False
    below = [set(column) for column in zip(*(row for row in rows[1:]), strict=False)]
    return not any(name in values for name, values in zip(first, below, strict=False))


def _read(
    path: Path, form: str, delimiter: str, encoding: str, header: bool, names: tuple[str, ...]
) -> Seen:
    file = File.model_validate(
        {
            "path": path.name,
            "format": form,
            "delimiter": delimiter if form in ("delimited", "adjacency", "csv") else "",
            "encoding": encoding,
            "columns": names,
        }
    )
    parts, rows = [], 0
    for block in read_blocks(file, (Place(path.name, path),)):
        parts.append(block.frame)
        rows += block.frame.height
        if rows >= MOST_ROWS:
            break
    if not rows:
        raise InputError(f"{path} has no rows that can be read")
    frame = pl.concat(parts, how="diagonal").drop(LINE).head(MOST_ROWS)
    columns = tuple(_column(frame[name]) for name in frame.columns)
    return Seen(path, form, delimiter, encoding, header, columns, frame)


def _column(series: pl.Series) -> Column:
    listed = series.dtype == pl.List(pl.String)
    texts = series.list.join("|") if listed else series
    values = texts.str.strip_chars().drop_nulls()
    values = values.filter(values != "")
    filled = len(values)
    numbers = values.cast(pl.Float64, strict=False).drop_nulls()
    whole = _part(values.str.contains(r"^-?\d+$"))
    splitter, bracketed = ("|", False) if listed else _splitter(values)
    range_ = numbers.sort()
    least, most = (range_[0], range_[-1]) if len(range_) else (0.0, 0.0)
    return Column(
        name=series.name,
        rows=len(series),
        filled=filled,
        distinct=values.n_unique(),
        numeric=len(numbers) / max(filled, 1),
        whole=whole,
        least=least,
        most=most,
        length=float(values.str.len_chars().sum()) / max(filled, 1),
        year=_part(values.str.contains(r"^(1[5-9]|20)\d\d$")),
        identifier=_part(values.str.contains(r"^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$")),
        splitter="" if listed else splitter,
        bracketed=bracketed,
        times=_times(values, whole, least, most),
        examples=tuple(values.unique(maintain_order=True).head(3).to_list()),
    )


def _splitter(values: pl.Series) -> tuple[str, bool]:
    """What parts the values of a cell.

    Its parts come again far more often than whole cells do, or stand in cells of their own.
    """
    if values.is_empty():
        return "", False
    some = values.head(20_000)
    bracketed = _part(some.str.starts_with("[") & some.str.ends_with("]")) == 1.0
    if bracketed:
        return (", " if some.str.contains(", ", literal=True).any() else ","), True
    for splitter in _SPLITS:
        has = some.filter(some.str.contains(splitter, literal=True))
        if len(has) < 0.03 * len(some) or _part(has.str.contains(MOVED)) > 0.3:
            continue
        parts = some.str.split(splitter).explode()
        short = _part(parts.str.len_chars() <= 60)
        again = 1 - parts.n_unique() / len(parts)
        before = 1 - some.n_unique() / len(some)
        fewer = parts.n_unique() < some.n_unique()
        alone = _part(has.str.split(splitter).explode().is_in(some.implode()))
        if short > 0.97 and (fewer or again > before + 0.05 or alone > 0.15):
            return splitter, False
    return "", False


def _part(mask: pl.Series) -> float:
    """The share of a mask that is true."""
    return float(mask.sum()) / max(len(mask), 1)


def _times(values: pl.Series, whole: float, least: float, most: float) -> str:
    some = values.head(2_000)
    if not len(some):
        return ""
    for pattern, told in _TIMES:
        if _part(some.str.contains(pattern.pattern)) > 0.95:
            return told
    if whole > MOSTLY and least >= _EPOCH[0] and most <= _EPOCH[1]:
        return "epoch"
    return ""
