"""The walk ranker's scores, taken apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graph.snapshot import Snapshot
from graph.types import People
from graph.walks import PEOPLE, Walk, WalkModel, Walks
from tests.arrays import snapshot_from

PLAIN = {"source": 0.0, "middle": 0.0, "target": 0.0}


def model(*walks: Walk, neighbours: int | None = None) -> WalkModel:
    return WalkModel("user", "item", walks, neighbours)


def liking(items: int, *liked: int) -> sparse.csr_array:
    row = np.zeros((1, items))
    row[0, list(liked)] = 1.0
    return sparse.csr_array(row)


def test_without_normalisers_a_score_counts_walks() -> None:
    # Items 0 and 1 share attributes 0 and 1; item 2 shares only attribute 1.
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)]
    snapshot = snapshot_from(1, 3, [(0, 0)], {"has": (2, pairs)})
    walks = Walks(snapshot, model(Walk("has", 1.0, **PLAIN)))
    assert walks.scores(liking(3, 0)).tolist() == [[0.0, 2.0, 1.0]]
    # Starting from two items, half of the walkers start from each.
    assert walks.scores(liking(3, 0, 2)).tolist() == [[0.5, 1.5, 0.5]]


def test_hubs_weigh_less() -> None:
    # Attribute 0 joins items 0 and 1; attribute 1 is everywhere: degrees 2 and 4, mean 3.
    pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (3, 1)]
    snapshot = snapshot_from(1, 4, [(0, 0)], {"has": (2, pairs)})
    walks = Walks(snapshot, model(Walk("has", 1.0, source=0, middle=1, target=0)))
    assert walks.scores(liking(4, 0))[0].tolist() == pytest.approx([0, 1.5 + 0.75, 0.75, 0.75])


def test_smoothing_calms_rare_items() -> None:
    # Attributes 0 and 1 join item 0 to items 1 and 2; item 2 has a second edge. Degrees 2, 1, 2.
    pairs = [(0, 0), (1, 0), (0, 1), (2, 1), (2, 2)]
    snapshot = snapshot_from(1, 3, [(0, 0)], {"has": (3, pairs)})

    def rare_over_common(smoothing: float) -> float:
        walk = Walk("has", 1.0, source=0, middle=0, target=1, smoothing=smoothing)
        scores = Walks(snapshot, model(walk)).scores(liking(3, 0))[0]
        return float(scores[1] / scores[2])

    assert rare_over_common(0.0) == pytest.approx(2.0)
    assert rare_over_common(3.0) == pytest.approx(5 / 4)


def test_people_are_counted_as_anybody_would_count_them() -> None:
    # Six people like 0, five of them 1 as well and four 2; user 6 likes only 1.
    likes = [(u, 0) for u in range(6)] + [(u, 1) for u in (0, 1, 2, 3, 4, 6)]
    likes += [(u, 2) for u in range(4)]
    walks = Walks(snapshot_from(7, 3, likes), model(Walk(PEOPLE, 1.0, **PLAIN)))
    told = walks.breakdown([0], 1)
    assert [c.people for c in told.contributions] == [People("item:0", "item:1", 5, 6)]
    assert (told.score, told.remainder) == (5.0, 0.0)


def test_fewer_than_five_people_are_told_as_a_sum_only() -> None:
    likes = [(u, i) for u in range(4) for i in (0, 1, 2)]
    walks = Walks(snapshot_from(4, 3, likes), model(Walk(PEOPLE, 1.0, **PLAIN)))
    (only,) = walks.breakdown([0, 1], 2).contributions
    assert (only.anchor, only.people, only.amount) == (None, None, 4.0)


def test_the_user_is_not_one_of_the_five() -> None:
    likes = [(u, i) for u in range(5) for i in (0, 1)]
    walks = Walks(snapshot_from(5, 2, likes), model(Walk(PEOPLE, 1.0, **PLAIN)))
    assert walks.breakdown([0], 1).contributions[0].people is not None
    assert walks.breakdown([0, 1], 1).contributions[0].people is None


def test_what_is_not_listed_is_the_remainder() -> None:
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    snapshot = snapshot_from(1, 2, [(0, 0)], {"has": (2, pairs)})
    walks = Walks(snapshot, model(Walk("has", 1.0, **PLAIN)))
    told = walks.breakdown([0], 1, top=1)
    assert [(c.via, c.amount, c.share) for c in told.contributions] == [("has_value:0", 1.0, 0.5)]
    assert (told.score, told.remainder) == (2.0, 1.0)


def test_unknown_is_a_value() -> None:
    snapshot = snapshot_from(2, 3, [(0, 0), (0, 1)])
    walks = Walks(snapshot, model(Walk(PEOPLE, 1.0)))
    assert np.isnan(walks.scores(liking(3))).all()
    assert np.isnan(walks.scores(liking(3, 0))).tolist() == [[False, False, True]]


def test_walks_of_weight_zero_are_not_walked() -> None:
    snapshot = snapshot_from(1, 2, [(0, 0)], {"has": (1, [(0, 0), (1, 0)])})
    walks = Walks(snapshot, model(Walk("has", 0.0), Walk(PEOPLE, 1.0)))
    assert walks.breakdown([0], 1).contributions == ()


def test_strongest_neighbours_only() -> None:
    likes = [(u, i) for u in range(6) for i in (0, 1)] + [(0, 2), (1, 2)]
    walks = Walks(snapshot_from(6, 3, likes), model(Walk(PEOPLE, 1.0, **PLAIN), neighbours=1))
    assert walks.scores(liking(3, 0)).tolist() == [[0.0, 6.0, 0.0]]
    assert walks.breakdown([0], 2).contributions == ()


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Snapshot, WalkModel, list[int], int]:
    users, items, values = 14, draw(st.integers(2, 7)), draw(st.integers(1, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)

    def pairs(heads: int, tails: int) -> list[tuple[int, int]]:
        share = generator.uniform(0.1, 0.95)
        return [(int(a), int(b)) for a, b in np.argwhere(generator.random((heads, tails)) < share)]

    relations = {name: (values, pairs(items, values)) for name in ("made_by", "has")}
    snapshot = snapshot_from(users, items, pairs(users, items), relations)
    exponents = st.sampled_from([0.0, 0.3, 0.5, 1.0])
    walks = tuple(
        Walk(
            name,
            draw(st.sampled_from([0.0, 0.1, 1.0, 7.0])),
            draw(exponents),
            draw(exponents),
            draw(exponents),
            draw(exponents),
            draw(st.sampled_from([0.0, 3.0])),
        )
        for name in (PEOPLE, "made_by", "has")
    )
    kept = draw(st.sampled_from([None, 1, 2]))
    liked = draw(st.lists(st.integers(0, items - 1), min_size=1, max_size=items, unique=True))
    item = draw(st.integers(0, items - 1))
    return snapshot, WalkModel("user", "item", walks, kept), liked, item


@settings(max_examples=200, deadline=None)
@given(graphs(), st.sampled_from([None, 0, 1, 3]))
def test_contributions_and_remainder_add_up_to_the_score(
    graph: tuple[Snapshot, WalkModel, list[int], int], top: int | None
) -> None:
    snapshot, learned, liked, item = graph
    walks = Walks(snapshot, learned)
    scored = walks.scores(liking(snapshot.count("item"), *liked))[0, item]
    told = walks.breakdown(liked, item, top=top)
    assert told.score == pytest.approx(np.nan_to_num(scored), rel=1e-9, abs=1e-12)
    total = sum(c.amount for c in told.contributions) + told.remainder
    assert total == pytest.approx(told.score, rel=1e-9, abs=1e-12)
    if top is None:
        assert told.remainder == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(graphs(), st.integers(0, 1000))
def test_removing_a_contribution_lowers_the_score_by_exactly_its_claim(
    graph: tuple[Snapshot, WalkModel, list[int], int], choice: int
) -> None:
    snapshot, learned, liked, item = graph
    walks = Walks(snapshot, learned)
    told = walks.breakdown(liked, item)
    if not told.contributions:
        return
    gone = told.contributions[choice % len(told.contributions)]
    profile = liking(snapshot.count("item"), *liked)
    before = walks.scores(profile)[0, item]
    after = np.nan_to_num(walks.without(liked, item, gone).scores(profile)[0, item])
    assert before - after == pytest.approx(gone.amount, rel=1e-6, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_who_likes_little_needs_little(graph: tuple[Snapshot, WalkModel, list[int], int]) -> None:
    snapshot, model, profile, _ = graph
    liked = liking(snapshot.count("item"), *profile)
    some = Walks(snapshot, model, anchors=np.array(profile)).scores(liked)
    np.testing.assert_allclose(some, Walks(snapshot, model).scores(liked))


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_no_person_is_ever_named(graph: tuple[Snapshot, WalkModel, list[int], int]) -> None:
    snapshot, learned, liked, item = graph
    told = Walks(snapshot, learned).breakdown(liked, item)
    assert "user:" not in repr(told)
    for contribution in told.contributions:
        if contribution.people is not None:
            assert contribution.people.both - (item in liked) >= 5
