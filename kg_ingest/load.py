"""One ingest: every source of a mapping, block by block, into a store; killed, it goes on."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from graph.batch import Batch, Counts
from graph.errors import InputError, TooManyRejectsError
from graph.store import GraphStore, Run
from kg_ingest.convert import convert
from kg_ingest.mapping import Mapping, load_mapping
from kg_ingest.padding import Padded
from kg_ingest.places import mapping_mark, places_of
from kg_ingest.readers import read_blocks, read_table
from kg_ingest.rejects import RejectsFile

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What an ingest did.

    `rows` are rows read per source, `rejects` is None without rejects, `notes` say what somebody
    should know though nothing was wrong with any row.
    """

    run: str
    rows: dict[str, int]
    counts: Counts
    rejected: int
    rejects: Path | None
    resumed: bool
    seconds: float
    notes: tuple[str, ...] = ()


def run_ingest(
    store: GraphStore,
    mapping_path: Path,
    *,
    data: Path | None,
    runs: Path,
    max_rejects: int | None = None,
    outside: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> LoadReport:
    """Bring a catalogue into a store; what is already so is left as it is.

    An ingest of the same mapping and the same files that was cut short is gone on with. Only with
    `outside` may the mapping name files outside its folder and the data folder.
    MappingError or InputError before anything is written, TooManyRejectsError after whole blocks.
    """
    begun = time.monotonic()
    mapping = load_mapping(mapping_path)
    mark = mapping_mark(mapping_path, mapping, data, outside=outside)
    lookups = _lookups(mapping, data, outside=outside)
    run, resumed = _run(store, f"{mapping.name}@{mark}")
    store.begin(run, mapping.schema_)
    rejected = RejectsFile(runs / run.id / "rejects.csv")
    rows: dict[str, int] = {}
    padded = Padded()
    for source in mapping.sources:
        places = places_of(mapping, source, data, outside=outside)
        rows[source.title] = 0
        for block in read_blocks(source, places, run.positions.get(source.title, "")):
            made = convert(source, mapping.schema_, lookups, block.frame)
            batch = Batch(source.title, (block.file,), made.nodes, made.edges, block.position)
            bad = pl.concat([block.rejected, made.rejected])
            run = store.write(replace(run, rejects=run.rejects + bad.height), batch).run
            padded.add(made.nodes)
            rejected.add(block.file, bad)
            rows[source.title] += block.frame.height + block.rejected.height
            progress(source.title, block.done, block.total)
            if max_rejects is not None and run.rejects > max_rejects:
                raise TooManyRejectsError(
                    f"{run.rejects} rows rejected, more than the {max_rejects} allowed; "
                    f"stopped in {block.file}",
                    hint=f"see {rejected.path}; what was written before is whole",
                )
    run = store.end(run).run
    return LoadReport(
        run=run.id,
        rows=rows,
        counts=run.counts,
        rejected=run.rejects,
        rejects=rejected.path if rejected.path.exists() else None,
        resumed=resumed,
        seconds=time.monotonic() - begun,
        notes=padded.notes(store),
    )


def _run(store: GraphStore, mapping: str) -> tuple[Run, bool]:
    for run in reversed(store.runs()):
        if run.mapping == mapping:
            if run.ended is None:
                return run, True
            break
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
    return Run(name, mapping, int(time.time()), None, {}, Counts(), 0), False


def _lookups(mapping: Mapping, data: Path | None, *, outside: bool) -> dict[str, pl.DataFrame]:
    tables = {}
    for name, lookup in mapping.lookups.items():
        places = places_of(mapping, lookup, data, outside=outside)
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
