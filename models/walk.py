"""The walk ranker: fits which walks through the graph count, and how much.

The arithmetic is `graph.walks`; fitting is a coordinate search for the best NDCG@20 on a
validation part of the data it is given: first the exponents of the walks through people, then one
attribute relation after the other, then all weights once more. A relation whose gain is not above
its standard error gets the weight 0, and then no explanation can lean on it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.neighbours import neighbours, rows_of
from graph.snapshot import Progress, Snapshot
from graph.types import Breakdown
from graph.walks import PEOPLE, Walk, WalkModel, Walks, hop, incidence_of, started
from models.metrics import ndcg
from models.rank import Floats, Options, State, arrays_of, csr
from models.split import Split, validation

NAME = "walk"
K = 20
_USERS, _CELLS = 10_000, 16_000_000
_SMALL = 5_000
_PEOPLE = Walk(PEOPLE, 1.0, source=0.7, middle=0.75, target=0.5, smoothing=10.0)
_PEOPLE_GRID: Mapping[str, Sequence[float]] = {
    "target": (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "middle": (0.0, 0.5, 0.75, 1.0, 1.5),
    "source": (0.3, 0.5, 0.7, 0.85, 1.0),
    "smoothing": (0.0, 3.0, 10.0, 30.0, 100.0),
}
_ATTRIBUTE_GRID: Mapping[str, Sequence[float]] = {
    "popularity": (0.0, 0.25, 0.5, 0.75),
    "target": (0.0, 0.5, 1.0),
    "middle": (0.0, 0.5, 1.0),
    "source": (0.0, 0.5, 1.0),
}
# In units of the walks through people: how large the best item's score is on average.
_WEIGHTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_FIRST_WEIGHT = 0.1

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WalkRanker:
    """`graph.walks.Walks` as a `Ranker`; `facts` tells how the fit went."""

    walks: Walks
    facts: Options = field(default_factory=dict)
    name: str = NAME

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); see `graph.walks.Walks.scores`."""
        return self.walks.scores(profiles)

    def breakdown(self, liked: Sequence[int], item: int, *, user: str = "") -> Breakdown:
        """The score taken apart; see `graph.walks.Walks.breakdown`."""
        return self.walks.breakdown(liked, item, user=user)

    def state(self) -> State:
        """The walk model as JSON, and the product of the walks through people."""
        people = self.walks.people
        return State(
            {"model": json.dumps(asdict(self.walks.model)), "facts": json.dumps(dict(self.facts))},
            arrays_of(people),
        )


def restore(state: State, snapshot: Snapshot) -> WalkRanker:
    """What `WalkRanker.state` gave, on the snapshot that it was fitted on."""
    content = json.loads(str(state.options["model"]))
    walks = tuple(Walk(**walk) for walk in content.pop("walks"))
    model = WalkModel(walks=walks, **content)
    items = snapshot.count(model.item_kind)
    people = csr(state.arrays, (items, items))
    return WalkRanker(Walks(snapshot, model, people), json.loads(str(state.options["facts"])))


def fit_walk(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None = None,
    *,
    people: WalkModel | None = None,
) -> WalkRanker:
    """Fit the walk ranker; `people` is an earlier fit on the same likes, to fit attributes alone.

    The schema must have one kind of users and one of items (UnknownNodeError otherwise).
    """
    model, facts = fit_model(snapshot, validation(snapshot, seed), seed, progress, people=people)
    return WalkRanker(Walks(snapshot, model), facts)


