"""Commands that audit what other systems wrote, and the auditor itself."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.errors import InputError
from groundrec import output
from groundrec.cli_common import AsJson, AsOf, workspace

if TYPE_CHECKING:
    from groundrec.workspace import Workspace
    from reasoning.ledger import Audit, Ledger

audit_app = typer.Typer(
    help="Look up every claim of what other systems wrote.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Uncalibrated = Annotated[
    bool, typer.Option("--uncalibrated", help="Print rates though nobody knows how good they are.")
]
Which = Annotated[str, typer.Argument(help="An audit's number, label or id, or 'last'.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("run")
def audit_run(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(help="Answers: .jsonl, or .txt with one a paragraph; - is stdin.")
    ],
    label: Annotated[str, typer.Option(help="A name for this audit.")] = "",
    model: Annotated[str, typer.Option(help="Who wrote the answers that do not say so.")] = "",
    prompt: Annotated[str, typer.Option(help="The prompt of answers that do not say it.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the records to this .jsonl file, too.")
    ] = None,
    fail_over: Annotated[
        list[str] | None,
        typer.Option(help="Exit code 1 when a share is higher: contradicted=0.01."),
    ] = None,
    as_of: AsOf = None,
    llm: Annotated[
        bool,
        typer.Option("--llm", help="Ask a language model where a sentence is not understood."),
    ] = False,
    encoder: Annotated[
        bool,
        typer.Option("--encoder", help="Take there what is most like a wording of the mapping."),
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Forget an earlier audit of it.")] = False,
    uncalibrated: Uncalibrated = False,
    as_json: AsJson = False,
) -> None:
    """Check every claim of every answer; the same file and graph again go on where it stopped.

    With --as-of, what was true then and is no longer is told from what is false. With --llm a
    model proposes claims for sentences that were not understood, with --encoder likeness of
    meaning does; the graph decides them.

    Examples: groundrec audit run answers.jsonl --fail-over contradicted=0.01 |
    groundrec audit run answers.jsonl --model gpt --prompt v2 --out records.jsonl
    """
    from groundrec import auditing
    from groundrec.moments import place_at

    allowed = auditing.limits(fail_over or [])
    with _opened(context) as (place, ledger):
        rates = uncalibrated or ledger.calibration(auditing.schema_id(place)) is not None
        if not rates and any(name in auditing.VERDICTS for name in allowed):
            raise InputError(
                "--fail-over needs rates, and the checker was never calibrated on this schema",
                hint="`groundrec audit calibrate`, or --uncalibrated",
            )
        if str(source) == "-":
            source = auditing.spooled(sys.stdin, place.home.audits)
        then = place_at(place, as_of)
        asked = auditing.asked_model(place) if llm else None
        propose, proposer = auditing.proposing(place, asked, by_likeness=encoder)
        options = auditing.Options(label, model, prompt, again, then, propose, proposer)
        with output.progress() as progress:
            audit = auditing.run_audit(place, ledger, source, options, progress)
        if out is not None:
            _write(out, ledger.records(audit))
        summary = ledger.summary(audit)
        if summary.rejects and not summary.answers:
            first = ledger.rejects(audit)[0]
            raise InputError(
                f"{source.name} holds no answer: {summary.rejects:,} lines are rejected",
                hint=f"line {first.line}: {first.reason}",
            )
        form = auditing.summary_form(audit, summary, rates=rates)
        passed = auditing.over(summary, allowed)
        if asked is not None:
            form["proposals"] = auditing.proposals_form(asked)
        if as_json:
            output.emit_json({**form, "over": passed}, snapshot=audit.snapshot)
        else:
            _show_summary(audit, form)
            if asked is not None:
                output.note(auditing.proposals_told(asked))
            for line in passed:
                output.note(line)
    if passed:
        raise typer.Exit(output.CONTRADICTED)


@audit_app.command("calibrate")
def audit_calibrate(
    context: typer.Context,
    pairs: Annotated[int, typer.Option(min=1, help="Pairs per fault.")] = 300,
    seed: Annotated[int, typer.Option(help="Which facts are drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Audit the auditor: true statements from your graph and twins with one fault, then checked.

    Shows per fault how many twins are caught (contradicted, or not in the graph) and how many of
    the true statements are not supported. Kept in the ledger; audits then print rates.

    Example: groundrec audit calibrate --pairs 1000
    """
    from groundrec import auditing
    from reasoning.calibration import lines

    with _opened(context) as (place, ledger):
        with output.progress() as progress:
            form = auditing.calibrated(place, ledger, pairs, seed, progress)
        if as_json:
            output.emit_json(form, snapshot=place.snapshot.version)
        else:
            output.table(["fault", "pairs", "caught", "contradicted", "false alarms"], lines(form))
            for fault, why in form["left_out"].items():  # type: ignore[attr-defined]
                output.note(f"{fault}: left out, {why}")


