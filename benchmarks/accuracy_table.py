"""The cells of an accuracy table put together: seeds averaged, rows compared person by person."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.metrics import Floats, intervals

MEASURES = ("recall@10", "recall@20", "ndcg@10", "ndcg@20")
_AVERAGED = ("coverage", "gini", "fit_seconds", "query_ms", "peak_gb", "processor_s")
SHUFFLED, EMPTY = "shuffled attributes", "no attributes"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table, and the measures of every person (users x measures; None: not kept)."""

    row: dict[str, Any]
    each: Floats | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run of one ranker came to: its own row, then those of its controls."""

    rows: Sequence[Mapping[str, Any]]
    each: Sequence[Floats | None]
    notes: Sequence[str]


def keep(path: Path, cell: Cell) -> None:
    """Write a cell, as JSON and the measures of every person beside it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {str(at): each for at, each in enumerate(cell.each) if each is not None}
    np.savez(path.with_suffix(".npz"), allow_pickle=False, **arrays)
    beside = path.with_suffix(".new")
    content = {"rows": [dict(row) for row in cell.rows], "notes": list(cell.notes)}
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(path)


def read(path: Path) -> Cell:
    """A cell that `keep` has written."""
    content = json.loads(path.read_text(encoding="utf-8"))
    arrays: dict[str, Floats] = {}
    if path.with_suffix(".npz").is_file():
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
            arrays = dict(file)
    each = [arrays.get(str(at)) for at in range(len(content["rows"]))]
    return Cell(content["rows"], each, content["notes"])


def lines(cells: Sequence[Cell], seed: int) -> list[Line]:
    """The rows of one ranker over its seeds.

    A measure is the mean over the seeds of each person's, its interval is over people; `seeds`
    says between which figures the seeds lie.
    """
    made = []
    for at, first in enumerate(cells[0].rows):
        # A run that has no such row (a ranker that could not be fitted) is not averaged over.
        runs = [(c.rows[at], c.each[at]) for c in cells if len(c.rows) > at]
        row, each = dict(first), runs[0][1]
        kept = [one for _, one in runs if one is not None]
        if len(runs) > 1 and len(kept) == len(runs):
            each = np.mean(kept, axis=0)
            bounds = intervals(each, np.random.default_rng(seed))
            for name, value in zip(MEASURES, bounds, strict=True):
                row[name] = {"mean": value.mean, "low": value.low, "high": value.high}
            for name in _AVERAGED:
                told = [r[name] for r, _ in runs if r.get(name) is not None]
                row[name] = float(np.mean(told)) if told else None
            row["seeds"] = {
                name: _span([run[name]["mean"] for run, _ in runs])
                for name in ("recall@20", "ndcg@20")
            }
        made.append(Line(row, each))
    return made


def compared(all_lines: Iterable[Line], pairs: Iterable[tuple[str, str]], seed: int) -> list[str]:
    """How much more NDCG@20 one row has than another, with its interval over the same people."""
    by_name = {line.row["ranker"]: line.each for line in all_lines}
    notes = []
    for one, other in pairs:
        first, second = by_name.get(one), by_name.get(other)
        if first is None or second is None:
            continue
        (more,) = intervals(
            (first - second)[:, [MEASURES.index("ndcg@20")]], np.random.default_rng(seed)
        )
        notes.append(
            f"NDCG@20 of {one} less that of {other}, person by person: {more.mean:+.4f}"
            f" ({more.low:+.4f} to {more.high:+.4f})"
        )
    return notes


def controls(ranker: str) -> list[tuple[str, str]]:
    """A ranker beside each of its controls."""
    return [(ranker, f"{ranker}, {told}") for told in (SHUFFLED, EMPTY)]


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.4f}–{max(values):.4f} ({len(values)} seeds)"
