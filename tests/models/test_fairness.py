"""Groups by hand, exposure by hand, and a price that is kept."""

import numpy as np
import pytest
from scipy import sparse

from graph.snapshot import Snapshot
from models.ease import fit_ease
from models.fairness import by_group, evened, exposure, groups_of
from models.measuring import Bench, ranked
from models.metrics import gini
from models.rank import training
from models.split import validation
from tests.arrays import snapshot_from


@pytest.fixture(scope="module")
def popular() -> Snapshot:
    """Two camps of ten items, and within each the first items are liked far more often."""
    generator = np.random.default_rng(2)
    pairs = [
        (user, 10 * (user % 2) + item)
        for user in range(120)
        for item in range(10)
        if generator.random() < 0.95 - 0.08 * item
    ]
    return snapshot_from(120, 20, pairs)


def test_exposure_by_hand() -> None:
    """Ten items, the later the more popular; places go to items 9, 9, 8 and 0."""
    likes = sparse.csr_array(np.tril(np.ones((10, 10)))[:, ::-1])
    found = np.array([[9, 8], [9, 0], [-1, -1]])
    assert list(exposure(found, likes).values()) == [0.25, 0.0, 0.0, 0.0, 0.75]


def test_groups_by_hand() -> None:
    found = by_group(
        {"age": ["old", "young", "old"]}, np.array([0.2, 0.9, 0.4]), np.random.default_rng(0)
    )
    assert [(g.by, g.name, g.users) for g in found] == [("age", "old", 2), ("age", "young", 1)]
    assert [g.ndcg.mean for g in found] == pytest.approx([0.3, 0.9])
    assert found[0].ndcg.low == pytest.approx(0.2)


def test_people_are_grouped_by_activity_when_nothing_else_is_known(popular: Snapshot) -> None:
    groups = groups_of(popular, np.arange(120))
    assert list(groups) == ["activity"]
    assert set(groups["activity"]) == {"few likes", "some likes", "many likes"}


def test_the_price_is_kept_and_buys_evenness(popular: Snapshot) -> None:
    made = validation(popular, 1)
    bench, likes = Bench.of(made, 1), training(popular)
    inside = fit_ease(training(made.train), regularisation=5.0)
    free, paid = (evened(inside, inside, bench, likes, price) for price in (0.0, 0.3))
    assert paid.strength > free.strength
    assert bench.ndcg(paid) >= 0.69 * bench.ndcg(inside)
    shown = [gini(ranked(one, made, bench.users, 2), 20) for one in (inside, paid)]
    assert shown[1] < shown[0]
