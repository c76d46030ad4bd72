"""Where the rows of a file description lie: one file, the files of a pattern, or standard input.

A path stays in its folder: one that leads out (`..`, absolute) is refused unless the caller allows
it. A link inside the folder may lead anywhere: whoever owns the folder has put it there.
"""

import hashlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath

from graph.errors import InputError, MappingError
from kg_ingest.mapping import File, Mapping
from kg_ingest.streams import STDIN

_PATTERN = "*?["


@dataclass(frozen=True, slots=True)
class Place:
    """One file: its name as provenance tells it, and its path (None: there is no file)."""

    name: str
    path: Path | None


def places_of(
    mapping: Mapping, file: File, data: Path | None, *, outside: bool = False
) -> tuple[Place, ...]:
    """The places of a file description, sorted by name.

    MappingError when a path leads out of its folder and `outside` does not allow that, InputError
    when nothing is there.
    """
    if file.path == STDIN:
        return (Place("stdin", None),)
    if file.url_env:
        return (Place(file.table or "query", None),)
    if not outside and _leads_out(file.path):
        raise MappingError(
            f"{mapping.name}: {file.path!r} leads out of the {file.root} folder",
            hint="`--outside` (GROUNDREC_OUTSIDE=true) allows it, for mappings that you trust",
        )
    path = mapping.place(file, data)
    if not any(mark in file.path for mark in _PATTERN) or path.exists():
        return (Place(file.path + (f":{file.table}" if file.table else ""), path),)
    folder = mapping.folder if file.root == "mapping" or data is None else data
    anchor = Path(path.anchor) if PurePath(file.path).is_absolute() else folder
    pattern = str(path.relative_to(anchor))
    found = sorted(match for match in anchor.glob(pattern) if match.is_file())
    if not found:
        raise InputError(
            f"no file matches {path}",
            hint="is --data (GROUNDREC_DATA) the folder that the mapping means?",
        )
    return tuple(Place(match.relative_to(anchor).as_posix(), match) for match in found)


def fingerprint(place: Place) -> str:
    """Changes when the file does (size or time); never the same for what is no file."""
    if place.path is None:
        return f"{place.name}:{uuid.uuid4().hex}"
    try:
        told = os.stat(place.path)
    except OSError as error:
        raise InputError(
            f"cannot read {place.path}: {error.strerror}",
            hint="is --data (GROUNDREC_DATA) the folder that the mapping means?",
        ) from error
    return f"{place.path}:{told.st_size}:{told.st_mtime_ns}"


def mapping_mark(path: Path, mapping: Mapping, data: Path | None, *, outside: bool = False) -> str:
    """Changes with the mapping's text and with every file that it names."""
    digest = hashlib.blake2b(path.read_bytes(), digest_size=8)
    files = (*mapping.sources, *mapping.lookups.values())
    for places in [places_of(mapping, file, data, outside=outside) for file in files]:
        for place in places:
            digest.update(fingerprint(place).encode())
    return digest.hexdigest()


def _leads_out(path: str) -> bool:
    windows = PureWindowsPath(path)
    if PurePath(path).is_absolute() or windows.drive or windows.root:
        return True
    return os.path.normpath(path).split(os.sep)[0] == ".." or ".." in windows.parts
