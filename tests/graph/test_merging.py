"""A second guide calls things otherwise: "Heat, The Movie" is Heat, "De Niro, Robert" De Niro."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import InputError
from graph.ids import edge_from_hex
from graph.merging import clusters
from graph.names import NameIndex
from graph.same import (
    Decision,
    Match,
    pair_of,
    read_matches,
    same_relation,
    settled,
    with_matches,
    write_matches,
)
from graph.snapshot import Snapshot
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import SqliteStore, open_sqlite
from graph.types import Edge
from tests.toy import SCHEMA, batch_of, put, run_named, toy_batch

GUIDE = [
    ("film:h95", "released_in", "year:1995", None),
    ("film:h95", "directed_by", "person:mann, michael", None),
    ("film:h95", "stars", "person:de niro, robert", None),
    ("film:h95", "stars", "person:ashley judd", None),
    ("user:2", "rated", "film:h95", 1.0),
    ("user:13", "rated", "film:h95", 5.0),
]
LABELS = {
    "film:h95": "Heat, The Movie",
    "person:mann, michael": "Mann, Michael",
    "person:de niro, robert": "De Niro, Robert",
    "person:ashley judd": "Ashley Judd",
}


def match(
    one: str,
    other: str,
    decision: Decision = Decision.SAME,
    stage: str = "names",
    score: float = 0.9,
    stands: str = "",
) -> Match:
    return Match(one, other, decision, stands or one, score, stage, "as the test says")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = open_sqlite(tmp_path / "graph.db")
    put(store, "toy", toy_batch())
    put(store, "guide", batch_of(GUIDE, LABELS, source="guide"))
    return store


def merged(store: SqliteStore, tmp_path: Path, *matches: Match) -> Snapshot:
    for one in matches:
        write_matches(store, [one], one.author)
    return build_snapshot(store, tmp_path / "snapshots")


HEAT = match("film:heat", "film:h95")
MANN = match("person:michael mann", "person:mann, michael")


def test_a_merge_makes_one_node_that_answers_to_all_names(
    store: SqliteStore, tmp_path: Path
) -> None:
    before = build_snapshot(store, tmp_path / "snapshots")
    snapshot = merged(store, tmp_path, HEAT)
    heat = snapshot.row("film:heat")
    assert snapshot.count("film") == before.count("film") - 1
    assert snapshot.node(heat).label == "Heat"
    assert snapshot.node(heat).aliases == ("Heat, The Movie",)
    assert NameIndex.of(snapshot).exact("Heat, the movie") == (heat,)
    assert snapshot.find("film:h95") == heat
    assert snapshot.merged_into(heat) == ["film:h95"]


def test_edges_move_and_keep_the_ids_that_lead_to_their_rows(
    store: SqliteStore, tmp_path: Path
) -> None:
    snapshot = merged(store, tmp_path, HEAT)
    stars = snapshot.links("stars")
    heat = snapshot.row("film:heat") - snapshot.rows("film").start
    here = stars.row(heat)
    edges = [snapshot.edge("stars", at) for at in range(here.start, here.stop)]
    judd = next(edge for edge in edges if edge.tail == "person:ashley judd")
    assert judd.head == "film:heat"
    assert judd.id == Edge("film:h95", "stars", "person:ashley judd").id
    ((said,),) = store.facts([judd.id])
    assert (said.assertion.source, said.assertion.line) == ("guide", 4)


def test_what_two_say_after_merging_is_said_once(store: SqliteStore, tmp_path: Path) -> None:
    snapshot = merged(store, tmp_path, HEAT, MANN)
    for relation, tail in (("directed_by", "person:michael mann"), ("released_in", "year:1995")):
        links = snapshot.links(relation)
        heat = snapshot.row("film:heat") - snapshot.rows("film").start
        assert list(links.edge[links.row(heat)]) == [
            edge_from_hex(Edge("film:heat", relation, tail).id)
        ]


def test_one_rating_of_a_person_stays(store: SqliteStore, tmp_path: Path) -> None:
    """Person 2 rated both; neither has a time, so what was said of the node that stands counts."""
    snapshot = merged(store, tmp_path, HEAT)
    rated = snapshot.links("rated", reverse=True)
    heat = snapshot.row("film:heat") - snapshot.rows("film").start
    here = rated.row(heat)
    who = snapshot.ids(rated.indices[here] + snapshot.rows("user").start)
    weights = dict(zip(who, rated.weight[here], strict=True))
    assert weights["user:2"] == 4.0
    assert weights["user:13"] == 5.0
    assert len(who) == 10


def test_matches_do_not_show_in_the_snapshot(store: SqliteStore, tmp_path: Path) -> None:
    before = build_snapshot(store, tmp_path / "snapshots")
    snapshot = merged(store, tmp_path, match("film:heat", "film:h95", Decision.REVIEW))
    assert snapshot.version == before.version
    assert snapshot.schema.relations == before.schema.relations


def test_what_no_catalogue_names_any_more_is_not_there_for_its_matches(
    tmp_path: Path,
) -> None:
    store = open_sqlite(tmp_path / "graph.db")
    put(store, "toy", toy_batch())
    alone = build_snapshot(store, tmp_path / "snapshots").version
    guide = batch_of(GUIDE, LABELS, source="guide", mode="replace")
    put(store, "guide", guide)
    both = merged(store, tmp_path, HEAT, MANN).version
    last = run_named("last")
    store.begin(last, SCHEMA)
    store.end(last, ["guide"])
    assert build_snapshot(store, tmp_path / "snapshots").version == alone
    put(store, "again", guide)  # what was decided still holds when it comes back
    assert build_snapshot(store, tmp_path / "snapshots").version == both


def test_taking_a_merge_back_gives_the_snapshot_of_before(
    store: SqliteStore, tmp_path: Path
) -> None:
    before = build_snapshot(store, tmp_path / "snapshots")
    assert merged(store, tmp_path, HEAT, MANN).version != before.version
    back = [
        match(*one.pair, decision=Decision.REVIEW, stage="review", stands=one.stands)
        for one in (HEAT, MANN)
    ]
    assert merged(store, tmp_path, *back).version == before.version


def test_a_person_outdoes_the_resolver_and_can_change_their_mind(store: SqliteStore) -> None:
    write_matches(store, [HEAT], "resolve")
    said = match("film:h95", "film:heat", Decision.DIFFERENT, stage="review")
    write_matches(store, [said], "review")
    assert [one.decision for one in settled(read_matches(store))] == [Decision.DIFFERENT]
    write_matches(store, [match(*said.pair, stage="review")], "review")
    assert [one.decision for one in settled(read_matches(store))] == [Decision.SAME]
    assert len(read_matches(store)) == 2


def test_writing_a_match_again_costs_nothing(store: SqliteStore) -> None:
    assert write_matches(store, [HEAT], "resolve").edges_added == 1
    token = store.change_token()
    turned = match("film:h95", "film:heat", stands="film:heat")
    assert write_matches(store, [turned], "resolve").written == 0
    assert store.change_token() == token


def test_two_that_differ_are_not_brought_together_by_a_third() -> None:
    """Hamlet without a year is like both films, but the films of 1990 and 1996 are two."""
    found = clusters(
        [
            match("film:hamlet", "film:1990", score=0.99),
            match("film:hamlet", "film:1996", score=0.95),
            match("film:1990", "film:1996", Decision.DIFFERENT),
        ]
    )
    assert set(found.stands) == {"film:1990"}
    assert [one.pair for one in found.passed_over] == [("film:1996", "film:hamlet")]


def test_kinds_do_not_mix_and_long_names_have_a_relation_too() -> None:
    with pytest.raises(InputError, match="one kind"):
        pair_of("film:heat", "person:heat")
    with pytest.raises(InputError):
        pair_of("film:heat", "film:heat")
    long = "k" * 60
    schema = SCHEMA.merged(type(SCHEMA)(kinds={long: SCHEMA.kinds["film"]}))
    assert list(with_matches(schema, long).relations) == [same_relation(long)]


nodes = st.sampled_from([f"film:{letter}" for letter in "abcdefg"])
pairs = st.tuples(nodes, nodes).filter(lambda pair: pair[0] != pair[1])
found = st.builds(
    lambda pair, decision, stage, score: match(*pair, decision, stage, score, pair[0]),
    pairs,
    st.sampled_from(Decision),
    st.sampled_from(["names", "review"]),
    st.sampled_from([0.7, 0.8, 0.9]),
)
lists = st.lists(found, max_size=14, unique_by=lambda one: (one.pair, one.author))


@given(matches=lists, order=st.randoms())
def test_the_order_of_matches_plays_no_part(matches: list[Match], order: Random) -> None:
    shuffled = list(matches)
    order.shuffle(shuffled)
    assert clusters(shuffled) == clusters(matches)


@given(matches=lists)
def test_clusters_hold_what_the_matches_hold(matches: list[Match]) -> None:
    result = clusters(matches)

    def root(node: str) -> str:
        return result.stands.get(node, node)

    held = settled(matches)
    assert not set(result.stands) & set(result.stands.values())
    for one in held:
        together = root(one.one) == root(one.other)
        if one.decision == Decision.SAME:
            assert together == (one not in result.passed_over)
    by_people = [one for one in held if one.author == "review"]
    if all(one.decision == Decision.DIFFERENT for one in by_people):
        for one in held:
            if one.decision == Decision.DIFFERENT:
                assert root(one.one) != root(one.other)


@given(matches=lists, more=lists)
def test_a_match_touches_no_cluster_but_its_own(matches: list[Match], more: list[Match]) -> None:
    elsewhere = [
        match(*(f"{end}!" for end in one.pair), one.decision, one.stage, one.score) for one in more
    ]
    before, after = clusters(matches).stands, clusters([*elsewhere, *matches]).stands
    assert {node: to for node, to in after.items() if not node.endswith("!")} == before


films = st.sampled_from(["heat", "h95", "ronin", "insider", "alien", "fargo"])
film_pairs = st.tuples(films, films).filter(lambda pair: pair[0] != pair[1])


@settings(max_examples=12, deadline=None)
@given(pairs=st.lists(film_pairs, min_size=1, max_size=5))
def test_any_merges_taken_back_leave_no_trace(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("merges")
    with open_sqlite(folder / "graph.db") as store:
        put(store, "toy", toy_batch())
        put(store, "guide", batch_of(GUIDE, LABELS, source="guide"))
        before = build_snapshot(store, folder / "snapshots").version
        said = [match(f"film:{one}", f"film:{other}", stage="review") for one, other in pairs]
        assert merged(store, folder, *said).version != before
        back = [match(*one.pair, decision=Decision.REVIEW, stage="review") for one in said]
        assert merged(store, folder, *back).version == before
