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
    """A batch's rows as much at a time as a server's memory surely holds: nodes before edges."""
    if sum(frame.height for frame in rows.values()) <= most:
        return [rows]
    bare = {table: frame.clear() for table, frame in rows.items()}
    return [
        {**bare, table: part}
        for table in ("nodes", "edges")
        for part in rows[table].iter_slices(most)
        if part.height
    ]


def was_written(known: Run, run: Run, batch: Batch) -> bool:
    """Whether this very batch was written before the link broke."""
    after = {**run.positions, batch.source: batch.position}
    return known.positions == after and known.positions != run.positions


def more(after: Counts, before: Counts) -> Counts:
    """What was added to the counts of a run."""
    return Counts(*(a - b for a, b in zip(astuple(after), astuple(before), strict=True)))
