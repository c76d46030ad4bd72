"""Plan and apply: first what an ingest would do, then that very thing or nothing.

A plan reads the catalogue once. Its batches are written to a rehearsal of the store, so that its
counts are those of the real thing, and kept beside, so that nothing is read again.

    runs/plans/PLAN/plan.json   what it would do, and the change token of the store it was made for
                    rejects.csv
                    parts/      the converted batches
"""

import json
import shutil
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from graph.batch import Counts, Mode
from graph.errors import (
    DamagedArtefactError,
    InputError,
    MissingArtefactError,
    StaleArtefactError,
)
from graph.locking import alone
from graph.schema import Schema
from graph.store import GraphStore, Run
from kg_ingest.contradictions import Contradiction, Value, contradictions
from kg_ingest.deliveries import Catalogue, deliveries, open_catalogue
from kg_ingest.gathering import ahead, gathered
from kg_ingest.load import LOCK, LoadReport, Progress, load, new_run, silent
from kg_ingest.merges import Merge, merges
from kg_ingest.origins import Origins, keep_origins
from kg_ingest.parts import keep_part, kept_deliveries
from kg_ingest.watching import Group, Sample, Watch
from kg_ingest.withholding import withheld

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest would do to the graph as it was when the plan was made.

    `token` is the store's change token then, `groups` the changes by kind and relation,
    `contradicted` how many heads would have several values of a functional relation, by relation,
    `merged` how many pairs `ingest resolve` would then merge, by kind, if that was asked for.
    """

    id: str
    folder: Path
    mapping: str
    made: int
    token: str
    schema: Schema
    origins: Origins
    modes: dict[str, Mode]
    rows: dict[str, int]
    counts: Counts
    rejected: int
    groups: tuple[Group, ...]
    contradicted: dict[str, int]
    contradictions: tuple[Contradiction, ...]
    merged: dict[str, int]
    merges: tuple[Merge, ...]
    notes: tuple[str, ...]

    @property
    def rejects(self) -> Path | None:
        """The rows that could not be used."""
        path = self.folder / "rejects.csv"
        return path if path.exists() else None


def make_plan(
    store: GraphStore,
    mapping_path: Path,
    *,
    data: Path | None,
    plans: Path,
    max_rejects: int | None = None,
    outside: bool = False,
    resolved: bool = False,
    progress: Progress = silent,
) -> Plan:
    """Read a catalogue and say what it would change; the store is left as it is.

    With `resolved` also what the resolver would merge then.

    Errors are those of `run_ingest`.
    """
    catalogue = open_catalogue(mapping_path, data=data, outside=outside)
    run = new_run(catalogue.name)
    folder = plans / run.id
    folder.mkdir(parents=True)
    try:
        return _planned(store, catalogue, run, folder, max_rejects, resolved, progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _planned(
    store: GraphStore,
    catalogue: Catalogue,
    run: Run,
    folder: Path,
    max_rejects: int | None,
    resolved: bool,
    progress: Progress,
) -> Plan:
    token = store.change_token()
    schema, origins = catalogue.mapping.schema_, Origins.of(catalogue)
    with (
        store.rehearsal(folder) as scratch,
        closing(ahead(gathered(deliveries(catalogue, {})))) as found,
    ):
        scratch.begin(run, schema)
        watch = Watch(scratch.schema(), partial(keep_part, folder / "parts"))
        report = load(
            scratch,
            run,
            withheld(store, schema, found),
            modes=catalogue.modes,
            files=origins.names,
            rejects=folder / "rejects.csv",
            max_rejects=max_rejects,
            progress=progress,
            watch=watch,
        )
        groups = watch.finish(store, scratch)
        contradicted, told = contradictions(scratch, watch.heads, run.id)
        merged, pairs = merges(scratch) if resolved else ({}, ())
    plan = Plan(
        run.id, folder, catalogue.name, int(time.time()), token, schema, origins,
        catalogue.modes, report.rows, report.counts, report.rejected,
        groups, contradicted, told, merged, pairs, report.notes,
    )  # fmt: skip
    _write(plan)
    return plan


def apply_plan(
    store: GraphStore, plan: Plan, *, runs: Path, progress: Progress = silent
) -> LoadReport:
    """Do what was planned; cut short, it goes on. The plan is used up then.

    StaleArtefactError when the graph is no longer the one that the plan was made for,
    DamagedArtefactError when the plan is no longer what it was, StoreBusyError when another ingest
    is at work.
    """
    with alone(runs / LOCK, "ingest"):
        begun = {run.id: run for run in store.runs()}.get(plan.id)
        if begun is None and store.change_token() != plan.token:
            raise StaleArtefactError(
                f"the graph has changed since the plan {plan.id} was made,"
                " so it was not carried out",
                hint="`groundrec ingest plan` makes a new one",
            )
        if begun is not None:
            _refuse_to_go_on(store, begun)
        run = begun or new_run(plan.mapping, plan.id)
        store.begin(run, plan.schema)
        keep_origins(runs / run.id, plan.origins)
        report = load(
            store,
            run,
            kept_deliveries(plan.folder / "parts", run.positions),
            modes=plan.modes,
            files=plan.origins.names,
            rejects=runs / run.id / "rejects.csv",
            resumed=begun is not None,
            progress=progress,
        )
        shutil.rmtree(plan.folder)
        return report


def _refuse_to_go_on(store: GraphStore, begun: Run) -> None:
    if begun.ended is not None or begun.undone is not None:
        raise InputError(
            f"the plan {begun.id} was carried out already",
            hint=f"`groundrec ingest show {begun.id}`",
        )
    runs = list(store.runs())
    after = [run.id for run in runs[runs.index(begun) + 1 :] if run.undone is None]
    if after:
        raise StaleArtefactError(
            f"{begun.id} was cut short, and {after[0]} has changed the graph since",
            hint=f"`groundrec ingest undo {begun.id}`, then make a new plan",
        )


# -- on disk ---------------------------------------------------------------------------------


def read_plan(plans: Path, name: str) -> Plan:
    """A plan by its id, the beginning of it, or "last".

    MissingArtefactError when there is none, DamagedArtefactError when it cannot be read.
    """
    known = list_plans(plans)
    found = known[-1:] if name == "last" else [one for one in known if one.startswith(name)]
    if len(found) != 1:
        raise MissingArtefactError(
            f"{'no plan' if not found else f'{len(found)} plans'} {name!r}",
            hint=f"there are: {', '.join(known)}" if known else "`groundrec ingest plan MAPPING`",
        )
    path = plans / found[0] / "plan.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        return _read(path.parent, content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedArtefactError(
            f"{path} is not readable: {error}", hint="`groundrec ingest plan` makes a new plan"
        ) from error


def list_plans(plans: Path) -> list[str]:
    """The ids of all plans that were made and not carried out, oldest first."""
    made = sorted(plans.glob("*/plan.json"), key=lambda path: path.stat().st_mtime_ns)
    return [path.parent.name for path in made]


def _write(plan: Plan) -> None:
    content = {
        "format": FORMAT,
        **asdict(plan),
        "folder": None,
        "schema": plan.schema.model_dump(mode="json"),
        "origins": plan.origins.to_json(),
    }
    beside = plan.folder / "plan.part"
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    beside.replace(plan.folder / "plan.json")


def _read(folder: Path, content: dict[str, Any]) -> Plan:
    groups = tuple(
        Group(g["table"], g["name"], g["counts"], [Sample(**one) for one in g["samples"]])
        for g in content["groups"]
    )
    told = tuple(
        Contradiction(
            c["relation"], c["head"], c["name"], tuple(Value(**one) for one in c["values"])
        )
        for c in content["contradictions"]
    )
    return Plan(
        **{
            **content,
            "folder": folder,
            "schema": Schema.model_validate(content["schema"]),
            "origins": Origins.from_json(content["origins"]),
            "counts": Counts(**content["counts"]),
            "groups": groups,
            "contradictions": told,
            "merges": tuple(Merge(**one) for one in content["merges"]),
            "notes": tuple(content["notes"]),
        }
    )
