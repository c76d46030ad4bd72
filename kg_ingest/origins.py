"""Where a run's rows lie, kept beside the run, so that a row can be read again later."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from kg_ingest.deliveries import Catalogue
from kg_ingest.readers import NAMELESS

_NAME = "run.json"


@dataclass(frozen=True, slots=True)
class OriginFile:
    """A file of one source as it was when it was read; `lead` lines stand before its rows."""

    source: str
    name: str
    path: str | None
    size: int
    changed: int
    format: str
    quote: str
    lead: int
    max_expansion: int


@dataclass(frozen=True, slots=True)
class Origins:
    """The mapping of a run, the folder it read from, and its files."""

    mapping: str
    data: str | None
    files: tuple[OriginFile, ...]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """The files of a catalogue as they are now."""
        found = []
        for source in catalogue.mapping.sources:
            named = source.format not in NAMELESS and source.has_header
            for place in catalogue.places(source.title):
                path = place.path.resolve() if place.path else None
                told = path.stat() if path else None
                found.append(
                    OriginFile(
                        source.title,
                        place.name,
                        str(path) if path else None,
                        told.st_size if told else 0,
                        told.st_mtime_ns if told else 0,
                        source.format,
                        source.quoted,
                        source.skip + named,
                        source.max_expansion,
                    )
                )
        data = None if catalogue.data is None else str(catalogue.data.resolve())
        return cls(str(catalogue.path), data, tuple(found))

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The file names of each source, as provenance tells them."""
        found: dict[str, tuple[str, ...]] = {}
        for file in self.files:
            found[file.source] = (*found.get(file.source, ()), file.name)
        return found

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, object]) -> Self:
        """What `to_json` wrote."""
        files = content["files"]
        assert isinstance(files, list)
        data = content["data"]
        return cls(
            str(content["mapping"]),
            None if data is None else str(data),
            tuple(OriginFile(**file) for file in files),
        )


def keep_origins(folder: Path, origins: Origins) -> None:
    """Write them into a run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(origins.to_json(), indent=1, ensure_ascii=False)
    (folder / _NAME).write_text(text + "\n", encoding="utf-8")


def read_origins(folder: Path) -> Origins | None:
    """What `keep_origins` wrote, None when it is not there or not readable."""
    try:
        return Origins.from_json(json.loads((folder / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
