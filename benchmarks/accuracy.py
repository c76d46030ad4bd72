"""Accuracy of all rankers on published splits: `python -m benchmarks.accuracy [ml-1m ...]`.

Popularity, ItemKNN, P3alpha and EASE run with the options of the reference rows that come with
the data, so that their figures prove the evaluator; RP3beta and the walks choose theirs on a
validation part of the training data. Each ranker is a cell of its own, measured in a process of
its own and kept, so that a table can be finished over several sittings.
"""

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from benchmarks.catalogues import data_folder, snapshot_of, source_text, told
from benchmarks.record import record
from graph.links import NO_TIME, SPLITS
from graph.snapshot import Progress, Snapshot
from models.blend import Blend, Member, weighed
from models.ease import fit_ease
from models.evaluate import evaluate
from models.fitting import FITS, Fit, fit_blend, fits
from models.gnn import fit_gnn, trainers
from models.item_knn import fit_item_knn
from models.measuring import Bench
from models.p3 import fit_p3
from models.rank import Option, Ranker, training
from models.run import Run
from models.slim import fit_slim
from models.split import validation

if TYPE_CHECKING:
    from models.gnn_training import Config

# Recall@20 and NDCG@20 of the reference rows in the catalogues' SOURCE.txt.
REFERENCES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "ml-1m": {
        "popularity": (0.1142, 0.1900),
        "item_knn": (0.2265, 0.3470),
        "ease": (0.2752, 0.4107),
    },
    "amazon-book": {"p3": (0.1670, 0.0961), "ease": (0.1730, 0.1011)},
}
# Beside the table, from papers and logs; see the catalogue's SOURCE.txt.
PUBLISHED: Mapping[str, Sequence[str]] = {
    "amazon-book": (
        "published Recall@20 on this split: KGIN .1688 (its authors' log), KGCL .1496, KGAT .1489,"
        " LightGCN .1398, BPR .1244",
        "reference rows that come with the data: P3alpha .1670 / .0961, EASE .1730 / .1011,"
        " ItemKNN .1531 / .0909",
    ),
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
        "ease, options chosen": FITS["ease"],
        "slim": FITS["slim"],
        "walk": FITS["walk"],
    },
    "amazon-book": {
        "popularity": FITS["popularity"],
        "item_knn": plain(lambda likes: fit_item_knn(likes, k=20)),
        "p3": plain(lambda likes: fit_p3(likes, alpha=0.77, k=496)),
        "ease": plain(lambda likes: fit_ease(likes, regularisation=150.0)),
        "slim": FITS["slim"],
        "walk": FITS["walk"],
    },
}
# What was chosen on validation parts with smaller networks, see docs/models.md; the propagation and
# the number of steps are still chosen there by the run itself.
NETWORKS: Mapping[str, Mapping[str, Option]] = {
    "ml-1m": {"embedding_size": 128, "attributes": False, "steps": 480},
    "amazon-book": {"correction": 0.0, "attributes": False, "steps": 480},
}


def ordered(snapshot: Snapshot) -> Snapshot:
    """Amazon-Book with the place in each user's line of train.txt as the time of a like.

    The lines are in order: neighbours in them are twice as alike as items seven places apart. So
    what is held out to choose options on is the end of each line, as in the published test part.
    """
    relation, folder = "read", data_folder() / "amazon-book"
    links = snapshot.links(relation)
    users = {name: at for at, name in enumerate(snapshot.ids(snapshot.rows("user")))}
    items = {name: at for at, name in enumerate(snapshot.ids(snapshot.rows("book")))}
    lines = (folder / "item_list.txt").read_text(encoding="utf-8").splitlines()[1:]
    books = {number: items[f"book:{key}"] for _, number, key in map(str.split, lines)}
    place = {
        users[f"user:{user}"] * links.shape[1] + books[item]: at
        for user, *line in map(str.split, (folder / "train.txt").read_text("utf-8").splitlines())
        for at, item in enumerate(line)
    }
    pairs = links.heads().astype(np.int64) * links.shape[1] + links.indices
    times = np.full(links.size, NO_TIME)
    trained = np.flatnonzero(links.split == SPLITS.index("train"))
    times[trained] = [place[pair] for pair in pairs[trained].tolist()]
    return snapshot.replaced({relation: replace(links, time=times)})


def networks(name: str, run: Run) -> Mapping[str, Fit]:
    """The network and the blend, with options that have been chosen already where they have."""
    told = NETWORKS.get(name)
    if told is None:
        return fits(["gnn", "blend"], run)
    config = trainers().Config(**told)
    return {
        "gnn": partial(fit_gnn, run=run, config=config),
        "blend": partial(fit_blend, run=run, config=config),
        "blend without walks": partial(without_walks, run=run, config=config),
    }


