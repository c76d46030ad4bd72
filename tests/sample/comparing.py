"""Compares the sample's facts with three public lists, and says where they differ.

ml-1m     movies_extrainfos.dat: year, directors, writers, about four actors (OMDb)
dbpedia   dbo_starring, dbo_writer, dbo_musicComposer (through ml-1m's film ids)
metaqa    kb.txt: years, directors, writers, actors by title alone, so namesakes are mixed

A year or a director of ours differs when a list that has the film names others. Actors, writers
and composers differ when none of the lists that name any for the film names ours: each list has
only a few of them.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from graph.names import normalise

FACTS = Path(__file__).parents[2] / "groundrec" / "sample" / "facts.csv"
LISTS = ("directors", "actors", "writers", "composers")


class Difference(NamedTuple):
    """One value of ours that the lists do not have."""

    item_id: str
    title: str
    field: str
    ours: str
    theirs: str


class Film(NamedTuple):
    """A film in one of the lists: its values by field, in normal form."""

    year: int
    values: dict[str, dict[str, str]]


def facts() -> list[dict[str, str]]:
    """The rows of facts.csv."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def differences(data: Path) -> list[Difference]:
    """All values of ours that the lists do not have."""
    by_title = _ml_1m(data / "ml-1m")
    metaqa = _metaqa(data / "metaqa" / "kb.txt")
    found = []
    for row in facts():
        known = [metaqa[normalise(row["title"])]] if normalise(row["title"]) in metaqa else []
        near = [
            film
            for film in by_title.get(normalise(row["title"]), [])
            if abs(film.year - int(row["year"])) <= 2
        ]
        found += _of_row(row, [film.values for film in near] + known)
    return found


def compared(data: Path) -> int:
    """How many of our films are in any of the lists."""
    by_title = _ml_1m(data / "ml-1m")
    metaqa = _metaqa(data / "metaqa" / "kb.txt")
    return sum(
        normalise(row["title"]) in metaqa or normalise(row["title"]) in by_title for row in facts()
    )


def _of_row(row: dict[str, str], lists: list[dict[str, dict[str, str]]]) -> list[Difference]:
    found = []
    for field in ("year", "directors"):
        for theirs in lists:
            there = theirs.get(field, {})
            for ours in row[field].split("|"):
                if there and normalise(ours) not in there:
                    found.append(_difference(row, field, ours, there))
    for field in ("actors", "writers", "composers"):
        named = {name: shown for theirs in lists for name, shown in theirs.get(field, {}).items()}
        for ours in filter(None, row[field].split("|")):
            if named and normalise(ours) not in named:
                found.append(_difference(row, field, ours, named))
    return list(dict.fromkeys(found))


def _difference(row: dict[str, str], field: str, ours: str, theirs: dict[str, str]) -> Difference:
    shown = "|".join(sorted(theirs.values()))
    return Difference(row["item_id"], row["title"], field, ours, shown)


def _ml_1m(folder: Path) -> dict[str, list[Film]]:
    resources = {}
    for line in (folder / "dbpedia" / "mappings.tsv").read_text(encoding="utf-8").splitlines():
        number, _, resource = line.split("\t")
        resources[number] = resource
    edges = {
        field: _edges(folder / "dbpedia" / f"{name}.edgelist")
        for field, name in (
            ("actors", "dbo_starring"),
            ("writers", "dbo_writer"),
            ("composers", "dbo_musicComposer"),
        )
    }
    films = defaultdict(list)
    for line in (folder / "movies_extrainfos.dat").read_text(encoding="utf-8").splitlines():
        number, title, year, _, _, _, directors, writers, actors, *_ = line.split("::")
        values = {
            "year": {year[:4]: year[:4]},
            "directors": _names(directors),
            "writers": _names(writers),
            "actors": _names(actors),
        }
        for field, of in edges.items():
            for name in of.get(resources.get(number, ""), ()):
                values.setdefault(field, {})[normalise(name)] = name
        films[normalise(title)].append(Film(int(year[:4]), values))
    return films


def _names(text: str) -> dict[str, str]:
    parts = (re.sub(r"\s*\(.*?\)?$", "", part).strip() for part in text.split(", "))
    return {normalise(part): part for part in parts if part and part != "N/A"}


def _edges(path: Path) -> dict[str, list[str]]:
    found = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        film, person = line.split(" ")
        name = unquote(person.rsplit("/", 1)[1]).replace("_", " ")
        found[film].append(re.sub(r"\s*\(.*\)$", "", name))
    return found


def _metaqa(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    fields = {
        "release_year": "year",
        "directed_by": "directors",
        "starred_actors": "actors",
        "written_by": "writers",
    }
    films: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for line in path.read_text(encoding="utf-8").splitlines():
        head, relation, tail = line.split("|")
        if relation in fields:
            films[normalise(head)][fields[relation]][normalise(tail)] = tail
    return films
