"""Items that nobody has liked, and people of whom three likes are known.

`python -m benchmarks.cold_start`, on MovieLens-1M. Cold items: a tenth of the items that somebody
likes loses all likes; for each person these items are ranked among one another. Cold people: a
tenth of the people is kept from training; of each, three likes are told and the rest of what they
like is looked for among all other items. What is chosen is chosen on another tenth (`--validate`).
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.accuracy import NETWORKS
from benchmarks.catalogues import snapshot_of, source_text, told
from benchmarks.record import record
from graph.snapshot import Snapshot
from models.blend import Blend, Member
from models.content import ContentRanker, fields_of, fit_content, rarely, unit
from models.controls import shuffled_attributes, without_attributes
from models.ease import fit_ease
from models.fitting import fit_blend
from models.metrics import Interval, hits, intervals, ndcg, recall
from models.rank import Floats, Likes, top, training
from models.run import Run
from models.text import open_encoder

SEED, K, KNOWN = 7, 20, 3
RELATION, ENCODER = "rated", "use"
# How much the content ranker adds to EASE for people with three likes, from --validate.
WEIGHT = 0.1
Row = dict[str, object]


def parts(count: int) -> list[np.ndarray]:
    """Two tenths of `count` rows, drawn by chance: one to test, one to choose."""
    drawn = np.random.default_rng(SEED).permutation(count)
    return [np.sort(drawn[at * (count // 10) : (at + 1) * (count // 10)]) for at in range(2)]


def figures(scores: Floats, held: Likes, seen: Likes | None = None) -> tuple[Interval, ...]:
    """Recall@20 and NDCG@20 over people with something held out."""
    asked = np.flatnonzero(np.diff(held.indptr) > 0)
    out = sparse.csr_array(held[asked])
    met = None if seen is None else sparse.csr_array(seen[asked])
    hit, counts = hits(top(scores[asked], met, K)[0], out), np.diff(out.indptr)
    values = np.stack([recall(hit, counts, K), ndcg(hit, counts, K)], axis=1)
    return intervals(values, np.random.default_rng(SEED))


def row(case: str, ranker: str, found: tuple[Interval, ...]) -> Row:
    """A line of the table."""
    return {
        "case": case,
        "ranker": ranker,
        "recall@20": {name: getattr(found[0], name) for name in ("mean", "low", "high")},
        "ndcg@20": {name: getattr(found[1], name) for name in ("mean", "low", "high")},
    }


def cold_items(snapshot: Snapshot, run: Run, which: int) -> list[Row]:
    """Content against two baselines over the same fields, its controls, and an oracle."""
    likes = training(snapshot)
    liked = np.flatnonzero(np.bincount(likes.indices, minlength=likes.shape[1]) > 0)
    tenths = parts(len(liked))
    cold = liked[tenths[which]]
    # What is chosen on one tenth is not helped by the likes of the other.
    gone = np.isin(np.arange(likes.shape[1]), liked[np.concatenate(tenths[: which + 1])])
    links = snapshot.links(RELATION)
    graph = snapshot.replaced({RELATION: links.keep(~gone[links.indices])})
    profiles, held = training(graph), sparse.csr_array(likes[:, cold])

    def found(scores: Floats) -> tuple[Interval, ...]:
        return figures(np.nan_to_num(scores[:, cold], nan=-1e9), held)

    fitted = fit_content(graph, run=run)
    dealt = shuffled_attributes(graph, np.random.default_rng(SEED)).snapshot
    scored: Mapping[str, Callable[[], Floats]] = {
        "tf-idf, all fields one document": lambda: one_document(graph, profiles),
        "tf-idf, each field of length one": lambda: alike(fitted, profiles),
        "content": lambda: fitted.scores(profiles),
        "content, shuffled attributes": lambda: fit_content(dealt, run=run).scores(profiles),
        "content, no attributes": lambda: fit_content(
            without_attributes(graph), run=run
        ).scores(profiles),
        "content, words and attributes alone": lambda: fit_content(graph).scores(profiles),
        "oracle: the true popularity of the cold": lambda: np.tile(
            np.asarray(likes.sum(axis=0)), (likes.shape[0], 1)
        ),
    }  # fmt: skip
    return [row("cold items", name, found(make())) for name, make in scored.items()]


def one_document(snapshot: Snapshot, profiles: Likes) -> Floats:
    """The usual baseline: words and attributes of an item as one bag, tf-idf, cosines."""
    fields = list(fields_of(snapshot, "film").values())
    vectors = unit(rarely(sparse.csr_array(sparse.hstack(fields, format="csr"))))
    scores: Floats = (unit(sparse.csr_array(profiles @ vectors)) @ vectors.T).toarray()
    return scores


def alike(fitted: ContentRanker, profiles: Likes) -> Floats:
    """The stronger baseline: each field of length one before they are put together."""
    taste = unit(sparse.csr_array(profiles @ fitted.fields))
    scores: Floats = (taste @ fitted.fields.T).toarray()
    return scores


def cold_people(snapshot: Snapshot, run: Run, which: int, weights: list[float]) -> list[Row]:
    """The blend as it serves people with three likes, beside EASE's fold-in and the content."""
    likes = training(snapshot)
    tenths = parts(likes.shape[0])
    people = tenths[which]
    gone = np.isin(np.arange(likes.shape[0]), np.concatenate(tenths[: which + 1]))
    links = snapshot.links(RELATION)
    graph = snapshot.replaced({RELATION: links.keep(~gone[links.heads()])})
    known, held = three(sparse.csr_array(likes[people]))
    ease = fit_ease(training(graph), regularisation=500.0)
    content = fit_content(graph, run=run)
    blend = fit_blend(graph, SEED, told, run=run, config=NETWORKS["ml-1m"])
    found = [row("cold people", "ease fold-in", figures(ease.scores(known), held, known))]
    for name, ranker in (
        ("blend", blend),
        ("blend, weighed as for many likes", replace(blend, most=0)),
    ):
        found.append(row("cold people", name, figures(ranker.scores(known), held, known)))
    found.append(row("cold people", "content", figures(content.scores(known), held, known)))
    for weight in weights:
        both = Blend((Member(ease, 1.0), Member(content, weight)), likes.shape[1])
        scores = both.scores(known)
        found.append(row("cold people", f"ease + {weight:g} content", figures(scores, held, known)))
    return found


