"""Commands that build, look after and copy what groundrec keeps."""

from pathlib import Path
from typing import Annotated

import typer

from groundrec import output
from groundrec.cli_common import AsJson, AsOf, KnownAt, flags_of, workspace


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(fetch)
    app.command()(snapshot)
    app.command()(stats)
    app.command()(export)
    app.command()(backup)
    app.command()(restore)
    app.command()(prune)
    app.command()(doctor)
    app.command()(demo)


def fetch(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A data set, ml-100k, or: model.")] = "ml-100k",
    name: Annotated[str | None, typer.Argument(help="Which model; default: the default.")] = None,
    small: Annotated[bool, typer.Option("--small", help="The smallest model, for trying.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a public data set or a language model into the cache, verified by checksum.

    Examples: groundrec fetch ml-100k | groundrec fetch model | groundrec fetch model --small
    """
    from groundrec import weights
    from groundrec.sample.datasets import fetch as fetch_dataset

    cache = workspace(context).home.cache
    with output.progress() as progress:
        if what == "model":
            wanted = weights.SMOL if small else weights.known(name or weights.QWEN.name)
            file = weights.fetch(wanted, cache, progress)
            told = {"model": wanted.name, "file": str(file), "sha256": wanted.sha256}
        else:
            file = fetch_dataset(what, cache, progress)
            told = {"dataset": what, "folder": str(file)}
    if as_json:
        output.emit_json(told, snapshot=None)
    else:
        output.emit(str(file))


def snapshot(
    context: typer.Context,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    use: Annotated[
        bool, typer.Option("--use", help="Make that of another moment the one in use, too.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read all, even where the store can tell what changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the memory-mapped snapshot that everything else reads.

    Examples: groundrec snapshot | groundrec snapshot --as-of 2024-03-01
    """
    from graph.facts import NOW
    from groundrec.moments import moment_of

    place = workspace(context)
    moment = moment_of(as_of, known_at)
    in_use = use or moment == NOW
    with output.progress() as progress:
        made = place.build(progress, moment=moment, use=in_use, whole=whole)
    edges = {name: made.links(name).size for name in made.schema.relations}
    if as_json:
        output.emit_json(
            {
                "nodes": made.size,
                "edges": edges,
                "folder": str(made.folder),
                "in_use": in_use,
            },
            snapshot=made.version,
        )
    else:
        output.emit(f"snapshot {made.version}: {made.size:,} nodes, {sum(edges.values()):,} edges")
        if not in_use:
            output.emit(f"it lies in {made.folder}; another one is in use")


def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """Count what is in the graph, by kind and relation.

    Example: groundrec stats --json
    """
    with workspace(context).store(read_only=True) as store:
        sizes = store.stats()
        runs = len(store.runs())
    if as_json:
        output.emit_json({"nodes": sizes.nodes, "edges": sizes.edges, "runs": runs}, snapshot=None)
        return
    output.table(["kind", "nodes"], [(kind, f"{n:,}") for kind, n in sorted(sizes.nodes.items())])
    output.emit()
    output.table(["relation", "edges"], [(r, f"{n:,}") for r, n in sorted(sizes.edges.items())])


def export(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="A file (graphml) or a new folder.")],
    form: Annotated[str, typer.Option("--format", help="graphml, neo4j or parquet.")] = "parquet",
    as_json: AsJson = False,
) -> None:
    """Write the snapshot for other tools.

    Example: groundrec export graph.graphml --format graphml
    """
    from graph.export import export as export_graph

    place = workspace(context)
    export_graph(place.snapshot, target, form)
    if as_json:
        output.emit_json({"format": form, "target": str(target)}, snapshot=place.snapshot.version)
    else:
        output.emit(f"wrote {target}")


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="The backup file to write.")],
    as_json: AsJson = False,
) -> None:
    """Copy the whole store into one verified file, while others go on reading.

    Example: groundrec backup monday.backup
    """
    from graph.backup import backup as write_backup

    write_backup(workspace(context).store_file, target)
    _done(as_json, "target", target)


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    force: Annotated[bool, typer.Option(help="Replace a graph that is already there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back, after its checksum was verified.

    Example: groundrec restore monday.backup --force
    """
    from graph.backup import restore as read_backup

    target = workspace(context).store_file
    read_backup(source, target, force=force)
    _done(as_json, "target", target)


def prune(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option(help="Say what would go, remove nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove snapshots and models that the graph in use does not need.

    Example: groundrec prune --dry-run
    """
    from groundrec.pruning import prune_home

    removed = prune_home(workspace(context), dry_run=dry_run)
    if as_json:
        output.emit_json(
            {
                "removed": [{"path": str(path), "bytes": size} for path, size in removed],
                "dry_run": dry_run,
            },
            snapshot=None,
        )
        return
    for path, size in removed:
        output.emit(f"{'would remove' if dry_run else 'removed'} {path} ({size / 1e6:.1f} MB)")
    if not removed:
        output.emit("nothing to remove")


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Say which settings, packages and artefacts are in use, and what is wrong with them.

    Example: groundrec doctor
    """
    from groundrec.doctor import examine

    findings = examine(flags_of(context))
    if as_json:
        output.emit_json(findings.to_json(), snapshot=findings.snapshot)
    else:
        findings.show()
    if not findings.sound:
        raise typer.Exit(4)


def demo(
    context: typer.Context,
    user: Annotated[str, typer.Option(help="The user to recommend to.")] = "172",
    as_json: AsJson = False,
) -> None:
    """The whole road on MovieLens-100K: fetch, ingest, train, recommend, explain, check.

    Example: groundrec --home .demo demo
    """
    from groundrec.sample.demo import run_demo

    run_demo(workspace(context), user, as_json=as_json)


def _done(as_json: bool, what: str, path: Path) -> None:
    if as_json:
        output.emit_json({what: str(path)}, snapshot=None)
    else:
        output.emit(f"wrote {path}")
