"""How fast text is audited without a model: `python -m benchmarks.audit_speed`.

Sentences are made from the catalogue's own facts, one in five with a wrong value, in paragraphs of
three. The audit is the command's own: reading, checking, looking up catalogue rows and writing the
ledger. Memory is measured for a file and for one four times as long, and time for one text of
250 kB and of a megabyte.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.catalogues import data_folder, snapshot_of, source_text
from benchmarks.record import record
from graph.names import NameIndex
from graph.snapshot import Snapshot
from groundrec.auditing import Options, run_audit
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from reasoning.check import check
from reasoning.ledger import open_ledger
from reasoning.words import fill

SEED = 1
ANSWERS = 5_000
WRONG = 0.2


def sentences(snapshot: Snapshot, seed: int) -> Iterator[str]:
    """Statements of the schema's relations without end; `WRONG` of them with another's value."""
    generator = np.random.default_rng(seed)
    names = [
        name
        for name in snapshot.schema.attributes
        if "en" in snapshot.schema.relations[name].words and snapshot.links(name).size
    ]
    while True:
        name = names[int(generator.integers(len(names)))]
        relation = snapshot.schema.relations[name]
        links = snapshot.links(name)
        at, other = generator.integers(links.size, size=2).tolist()
        edge = snapshot.edge(name, at)
        tail = snapshot.edge(name, other).tail if generator.random() < WRONG else edge.tail
        ends = {
            "head": snapshot.label(snapshot.row(edge.head)),
            "tail": snapshot.label(snapshot.row(tail)),
        }
        words = relation.words["en"]
        forward = generator.random() < 0.5
        said = fill(words.forward if forward else words.inverse, ends)
        yield said[0].upper() + said[1:] + "."


def answers(snapshot: Snapshot, path: Path, count: int) -> None:
    """A file of answers of three sentences each."""
    told = sentences(snapshot, SEED)
    with path.open("w", encoding="utf-8") as file:
        for at in range(count):
            text = " ".join(next(told) for _ in range(3))
            file.write(json.dumps({"id": str(at), "text": text}, ensure_ascii=False) + "\n")


def audited(home: Path, source: Path) -> tuple[int, float, float]:
    """Claims found, seconds and CPU seconds taken, in a ledger of its own."""
    place = Workspace(Settings(home=home, data=data_folder()))
    _ = check(place.names, "Nothing was directed by nobody.")
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / "l.db") as ledger:
        begun, busy = time.perf_counter(), time.process_time()
        audit = run_audit(place, ledger, source, Options(), lambda what, done, total: None)
        took, used = time.perf_counter() - begun, time.process_time() - busy
        return ledger.summary(audit).claims, took, used


def main() -> None:
    """Measure one catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--catalogue", default="ml-1m")
    parser.add_argument("--peak", nargs=2, metavar=("HOME", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        audited(Path(options.peak[0]), Path(options.peak[1]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    snapshot = snapshot_of(options.catalogue, options.cache)
    home = options.cache / options.catalogue
    (home / "snapshots" / "current").write_text(snapshot.version + "\n", encoding="utf-8")
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        one, four = Path(folder) / "one.jsonl", Path(folder) / "four.jsonl"
        answers(snapshot, one, ANSWERS)
        answers(snapshot, four, 4 * ANSWERS)
        claims, took, used = audited(home, one)
        rows.append(
            {
                "what": f"audit of {ANSWERS:,} answers",
                "seconds": round(took, 2),
                "claims": claims,
                "claims_per_second": round(claims / took),
                "claims_per_cpu_second": round(claims / used),
                "peak_mb": _peak(home, one),
                "peak_mb_of_four_times_the_answers": _peak(home, four),
            }
        )
    rows += _long_texts(snapshot)
    path = record(
        "audit_speed",
        command=f"python -m benchmarks.audit_speed --catalogue {options.catalogue}",
        seed=SEED,
        data={options.catalogue: source_text(options.catalogue)},
        rows=rows,
        notes=[
            f"{os.getloadavg()[0]:.1f} processes wanted the cores at the end; with more than there"
            " are cores the CPU seconds tell",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def _long_texts(snapshot: Snapshot) -> Iterator[dict[str, object]]:
    names = NameIndex.of(snapshot)
    told = sentences(snapshot, SEED)
    text = ""
    parts: list[str] = []
    size = 0
    while size < 1_000_000:
        parts.append(next(told))
        size += len(parts[-1]) + 1
    text = " ".join(parts)
    for length in (250_000, 1_000_000):
        begun, busy = time.perf_counter(), time.process_time()
        found = len(check(names, text[:length]).verdicts)
        took, used = time.perf_counter() - begun, time.process_time() - busy
        yield {
            "what": f"one text of {length:,} characters",
            "seconds": round(took, 2),
            "claims": found,
            "claims_per_second": round(found / took),
            "claims_per_cpu_second": round(found / used),
        }


def _peak(home: Path, source: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.audit_speed", "--peak", str(home), str(source)],
        capture_output=True,
        text=True,
        check=True,
    )
    return round(float(done.stdout))


if __name__ == "__main__":
    main()
