"""The facts that ship with the sample: a wrong one would poison every explanation.

Each row is compared with public lists (see `comparing.py`). Whatever differs must be adjudicated,
with the reason, in `groundrec/sample/adjudications.csv`; an adjudication that nothing differs on
any more must go.
"""

import csv
from collections import Counter
from itertools import combinations
from pathlib import Path

from rapidfuzz import fuzz

from tests.sample import comparing
from tests.sample.comparing import FACTS, compared, differences, facts

TWO_PEOPLE = {
    ("Andrew Davies", "Andrew Davis"),
    ("Joan Cusack", "John Cusack"),
    ("Joel Coen", "Joel Cohen"),
}


def adjudications() -> list[dict[str, str]]:
    with FACTS.with_name("adjudications.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_difference_is_adjudicated_and_nothing_else(data_dir: Path) -> None:
    found = {(d.item_id, d.field, d.ours) for d in differences(data_dir)}
    settled = {(row["item_id"], row["field"], row["ours"]) for row in adjudications()}
    assert found - settled == set(), "these differ and nobody has said why"
    assert settled - found == set(), "these are adjudicated and do not differ"
    assert all(row["reason"] for row in adjudications())


def test_nearly_all_films_are_in_the_lists(data_dir: Path) -> None:
    assert compared(data_dir) >= 0.95 * len(facts())


def test_a_wrong_fact_would_be_found(data_dir: Path) -> None:
    wrong = {"item_id": "0", "title": "Heat", "year": "1999", "directors": "Ridley Scott",
             "actors": "Meg Ryan", "writers": "Meg Ryan", "composers": "Meg Ryan"}  # fmt: skip
    by_title = comparing._ml_1m(data_dir / "ml-1m")
    lists = [film.values for film in by_title["heat"]]
    assert {d.field for d in comparing._of_row(wrong, lists)} == {
        "year", "directors", "actors", "writers", "composers",
    }  # fmt: skip


def test_the_table_is_whole() -> None:
    rows = facts()
    assert len(rows) >= 400
    assert max(Counter(row["item_id"] for row in rows).values()) == 1
    for row in rows:
        assert 1900 < int(row["year"]) < 1999, row
        assert row["directors"], row
        assert len(row["actors"].split("|")) >= 3, row
        for value in row.values():
            assert value == value.strip(), row
            assert all(part == part.strip() and part for part in value.split("|")) or not value


def test_a_person_is_spelled_in_one_way() -> None:
    names = sorted(
        {
            name
            for row in facts()
            for field in ("directors", "actors", "writers", "composers")
            for name in row[field].split("|")
            if name
        }
    )
    alike = [
        (one, two)
        for one, two in combinations(names, 2)
        if fuzz.ratio(one, two) >= 90 and (one, two) not in TWO_PEOPLE
    ]
    assert alike == []
