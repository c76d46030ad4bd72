"""One table of rankers on the same held-out likes, and what the graph is worth to the walks."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from scipy import sparse

from graph.errors import InputError
from graph.snapshot import Progress, Snapshot
from models.blend import Blend, weights_of
from models.controls import shuffled_attributes, without_attributes
from models.fairness import Group, by_group, evened, exposure, groups_of
from models.fitting import FITS, Fit
from models.gnn import GnnRanker
from models.measuring import Bench, ranked
from models.metrics import Interval, coverage, gini, hits, intervals, ndcg, recall
from models.rank import Floats, Items, Option, Options, Ranker, in_order, top, training
from models.sequence import SequenceRanker
from models.split import Split, split, validation
from models.walk import WalkRanker, fit_walk

_QUERIES = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One ranker's figures; `measures` are named "recall@20" and so on.

    `query_ms` is the median time to rank everything for one user, in milliseconds;
    `groups` are people and how well they are served (NDCG at the largest k), `exposure` which
    share of the places each fifth of the items gets. `each` has the measures of every person
    (users x measures), so that two rows can be compared person by person.
    """

    ranker: str
    measures: Mapping[str, Interval]
    coverage: float
    gini: float
    seconds: float
    options: Options
    query_ms: float = float("nan")
    groups: tuple[Group, ...] = ()
    exposure: Mapping[str, float] = field(default_factory=dict)
    each: Floats = field(default_factory=lambda: np.empty((0, 0)), repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        """As in benchmarks and in `--json`."""
        return {
            "ranker": self.ranker,
            **{
                name: {part: _told(getattr(value, part)) for part in ("mean", "low", "high")}
                for name, value in self.measures.items()
            },
            "coverage": _told(self.coverage),
            "gini": _told(self.gini),
            "fit_seconds": self.seconds,
            "query_ms": _told(self.query_ms),
            "groups": [group.to_json() for group in self.groups],
            "exposure": dict(self.exposure),
            "options": dict(self.options),
        }


def _told(value: float) -> float | None:
    """JSON has no NaN."""
    return None if np.isnan(value) else value


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, and how the data was split; `notes` say what a reader must know besides."""

    how: str
    users: int
    items: int
    train: int
    held_out: int
    duplicates: int
    leaks: int
    seed: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """As in benchmarks and in `--json`."""
        return {
            "split": {
                "how": self.how,
                "users": self.users,
                "items": self.items,
                "train": self.train,
                "held_out": self.held_out,
                "duplicates": self.duplicates,
                "leaks": self.leaks,
            },
            "seed": self.seed,
            "rows": [row.to_json() for row in self.rows],
            "notes": list(self.notes),
        }


def evaluate(
    snapshot: Snapshot,
    rankers: Mapping[str, Fit] | None = None,
    *,
    ks: Sequence[int] = (10, 20),
    seed: int,
    progress: Progress | None = None,
    controls: bool = True,
    give_up: float | None = None,
) -> Table:
    """Fit each ranker on the training part and measure it on the held-out likes.

    Full ranking: every item that the user has not interacted with in training competes. Only
    users with something held out count; one whose profile is empty scores 0. Rankers
    that read attributes are also fitted on shuffled and on no attributes, unless `controls` is
    False. With `give_up` each ranker has a second row: evened out for as much exposure as that
    share of its NDCG@20 on validation buys. A ranker that cannot be fitted here is a note.
    """
    made = split(snapshot, seed)
    users = np.flatnonzero(np.diff(made.held_out.indptr))
    notes = _notes(made)
    rows: list[Row] = []
    for name, fit in (FITS if rankers is None else rankers).items():
        if progress is not None:
            progress(f"fitting {name}", len(rows), None)
        start = time.perf_counter()
        try:
            ranker = fit(made.train, seed, progress)
        except InputError as error:
            notes.append(f"{name} is left out: {error}")
            continue
        rows.append(_measured(name, ranker, made, users, ks, seed, time.perf_counter() - start))
        if give_up is not None:
            start = time.perf_counter()
            bench = Bench.of(validation(made.train, seed), seed)
            inside = fit(bench.made.train, seed, progress)
            even = evened(inside, ranker, bench, training(made.train), give_up)
            took = time.perf_counter() - start
            rows.append(_measured(f"{name}, evened", even, made, users, ks, seed, took))
        if isinstance(ranker, WalkRanker | GnnRanker | Blend) and controls:
            rows += _controls(name, ranker, fit, made, users, ks, seed, progress, notes)
    return Table(
        how=made.how,
        users=len(users),
        items=made.held_out.shape[1],
        train=made.train.likes().matrix().nnz,
        held_out=made.held_out.nnz,
        duplicates=made.duplicates,
        leaks=made.leaks,
        seed=seed,
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _controls(
    name: str,
    ranker: Ranker,
    fit: Fit,
    made: Split,
    users: Items,
    ks: Sequence[int],
    seed: int,
    progress: Progress | None,
    notes: list[str],
) -> list[Row]:
    if not any(made.train.links(name).size for name in made.train.schema.attributes):
        _once(notes, "the graph has no attributes, so there is nothing to shuffle")
        return []
    dealt = shuffled_attributes(made.train, np.random.default_rng(seed))
    _once(
        notes,
        f"shuffled attributes: {dealt.moved:.0%} of the edges moved, every degree kept"
        + (f", {dealt.doubled:,} edges doubled" if dealt.doubled else ""),
    )
    rows = []
    for told, train in (
        ("shuffled attributes", dealt.snapshot),
        ("no attributes", without_attributes(made.train)),
    ):
        start = time.perf_counter()
        control: Ranker
        if isinstance(ranker, WalkRanker):
            # The walks through people do not see attributes: their fit is the same, and is kept.
            control = fit_walk(train, seed, progress, people=ranker.walks.model)
        else:
            control = fit(train, seed, progress)
        took = time.perf_counter() - start
        with_split = replace(made, train=train)
        rows.append(_measured(f"{name}, {told}", control, with_split, users, ks, seed, took))
    return rows


def _once(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _measured(
    name: str,
    ranker: Ranker,
    made: Split,
    users: Items,
    ks: Sequence[int],
    seed: int,
    seconds: float,
) -> Row:
    items = made.held_out.shape[1]
    held_out = sparse.csr_array(made.held_out[users])
    held = np.diff(held_out.indptr).astype(np.int64)
    found = ranked(ranker, made, users, max(ks))
    hit = hits(found, held_out)
    names = [f"{measure}@{k}" for measure in ("recall", "ndcg") for k in ks]
    values = [measure(hit, held, k) for measure in (recall, ndcg) for k in ks]
    each = np.stack(values, axis=1)
    bounds = intervals(each, np.random.default_rng(seed))
    return Row(
        ranker=name,
        measures=dict(zip(names, bounds, strict=True)),
        coverage=coverage(found, items),
        gini=gini(found, items),
        seconds=seconds,
        options=_options(ranker),
        query_ms=_query_ms(ranker, made, users),
        groups=by_group(
            groups_of(made.train, users), ndcg(hit, held, max(ks)), np.random.default_rng(seed)
        ),
        exposure=exposure(found, training(made.train)),
        each=each,
    )


def _query_ms(ranker: Ranker, made: Split, users: Items) -> float:
    likes = in_order(made.train)
    took = []
    for user in users[:: max(1, len(users) // _QUERIES)][:_QUERIES]:
        start = time.perf_counter()
        top(ranker.scores(sparse.csr_array(likes[[user]])), sparse.csr_array(made.seen[[user]]), 20)
        took.append(time.perf_counter() - start)
    return 1000 * float(np.median(took)) if took else float("nan")


def _options(ranker: Ranker) -> dict[str, Option]:
    if isinstance(ranker, Blend):
        weights = {f"weight of {part}": weight for part, weight in weights_of(ranker).items()}
        return {**ranker.facts, **weights}
    if isinstance(ranker, GnnRanker):
        return {**ranker.facts, **ranker.options}
    if isinstance(ranker, SequenceRanker):
        return {**ranker.facts, **asdict(ranker.config)}
    if not isinstance(ranker, WalkRanker):
        return dict(ranker.state().options)
    weights = {f"weight of {w.name}": w.weight for w in ranker.walks.model.walks}
    return {**ranker.facts, **weights}


def _notes(made: Split) -> list[str]:
    notes = []
    if made.leaks:
        notes.append(f"{made.leaks:,} pairs stood in both parts; they are not tested")
    if made.duplicates:
        notes.append(f"{made.duplicates:,} likes stood more than once; each counts once")
    return notes
