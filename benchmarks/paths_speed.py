"""How long paths, sentences and their verdicts take: `python -m benchmarks.paths_speed`."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from benchmarks.catalogues import snapshot_of, source_text
from benchmarks.record import record
from graph.names import NameIndex
from graph.paths import carrying, connections
from graph.types import Evidence
from graph.walks import PEOPLE, Walk, WalkModel, Walks
from models.rank import training
from reasoning.check import Asker, check
from reasoning.verbalise import connections_told, reasons

SEED = 1
PAIRS = 1000
T = TypeVar("T")
P = ParamSpec("P")


def main() -> None:
    """Measure ml-1m with every relation in use: users and items drawn at random."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    snapshot = snapshot_of("ml-1m", parser.parse_args().cache)
    walks = Walks(
        snapshot,
        WalkModel(
            "user",
            "film",
            tuple(Walk(name, 1.0) for name in (PEOPLE, *snapshot.schema.attributes)),
        ),
    )
    taken: dict[str, list[float]] = {}

    def timed(what: str, action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        began = time.perf_counter()
        given = action(*args, **kwargs)
        taken.setdefault(what, []).append(time.perf_counter() - began)
        return given

    names = timed("build the index of names", NameIndex.of, snapshot)
    timed("check a first sentence", check, names, "No such thing was directed by nobody.")
    users, films = snapshot.rows("user").start, snapshot.rows("film").start
    likes = training(snapshot)
    generator = np.random.default_rng(SEED)
    drawn = zip(
        generator.choice(likes.shape[0], PAIRS, replace=False).tolist(),
        generator.integers(likes.shape[1], size=PAIRS).tolist(),
        strict=True,
    )
    sentences: list[tuple[str, Asker]] = []
    for user, item in drawn:
        local = likes.indices[likes.indptr[user] : likes.indptr[user + 1]].astype(np.int64)
        row, liked = users + user, local + films
        breakdown = walks.breakdown(local, item, user=snapshot.id(row))
        paths = timed("paths behind a score", carrying, snapshot, breakdown, row)
        shared = timed("connections", connections, snapshot, liked, item + films, row)
        evidence = Evidence(breakdown, paths, shared, len(liked))
        why = timed("sentences why", reasons, snapshot, evidence, "en")
        also = timed("sentences of connections", connections_told, snapshot, shared, "en")
        asker = Asker(row, frozenset(liked.tolist()))
        sentences += [(sentence.text, asker) for sentence in (*why, *also)]
    for text, asker in sentences:
        timed("check a sentence", check, names, text, asker)
    path = record(
        "paths_speed",
        command="python -m benchmarks.paths_speed",
        seed=SEED,
        data={"ml-1m": source_text("ml-1m")},
        rows=[_row(what, times) for what, times in taken.items()],
        notes=["ten paths and three sentences at most, as `recommend` asks for by default"],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def _row(what: str, times: list[float]) -> dict[str, object]:
    median, late, worst = np.quantile(times, [0.5, 0.95, 1.0]) * 1000
    return {
        "data": "ml-1m",
        "what": what,
        "times": len(times),
        "median_ms": float(median),
        "p95_ms": float(late),
        "max_ms": float(worst),
    }


if __name__ == "__main__":
    main()
