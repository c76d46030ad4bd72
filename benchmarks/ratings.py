"""How far `predict-rating` is off, beside simpler means: `python -m benchmarks.ratings`.

A tenth of the ratings, drawn at random, is cut from the graph and predicted from the rest.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.catalogues import source_text
from benchmarks.grounding import DATA, SEED, place_of
from benchmarks.record import record
from graph.errors import InputError
from models.ratings import Ratings, fit_ratings

SHARE = 0.1

Floats = NDArray[np.float64]


def means(owner: NDArray[np.int64], values: Floats, count: int, without: float) -> Floats:
    """The mean of each owner's values; `without` where there are none."""
    total = np.bincount(owner, weights=values, minlength=count)
    number = np.bincount(owner, minlength=count)
    return np.where(number > 0, total / np.maximum(number, 1), without)


def predictions(
    known: Ratings, users: NDArray[np.int64], items: NDArray[np.int64]
) -> dict[str, Floats]:
    """What each way expects for these pairs."""
    by_user = means(known.users, known.values, len(known.user_bias), known.mean)
    by_item = means(known.items, known.values, len(known.item_bias), known.mean)
    pairs = zip(users.tolist(), items.tolist(), strict=True)
    return {
        "the mean of all": np.full(len(users), known.mean),
        "the user's mean": by_user[users],
        "the item's mean": by_item[items],
        "predict-rating": np.array([known.predict(user, item) for user, item in pairs]),
    }


def main() -> None:
    """Both catalogues."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--data", choices=DATA, action="append")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    used: list[str] = []
    for data in options.data or DATA:
        snapshot = place_of(data, options.cache, "template").snapshot
        try:
            every = fit_ratings(snapshot)
        except InputError:
            continue  # likes alone
        used.append(data)
        links = snapshot.links(every.relation)
        generator = np.random.default_rng(SEED)
        held = generator.random(links.size) < SHARE
        known = fit_ratings(snapshot.replaced({every.relation: links.keep(~held)}))
        users, items = links.heads()[held].astype(np.int64), links.indices[held].astype(np.int64)
        given = links.weight[held].astype(np.float64)
        for how, expected in predictions(known, users, items).items():
            off = np.abs(expected - given)
            rows.append(
                {
                    "data": data,
                    "how": how,
                    "ratings": len(given),
                    "MAE": interval(off),
                    "RMSE": float(np.sqrt(np.mean((expected - given) ** 2))),
                }
            )
    path = record(
        "ratings",
        command="python -m benchmarks.ratings",
        seed=SEED,
        data={name: source_text(name) for name in used},
        rows=rows,
        notes=["a tenth of the ratings at random; intervals are of the mean, by its error"],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def interval(off: Floats) -> dict[str, float]:
    """A mean with 1.96 standard errors on both sides."""
    mean, error = float(off.mean()), 1.96 * float(off.std() / np.sqrt(len(off)))
    return {"mean": mean, "low": mean - error, "high": mean + error}


if __name__ == "__main__":
    main()
