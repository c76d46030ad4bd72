"""Drawing from a graph what calibration words: facts, false ones, invented names, people.

A false fact is false of every node that has its names, so that the label needs no reading.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph.names import normalise
from graph.schema import Schema
from reasoning.lexicon import Lexicon
from reasoning.paraphrases import Paraphrase, capital, paraphrases, put
from reasoning.queries import Asker

TRIES = 40
_YEARS = (1000, 2100)
Rows = NDArray[np.int64]
Indices = NDArray[np.int32]
Wordings = Callable[[Schema, str], list[Paraphrase]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A true statement and its twin; `wording` is the frame of both."""

    right: str
    wrong: str
    wording: str
    asker: Asker | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """An edge of the graph, as rows."""

    relation: str
    head: int
    tail: int


class Draw:
    """Draws at random what is so and what is not; the same generator gives the same."""

    def __init__(
        self,
        lexicon: Lexicon,
        random: np.random.Generator,
        wordings: Wordings = paraphrases,
    ) -> None:
        self.lexicon = lexicon
        self.schema = lexicon.schema
        self.random = random
        self.wordings = {
            name: wordings(self.schema, name)
            for name, relation in self.schema.relations.items()
            if not relation.interaction and lexicon.snapshot.links(name).size
        }
        self.wordings = {name: found for name, found in self.wordings.items() if found}

    def _fact(self, names: list[str]) -> Fact | None:
        if not names:
            return None
        name = names[int(self.random.integers(len(names)))]
        links = self.lexicon.snapshot.links(name)
        at = int(self.random.integers(links.size))
        head = int(np.searchsorted(links.indptr, at, side="right")) - 1
        meant = self.schema.relations[name]
        snapshot = self.lexicon.snapshot
        return Fact(
            name, snapshot.rows(meant.head).start + head,
            snapshot.rows(meant.tail).start + int(links.indices[at]),
        )  # fmt: skip

    def _other(self, fact: Fact, *, either: bool) -> Fact | None:
        """The fact with another head or tail of the same kind, of which it is not true."""
        for _ in range(TRIES):
            turn = either and self.random.random() < 0.5
            kind = self.lexicon.kind(fact.head if turn else fact.tail)
            rows = self.lexicon.snapshot.rows(kind)
            row = rows.start + int(self.random.integers(len(rows)))
            found = Fact(fact.relation, *((row, fact.tail) if turn else (fact.head, row)))
            if self._names_kind(row) and not self._true(found):
                return found
        return None

    def _names_kind(self, row: int) -> bool:
        """Whether a label means its own kind, also to a reader: "1984" may be a year or a title."""
        return {self.lexicon.kind(one) for one in self._called(row)} == {self.lexicon.kind(row)}

    def _unique(self, row: int) -> bool:
        kind = self.lexicon.kind(row)
        return sum(self.lexicon.kind(one) == kind for one in self._called(row)) == 1

    def _true(self, fact: Fact) -> bool:
        heads, tails = self._called(fact.head), self._called(fact.tail)
        meant = self.schema.relations[fact.relation]
        return any(
            tail in tails
            for head in heads
            if self.lexicon.kind(head) == meant.head
            for tail in self.lexicon.tails(fact.relation, head)
        )

    def _tails(self, fact: Fact) -> list[int]:
        kind = self.schema.relations[fact.relation].head
        return [tail for head in self._called(fact.head) if self.lexicon.kind(head) == kind
                for tail in self.lexicon.tails(fact.relation, head)]  # fmt: skip

    def _called(self, row: int) -> frozenset[int]:
        """All nodes that have this name, too."""
        names = self.lexicon.names
        return frozenset((row, *names.exact(self.lexicon.label(row))))

    def _said(self, fact: Fact, other: Fact | None) -> Pair | None:
        if other is None:
            return None
        return self._worded(fact, self._labels(fact), self._labels(other))

    def _worded(self, fact: Fact, right: dict[str, str], wrong: dict[str, str]) -> Pair | None:
        said = self._one(self.wordings[fact.relation])
        if said is None:
            return None
        return Pair(put(said.template, right), put(said.template, {**right, **wrong}), said.name)

    def _labels(self, fact: Fact) -> dict[str, str]:
        return {"head": self.lexicon.label(fact.head), "tail": self.lexicon.label(fact.tail)}

    def _one(self, some: list[Paraphrase]) -> Paraphrase | None:
        return some[int(self.random.integers(len(some)))] if some else None

    def _pick(self, rows: list[int]) -> int:
        return rows[int(self.random.integers(len(rows)))]

    def _invent(self, row: int) -> str | None:
        """A name that nothing has: the words of two names of a kind, put together."""
        rows = self.lexicon.snapshot.rows(self.lexicon.kind(row))
        for _ in range(TRIES):
            one, two = (
                self.lexicon.label(rows.start + int(self.random.integers(len(rows)))).split()
                for _ in range(2)
            )
            name = " ".join([*one[:1], "Zor" + two[-1].strip("()!?.,").lower()[:6] + "ak"])
            if name[:1].isalpha() and one[0].isalpha() and not self.lexicon.names.exact(name):
                return capital(name)
        return None

    def _is_year(self, name: str) -> bool:
        if name not in self.lexicon.numeric:
            return False
        rows = self.lexicon.snapshot.rows(self.schema.relations[name].tail)
        values = [self.lexicon.number(row) for row in rows]
        return all(_YEARS[0] <= value <= _YEARS[1] for value in values if value == value)

    # -- people -------------------------------------------------------------------------------

    def _somebody(self) -> Asker | None:
        for _ in range(TRIES):
            for name in self.schema.interactions:
                meant = self.schema.relations[name]
                rows = self.lexicon.snapshot.rows(meant.head)
                if not rows:
                    continue
                row = rows.start + int(self.random.integers(len(rows)))
                liked = self._likes(row, meant.head, meant.tail)
                if liked:
                    return Asker(row, liked)
        return None

    def _likes(self, row: int, users: str, items: str) -> frozenset[int]:
        local = row - self.lexicon.snapshot.rows(users).start
        start = self.lexicon.snapshot.rows(items).start
        links = self._liking(users, items)
        return frozenset(
            int(one) + start for one in links[1][links[0][local] : links[0][local + 1]]
        )

    def _liking(self, users: str, items: str) -> tuple[Rows, Indices]:
        if (users, items) not in self._likings:
            links = self.lexicon.snapshot.likes(users, items)
            self._likings[users, items] = (links.indptr, links.indices)
        return self._likings[users, items]

    @cached_property
    def _likings(self) -> dict[tuple[str, str], tuple[Rows, Indices]]:
        return {}

    def _interaction(self, row: int) -> str:
        kind = self.lexicon.kind(row)
        return next(n for n in self.schema.interactions if self.schema.relations[n].head == kind)

    def _met(self, row: int) -> list[int]:
        kind = self.lexicon.kind(row)
        return [item for name in self.schema.interactions
                if self.schema.relations[name].head == kind
                for item in self.lexicon.tails(name, row)]  # fmt: skip

    def _item_kind(self) -> str | None:
        return next((self.schema.relations[n].tail for n in self.schema.interactions), None)

    @cached_property
    def _namesakes(self) -> list[tuple[int, int]]:
        """Two items with one name, each with a year of its own."""
        groups: dict[str, list[int]] = {}
        for kind in self.lexicon.items:
            for row in self.lexicon.snapshot.rows(kind):
                groups.setdefault(normalise(self.lexicon.label(row)), []).append(row)
        return [
            (one, two)
            for rows in groups.values()
            for at, one in enumerate(rows)
            for two in rows[at + 1 :]
            if self._year_of(one)
            and self._year_of(two)
            and not set(self._year_of(one)) & set(self._year_of(two))
        ]  # fmt: skip

    def _year_of(self, item: int) -> list[int]:
        for name in self.lexicon.numeric:
            meant = self.schema.relations[name]
            if meant.head == self.lexicon.kind(item) and self._is_year(name):
                return self.lexicon.tails(name, item)
        return []
