"""What a batch says that is new, shown on one film and a few hashes."""

import polars as pl
import pytest

from graph.batch import Mode, with_said
from graph.comparing import News, compare, counts_of, one_row_each, retired
from graph.facts import GONE, facts_schema
from tests.toy import batch_of

NONE = pl.DataFrame(schema=facts_schema("edges"))


def rows(*weights: float | None) -> pl.DataFrame:
    """What one delivery says of what user 1 thinks of Heat."""
    edges = batch_of([("user:1", "rated", "film:heat", weight) for weight in weights], {}).edges
    return one_row_each(with_said(edges, "edges"), "edges")


def heard(
    weights: list[float | None],
    live: pl.DataFrame = NONE,
    *,
    run: int = 1,
    source: int = 1,
    mode: Mode = "merge",
) -> News:
    return compare(rows(*weights), live, "edges", source=source, run=run, mode=mode)


def after(live: pl.DataFrame, news: News, source: int = 1) -> pl.DataFrame:
    """The live facts when the news are written."""
    kept = live.filter((pl.col("source") != source) | pl.lit(news.facts.is_empty()))
    return pl.concat([kept, news.facts])


def told(news: News) -> tuple[list[str], list[float | None]]:
    return news.status["status"].to_list(), news.facts["weight"].to_list()


def test_the_first_word_is_added_and_its_repetition_is_not_written() -> None:
    first = heard([3.0])
    assert told(first) == (["added"], [3.0])
    again = heard([3.0], first.facts, run=2)
    assert told(again) == (["unchanged"], [])
    assert again.built_on == {1: 1}


def test_another_word_closes_the_last_one() -> None:
    first = heard([3.0])
    second = heard([5.0], first.facts, run=2)
    assert told(second) == (["changed"], [5.0])
    assert second.closed["run"].to_list() == [1]
    assert second.built_on == {1: 1}


def test_within_a_run_a_word_takes_the_place_of_the_last() -> None:
    second = heard([5.0], heard([3.0]).facts)
    assert second.closed.is_empty()
    assert second.built_on == {}


def test_what_a_word_leaves_out_stays() -> None:
    assert told(heard([None], heard([3.0]).facts, run=2)) == (["unchanged"], [3.0])


def test_another_source_says_the_same_for_itself() -> None:
    other = heard([3.0], heard([3.0]).facts, run=2, source=2)
    assert told(other) == (["unchanged"], [3.0])
    assert other.built_on == {}


@pytest.mark.parametrize("again", [[1.0, 2.0], [2.0, 1.0], [1.0], [2.0]])
def test_contradictions_of_one_delivery_are_remembered(again: list[float | None]) -> None:
    first = heard([1.0, 2.0])
    assert told(first) == (["added"], [2.0])
    assert told(heard(again, first.facts, run=2)) == (["unchanged"], [])


def test_a_contradiction_of_what_was_known_is_remembered_too() -> None:
    live = heard([2.0, 1.0], heard([1.0]).facts, run=2).facts
    assert told(heard([1.0, 2.0], live, run=3)) == (["unchanged"], [])


def test_so_are_those_of_two_batches_of_a_run() -> None:
    live = heard([2.0], heard([1.0]).facts).facts
    assert told(heard([1.0], live, run=2)) == (["unchanged"], [])
    assert told(heard([3.0], live, run=2)) == (["changed"], [3.0])


def test_a_word_that_was_given_up_is_news_again() -> None:
    back_and_forth = heard([5.0], heard([3.0]).facts, run=2)
    assert told(heard([3.0], back_and_forth.facts, run=3)) == (["changed"], [3.0])


def test_a_deletion_outweighs_every_source() -> None:
    live = heard([3.0]).facts
    gone = heard([None], live, run=2, source=2, mode="delete")
    assert told(gone) == (["removed"], [None])
    assert gone.facts["gone"].to_list() == [True]
    live = after(live, gone, source=2)
    assert told(heard([None], live, run=3, source=2, mode="delete")) == (["unchanged"], [])
    assert told(heard([3.0], live, run=3)) == (["unchanged"], [])
    assert told(heard([4.0], live, run=3)) == (["added"], [4.0])


def test_a_deletion_of_what_is_not_there_waits_for_no_one() -> None:
    ahead = heard([None], mode="delete", source=2)
    assert told(ahead) == (["unchanged"], [None])
    assert told(heard([3.0], ahead.facts, run=2)) == (["added"], [3.0])


def test_what_is_retired_is_so_until_then_and_may_return() -> None:
    live = heard([3.0]).facts
    over = retired(live, "edges", source=1, run=2, at=100)
    assert told(over) == (["removed"], [3.0])
    assert over.facts.select("said", "valid_to", "gone").rows() == [(GONE, 100, False)]
    assert over.closed["run"].to_list() == [1]
    assert retired(over.facts, "edges", source=1, run=3, at=200).facts.is_empty()
    back = heard([3.0], over.facts, run=3)
    assert told(back) == (["added"], [3.0])
    assert back.facts["valid_to"].to_list() == [None]


def test_what_another_source_still_says_is_not_removed() -> None:
    live = after(heard([3.0]).facts, heard([5.0], source=2, run=2), source=2)
    assert retired(live, "edges", source=1, run=3, at=100).status["status"].to_list() == [
        "unchanged"
    ]
    assert retired(live, "edges", source=2, run=3, at=100).status["status"].to_list() == ["changed"]


def test_what_a_store_found_out_by_itself_is_counted_too() -> None:
    settled = pl.DataFrame({"id": [7, 8, 9], "run": [1, 1, 2]})
    news = heard([5.0], heard([3.0]).facts, run=2).beside(settled, settled.select("id")[:1], 2)
    assert news.built_on == {1: 3}
    counts = counts_of({"nodes": news.status.clear(), "edges": news.status})
    assert (counts.edges_changed, counts.unchanged, counts.withheld) == (1, 3, 1)