@audit_app.command("list")
def audit_list(context: typer.Context, as_json: AsJson = False) -> None:
    """The audits in the ledger.

    Example: groundrec audit list
    """
    with _opened(context) as (place, ledger):
        rows = [(audit, ledger.summary(audit)) for audit in ledger.audits()]
        columns = ["audit", "label", "source", "model", "prompt", "graph", "answers", "claims",
                   "contradicted", "finished"]  # fmt: skip
        cells = [
            (a.number, a.label, a.source, a.model, a.prompt, a.snapshot[:12], s.answers, s.claims,
             s.counts.get("contradicted", 0), "yes" if a.finished else "no")
            for a, s in rows
        ]  # fmt: skip
        if as_json:
            listed = [dict(zip(columns, row, strict=True)) for row in cells]
            output.emit_json({"audits": listed}, snapshot=place.snapshot.version)
        else:
            output.table(columns, cells)


@audit_app.command("report")
def audit_report(
    context: typer.Context,
    which: Which = "last",
    out: Annotated[Path | None, typer.Option(help="The page; default: under the home.")] = None,
    worst: Annotated[int, typer.Option(min=1, help="How many answers to show.")] = 200,
    uncalibrated: Uncalibrated = False,
    as_json: AsJson = False,
) -> None:
    """One HTML page that needs nothing else: every sentence coloured, the worst answers first.

    Example: groundrec audit report last --out report.html
    """
    from groundrec import auditing
    from reasoning.report import html

    with _opened(context) as (place, ledger):
        audit = ledger.find(which)
        rates = uncalibrated or ledger.calibration(audit.schema) is not None
        page = html(ledger, audit, worst=worst, calibrated=rates)
        target = out or place.home.audits / f"audit-{audit.number}.html"
        _put(target, page)
        if as_json:
            form = auditing.summary_form(audit, ledger.summary(audit), rates=rates)
            output.emit_json({**form, "report": str(target)}, snapshot=audit.snapshot)
        else:
            output.emit(str(target))


