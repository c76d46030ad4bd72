"""Exports: other tools read back what the snapshot holds."""

import csv
from pathlib import Path

import networkx
import polars as pl
import pytest

from graph.errors import InputError, UnknownNodeError
from graph.export import export
from graph.paths import carrying, connections
from graph.snapshot import Snapshot
from graph.to_networkx import evidence_graph, neighbourhood
from graph.types import Breakdown, Contribution, Evidence
from tests.toy import snapshot_of, toy_edges


def test_graphml_is_read_by_networkx(toy: Snapshot, tmp_path: Path) -> None:
    export(toy, tmp_path / "toy.graphml", "graphml")
    graph = networkx.read_graphml(tmp_path / "toy.graphml")
    assert graph.number_of_nodes() == toy.size
    assert graph.number_of_edges() == len(toy_edges())
    assert graph.nodes["film:leon"]["name"] == "Léon"


def test_graphml_survives_any_name(tmp_path: Path) -> None:
    label = 'A <b> & "c" \x00 \ud7ff'
    snapshot = snapshot_of(tmp_path, [], {"film:<&>": label})
    export(snapshot, tmp_path / "odd.graphml", "graphml")
    (node,) = networkx.read_graphml(tmp_path / "odd.graphml").nodes(data="name")
    assert node[0] == "film:<&>"
    assert node[1].startswith('A <b> & "c"')


def test_neo4j_files_name_every_end(toy: Snapshot, tmp_path: Path) -> None:
    export(toy, tmp_path / "neo4j", "neo4j")
    nodes = set()
    for path in (tmp_path / "neo4j").glob("nodes-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            nodes |= {row["id:ID"] for row in csv.DictReader(file)}
    assert len(nodes) == toy.size
    with (tmp_path / "neo4j" / "edges-rated.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row[":TYPE"] for row in rows} == {"rated"}
    assert all(row[":START_ID"] in nodes and row[":END_ID"] in nodes for row in rows)
    assert len(rows) == toy.links("rated").size


def test_parquet_holds_all_edges(toy: Snapshot, tmp_path: Path) -> None:
    export(toy, tmp_path / "toy", "parquet")
    rated = pl.read_parquet(tmp_path / "toy" / "rated.parquet")
    assert sorted(rated.select("head", "tail", "weight").rows()) == sorted(
        (head, tail, weight) for head, relation, tail, weight in toy_edges() if relation == "rated"
    )


def test_nothing_is_overwritten(toy: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InputError, match="already"):
        export(toy, tmp_path / "mine", "graphml")
    with pytest.raises(InputError, match="pdf"):
        export(toy, tmp_path / "new", "pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_neighbourhood_has_no_people(toy: Snapshot) -> None:
    graph = neighbourhood(toy, "film:heat")
    assert sorted(graph) == [
        "film:heat",
        "genre:crime",
        "person:al pacino",
        "person:michael mann",
        "person:robert de niro",
        "year:1995",
    ]
    assert "film:ronin" in neighbourhood(toy, "film:heat", depth=2)
    assert len(neighbourhood(toy, "film:heat", depth=3, limit=7)) == 7
    with pytest.raises(UnknownNodeError):
        neighbourhood(toy, "film:none")


def test_evidence_is_a_graph_of_its_paths(toy: Snapshot) -> None:
    part = Contribution("directed_by", "film:heat", "person:michael mann", 0.5, 1.0)
    told = Breakdown("user:1", "film:insider", 0.5, (part,), 0.0)
    me, liked = toy.row("user:1"), [toy.row("film:heat")]
    paths = carrying(toy, told, me)
    shared = connections(toy, liked, toy.row("film:insider"), me)
    graph = evidence_graph(toy, Evidence(told, paths, shared, 1))
    assert {node for node, kind in graph.nodes(data="kind") if kind == "user"} == {"user:1"}
    assert graph.nodes["person:michael mann"] == {"kind": "person", "name": "Michael Mann"}
    assert networkx.has_path(graph.to_undirected(), "user:1", "film:insider")
    cited = {step.edge.id for path in (*paths, *shared) for step in path.steps}
    assert {key for _, _, key in graph.edges(keys=True)} == cited
    assert {relation for _, _, relation in graph.edges(data="relation")} == {
        "rated", "directed_by", "stars",
    }  # fmt: skip
