"""What is cited is removed: exactly its claim with frozen normalisers, and more than at random."""

from collections.abc import Sequence

import numpy as np
import pytest

from graph.snapshot import Snapshot
from graph.types import Path
from graph.walks import PEOPLE, Walk, WalkModel, Walks
from models.faithful import Faithfulness, faithfulness
from models.rank import profile
from tests.reasoning.test_facts import evidence_for

MODEL = WalkModel("user", "film", tuple(Walk(n, 1.0) for n in (PEOPLE, "directed_by", "stars")))


def measured(toy: Snapshot, cited: Sequence[int], paths: Sequence[Path]) -> Faithfulness:
    evidence, asker = evidence_for(toy, "user:1", "film:insider")
    films = toy.rows("film").start
    item = toy.row("film:insider") - films

    def rescore(snapshot: Snapshot, liked: Sequence[int]) -> float:
        return float(
            Walks(snapshot, MODEL).scores(profile(toy.count("film"), list(liked)))[0, item]
        )

    return faithfulness(
        toy,
        evidence.breakdown,
        sorted(asker.liked),
        asker.row,
        cited,
        [step.edge.id for path in paths for step in path.steps],
        rescore,
        np.random.default_rng(0),
    )


def test_all_that_is_cited_is_all_of_the_score(toy: Snapshot) -> None:
    evidence, _ = evidence_for(toy, "user:1", "film:insider")
    told = measured(toy, range(len(evidence.breakdown.contributions)), evidence.paths)
    assert told.claimed == pytest.approx(1.0)
    assert told.renormalised == pytest.approx(1.0)
    assert told.renormalised >= told.at_random
    assert not told.idle


def test_a_claim_is_what_frozen_removal_takes(toy: Snapshot) -> None:
    evidence, asker = evidence_for(toy, "user:1", "film:insider")
    films = toy.rows("film").start
    liked = [row - films for row in sorted(asker.liked)]
    item = toy.row("film:insider") - films
    walks = Walks(toy, MODEL)
    score = walks.scores(profile(toy.count("film"), liked))[0, item]
    part = evidence.breakdown.contributions[0]
    left = walks.without(liked, item, part).scores(profile(toy.count("film"), liked))[0, item]
    assert measured(toy, [0], ()).claimed == pytest.approx(1 - left / score)


def test_an_idle_explanation_is_flagged(toy: Snapshot) -> None:
    told = measured(toy, [], ())
    assert told == Faithfulness(0.0, 0.0, 0.0, 0)
    assert told.idle


def test_the_edges_that_carry_it_matter_more_than_others(toy: Snapshot) -> None:
    evidence, _ = evidence_for(toy, "user:1", "film:insider")
    (at, part), *_ = (
        (at, part)
        for at, part in enumerate(evidence.breakdown.contributions)
        if part.walk == "directed_by"
    )
    (path,) = (path for path in evidence.paths if path.nodes[2] == part.via)
    told = measured(toy, [at], [path])
    assert told.edges == 3
    assert told.renormalised > 0
    assert told.claimed == pytest.approx(part.share)
