"""`groundrec search`: names first, then what texts mean."""

import shutil
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.names import normalise
from graph.snapshot import Progress, Snapshot
from graph.texts import described
from graph.types import TextEncoder
from groundrec.encoding import encoder_of
from groundrec.workspace import Workspace
from models.nearest import Nearest, open_nearest

# A name that is at least so like the text is what was asked for, if it has as many words.
_NAMED = 85.0
# Vectors with a smaller product have nothing to do with each other.
_MEANT = 0.3


@dataclass(frozen=True, slots=True)
class Found:
    """A node, whether its name or its text matched, and how well (0 to 100)."""

    id: str
    name: str
    kind: str
    degree: int
    match: float
    by: str

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return {name: getattr(self, name) for name in self.__slots__}


def search(
    place: Workspace,
    text: str,
    limit: int,
    *,
    meaning: bool | None = None,
    progress: Progress | None = None,
) -> list[Found]:
    """Nodes whose name is like the text, then nodes whose texts mean what it says, then the rest.

    Unless `meaning` says whether to ask for the second, that is done when no name fits well.
    """
    named = place.names.search(text, limit)
    found = {row: _found(place, row, match, "name") for row, match in named}
    asked = _words(text)
    good = {
        row: found[row]
        for row, match in named
        if match >= _NAMED and _words(place.snapshot.label(row)) >= asked
    }
    if not (meaning or (meaning is None and not good)):
        return list(found.values())
    snapshot = place.snapshot
    encoder = encoder_of(place, progress=progress)
    rows, nearest = _index(snapshot, encoder, place.home.cache / "search")
    at, values = nearest.search(encoder.encode([text])[0], limit + len(good))
    for row, value in zip(rows[at].tolist(), values.tolist(), strict=True):
        if value >= _MEANT and row not in good:
            good[row] = _found(place, row, round(100 * value, 1), "meaning")
    return list((good | found).values())[:limit]


def _words(text: str) -> int:
    return len(normalise(text).split())


def _found(place: Workspace, row: int, match: float, by: str) -> Found:
    snapshot = place.snapshot
    kind, degree = snapshot.kind(row), place.names.degree(row)
    return Found(snapshot.id(row), snapshot.label(row), kind, degree, match, by)


def _index(
    snapshot: Snapshot, encoder: TextEncoder, root: Path
) -> tuple[NDArray[np.int64], Nearest]:
    """Rows of the nodes that say something, and their vectors, kept for this snapshot."""
    rows = _telling(snapshot)
    mark = blake2b(f"{snapshot.version} {encoder.name}".encode(), digest_size=8).hexdigest()
    folder = root / mark
    file = folder / "vectors.npy"
    if not file.is_file():
        vectors = encoder.encode(described(snapshot, rows))
        shutil.rmtree(root, ignore_errors=True)  # those of snapshots before this one
        folder.mkdir(parents=True)
        np.save(file.with_suffix(".new.npy"), vectors, allow_pickle=False)
        file.with_suffix(".new.npy").replace(file)
    vectors = np.load(file, mmap_mode="r", allow_pickle=False)
    return rows, open_nearest(vectors, folder)


def _telling(snapshot: Snapshot) -> NDArray[np.int64]:
    """Items, and attributes of kinds that have fewer nodes than there are items.

    Such attributes classify; the others are names (of people, places), which a meaning does not
    help to find.
    """
    items = sum(snapshot.count(kind) for kind in snapshot.schema.kinds_of("item"))
    kinds = [
        kind
        for kind, meant in sorted(snapshot.schema.kinds.items())
        if meant.role == "item" or (meant.role == "attribute" and snapshot.count(kind) < items)
    ]
    parts = [np.asarray(snapshot.rows(kind), dtype=np.int64) for kind in kinds]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
