"""Accuracy of all rankers on published splits: `python -m benchmarks.accuracy [ml-1m ...]`.

Where reference rows come with the data, popularity, ItemKNN, P3alpha and EASE run with their
options, so that their figures prove the evaluator; all others choose theirs on a validation part
of the training data, cut as the test part is. Each ranker and seed is a cell of its own, measured
in a process of its own and kept, so that a table can be finished over several sittings.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.accuracy_table import Cell, Line, compared, controls, keep, lines, read
from benchmarks.catalogues import data_folder, snapshot_of, source_text, told
from benchmarks.lightgcn import fit_lightgcn
from benchmarks.record import record
from graph.links import NO_TIME, SPLITS
from graph.snapshot import Progress, Snapshot
from models.blend import Blend, Member, weighed
from models.ease import fit_ease
from models.evaluate import evaluate
from models.fitting import FITS, Fit, fit_blend, paced, recent
from models.gnn import Config, fit_gnn, trainers
from models.item_knn import fit_item_knn
from models.measuring import Bench
from models.p3 import fit_p3
from models.rank import Ranker, training
from models.run import Run
from models.sequence import fit_sequence
from models.slim import fit_slim
from models.split import validation

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
MAPPINGS = {
    "ml-1m": "ml-1m",
    "amazon-book": "kgat-amazon-book",
    "ml-latest-small": "ml-latest-small",
}
# What is held out is drawn with this one; what draws by chance is fitted with all of SEEDS.
SEED = 1
SEEDS: Mapping[str, Sequence[int]] = {"ml-latest-small": (1, 2, 3)}
# The network made to listen to attributes, so that its controls have something to take away.
GNN_ON, BLEND_ON = "gnn with attributes", "blend with attributes"
IN_ORDER = "blend with sequence"
# Where the order of likes is known, what it is worth.
UNORDERED = "blend without walks and order"
# Compared person by person, besides each ranker with its controls.
PAIRS = (
    ("gnn", "lightgcn"),
    (GNN_ON, "gnn"),
    ("blend", "ease, options chosen"),
    ("blend", "gnn"),
    ("sequence", "gnn"),
    (IN_ORDER, "blend"),
    ("blend without walks", UNORDERED),
)
# Where a row that listens stands beside, the controls are that row's.
PLAIN = ("gnn", "blend", IN_ORDER)
LISTENS = ("walk", "gnn", GNN_ON, "blend", BLEND_ON, "blend without walks", UNORDERED)


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
    "ml-latest-small": {
        name: FITS[name] for name in ("popularity", "item_knn", "p3", "rp3", "ease", "slim", "walk")
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
NETWORKS: Mapping[str, Config] = {
    "ml-1m": Config(embedding_size=128, attributes=False, steps=480),
    "amazon-book": Config(
        embedding_size=192,
        people=True,
        correction=0.0,
        attributes=False,
        strength=0.5,
        learning_rate=2e-3,
        steps=1280,
    ),
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
    """What draws by chance, with options that have been chosen already where they have."""
    config = NETWORKS.get(name)
    # A control that may stop listening would be compared with itself.
    on = {"run": run, "untried": ("attributes",)}
    return {
        "lightgcn": partial(fit_lightgcn, run=run),
        "gnn": partial(fit_gnn, run=run, config=config),
        GNN_ON: partial(fit_gnn, **on),
        "blend": partial(fit_blend, run=run, config=config),
        BLEND_ON: partial(fit_blend, **on),
        "sequence": partial(fit_sequence, run=run),
        IN_ORDER: partial(fit_blend, run=run, config=config, sequence=True),
        UNORDERED: partial(without_walks, run=run, config=config, lately=False),
        "blend without walks": partial(without_walks, run=run, config=config),
    }


def without_walks(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None,
    *,
    run: Run,
    config: Config,
    lately: bool = True,
) -> Blend:
    """P3alpha, SLIM and the network, weighed: what `fit_blend` does but for its walks; `lately`
    adds SLIM of what was liked last."""
    train, bench = trainers(), Bench.of(validation(snapshot, seed), seed)
    near: list[Callable[[sparse.csr_array], Ranker]]
    near = [partial(fit_p3, alpha=0.77, k=496), fit_slim]
    network = train.chosen(snapshot, seed, progress, run, inner=bench.made, config=config)
    inside = [*(learn(training(bench.made.train)) for learn in near), network.inside]
    whole = [
        *(learn(training(snapshot)) for learn in near),
        train.trained(snapshot, network, seed, progress, run),
    ]
    if lately:
        pace, weights, facts = paced(inside, inside[1], bench)
        whole.append(recent(whole[1], pace))
    else:
        weights, facts = weighed(inside, bench)
    members = tuple(Member(r, w) for r, w in zip(whole, weights, strict=True) if w > 0)
    return Blend(members, snapshot.likes().shape[1], facts)


def order(name: str) -> list[str]:
    """The rows of a catalogue's table."""
    learned = {
        "ml-1m": ["lightgcn", "gnn", GNN_ON, "blend", BLEND_ON],
        "amazon-book": ["gnn", UNORDERED, "blend without walks", "blend"],
        "ml-latest-small": ["lightgcn", "gnn", GNN_ON, "sequence", "blend", BLEND_ON, IN_ORDER],
    }
    return [*RANKERS[name], *learned[name]]