def three(likes: Likes) -> tuple[Likes, Likes]:
    """Three likes of each person, drawn by chance, and the others; who has fewer has none."""
    generator = np.random.default_rng(SEED)
    known, held = likes.tolil(), likes.tolil()
    for at in range(likes.shape[0]):
        items = likes.indices[likes.indptr[at] : likes.indptr[at + 1]]
        drawn = generator.permutation(items)
        chosen, others = (drawn[:KNOWN], drawn[KNOWN:]) if len(items) > KNOWN else (items, items)
        known[at, others] = 0.0
        held[at, chosen] = 0.0
    return sparse.csr_array(known), sparse.csr_array(held)


def main() -> None:
    """Measure both on the test tenths and write benchmarks/results/cold-start.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--validate", action="store_true", help="the other tenth, for choosing")
    options = parser.parse_args()
    snapshot = snapshot_of("ml-1m", options.cache)
    encoder = open_encoder(ENCODER, options.cache)
    run = Run(options.cache / "checkpoints" / "cold-start", encode=encoder.encode)
    which = int(options.validate)
    weights = [0.1, 0.25, 0.5, 1.0, 2.0] if options.validate else [WEIGHT]
    rows = cold_items(snapshot, run, which) + cold_people(snapshot, run, which, weights)
    if options.validate:
        for each in rows:
            print(each)
        return
    plain, fields, ours = (each["recall@20"]["mean"] for each in rows[:3])  # type: ignore[index]
    path = record(
        "cold-start",
        command="python -m benchmarks.cold_start",
        seed=SEED,
        data={"ml-1m": source_text("ml-1m")},
        rows=rows,
        notes=[
            f"texts (title and plot) read by {encoder.name}",
            f"Recall@20 of content is {ours / plain:.2f} times that of tf-idf over one document"
            f" and {ours / fields:.2f} times that of tf-idf with each field of length one",
            "the blend chose on its own validation part how to serve people with few likes",
            "a tenth of the items, and of the people, was used to choose and another to test",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