def without_walks(
    snapshot: Snapshot, seed: int, progress: Progress | None, *, run: Run, config: "Config"
) -> Blend:
    """P3alpha, SLIM and the network, weighed: what `fit_blend` does but for its walks."""
    train, bench = trainers(), Bench.of(validation(snapshot, seed), seed)
    near: list[Callable[[sparse.csr_array], Ranker]]
    near = [partial(fit_p3, alpha=0.77, k=496), fit_slim]
    network = train.chosen(snapshot, seed, progress, run, inner=bench.made, config=config)
    inside = [*(learn(training(bench.made.train)) for learn in near), network.inside]
    weights, facts = weighed(inside, bench)
    whole = [
        *(learn(training(snapshot)) for learn in near),
        train.trained(snapshot, network, seed, progress, run),
    ]
    members = tuple(Member(r, w) for r, w in zip(whole, weights, strict=True) if w > 0)
    return Blend(members, snapshot.likes().shape[1], facts)


def order(name: str) -> list[str]:
    """The rows of a catalogue's table."""
    return [*RANKERS[name], "gnn", *["blend without walks"] * (name == "amazon-book"), "blend"]


def cell(name: str, ranker: str, cache: Path, controls: bool) -> None:
    """Measure one ranker in a process of its own and keep what came of it as JSON."""
    snapshot = snapshot_of(MAPPINGS[name], cache)
    if name == "amazon-book":
        snapshot = ordered(snapshot)
    run = Run(cache / "checkpoints" / name)
    wanted = {**RANKERS[name], **networks(name, run)}[ranker]
    table = evaluate(snapshot, {ranker: wanted}, seed=SEED, progress=told, controls=controls)
    used = resource.getrusage(resource.RUSAGE_SELF)
    more: dict[str, object] = {"peak_gb": round(used.ru_maxrss / 1e6, 2)}
    if len(table.rows) == 1:
        more["processor_s"] = round(used.ru_utime + used.ru_stime)
    rows = [{"data": name, **row.to_json(), **more} for row in table.rows]
    path = kept(cache, name, ranker)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    notes = [f"held out: {table.how}", *table.notes]
    beside.write_text(json.dumps({"rows": rows, "notes": notes}), encoding="utf-8")
    beside.replace(path)


def kept(cache: Path, name: str, ranker: str) -> Path:
    """Where a cell lies; remove it to have it measured again."""
    return cache / "cells" / name / f"{ranker}-{SEED}.json"


def main() -> None:
    """Measure what has not been measured yet, then write one results file per catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["ml-1m"], metavar="NAME")
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--ranker", action="append", help="only these; default: all")
    parser.add_argument("--plain", action="store_true", help="no shuffled and empty attributes")
    parser.add_argument("--cell", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        cell(options.names[0], options.ranker[0], options.cache, not options.plain)
        return
    for name in options.names:
        every = order(name)
        for ranker in options.ranker or every:
            if not kept(options.cache, name, ranker).is_file():
                command = [sys.executable, "-m", "benchmarks.accuracy", name, "--cell"]
                more = ["--ranker", ranker, "--cache", str(options.cache)]
                more += ["--plain"] * options.plain
                subprocess.run([*command, *more], check=True)
        report(name, [r for r in every if kept(options.cache, name, r).is_file()], options.cache)


def report(name: str, rankers: Sequence[str], cache: Path) -> None:
    """The cells that are there as one table, with how far each is from its reference row."""
    rows: list[dict[str, object]] = []
    groups: list[dict[str, object]] = []
    notes: dict[str, None] = {}
    for ranker in rankers:
        content = json.loads(kept(cache, name, ranker).read_text(encoding="utf-8"))
        for row in content["rows"]:
            mine = {"data": name, "ranker": row["ranker"]}
            parts = row.pop("exposure", {})
            groups += [{**mine, **group} for group in row.pop("groups", [])]
            groups += [
                {**mine, "by": "exposure of items", "group": fifth, "share": share}
                for fifth, share in parts.items()
            ]
            rows.append(row)
        notes |= dict.fromkeys(content["notes"])
        wanted = REFERENCES[name].get(ranker)
        if wanted is not None and content["rows"]:
            row = content["rows"][0]
            found = row["recall@20"]["mean"], row["ndcg@20"]["mean"]
            off = max(abs(a - b) for a, b in zip(found, wanted, strict=True))
            notes[f"{ranker} is {off:.4f} from its reference row at most"] = None
    missing = [r for r in order(name) if r not in rankers]
    if missing:
        notes[f"not measured yet: {', '.join(missing)}"] = None
    for ranker in order(name)[len(RANKERS[name]) :]:
        if ranker in rankers and not any(r["ranker"] == f"{ranker}, no attributes" for r in rows):
            notes[f"{ranker} has not been measured on shuffled and on no attributes yet"] = None
    path = record(
        f"accuracy-{name}",
        command=f"python -m benchmarks.accuracy {name}",
        seed=SEED,
        data={name: source_text(name)},
        rows=rows,
        notes=[*notes, *PUBLISHED.get(name, ())],
    )
    if groups:
        record(
            f"fairness-{name}",
            command=f"python -m benchmarks.accuracy {name}",
            seed=SEED,
            data={name: source_text(name)},
            rows=groups,
        )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
