"""Commands beside `ingest run`: propose a mapping, find what is the same, let people decide."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundrec import output
from groundrec.cli_common import AsJson, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.same import Match

Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="A kind of node; all but users by default.")
]
SHOWN = 12


def register(ingest_app: typer.Typer) -> None:
    """Add the commands of this module to `groundrec ingest`."""
    ingest_app.command("init")(ingest_init)
    ingest_app.command("resolve")(ingest_resolve)
    ingest_app.command("review")(ingest_review)


def ingest_init(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="The files of a catalogue.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="The mapping to write; default: standard output.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at files and propose a mapping, with the reason beside each choice.

    Example: groundrec ingest init movies.csv ratings.csv --out movies.toml
    """
    from groundrec.proposing import propose_mapping

    made = propose_mapping(workspace(context), files, out, force=force)
    if as_json:
        columns = [
            {"file": file, "column": column, "role": role, "why": why}
            for file, column, role, why in made.columns
        ]
        target = None if out is None else str(out)
        output.emit_json({"out": target, "mapping": made.text, "columns": columns}, snapshot=None)
    elif out is None:
        output.emit(made.text.rstrip("\n"))
    else:
        output.emit(f"wrote {out}: {len(made.columns)} columns of {len(files)} files")
        output.emit(f"read it, correct it, then: groundrec ingest run {out}")


def ingest_resolve(
    context: typer.Context,
    kind: Kinds = None,
    relation: Annotated[
        list[str] | None,
        typer.Option("--relation", help="A relation that counts as evidence; all by default."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", help="A property that holds a given id; by name by default."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", help="A stage to leave out: ids, names, likeness, vectors."),
    ] = None,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="Also compare what names mean, by the text encoder.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be found, write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find nodes that are the same thing under two names; nothing is rewritten.

    Example: groundrec ingest resolve --kind person --dry-run
    """
    from graph.errors import InputError
    from groundrec.resolving import find_same
    from kg_ingest.resolve import STAGES, Options

    left_out = tuple(skip or ())
    unknown = [name for name in left_out if name not in STAGES]
    if unknown:
        raise InputError(f"no stage {unknown[0]!r}", hint=f"stages are {', '.join(STAGES)}")
    options = Options(
        kinds=tuple(kind or ()),
        relations=tuple(relation or ()),
        ids=tuple(ids or ()),
        stages=tuple(name for name in STAGES if name not in left_out),
    )
    place = workspace(context)
    encode = None
    if vectors:
        from groundrec.encoding import encoder_of

        encode = encoder_of(place).encode
    with output.progress() as progress:
        found = find_same(place, options, encode, progress, dry_run=dry_run)
    if as_json:
        output.emit_json(
            {
                "stages": [asdict(stage) for stage in found.resolved.stages],
                "matches": [_form(match, found.names) for match in found.resolved.matches],
                "written": None if found.counts is None else found.counts.written,
                "dry_run": dry_run,
            },
            snapshot=None,
        )
        return
    output.table(
        ["kind", "stage", "pairs", "same", "review", "different"],
        [tuple(asdict(stage).values()) for stage in found.resolved.stages],
    )
    _show(found.resolved.matches, found.names)
    if found.counts is None:
        output.emit("nothing was written")
    else:
        output.emit(f"wrote {found.counts.written:,} matches; `groundrec snapshot` applies them")


def ingest_review(
    context: typer.Context,
    kind: Kinds = None,
    same: Annotated[
        tuple[str, str] | None, typer.Option(help="Two nodes are the same; the first stands.")
    ] = None,
    different: Annotated[
        tuple[str, str] | None, typer.Option(help="Two nodes are not the same.")
    ] = None,
    take_back: Annotated[
        tuple[str, str] | None, typer.Option(help="Undo a merge: the pair waits again.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write what waits as CSV.")
    ] = None,
    import_: Annotated[
        Path | None, typer.Option("--import", help="Read decisions from such a CSV.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who decides; default: the user's name.")] = "",
    as_json: AsJson = False,
) -> None:
    """List what waits for a decision, or decide.

    Example: groundrec ingest review --same film:heat film:h95
    """
    from graph.errors import InputError
    from graph.same import Decision
    from groundrec import resolving

    place = workspace(context)
    asked = [given for given in (same, different, take_back, export, import_) if given]
    if len(asked) > 1:
        raise InputError("one thing at a time", hint="give one of the options")
    said = [
        (decision, pair)
        for decision, pair in (
            (Decision.SAME, same),
            (Decision.DIFFERENT, different),
            (Decision.REVIEW, take_back),
        )
        if pair
    ]
    if said:
        decision, (one, other) = said[0]
        _decided([resolving.say(place, decision, one, other, by or _user())], as_json=as_json)
    elif import_:
        _decided(resolving.import_csv(place, import_, by or _user()), as_json=as_json)
    elif export:
        rows = resolving.export_csv(place, tuple(kind or ()), export)
        if as_json:
            output.emit_json({"target": str(export), "rows": rows}, snapshot=None)
        else:
            output.emit(f"wrote {rows:,} pairs to {export}")
    else:
        found = resolving.waiting(place, tuple(kind or ()))
        if as_json:
            output.emit_json(
                {
                    "review": [_form(match, found.names) for match in found.review],
                    "passed_over": [_form(match, found.names) for match in found.passed_over],
                },
                snapshot=None,
            )
            return
        _show(found.review, found.names)
        output.emit(f"{len(found.review):,} pairs wait")
        for match in found.passed_over:
            output.emit(f"note: {' = '.join(match.pair)} is passed over: others contradict it")


def _decided(matches: "Sequence[Match]", *, as_json: bool) -> None:
    if as_json:
        output.emit_json({"matches": [_form(match, {}) for match in matches]}, snapshot=None)
        return
    for match in matches[:SHOWN]:
        one, other = match.pair
        output.emit(f"{match.reason}: {one}, {other} (edge {match.edge})")
    output.emit(f"noted {len(matches):,}; `groundrec snapshot` applies it")


def _form(match: "Match", names: "Mapping[str, str]") -> dict[str, object]:
    one, other = match.pair
    return {
        "edge": match.edge,
        "one": one,
        "name": names.get(one),
        "other": other,
        "other_name": names.get(other),
        "decision": match.decision.value,
        "stands": match.stands,
        "score": match.score,
        "stage": match.stage,
        "reason": match.reason,
        "evidence": match.evidence,
        "by": match.by,
    }


def _show(matches: "Sequence[Match]", names: "Mapping[str, str]") -> None:
    for match in matches[:SHOWN]:
        one, other = match.pair
        output.emit(f"{match.decision:9}  {one} {names.get(one)!r}, {other} {names.get(other)!r}")
        output.emit(f"           {match.reason}; {match.evidence}")
    if len(matches) > SHOWN:
        output.emit(f"… and {len(matches) - SHOWN:,} more")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
