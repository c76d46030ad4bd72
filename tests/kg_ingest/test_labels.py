"""The published labels of `benchmarks.resolution` are whole."""

import csv
from collections import Counter
from pathlib import Path

LABELS = Path(__file__).parents[2] / "benchmarks" / "labels"


def rows(name: str) -> list[dict[str, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_correction_names_its_reason_and_each_title_has_one() -> None:
    found = rows("ml1m_dbpedia_corrections.csv")
    assert all(row["reason"] for row in found)
    assert set(Counter(row["title"] for row in found).values()) == {1}
    assert {row["verdict"] for row in found} == {"wrong", "missing", "undecided"}
    assert all(row["right"] for row in found if row["verdict"] == "missing")


def test_three_hundred_pairs_of_people_are_labelled_once() -> None:
    found = rows("people_pairs.csv")
    assert len({(row["one"], row["other"]) for row in found}) == len(found) == 300
    assert {row["label"] for row in found} == {"same", "different", "unsure"}
    assert all(row["reason"] for row in found if row["label"] != "same")
    assert all(row["one"].partition(":")[0] != row["other"].partition(":")[0] for row in found)
