"""Two small guides to the same films, each with its own keys and its own way to write names."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.ids import text_number, text_numbers
from graph.same import Decision, Match
from graph.schema import Kind, Relation, Schema
from graph.types import Vectors
from kg_ingest.name_forms import name_forms
from kg_ingest.resolve import Options, Resolved, resolve
from kg_ingest.things import Graph

SCHEMA = Schema(
    kinds={
        "film": Kind(role="item"),
        "person": Kind(role="attribute"),
        "year": Kind(role="attribute"),
    },
    relations={
        "directed_by": Relation(head="film", tail="person", complete=True),
        "stars": Relation(head="film", tail="person"),
        "released_in": Relation(head="film", tail="year", functional=True),
    },
)


def graph_of(
    labels: dict[str, str],
    edges: Sequence[tuple[str, str, str]] = (),
    properties: dict[str, str] | None = None,
    sources: Iterable[str] = (),
) -> Graph:
    for _, _, tail in edges:
        labels = {tail: tail.partition(":")[2], **labels}
    ids = list(labels)
    said = properties or {}
    nodes = pl.DataFrame(
        {
            "id": text_numbers(ids),
            "kind": [node.partition(":")[0] for node in ids],
            "key": [node.partition(":")[2] for node in ids],
            "label": list(labels.values()),
            "aliases": [None] * len(ids),
            "properties": [said.get(node) for node in ids],
        },
        schema_overrides={"aliases": pl.String, "properties": pl.String},
    )
    rows = [(text_number(head), relation, text_number(tail)) for head, relation, tail in edges]
    ends = {"head": pl.Int64, "relation": pl.String, "tail": pl.Int64}
    listed = {text_number(node): frozenset([node.split(":")[1][:1]]) for node in sources}
    return Graph(SCHEMA, nodes, pl.DataFrame(rows, schema=ends, orient="row"), listed)


FILLER = {
    f"film:x{n}": f"{first} {second}"
    for n, (first, second) in enumerate(
        (first, second)
        for first in ("Green", "Quiet", "Lost", "Northern", "Paper", "Second")
        for second in ("Harbour", "Letters", "Garden", "Winter", "Orchard", "Mile")
    )
}
CAST = [
    ("film:a1", "directed_by", "person:Wachowski, Lana"),
    ("film:b1", "directed_by", "person:Lana Wachowski"),
    ("film:a1", "stars", "person:Reeves, Keanu"),
    ("film:b1", "stars", "person:Keanu Reeves"),
]


def decisions(found: Resolved) -> dict[tuple[str, str], str]:
    return {match.pair: match.decision.value for match in found.matches}


def test_names_written_otherwise_are_the_same_and_the_years_agree() -> None:
    graph = graph_of({**FILLER, "film:a1": "Matrix, The (1999)", "film:b1": "The Matrix (1999)"})
    found = resolve(graph, Options(kinds=("film",)))
    assert decisions(found) == {("film:a1", "film:b1"): "same"}
    (match,) = found.matches
    assert match.stage == "names"
    assert match.reason == "name and date agree"
    assert match.score > 0.95


def test_a_name_of_one_word_alone_is_left_to_a_person() -> None:
    graph = graph_of({**FILLER, "film:a1": "Fallen", "film:b1": "Fallen"})
    assert decisions(resolve(graph)) == {("film:a1", "film:b1"): "review"}


def test_another_year_is_a_veto_however_much_is_shared() -> None:
    graph = graph_of({**FILLER, "film:a1": "Hamlet (1990)", "film:b1": "Hamlet (1996)"}, CAST)
    (match,) = [match for match in resolve(graph).matches if match.kind == "film"]
    assert match.decision == Decision.DIFFERENT
    assert match.reason == "another date"


def test_a_year_apart_by_one_neither_speaks_for_nor_against() -> None:
    near = {"film:a1": "Night of Amber Glass (1995)", "film:b1": "Night of Amber Glass (1996)"}
    apart = {"film:a1": "Night of Amber Glass (1995)", "film:b1": "Night of Amber Glass (1998)"}
    assert decisions(resolve(graph_of(FILLER | near))) == {("film:a1", "film:b1"): "same"}
    assert decisions(resolve(graph_of(FILLER | apart))) == {("film:a1", "film:b1"): "different"}


def test_a_functional_relation_tells_apart_like_a_year_in_the_name() -> None:
    edges = [("film:a1", "released_in", "year:1960"), ("film:b1", "released_in", "year:1998")]
    labels = {**FILLER, "film:a1": "Psycho", "film:b1": "Psycho"}
    assert (
        decisions(resolve(graph_of(labels, [*CAST, *edges])))["film:a1", "film:b1"] == "different"
    )


def test_the_third_without_a_year_belongs_to_one_of_two() -> None:
    """`film:c1` has the cast of one Hamlet: it is that one, and not the other, nor both."""
    labels = {
        **FILLER,
        "film:a1": "Hamlet (1990)",
        "film:b1": "Hamlet (1996)",
        "film:c1": "Hamlet",
    }
    edges = [
        ("film:a1", "directed_by", "person:Franco Zeffirelli"),
        ("film:b1", "directed_by", "person:Kenneth Branagh"),
        ("film:c1", "directed_by", "person:Zeffirelli, Franco"),
        ("film:a1", "stars", "person:Mel Gibson"),
        ("film:c1", "stars", "person:Gibson, Mel"),
    ]
    said = decisions(resolve(graph_of(labels, edges), Options(kinds=("film",))))
    assert said["film:a1", "film:c1"] == "same"
    assert said["film:a1", "film:b1"] == "different"
    assert said.get(("film:b1", "film:c1"), "") != "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fantastic Harbour II", "Fantastic Harbour III"),
        ("Fantastic Harbour", "Fantastic Harbour 2"),
        ("Three Colours: Blue", "Three Colours: White"),
        ("Lon Chaney Sr.", "Lon Chaney Jr."),
    ],
)
def test_members_of_a_series_or_a_family_are_not_merged(one: str, other: str) -> None:
    graph = graph_of({**FILLER, "film:a1": one, "film:b1": other}, CAST)
    assert decisions(resolve(graph, Options(kinds=("film",)))).get(("film:a1", "film:b1")) != "same"


def test_ids_given_by_others_decide_and_differing_ones_veto() -> None:
    labels = {**FILLER, "film:a1": "Solaris", "film:b1": "Солярис"}
    same = {"film:a1": '{"isan_id": "0001"}', "film:b1": '{"isan_id": "0001"}'}
    assert decisions(resolve(graph_of(labels, properties=same))) == {("film:a1", "film:b1"): "same"}
    labels = {**FILLER, "film:a1": "Quiet Solar Winds", "film:b1": "Quiet Solar Winds"}
    other = {"film:a1": '{"isan_id": "0001"}', "film:b1": '{"isan_id": "0002"}'}
    (match,) = resolve(graph_of(labels, properties=other)).matches
    assert (match.decision, match.reason) == (Decision.DIFFERENT, "another id")


def test_what_one_source_lists_twice_is_left_to_a_person() -> None:
    labels = {**FILLER, "film:a1": "Amber Glass (1995)", "film:a2": "The Amber Glass (1995)"}
    assert decisions(resolve(graph_of(labels)))["film:a1", "film:a2"] == "same"
    (match,) = resolve(graph_of(labels, sources=("film:a1", "film:a2"))).matches
    assert (match.decision, match.reason) == (Decision.REVIEW, "one source lists both")


def test_people_are_known_by_what_they_are_in_once_that_is_merged() -> None:
    labels = {**FILLER, "film:a1": "Matrix, The (1999)", "film:b1": "The Matrix (1999)"}
    said = decisions(resolve(graph_of(labels, CAST)))
    assert said["person:Keanu Reeves", "person:Reeves, Keanu"] == "same"
    assert said["person:Lana Wachowski", "person:Wachowski, Lana"] == "same"


def test_another_spelling_needs_company() -> None:
    crew = [
        ("film:a1", "stars", "person:Sergei Bodrov"),
        ("film:a2", "stars", "person:Sergei Bodrov"),
    ]
    also = [
        ("film:a1", "stars", "person:Sergey Bodrov"),
        ("film:a2", "stars", "person:Sergey Bodrov"),
    ]
    labels = {**FILLER, "film:a1": "Lost Mile", "film:a2": "Paper Mile"}
    pair = ("person:Sergei Bodrov", "person:Sergey Bodrov")
    with_others = [("film:x1", "stars", f"person:Somebody {n}") for n in "abcdefghijkl"]
    found = resolve(graph_of(labels, [*crew, *also, *with_others]), Options(kinds=("person",)))
    assert decisions(found)[pair] == "same"
    apart = [(film.replace("a", "x"), relation, person) for film, relation, person in also]
    found = resolve(graph_of(labels, [*crew, *apart, *with_others]), Options(kinds=("person",)))
    assert decisions(found).get(pair) != "same"


def test_vectors_bring_names_together_that_share_no_letters_but_do_not_decide() -> None:
    def encode(texts: Sequence[str]) -> Vectors:
        made = np.eye(64, dtype=np.float32)[[sum(map(ord, text)) % 60 for text in texts]]
        for at, text in enumerate(texts):
            if text in ("Solaris", "Солярис"):
                made[at] = np.eye(64, dtype=np.float32)[63]
        return made

    labels = {**FILLER, "film:a1": "Solaris", "film:b1": "Солярис"}
    graph = graph_of(labels, CAST)
    assert resolve(graph, Options(kinds=("film",))).matches == ()
    found = resolve(graph, Options(kinds=("film",)), encode=encode)
    assert decisions(found) == {("film:a1", "film:b1"): "review"}
    (counted,) = [stage for stage in found.stages if stage.name == "vectors"]
    assert (counted.pairs, counted.review) == (1, 1)


def test_stages_can_be_left_out() -> None:
    graph = graph_of({**FILLER, "film:a1": "Matrix, The (1999)", "film:b1": "The Matrix (1999)"})
    found = resolve(graph, Options(kinds=("film",), stages=("ids",)))
    assert [stage.name for stage in found.stages] == ["ids"]
    assert found.matches == ()


def test_a_second_run_says_what_the_first_said() -> None:
    labels = {**FILLER, "film:a1": "Matrix, The (1999)", "film:b1": "The Matrix (1999)"}
    first = resolve(graph_of(labels, CAST))
    again = resolve(graph_of(labels, CAST), known=first.matches)
    assert {match.edge for match in again.matches} == {match.edge for match in first.matches}
    assert set(again.matches) == set(first.matches)


def test_what_was_the_same_stays_so_until_something_speaks_against_it() -> None:
    labels = {**FILLER, "film:a1": "Fallen", "film:b1": "Fallen"}
    (weak,) = resolve(graph_of(labels)).matches
    once = replace(weak, decision=Decision.SAME, score=0.99)
    assert resolve(graph_of(labels), known=[once]).matches == (once,)
    edges = [("film:a1", "released_in", "year:1960"), ("film:b1", "released_in", "year:1998")]
    (now,) = resolve(graph_of(labels, edges), known=[once]).matches
    assert now.decision == Decision.DIFFERENT


def test_nobody_asks_again_what_a_person_decided() -> None:
    labels = {**FILLER, "film:a1": "Matrix, The (1999)", "film:b1": "The Matrix (1999)"}
    word = Match("film:a1", "film:b1", Decision.DIFFERENT, "film:a1", 0.0, "review", "told apart")
    assert resolve(graph_of(labels), known=[word]).matches == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("De Niro, Robert", "Robert DeNiro"),
        ("Zhang Yimou", "Yimou Zhang"),
        ("Samuel L. Jackson", "Samuel Jackson"),
        ("Matrix, The (1999)", "The Matrix"),
        ("Rocky Part Two", "Rocky Part II"),
        ("Lock, Stock & Two Barrels", "Lock Stock and Two Barrels"),
        ("Amélie", "Amelie (2001 film)"),
    ],
)
def test_forms_of_a_name_meet(one: str, other: str) -> None:
    a, b = name_forms(one), name_forms(other)
    assert {a.whole, *a.others} & {b.whole, *b.others}


@given(st.text(max_size=30))
def test_any_text_has_forms(text: str) -> None:
    forms = name_forms(text)
    assert "" not in (*forms.others, *forms.words)
    assert name_forms(text) == forms
