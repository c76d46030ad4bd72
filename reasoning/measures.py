"""By what items are ranked and compared: how many people met or liked them, how they rated them.

Stated once, here; each verdict prints the figures. "popular", "met" and the verbs of interactions
(watched, bought) count people with such an edge; "liked" people who liked it; "rated" the mean
rating of items with at least `LEAST_RATINGS`; a relation whose values are numbers (years) ranks by
its value.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.types import Chain
from reasoning.lexicon import Lexicon

LEAST_RATINGS = 20
MET, LIKED, RATED = "met", "liked", "rated"

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands: 1 + how many stand above, with how many it shares its place."""

    first: int
    last: int
    value: float
    best: int
    top: float
    of: int


class Measures:
    """Figures per item of one kind; `measures` gives the same one for the same lexicon."""

    def __init__(self, lexicon: Lexicon, kind: str) -> None:
        self.lexicon = lexicon
        self.rows = lexicon.snapshot.rows(kind)
        self.kind = kind

    @cached_property
    def fans(self) -> sparse.csr_array:
        """Who likes each item (items x users)."""
        made = sparse.csr_array(self.lexicon.snapshot.likes(None, self.kind).matrix().T)
        made.sort_indices()
        return made

    @cached_property
    def met(self) -> Values:
        """How many people have an edge to each item."""
        total = np.zeros(len(self.rows))
        for name in self._interactions():
            total += np.diff(self.lexicon.snapshot.links(name, reverse=True).indptr)
        return total

    @cached_property
    def liked(self) -> Values:
        """How many people like each item."""
        return np.diff(self.fans.indptr).astype(np.float64)

    @cached_property
    def rated(self) -> Values:
        """The mean rating of each item; NaN with fewer than `LEAST_RATINGS`, or without any."""
        name = self.lexicon.rating
        if name is None or self.lexicon.schema.relations[name].tail != self.kind:
            return np.full(len(self.rows), np.nan)
        links = self.lexicon.snapshot.links(name, reverse=True)
        sums = np.zeros(len(self.rows))
        np.add.at(sums, np.repeat(np.arange(len(self.rows)), np.diff(links.indptr)), links.weight)
        counts = np.diff(links.indptr)
        return np.where(counts >= LEAST_RATINGS, sums / np.maximum(counts, 1), np.nan)

    def of(self, name: str) -> Values:
        """The figures of a measure; NaN where an item has none."""
        if name == MET:
            return self.met
        if name == LIKED:
            return self.liked
        if name == RATED:
            return self.rated
        return self._numbers(name)

    def standing(
        self, item: int, name: str, *, least: bool, among: frozenset[int] | None
    ) -> Standing | None:
        """Where an item (row) stands among others; None where it has no figure."""
        values = self.of(name)
        if among is not None:
            places = np.fromiter((row - self.rows.start for row in among), np.int64, len(among))
            values = values[places]
        mine = self.of(name)[item - self.rows.start]
        known = np.flatnonzero(~np.isnan(values))
        if np.isnan(mine) or not len(known):
            return None
        kept = values[known]
        above = int((kept < mine).sum() if least else (kept > mine).sum())
        same = int((kept == mine).sum())
        best = int(known[np.argmin(kept) if least else np.argmax(kept)])
        row = int(places[best]) if among is not None else best
        return Standing(
            above + 1, above + max(same, 1), float(mine), self.rows.start + row,
            float(values[best]), len(known),
        )  # fmt: skip

    def both(self, anchor: int, item: int) -> tuple[int, int]:
        """How many of those who like one item like another, and how many like the one."""
        start, fans = self.rows.start, self.fans
        one = fans.indices[slice(*fans.indptr[anchor - start : anchor - start + 2])]
        two = fans.indices[slice(*fans.indptr[item - start : item - start + 2])]
        return len(np.intersect1d(one, two, assume_unique=True)), len(one)

    @cached_property
    def people(self) -> int:
        """How many people like anything."""
        return int(np.count_nonzero(np.bincount(self.fans.indices, minlength=1)))

    def _interactions(self) -> Iterable[str]:
        schema = self.lexicon.schema
        return (name for name in schema.interactions if schema.relations[name].tail == self.kind)

    def _numbers(self, relation: str) -> Values:
        if relation not in self._known:
            self._known[relation] = self._read_numbers(relation)
        return self._known[relation]

    @cached_property
    def _known(self) -> dict[str, Values]:
        return {}

    def _read_numbers(self, relation: str) -> Values:
        links = self.lexicon.snapshot.links(relation)
        tails = self.lexicon.snapshot.rows(self.lexicon.schema.relations[relation].tail)
        numbers = np.array([self.lexicon.number(row) for row in tails])
        found = np.full(len(self.rows), np.nan)
        heads = links.heads()
        found[heads[::-1]] = numbers[links.indices[::-1]]
        return found


@lru_cache(maxsize=8)
def measures(lexicon: Lexicon, kind: str) -> Measures:
    """The figures of a kind of items."""
    return Measures(lexicon, kind)


def reached(lexicon: Lexicon, chains: Iterable[Chain]) -> frozenset[int] | None:
    """Rows that all chains lead to; None when there is no chain."""
    found: frozenset[int] | None = None
    for chain in chains:
        rows = frozenset(lexicon.row(node) for node in chain.start)
        for relation, backwards in chain.steps:
            step = lexicon.heads if backwards else lexicon.tails
            rows = frozenset(far for row in rows for far in step(relation, row))
        found = rows if found is None else found & rows
    return found
