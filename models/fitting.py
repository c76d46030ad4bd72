"""Fits a ranker by name: options are chosen on a validation part, then all likes are used."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from scipy import sparse

from graph.errors import InputError
from graph.snapshot import Progress, Snapshot
from graph.walks import Walks
from models.blend import Blend, Member, few_up_to, weighed
from models.content import fit_content
from models.ease import fit_ease
from models.gnn import Config, fit_gnn, trainers
from models.item_item import ItemItem
from models.item_knn import fit_item_knn
from models.measuring import Bench
from models.p3 import fit_p3
from models.popularity import fit_popularity
from models.rank import Options, Ranker, training
from models.recent import Recent
from models.run import Run
from models.sequence import fit_sequence, timed
from models.slim import fit_slim
from models.split import validation
from models.walk import WalkRanker, fit_model, fit_walk

Fit = Callable[[Snapshot, int, Progress | None], Ranker]
Learn = Callable[[sparse.csr_array], Ranker]
# Above so many items the walks through all pairs no longer fit into memory.
_SMALL = 5_000
# Above so many items EASE, whose inverse costs items³, would need minutes and gigabytes.
_DENSE = 10_000
# Of people with few likes so many are told when options are chosen for them.
_TOLD, _AUDIBLE = 3, 0.05
# Above so many items SLIM's counts of all pairs would need gigabytes.
_PAIRS = 30_000
# In how many likes a like fades by a factor of e, where the last ones count most.
_PACES = (2.0, 5.0, 15.0)


@dataclass(frozen=True, slots=True)
class Tuned:
    """Options to choose from, in words and as what fits a ranker on likes (users x items)."""

    name: str
    candidates: Callable[[int], Mapping[str, Learn]]

    def __call__(self, snapshot: Snapshot, seed: int, progress: Progress | None = None) -> Ranker:
        """Fit each candidate without the validation part, then the best one on everything."""
        likes = training(snapshot)
        candidates = self.candidates(likes.shape[1])
        if len(candidates) == 1:
            return next(iter(candidates.values()))(likes)
        bench = Bench.of(validation(snapshot, seed), seed)
        return self.chosen(bench, progress)[0](likes)

    def chosen(self, bench: Bench, progress: Progress | None = None) -> tuple[Learn, Ranker]:
        """The candidate that ranks best, and its ranker fitted without the validation part."""
        inside = training(bench.made.train)
        candidates = self.candidates(inside.shape[1])
        best: tuple[float, Learn, Ranker] | None = None
        for done, (told, learn) in enumerate(candidates.items()):
            if progress is not None:
                progress(f"choosing {self.name}: {told}", done, len(candidates))
            ranker = learn(inside)
            value = bench.ndcg(ranker)
            if best is None or value > best[0]:
                best = value, learn, ranker
        assert best is not None
        return best[1:]


def _item_knn(_: int) -> Mapping[str, Learn]:
    return {
        f"k {k}, shrink {shrink:g}": _nearest(k, shrink)
        for k in (20, 50, 100, 200)
        for shrink in (0.0, 20.0)
    }


def _nearest(k: int, shrink: float) -> Learn:
    return lambda likes: fit_item_knn(likes, k=k, shrink=shrink)


def _p3(items: int) -> Mapping[str, Learn]:
    return {f"alpha {alpha}": _walked(alpha, 0.0, items) for alpha in (0.6, 0.8, 1.0, 1.2)}


def _rp3(items: int) -> Mapping[str, Learn]:
    return {
        f"alpha {alpha}, beta {beta}": _walked(alpha, beta, items)
        for alpha in (0.6, 0.8, 1.0)
        for beta in (0.2, 0.4, 0.6, 0.8)
    }


def _walked(alpha: float, beta: float, items: int) -> Learn:
    k = None if items <= _SMALL else 500
    return lambda likes: fit_p3(likes, alpha=alpha, beta=beta, k=k)


def _ease(_: int) -> Mapping[str, Learn]:
    options = ((500.0, 0.0, 0.0), (1000.0, 0.0, 0.0), (500.0, 0.5, 0.5), (1000.0, 0.5, 0.5))
    return {
        f"regularisation {x:g}, people {people}, popular {popular}": _regularised(
            x, people, popular
        )
        for x, people, popular in options
    }


def _regularised(regularisation: float, people: float, popular: float, name: str = "ease") -> Learn:
    return lambda likes: replace(
        fit_ease(
            likes,
            regularisation=regularisation,
            people=people,
            popular=popular,
            most_items=_DENSE,
        ),
        name=name,
    )


def _ease_few(_: int) -> Mapping[str, Learn]:
    # The stronger it is regularised, the nearer a few likes are to what most people like.
    return {
        f"regularisation {x:g}, popular {popular}": _regularised(x, 0.5, popular, "ease_few")
        for x, popular in ((1000.0, 0.5), (1000.0, 0.75), (4000.0, 0.75))
    }


def _slim(_: int) -> Mapping[str, Learn]:
    return {
        f"smoothing {smoothing:g}, people {people}": _regressed(smoothing, people)
        for smoothing, people in ((100.0, 0.5), (40.0, 0.5), (100.0, 0.0))
    }


def _regressed(smoothing: float, people: float) -> Learn:
    return lambda likes: fit_slim(likes, smoothing=smoothing, people=people, most_items=_PAIRS)


def _near(items: int) -> "list[Tuned]":
    """The neighbours that a blend may have in a catalogue of this size."""
    return [each for each, most in ((_EASE, _DENSE), (_SLIM, _PAIRS)) if items <= most] or [_P3]


def fit_blend(
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None = None,
    *,
    run: Run | None = None,
    config: Config | None = None,
    untried: Collection[str] = (),
    sequence: bool = False,
) -> Blend:
    """Fit walks, neighbours and the GNN, and how much each counts, all on one validation part.

    The neighbours are EASE's and SLIM's where their matrices fit into memory, else P3alpha's; those
    of what was liked last are a member of their own where likes have times.
    People of whom few likes are known get weights of their own, and an EASE that is chosen for
    them; up to how many likes are few is chosen too.
    `config` are options of the GNN that have been chosen already, `untried` those of it that keep
    their defaults. With `sequence` the sequence encoder is a member too, where likes have times.
    """
    train, run = trainers(), run or Run()
    bench = Bench.of(validation(snapshot, seed), seed)
    inner, likes = bench.made, training(snapshot)
    near = [
        (cache(partial(learn, likes)), ranker)
        for learn, ranker in (each.chosen(bench, progress) for each in _near(likes.shape[1]))
    ]
    model, facts = fit_model(snapshot, inner, seed, progress)
    network = train.chosen(
        snapshot, seed, progress, run, inner=inner, config=config, untried=untried
    )
    inside: list[Ranker] = [
        WalkRanker(Walks(inner.train, model)),
        *(ranker for _, ranker in near),
        network.inside,
    ]
    learned: list[Callable[[], Ranker]] = [
        lambda: WalkRanker(Walks(snapshot, model), facts),
        *(learn for learn, _ in near),
        lambda: train.trained(snapshot, network, seed, progress, run),
    ]
    if sequence and timed(snapshot):
        encode = trainers("models.sequence_training")
        heard = encode.chosen(snapshot, seed, progress, run, inner=inner)
        inside.append(heard.inside)
        learned.append(lambda: encode.trained(snapshot, heard, seed, progress, run))
    if timed(snapshot):
        whole, lately = near[-1]
        pace, weights, found = paced(inside, lately, bench)
        inside.append(recent(lately, pace))
        learned.append(lambda: recent(whole(), pace))
    else:
        weights, found = weighed(inside, bench)
    few, most = weights, 0
    if likes.shape[1] <= _DENSE and len(bench.users):
        told = bench.telling(_TOLD)
        smooth, ranker = _EASE_FEW.chosen(told, progress)
        inside, learned = [*inside, ranker], [*learned, partial(smooth, likes)]
        weights, few = [*weights, 0.0], weighed(inside, told)[0]
        if weights[0]:  # walks alone reach an item that nobody has liked yet
            few[0] = max(few[0], _AUDIBLE)
        most, more = few_up_to(inside, weights, few, bench)
        found = {**found, **more}
    # Only what counts is fitted on everything.
    members = [
        Member(make(), weight, other)
        for make, weight, other in zip(learned, weights, few, strict=True)
        if weight > 0 or (most and other > 0)
    ]
    return Blend(tuple(members), likes.shape[1], found, most)


def paced(
    inside: Sequence[Ranker], near: Ranker, bench: Bench
) -> tuple[float, list[float], Options]:
    """The pace at which likes fade best, and what `weighed` says of the rankers and, behind them,
    the neighbours of what was liked last."""
    found = {pace: weighed([*inside, recent(near, pace)], bench) for pace in _PACES}
    best = max(found, key=lambda pace: float(str(found[pace][1].get("NDCG@20 together", 0.0))))
    weights, facts = found[best]
    return best, weights, {**facts, "likes fade in": best}


def recent(near: Ranker, pace: float) -> Recent:
    """The neighbours of what was liked last, of a ranker that is one item-item matrix."""
    assert isinstance(near, ItemItem)
    return Recent(near, pace)


_EASE, _SLIM, _P3 = Tuned("ease", _ease), Tuned("slim", _slim), Tuned("p3", _p3)
_EASE_FEW = Tuned("ease for few likes", _ease_few)
FITS: Mapping[str, Fit] = {
    "popularity": Tuned("popularity", lambda _: {"": fit_popularity}),
    "item_knn": Tuned("item_knn", _item_knn),
    "p3": _P3,
    "rp3": Tuned("rp3", _rp3),
    "ease": _EASE,
    "slim": _SLIM,
    "walk": fit_walk,
    "gnn": fit_gnn,
    "sequence": fit_sequence,
    "blend": fit_blend,
    "content": fit_content,
}
# Those that keep checkpoints or read texts.
_LONG: Mapping[str, Callable[..., Ranker]] = {
    "gnn": fit_gnn,
    "sequence": fit_sequence,
    "blend": fit_blend,
    "content": fit_content,
}


def fit(
    name: str,
    snapshot: Snapshot,
    seed: int,
    progress: Progress | None = None,
    run: Run | None = None,
) -> Ranker:
    """Fit a ranker on all of a snapshot's likes; InputError when there is no such ranker."""
    return fits([name], run)[name](snapshot, seed, progress)


def fits(names: Sequence[str] = (), run: Run | None = None) -> dict[str, Fit]:
    """The named rankers, or all; InputError for a name that is none."""
    for name in names:
        if name not in FITS:
            raise InputError(f"no ranker is called {name!r}", hint=f"known: {', '.join(FITS)}")
    return {
        name: partial(_LONG[name], run=run) if name in _LONG else FITS[name]
        for name in (names or FITS)
    }
