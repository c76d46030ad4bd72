"""What was said since the snapshot in use was built, kept beside it until the next is built.

The store has it all; the journal says it again in the form of an overlay, so that the next answer
knows of it without reading the store. Building a snapshot makes it empty.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from graph.batch import EDGES, NODES
from graph.errors import DamagedArtefactError
from graph.overlay import Change
from graph.schema import Schema

_NOTHING: Mapping[str, object] = {"nodes": [], "edges": [], "gone": [], "schema": None}


@dataclass(frozen=True, slots=True)
class Journal:
    """A folder with one file per change, numbered from 1, for one snapshot."""

    folder: Path

    def changes(self, start: int = 0) -> list[Change]:
        """The changes after the first `start`, in their order."""
        return [_change(path) for path in self._files()[start:]]

    def tokens(self) -> list[tuple[str, str]]:
        """The store's change token before and after each change."""
        read = [_read(path) for path in self._files()]
        return [(entry["before"], entry["after"]) for entry in read]

    def add(self, change: Change, before: str, after: str, run: str) -> None:
        """Append a change that a run has made; whole or not at all, also beside other processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {
            "run": run,
            "before": before,
            "after": after,
            "nodes": change.nodes.select(*NODES).rows(),
            "edges": change.edges.select(*EDGES).rows(),
            "gone": change.gone,
            "schema": change.schema.to_json() if change.schema else None,
        }
        beside = self.folder / f".{os.getpid()}.new"
        beside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        number = len(self._files()) + 1
        while True:
            try:
                os.link(beside, self.folder / f"{number:06}.json")
                break
            except FileExistsError:
                number += 1
        beside.unlink()

    def take_back(self, runs: Collection[str], before: str, after: str) -> None:
        """Make what these runs have said unsaid; nothing happens when none of it stands here.

        The entries stay, with nothing in them: they are a chain of change tokens, whose last link
        is this.
        """
        entries = {path: _read(path) for path in self._files()}
        said = {path: entry for path, entry in entries.items() if entry.get("run") in runs}
        for path, entry in said.items():
            beside = self.folder / f".{os.getpid()}.new"
            beside.write_text(json.dumps({**entry, **_NOTHING}), encoding="utf-8")
            beside.replace(path)
        if said:
            nothing = Change(pl.DataFrame(schema=NODES), pl.DataFrame(schema=EDGES))
            self.add(nothing, before, after, "")

    def clear(self) -> None:
        """Forget all changes, of this and of earlier snapshots."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json")) if self.folder.is_dir() else []


def _read(path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return entry


def _change(path: Path) -> Change:
    try:
        entry = _read(path)
        return Change(
            pl.DataFrame(entry["nodes"], schema=NODES, orient="row"),
            pl.DataFrame(entry["edges"], schema=EDGES, orient="row"),
            tuple(entry["gone"]),
            Schema.from_json(entry["schema"]) if entry["schema"] else None,
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DamagedArtefactError(
            f"{path} is not readable", hint="`groundrec snapshot` takes in what it said"
        ) from error
