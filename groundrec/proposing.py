"""`groundrec ingest init`: a first mapping, from what the files look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InputError
from groundrec.workspace import Workspace
from kg_ingest.looking import look
from kg_ingest.proposal import as_toml
from kg_ingest.propose import propose


@dataclass(frozen=True, slots=True)
class Proposed:
    """The mapping as text, and (file, column, role, why) of each column."""

    text: str
    columns: tuple[tuple[str, str, str, str], ...]


def propose_mapping(
    place: Workspace, files: Sequence[Path], out: Path | None, *, force: bool
) -> Proposed:
    """Propose a mapping for files, and write it to `out` where that is given.

    Paths are told from the data folder where the files lie in it, else from where the mapping
    will lie. InputError when a file holds no rows, or `out` is there and not to be replaced.
    """
    if out is not None and out.exists() and not force:
        raise InputError(f"{out} is there already", hint="--force replaces it")
    data = place.settings.data.resolve() if place.settings.data else None
    folder = (out.parent if out is not None else Path()).resolve()

    def placed(path: Path) -> tuple[str, str]:
        whole = path.resolve()
        for root, base in (("data", data), ("mapping", folder)):
            if base is not None and whole.is_relative_to(base):
                return root, whole.relative_to(base).as_posix()
        return "mapping", whole.as_posix()

    found = propose([look(path) for path in files])
    name = out.stem if out is not None else files[0].resolve().parent.name
    text = as_toml(name, found, placed)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    columns = tuple(
        (table.seen.path.name, meant.column.name, meant.role, meant.why)
        for table in found.tables
        for meant in table.roles
    ) + tuple(
        (one.seen.path.name, column.name, role, f"a look-up of each {kind}")
        for kind, one in found.look_ups.items()
        for column, role in ((one.key, "number"), (one.value, "key"))
    )
    return Proposed(text, columns)
