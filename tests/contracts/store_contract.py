"""What every `GraphStore` has to do; a store's own test inherits this and makes one."""

from abc import ABC, abstractmethod
from pathlib import Path

import polars as pl
import pytest

from graph.batch import EDGES, NODES
from graph.errors import InputError, StoreError
from graph.ids import edge_hex, text_number
from graph.schema import Kind, Relation, Schema
from graph.snapshot_build import build_snapshot
from graph.store import GraphStore
from graph.types import Edge
from tests.toy import SCHEMA, batch_of, run_named, toy_batch, toy_edges

HEAT_1995 = Edge("film:heat", "released_in", "year:1995").id


class StoreContract(ABC):
    """Inherit, implement `new`, and all of this is tested."""

    @abstractmethod
    def new(self, folder: Path) -> GraphStore:
        """An empty store, or the one that was made in this folder before."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> GraphStore:
        store = self.new(tmp_path)
        store.ensure_schema(SCHEMA)
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
        store.ensure_schema(more)
        assert store.schema() == SCHEMA.merged(more)

    def test_a_schema_that_contradicts_is_refused(self, store: GraphStore) -> None:
        other = Schema(kinds={"film": Kind(role="attribute")})
        with pytest.raises(InputError, match="film"):
            store.ensure_schema(other)
        assert store.schema() == SCHEMA

    # -- writing ------------------------------------------------------------------------------

    def test_writing_again_changes_nothing(self, store: GraphStore) -> None:
        first = store.write(run_named("one"), toy_batch())
        token = store.change_token()
        second = store.write(run_named("two"), toy_batch())
        assert first.edges_added == len(toy_edges())
        assert first.unchanged == 0
        assert second.written == 0
        assert second.unchanged == first.written
        assert store.change_token() == token

    def test_a_changed_weight_is_a_change(self, store: GraphStore) -> None:
        rated = [("user:1", "rated", "film:heat", 3.0)]
        store.write(run_named("one"), batch_of(rated, {"film:heat": "Heat"}))
        token = store.change_token()
        counts = store.write(
            run_named("two"), batch_of([("user:1", "rated", "film:heat", 5.0)], {})
        )
        (edge,) = store.get([Edge("user:1", "rated", "film:heat").id])
        assert isinstance(edge, Edge)
        assert edge.weight == 5.0
        assert (counts.edges_changed, counts.edges_added, counts.unchanged) == (1, 0, 2)
        assert store.change_token() != token

    def test_two_sources_that_differ_do_not_take_turns(self, store: GraphStore) -> None:
        """The later word is believed, and repeating either one changes nothing."""
        catalogue = batch_of([("user:1", "rated", "film:heat", 3.0)], {}, source="catalogue")
        opinion = batch_of([("user:1", "rated", "film:heat", 5.0)], {}, source="feedback")
        store.write(run_named("one"), catalogue)
        store.write(run_named("two"), opinion)
        again = [store.write(run_named(f"{at}"), b) for at, b in enumerate((catalogue, opinion))]
        (edge,) = store.get([Edge("user:1", "rated", "film:heat").id])
        assert isinstance(edge, Edge)
        assert edge.weight == 5.0
        assert [counts.written for counts in again] == [0, 0]

    def test_a_mention_never_takes_a_label_away(self, store: GraphStore) -> None:
        store.write(run_named("one"), batch_of([], {"film:heat": "Heat"}))
        store.write(run_named("two"), batch_of([("user:1", "rated", "film:heat", 3.0)], {}))
        (node,) = store.get(["film:heat"])
        assert node is not None
        assert not isinstance(node, Edge)
        assert node.label == "Heat"

    def test_parallel_edges_and_edges_to_oneself(self, store: GraphStore) -> None:
        schema = Schema(
            kinds={"film": SCHEMA.kinds["film"]},
            relations={"follows": Relation(head="film", tail="film")},
        )
        store.ensure_schema(schema)
        edges = [("film:a", "follows", "film:a", None), ("film:a", "follows", "film:b", None)]
        store.write(run_named(), batch_of([*edges, edges[1]], {}, discriminators=["", "", "again"]))
        assert store.stats().edges == {"follows": 3}
        found = store.get([Edge("film:a", "follows", "film:b", "again").id])[0]
        assert found == Edge("film:a", "follows", "film:b", "again")

    def test_the_same_key_in_two_kinds_is_two_nodes(self, store: GraphStore) -> None:
        store.write(run_named(), batch_of([], {"film:1995": "1995", "year:1995": "1995"}))
        assert store.stats().nodes == {"film": 1, "year": 1}

    def test_a_clash_of_ids_is_refused_and_nothing_is_written(self, store: GraphStore) -> None:
        store.write(run_named("one"), batch_of([], {"film:heat": "Heat"}))
        clash = batch_of([], {"film:other": "Other"})
        forged = clash.nodes.with_columns(id=pl.lit(text_number("film:heat")))
        bad = type(clash)(clash.source, clash.files, forged, clash.edges, "")
        with pytest.raises(StoreError, match="same id"):
            store.write(run_named("two"), bad)
        assert store.stats().nodes == {"film": 1}
        assert [run.id for run in store.runs()] == ["one"]

    def test_an_edge_to_nowhere_is_refused(self, store: GraphStore) -> None:
        whole = batch_of([("user:1", "rated", "film:heat", 3.0)], {})
        loose = type(whole)(whole.source, whole.files, whole.nodes.head(1), whole.edges, "")
        with pytest.raises(StoreError):
            store.write(run_named(), loose)
        assert store.stats().nodes == {}

    def test_a_text_that_looks_like_a_command_is_only_a_text(self, store: GraphStore) -> None:
        name = "'; DROP TABLE nodes; -- {0} $x `y`"
        store.write(run_named(), batch_of([], {f"film:{name}": name}))
        (node,) = store.get([f"film:{name}"])
        assert node is not None
        assert not isinstance(node, Edge)
        assert node.label == name

    # -- reading ------------------------------------------------------------------------------

    def test_get_gives_none_for_what_is_unknown(self, store: GraphStore) -> None:
        store.write(run_named(), toy_batch())
        heat, edge, nobody, nothing, nonsense = store.get(
            ["film:heat", HEAT_1995, "film:nobody", edge_hex(7), "no edge"]
        )
        assert heat is not None
        assert edge == Edge("film:heat", "released_in", "year:1995")
        assert (nobody, nothing, nonsense) == (None, None, None)

    def test_everything_knows_where_it_came_from(self, store: GraphStore) -> None:
        store.write(run_named("one"), toy_batch())
        line = 1 + toy_edges().index(("film:heat", "released_in", "year:1995", None))
        of_edge, of_node, of_nothing = store.assertions([HEAT_1995, "film:heat", "film:nobody"])
        assert [(a.run, a.source, a.file, a.line) for a in of_edge] == [
            ("one", "toy", "toy.csv", line)
        ]
        assert len(of_node) == 1
        assert of_nothing == ()

    def test_two_sources_may_say_the_same(self, store: GraphStore) -> None:
        store.write(run_named("one"), toy_batch())
        token = store.change_token()
        edge = [("film:heat", "released_in", "year:1995", None)]
        store.write(run_named("two"), batch_of(edge, {}, source="other"))
        (said,) = store.assertions([HEAT_1995])
        assert [a.source for a in said] == ["toy", "other"]
        assert store.change_token() == token

    def test_scan_gives_back_what_was_written(self, store: GraphStore) -> None:
        batch = toy_batch()
        store.write(run_named(), batch)
        nodes, edges = (pl.concat(store.scan(table)) for table in ("nodes", "edges"))
        assert nodes.schema == pl.Schema(NODES)
        assert edges.schema == pl.Schema(EDGES)
        assert nodes.sort("id").equals(batch.nodes.select(*NODES).sort("id"))
        assert edges.sort("id").equals(batch.edges.select(*EDGES).sort("id"))

    def test_stats_count_by_kind_and_relation(self, store: GraphStore) -> None:
        store.write(run_named(), toy_batch())
        stats = store.stats()
        assert stats.nodes["film"] == 8
        assert stats.edges["released_in"] == 8

    # -- runs ---------------------------------------------------------------------------------

    def test_a_run_says_how_far_it_came(self, store: GraphStore) -> None:
        counts = store.write(run_named("one"), toy_batch())
        (run,) = store.runs()
        assert run.positions == {"toy": "end"}
        assert run.counts == counts
        assert run.ended is None

    def test_all_is_there_after_closing_and_opening(self, tmp_path: Path) -> None:
        with self.new(tmp_path) as store:
            store.ensure_schema(SCHEMA)
            store.write(run_named(), toy_batch())
            token = store.change_token()
            before = build_snapshot(store, tmp_path / "snapshots").version
        with self.new(tmp_path) as again:
            assert again.change_token() == token
            assert again.schema() == SCHEMA
            assert build_snapshot(again, tmp_path / "snapshots").version == before
