"""What a mapping's sources deliver, block by block: batches for a store, and rows that are none."""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from graph.batch import Batch, Mode
from graph.errors import InputError
from kg_ingest.convert import convert
from kg_ingest.mapping import Mapping, load_mapping
from kg_ingest.places import Place, mapping_mark, places_of
from kg_ingest.readers import read_blocks, read_table


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A mapping with the files that it means; `mark` changes when any of them does."""

    path: Path
    mapping: Mapping
    data: Path | None
    outside: bool
    mark: str

    @property
    def name(self) -> str:
        """What a run of it is recorded under."""
        return f"{self.mapping.name}@{self.mark}"

    @property
    def modes(self) -> dict[str, Mode]:
        """The mode of each source."""
        return {source.title: source.mode for source in self.mapping.sources}

    def places(self, source: str) -> tuple[Place, ...]:
        """Where the rows of a source lie."""
        (found,) = (one for one in self.mapping.sources if one.title == source)
        return places_of(self.mapping, found, self.data, outside=self.outside)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch, the rows that gave none, and how far it reaches: `done` of `total` bytes.

    `withheld` are rows that were left out of the batch, since a person was to be forgotten.
    """

    batch: Batch
    rejected: pl.DataFrame
    rows: int
    done: int
    total: int
    withheld: int = 0


def open_catalogue(path: Path, *, data: Path | None, outside: bool = False) -> Catalogue:
    """Read a mapping and find its files; MappingError or InputError says what is wrong."""
    mapping = load_mapping(path)
    mark = mapping_mark(path, mapping, data, outside=outside)
    return Catalogue(path.resolve(), mapping, data, outside, mark)


def deliveries(catalogue: Catalogue, positions: Table[str, str]) -> Iterator[Delivery]:
    """All batches behind `positions`, source by source; look-ups are read first."""
    mapping = catalogue.mapping
    lookups = _lookups(catalogue)
    for source in mapping.sources:
        places = catalogue.places(source.title)
        before = [_state(place) for place in places]
        for block in read_blocks(source, places, positions.get(source.title, "")):
            made = convert(source, mapping.schema_, lookups, block.frame)
            yield Delivery(
                Batch(
                    source.title, (block.file,), made.nodes, made.edges, block.position, source.mode
                ),
                pl.concat([block.rejected, made.rejected]),
                block.frame.height + block.rejected.height,
                block.done,
                block.total,
            )
        for place, was in zip(places, before, strict=True):
            if _state(place) != was:
                raise InputError(
                    f"{place.path} was changed while it was read",
                    hint="run it again: what is so already is left as it is",
                )


def _state(place: Place) -> tuple[int, int] | None:
    if place.path is None:
        return None
    told = place.path.stat()
    return told.st_size, told.st_mtime_ns


def _lookups(catalogue: Catalogue) -> dict[str, pl.DataFrame]:
    tables = {}
    mapping = catalogue.mapping
    for name, lookup in mapping.lookups.items():
        places = places_of(mapping, lookup, catalogue.data, outside=catalogue.outside)
        path = places[0].path or places[0].name
        table = read_table(lookup, places)
        for column in (lookup.key, lookup.value):
            if column not in table.columns:
                raise InputError(f"{path} has no column {column!r} (lookup {name!r})")
        stripped = table.select(
            pl.col(lookup.key).str.strip_chars().alias("key"),
            pl.col(lookup.value).str.strip_chars().alias("found"),
        )
        twice = stripped.unique().filter(pl.col("key").is_duplicated())
        if twice.height:
            raise InputError(f"{path}: lookup {name!r} has {twice['key'][0]!r} twice")
        tables[name] = stripped.unique("key", keep="first")
    return tables
