"""Facts: what several words about one thing come to, as frames and one at a time."""

import polars as pl
import pytest

from graph.facts import GONE, Fact, current, facts_schema, folded, holds_at
from graph.types import Assertion, Edge, Node

HEAT = {"id": 1, "kind": "film", "key": "heat", "source": 1, "run": 1, "file": 1, "line": 1}


def frame(*facts: dict[str, object]) -> pl.DataFrame:
    schema = facts_schema("nodes")
    rows = [{**dict.fromkeys(schema), "said": 5, "gone": False, **HEAT, **fact} for fact in facts]
    return pl.DataFrame(rows, schema=schema)


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ([{"label": "Heat"}], "Heat"),
        ([{"label": "Heat"}, {"run": 2, "label": "HEAT"}], "HEAT"),
        ([{"run": 2, "label": "HEAT"}, {"label": "Heat"}], "HEAT"),
        ([{"label": "Heat"}, {"run": 2, "label": None}], "Heat"),
        ([{"label": "Heat"}, {"source": 2, "label": "HEAT"}], "HEAT"),
        ([{"label": "Heat"}, {"run": 2, "gone": True}], None),
        ([{"run": 2, "gone": True}, {"run": 3, "label": "Back"}], "Back"),
        ([{"label": "Heat"}, {"run": 2, "gone": True}, {"run": 3, "source": 2}], ""),
    ],
    ids=["alone", "later", "later, told first", "silent", "source", "gone", "back", "bare"],
)
def test_the_later_word_counts_and_silence_takes_nothing_away(
    facts: list[dict[str, object]], label: str | None
) -> None:
    """None: not there at all; "": there, with no label."""
    found = folded(frame(*facts), "nodes")
    assert [row or "" for row in found["label"]] == ([] if label is None else [label])


def test_what_is_alone_does_not_change_with_what_is_beside_it() -> None:
    facts = frame({"label": "Heat"}, {"id": 2, "gone": True}, {"id": 3, "label": "a"},
                  {"id": 3, "run": 2, "aliases": "[]"})  # fmt: skip
    found = folded(facts, "nodes").select("id", "label", "aliases")
    assert found.rows() == [(1, "Heat", None), (3, "a", "[]")]


def test_validity_is_half_open_and_a_deletion_always_holds() -> None:
    facts = frame({"valid_from": 100, "valid_to": 200}, {"id": 2, "valid_to": 100, "gone": True})
    there = [facts.filter(holds_at(at))["id"].to_list() for at in (99, 100, 199, 200)]
    assert there == [[2], [1, 2], [1, 2], [2]]


def said(run: str, weight: float | None, *, gone: bool = False, until: str | None = None) -> Fact:
    edge = Edge("user:1", "rated", "film:heat", weight=weight)
    return Fact(edge, Assertion(run, "toy", "toy.csv", 1), until, gone)


def test_of_a_few_facts_the_same_comes_out() -> None:
    over, word, silent = said("1", 2.0, until="2"), said("2", 4.0), said("3", None)
    assert current([over]) is None
    assert current([over, word, silent]) == word.subject
    assert current([word, said("3", None, gone=True)]) is None
    assert current([word, said("3", None, gone=True), said("4", 1.0)]) == said("4", 1.0).subject


def test_a_mention_takes_no_label_away() -> None:
    row = Assertion("1", "toy", "toy.csv", 1)
    named = Fact(Node("film", "heat", "Heat", ("the heat",)), row)
    mention = Fact(Node("film", "heat", "heat"), row)
    assert current([named, mention]) == named.subject


def test_what_ended_is_there_before_its_end() -> None:
    edge = Edge("user:1", "rated", "film:heat")
    ended = Fact(edge, Assertion("1", "toy", "toy.csv", 1, valid_to=100))
    assert current([ended], as_of=99) == edge
    assert current([ended], as_of=100) is None
    assert current([ended]) is None


def test_two_marks_are_no_hash_of_a_row() -> None:
    """A hash of 0 or 1 would be taken for a mention or an end: 1 in 2**63."""
    from graph.batch import with_said
    from tests.toy import toy_batch

    batch = toy_batch()
    assert not set(with_said(batch.edges, "edges")["said"]) & {0, GONE}
