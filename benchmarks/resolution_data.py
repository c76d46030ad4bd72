"""Catalogues for `benchmarks.resolution`, as graphs in memory: each keeps its own nodes.

Titles are as their catalogues write them ("Matrix, The (1999)", "The_Matrix"). A node's key says
which catalogue it is from; resolvers look at names and edges and never at keys.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from graph.ids import text_number, text_numbers
from graph.schema import Kind, Relation, Schema
from kg_ingest.name_forms import name_forms
from kg_ingest.things import Graph

_ROLES = {"director": "directed_by", "starring": "stars", "writer": "written_by"}
_CREW = {
    "producer": "produced_by",
    "musicComposer": "music_by",
    "editing": "edited_by",
    "cinematography": "shot_by",
}
_METAQA = {
    "directed_by": "directed_by",
    "starred_actors": "stars",
    "written_by": "written_by",
    "release_year": "released_in",
}
_KEYED = ("ml", "dbpedia", "other", "redial", "small")  # catalogues whose keys are no names
_REMARK = re.compile(r"\s*\([^)]*\)")

SCHEMA = Schema(
    kinds={
        "film": Kind(role="item"),
        "person": Kind(role="attribute"),
        "year": Kind(role="attribute"),
    },
    relations={
        "directed_by": Relation(head="film", tail="person", complete=True),
        "released_in": Relation(head="film", tail="year", functional=True),
        **{
            name: Relation(head="film", tail="person")
            for name in ("stars", "written_by", *_CREW.values())
        },
    },
)


@dataclass(frozen=True)
class Facts:
    """Labels by node id, and (head, relation, tail)."""

    labels: dict[str, str]
    edges: list[tuple[str, str, str]]

    def __add__(self, other: "Facts") -> "Facts":
        return Facts({**self.labels, **other.labels}, [*self.edges, *other.edges])

    def without_edges(self) -> "Facts":
        """Names alone."""
        return Facts({n: label for n, label in self.labels.items() if n.startswith("film:")}, [])

    def graph(self) -> Graph:
        """As the resolver reads it from a store."""
        ids = list(self.labels)
        nodes = pl.DataFrame(
            {
                "id": text_numbers(ids),
                "kind": [node.partition(":")[0] for node in ids],
                "key": [node.partition(":")[2] for node in ids],
                "label": list(self.labels.values()),
                "aliases": [None] * len(ids),
                "properties": [None] * len(ids),
            },
            schema_overrides={"aliases": pl.String, "properties": pl.String},
        )
        heads, relations, tails = (
            zip(*sorted(set(self.edges)), strict=True)
            if self.edges
            else (
                (),
                (),
                (),
            )
        )
        numbers = {node: text_number(node) for node in ids}
        edges = pl.DataFrame(
            {
                "head": [numbers[head] for head in heads],
                "relation": list(relations),
                "tail": [numbers[tail] for tail in tails],
            },
            schema={"head": pl.Int64, "relation": pl.String, "tail": pl.Int64},
        )
        sources = {
            text_number(node): frozenset([node.split(":")[1]])
            for node in ids
            if node.startswith(tuple(f"film:{name}:" for name in _KEYED))
        }
        return Graph(SCHEMA, nodes, edges, sources)


def movielens(data: Path, *, with_people: bool = True) -> Facts:
    """MovieLens-1M's titles, with OMDb's people; the year stands in the title only."""
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for line in _lines(data / "ml-1m" / "movies.dat", "latin-1"):
        key, title, _ = line.split("::")
        labels[f"film:ml:{key}"] = title
    if not with_people:
        return Facts(labels, edges)
    for line in _lines(data / "ml-1m" / "movies_extrainfos.dat"):
        parts = line.split("::")
        film = f"film:ml:{parts[0]}"
        for at, relation in ((6, "directed_by"), (7, "written_by"), (8, "stars")):
            for name in _REMARK.sub("", parts[at]).split(", "):
                if name.strip() and name != "N/A" and film in labels:
                    labels[f"person:omdb:{name}"] = name
                    edges.append((film, relation, f"person:omdb:{name}"))
    return Facts(labels, edges)


def dbpedia(data: Path) -> Facts:
    """The DBpedia resources of `mappings.tsv`, with DBpedia's people."""
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for resource in sorted(set(truth(data).values())):
        labels[f"film:dbpedia:{resource}"] = readable(resource)
    for part, relation in {**_ROLES, **_CREW}.items():
        for line in _lines(data / "ml-1m" / "dbpedia" / f"dbo_{part}.edgelist"):
            film, person = (end.rpartition("/resource/")[2] for end in line.split()[:2])
            if f"film:dbpedia:{film}" in labels and person:
                labels[f"person:dbpedia:{person}"] = _REMARK.sub("", readable(person))
                edges.append((f"film:dbpedia:{film}", relation, f"person:dbpedia:{person}"))
    return Facts(labels, edges)


