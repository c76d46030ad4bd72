"""Paths: real edges between a user and an item, through what both have in common."""

from graph.paths import Limits, carrying, connections
from graph.snapshot import Snapshot
from graph.types import Breakdown, Contribution, Path


def told(path: Path) -> str:
    text = path.steps[0].start
    for step in path.steps:
        arrow = f" -{step.edge.relation}-> " if step.forward else f" <-{step.edge.relation}- "
        text += arrow + step.end
    return text


def rows(toy: Snapshot, *films: str) -> list[int]:
    return [toy.row(f"film:{film}") for film in films]


def test_connections_begin_with_the_rarest_attribute(toy: Snapshot) -> None:
    liked = rows(toy, "heat", "godfather")
    paths = connections(toy, liked, toy.row("film:insider"), toy.row("user:1"))
    assert [told(path).partition(" -rated-> ")[2] for path in paths] == [
        "film:heat -directed_by-> person:michael mann <-directed_by- film:insider",
        "film:godfather -has_genre-> genre:drama <-has_genre- film:insider",
        "film:godfather -stars-> person:al pacino <-stars- film:insider",
        "film:heat -stars-> person:al pacino <-stars- film:insider",
    ]


def test_the_order_is_fixed(toy: Snapshot) -> None:
    liked = rows(toy, "heat", "godfather")
    paths = connections(toy, liked, toy.row("film:insider"), toy.row("user:1"))
    again = connections(toy, liked[::-1], toy.row("film:insider"), toy.row("user:1"))
    assert paths == again


def test_every_step_is_an_edge_of_the_graph_and_no_node_comes_twice(toy: Snapshot) -> None:
    liked = rows(toy, "heat", "godfather")
    for path in connections(toy, liked, toy.row("film:insider"), toy.row("user:1")):
        assert len(set(path.nodes)) == len(path.nodes)
        for step in path.steps:
            links = toy.links(step.edge.relation)
            assert step.edge.id in toy.edge_ids(step.edge.relation, slice(0, links.size))


def test_no_path_leads_through_another_person(toy: Snapshot) -> None:
    paths = connections(toy, rows(toy, "heat"), toy.row("film:ronin"), toy.row("user:1"))
    assert {node for path in paths for node in path.nodes if node.startswith("user:")} == {"user:1"}


def test_limits_hold(toy: Snapshot) -> None:
    liked = rows(toy, "heat", "godfather", "fargo", "leon")
    item = toy.row("film:insider")
    assert len(connections(toy, liked, item, limits=Limits(k=2))) == 2
    assert connections(toy, liked, item, limits=Limits(hub=1)) == ()
    assert len(connections(toy, liked, item, limits=Limits(anchors=1))) == 3


def test_nothing_in_common_is_no_path(toy: Snapshot) -> None:
    assert connections(toy, rows(toy, "alien"), toy.row("film:fargo")) == ()


def test_somebody_who_is_not_in_the_graph_starts_from_what_they_like(toy: Snapshot) -> None:
    (path,) = connections(toy, rows(toy, "heat"), toy.row("film:ronin"))
    assert told(path) == "film:heat -stars-> person:robert de niro <-stars- film:ronin"


def test_a_contribution_is_carried_by_its_path(toy: Snapshot) -> None:
    parts = (
        Contribution("people", "film:heat", None, 0.7, 0.7),
        Contribution("stars", "film:heat", "person:robert de niro", 0.3, 0.3),
    )
    breakdown = Breakdown("user:1", "film:ronin", 1.0, parts, 0.0)
    (path,) = carrying(toy, breakdown, toy.row("user:1"))
    assert path.amount == 0.3
    assert told(path) == (
        "user:1 -rated-> film:heat -stars-> person:robert de niro <-stars- film:ronin"
    )