def seeds_of(name: str, ranker: str) -> Sequence[int]:
    """The seeds that a ranker is fitted with; one where nothing is drawn by chance."""
    return SEEDS.get(name, (SEED,)) if ranker not in RANKERS[name] else (SEED,)


def cell(name: str, ranker: str, seed: int, cache: Path, controls: bool) -> None:
    """Measure one ranker in a process of its own and keep what came of it.

    The seed is that of the fit: what is held out is the same for all.
    """
    snapshot = snapshot_of(MAPPINGS[name], cache)
    if name == "amazon-book":
        snapshot = ordered(snapshot)
    run = Run(cache / "checkpoints" / name)
    wanted = {**RANKERS[name], **networks(name, run)}[ranker]

    def fit(train: Snapshot, _: int, progress: Progress | None) -> Ranker:
        return wanted(train, seed, progress)

    table = evaluate(snapshot, {ranker: fit}, seed=SEED, progress=told, controls=controls)
    used = resource.getrusage(resource.RUSAGE_SELF)
    more: dict[str, object] = {"peak_gb": round(used.ru_maxrss / 1e6, 2)}
    if len(table.rows) == 1:
        more["processor_s"] = round(used.ru_utime + used.ru_stime)
    rows = [{"data": name, **row.to_json(), **more} for row in table.rows]
    notes = [f"held out: {table.how}", *table.notes]
    keep(kept(cache, name, ranker, seed), Cell(rows, [row.each for row in table.rows], notes))


def kept(cache: Path, name: str, ranker: str, seed: int) -> Path:
    """Where a cell lies; remove it to have it measured again."""
    return cache / "cells" / name / f"{ranker}-{seed}.json"


def main() -> None:
    """Measure what has not been measured yet, then write one results file per catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["ml-1m"], metavar="NAME")
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--ranker", action="append", help="only these; default: all")
    parser.add_argument("--seed", type=int, action="append", help="only these; default: all")
    parser.add_argument("--plain", action="store_true", help="no shuffled and empty attributes")
    parser.add_argument("--cell", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        name, ranker, seed = options.names[0], options.ranker[0], options.seed[0]
        cell(name, ranker, seed, options.cache, not options.plain)
        return
    for name in options.names:
        for ranker in options.ranker or order(name):
            for seed in seeds_of(name, ranker):
                known = kept(options.cache, name, ranker, seed).is_file()
                if known or (options.seed and seed not in options.seed):
                    continue
                command = [sys.executable, "-m", "benchmarks.accuracy", name, "--cell"]
                more = ["--ranker", ranker, "--seed", str(seed), "--cache", str(options.cache)]
                plain = options.plain or _plain(name, ranker)
                subprocess.run([*command, *more, *["--plain"] * plain], check=True)
        report(name, options.cache)


def _plain(name: str, ranker: str) -> bool:
    """Whether another row, which is made to listen to attributes, has the controls."""
    return ranker in PLAIN and GNN_ON in order(name)


def report(name: str, cache: Path) -> None:
    """The cells that are there as one table, with how far each is from its reference row."""
    rows: list[Line] = []
    groups: list[dict[str, object]] = []
    notes: dict[str, None] = {}
    missing: list[str] = []
    for ranker in order(name):
        paths = [kept(cache, name, ranker, seed) for seed in seeds_of(name, ranker)]
        cells = [read(path) for path in paths if path.is_file()]
        if len(cells) < len(paths):
            missing.append(f"{ranker} ({len(cells)} of {len(paths)} seeds)" if cells else ranker)
        if not cells:
            continue
        for line in lines(cells, SEED):
            mine = {"data": name, "ranker": line.row["ranker"]}
            parts = line.row.pop("exposure", {})
            groups += [{**mine, **group} for group in line.row.pop("groups", [])]
            groups += [
                {**mine, "by": "exposure of items", "group": fifth, "share": share}
                for fifth, share in parts.items()
            ]
            rows.append(line)
        notes |= dict.fromkeys(note for each in cells for note in each.notes)
        wanted = REFERENCES.get(name, {}).get(ranker)
        if wanted is not None and cells[0].rows:
            row = cells[0].rows[0]
            found = row["recall@20"]["mean"], row["ndcg@20"]["mean"]
            off = max(abs(a - b) for a, b in zip(found, wanted, strict=True))
            notes[f"{ranker} is {off:.4f} from its reference row at most"] = None
    there = {line.row["ranker"] for line in rows}
    pairs = [pair for ranker in order(name) for pair in controls(ranker)]
    notes |= dict.fromkeys(compared(rows, [*pairs, *PAIRS], SEED))
    if missing:
        notes[f"not measured yet: {', '.join(missing)}"] = None
    for ranker in (each for each in LISTENS if each in there and not _plain(name, each)):
        if not {control for _, control in controls(ranker)} <= there:
            notes[f"{ranker} has not been measured on shuffled and on no attributes yet"] = None
    path = record(
        f"accuracy-{name}",
        command=f"python -m benchmarks.accuracy {name}",
        seed=SEED,
        data={name: source_text(name)},
        rows=[line.row for line in rows],
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
