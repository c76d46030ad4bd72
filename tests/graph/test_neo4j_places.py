import numpy as np

from graph.neo4j_places import FIRST, Places


def places(edges: list[int]) -> Places:
    heads = np.array([-5, 0, 7, 9], dtype=np.int64)
    where = np.array([3, 10, 11, 40], dtype=np.int64)
    return Places(where, heads, {"rated": (heads, np.array(edges, dtype=np.int64))})


def test_ranges_follow_one_another_and_hold_about_so_many_edges() -> None:
    assert places([4, 4, 4, 1]).ranges("rated", 5) == [[FIRST, 0], [0, 7], [7, 9]]
    assert places([1, 100, 1, 1]).ranges("rated", 5) == [[FIRST, 0], [0, 9]]
    assert places([1, 1, 1, 1]).ranges("rated", 100) == [[FIRST, 9]]


def test_a_relation_without_edges_has_no_ranges() -> None:
    none = np.empty(0, dtype=np.int64)
    assert Places(none, none, {"rated": (none, none)}).ranges("rated", 5) == []


def test_what_stands_at_no_known_place_is_told() -> None:
    ids, known = places([1, 1, 1, 1]).found(np.array([40, 3, 12], dtype=np.int64))
    assert ids[known].tolist() == [9, -5]
    assert known.tolist() == [True, True, False]
