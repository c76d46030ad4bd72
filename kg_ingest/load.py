"""One ingest: every source of a mapping, block by block, into a store; killed, it goes on."""

import hashlib
import os
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
from kg_ingest.readers import read_blocks, read_table
from kg_ingest.rejects import RejectsFile

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What an ingest did. `rows` are rows read per source; `rejects` is None without rejects."""

    run: str
    rows: dict[str, int]
    counts: Counts
    rejected: int
    rejects: Path | None
    resumed: bool
    seconds: float


def run_ingest(
    store: GraphStore,
    mapping_path: Path,
    *,
    data: Path | None,
    runs: Path,
    max_rejects: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> LoadReport:
    """Bring a catalogue into a store; what is already so is left as it is.

    An ingest of the same mapping and the same files that was cut short is gone on with.
    MappingError or InputError before anything is written, TooManyRejectsError after whole blocks.
    """
    begun = time.monotonic()
    mapping = load_mapping(mapping_path)
    lookups = _lookups(mapping, data)
    mark = _mark(mapping_path, mapping, data)
    store.ensure_schema(mapping.schema_)
    run, resumed = _run(store, f"{mapping.name}@{mark}")
    store.save_run(run)
    rejected = RejectsFile(runs / run.id / "rejects.csv")
    rows: dict[str, int] = {}
    for source in mapping.sources:
        path = mapping.place(source, data)
        file = str(source.path)
        rows[source.title] = 0
        for block in read_blocks(source, path, run.positions.get(source.title, "")):
            made = convert(source, mapping.schema_, lookups, block.frame)
            batch = Batch(source.title, (file,), made.nodes, made.edges, block.position)
            counts = store.write(run, batch)
            run = run.advanced(source.title, block.position, counts)
            bad = pl.concat([block.rejected, made.rejected])
            rejected.add(file, bad)
            run = replace(run, rejects=run.rejects + bad.height)
            rows[source.title] += block.frame.height + block.rejected.height
            progress(source.title, block.done, block.total)
            if max_rejects is not None and run.rejects > max_rejects:
                store.save_run(run)
                raise TooManyRejectsError(
                    f"{run.rejects} rows rejected, more than the {max_rejects} allowed; "
                    f"stopped in {path}",
                    hint=f"see {rejected.path}; what was written before is whole",
                )
    run = replace(run, ended=int(time.time()))
    store.save_run(run)
    return LoadReport(
        run=run.id,
        rows=rows,
        counts=run.counts,
        rejected=run.rejects,
        rejects=rejected.path if rejected.path.exists() else None,
        resumed=resumed,
        seconds=time.monotonic() - begun,
    )


def _run(store: GraphStore, mapping: str) -> tuple[Run, bool]:
    for run in reversed(store.runs()):
        if run.mapping == mapping:
            if run.ended is None:
                return run, True
            break
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
    return Run(name, mapping, int(time.time()), None, {}, Counts(), 0), False


def _mark(path: Path, mapping: Mapping, data: Path | None) -> str:
    """Changes with the mapping and with every file that it names (size and time)."""
    digest = hashlib.blake2b(path.read_bytes(), digest_size=8)
    for source in (*mapping.sources, *mapping.lookups.values()):
        place = mapping.place(source, data)
        try:
            told = os.stat(place)
        except OSError as error:
            raise InputError(
                f"cannot read {place}: {error.strerror}",
                hint="is --data (GROUNDREC_DATA) the folder that the mapping means?",
            ) from error
        digest.update(f"{place}:{told.st_size}:{told.st_mtime_ns}".encode())
    return digest.hexdigest()


def _lookups(mapping: Mapping, data: Path | None) -> dict[str, pl.DataFrame]:
    tables = {}
    for name, lookup in mapping.lookups.items():
        path = mapping.place(lookup, data)
        table = read_table(lookup, path)
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
