"""`ingest init` beside the mappings in examples/: how many columns it reads as a person did.

    GROUNDREC_DATA=... python -m benchmarks.proposal

Both mappings are taken apart in the same way: what is each column of a file used for? A column is
right when the proposal uses it for the same things (names of kinds and relations may differ).
Every proposal is also ingested as it is.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.catalogues import ROOT, data_folder, source_text
from benchmarks.record import record
from graph.sqlite_store import open_sqlite
from kg_ingest.load import run_ingest
from kg_ingest.looking import look
from kg_ingest.mapping import End, Mapping, NameOf, RelationColumn, Source, load_mapping
from kg_ingest.proposal import as_toml
from kg_ingest.propose import propose

RECIPES = ROOT / "examples" / "recipes"
SMALL = ("movies.csv", "ratings.csv", "tags.csv", "links.csv", "kg_joined.tsv")
ONE_M = (
    "movies_extrainfos.dat",
    "users.dat",
    "train.txt",
    "test.txt",
    "item_map.txt",
    "user_map.txt",
)
Uses = dict[tuple[str, int], set[str]]


def main() -> None:
    """Propose, run and compare all sets of files, and record it."""
    data = data_folder()
    sets: tuple[tuple[str, Path, Sequence[str], Path | None], ...] = (
        (
            "ml-latest-small",
            data / "ml-latest-small",
            SMALL,
            ROOT / "examples/ml-latest-small.toml",
        ),
        ("ml-1m", data / "ml-1m", ONE_M, ROOT / "examples/ml-1m.toml"),
        (
            "recipes",
            RECIPES,
            ("recipes.csv", "ratings.dat", "tools.tsv", "books.jsonl"),
            RECIPES / "recipes.toml",
        ),
        ("kragrec", data / "kragrec", ("test_filtered.csv", "movies_id_name.txt"), None),
        ("metaqa", data / "metaqa", ("kb.txt",), None),
    )
    rows = [row(*one) for one in sets]
    record(
        "proposal",
        command="python -m benchmarks.proposal",
        seed=None,
        data={name: source_text(name) for name, *_ in sets if name != "recipes"},
        rows=rows,
        notes=(
            "right: used for the same things as in the mapping made by hand; of: columns that this"
            " mapping or the proposal uses, in the files that both read.",
            "also kept: of the columns that are not right, those that the mapping made by hand"
            " leaves out and the proposal keeps as properties or links.",
            "ml-1m has no headers, so its columns have no names to go by; its split files number"
            " users and items anew, through look-up files, whose columns count, too.",
            "The rules were mended while looking at these sets: no held-out measurement.",
            "redial is JSON of nested objects, no rows: `init` says so. kragrec and metaqa have no"
            " mapping made by hand; they run through.",
        ),
    )


def row(name: str, folder: Path, files: Sequence[str], by_hand: Path | None) -> dict[str, object]:
    """One set of files: proposed, ingested, compared."""
    begun = time.monotonic()
    found = propose([look(folder / file) for file in files])
    text = as_toml(name, found, lambda path: ("data", path.name))
    seconds = time.monotonic() - begun
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "proposed.toml").write_text(text, encoding="utf-8")
        mapping = load_mapping(home / "proposed.toml")
        with open_sqlite(home / "graph.db") as store:
            report = run_ingest(store, home / "proposed.toml", data=folder, runs=home / "runs")
            sizes = store.stats()
    made: dict[str, object] = {
        "files": name,
        "rows": sum(report.rows.values()),
        "rejected": report.rejected,
        "nodes": sum(sizes.nodes.values()),
        "edges": sum(sizes.edges.values()),
        "seconds to propose": round(seconds, 1),
    }
    if by_hand is not None:
        headers = {
            seen.path.name: [c.name for c in seen.columns]
            for seen in map(look, (folder / f for f in files))
        }
        theirs, ours = uses(load_mapping(by_hand), headers), uses(mapping, headers)
        both = {file for file, _ in theirs} & {file for file, _ in ours}
        columns = sorted(at for at in theirs.keys() | ours.keys() if at[0] in both)
        wrong = [at for at in columns if theirs.get(at) != ours.get(at)]
        made["columns right"] = len(columns) - len(wrong)
        made["of"] = len(columns)
        made["also kept"] = sum(at not in theirs for at in wrong)
        made["wrong"] = "; ".join(
            f"{file} {headers[file][at]}: {_told(theirs.get((file, at)))} by hand,"
            f" {_told(ours.get((file, at)))} proposed"
            for file, at in wrong
            if (file, at) in theirs
        )
    return made


def uses(mapping: Mapping, headers: dict[str, list[str]]) -> Uses:
    """What each column is used for, by file and place in the row."""
    found: Uses = {}
    for lookup in mapping.lookups.values():
        names = list(lookup.columns)
        for column, use in ((lookup.key, "number"), (lookup.value, "stands for")):
            found[Path(lookup.path).name, names.index(column)] = {use}
    for source in mapping.sources:
        file = Path(source.path).name
        names = list(source.columns) or headers.get(file, [])
        for column, use in _uses(source, mapping):
            if column in names:
                found.setdefault((file, names.index(column)), set()).add(use)
    return found


def _uses(source: Source, mapping: Mapping) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []

    def add(end: End, use: str) -> None:
        name = end.name if isinstance(end, NameOf) else end
        field = source.fields.get(name)
        several = " list" if field is not None and field.split else ""
        through = " by look-up" if field is not None and field.lookup else ""
        said.append((field.from_ if field is not None else name, use + several + through))

    for node in source.nodes:
        add(node.key, "key")
        for column in (node.label, node.aliases):
            if column:
                add(column, "label")
        for column in node.properties.values():
            add(column, "property")
    keys = {column for column, use in said if use == "key"}
    for edge in source.edges:
        meant = [mapping.relations[name] for name in edge.relations.values()]
        interaction = any(relation.interaction for relation in meant)
        head = edge.head.name if isinstance(edge.head, NameOf) else edge.head
        if head not in keys:
            add(edge.head, "user" if interaction else "head")
        add(edge.tail, "item" if interaction else "link")
        for column, use in ((edge.weight, "weight"), (edge.time, "time")):
            if isinstance(column, str) and column:
                add(column, use)
        if isinstance(edge.relation, RelationColumn):
            add(edge.relation.column, "relation")
    return said


def _told(use: set[str] | None) -> str:
    return " and ".join(sorted(use)) if use else "unused"


if __name__ == "__main__":
    main()
