"""An overlay answers as a snapshot that was built with the same nodes and edges does."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UnknownNodeError
from graph.links import Links
from graph.names import NameIndex
from graph.overlay import Change, overlaid
from graph.paths import connections
from graph.schema import Kind, Relation, Schema
from graph.snapshot import Snapshot
from tests.arrays import links_of
from tests.toy import batch_of, snapshot_of, toy_edges, toy_labels

Said = tuple[str, str, str, float | None]
SAID: list[Said] = [
    ("user:1", "rated", "film:ronin", 5.0),  # a rating
    ("user:1", "rated", "film:alien", 4.0),  # another rating of the same film
    ("user:99", "rated", "film:heat", 5.0),  # somebody new
    ("film:collateral", "directed_by", "person:michael mann", None),  # a new film
    ("film:collateral", "has_genre", "genre:noir", None),  # of a new genre
    ("film:heat", "has_genre", "genre:thriller", None),  # a new edge between old nodes
]
LABELS = {"film:collateral": "Collateral", "genre:noir": "noir"}


def change(said: list[Said], labels: dict[str, str] | None = None, **more: object) -> Change:
    batch = batch_of(said, labels or {})
    return Change(batch.nodes, batch.edges, **more)  # type: ignore[arg-type]


def facts(snapshot: Snapshot) -> set[tuple[str, str, str, float | None, str]]:
    """All edges, as seen from either end."""
    found = set()
    for name in snapshot.schema.relations:
        links = snapshot.links(name)
        for reverse in (False, True):
            one = snapshot.links(name, reverse=reverse)
            edges = [snapshot.edge(name, at, reverse=reverse) for at in range(one.size)]
            found |= {(e.head, e.relation, e.tail, e.weight, e.id) for e in edges}
        assert links.size == len({e for e in found if e[1] == name})
    return found


def test_it_is_the_graph_that_a_new_snapshot_would_be(toy: Snapshot, tmp_path: Path) -> None:
    now = overlaid(toy, [change(SAID, LABELS)])
    replaced = {said[:3] for said in SAID}
    edges = [edge for edge in toy_edges() if edge[:3] not in replaced] + SAID
    built = snapshot_of(tmp_path, edges, toy_labels() | LABELS)
    assert facts(now) == facts(built)
    assert {now.id(row): now.label(row) for row in range(now.size)} == {
        built.id(row): built.label(row) for row in range(built.size)
    }
    assert now.likes().size == built.likes().size
    here, there = NameIndex.of(now), NameIndex.of(built)
    for name in ("Collateral", "Noir", "Heat", "Michael Mann"):
        assert [now.id(r) for r in here.exact(name)] == [built.id(r) for r in there.exact(name)]


def test_one_change_after_the_other_is_all_of_them_at_once(toy: Snapshot) -> None:
    one_by_one = overlaid(toy, [change([said], LABELS) for said in SAID])
    assert facts(one_by_one) == facts(overlaid(toy, [change(SAID, LABELS)]))
    assert one_by_one.version == f"{toy.version}+6"
    assert one_by_one.base == toy.version
    assert overlaid(toy, []) is toy


def test_the_last_word_counts(toy: Snapshot) -> None:
    first = change([("user:1", "rated", "film:ronin", 5.0)])
    number = first.edges["id"][0]
    none = change([], gone=(number,))
    second = change([("user:1", "rated", "film:ronin", 1.0)])
    assert ("user:1", "rated", "film:ronin", 1.0) in {
        f[:4] for f in facts(overlaid(toy, [first, second]))
    }
    assert facts(overlaid(toy, [first, none])) == facts(toy)
    assert facts(overlaid(toy, [none, first])) == facts(overlaid(toy, [first]))


def test_an_edge_of_the_base_can_go(toy: Snapshot) -> None:
    gone = toy.edge("has_genre", 0)
    now = overlaid(toy, [change([], gone=(gone.number,))])
    assert {f[4] for f in facts(toy)} - {f[4] for f in facts(now)} == {gone.id}


def test_what_was_there_keeps_its_place_in_its_kind(toy: Snapshot) -> None:
    now = overlaid(toy, [change(SAID, LABELS)])
    for kind in toy.schema.kinds:
        before, after = toy.rows(kind), now.rows(kind)
        assert toy.ids(before) == now.ids(after)[: len(before)]
        assert [now.find(node) for node in now.ids(after)] == list(after)
    assert now.find("film:none") is None
    assert now.links("stars") is not None
    assert overlaid(toy, [change(SAID[:2])]).links("stars") is toy.links("stars")


def test_names_follow_without_being_read_again(toy: Snapshot) -> None:
    names = NameIndex.of(toy)
    assert names.exact("Heat")
    for said, labels in ((SAID[:1], {}), (SAID[2:3], {}), (SAID, LABELS)):
        now = overlaid(toy, [change(said, labels)])
        moved, made = names.moved(now), NameIndex.of(now)
        assert moved.names.sort("form", "row").equals(made.names.sort("form", "row"))
        text = "Ronin was directed by Michael Mann"
        assert moved.mentions(text) == made.mentions(text)
        assert moved.exact("1995") == made.exact("1995")


def test_a_label_that_comes_later_is_the_label(toy: Snapshot) -> None:
    now = overlaid(toy, [change([], {"film:heat": "Heat (restored)"})])
    assert now.label(now.row("film:heat")) == "Heat (restored)"
    assert now.label(now.row("film:ronin")) == "Ronin"
    assert NameIndex.of(toy).moved(now).exact("Heat restored") == (now.row("film:heat"),)


def test_a_relation_and_a_kind_may_be_new(toy: Snapshot) -> None:
    schema = Schema(
        kinds={"film": Kind(role="item"), "prize": Kind(role="attribute")},
        relations={"won": Relation(head="film", tail="prize")},
    )
    said: list[Said] = [("film:heat", "won", "prize:palm", None)]
    now = overlaid(toy, [change(said, {"prize:palm": "Palm"}, schema=schema)])
    assert now.edge("won", 0).tail == "prize:palm"
    assert now.links("won", reverse=True).shape == (1, 8)
    assert toy.schema.relations.keys() == now.schema.relations.keys() - {"won"}


def test_an_edge_to_nowhere_is_refused(toy: Snapshot) -> None:
    edges = batch_of([("user:1", "rated", "film:none", 5.0)], {})
    with pytest.raises(UnknownNodeError, match="names a film that is nowhere"):
        overlaid(toy, [Change(edges.nodes.filter(pl.col("kind") != "film"), edges.edges)]).links(
            "rated"
        )


def test_paths_are_found_in_it(toy: Snapshot) -> None:
    now = overlaid(toy, [change(SAID, LABELS)])
    shared = connections(now, [now.row("film:heat")], now.row("film:collateral"), None)
    assert [path.nodes for path in shared] == [
        ("film:heat", "person:michael mann", "film:collateral")
    ]


PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(before=PAIRS, after=PAIRS)
def test_links_changed_are_links_made_anew(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    def of(users: int, items: int, pairs: list[tuple[int, int]], weight: float) -> Links:
        unique = sorted(set(pairs))
        made = links_of((users, items), unique, weights=[weight] * len(unique))
        ids = np.array([100 * user + item for user, item in unique], dtype=np.int64)
        return made.__class__(**{f: getattr(made, f) for f in made.__slots__} | {"edge": ids})

    small = [pair for pair in before if pair[1] < 4 and pair[0] < 3]
    old, said = of(3, 4, small, 1.0), of(5, 6, after, 2.0)
    changed = old.changed((5, 6), said)
    whole = {pair: 1.0 for pair in small} | dict.fromkeys(after, 2.0)
    assert sorted(whole) == list(
        zip(changed.heads().tolist(), changed.indices.tolist(), strict=True)
    )
    assert [whole[pair] for pair in sorted(whole)] == changed.weight.tolist()
    assert (
        changed.indptr.tolist()
        == np.concatenate([[0], np.cumsum(np.bincount(changed.heads(), minlength=5))]).tolist()
    )
    some = changed.edge[::2].copy()
    assert set(old.changed((5, 6), said, some).edge) == set(changed.edge) - set(some)
