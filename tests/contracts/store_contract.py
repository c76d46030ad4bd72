"""What every `GraphStore` has to do; a store's own test inherits this and makes one."""

from abc import ABC, abstractmethod
from pathlib import Path

import polars as pl
import pytest

from graph.batch import EDGES, NODES
from graph.errors import InputError, StoreError
from graph.facts import current
from graph.ids import edge_hex, text_number
from graph.schema import Kind, Relation, Schema
from graph.snapshot_build import build_snapshot
from graph.store import GraphStore
from graph.types import Edge, Node
from tests.toy import SCHEMA, batch_of, put, run_named, toy_batch, toy_edges

HEAT_1995 = Edge("film:heat", "released_in", "year:1995").id


def now(store: GraphStore, *ids: str) -> tuple[Node | Edge | None, ...]:
    """Nodes and edges as they are."""
    return tuple(current(facts) for facts in store.facts(ids))


class StoreContract(ABC):
    """Inherit, implement `new`, and all of this is tested."""

    @abstractmethod
    def new(self, folder: Path) -> GraphStore:
        """An empty store, or the one that was made in this folder before."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> GraphStore:
        store = self.new(tmp_path)
        store.begin(run_named("schema"), SCHEMA)
        return store

    # -- schema -------------------------------------------------------------------------------

    def test_a_new_store_knows_nothing(self, tmp_path: Path) -> None:
        store = self.new(tmp_path)
        assert store.schema() == Schema()
        assert store.stats().nodes == {}
        assert store.runs() == ()

    def test_the_schema_is_kept_and_merged(self, store: GraphStore) -> None:
        more = Schema(
            kinds={"film": SCHEMA.kinds["film"], "studio": Kind(role="attribute")},
            relations={"made_by": Relation(head="film", tail="studio")},
        )
        store.begin(run_named("more"), more)
        store.begin(run_named("more"), more)
        assert store.schema() == SCHEMA.merged(more)

    def test_a_schema_that_contradicts_is_refused(self, store: GraphStore) -> None:
        other = Schema(kinds={"film": Kind(role="attribute")})
        with pytest.raises(InputError, match="film"):
            store.begin(run_named("other"), other)
        assert store.schema() == SCHEMA
        assert [run.id for run in store.runs()] == ["schema"]

    # -- writing ------------------------------------------------------------------------------

    def test_writing_again_changes_nothing(self, store: GraphStore) -> None:
        first = put(store, "one", toy_batch()).counts
        token = store.change_token()
        second = put(store, "two", toy_batch()).counts
        assert first.edges_added == len(toy_edges())
        assert first.unchanged == 0
        assert second.written == 0
        assert second.unchanged == first.written
        assert store.change_token() == token

    def test_a_changed_weight_is_a_change(self, store: GraphStore) -> None:
        rated = [("user:1", "rated", "film:heat", 3.0)]
        put(store, "one", batch_of(rated, {"film:heat": "Heat"}))
        token = store.change_token()
        counts = put(store, "two", batch_of([("user:1", "rated", "film:heat", 5.0)], {})).counts
        (edge,) = now(store, Edge("user:1", "rated", "film:heat").id)
        assert isinstance(edge, Edge)
        assert edge.weight == 5.0
        assert (counts.edges_changed, counts.edges_added, counts.unchanged) == (1, 0, 2)
        assert store.change_token() != token

    def test_two_sources_that_differ_do_not_take_turns(self, store: GraphStore) -> None:
        """The later word is believed, and repeating either one changes nothing."""
        catalogue = batch_of([("user:1", "rated", "film:heat", 3.0)], {}, source="catalogue")
        opinion = batch_of([("user:1", "rated", "film:heat", 5.0)], {}, source="feedback")
        put(store, "one", catalogue)
        put(store, "two", opinion)
        again = [put(store, f"{at}", b).counts for at, b in enumerate((catalogue, opinion))]
        (edge,) = now(store, Edge("user:1", "rated", "film:heat").id)
        assert isinstance(edge, Edge)
        assert edge.weight == 5.0
        assert [counts.written for counts in again] == [0, 0]

    def test_a_mention_never_takes_a_label_away(self, store: GraphStore) -> None:
        put(store, "one", batch_of([], {"film:heat": "Heat"}))
        put(store, "two", batch_of([("user:1", "rated", "film:heat", 3.0)], {}))
        (node,) = now(store, "film:heat")
        assert node is not None
        assert not isinstance(node, Edge)
        assert node.label == "Heat"

    def test_parallel_edges_and_edges_to_oneself(self, store: GraphStore) -> None:
        schema = Schema(
            kinds={"film": SCHEMA.kinds["film"]},
            relations={"follows": Relation(head="film", tail="film")},
        )
        edges = [("film:a", "follows", "film:a", None), ("film:a", "follows", "film:b", None)]
        put(
            store, "one", batch_of([*edges, edges[1]], {}, discriminators=["", "", "again"]), schema
        )
        assert store.stats().edges == {"follows": 3}
        (found,) = now(store, Edge("film:a", "follows", "film:b", "again").id)
        assert found == Edge("film:a", "follows", "film:b", "again")

    def test_the_same_key_in_two_kinds_is_two_nodes(self, store: GraphStore) -> None:
        put(store, "one", batch_of([], {"film:1995": "1995", "year:1995": "1995"}))
        assert store.stats().nodes == {"film": 1, "year": 1}

    def test_a_clash_of_ids_is_refused_and_nothing_is_written(self, store: GraphStore) -> None:
        put(store, "one", batch_of([], {"film:heat": "Heat"}))
        clash = batch_of([], {"film:other": "Other"})
        forged = clash.nodes.with_columns(id=pl.lit(text_number("film:heat")))
        bad = type(clash)(clash.source, clash.files, forged, clash.edges, "")
        with pytest.raises(StoreError, match="same id"):
            put(store, "two", bad)
        assert store.stats().nodes == {"film": 1}
        assert store.runs()[-1].positions == {}

    def test_an_edge_to_nowhere_is_refused(self, store: GraphStore) -> None:
        whole = batch_of([("user:1", "rated", "film:heat", 3.0)], {})
        loose = type(whole)(whole.source, whole.files, whole.nodes.head(1), whole.edges, "")
        with pytest.raises(StoreError):
            put(store, "one", loose)
        assert store.stats().nodes == {}

    def test_a_text_that_looks_like_a_command_is_only_a_text(self, store: GraphStore) -> None:
        name = "'; DROP TABLE nodes; -- {0} $x `y`"
        put(store, "one", batch_of([], {f"film:{name}": name}))
        (node,) = now(store, f"film:{name}")
        assert node is not None
        assert not isinstance(node, Edge)
        assert node.label == name

    # -- reading ------------------------------------------------------------------------------

    def test_of_what_is_unknown_there_are_no_facts(self, store: GraphStore) -> None:
        put(store, "one", toy_batch())
        heat, edge, nobody, nothing, nonsense = now(
            store, "film:heat", HEAT_1995, "film:nobody", edge_hex(7), "no edge"
        )
        assert heat is not None
        assert edge == Edge("film:heat", "released_in", "year:1995")
        assert (nobody, nothing, nonsense) == (None, None, None)

    def test_everything_knows_where_it_came_from(self, store: GraphStore) -> None:
        put(store, "one", toy_batch())
        line = 1 + toy_edges().index(("film:heat", "released_in", "year:1995", None))
        of_edge, of_node, of_nothing = store.facts([HEAT_1995, "film:heat", "film:nobody"])
        (said,) = (fact.assertion for fact in of_edge)
        assert (said.run, said.source, said.file, said.line) == ("one", "toy", "toy.csv", line)
        assert len(of_node) == 1
        assert of_nothing == ()

    def test_two_sources_may_say_the_same(self, store: GraphStore) -> None:
        put(store, "one", toy_batch())
        token = store.change_token()
        edge = [("film:heat", "released_in", "year:1995", None)]
        put(store, "two", batch_of(edge, {}, source="other"))
        (said,) = store.facts([HEAT_1995])
        assert [fact.assertion.source for fact in said] == ["toy", "other"]
        assert store.change_token() == token

    def test_scan_gives_back_what_was_written(self, store: GraphStore) -> None:
        batch = toy_batch()
        put(store, "one", batch)
        nodes, edges = (pl.concat(store.scan(table)) for table in ("nodes", "edges"))
        assert nodes.schema == pl.Schema(NODES)
        assert edges.schema == pl.Schema(EDGES)
        assert nodes.sort("id").equals(batch.nodes.select(*NODES).sort("id"))
        assert edges.sort("id").equals(batch.edges.select(*EDGES).sort("id"))

    def test_stats_count_by_kind_and_relation(self, store: GraphStore) -> None:
        put(store, "one", toy_batch())
        stats = store.stats()
        assert stats.nodes["film"] == 8
        assert stats.edges["released_in"] == 8

    # -- runs ---------------------------------------------------------------------------------

    def test_a_run_says_how_far_it_came(self, store: GraphStore) -> None:
        written = put(store, "one", toy_batch())
        run = store.runs()[-1]
        assert run == written.run
        assert run.positions == {"toy": "end"}
        assert run.counts == written.counts
        assert run.ended is None
        store.end(run)
        assert store.runs()[-1].ended is not None

    def test_a_run_that_has_not_begun_writes_nothing(self, store: GraphStore) -> None:
        with pytest.raises(StoreError, match="not begun"):
            store.write(run_named("one"), toy_batch())
        assert store.stats().nodes == {}

    def test_a_run_that_was_cut_short_goes_on(self, store: GraphStore) -> None:
        films = [batch_of([], {f"film:{n}": f"{n}"}, position=f"{n}") for n in range(3)]
        put(store, "one", films[0])
        (run,) = (run for run in store.runs() if run.ended is None and run.positions)
        for batch in films[1:]:
            run = store.write(run, batch).run
        assert store.end(run).run.counts.nodes_added == 3
        assert store.runs()[-1].positions == {"toy": "2"}

    def test_all_is_there_after_closing_and_opening(self, tmp_path: Path) -> None:
        with self.new(tmp_path) as store:
            put(store, "one", toy_batch())
            token = store.change_token()
            before = build_snapshot(store, tmp_path / "snapshots").version
        with self.new(tmp_path) as again:
            assert again.change_token() == token
            assert again.schema() == SCHEMA
            assert build_snapshot(again, tmp_path / "snapshots").version == before
