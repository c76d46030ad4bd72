"""What a node says in words: its name, its other names, and what the catalogue tells of it."""

import json
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.snapshot import Snapshot


def texts_of(snapshot: Snapshot, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
    """One text per row: label, aliases, then properties that are words, in their own order.

    Numbers, codes without a space that nobody would read, and addresses are left out.
    """
    part = snapshot.nodes[np.asarray(rows, dtype=np.int64)]
    columns = part.select(pl.coalesce("label", "key"), "aliases", "properties")
    return [". ".join(_said(*row)) for row in columns.iter_rows()]


def texts_of_kind(snapshot: Snapshot, kind: str) -> list[str]:
    """`texts_of` all nodes of a kind."""
    return texts_of(snapshot, list(snapshot.rows(kind)))


def _said(label: str, aliases: str | None, properties: str | None) -> list[str]:
    said = [label, *(json.loads(aliases) if aliases else ())]
    for value in json.loads(properties).values() if properties else ():
        if isinstance(value, str) and " " in value.strip() and "://" not in value:
            said.append(value.strip())
    return said
