"""`groundrec forget`: a person leaves everything that groundrec keeps, and does not come back.

What was derived is removed first and the store last, so that a forgetting that was cut short can
be done again with all names still known.
"""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from graph.errors import GroundrecError, InputError, MissingArtefactError
from graph.ids import text_number
from graph.snapshot import Progress
from groundrec import output
from groundrec.on_neo4j import on_neo4j
from groundrec.publishing import withdraw
from groundrec.traces import Traces, files_under
from groundrec.training import train
from groundrec.workspace import Workspace
from kg_ingest.origins import read_origins
from kg_ingest.rejects import cells_of, keep_rejects
from models.artefact import read_manifest
from reasoning.ledger import open_ledger

# What groundrec has made itself and makes again; a person may be in it in any form.
DERIVED = ("checkpoints", "replies", "search", "texts.db", "texts.db-wal", "texts.db-shm")


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed from one place: `count` of `what`."""

    place: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Forgot:
    """All that was removed, what was made anew, and where the name still stands."""

    node: str
    removed: tuple[Removed, ...]
    snapshot: str | None
    trained: tuple[str, ...]
    still_in: tuple[str, ...]
    catalogue: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return {
            "node": self.node,
            "removed": [
                {"place": one.place, "what": one.what, "count": one.count} for one in self.removed
            ],
            "trained": list(self.trained),
            "still_in": list(self.still_in),
            "catalogue": list(self.catalogue),
        }

    def show(self) -> None:
        """One line per place."""
        for one in self.removed:
            output.emit(f"{one.place}: removed {one.count:,} {one.what}")
        if not self.removed:
            output.emit(f"nothing was kept about {self.node}; it will not be taken in either")
        if self.snapshot:
            output.emit(f"snapshot {self.snapshot} was built anew")
        for name in self.trained:
            output.emit(f"{name} was trained anew")
        for path in self.catalogue:
            output.emit(f"note: {path} is yours; what it delivers of them will be withheld")
        for path in self.still_in:
            output.emit(f"note: the name still stands in {path}")


def forget(place: Workspace, node: str, progress: Progress, *, retrain: bool = False) -> Forgot:
    """Remove a node from everything under the home; what remains is a keyed hash of it.

    With `retrain` the models that went are trained anew. InputError for what is no node id.
    """
    with place.store() as store:
        if node.partition(":")[0] not in store.schema().kinds:
            raise InputError(
                f"{node!r} is no node of this graph",
                hint="give its id, as in user:42; `groundrec search` finds it",
            )
        (facts,) = store.facts([node])
    traces = Traces.of(node, facts)
    sources = _sources(place, {(f.assertion.run, f.assertion.file) for f in facts})
    removed = [
        *_ledger(place, traces),
        *_rejects(place, traces),
        *_plans(place),
        *_cache(place, traces, sources),
        *_live(place, text_number(node)),
    ]
    folders, rebuild = _snapshots(place, text_number(node))
    removed += [Removed("snapshots", "snapshots", len(folders))] if folders else []
    versions = {folder.name for folder in folders}
    models = _models(place, versions)
    removed += [Removed("models", "models", len(models))] if models else []
    for folder in (*folders, *models):
        shutil.rmtree(folder)
    removed += _published(place) if facts else []
    with place.store() as store:
        gone = store.forget(node)
    for what, count in (("facts about it", gone.nodes), ("facts about its edges", gone.edges)):
        removed += [Removed("store", what, count)] if count else []
    made = _built(place, progress) if rebuild else None
    trained = _trained(place, models, progress) if retrain and made else ()
    return Forgot(
        node,
        tuple(removed),
        made,
        trained,
        tuple(str(path) for path in files_under(place.home.root) if traces.in_file(path)),
        tuple(str(path) for path in sources if path.exists()),
    )


# -- each place ------------------------------------------------------------------------------


def _ledger(place: Workspace, traces: Traces) -> list[Removed]:
    """Answers to them or about them, the pages made of such, and what came from standard input."""
    path = place.home.audits / "ledger.db"
    removed = []
    pages: set[str] = set()
    if path.is_file():
        with open_ledger(path) as ledger:
            gone = ledger.forget_answers(
                lambda record: (
                    traces.in_fields([str(record["user"])])
                    or traces.in_text(json.dumps(record, ensure_ascii=False))
                )
            )
        pages = {f"audit-{number}.html" for number in gone}
        if gone:
            removed.append(Removed("audits", "answers in the ledger", sum(gone.values())))
    files = [
        file
        for file in files_under(place.home.audits)
        if not file.name.startswith("ledger.db")
        and (file.name in pages or traces.in_file(file) or _spool_of(file, traces))
    ]
    for file in files:
        file.unlink()
    return removed + ([Removed("audits", "files", len(files))] if files else [])


def _spool_of(path: Path, traces: Traces) -> bool:
    """Whether a file of answers is (also) about them; their key may stand in its "user"."""
    if path.suffix != ".jsonl":
        return False
    keys = "|".join(re.escape(name) for name in traces.names)
    pattern = re.compile(rf'"user"\s*:\s*"?(?:{keys})"?\s*[,}}]')
    with path.open(encoding="utf-8", errors="replace") as file:
        return any(pattern.search(line) for line in file)


def _rejects(place: Workspace, traces: Traces) -> list[Removed]:
    gone = 0
    for path in place.home.runs.glob("*/rejects.csv"):
        gone += keep_rejects(
            path, lambda at, one: not traces.in_fields(cells_of(one.text) | cells_of(one.reason))
        )
    return [Removed("rejects", "rows", gone)] if gone else []


def _plans(place: Workspace) -> list[Removed]:
    """All of them: the graph moves now, so none could be carried out."""
    plans = [path for path in place.home.plans.glob("*") if path.is_dir()]
    for plan in plans:
        shutil.rmtree(plan)
    return [Removed("plans", "plans", len(plans))] if plans else []


def _cache(place: Workspace, traces: Traces, sources: list[Path]) -> list[Removed]:
    """All that was derived, and downloads that deliver them or name them."""
    gone = 0
    for name in DERIVED:
        path = place.home.cache / name
        if path.is_dir():
            shutil.rmtree(path)
            gone += 1
        elif path.is_file():
            path.unlink()
            gone += 1
    removed = [Removed("cache", "parts that are made again when needed", gone)] if gone else []
    root = place.home.cache.resolve()
    files = [
        path
        for path in files_under(place.home.cache)
        if path.resolve() in sources or traces.in_file(path)
    ]
    for path in files:
        path.unlink()
    if files:
        removed.append(Removed("cache", f"downloads under {root}", len(files)))
    return removed


def _live(place: Workspace, number: int) -> list[Removed]:
    """What was said by them or about them since the snapshot in use was built."""
    pattern = re.compile(rf"(?<![\d-]){number}(?!\d)")
    said = [
        path
        for path in files_under(place.home.live)
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    for path in said:
        path.unlink()
    return [Removed("live", "changes since the snapshot", len(said))] if said else []


def _snapshots(place: Workspace, number: int) -> tuple[list[Path], bool]:
    """The snapshots that have the node, and whether the one in use is among them."""
    home = place.home
    found = []
    for folder in sorted(path for path in home.snapshots.glob("*") if path.is_dir()):
        whole = (folder / "manifest.json").is_file()
        if not whole or _has(folder, number):
            found.append(folder)
    current = home.current.read_text(encoding="utf-8").strip() if home.current.is_file() else ""
    return found, current in {folder.name for folder in found}


def _has(folder: Path, number: int) -> bool:
    numbers = np.load(folder / "numbers.npy", mmap_mode="r", allow_pickle=False)
    if bool(np.isin(number, numbers)):
        return True
    merged = folder / "merged.arrow"
    return merged.is_file() and bool((pl.read_ipc(merged)["id"] == number).any())


def _models(place: Workspace, versions: set[str]) -> list[Path]:
    """The models that were made for these snapshots, and those that nobody can read."""
    found = []
    for folder in sorted(path for path in place.home.models.glob("*") if path.is_dir()):
        try:
            made_for = read_manifest(folder).snapshot
        except GroundrecError:
            made_for = ""
        if not made_for or made_for in versions:
            found.append(folder)
    return found


def _published(place: Workspace) -> list[Removed]:
    """All that models said to the server: they learned from the person, too."""
    gone = withdraw(place) if on_neo4j(place.settings) else 0
    return [Removed("store", "nodes' published embeddings and best items", gone)] if gone else []


def _sources(place: Workspace, rows: set[tuple[str, str]]) -> list[Path]:
    """The catalogue files that the facts about them came from."""
    found = set()
    for run, name in rows:
        origins = read_origins(place.home.runs / run)
        if origins is not None:
            found |= {Path(f.path) for f in origins.files if f.name == name and f.path}
    return sorted(found)


def _built(place: Workspace, progress: Progress) -> str | None:
    try:
        return place.build(progress).version
    except MissingArtefactError:  # they were all that there was
        place.home.current.unlink(missing_ok=True)
        return None


def _trained(place: Workspace, models: list[Path], progress: Progress) -> tuple[str, ...]:
    names = [folder.name for folder in models if not folder.name.startswith(".")]
    for name in names:
        train(Workspace(place.settings.model_copy(update={"model": name})), progress)
    return tuple(names)
