"""Opens what a command needs: the store, the snapshot in use, its names, the trained model."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from graph.errors import InputError, MissingArtefactError, StaleArtefactError
from graph.names import NameIndex
from graph.snapshot import Progress, Snapshot, open_snapshot, read_manifest
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import SqliteStore, open_sqlite
from groundrec.home import Home
from groundrec.settings import Settings


@dataclass(frozen=True)
class Workspace:
    """A home, and what is opened from it, each at most once."""

    settings: Settings

    @cached_property
    def home(self) -> Home:
        """The folder of everything that groundrec writes."""
        return Home(self.settings.home).made()

    def store(self, *, read_only: bool = False) -> AbstractContextManager[SqliteStore]:
        """The store of record, to be used in a `with`."""
        if self.settings.store != "sqlite":
            raise InputError(
                f"unknown store {self.settings.store!r}", hint="GROUNDREC_STORE=sqlite is there"
            )
        if read_only and not self.home.store.exists():
            raise MissingArtefactError(
                f"no graph at {self.home.store}", hint="`groundrec ingest run MAPPING` makes one"
            )
        return open_sqlite(self.home.store, read_only=read_only)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The snapshot in use; MissingArtefactError before the first was built."""
        try:
            version = self.home.current.read_text(encoding="utf-8").strip()
        except FileNotFoundError as error:
            raise MissingArtefactError(
                "no snapshot has been built yet",
                hint="`groundrec snapshot` builds one from the store",
            ) from error
        return open_snapshot(self.home.snapshots / version)

    @cached_property
    def names(self) -> NameIndex:
        """Names and aliases of the snapshot in use."""
        return NameIndex.of(self.snapshot)

    def build(self, progress: Progress | None = None) -> Snapshot:
        """Build the snapshot of the store as it is now and make it the one in use."""
        with self.store(read_only=True) as store:
            made = build_snapshot(store, self.home.snapshots, progress)
        beside = self.home.current.with_suffix(".new")
        beside.write_text(made.version + "\n", encoding="utf-8")
        beside.replace(self.home.current)
        self.__dict__.pop("snapshot", None)
        self.__dict__.pop("names", None)
        return made

    def moved(self) -> bool:
        """Whether the store has changed since the snapshot in use was built."""
        folder = self.snapshot.folder
        if folder is None or not self.home.store.exists():
            return False
        with self.store(read_only=True) as store:
            return read_manifest(folder).change_token != store.change_token()

    @property
    def model(self) -> str:
        """The ranker that serves; "best" is the blend where it has been trained, else the walks."""
        if self.settings.model != "best":
            return self.settings.model
        return "blend" if (self.home.models / "blend" / "manifest.json").is_file() else "walk"

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
