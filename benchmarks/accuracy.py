"""Accuracy of all rankers on published splits: `python -m benchmarks.accuracy [ml-1m ...]`.

Popularity, ItemKNN, P3alpha and EASE run with the options of the reference rows that come with
the data, so that their figures prove the evaluator; RP3beta and the walks choose theirs on a
validation part of the training data.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from scipy import sparse

from benchmarks.catalogues import snapshot_of, source_text, told
from benchmarks.record import record
from graph.snapshot import Progress, Snapshot
from models.ease import fit_ease
from models.evaluate import evaluate
from models.fitting import FITS, Fit
from models.item_knn import fit_item_knn
from models.p3 import fit_p3
from models.rank import Ranker, training

# Recall@20 and NDCG@20 of the reference rows in the catalogues' SOURCE.txt.
REFERENCES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "ml-1m": {
        "popularity": (0.1142, 0.1900),
        "item_knn": (0.2265, 0.3470),
        "ease": (0.2752, 0.4107),
    },
    "amazon-book": {"p3": (0.1670, 0.0961), "ease": (0.1730, 0.1011)},
}
MAPPINGS = {"ml-1m": "ml-1m", "amazon-book": "kgat-amazon-book"}
SEED = 1


def plain(learn: Callable[[sparse.csr_array], Ranker]) -> Fit:
    """A fit with fixed options."""

    def fit(snapshot: Snapshot, seed: int, progress: Progress | None) -> Ranker:
        return learn(training(snapshot))

    return fit


RANKERS: Mapping[str, Mapping[str, Fit]] = {
    "ml-1m": {
        "popularity": FITS["popularity"],
        "item_knn": plain(lambda likes: fit_item_knn(likes, k=100)),
        "p3": FITS["p3"],
        "rp3": FITS["rp3"],
        "ease": plain(lambda likes: fit_ease(likes, regularisation=500.0)),
        "walk": FITS["walk"],
    },
    "amazon-book": {
        "popularity": FITS["popularity"],
        "item_knn": plain(lambda likes: fit_item_knn(likes, k=20)),
        "p3": plain(lambda likes: fit_p3(likes, alpha=0.77, k=496)),
        "ease": plain(lambda likes: fit_ease(likes, regularisation=150.0)),
        "walk": FITS["walk"],
    },
}


def main() -> None:
    """Measure the named catalogues, one results file each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["ml-1m"], metavar="NAME")
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    for name in options.names:
        table = evaluate(
            snapshot_of(MAPPINGS[name], options.cache), RANKERS[name], seed=SEED, progress=told
        )
        rows: list[dict[str, object]] = []
        notes = [f"held out: {table.how}", *table.notes]
        for row in table.rows:
            rows.append({"data": name, **row.to_json()})
            wanted = REFERENCES[name].get(row.ranker)
            if wanted is not None:
                found = row.measures["recall@20"].mean, row.measures["ndcg@20"].mean
                off = max(abs(a - b) for a, b in zip(found, wanted, strict=True))
                notes.append(f"{row.ranker} is {off:.4f} from its reference row at most")
        path = record(
            f"accuracy-{name}",
            command=f"python -m benchmarks.accuracy {name}",
            seed=SEED,
            data={name: source_text(name)},
            rows=rows,
            notes=notes,
        )
        print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
