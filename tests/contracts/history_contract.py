"""What every `GraphStore` has to do about time: modes, undo, earlier moments, the forgotten."""

import random
import tempfile
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.batch import Batch, Mode
from graph.errors import StoreError
from graph.facts import NOW, Moment, current
from graph.ids import edge_from_hex
from graph.schema import Kind, Relation, Schema
from graph.snapshot_build import build_snapshot
from graph.store import GraphStore, Run, Withholding
from graph.types import Edge
from tests.toy import SCHEMA, batch_of, put, run_named, toy_batch

Rating = tuple[str, str, str, float | None]

HEAT = Edge("user:1", "rated", "film:heat").id


def rating(weight: float | None, source: str = "toy", mode: Mode = "merge") -> Batch:
    """A batch that says one thing: what user 1 thinks of Heat."""
    return batch_of([("user:1", "rated", "film:heat", weight)], {}, source=source, mode=mode)


def deletion(edges: list[Rating], films: dict[str, str], source: str) -> Batch:
    """A batch that takes back edges and films."""
    whole = batch_of(edges, films, source=source, mode="delete")
    named = whole.nodes.filter((pl.col("kind") + ":" + pl.col("key")).is_in(list(films)))
    return replace(whole, nodes=named)


def graph_of(store: GraphStore, moment: Moment = NOW) -> list[object]:
    """Schema, nodes and edges of a moment, to be compared."""
    tables = [
        sorted((row for part in store.scan(table, moment) for row in part.iter_rows()), key=str)
        for table in ("nodes", "edges")
    ]
    return [store.schema().to_json(), *tables]


def all_of(store: GraphStore) -> list[object]:
    """The graph, and all that was ever said of the nodes and edges that batches here name."""
    ids = [Edge(f"user:{u}", "rated", f"film:{f}").id for u in "123" for f in "abc"]
    return [*graph_of(store), store.facts([*(f"film:{f}" for f in "abc"), *ids])]


def weight_of(store: GraphStore, as_of: int | None = None) -> float | None:
    """What user 1 thinks of Heat."""
    (facts,) = store.facts([HEAT])
    edge = current(facts, as_of)
    assert edge is None or isinstance(edge, Edge)
    return None if edge is None else edge.weight


def delivered(store: GraphStore, run: Run, *batches: Batch) -> Run:
    """A whole run; sources of "replace" batches are retired at its end."""
    store.begin(run, SCHEMA)
    for batch in batches:
        run = store.write(run, batch).run
    return store.end(run, sorted({b.source for b in batches if b.mode == "replace"})).run


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """A delivery of a few ratings and labels, contradicting itself now and then."""
    mode: Mode = draw(st.sampled_from(["merge", "replace", "delete"]))
    source = draw(st.sampled_from(["one", "two"]))
    edges: list[Rating] = [
        (f"user:{user}", "rated", f"film:{film}", weight)
        for user, film, weight in draw(
            st.lists(
                st.tuples(
                    st.sampled_from("123"),
                    st.sampled_from("abc"),
                    st.sampled_from([None, 1.0, 2.0]),
                ),
                max_size=5,
            )
        )
    ]
    labels = draw(st.dictionaries(st.sampled_from(["film:a", "film:b"]), st.sampled_from("xy")))
    if mode == "delete":
        return deletion(edges, labels, source)
    return batch_of(edges, labels, source=source, mode=mode)


def in_two(batch: Batch, seed: int) -> tuple[Batch, Batch]:
    """The batch's edges in some order and two parts; each has all nodes."""
    rows = batch.edges.sample(fraction=1.0, shuffle=True, seed=seed)
    cut = seed % (rows.height + 1)
    nodes = batch.nodes.sample(fraction=1.0, shuffle=True, seed=seed)
    return (
        replace(batch, edges=rows[:cut], nodes=nodes),
        replace(batch, edges=rows[cut:], nodes=nodes),
    )


