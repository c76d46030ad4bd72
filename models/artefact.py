"""Fitted rankers on disk: arrays.npz and manifest.json, bound to the snapshot they were made for.

NAME/manifest.json   format, ranker, snapshot version, options, facts about the fit, checksum
     arrays.npz      what was learned; never pickled
"""

import os
import shutil
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from graph.errors import DamagedArtefactError, MissingArtefactError, StaleArtefactError
from graph.snapshot import Snapshot
from models import blend, content, gnn, item_item, popularity, recent, sequence, walk
from models.rank import Option, Ranker, State

FORMAT = 1
_HINT = "`groundrec train` makes it anew"


class Manifest(BaseModel):
    """What a saved ranker says of itself; `facts` are for people: seed, validation results."""

    model_config = ConfigDict(frozen=True)

    format: int
    ranker: str
    snapshot: str
    options: dict[str, Option]
    facts: dict[str, Option]
    checksum: str


def save(
    folder: Path,
    ranker: Ranker,
    snapshot: Snapshot,
    facts: Mapping[str, Option] | None = None,
) -> Manifest:
    """Write a ranker that was fitted on `snapshot` into `folder`, replacing what is there."""
    state = ranker.state()
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    np.savez(beside / "arrays.npz", allow_pickle=False, **state.arrays)
    manifest = Manifest(
        format=FORMAT,
        ranker=ranker.name,
        snapshot=snapshot.version,
        options=dict(state.options),
        facts=dict(facts or {}),
        checksum=_checksum(beside / "arrays.npz"),
    )
    (beside / "manifest.json").write_text(
        manifest.model_dump_json(indent=2) + "\n", encoding="utf-8"
    )
    shutil.rmtree(folder, ignore_errors=True)
    beside.replace(folder)
    return manifest


def load(folder: Path, snapshot: Snapshot) -> Ranker:
    """The ranker in `folder`, ready to score on `snapshot`.

    MissingArtefactError when there is none, StaleArtefactError when it was made for another
    snapshot, DamagedArtefactError when it is not what was written.
    """
    manifest = read_manifest(folder)
    if manifest.snapshot != snapshot.version:
        raise StaleArtefactError(
            f"the ranker {manifest.ranker!r} was made for snapshot {manifest.snapshot[:12]},"
            f" not for {snapshot.version[:12]}",
            hint=_HINT,
        )
    path = folder / "arrays.npz"
    if not path.is_file() or _checksum(path) != manifest.checksum:
        raise DamagedArtefactError(f"{path} is not what was written", hint=_HINT)
    with np.load(path, allow_pickle=False) as arrays:
        state = State(manifest.options, dict(arrays))
    return restored(manifest.ranker, state, snapshot)


def restored(name: str, state: State, snapshot: Snapshot) -> Ranker:
    """The ranker whose `state` this is, on the snapshot that it was fitted on."""
    if name == popularity.NAME:
        return popularity.restore(state)
    if name == walk.NAME:
        return walk.restore(state, snapshot)
    if name == gnn.NAME:
        return gnn.restore(state)
    if name == recent.NAME:
        return recent.restore(state)
    if name == sequence.NAME:
        return sequence.restore(state)
    if name == blend.NAME:
        return blend.restore(state, lambda name, part: restored(name, part, snapshot))
    if name == content.NAME:
        return content.restore(state)
    return item_item.restore(name, state)


def read_manifest(folder: Path) -> Manifest:
    """What a saved ranker says of itself; the errors say whether it is missing or damaged."""
    path = folder / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingArtefactError(
            f"no ranker has been trained at {folder}", hint="`groundrec train` makes one"
        ) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise DamagedArtefactError(f"{path} is not readable", hint=_HINT) from error
    if manifest.format != FORMAT:
        raise DamagedArtefactError(
            f"{path} has format {manifest.format}, this version reads {FORMAT}", hint=_HINT
        )
    return manifest


def _checksum(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()