def fit_model(
    snapshot: Snapshot,
    inner: Split,
    seed: int,
    progress: Progress | None = None,
    *,
    people: WalkModel | None = None,
) -> tuple[WalkModel, Options]:
    """The model that ranks `inner.held_out` best when it is given `inner.train`, and facts."""
    relations = snapshot.schema.attributes
    done = 0

    def step(what: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(f"fitting walks: {what}", done, len(relations) + 2)

    bench = _Bench.of(inner, np.random.default_rng(seed))
    step("people")
    if people is None:
        model = WalkModel(
            snapshot.schema.kinds_of("user")[0],
            snapshot.schema.kinds_of("item")[0],
            (_PEOPLE,),
            None if bench.items <= _SMALL else 500,
        )
        through = _People(inner.train, model, bench)
        model = _fit_people(model, through, bench)
    else:
        model = replace(people, walks=tuple(w for w in people.walks if w.name == PEOPLE))
        through = _People(inner.train, model, bench)
    base = through.scores(model.walks[0])
    alone = bench.each(base)
    fitted: dict[str, _Feature] = {}
    total = base.copy()
    for relation in relations:
        step(relation)
        found = _fit_attribute(inner.train, model, relation, bench, total, _top_score(base))
        if found is not None:
            fitted[relation] = found
            total += found.weighted()
    step("weights")
    for relation, feature in fitted.items():
        total -= feature.weighted()
        fitted[relation] = _reweighted(feature, bench, total)
        total += fitted[relation].weighted()
    walks = (
        *model.walks,
        *(fitted[r].walk if r in fitted else Walk(r, 0.0) for r in relations),
    )
    facts: Options = {"validation": inner.how, "validation users": len(bench.users)}
    if len(bench.users):
        facts = {
            **facts,
            "NDCG@20 through people": _mean(alone),
            "NDCG@20 with attributes": _mean(bench.each(total)),
        }
    return replace(model, walks=walks), facts


def _fit_people(model: WalkModel, through: "_People", bench: "_Bench") -> WalkModel:
    if not len(bench.users):
        return model

    def measured(walk: Walk) -> float:
        return _mean(bench.each(through.scores(walk)))

    return replace(model, walks=(_climb(_PEOPLE, _PEOPLE_GRID, measured),))


def _fit_attribute(
    train: Snapshot,
    model: WalkModel,
    relation: str,
    bench: "_Bench",
    total: Scores,
    unit: float,
) -> "_Feature | None":
    """The relation's walk, when adding it to `total` (users x items) gains enough."""
    incidence = incidence_of(train, model, relation)
    if not incidence.nnz:
        return None
    likes = bench.popularity

    def feature(walk: Walk, share: float) -> _Feature:
        edges = hop(replace(walk, weight=1.0), incidence, likes)
        scores = ((bench.start @ edges.left()) @ edges.right()).toarray().astype(np.float32)
        weight = share * unit / max(_top_score(scores), 1e-12)
        return _Feature(replace(walk, weight=weight), scores, share)

    def measured(walk: Walk) -> float:
        return _mean(bench.each(total + feature(walk, _FIRST_WEIGHT).weighted()))

    start = Walk(relation, 1.0, popularity=0.5)
    if not len(bench.users):
        return feature(start, _FIRST_WEIGHT)
    best = _reweighted(
        feature(_climb(start, _ATTRIBUTE_GRID, measured), _FIRST_WEIGHT), bench, total
    )
    gain = bench.each(total + best.weighted()) - bench.each(total)
    error = gain.std() / np.sqrt(len(gain))
    return best if gain.mean() > error else None


def _reweighted(feature: "_Feature", bench: "_Bench", total: Scores) -> "_Feature":
    if not len(bench.users):
        return feature
    options = [feature.at(share) for share in _WEIGHTS]
    values = [_mean(bench.each(total + option.weighted())) for option in options]
    return options[int(np.argmax(values))]


def _climb(
    start: Walk, grid: Mapping[str, Sequence[float]], measure: Callable[[Walk], float]
) -> Walk:
    """Coordinate search: one exponent after the other, until a round changes nothing."""
    seen: dict[Walk, float] = {}
    best = start
    for _ in range(3):
        before = best
        for name, values in grid.items():
            for value in values:
                walk = _with(best, name, value)
                if walk not in seen:
                    seen[walk] = measure(walk)
            best = max((_with(best, name, value) for value in values), key=seen.__getitem__)
        if best == before:
            break
    return best


def _with(walk: Walk, name: str, value: float) -> Walk:
    exponents = {
        "source": walk.source,
        "middle": walk.middle,
        "target": walk.target,
        "popularity": walk.popularity,
        "smoothing": walk.smoothing,
    }
    return Walk(walk.name, walk.weight, **{**exponents, name: value})


class _People:
    """Scores of the walks through people for any exponents, on the bench's users."""

    def __init__(self, train: Snapshot, model: WalkModel, bench: "_Bench") -> None:
        self._likes = incidence_of(train, model, PEOPLE)
        self._neighbours = model.neighbours
        self._bench = bench
        self._products: dict[float, sparse.csr_array | Scores] = {}

    def scores(self, walk: Walk) -> Scores:
        """Users x items, float32."""
        edges = hop(walk, self._likes, self._bench.popularity)
        start = self._bench.start.astype(np.float32)
        if self._neighbours is not None:
            # Two products of the few people's rows instead of one of all items. It differs by
            # weak neighbours, and by what an item says for itself, which is no candidate.
            found = _dense((start @ edges.left()) @ edges.right()).astype(np.float32)
            found[rows_of(start), start.indices] = 0.0
            return found
        # Without a limit the exponents of the items only scale rows and columns of one product.
        if walk.middle not in self._products:
            plain = hop(Walk(PEOPLE, 1.0, 0.0, walk.middle, 0.0), self._likes, edges.target)
            made = neighbours(plain.left(), plain.right(), None).astype(np.float32)
            dense = made.nnz > 0.2 * made.shape[0] * made.shape[1]
            self._products[walk.middle] = made.toarray() if dense else made
        start.data *= edges.source.astype(np.float32)[start.indices]
        held = self._products[walk.middle]
        scaled = np.asarray(start @ held) if isinstance(held, np.ndarray) else _dense(start @ held)
        scaled *= walk.weight * edges.target.astype(np.float32)
        return scaled


def _dense(product: sparse.csr_array) -> Scores:
    dense: Scores = product.toarray()
    return dense


def _top_score(scores: Scores) -> float:
    """How large the best score of a user is, on average."""
    best = scores.max(axis=1, initial=0.0)
    return float(best[best > 0].mean()) if (best > 0).any() else 0.0


def _mean(values: Floats) -> float:
    return float(values.mean())


@dataclass(frozen=True, slots=True)
class _Feature:
    """Unweighted scores (users x items) of one walk type, and the walk with its weight."""

    walk: Walk
    scores: Scores
    share: float

    def weighted(self) -> Scores:
        return self.scores * np.float32(self.walk.weight)

    def at(self, share: float) -> "_Feature":
        weight = self.walk.weight * share / self.share
        return _Feature(replace(self.walk, weight=weight), self.scores, share)


@dataclass(frozen=True, slots=True)
class _Bench:
    """The users that a fit is measured on, at most so many that their scores fit into memory."""

    users: NDArray[np.int64]
    items: int
    popularity: Floats
    start: sparse.csr_array
    seen: sparse.csr_array
    held: NDArray[np.bool_]

    @classmethod
    def of(cls, inner: Split, generator: np.random.Generator) -> "_Bench":
        """Draw the users from those who have something held out."""
        likes = inner.train.likes().matrix().astype(np.float64)
        items = likes.shape[1]
        able = np.flatnonzero((np.diff(inner.held_out.indptr) > 0) & (np.diff(likes.indptr) > 0))
        most = min(len(able), _USERS, max(1, _CELLS // max(items, 1)))
        users = np.sort(generator.choice(able, most, replace=False)) if most else able
        return cls(
            users=users,
            items=items,
            popularity=np.bincount(likes.indices, minlength=items).astype(np.float64),
            start=started(likes[users]),
            seen=sparse.csr_array(inner.seen[users]),
            held=inner.held_out[users].toarray() > 0,
        )

    def each(self, scores: Scores) -> Floats:
        """NDCG@20 of each user for scores (users x items)."""
        open_ = scores.copy()
        open_[rows_of(self.seen), self.seen.indices] = -np.inf
        k = min(K, self.items)
        best = np.argpartition(open_, self.items - k, axis=1)[:, self.items - k :]
        order = np.argsort(-np.take_along_axis(open_, best, axis=1), axis=1, kind="stable")
        ranked = np.take_along_axis(best, order, axis=1)
        hit = np.take_along_axis(self.held, ranked, axis=1)
        return ndcg(hit, self.held.sum(axis=1), K)
