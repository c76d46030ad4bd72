"""How soon a change counts, and how near that is to training anew.

`python -m benchmarks.live_updates`.

On MovieLens-1M: each change is laid on the snapshot, the rankers are moved onto it, and the next
ten items are ranked; what is timed is all of that together. Then 1 % of the training likes are
kept from EASE and from walks, laid on as if they had come later, and the ranking of the published
test part is compared with that of rankers that were fitted with them.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse

from benchmarks.catalogues import snapshot_of, source_text
from benchmarks.record import record
from graph.batch import EDGES, NODES
from graph.ids import edge_numbers, text_number, text_numbers
from graph.overlay import Change, overlaid
from graph.snapshot import Snapshot
from graph.walks import PEOPLE, Walk, WalkModel, Walks
from groundrec.serving import best, person_in_graph
from models.blend import Blend, Member
from models.ease import fit_ease
from models.live import moved
from models.metrics import hits, ndcg
from models.rank import Ranker, top, training
from models.split import split
from models.walk import WalkRanker

SEED, TIMES, K = 1, 40, 20
RELATION = "rated"


def change(said: list[tuple[str, str, str]]) -> Change:
    """New edges (head, relation, tail) of weight 1, with both their ends."""
    names = sorted({end for head, _, tail in said for end in (head, tail)})
    nodes = [
        {"id": text_number(n), "kind": n.partition(":")[0], "key": n.partition(":")[2]}
        for n in names
    ]
    edges = [
        {
            "id": int(
                edge_numbers(
                    text_numbers([head]), text_number(relation), text_numbers([tail]), None
                )[0]
            ),
            "head": text_number(head),
            "relation": relation,
            "tail": text_number(tail),
            "discriminator": "",
            "weight": 1.0,
        }
        for head, relation, tail in said
    ]
    return Change(
        pl.DataFrame([{c: row.get(c) for c in NODES} for row in nodes], schema=NODES),
        pl.DataFrame([{c: row.get(c) for c in EDGES} for row in edges], schema=EDGES),
    )


def fitted(snapshot: Snapshot) -> dict[str, Ranker]:
    """EASE, walks through people and attributes with fixed weights, and both together."""
    likes = training(snapshot)
    ease = fit_ease(likes, regularisation=500.0)
    attributes = tuple(Walk(name, 0.05) for name in ("has_genre", "directed_by", "stars"))
    people = Walk(PEOPLE, 1.0, source=0.7, middle=0.75, target=0.5, smoothing=10.0)
    walk = WalkRanker(Walks(snapshot, WalkModel("user", "film", (people, *attributes))))
    blend = Blend((Member(walk, 1.0), Member(ease, 1.0)), likes.shape[1])
    return {"ease": ease, "walk": walk, "walk and ease": blend}


def timed(
    base: Snapshot, ranker: Ranker, made: Callable[[int], Change], user: Callable[[int], str]
) -> np.ndarray:
    """Milliseconds from a change to the ten items after it: by the clock, and of the processor."""
    taken = []
    for at in range(TIMES):
        said = made(at)
        begun, worked = time.perf_counter(), time.process_time()
        now = overlaid(base, [said])
        row = now.row(user(at))
        best(now, moved(ranker, base, now, "film"), person_in_graph(now, user(at), row), 10)
        taken.append((time.perf_counter() - begun, time.process_time() - worked))
    return 1000 * np.array(taken)


def soon(base: Snapshot, rankers: dict[str, Ranker]) -> list[dict[str, object]]:
    """One row per kind of change and ranker."""
    generator = np.random.default_rng(SEED)
    users = base.ids(generator.choice(base.rows("user"), TIMES))
    items = base.ids(generator.choice(base.rows("film"), TIMES))
    genre = base.ids(base.rows("genre"))
    cases: dict[str, tuple[Callable[[int], Change], Callable[[int], str]]] = {
        "a rating": (lambda at: change([(users[at], RELATION, items[at])]), lambda at: users[at]),
        "a new person": (
            lambda at: change([(f"user:new-{at}", RELATION, items[at])]),
            lambda at: f"user:new-{at}",
        ),
        "a new item": (
            lambda at: change([(f"film:new-{at}", "has_genre", genre[at % len(genre)])]),
            lambda at: users[at],
        ),
    }
    rows: list[dict[str, object]] = []
    for what, (made, user) in cases.items():
        for name, ranker in rankers.items():
            timed(base, ranker, made, user)
            taken = timed(base, ranker, made, user)
            figures = {
                f"{kind}, p{share}": float(np.percentile(taken[:, column], share))
                for column, kind in enumerate(("ms", "processor ms"))
                for share in (50, 95)
            }
            rows.append({"what": what, "ranker": name, **figures})
    return rows


def near(snapshot: Snapshot) -> list[dict[str, object]]:
    """NDCG@20 on the test part: fitted without 1 % of the likes, the same with them laid on, and
    fitted with them."""
    held = split(snapshot, SEED)
    whole = held.train
    links = whole.links(RELATION)
    later = np.random.default_rng(SEED).random(links.size) < 0.01
    before = whole.replaced({RELATION: links.keep(~later)})
    heads, tails = links.heads()[later], links.indices[later]
    users, films = whole.rows("user").start, whole.rows("film").start
    said = list(zip(whole.ids(heads + users), whole.ids(tails + films), strict=True))
    now = overlaid(before, [change([(head, RELATION, tail) for head, tail in said])])
    tested = np.flatnonzero(np.diff(held.held_out.indptr) > 0)
    out = sparse.csr_array(held.held_out[tested])

    def ranked(ranker: Ranker, graph: Snapshot) -> tuple[np.ndarray, np.ndarray]:
        likes = sparse.csr_array(training(graph)[tested])
        items = top(ranker.scores(likes), sparse.csr_array(held.seen[tested]), K)[0]
        return ndcg(hits(items, out), np.diff(out.indptr), K), items

    rows: list[dict[str, object]] = []
    anew = fitted(whole)
    for name, ranker in fitted(before).items():
        without, _ = ranked(ranker, before)
        live, live_items = ranked(moved(ranker, before, now, "film"), now)
        again, again_items = ranked(anew[name], whole)
        same = [len(np.intersect1d(a, b)) / K for a, b in zip(live_items, again_items, strict=True)]
        rows.append(
            {
                "what": f"{int(later.sum()):,} later likes",
                "ranker": name,
                "NDCG@20 without them": float(without.mean()),
                "laid on": float(live.mean()),
                "trained anew": float(again.mean()),
                "same of the best 20": float(np.mean(same)),
            }
        )
    return rows


def main() -> None:
    """Measure both and write benchmarks/results/live-updates.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    snapshot = snapshot_of("ml-1m", parser.parse_args().cache)
    rows = soon(snapshot, fitted(snapshot)) + near(snapshot)
    path = record(
        "live-updates",
        command="python -m benchmarks.live_updates",
        seed=SEED,
        data={"ml-1m": source_text("ml-1m")},
        rows=rows,
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
