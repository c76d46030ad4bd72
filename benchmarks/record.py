"""`record`: a benchmark's figures as JSON, with all it takes to repeat them, and as a table."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("numpy", "scipy", "polars", "pydantic")

Row = Mapping[str, object]


def record(
    name: str,
    *,
    command: str,
    seed: int | None,
    data: Mapping[str, str],
    rows: Sequence[Row],
    notes: Sequence[str] = (),
) -> Path:
    """Write `results/NAME.json` and, for people, `results/NAME.md`; gives the JSON's path.

    `data` says, per name that the rows use, where the data comes from.
    """
    RESULTS.mkdir(exist_ok=True)
    content = {
        "name": name,
        "command": command,
        "seed": seed,
        "hardware": hardware(),
        "versions": {"python": platform.python_version(), **{n: version(n) for n in LIBRARIES}},
        "data": dict(data),
        "rows": [dict(row) for row in rows],
        "notes": list(notes),
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(as_table(content, rows, notes), encoding="utf-8")
    return path


def hardware() -> dict[str, object]:
    """Processor, cores and memory of this machine."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def as_table(content: Mapping[str, object], rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Markdown: one line per row, intervals in brackets."""
    columns = list(dict.fromkeys(c for row in rows for c in row if c != "options"))
    machine = hardware()
    lines = [
        f"# {content['name']}",
        "",
        f"`{content['command']}`, seed {content['seed']}, on {machine['cores']} cores"
        f" ({machine['processor']}), {machine['memory_gb']} GB.",
        "",
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
    ]
    lines += ["| " + " | ".join(_cell(row.get(c)) for c in columns) + " |" for row in rows]
    lines += ["", *(f"* {note}" for note in notes)] if notes else []
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        if {"mean", "low", "high"} <= set(value):
            return f"{value['mean']:.4f} ({value['low']:.4f}–{value['high']:.4f})"
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
