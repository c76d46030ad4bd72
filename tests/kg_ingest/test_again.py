"""Rows that are rejected, and ingests that come again, are cut short or corrected."""

import pytest

from graph.errors import TooManyRejectsError
from graph.types import Node
from kg_ingest import gathering, readers
from tests.kg_ingest.catalogue import ITEMS, RATINGS, TAGS, Catalogue


def test_each_bad_row_is_told_and_the_rest_goes_on(catalogue: Catalogue) -> None:
    catalogue.map(RATINGS)
    catalogue.write(
        "ratings.csv",
        b"user,item,stars\n1,2,4\n,2,4\n1,,4\n1,3,many\n1,4,\n1,5,inf\n1,6\n1,7,3,9\n1,\xff,2\n2,2,5\n",
    )
    report = catalogue.ingest()
    assert catalogue.edges() == {("user:1", "rated", "item:2"), ("user:2", "rated", "item:2")}
    assert report.rejected == 8
    assert catalogue.rejects() == [
        ("ratings.csv", 3, "user", "empty"),
        ("ratings.csv", 4, "item", "empty"),
        ("ratings.csv", 5, "stars", "no number: many"),
        ("ratings.csv", 6, "stars", "empty"),
        ("ratings.csv", 7, "stars", "no number: inf"),
        ("ratings.csv", 8, "", "2 fields, expected 3"),
        ("ratings.csv", 9, "", "4 fields, expected 3"),
        ("ratings.csv", 10, "item", "not utf-8 at byte 3"),
    ]


def test_a_quote_that_is_never_closed_costs_one_row(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", 'id,title\n1,Heat\n2,"Ronin\n3,Fargo\n4,"Alien"\n')
    catalogue.ingest()
    there = catalogue.get("item:1", "item:2", "item:3", "item:4")
    assert [node is not None for node in there] == [True, False, True, True]
    assert [line for _, line, _, _ in catalogue.rejects()] == [3]


def test_too_many_rejects_stop_and_leave_whole_blocks(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 20)
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\n1,2,4\n1,3,4\nx\ny\nz\n" + "1,4,4\n" * 9)
    with pytest.raises(TooManyRejectsError, match="more than the 1 allowed") as told:
        catalogue.ingest(max_rejects=1)
    assert "rejects.csv" in told.value.hint
    assert ("user:1", "rated", "item:2") in catalogue.edges()


def test_twice_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS + RATINGS + TAGS)
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    catalogue.write("ratings.csv", "user,item,stars\n1,1,4\n")
    catalogue.write("tags.csv", "id,tags\n1,Crime\n")
    first, second = catalogue.ingest(), catalogue.ingest()
    assert first.counts.written > 0
    assert second.counts.written == 0
    assert second.counts.unchanged >= first.counts.written


def test_a_correction_is_a_change(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1,Heet\n")
    catalogue.ingest()
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    assert catalogue.ingest().counts.nodes_changed == 1
    assert catalogue.get("item:1") == (Node("item", "1", "Heat"),)


def test_an_ingest_that_was_cut_short_goes_on(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 40)
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\n" + "".join(f"{n},1,4\n" for n in range(50)))
    blocks = readers.read_blocks

    def cut(*arguments: object) -> object:
        for at, block in enumerate(blocks(*arguments)):  # type: ignore[arg-type]
            if at == 3:
                raise KeyboardInterrupt
            yield block

    monkeypatch.setattr(gathering, "ROWS", 1)
    monkeypatch.setattr("kg_ingest.deliveries.read_blocks", cut)
    with pytest.raises(KeyboardInterrupt):
        catalogue.ingest()
    half = len(catalogue.edges())
    monkeypatch.setattr("kg_ingest.deliveries.read_blocks", blocks)
    report = catalogue.ingest()
    assert report.resumed
    assert 0 < half < 50
    assert report.rows == {"ratings.csv": 50 - half}
    assert len(catalogue.edges()) == 50
    assert not catalogue.ingest().resumed


def test_changed_files_are_read_from_the_beginning(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\nx\n1,1,4\n")
    with pytest.raises(TooManyRejectsError):
        catalogue.ingest(max_rejects=0)
    catalogue.write("ratings.csv", "user,item,stars\n2,1,4\n1,1,4\n")
    report = catalogue.ingest(max_rejects=0)
    assert not report.resumed
    assert report.rows == {"ratings.csv": 2}
