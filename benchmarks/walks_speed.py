"""How long the walk ranker takes to score and to explain: `python -m benchmarks.walks_speed`."""

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.catalogues import snapshot_of, source_text
from benchmarks.record import record
from graph.walks import PEOPLE, Walk, WalkModel, Walks
from models.rank import training

SEED = 1
PAIRS = 1000


def main() -> None:
    """Measure ml-1m with every relation in use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    snapshot = snapshot_of("ml-1m", parser.parse_args().cache)
    names = (PEOPLE, *snapshot.schema.attributes)
    model = WalkModel("user", "film", tuple(Walk(name, 1.0) for name in names))
    start = time.perf_counter()
    walks = Walks(snapshot, model)
    prepared = time.perf_counter()
    likes = training(snapshot)
    scores = walks.scores(likes)
    scored = time.perf_counter()
    generator = np.random.default_rng(SEED)
    users = generator.choice(likes.shape[0], PAIRS, replace=False)
    items = generator.integers(likes.shape[1], size=PAIRS)
    taken, apart = [], 0.0
    for user, item in zip(users.tolist(), items.tolist(), strict=True):
        liked = likes.indices[likes.indptr[user] : likes.indptr[user + 1]]
        began = time.perf_counter()
        told = walks.breakdown(liked, item, top=20)
        taken.append(time.perf_counter() - began)
        total = sum(c.amount for c in told.contributions) + told.remainder
        wanted = np.nan_to_num(scores[user, item])
        apart = max(apart, abs(total - wanted) / max(abs(wanted), 1e-12))
    median, late, worst = np.quantile(taken, [0.5, 0.95, 1.0]) * 1000
    rows = [
        {"what": "prepare all walks", "seconds": prepared - start},
        {"what": f"score {likes.shape[0]:,} users", "seconds": scored - prepared},
        {
            "what": f"take {PAIRS:,} scores apart",
            "median_ms": median,
            "p95_ms": late,
            "max_ms": worst,
            "largest_relative_error": apart,
        },
    ]
    path = record(
        "walks_speed",
        command="python -m benchmarks.walks_speed",
        seed=SEED,
        data={"ml-1m": source_text("ml-1m")},
        rows=rows,
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
