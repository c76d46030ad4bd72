"""Learning tests: a planted pattern is found, and vanishes when the graph is shuffled."""

import numpy as np
import pytest

from graph.errors import InputError
from graph.snapshot import Snapshot
from models.evaluate import evaluate
from models.fitting import fit, fits
from tests.arrays import links_of, snapshot_from

USERS, ITEMS, TASTES = 100, 400, 10


@pytest.fixture(scope="module")
def tastes() -> Snapshot:
    """Everybody likes items of one taste, six out of forty: too few for people to tell much.

    Each item's attribute is its taste, so the graph knows what the likes hardly say.
    """
    generator = np.random.default_rng(11)
    pairs = []
    for user in range(USERS):
        mine = np.flatnonzero(np.arange(ITEMS) % TASTES == user % TASTES)
        pairs += [(user, int(item)) for item in generator.choice(mine, 6, replace=False)]
    links = links_of((USERS, ITEMS), pairs)
    return snapshot_from(
        USERS, ITEMS, links, {"tastes_of": (TASTES, [(i, i % TASTES) for i in range(ITEMS)])}
    )


def test_the_graph_is_worth_what_was_planted(tastes: Snapshot) -> None:
    table = evaluate(tastes, fits(["popularity", "walk"]), seed=3)
    recall = {row.ranker: row.measures["recall@20"].mean for row in table.rows}
    assert list(recall) == [
        "popularity",
        "walk",
        "walk, shuffled attributes",
        "walk, no attributes",
    ]
    # Twenty of the 35 unseen items of the right taste; by chance it would be 20 of 395.
    assert recall["walk"] > 0.45
    assert recall["popularity"] < 0.15
    assert recall["walk, shuffled attributes"] < recall["walk"] - 0.1
    assert recall["walk, no attributes"] < recall["walk"] - 0.1


def test_an_attribute_that_says_nothing_gets_no_weight() -> None:
    generator = np.random.default_rng(4)
    likes = [
        (u, i) for u in range(120) for i in range(40) if (u + i) % 2 and generator.random() < 0.5
    ]
    noise = [(i, int(generator.integers(8))) for i in range(40)]
    ranker = fit("walk", snapshot_from(120, 40, likes, {"noise": (8, noise)}), seed=1)
    (weight,) = [w.weight for w in ranker.walks.model.walks if w.name == "noise"]  # type: ignore[attr-defined]
    assert weight == 0.0


def test_every_ranker_is_measured_on_the_same_split(tastes: Snapshot) -> None:
    table = evaluate(tastes, fits(["item_knn", "p3", "ease"]), ks=(5,), seed=3)
    assert [set(row.measures) for row in table.rows] == [{"recall@5", "ndcg@5"}] * 3
    assert (table.users, table.held_out, table.train) == (100, 100, 500)
    assert table.how == "a fifth, drawn by chance, of each user's likes"
    again = evaluate(tastes, fits(["item_knn", "p3", "ease"]), ks=(5,), seed=3)
    assert [row.measures for row in again.rows] == [row.measures for row in table.rows]


def test_a_ranker_that_cannot_be_fitted_is_a_note(tastes: Snapshot) -> None:
    def refuse(snapshot: Snapshot, seed: int, progress: object) -> None:
        raise InputError("too large")

    table = evaluate(tastes, {"big": refuse}, seed=3)  # type: ignore[dict-item]
    assert (table.rows, table.notes) == ((), ("big is left out: too large",))


def test_leaks_are_told() -> None:
    pairs = [(u, i) for u in range(6) for i in range(5)]
    splits = ["test" if i == 4 else "train" for _, i in pairs]
    links = links_of((6, 5), [*pairs, (0, 4)], splits=[*splits, "train"])
    table = evaluate(snapshot_from(6, 5, links), fits(["popularity"]), seed=1)
    assert table.leaks == 1
    assert table.notes == ("1 pairs stood in both parts; they are not tested",)


def test_an_unknown_ranker_is_named() -> None:
    with pytest.raises(InputError, match="no ranker is called 'magic'"):
        fits(["magic"])
