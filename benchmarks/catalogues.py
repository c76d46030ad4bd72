"""Catalogues as snapshots for benchmarks: ingested once through their example mapping, and kept."""

import os
import sys
from pathlib import Path

from graph.snapshot import Snapshot
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import open_sqlite
from kg_ingest.load import run_ingest

ROOT = Path(__file__).parent.parent


def data_folder() -> Path:
    """Where the catalogues lie, from GROUNDREC_DATA."""
    place = os.environ.get("GROUNDREC_DATA", "")
    if not Path(place).is_dir() or not place:
        sys.exit("set GROUNDREC_DATA to the folder that holds the catalogues")
    return Path(place)


def snapshot_of(mapping: str, cache: Path) -> Snapshot:
    """The snapshot of `examples/MAPPING.toml`; its store is kept in `cache` and only updated."""
    home = cache / mapping
    home.mkdir(parents=True, exist_ok=True)
    with open_sqlite(home / "graph.db") as store:
        run_ingest(
            store, ROOT / "examples" / f"{mapping}.toml", data=data_folder(), runs=home / "runs"
        )
        return build_snapshot(store, home / "snapshots")


def told(what: str, done: int, total: int | None) -> None:
    """Progress as lines on stderr."""
    print(f"{what} {done}{'' if total is None else f'/{total}'}", file=sys.stderr, flush=True)


def source_text(name: str) -> str:
    """Where a catalogue comes from: the first lines of its SOURCE.txt."""
    text = (data_folder() / name / "SOURCE.txt").read_text(encoding="utf-8")
    return " ".join(text.split("\n")[:1])
