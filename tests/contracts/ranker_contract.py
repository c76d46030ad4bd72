"""What every ranker promises; a new one inherits this and writes `fit`."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from graph.errors import DamagedArtefactError, StaleArtefactError
from graph.snapshot import Snapshot
from models import artefact
from models.rank import Ranker, profile, top, training
from tests.arrays import links_of, snapshot_from

USERS, ITEMS = 40, 12
# Nobody likes this item, and it has no attributes.
UNKNOWN = 11


@pytest.fixture(scope="module")
def two_camps() -> Snapshot:
    """Even users like items 0-4 and share attribute 0; odd users like 5-9 and attribute 1.

    Item 10 is liked by a single user.
    """
    return two_camps_of(timed=False)


def two_camps_of(*, timed: bool) -> Snapshot:
    """See `two_camps`; `timed`: everybody likes in the order of the items."""
    generator = np.random.default_rng(5)
    likes = [
        (user, item)
        for user in range(USERS)
        for item in (range(5) if user % 2 == 0 else range(5, 10))
        if generator.random() < 0.7
    ]
    likes.append((0, 10))
    times = [item for _, item in likes] if timed else None
    links = links_of((USERS, ITEMS), likes, times=times)
    return snapshot_from(USERS, ITEMS, links, {"has": (2, [(i, i // 5) for i in range(10)])})


class RankerContract:
    """Inherit, and give `fit`; `personal` is False for a ranker that is the same for everybody,
    `reads_order` True for one to which it matters what was liked last."""

    personal, reads_order = True, False

    def fit(self, snapshot: Snapshot) -> Ranker:
        raise NotImplementedError

    def test_scores_are_users_by_items(self, two_camps: Snapshot) -> None:
        scores = self.fit(two_camps).scores(training(two_camps))
        assert scores.shape == (USERS, ITEMS)
        assert scores.dtype == np.float64

    def test_the_same_data_gives_the_same_scores(self, two_camps: Snapshot) -> None:
        likes = training(two_camps)
        first, again = (self.fit(two_camps).scores(likes) for _ in range(2))
        np.testing.assert_array_equal(first, again)

    def test_one_user_is_scored_as_among_many(self, two_camps: Snapshot) -> None:
        ranker, likes = self.fit(two_camps), training(two_camps)
        alone = ranker.scores(sparse.csr_array(likes[[3]]))
        np.testing.assert_allclose(alone[0], ranker.scores(likes)[3], rtol=1e-6)

    def test_somebody_who_is_not_in_the_graph_is_served(self, two_camps: Snapshot) -> None:
        scores = self.fit(two_camps).scores(profile(ITEMS, [0, 1]))
        best, _ = top(scores, profile(ITEMS, [0, 1]), 3)
        if self.personal:
            assert set(best[0].tolist()) == {2, 3, 4}

    def test_unknown_is_nan(self, two_camps: Snapshot) -> None:
        scores = self.fit(two_camps).scores(sparse.csr_array((1, ITEMS), dtype=np.float64))
        assert np.isnan(scores).all() == self.personal
        known = self.fit(two_camps).scores(profile(ITEMS, [0]))
        assert np.isnan(known[0, UNKNOWN]) == self.personal

    def test_the_order_of_likes_counts_only_where_it_is_read(self, two_camps: Snapshot) -> None:
        ranker, there = self.fit(two_camps), [0, 3, 1]
        scores, back = (ranker.scores(profile(ITEMS, liked)) for liked in (there, there[::-1]))
        assert np.allclose(scores, back, rtol=1e-9, equal_nan=True) != self.reads_order

    def test_the_profile_is_not_changed(self, two_camps: Snapshot) -> None:
        likes = training(two_camps)
        before = likes.toarray()
        self.fit(two_camps).scores(likes)
        np.testing.assert_array_equal(likes.toarray(), before)

    def test_what_is_saved_is_what_is_loaded(self, two_camps: Snapshot, tmp_path: Path) -> None:
        ranker, likes = self.fit(two_camps), training(two_camps)
        artefact.save(tmp_path / "it", ranker, two_camps, {"seed": 7})
        loaded = artefact.load(tmp_path / "it", two_camps)
        assert loaded.name == ranker.name
        np.testing.assert_array_equal(loaded.scores(likes), ranker.scores(likes))
        assert artefact.read_manifest(tmp_path / "it").facts == {"seed": 7}

    def test_another_snapshot_is_refused(self, two_camps: Snapshot, tmp_path: Path) -> None:
        artefact.save(tmp_path / "it", self.fit(two_camps), two_camps)
        changed = two_camps.replaced({"has": two_camps.links("has").keep(np.zeros(10, bool))})
        with pytest.raises(StaleArtefactError, match="was made for snapshot"):
            artefact.load(tmp_path / "it", changed)

    def test_damage_is_noticed(self, two_camps: Snapshot, tmp_path: Path) -> None:
        artefact.save(tmp_path / "it", self.fit(two_camps), two_camps)
        arrays = tmp_path / "it" / "arrays.npz"
        arrays.write_bytes(arrays.read_bytes()[:-1])
        with pytest.raises(DamagedArtefactError, match="not what was written"):
            artefact.load(tmp_path / "it", two_camps)