class HistoryContract(ABC):
    """Inherit, implement `new`, and all of this is tested."""

    @abstractmethod
    def new(self, folder: Path) -> GraphStore:
        """An empty store, or the one that was made in this folder before."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> GraphStore:
        """A store in which user 1 gave Heat three stars, in a run of its own."""
        store = self.new(tmp_path)
        delivered(store, run_named("one"), rating(3.0))
        return store

    # -- deliveries ---------------------------------------------------------------------------

    def test_what_a_whole_delivery_leaves_out_ends(self, old: GraphStore) -> None:
        other: Rating = ("user:2", "rated", "film:heat", 4.0)
        run = replace(run_named("two"), started=2_000)
        old.begin(run, SCHEMA)
        written = old.write(run, batch_of([other], {}, mode="replace"))
        ended = old.end(written.run, ["toy"])
        assert (ended.counts.edges_removed, ended.counts.nodes_removed) == (1, 1)
        assert old.stats().edges == {"rated": 1}
        assert old.stats().nodes == {"film": 1, "user": 1}
        assert (weight_of(old, 1_999), weight_of(old, 2_000)) == (3.0, None)
        assert old.runs()[-1].built_on == {"one": 3}

    def test_a_whole_delivery_again_writes_nothing(self, old: GraphStore) -> None:
        first = delivered(old, run_named("two"), rating(3.0, mode="replace"))
        token = old.change_token()
        delivered(old, run_named("three"), rating(3.0, mode="replace"))
        assert first.counts.written == 0
        assert old.change_token() == token

    def test_what_was_retired_may_come_back(self, old: GraphStore) -> None:
        delivered(old, run_named("two"), batch_of([], {"film:x": "X"}, mode="replace"))
        assert weight_of(old) is None
        again = delivered(old, run_named("three"), rating(3.0))
        assert again.counts.edges_added == 1
        assert weight_of(old) == 3.0

    def test_a_whole_delivery_builds_on_what_was_taken_back_before_it(
        self, old: GraphStore
    ) -> None:
        """Without the deletion it would have retired the same edge."""
        delivered(
            old, run_named("two"), deletion([("user:1", "rated", "film:heat", None)], {}, "toy")
        )
        run = delivered(old, run_named("three"), batch_of([], {"film:x": "X"}, mode="replace"))
        assert run.built_on["two"] == 1
        with pytest.raises(StoreError):
            old.undo("two", 9_000)

    def test_what_another_source_says_is_not_retired(self, old: GraphStore) -> None:
        delivered(old, run_named("two"), rating(5.0, "feedback"))
        empty = batch_of([], {"film:x": "X"}, mode="replace")
        run = delivered(old, run_named("three"), empty)
        assert run.counts.edges_removed == 0
        assert weight_of(old) == 5.0
        assert old.stats().nodes == {"film": 2, "user": 1}

    def test_a_deletion_counts_against_every_source(self, old: GraphStore) -> None:
        gone = delivered(
            old,
            run_named("two"),
            deletion([("user:1", "rated", "film:heat", None)], {}, "deletions"),
        )
        assert gone.counts.edges_removed == 1
        assert weight_of(old) is None
        assert old.stats().edges == {}
        assert old.stats().nodes == {"film": 1, "user": 1}

    def test_old_rows_do_not_revive_what_was_deleted(self, old: GraphStore) -> None:
        row: Rating = ("user:1", "rated", "film:heat", None)
        delivered(old, run_named("two"), deletion([row], {}, "deletions"))
        again = delivered(old, run_named("three"), rating(3.0))
        assert (again.counts.written, weight_of(old)) == (0, None)
        news = delivered(old, run_named("four"), rating(5.0))
        assert (news.counts.edges_added, weight_of(old)) == (1, 5.0)

    def test_an_edge_is_not_there_without_its_ends(self, old: GraphStore) -> None:
        delivered(old, run_named("two"), deletion([], {"film:heat": ""}, "deletions"))
        assert old.stats().edges == {}
        assert graph_of(old)[2] == []
        assert old.stats().nodes == {"user": 1}

    @pytest.mark.parametrize("seed", range(4))
    def test_a_delivery_that_contradicts_itself_is_the_same_in_any_order(
        self, old: GraphStore, seed: int
    ) -> None:
        rows: list[Rating] = [
            ("user:1", "rated", "film:heat", 1.0),
            ("user:1", "rated", "film:heat", 2.0),
            ("user:1", "rated", "film:heat", None),
            ("user:1", "rated", "film:ronin", 4.0),
        ]
        delivered(old, run_named("two"), batch_of(rows[:2], {}), batch_of(rows[2:], {}))
        token, believed = old.change_token(), weight_of(old)
        random.Random(seed).shuffle(rows)
        again = delivered(old, run_named("three"), batch_of(rows[:1], {}), batch_of(rows[1:], {}))
        assert (again.counts.written, old.change_token()) == (0, token)
        assert weight_of(old) == believed

    def test_a_write_tells_what_became_of_each_row(self, old: GraphStore) -> None:
        edges: list[Rating] = [
            ("user:1", "rated", "film:heat", 5.0),
            ("user:2", "rated", "film:heat", 5.0),
        ]
        written = put(old, "two", batch_of(edges, {"film:heat": "Heat"}))
        assert sorted(written.statuses["edges"]["status"]) == ["added", "changed"]
        assert sorted(written.statuses["nodes"]["status"]) == ["added", "changed", "unchanged"]
        assert {*written.statuses["edges"]["id"]} == {
            edge_from_hex(Edge(head, relation, tail).id) for head, relation, tail, _ in edges
        }
        counts = written.counts
        assert (counts.edges_added, counts.edges_changed) == (1, 1)
        assert (counts.nodes_added, counts.nodes_changed, counts.unchanged) == (1, 1, 1)

    def test_of_a_rehearsal_nothing_remains(self, old: GraphStore, tmp_path: Path) -> None:
        before, token = all_of(old), old.change_token()
        with old.rehearsal(tmp_path) as tried:
            delivered(tried, run_named("two"), rating(5.0), rating(5.0, "feedback"))
            assert weight_of(tried) == 5.0
            assert tried.change_token() != token
            assert all_of(old) == before
        assert (all_of(old), old.change_token()) == (before, token)
        assert [run.id for run in old.runs()] == ["one"]
        delivered(old, run_named("two"), rating(5.0))
        assert weight_of(old) == 5.0

    # -- undo ---------------------------------------------------------------------------------

    def test_an_undone_run_leaves_no_trace(self, tmp_path: Path) -> None:
        store = self.new(tmp_path)
        delivered(store, run_named("one"), toy_batch())
        before = build_snapshot(store, tmp_path / "snapshots").version
        delivered(store, run_named("two"), rating(1.0), rating(2.0, "feedback"))
        assert build_snapshot(store, tmp_path / "snapshots").version != before
        assert store.undo("two", 5_000).undone == 5_000
        assert build_snapshot(store, tmp_path / "snapshots").version == before
        assert [run.undone for run in store.runs()] == [None, 5_000]

    def test_what_a_later_run_built_on_is_not_undone(self, old: GraphStore) -> None:
        delivered(old, run_named("two"), rating(5.0))
        with pytest.raises(StoreError, match="later runs") as told:
            old.undo("one", 5_000)
        assert "two" in told.value.hint
        old.undo("two", 5_000)
        assert weight_of(old) == 3.0
        old.undo("one", 5_000)
        assert graph_of(old)[1:] == [[], []]

    def test_what_others_say_apart_does_not_stand_in_the_way(self, old: GraphStore) -> None:
        delivered(old, run_named("two"), rating(5.0, "feedback"))
        old.undo("one", 5_000)
        assert weight_of(old) == 5.0
        assert old.stats().nodes == {"film": 1, "user": 1}

    def test_a_run_is_undone_once_and_then_over(self, old: GraphStore) -> None:
        old.undo("one", 5_000)
        with pytest.raises(StoreError, match="already"):
            old.undo("one", 5_000)
        with pytest.raises(StoreError, match="no run"):
            old.undo("nobody", 5_000)
        with pytest.raises(StoreError, match="undone"):
            old.write(run_named("one"), rating(3.0))

    def test_the_schema_is_undone_too(self, old: GraphStore) -> None:
        studios = Schema(
            kinds={"film": SCHEMA.kinds["film"], "studio": Kind(role="attribute")},
            relations={"made_by": Relation(head="film", tail="studio", complete=True)},
        )
        edges: list[Rating] = [("film:heat", "made_by", "studio:x", None)]
        before, token = all_of(old), old.change_token()
        put(old, "two", batch_of(edges, {}), studios)
        assert "made_by" in old.schema().relations
        old.undo("two", 5_000)
        assert all_of(old) == before
        assert old.change_token() != token  # a snapshot of the time between is stale

    @settings(max_examples=30, deadline=None)
    @given(deliveries=st.lists(st.lists(batches(), min_size=1, max_size=2), max_size=5))
    def test_whatever_was_delivered_can_be_undone(self, deliveries: list[list[Batch]]) -> None:
        with tempfile.TemporaryDirectory() as folder, self.new(Path(folder)) as store:
            store.begin(run_named("schema"), SCHEMA)
            before = []
            for at, delivery in enumerate(deliveries):
                before.append(all_of(store))
                delivered(store, replace(run_named(f"{at}"), started=1_000 + at), *delivery)
            for at in reversed(range(len(deliveries))):
                store.undo(f"{at}", 5_000)
                assert all_of(store) == before[at]

    @settings(max_examples=30, deadline=None)
    @given(delivery=batches(), seed=st.integers(0, 99), before=batches())
    def test_whatever_was_delivered_may_come_again_in_any_order(
        self, delivery: Batch, seed: int, before: Batch
    ) -> None:
        with tempfile.TemporaryDirectory() as folder, self.new(Path(folder)) as store:
            delivered(store, run_named("one"), before)
            # What a batch repeats is not kept, so a contradiction of it is known only beside it.
            alone = before.source == delivery.source
            delivered(store, run_named("two"), *([delivery] if alone else in_two(delivery, seed)))
            found = all_of(store)
            again = delivered(store, run_named("three"), *in_two(delivery, seed + 1))
            assert again.counts.written == 0
            assert all_of(store) == found

    # -- moments ------------------------------------------------------------------------------

    def test_the_graph_of_each_moment_can_be_read(self, tmp_path: Path) -> None:
        store = self.new(tmp_path)
        told = []
        for at, weight in ((1_000, 3.0), (2_000, 5.0)):
            delivered(store, replace(run_named(f"{at}"), started=at), rating(weight))
            told.append(graph_of(store))
        row: Rating = ("user:1", "rated", "film:heat", None)
        delivered(store, replace(run_named("gone"), started=3_000), deletion([row], {}, "d"))
        for known_at, edges in ((1_500, told[0]), (2_500, told[1]), (3_000, graph_of(store))):
            assert graph_of(store, Moment(known_at=known_at)) == edges
        assert graph_of(store, Moment(known_at=999))[1:] == [[], []]

    def test_an_edge_is_there_while_it_holds(self, tmp_path: Path) -> None:
        store = self.new(tmp_path)
        always = rating(3.0)
        dated = always.edges.with_columns(
            pl.lit(100, dtype=pl.Int64).alias("valid_from"),
            pl.lit(200, dtype=pl.Int64).alias("valid_to"),
        )
        delivered(store, run_named("one"), replace(always, edges=dated))
        there = [len(graph_of(store, Moment(as_of=at))[2]) for at in (99, 100, 199, 200)]  # type: ignore[arg-type]
        assert there == [0, 1, 1, 0]
        assert store.stats().edges == {}

    def test_a_snapshot_can_be_of_an_earlier_moment(self, tmp_path: Path) -> None:
        store = self.new(tmp_path)
        delivered(store, replace(run_named("one"), started=1_000), toy_batch())
        before = build_snapshot(store, tmp_path / "snapshots").version
        delivered(store, replace(run_named("two"), started=2_000), rating(1.0))
        then = build_snapshot(store, tmp_path / "snapshots", moment=Moment(known_at=1_500))
        assert then.version == before

    # -- the forgotten ------------------------------------------------------------------------

    def test_who_was_forgotten_does_not_come_back(self, old: GraphStore) -> None:
        others: Rating = ("user:2", "rated", "film:heat", 4.0)
        delivered(old, run_named("two"), rating(5.0), batch_of([others], {}))
        removed = old.forget("user:1")
        assert (removed.nodes, removed.edges) == (1, 2)
        assert old.facts(["user:1", HEAT]) == ((), ())
        token = old.change_token()
        again = delivered(old, run_named("three"), rating(4.0))
        assert (again.counts.withheld, again.counts.written) == (2, 0)
        assert old.change_token() == token
        assert old.stats().nodes == {"film": 1, "user": 1}
        old.undo("three", 5_000)
        old.undo("two", 5_000)
        assert old.facts(["user:1", HEAT]) == ((), ())

    def test_the_forgotten_leave_nothing_that_could_be_read(self, tmp_path: Path) -> None:
        with self.new(tmp_path) as store:
            named = {"user:somebody-with-a-name": "Somebody Known"}
            delivered(store, run_named("none"), batch_of([], named, source="other"))
            store.undo("none", 5_000)
            delivered(store, run_named("one"), batch_of([], named))
            store.forget("user:somebody-with-a-name")
            for path in (path for path in tmp_path.rglob("*") if path.is_file()):
                assert b"somebody-with-a-name" not in path.read_bytes()
                assert b"Somebody Known" not in path.read_bytes()

    def test_it_can_be_asked_whom_it_has_forgotten(self, old: GraphStore) -> None:
        assert isinstance(old, Withholding)
        assert old.withheld(["user:1", "user:2"]) == frozenset()
        old.forget("user:1")
        assert old.withheld(["user:1", "user:2"]) == {"user:1"}
