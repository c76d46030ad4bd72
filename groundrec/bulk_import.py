"""A catalogue as files for an empty Neo4j, with the command that imports them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from graph.neo4j_import import import_files
from graph.sqlite_store import open_sqlite
from groundrec import output
from groundrec.ingesting import Ingested
from groundrec.workspace import Workspace
from kg_ingest.load import Progress, run_ingest


@dataclass(frozen=True, slots=True)
class ToImport:
    """What a run did, and the command that imports its files."""

    done: Ingested
    command: str

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return {**self.done.to_json(), "command": self.command}

    def show(self) -> None:
        """The same for people, with what to do next."""
        self.done.show()
        output.emit("With the server stopped and its database empty:")
        output.emit(self.command)
        output.emit("Then start it and run this ingest without --bulk: that makes the indexes.")


def ingest_in_bulk(
    place: Workspace, mapping: Path, folder: Path, max_rejects: int | None, progress: Progress
) -> ToImport:
    """Run a mapping into files in a new folder."""
    with tempfile.TemporaryDirectory(prefix=".bulk-", dir=place.home.root) as beside:
        filled = Path(beside) / "graph.db"
        with open_sqlite(filled) as store:
            report = run_ingest(
                store,
                mapping,
                data=place.settings.data,
                runs=place.home.runs,
                max_rejects=max_rejects,
                outside=place.settings.outside,
                progress=progress,
            )
        return ToImport(Ingested(report), import_files(filled, folder))
