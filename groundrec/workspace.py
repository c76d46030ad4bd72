"""Opens what a command needs: the store, the snapshot in use, its names, the trained model."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from graph.errors import ArtefactError, InputError, MissingArtefactError, StaleArtefactError
from graph.facts import NOW, Moment
from graph.names import NameIndex
from graph.overlay import Change, overlaid
from graph.snapshot import Progress, Snapshot, open_snapshot, read_manifest
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import open_sqlite
from graph.store import GraphStore
from groundrec.home import Home
from groundrec.live import Journal
from groundrec.on_neo4j import on_neo4j, open_neo4j
from groundrec.settings import Settings

Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Workspace:
    """A home, and what is opened from it, each at most once."""

    settings: Settings

    @cached_property
    def home(self) -> Home:
        """The folder of everything that groundrec writes."""
        return Home(self.settings.home).made()

    @property
    def has_store(self) -> bool:
        """Whether there is a store to open; of a server only opening it can tell."""
        return on_neo4j(self.settings) or self.home.store.exists()

    @property
    def store_file(self) -> Path:
        """The file that holds the graph; InputError when it is on a server."""
        if on_neo4j(self.settings):
            raise InputError(
                "the graph is in Neo4j, and this is for a graph in a file",
                hint="`neo4j-admin database dump` and `load` copy it (docs/neo4j.md)",
            )
        return self.home.store

    def store(self, *, read_only: bool = False) -> AbstractContextManager[GraphStore]:
        """The store of record, to be used in a `with`."""
        if on_neo4j(self.settings):
            return open_neo4j(self.settings, read_only=read_only)
        if read_only and not self.home.store.exists():
            raise MissingArtefactError(
                f"no graph at {self.home.store}", hint="`groundrec ingest run MAPPING` makes one"
            )
        return open_sqlite(self.home.store, read_only=read_only)

    @cached_property
    def base(self) -> Snapshot:
        """The snapshot that was built; MissingArtefactError before the first was."""
        try:
            version = self.home.current.read_text(encoding="utf-8").strip()
        except FileNotFoundError as error:
            raise MissingArtefactError(
                "no snapshot has been built yet",
                hint="`groundrec snapshot` builds one from the store",
            ) from error
        return open_snapshot(self.home.snapshots / version)

    @property
    def journal(self) -> Journal:
        """What was said since that was built."""
        return Journal(self.home.live / self.base.version)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The graph in use: what was built, overlaid with what was said since."""
        return overlaid(self.base, self.journal.changes())

    @cached_property
    def names(self) -> NameIndex:
        """Names and aliases of the graph in use."""
        return NameIndex.of(self.snapshot)

    def take_in(self, change: Change, before: str, after: str, run: str) -> Snapshot:
        """Lay a change on the graph in use, now and for whoever opens it later.

        `before` and `after` are the store's change tokens around the change, which `run` made.
        """
        self.journal.add(change, before, after, run)
        return self.follow()

    def follow(self) -> Snapshot:
        """The graph in use with what other processes have said, too; names follow."""
        names = self.__dict__.pop("names", None)
        self.__dict__.pop("snapshot", None)
        if names is not None:
            self.__dict__["names"] = names.moved(self.snapshot)
        return self.snapshot

    def build(
        self,
        progress: Progress | None = None,
        *,
        moment: Moment = NOW,
        use: bool = True,
        whole: bool = False,
    ) -> Snapshot:
        """Build the snapshot of a moment, and make it the one in use.

        `whole`: read all of the store, even where it can tell what has changed.
        """
        with self.store(read_only=True) as store:
            made = build_snapshot(
                store, self.home.snapshots, progress, moment, base=None if whole else self._before()
            )
        if not use:
            return made
        beside = self.home.current.with_suffix(".new")
        beside.write_text(made.version + "\n", encoding="utf-8")
        beside.replace(self.home.current)
        Journal(self.home.live / made.version).clear()
        for name in ("base", "snapshot", "names", "_held"):
            self.__dict__.pop(name, None)
        return made

    def _before(self) -> Snapshot | None:
        """The snapshot that was built before, when there is a sound one."""
        try:
            return self.base
        except (ArtefactError, MissingArtefactError):
            return None

    def with_snapshot(self, snapshot: Snapshot) -> "Workspace":
        """The same workspace with another snapshot in use."""
        other = Workspace(self.settings)
        other.__dict__["snapshot"] = snapshot
        return other

    def moved(self) -> bool:
        """Whether the store has changed otherwise than by what the graph in use knows of."""
        folder = self.base.folder
        if folder is None or not self.has_store:
            return False
        token = read_manifest(folder).change_token
        for before, after in self.journal.tokens():
            token = after if before == token else token
        with self.store(read_only=True) as store:
            return token != store.change_token()

    @property
    def model(self) -> str:
        """The ranker that serves; "best" is the blend where it has been trained, else the walks."""
        if self.settings.model != "best":
            return self.settings.model
        return "blend" if (self.home.models / "blend" / "manifest.json").is_file() else "walk"

    def opened(self, name: str, folder: Path, load: Callable[[], Opened]) -> Opened:
        """What was loaded from a folder, as long as its manifest stays the same."""
        mark = (folder / "manifest.json").stat().st_mtime_ns
        held = self._held.get(name)
        if held is None or held[0] != mark:
            held = self._held[name] = (mark, load())
        made: Opened = held[1]
        return made

    @cached_property
    def _held(self) -> dict[str, Any]:
        return {}

    def model_folder(self, name: str) -> Path:
        """Where a trained ranker lies; MissingArtefactError when it was never trained."""
        folder = self.home.models / name
        if not (folder / "manifest.json").is_file():
            raise MissingArtefactError(
                f"no model {name!r} has been trained", hint=f"`groundrec train --model {name}`"
            )
        return folder


def require_version(found: str, wanted: str, what: str) -> None:
    """StaleArtefactError when an artefact was made for another snapshot."""
    if found != wanted:
        raise StaleArtefactError(
            f"{what} was made for snapshot {found[:12]}, the one in use is {wanted[:12]}",
            hint="`groundrec train` makes it anew",
        )