def metaqa(data: Path) -> Facts:
    """MetaQA's films with their people and years; two films of one name are one there."""
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for line in _lines(data / "metaqa" / "kb.txt"):
        head, relation, tail = line.split("|")
        name = _METAQA.get(relation)
        if name is None:
            continue
        kind = SCHEMA.relations[name].tail
        end = f"year:{tail}" if kind == "year" else f"{kind}:metaqa:{tail}"
        labels[f"film:metaqa:{head}"] = head
        labels[end] = tail
        edges.append((f"film:metaqa:{head}", name, end))
    return Facts(labels, edges)


def other_films(data: Path, titles: Facts) -> Facts:
    """MetaQA's films that no title means, named in DBpedia's manner, with their people.

    A film that has its name from another is dated, as DBpedia does: "Psycho (1998 film)". Left out
    are those of a title's name and year (give or take one), since they may be that very film.
    """
    found = metaqa(data)
    years: dict[str, set[int]] = {}
    for head, relation, tail in found.edges:
        if relation == "released_in" and tail.removeprefix("year:").isdigit():
            years.setdefault(head, set()).add(int(tail.removeprefix("year:")))
    named: dict[str, set[int]] = {}
    for node, title in titles.labels.items():
        if node.startswith("film:"):
            forms = name_forms(title)
            for form in (forms.whole, *forms.others):
                named.setdefault(form, set()).add(int(forms.year or 0))
    labels: dict[str, str] = {}
    for film, label in found.labels.items():
        if not film.startswith("film:") or film not in years:
            continue
        taken = {year for form in _forms(label) for year in named.get(form, ())}
        if any(abs(year - other) <= 1 for year in years[film] for other in taken):
            continue
        dated = f"{label} ({min(years[film])} film)" if taken else label
        labels[film.replace("film:metaqa:", "film:other:")] = dated
    edges = [
        (head.replace("film:metaqa:", "film:other:"), relation, tail)
        for head, relation, tail in found.edges
        if relation != "released_in"
    ]
    edges = [edge for edge in edges if edge[0] in labels]
    ends = {tail: found.labels[tail] for _, _, tail in edges}
    return Facts({**labels, **ends}, edges)


def _forms(label: str) -> tuple[str, ...]:
    forms = name_forms(label)
    return (forms.whole, *forms.others)


def truth(data: Path) -> dict[str, str]:
    """`mappings.tsv` as it is: the resource by MovieLens id."""
    rows = (line.split("\t") for line in _lines(data / "ml-1m" / "dbpedia" / "mappings.tsv"))
    return {key: resource.rpartition("/resource/")[2] for key, _, resource in rows}


def readable(resource: str) -> str:
    """The name that a DBpedia resource has: "The Matrix", "Heat (1995 film)"."""
    return unquote(resource).replace("_", " ")


def _lines(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    with path.open(encoding=encoding, errors="replace") as file:
        for line in file:
            if line.strip():
                yield line.rstrip("\n")
