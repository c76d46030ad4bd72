"""The auditor audited: pairs with labels by construction, and what is said of the checker."""

from collections.abc import Iterator

import numpy as np
import pytest

from graph.errors import InputError
from graph.names import NameIndex
from graph.schema import Schema
from graph.snapshot import Snapshot
from graph.types import Claim, Reason, Verdict, VerdictKind
from reasoning import calibration
from reasoning.calibration import calibrate, lines, outcome
from reasoning.check import Checked, check
from reasoning.drawing import Pair
from reasoning.lexicon import lexicon
from reasoning.paraphrases import denials, paraphrases
from reasoning.trust import Precision, trust_of
from reasoning.twins import FAULTS, Source
from reasoning.wordings import wordings
from tests.toy import SCHEMA


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


def source(names: NameIndex, seed: int = 0) -> Source:
    return Source(lexicon(names), np.random.default_rng(seed))


def plain(template: str) -> str:
    return template.casefold().rstrip(".!").strip()


def test_no_wording_of_calibration_is_one_that_the_checker_has() -> None:
    for relation in SCHEMA.relations:
        known = {plain(one.template) for _, one in wordings(SCHEMA, relation)}
        used = {plain(one.template) for one in paraphrases(SCHEMA, relation)}
        used |= {plain(one.template) for one in denials(SCHEMA, relation)}
        assert not known & used
        assert bool(used) == (relation != "rated")


@pytest.mark.parametrize("fault", [one for one in FAULTS if one not in ("namesake", "rank")])
def test_a_pair_differs_in_one_thing(names: NameIndex, fault: str) -> None:
    pairs = list(source(names).pairs(fault, 30))
    assert len(pairs) == 30
    assert all(pair.right != pair.wrong for pair in pairs)
    assert pairs == list(source(names).pairs(fault, 30))  # the same seed, the same pairs


def test_a_false_fact_is_false_of_everything_that_has_the_name(names: NameIndex) -> None:
    known = lexicon(names)
    made = source(names)
    for _ in range(200):
        fact = made._fact(list(made.wordings))
        other = fact and made._other(fact, either=True)
        assert fact is not None
        assert fact.tail in known.tails(fact.relation, fact.head)
        if other is not None:
            assert other.tail not in known.tails(other.relation, other.head)


@pytest.mark.parametrize("fault", ["swap", "year", "relation", "negation", "invented"])
def test_the_checker_finds_most_faults_of_the_toy(names: NameIndex, fault: str) -> None:
    form = calibrate(names, pairs=60, seed=1)
    tally = form["faults"][fault]  # type: ignore[index]
    assert tally["caught"]["share"] >= 0.95
    assert tally["false_alarms"]["share"] <= 0.02, tally["failures"]


@pytest.mark.parametrize("kind", list(VerdictKind))
def test_a_checker_that_always_says_the_same_is_found_out(
    names: NameIndex, kind: VerdictKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def constant(names: NameIndex, text: str, *more: object) -> Checked:
        said = check(names, text)
        return Checked(text, tuple(Verdict(v.claim, kind, v.reason) for v in said.verdicts))

    monkeypatch.setattr(calibration, "check", constant)
    form = calibrate(names, pairs=20)
    swap = form["faults"]["swap"]  # type: ignore[index]
    flags = kind in (VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH)
    assert swap["caught"]["share"] == (1.0 if flags else 0.0)
    assert swap["false_alarms"]["share"] == (0.0 if kind == VerdictKind.SUPPORTED else 1.0)


def test_what_was_not_understood_is_no_support(names: NameIndex) -> None:
    assert outcome(check(names, "Lovely weather.")) == VerdictKind.NOT_CHECKABLE
    both = check(names, "Heat came out in 1995. Lovely weather.")
    assert outcome(both) == VerdictKind.SUPPORTED


def test_a_fault_that_cannot_be_is_left_out_with_its_reason(names: NameIndex) -> None:
    form = calibrate(names, pairs=2)
    assert form["left_out"] == {"namesake": "no two items have the same name and another year"}
    assert "namesake" not in {row[0] for row in lines(form)}


def test_a_graph_without_words_cannot_be_calibrated(names: NameIndex) -> None:
    class Nothing:
        def pairs(self, fault: str, count: int) -> Iterator[Pair]:
            return iter(())

        def why_none(self, fault: str) -> str:
            return "nothing"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "Source", lambda *_: Nothing())
        with pytest.raises(InputError, match="nothing can be said"):
            calibrate(names, pairs=2)


def test_words_of_the_schema_alone_make_the_wordings() -> None:
    wordless = Schema.model_validate(
        {
            "kinds": {"dish": {"role": "item"}, "land": {"role": "attribute"}},
            "relations": {"from": {"head": "dish", "tail": "land"}},
        }
    )
    assert paraphrases(wordless, "from") == []


def test_a_confidence_is_the_least_that_calibration_leaves_room_for(names: NameIndex) -> None:
    trust = trust_of(calibrate(names, pairs=60, seed=1))
    # Thirty right ones of thirty could come of nine in ten: the lower end says so.
    assert 0.85 < trust["directed_by", "contradicted"] < 1.0
    assert 0.85 < trust["directed_by", "supported"] < 1.0
    assert not any(verdict == "not_checkable" for _, verdict in trust)
    assert trust_of(None) == {}


def test_a_verdict_that_is_mostly_wrong_is_not_trusted() -> None:
    said = Claim(text="x", span=(0, 1), relation="stars")

    def checked(kind: VerdictKind) -> Checked:
        return Checked("x", (Verdict(said, kind, Reason.NO_SUCH_EDGE),))

    precision = Precision()
    for _ in range(15):  # it supports whatever it is told
        precision.add(checked(VerdictKind.SUPPORTED), checked(VerdictKind.SUPPORTED))
    precision.add(checked(VerdictKind.NOT_IN_GRAPH), checked(VerdictKind.NOT_IN_GRAPH))
    trust = trust_of({"precision": precision.to_json()})
    assert trust["stars", "supported"] == 0.332
    assert ("stars", "not_in_graph") not in trust  # two cases tell nothing