@audit_app.command("diff")
def audit_diff(
    context: typer.Context,
    one: Which,
    two: Which,
    limit: Annotated[int, typer.Option(min=1, help="How many answers to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What is contradicted in one audit and not in another, answer by answer (by id).

    Two models, two prompts or two versions of the graph; exit code 1 when the second has become
    worse beyond what chance explains.

    Example: groundrec audit diff 1 2
    """
    from reasoning.pairs import compared
    from reasoning.rates import change

    with _opened(context) as (_, ledger):
        first, second = ledger.find(one), ledger.find(two)
        diff = compared(ledger.pairs(first, second))
        moved, low, high = change(diff.before, diff.after)
        if as_json:
            output.emit_json(
                {
                    "before": first.number,
                    "after": second.number,
                    "answers": diff.answers,
                    "contradicted_before": diff.before.to_json(),
                    "contradicted_after": diff.after.to_json(),
                    "change": {"share": moved, "low": low, "high": high},
                    "worse": [
                        {"id": c.id, "before": c.before, "after": c.after, "claims": list(c.claims)}
                        for c in diff.worse[:limit]
                    ],
                    "better": [
                        {"id": c.id, "before": c.before, "after": c.after, "claims": list(c.claims)}
                        for c in diff.better[:limit]
                    ],
                },
                snapshot=second.snapshot,
            )
        else:
            output.emit(f"{diff.answers:,} answers are in both audits")
            output.emit(f"contradicted in {first.number}: {diff.before}")
            output.emit(f"contradicted in {second.number}: {diff.after}")
            output.emit(f"change: {moved:+.2%} ({low:+.2%} to {high:+.2%})")
            for title, changes in (("worse", diff.worse), ("better", diff.better)):
                output.emit(f"{title}: {len(changes)} answers")
                for found in changes[:limit]:
                    output.emit(f"  {found.id}: {found.before} -> {found.after} contradicted")
                    for claim in found.claims[:3]:
                        output.emit(f"    {claim['text']}")
    if low > 0:
        raise typer.Exit(output.CONTRADICTED)


@audit_app.command("export")
def audit_export(
    context: typer.Context,
    which: Which = "last",
    form: Annotated[
        str, typer.Option("--format", help="dpo: preference pairs; records: all records.")
    ] = "records",
    out: Annotated[Path | None, typer.Option(help="A .jsonl file; default: print.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write records, or contradicted answers beside the same answers put right from the graph.

    Example: groundrec audit export last --format dpo --out pairs.jsonl
    """
    from reasoning.pairs import preferences

    if form not in ("dpo", "records"):
        raise InputError(f"there is no format {form!r}", hint="dpo or records")
    if as_json and out is None:
        raise InputError("--json needs a file for the lines", hint="--out pairs.jsonl")
    with _opened(context) as (place, ledger):
        audit = ledger.find(which)
        counts = {"written": 0, "left_out": 0}

        def lines() -> "Iterator[dict[str, object]]":
            found = (
                ledger.records(audit)
                if form == "records"
                else preferences(place.names, ledger.contradicted(audit))
            )
            for one in found:
                counts["left_out" if one is None else "written"] += 1
                if one is not None:
                    yield one

        if out is None:
            for line in lines():
                sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        else:
            _write(out, lines())
        if as_json:
            told = {"audit": audit.number, "format": form, "out": str(out), **counts}
            output.emit_json(told, snapshot=audit.snapshot)
        else:
            where = f" to {out}" if out else ""
            output.note(f"wrote {counts['written']:,} lines{where}")
            if counts["left_out"]:
                output.note(f"{counts['left_out']:,} answers could not be put right by the graph")


# -- inside ----------------------------------------------------------------------------------


@contextmanager
def _opened(context: typer.Context) -> "Iterator[tuple[Workspace, Ledger]]":
    from reasoning.ledger import open_ledger

    place = workspace(context)
    with open_ledger(place.home.audits / "ledger.db") as ledger:
        yield place, ledger


def _show_summary(audit: "Audit", form: dict[str, object]) -> None:
    from reasoning.rates import Rate

    counts, claims = form["counts"], form["claims"]
    assert isinstance(counts, dict) and isinstance(claims, int)
    output.emit(
        f"audit {audit.number}: {form['answers']:,} answers, {claims:,} claims,"
        f" {form['rejects']:,} lines rejected"
    )
    for verdict, count in counts.items():
        told = f"  {Rate(count, claims)}" if form["calibrated"] else ""
        output.emit(f"  {verdict:14} {count:8,}{told}")
    output.emit(f"  {form['uncovered']:.1%} of all letters are covered by no claim")
    if not form["calibrated"]:
        output.note("rates are not shown: `groundrec audit calibrate` says how far to trust them")
    output.note(f"`groundrec audit report {audit.number}` makes a page of it")


def _write(path: Path, lines: "Iterator[dict[str, object]]") -> None:
    """Lines to a file that appears when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
