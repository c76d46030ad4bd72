"""Rankers on an overlay score as they would have, had the likes been there; dislikes lower."""

from pathlib import Path

import numpy as np
import pytest

from graph.overlay import overlaid
from graph.snapshot import Snapshot
from graph.walks import PEOPLE, Walk, WalkModel, Walks
from models.artefact import load, save
from models.blend import Blend, Member
from models.ease import fit_ease
from models.live import moved, scores_of
from models.popularity import fit_popularity
from models.rank import Ranker, profile, training
from models.walk import WalkRanker
from tests.graph.test_overlay import LABELS, SAID, change

MODEL = WalkModel("user", "film", (Walk(PEOPLE, 1.0), Walk("directed_by", 0.5)))


def rankers(snapshot: Snapshot) -> list[Ranker]:
    likes = training(snapshot)
    walk, ease = WalkRanker(Walks(snapshot, MODEL)), fit_ease(likes, regularisation=5.0)
    return [
        walk,
        ease,
        fit_popularity(likes),
        Blend((Member(walk, 1.0), Member(ease, 0.5)), likes.shape[1]),
    ]


@pytest.mark.parametrize("which", range(4))
def test_old_items_are_scored_as_before(toy: Snapshot, which: int) -> None:
    now = overlaid(toy, [change(SAID, LABELS)])
    ranker = rankers(toy)[which]
    liked = [toy.row("film:heat") - toy.rows("film").start, 3]
    before = ranker.scores(profile(8, liked))
    after = moved(ranker, toy, now, "film").scores(profile(9, liked))
    assert after.shape == (1, 9)
    if which in (1, 2):
        np.testing.assert_allclose(after[:, :8], before)
    else:  # in nine films instead of eight, means and spreads are a little different
        np.testing.assert_allclose(after[:, :8], before, rtol=0.12, atol=0.05)


def test_a_new_item_is_reached_through_its_attributes(toy: Snapshot) -> None:
    now = overlaid(toy, [change(SAID, LABELS)])
    new = now.row("film:collateral") - now.rows("film").start
    heat, alien = (toy.row(f"film:{n}") - toy.rows("film").start for n in ("heat", "alien"))
    walk, _, _, blend = (moved(ranker, toy, now, "film") for ranker in rankers(toy))
    for ranker in (walk, blend):
        assert ranker.scores(profile(9, [heat]))[0, new] > 0
        assert ranker.scores(profile(9, [alien]))[0, new] <= 0 or ranker is blend
    ease = moved(rankers(toy)[1], toy, now, "film")
    assert np.isnan(ease.scores(profile(9, [heat]))[0, new])
    assert np.isnan(ease.scores(profile(9, [new]))).all()
    told = walk.breakdown([heat], new)  # type: ignore[attr-defined]
    assert [(part.walk, part.via) for part in told.contributions] == [
        ("directed_by", "person:michael mann")
    ]


def test_how_many_people_is_counted_in_the_overlay(toy: Snapshot) -> None:
    now = overlaid(toy, [change(SAID[:1])])
    heat, ronin = (toy.row(f"film:{n}") - toy.rows("film").start for n in ("heat", "ronin"))
    walk = rankers(toy)[0]
    counted = []
    for ranker, snapshot in ((walk, toy), (moved(walk, toy, now, "film"), now)):
        told = ranker.breakdown([heat], ronin, user="user:99")  # type: ignore[attr-defined]
        people = next(p.people for p in told.contributions if p.walk == PEOPLE)
        assert people is not None
        both = snapshot.likes().matrix()[:, [heat, ronin]].sum(axis=1) == 2
        assert people.both == both.sum()
        counted.append(people.both)
    assert counted == [7, 8]


def test_what_was_fitted_on_the_base_is_loaded_for_it(toy: Snapshot, tmp_path: Path) -> None:
    save(tmp_path / "it", rankers(toy)[3], toy)
    now = overlaid(toy, [change(SAID, LABELS)])
    ranker = moved(load(tmp_path / "it", toy), toy, now, "film")
    assert ranker.scores(profile(9, [0])).shape == (1, 9)
    assert moved(ranker, toy, toy, "film") is ranker


def test_a_dislike_lowers_what_is_like_it_most(toy: Snapshot) -> None:
    ranker = rankers(toy)[1]
    alien, heat, gladiator, ronin = (
        toy.row(f"film:{n}") - toy.rows("film").start
        for n in ("alien", "heat", "gladiator", "ronin")
    )
    liked = profile(8, [heat])
    before = scores_of(ranker, liked, profile(8, []))[0]
    after = scores_of(ranker, liked, profile(8, [alien]))[0]
    fell = before - after
    assert fell[gladiator] == max(np.delete(fell, alien))  # liked by the same people as Alien
    assert fell[gladiator] > 0
    assert fell[gladiator] > fell[ronin]


def test_dislikes_weigh_by_their_share_and_say_nothing_alone(toy: Snapshot) -> None:
    ranker = rankers(toy)[1]
    few = scores_of(ranker, profile(8, [0]), profile(8, [1]))
    many = scores_of(ranker, profile(8, [0, 2, 3, 4]), profile(8, [1]))
    plain = [ranker.scores(profile(8, liked)) for liked in ([0], [0, 2, 3, 4])]
    spread = [np.nanstd(scores) for scores in plain]
    assert np.nanstd(few - plain[0]) / spread[0] > np.nanstd(many - plain[1]) / spread[1]
    assert np.isnan(scores_of(ranker, profile(8, []), profile(8, [1]))).all()
