"""Rejects that speak of somebody who was forgotten are told without what they say."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from graph.ids import node_id
from graph.schema import Schema
from graph.store import GraphStore, Withholding
from kg_ingest.deliveries import Delivery
from kg_ingest.rejects import cells_of

WITHHELD = "about somebody who was to be forgotten"


def withheld(store: GraphStore, schema: Schema, batches: Iterable[Delivery]) -> Iterator[Delivery]:
    """The same deliveries; the store withholds the rows that could be used by itself."""
    for one in batches:
        yield replace(one, rejected=_without(store, schema, one.rejected))


def _without(store: GraphStore, schema: Schema, rejected: pl.DataFrame) -> pl.DataFrame:
    if rejected.is_empty() or not isinstance(store, Withholding):
        return rejected
    cells = [
        cells_of(text or "") | cells_of(reason or "")
        for text, reason in rejected.select("text", "reason").iter_rows()
    ]
    every = {cell for some in cells for cell in some}
    names = {node_id(kind, cell): cell for kind in schema.kinds for cell in every}
    gone = {names[name] for name in store.withheld(list(names))}
    if not gone:
        return rejected
    about = pl.Series([bool(some & gone) for some in cells])
    return rejected.with_columns(
        reason=pl.when(about).then(pl.lit(WITHHELD)).otherwise("reason"),
        text=pl.when(about).then(pl.lit("")).otherwise("text"),
    )
