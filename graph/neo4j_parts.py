"""A batch on its way into a server: in the form of `compare`, and as much at a time as it holds."""

from dataclasses import astuple

import polars as pl

from graph.batch import Batch, Counts, refuse_clashes, refuse_loose_ends, with_said
from graph.comparing import one_row_each
from graph.store import Run


def prepared(batch: Batch) -> dict[str, pl.DataFrame]:
    """A batch's rows in the form of `compare`; StoreError for what no store may hold."""
    if batch.mode != "delete":
        refuse_loose_ends(batch)
    rows = {}
    for table, frame in (("nodes", batch.nodes), ("edges", batch.edges)):
        refuse_clashes(frame, table)
        rows[table] = one_row_each(with_said(frame, table), table)
    return rows


def parts(rows: dict[str, pl.DataFrame], most: int) -> list[dict[str, pl.DataFrame]]:
    """A batch's rows as much at a time as a server's memory surely holds.

    A node comes with the first of its edges, and edges in the order of their heads: so most edges
    of a new catalogue come with a node that is new, and nobody need ask what is known of them.
    """
    if sum(frame.height for frame in rows.values()) <= most:
        return [rows]
    edges = rows["edges"].sort("head", "tail", "id").with_row_index("at")
    ends = pl.concat([edges.select("at", id=pl.col(end)) for end in ("head", "tail")])
    first = ends.group_by("id").agg(pl.col("at").min())
    nodes = rows["nodes"].join(first, on="id", how="left").sort("at", "id", nulls_last=False)
    known = nodes["at"].fill_null(0)
    before = known.search_sorted(edges["at"], side="right")
    placed = {
        "nodes": nodes.drop("at").with_columns(part=(known + pl.arange(nodes.height)) // most),
        "edges": edges.drop("at").with_columns(part=(edges["at"] + before) // most),
    }
    numbers = pl.concat([frame["part"].cast(pl.Int64) for frame in placed.values()]).unique()
    return [
        {
            table: frame.filter(pl.col("part") == number).drop("part")
            for table, frame in placed.items()
        }
        for number in numbers.sort()
    ]


def was_written(known: Run, run: Run, batch: Batch) -> bool:
    """Whether this very batch was written before the link broke."""
    after = {**run.positions, batch.source: batch.position}
    return known.positions == after and known.positions != run.positions


def more(after: Counts, before: Counts) -> Counts:
    """What was added to the counts of a run."""
    return Counts(*(a - b for a, b in zip(astuple(after), astuple(before), strict=True)))
