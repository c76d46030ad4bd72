"""What was ingested when: runs and plans, their rejects, and the way back."""

import time
from dataclasses import asdict, dataclass
from itertools import islice

from graph.errors import DamagedArtefactError
from graph.store import Run
from groundrec import output
from groundrec.ingesting import reasons_in, told_counts, told_reason
from groundrec.workspace import Workspace
from kg_ingest.origins import read_origins
from kg_ingest.plan import list_plans, read_plan
from kg_ingest.rejects import Reject, read_rejects
from kg_ingest.undo import Obstacle, find_run, in_the_way, undo_run

Form = dict[str, object]


@dataclass(frozen=True, slots=True)
class Listed:
    """All runs, oldest first, and the plans that wait; `stale` are those that came too late."""

    runs: tuple[Run, ...]
    plans: tuple[str, ...]
    stale: frozenset[str]

    def to_json(self) -> Form:
        """See docs/json.md."""
        return {
            "runs": [run_form(run) for run in self.runs],
            "plans": list(self.plans),
            "stale": sorted(self.stale),
        }

    def show(self) -> None:
        """A table."""
        if not self.runs and not self.plans:
            output.emit("nothing was ingested yet")
            return
        rows = [
            (
                run.id,
                moment(run.started),
                run.mapping.partition("@")[0],
                state(run),
                f"{run.counts.nodes_added + run.counts.edges_added:,}",
                f"{run.counts.nodes_changed + run.counts.edges_changed:,}",
                f"{run.counts.nodes_removed + run.counts.edges_removed:,}",
                f"{run.rejects:,}",
            )
            for run in self.runs
        ]
        heads = ["run", "started", "mapping", "state", "added", "changed", "taken back", "rejected"]
        if rows:
            output.table(heads, rows)
        for plan in self.plans:
            way = f"`groundrec ingest apply {plan}`"
            said = "the graph has changed since: plan anew" if plan in self.stale else way
            output.emit(f"planned: {plan} ({said})")


@dataclass(frozen=True, slots=True)
class Shown:
    """One run, what it met of others, and what stands in the way of undoing it."""

    run: Run
    files: tuple[str, ...]
    reasons: list[Form]
    obstacles: tuple[Obstacle, ...]

    def to_json(self) -> Form:
        """See docs/json.md."""
        return {
            **run_form(self.run),
            "files": list(self.files),
            "positions": self.run.positions,
            "built_on": dict(self.run.built_on),
            "reasons": self.reasons,
            "in_the_way": [{"run": one.run.id, "facts": one.facts} for one in self.obstacles],
        }

    def show(self) -> None:
        """All that is known of it."""
        run = self.run
        output.emit(f"{run.id}: {run.mapping.partition('@')[0]}, {state(run)}")
        output.emit(f"started {moment(run.started)}")
        for name, when in (("ended", run.ended), ("undone", run.undone)):
            if when is not None:
                output.emit(f"{name} {moment(when)}")
        for file in self.files:
            output.emit(f"read {file}")
        output.emit(told_counts(run.counts))
        for reason in self.reasons:
            output.emit(told_reason(reason))
        for name, facts in run.built_on.items():
            output.emit(f"builds on {name}: {facts:,} facts")
        for one in self.obstacles:
            output.emit(f"stands in the way of undoing it: {one.run.id} ({one.facts:,} facts)")


@dataclass(frozen=True, slots=True)
class Undone:
    """The runs that were taken back, in the order in which that was done."""

    runs: tuple[Run, ...]

    def to_json(self) -> Form:
        """See docs/json.md."""
        return {"undone": [run.id for run in self.runs]}

    def show(self) -> None:
        """One line per run."""
        for run in self.runs:
            output.emit(f"undone: {run.id} ({told_counts(run.counts)})")
        output.emit("`groundrec snapshot` takes it in")


def listed(place: Workspace) -> Listed:
    """All runs and plans."""
    with place.store(read_only=True) as store:
        runs, token = store.runs(), store.change_token()
    plans = list_plans(place.home.plans)
    begun = {run.id for run in runs if run.ended is None}
    late = (plan for plan in plans if plan not in begun and _of(place, plan) != token)
    return Listed(runs, tuple(plans), frozenset(late))


def _of(place: Workspace, plan: str) -> str | None:
    """The change token of the graph that a plan was made for; None when it cannot be read."""
    try:
        return read_plan(place.home.plans, plan).token
    except DamagedArtefactError:
        return None


def shown(place: Workspace, name: str) -> Shown:
    """One run by id, its beginning, or "last"."""
    with place.store(read_only=True) as store:
        run = find_run(store, name)
        obstacles = in_the_way(store, run)
    folder = place.home.runs / run.id
    origins = read_origins(folder)
    files = tuple(file.path or file.name for file in origins.files) if origins else ()
    return Shown(run, files, reasons_in(folder / "rejects.csv"), obstacles)


def rejects_of(place: Workspace, name: str, limit: int) -> tuple[Run, list[Reject]]:
    """The first rejects of a run."""
    with place.store(read_only=True) as store:
        run = find_run(store, name)
    return run, list(islice(read_rejects(place.home.runs / run.id / "rejects.csv"), limit))


def undone(place: Workspace, name: str, *, cascade: bool) -> Undone:
    """Take a run back; what it has said since the snapshot in use was built is unsaid at once."""
    with place.store() as store:
        before = store.change_token()
        runs = undo_run(store, find_run(store, name), cascade=cascade)
        after = store.change_token()
    if place.home.current.is_file():
        place.journal.take_back([run.id for run in runs], before, after)
    return Undone(runs)


def state(run: Run) -> str:
    """Where a run stands, in a word or two."""
    if run.undone is not None:
        return "undone"
    return "done" if run.ended is not None else "cut short"


def moment(seconds: int) -> str:
    """A time as people read it, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def run_form(run: Run) -> Form:
    """A run as JSON."""
    return {
        "run": run.id,
        "mapping": run.mapping,
        "state": state(run),
        "started": run.started,
        "ended": run.ended,
        "undone": run.undone,
        "counts": asdict(run.counts),
        "rejected": run.rejects,
    }
