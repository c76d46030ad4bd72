"""How a batch is cut for a server: what each part holds, and that nothing is lost."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from graph.neo4j_parts import parts

pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(10, 19)), max_size=40, unique=True)


def rows_of(edges: list[tuple[int, int]], nodes: list[int]) -> dict[str, pl.DataFrame]:
    table = pl.DataFrame(edges, schema={"head": pl.Int64, "tail": pl.Int64}, orient="row")
    return {
        "nodes": pl.DataFrame({"id": pl.Series(nodes, dtype=pl.Int64)}),
        "edges": table.with_columns(id=pl.col("head") * 100 + pl.col("tail")),
    }


def test_a_node_comes_with_the_first_of_its_edges() -> None:
    rows = rows_of([(2, 11), (1, 10), (1, 11), (2, 10)], [1, 2, 10, 11, 15])
    found = [
        (part["nodes"]["id"].to_list(), part["edges"]["id"].to_list()) for part in parts(rows, 3)
    ]
    assert found == [([15, 1, 10], []), ([11], [110, 111]), ([2], [210, 211])]


def test_a_small_batch_is_one_part() -> None:
    rows = rows_of([(1, 10)], [1, 10])
    assert parts(rows, 3) == [rows]


@given(edges=pairs, alone=st.sets(st.integers(20, 29)), most=st.integers(1, 12))
def test_every_row_comes_once_and_no_edge_before_its_ends(
    edges: list[tuple[int, int]], alone: set[int], most: int
) -> None:
    nodes = sorted({end for edge in edges for end in edge} | alone)
    rows = rows_of(edges, nodes)
    made = parts(rows, most)
    there: set[int] = set()
    for part in made:
        assert sum(frame.height for frame in part.values()) <= most
        there.update(part["nodes"]["id"])
        assert there.issuperset(part["edges"]["head"])
        assert there.issuperset(part["edges"]["tail"])
    for table in ("nodes", "edges"):
        together = pl.concat([part[table] for part in made])
        assert together.height == rows[table].height
        assert set(together["id"]) == set(rows[table]["id"])
