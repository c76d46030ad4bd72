"""One ingest: every source of a mapping, block by block, into a store; killed, it goes on."""

import time
import uuid
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Table
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from graph.batch import Counts, Mode
from graph.errors import TooManyRejectsError
from graph.locking import alone
from graph.store import GraphStore, Run, Written
from kg_ingest.deliveries import Delivery, deliveries, open_catalogue
from kg_ingest.gathering import ahead, gathered
from kg_ingest.origins import Origins, keep_origins
from kg_ingest.padding import Padded
from kg_ingest.rejects import RejectsFile
from kg_ingest.withholding import withheld


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an ingest has come: `done` of `total` bytes of a source, `rows` and `rejected`."""

    source: str
    done: int
    total: int
    rows: int
    rejected: int


Progress = Callable[[Reached], None]
Watcher = Callable[[Delivery | None, Written], None]  # of each write; None: the run's end

LOCK = "ingest.lock"  # in the folder of runs


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


def silent(reached: Reached) -> None:
    """Tells nobody."""


def unwatched(one: Delivery | None, written: Written) -> None:
    """Nobody looks."""


def run_ingest(
    store: GraphStore,
    mapping_path: Path,
    *,
    data: Path | None,
    runs: Path,
    max_rejects: int | None = None,
    outside: bool = False,
    progress: Progress = silent,
) -> LoadReport:
    """Bring a catalogue into a store; what is already so is left as it is.

    An ingest of the same mapping and the same files that was cut short is gone on with. Only with
    `outside` may the mapping name files outside its folder and the data folder.
    MappingError or InputError before anything is written, TooManyRejectsError after whole blocks,
    StoreBusyError when another ingest is at work.
    """
    catalogue = open_catalogue(mapping_path, data=data, outside=outside)
    with alone(runs / LOCK, "ingest"):
        run, resumed = _run(store, catalogue.name)
        store.begin(run, catalogue.mapping.schema_)
        origins = Origins.of(catalogue)
        keep_origins(runs / run.id, origins)
        with closing(ahead(gathered(deliveries(catalogue, run.positions)))) as found:
            return load(
                store,
                run,
                withheld(store, catalogue.mapping.schema_, found),
                modes=catalogue.modes,
                files=origins.names,
                rejects=runs / run.id / "rejects.csv",
                resumed=resumed,
                max_rejects=max_rejects,
                progress=progress,
            )


def new_run(mapping: str, name: str = "") -> Run:
    """A run that begins now."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return Run(
        name or f"{stamp}-{uuid.uuid4().hex[:6]}", mapping, int(time.time()), None, {}, Counts(), 0
    )


def load(
    store: GraphStore,
    run: Run,
    batches: Iterable[Delivery],
    *,
    modes: Table[str, Mode],
    files: Table[str, Iterable[str]],
    rejects: Path,
    resumed: bool = False,
    max_rejects: int | None = None,
    progress: Progress = silent,
    watch: Watcher = unwatched,
) -> LoadReport:
    """Write all batches of a run that has begun, retire what is no longer delivered, end the run.

    `modes` and `files` are those of each source.
    """
    begun = time.monotonic()
    rejected = RejectsFile(rejects, run.rejects)
    rows = dict.fromkeys(modes, 0)
    padded = Padded()
    for one in batches:
        batch = one.batch
        # Rejects go first: what the run does not know of is cut off when it goes on.
        rejected.add(batch.files[0], one.rejected)
        told = replace(
            run,
            rejects=run.rejects + one.rejected.height,
            counts=run.counts + Counts(withheld=one.withheld),
        )
        written = store.write(told, batch)
        run = written.run
        watch(one, written)
        padded.add(batch.nodes)
        rows[batch.source] += one.rows
        progress(Reached(batch.source, one.done, one.total, rows[batch.source], run.rejects))
        if max_rejects is not None and run.rejects > max_rejects:
            raise TooManyRejectsError(
                f"{run.rejects} rows rejected, more than the {max_rejects} allowed; "
                f"stopped in {batch.files[0]}",
                hint=f"see {rejected.path}; what was written before is whole",
            )
    replaced = [source for source, mode in modes.items() if mode == "replace"]
    doubts = {
        source: doubt
        for source in replaced
        if (doubt := _doubt(source, run, rejected.files & {*files[source]}))
    }
    written = store.end(run, [source for source in replaced if source not in doubts])
    run = written.run
    watch(None, written)
    return LoadReport(
        run=run.id,
        rows=rows,
        counts=run.counts,
        rejected=run.rejects,
        rejects=rejected.path if rejected.path.exists() else None,
        resumed=resumed,
        seconds=time.monotonic() - begun,
        notes=(*padded.notes(store), *doubts.values()),
    )


def _doubt(source: str, run: Run, damaged: set[str]) -> str:
    """Why a source that replaces cannot be trusted to have named all that it still has."""
    if source not in run.positions:
        return f"{source} delivered nothing, so nothing of it was retired"
    if damaged:
        return (
            f"nothing of {source} was retired: rows of {', '.join(sorted(damaged))} were rejected, "
            "and what they say is not known; mend them and run it again"
        )
    return ""


def _run(store: GraphStore, mapping: str) -> tuple[Run, bool]:
    for run in reversed(store.runs()):
        if run.mapping == mapping and run.undone is None:
            if run.ended is None:
                return run, True
            break
    return new_run(mapping), False
