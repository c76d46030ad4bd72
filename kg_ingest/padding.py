"""Keys that differ in leading zeros alone: "007" and "7" are two nodes, and that is said.

Which of the two a source means cannot be known, so nothing is changed; one `clean` in the mapping
brings them together.
"""

import polars as pl

from graph.facts import current
from graph.store import GraphStore

MOST = 20_000
_SHOWN = 3


class Padded:
    """The padded keys of an ingest, as far as there is room for them."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], str] = {}

    def add(self, nodes: pl.DataFrame) -> None:
        """Note the keys of a batch's nodes that begin with a zero and are digits alone."""
        if len(self.keys) >= MOST:
            return
        found = nodes.filter(pl.col("key").str.starts_with("0"))
        if found.is_empty():
            return
        found = found.filter(pl.col("key").str.contains(r"^0+\d+$"))
        for kind, key in found.select("kind", "key").unique(maintain_order=True).iter_rows():
            self.keys[kind, key] = key[:-1].lstrip("0") + key[-1]

    def notes(self, store: GraphStore) -> tuple[str, ...]:
        """One line per kind that has both forms of a key."""
        pairs = list(self.keys.items())
        said = store.facts([f"{kind}:{plain}" for (kind, _), plain in pairs])
        both: dict[str, list[str]] = {}
        for ((kind, padded), plain), facts in zip(pairs, said, strict=True):
            if current(facts) is not None:
                both.setdefault(kind, []).append(f"{padded!r} and {plain!r}")
        return tuple(
            f"{len(found):,} {kind} keys differ from another in leading zeros alone and are kept "
            f"apart: {', '.join(found[:_SHOWN])}; `clean = [['^0+(\\d)', '$1']]` would join them"
            for kind, found in sorted(both.items())
        )
