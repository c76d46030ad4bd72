"""`groundrec ingest run`, `plan` and `apply`: what a catalogue changes, for people and machines."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from graph.batch import Counts
from groundrec import output
from groundrec.workspace import Workspace
from kg_ingest.load import LoadReport, Progress, run_ingest
from kg_ingest.plan import Plan, apply_plan, make_plan, read_plan
from kg_ingest.rejects import read_rejects
from kg_ingest.watching import Group

MOST_REASONS = 5
STATUSES = ("added", "changed", "removed", "retired", "unchanged")


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a run did."""

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
            "reasons": reasons_in(report.rejects),
            "resumed": report.resumed,
            "seconds": round(report.seconds, 3),
            "notes": list(report.notes),
        }

    def show(self) -> None:
        """A few lines: what was read, what changed, what was rejected."""
        report = self.report
        if report.resumed:
            output.emit(f"went on with the run {report.run}, which had been cut short")
        for source, rows in report.rows.items():
            output.emit(f"{source}: {rows:,} rows")
        output.emit(told_counts(report.counts))
        _tell_rejects(report.rejected, report.rejects)
        for note in report.notes:
            output.emit(f"note: {note}")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do."""

    plan: Plan

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        plan = self.plan
        return {
            "plan": plan.id,
            "rows": plan.rows,
            "counts": asdict(plan.counts),
            "changes": [_group_form(group) for group in plan.groups],
            "contradicted": plan.contradicted,
            "contradictions": [asdict(one) for one in plan.contradictions],
            "merged": plan.merged,
            "merges": [asdict(one) for one in plan.merges],
            "rejected": plan.rejected,
            "rejects": None if plan.rejects is None else str(plan.rejects),
            "reasons": reasons_in(plan.rejects),
            "notes": list(plan.notes),
        }

    def show(self) -> None:
        """A table by kind and relation, samples, contradictions, and how to go on."""
        plan = self.plan
        for source, rows in plan.rows.items():
            output.emit(f"{source}: {rows:,} rows ({plan.modes[source]})")
        output.emit()
        said = [status for status in STATUSES if any(status in g.counts for g in plan.groups)]
        output.table(
            ["", "kind or relation", *said],
            [
                (group.table, group.name, *(f"{group.counts.get(s, 0):,}" for s in said))
                for group in plan.groups
            ],
        )
        for group in plan.groups:
            for sample in group.samples:
                parts = [part for part in (sample.before, sample.after) if part is not None]
                output.emit(f"  {sample.status:8} {sample.id}  {' -> '.join(parts)}")
        self._warn()
        output.emit()
        output.emit(f"nothing was written; `groundrec ingest apply {plan.id}` does just this")

    def _warn(self) -> None:
        plan = self.plan
        for relation, count in plan.contradicted.items():
            output.emit(f"{count:,} would have several values of {relation}, which allows one:")
            for one in plan.contradictions:
                if one.relation == relation:
                    told = "; ".join(
                        f"{v.name} ({'new' if v.new else 'known'}, {v.row})" for v in one.values
                    )
                    output.emit(f"  {one.name} ({one.head}): {told}")
        for kind, count in plan.merged.items():
            output.emit(f"`ingest resolve` would then merge {count:,} pairs of {kind}:")
            for pair in plan.merges:
                if pair.one.startswith(f"{kind}:"):
                    output.emit(f"  {pair.one} and {pair.other}: {pair.reason}")
        if plan.counts.withheld:
            output.emit(f"withheld {plan.counts.withheld:,} rows about what was to be forgotten")
        _tell_rejects(plan.rejected, plan.rejects)
        for note in plan.notes:
            output.emit(f"note: {note}")


def told_counts(counts: Counts) -> str:
    """What changed, in one line."""
    if not counts.written and not counts.withheld:
        return f"nothing has changed: all {counts.unchanged:,} were so already"
    line = (
        f"added {counts.nodes_added:,} nodes and {counts.edges_added:,} edges, "
        f"changed {counts.nodes_changed:,} and {counts.edges_changed:,}"
    )
    if counts.nodes_removed or counts.edges_removed:
        line += f", took back {counts.nodes_removed:,} and {counts.edges_removed:,}"
    if counts.unchanged:
        line += f"; {counts.unchanged:,} told nothing new (repeated in the files or known before)"
    if counts.withheld:
        line += f"; withheld {counts.withheld:,} rows about what was to be forgotten"
    return line


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


def plan(
    place: Workspace,
    mapping: Path,
    max_rejects: int | None,
    progress: Progress,
    *,
    resolved: bool = False,
) -> Planned:
    """Find out what a mapping would change in the workspace's store."""
    with place.store() as store:
        return Planned(
            make_plan(
                store,
                mapping,
                data=place.settings.data,
                plans=place.home.plans,
                max_rejects=max_rejects,
                outside=place.settings.outside,
                resolved=resolved,
                progress=progress,
            )
        )


def apply(place: Workspace, name: str, progress: Progress) -> Ingested:
    """Carry out a plan."""
    planned = read_plan(place.home.plans, name)
    with place.store() as store:
        return Ingested(apply_plan(store, planned, runs=place.home.runs, progress=progress))


def reasons_in(rejects: Path | None) -> list[dict[str, object]]:
    """How often each reason was met, by file and field, most frequent first."""
    met: Counter[tuple[str, str, str]] = Counter()
    for one in read_rejects(rejects) if rejects is not None else ():
        met[one.file, one.field, one.reason.partition(":")[0]] += 1
    return [
        {"file": file, "field": field, "reason": reason, "rows": count}
        for (file, field, reason), count in met.most_common()
    ]


def told_reason(reason: dict[str, object]) -> str:
    """One reason in a line."""
    where = f"{reason['file']} {reason['field']}".strip()
    return f"rejected {reason['rows']:,}: {where}: {reason['reason']}"


def _tell_rejects(count: int, rejects: Path | None) -> None:
    if count:
        output.emit(f"rejected {count:,} rows, each with its reason: {rejects}")
        for reason in reasons_in(rejects)[:MOST_REASONS]:
            output.emit(f"  {told_reason(reason)}")


def _group_form(group: Group) -> dict[str, object]:
    return {
        "of": group.table,
        "name": group.name,
        **{status: group.counts.get(status, 0) for status in STATUSES},
        "samples": [asdict(sample) for sample in group.samples],
    }
