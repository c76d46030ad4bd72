"""What a node says in words: its name, its other names, and what the catalogue tells of it."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graph.snapshot import Snapshot

_EACH = 8


def texts_of(snapshot: Snapshot, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
    """One text per row: label, aliases, then properties that are words, in their own order.

    A node without a label says nothing by its key. Numbers, codes without a space that nobody would
    read, and addresses are left out.
    """
    part = snapshot.nodes[np.asarray(rows, dtype=np.int64)]
    columns = part.select("label", "aliases", "properties")
    return [". ".join(_said(*row)) for row in columns.iter_rows()]


def texts_of_kind(snapshot: Snapshot, kind: str) -> list[str]:
    """`texts_of` all nodes of a kind."""
    return texts_of(snapshot, list(snapshot.rows(kind)))


def _said(label: str | None, aliases: str | None, properties: str | None) -> list[str]:
    said = [*([label] if label else ()), *(json.loads(aliases) if aliases else ())]
    for value in json.loads(properties).values() if properties else ():
        if isinstance(value, str) and " " in value.strip() and "://" not in value:
            said.append(value.strip())
    return said


def described(snapshot: Snapshot, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
    """`texts_of`, and for an item the names of its attributes, a few of each relation."""
    texts = texts_of(snapshot, rows)
    made = []
    for row, label, text in zip(rows, snapshot.labels(rows), texts, strict=True):
        kind = snapshot.kind(int(row))
        local = int(row) - snapshot.rows(kind).start
        said = []
        for name in snapshot.schema.attributes:
            relation = snapshot.schema.relations[name]
            if relation.head != kind:
                continue
            links = snapshot.links(name)
            tails = links.indices[links.row(local)][:_EACH]
            said += snapshot.labels(tails + snapshot.rows(relation.tail).start)
        # Names of attributes are short and say most: before a description that may be cut.
        rest = text.removeprefix(label).removeprefix(". ")
        made.append(". ".join(part for part in (label, ", ".join(said), rest) if part))
    return made
