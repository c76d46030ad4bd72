"""`groundrec ingest`: a catalogue goes in, and a report says what that changed."""

from dataclasses import asdict, dataclass
from pathlib import Path

from graph.snapshot import Progress
from groundrec import output
from groundrec.workspace import Workspace
from kg_ingest.load import LoadReport, run_ingest


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a run did, for people and for machines."""

    report: LoadReport

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        report = self.report
        return {
            "run": report.run,
            "rows": report.rows,
            "counts": asdict(report.counts),
            "rejected": report.rejected,
            "rejects": None if report.rejects is None else str(report.rejects),
            "resumed": report.resumed,
            "seconds": round(report.seconds, 3),
            "notes": list(report.notes),
        }

    def show(self) -> None:
        """A few lines: what was read, what changed, what was rejected."""
        report, counts = self.report, self.report.counts
        if report.resumed:
            output.emit(f"went on with the run {report.run}, which had been cut short")
        for source, rows in report.rows.items():
            output.emit(f"{source}: {rows:,} rows")
        if counts.written:
            output.emit(
                f"added {counts.nodes_added:,} nodes and {counts.edges_added:,} edges, "
                f"changed {counts.nodes_changed:,} and {counts.edges_changed:,}; "
                f"{counts.unchanged:,} were so already"
            )
        else:
            output.emit(f"nothing has changed: all {counts.unchanged:,} were so already")
        if report.rejected:
            output.emit(
                f"rejected {report.rejected:,} rows, each with its reason: {report.rejects}"
            )
        for note in report.notes:
            output.emit(f"note: {note}")


def ingest(
    place: Workspace, mapping: Path, max_rejects: int | None, progress: Progress
) -> Ingested:
    """Run a mapping into the workspace's store."""
    with place.store() as store:
        return Ingested(
            run_ingest(
                store,
                mapping,
                data=place.settings.data,
                runs=place.home.runs,
                max_rejects=max_rejects,
                outside=place.settings.outside,
                progress=progress,
            )
        )
