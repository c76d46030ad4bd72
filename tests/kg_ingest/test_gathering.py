"""Deliveries gathered into larger ones, and made ahead in a thread."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from kg_ingest import gathering
from kg_ingest.deliveries import Delivery
from kg_ingest.gathering import ahead, gathered
from kg_ingest.rejects import rejects
from tests.toy import batch_of


def delivery(at: int, file: str = "a.csv", source: str = "one", bad: int = 0) -> Delivery:
    batch = batch_of([(f"user:{at}", "rated", "film:x", 1.0)], {}, source=source, position=f"{at}")
    lost = rejects([(at, "", "no reason", "") for _ in range(bad)])
    return Delivery(replace(batch, files=(file,)), lost, 1 + bad, at, 10)


def told(deliveries: Iterator[Delivery]) -> list[tuple[str, tuple[str, ...], str, int, int]]:
    return [
        (d.batch.source, d.batch.files, d.batch.position, d.batch.edges.height, d.rejected.height)
        for d in deliveries
    ]


def test_blocks_of_a_file_become_one_delivery_with_the_last_position() -> None:
    found = list(gathered(iter([delivery(1), delivery(2, bad=1), delivery(3, bad=2)])))
    assert told(iter(found)) == [("one", ("a.csv",), "3", 3, 3)]
    (one,) = found
    assert (one.rows, one.done, one.batch.nodes.height) == (6, 3, 6)


def test_sources_stay_apart() -> None:
    found = gathered(iter([delivery(1), delivery(2, source="two"), delivery(3, source="two")]))
    assert [row[0] for row in told(found)] == ["one", "two"]


def test_files_are_told_apart_by_number() -> None:
    (one,) = gathered(iter([delivery(1, "a.csv"), delivery(2, "b.csv"), delivery(3, "a.csv")]))
    assert one.batch.files == ("a.csv", "b.csv")
    assert one.batch.edges["file"].to_list() == [0, 1, 0]
    assert one.batch.edges["file"].dtype == pl.Int32


def test_rejects_are_never_told_of_another_file() -> None:
    found = told(gathered(iter([delivery(1, "a.csv"), delivery(2, "b.csv", bad=1)])))
    assert found == [("one", ("a.csv",), "1", 1, 0), ("one", ("b.csv",), "2", 1, 1)]


@pytest.mark.parametrize("most", [4, 5])
def test_none_is_larger_than_allowed(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "ROWS", most)  # two nodes each, and fewer edges
    found = told(gathered(delivery(at) for at in range(5)))
    assert [row[3] for row in found] == [2, 2, 1]


def test_of_a_slow_source_none_is_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "SECONDS", 0.0)
    assert len(told(gathered(delivery(at) for at in range(3)))) == 3


def test_what_was_read_before_an_error_comes_before_it() -> None:
    def broken() -> Iterator[Delivery]:
        yield delivery(1)
        raise OSError("the disk is gone")

    found = ahead(gathered(broken()))
    assert next(found).batch.position == "1"
    with pytest.raises(OSError, match="gone"):
        next(found)


def test_the_next_is_made_while_one_is_used() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for at in range(5):
            made.append(at)
            yield at

    found = ahead(numbers())
    assert next(found) == 0
    until = time.monotonic() + 5
    while len(made) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.05)
    assert made == [0, 1]  # one waits, and no more: each takes its memory
    assert [0, *found] == [0, 1, 2, 3, 4]


def test_who_stops_early_leaves_no_thread_behind() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = set(threading.enumerate())
    found = ahead(endless())
    next(found)
    found.close()
    assert closed.is_set()
    assert not set(threading.enumerate()) - before
