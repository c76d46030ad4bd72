"""`groundrec prune`: what nothing needs any more goes."""

import shutil
from pathlib import Path

from graph.errors import ArtefactError, MissingArtefactError
from groundrec.workspace import Workspace
from models.artefact import read_manifest


def prune_home(place: Workspace, *, dry_run: bool) -> list[tuple[Path, int]]:
    """Remove snapshots that are not in use, models made for those, and what nobody can read.

    Gives each folder with its size in bytes. The store, runs and the cache are never touched.
    """
    home = place.home
    current = home.current.read_text(encoding="utf-8").strip() if home.current.is_file() else ""
    gone = [folder for folder in _folders(home.snapshots) if folder.name != current]
    gone += [folder for folder in _folders(home.models) if not _serves(folder, current)]
    sizes = [(folder, _size(folder)) for folder in gone]
    if not dry_run:
        for folder in gone:
            shutil.rmtree(folder)
    return sizes


def _serves(folder: Path, current: str) -> bool:
    try:
        return read_manifest(folder).snapshot == current
    except (ArtefactError, MissingArtefactError):
        return False


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
