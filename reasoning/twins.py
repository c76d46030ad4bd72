"""Pairs for calibration: what the graph says, in words, and the same with one fault.

A false fact is false of every node that has its names, so that the label needs no reading.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph.names import normalise
from graph.schema import Schema
from graph.walks import LEAST_PEOPLE
from reasoning.lexicon import Lexicon
from reasoning.measures import LIKED, MET, measures
from reasoning.paraphrases import (
    COUNTS,
    FANS,
    HISTORY,
    PEOPLE,
    RANKS,
    RATINGS,
    Paraphrase,
    capital,
    denials,
    paraphrases,
    put,
)  # fmt: skip
from reasoning.queries import LEAST_LIFT, Asker

FAULTS = ("swap", "year", "number", "relation", "negation", "invented", "foreign history",
          "rank", "namesake")  # fmt: skip
_TRIES = 40
_YEARS = (1000, 2100)
_NONE = {
    "swap": "no relation to a kind with other values has English words",
    "year": "no relation has years as values",
    "number": "nothing is counted: no ratings, and no item has words for what it shares",
    "relation": "no two relations lie between the same kinds",
    "negation": "no relation has English words",
    "invented": "no relation has English words",
    "foreign history": "nobody did anything",
    "rank": "nobody did anything",
    "namesake": "no two items have the same name and another year",
}

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


class Source:
    """Draws pairs; the same generator gives the same."""

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

    def pairs(self, fault: str, count: int) -> Iterator[Pair]:
        """Up to `count` pairs with this fault; none when the schema cannot have it."""
        draw: dict[str, Callable[[], Pair | None]] = {
            "swap": self._swap, "year": self._year, "number": self._number,
            "relation": self._relation, "negation": self._negation, "invented": self._invented,
            "foreign history": self._foreign, "rank": self._rank, "namesake": self._namesake,
        }  # fmt: skip
        missing = 0
        made = 0
        while made < count and missing < _TRIES * 5:
            pair = draw[fault]()
            if pair is None:
                missing += 1
                continue
            made, missing = made + 1, 0
            yield pair

    def why_none(self, fault: str) -> str:
        """Why there are no pairs with a fault."""
        return _NONE[fault]

    # -- one fault each -----------------------------------------------------------------------

    def _swap(self) -> Pair | None:
        names = [name for name in self.wordings if name not in self.lexicon.numeric]
        fact = self._fact(names)
        return None if fact is None else self._said(fact, self._other(fact, either=True))

    def _year(self) -> Pair | None:
        fact = self._fact([name for name in self.wordings if self._is_year(name)])
        if fact is None:
            return None
        number = int(self.lexicon.number(fact.tail))
        off = int(self.random.integers(1, 12)) * (1 if self.random.random() < 0.5 else -1)
        known = {self.lexicon.label(row) for row in self._tails(fact)}
        if str(number + off) in known:
            return None
        return self._worded(fact, self._labels(fact), {"tail": str(number + off)})

    def _number(self) -> Pair | None:
        ways = (self._rating, self._counting, self._people_count)
        return ways[int(self.random.integers(len(ways)))]()

    def _relation(self) -> Pair | None:
        ends = {name: (self.schema.relations[name].head, self.schema.relations[name].tail)
                for name in self.wordings}  # fmt: skip
        names = [name for name in ends if list(ends.values()).count(ends[name]) > 1]
        fact = self._fact(names)
        if fact is None:
            return None
        others = [n for n in ends if n != fact.relation and ends[n] == ends[fact.relation]]
        wrong = Fact(others[int(self.random.integers(len(others)))], fact.head, fact.tail)
        if self._true(wrong):
            return None
        right, twin = self.wordings[fact.relation], self.wordings[wrong.relation]
        frames = {one.name: one for one in twin}
        both = [one for one in right if one.name in frames]
        said = self._one(both)
        if said is None:
            return None
        labels = self._labels(fact)
        texts = put(said.template, labels), put(frames[said.name].template, labels)
        return Pair(*texts, said.name)

    def _negation(self) -> Pair | None:
        fact = self._fact(list(self.wordings))
        if fact is None:
            return None
        relation = self.schema.relations[fact.relation]
        denial = self._one(denials(self.schema, fact.relation))
        if denial is None or not (self._unique(fact.head) and self._unique(fact.tail)):
            return None  # of one namesake a denial may be true
        wrong = put(denial.template, self._labels(fact))
        false = self._other(fact, either=False)
        if (relation.complete or relation.functional) and false and self.random.random() < 0.5:
            return Pair(put(denial.template, self._labels(false)), wrong, denial.template)
        said = self._one(self.wordings[fact.relation])
        return (
            None
            if said is None
            else Pair(put(said.template, self._labels(fact)), wrong, denial.template)
        )

    def _invented(self) -> Pair | None:
        names = [name for name in self.wordings if name not in self.lexicon.numeric]
        fact = self._fact(names)
        if fact is None:
            return None
        end = "head" if self.random.random() < 0.5 else "tail"
        invented = self._invent(fact.head if end == "head" else fact.tail)
        return None if invented is None else self._worded(fact, self._labels(fact), {end: invented})

    def _foreign(self) -> Pair | None:
        asker = self._somebody()
        if asker is None or asker.row is None:
            return None
        other = self._somebody()
        frame = HISTORY[int(self.random.integers(len(HISTORY)))]
        name = self._interaction(asker.row)
        verbs = [verb for verb in self.lexicon.verbs(name) if verb.endswith(("ed", "en"))]
        verb = verbs[int(self.random.integers(len(verbs)))] if verbs else "liked"
        liked = "{verb}" not in frame or not verbs
        mine = list(asker.liked) if liked else self.lexicon.tails(name, asker.row)
        met = {row for item in self._met(asker.row) for row in self._called(item)}
        theirs = [] if other is None or other.row is None else self._met(other.row)
        foreign = [item for item in theirs if item not in met]
        if not mine or not foreign:
            return None
        texts = [
            put(frame, {"item": self.lexicon.label(self._pick(rows)), "verb": verb})
            for rows in (sorted(mine), foreign)
        ]
        return Pair(texts[0], texts[1], frame, asker)

    def _rank(self) -> Pair | None:
        if self.random.random() < 0.3:
            return self._fans()
        kind = self._item_kind()
        words = self.schema.kinds[kind].words.get("en") if kind else None
        if kind is None or words is None:
            return None
        fact = self._fact([n for n in self.wordings if self.schema.relations[n].head == kind])
        if fact is None:
            return None
        shared = self.schema.relations[fact.relation].words["en"].shared
        rows = self.lexicon.heads(fact.relation, fact.tail)
        if not shared or len(rows) < 6 or len(self._called(fact.tail)) > 1:
            return None
        known = measures(self.lexicon, kind)
        word, measure = (("popular", MET), ("liked", LIKED))[int(self.random.integers(2))]
        values = known.of(measure)[np.array(rows) - known.rows.start]
        order = np.argsort(-values, kind="stable")
        if values[order[0]] == values[order[1]] or values[order[0]] < 2 * values[order[4]]:
            return None
        frame = RANKS[int(self.random.integers(len(RANKS)))]
        low = [rows[at] for at in order[4:]]
        best, other = rows[int(order[0])], self._pick(low)
        if self._called(best) & set(low) or rows[int(order[0])] in self._called(other):
            return None
        said = {"thing": words.one, "things": words.many, "most": f"most {word}",
                "more": f"more {word}",
                "shared": put(shared, {"tail": self.lexicon.label(fact.tail)})}  # fmt: skip
        right, wrong = (put(frame, {**said, "item": self.lexicon.label(r)}) for r in (best, other))
        return Pair(capital(right), capital(wrong), frame)

    def _namesake(self) -> Pair | None:
        group = self._namesakes and self._namesakes[int(self.random.integers(len(self._namesakes)))]
        if not group:
            return None
        one, two = group if self.random.random() < 0.5 else group[::-1]
        years = self._year_of(one)
        names = [n for n in self.wordings if n not in self.lexicon.numeric]
        names = [n for n in names if self.schema.relations[n].head == self.lexicon.kind(one)]
        name = names[int(self.random.integers(len(names)))] if names else ""
        mine = self.lexicon.tails(name, one) if name else []
        theirs = [row for row in (self.lexicon.tails(name, two) if name else [])
                  if not self._called(row) & set(mine)]  # fmt: skip
        if not mine or not theirs or not years:
            return None
        label = f"{self.lexicon.label(one)} ({self.lexicon.label(years[0])})"
        right = {"head": label, "tail": self.lexicon.label(self._pick(mine))}
        return self._worded(
            Fact(name, one, mine[0]), right, {"tail": self.lexicon.label(self._pick(theirs))}
        )

    # -- numbers ------------------------------------------------------------------------------

    def _rating(self) -> Pair | None:
        asker = self._somebody()
        name = self.lexicon.rating
        if asker is None or asker.row is None or name is None:
            return None
        item = self._pick(self.lexicon.tails(name, asker.row) or [-1])
        if item < 0 or len(self._called(item)) > 1:
            return None
        weights = [edge.weight for edge in self.lexicon.edges(name, asker.row, item)]
        every = np.unique(self.lexicon.snapshot.links(name).weight)
        wrong = [float(one) for one in every if all(abs(one - (w or 0)) > 0.01 for w in weights)]
        frame = RATINGS[int(self.random.integers(len(RATINGS)))]
        said = [
            put(frame, {"item": self.lexicon.label(item), "value": f"{value:g}"})
            for value in (weights[0] or 0.0, wrong[int(self.random.integers(len(wrong)))])
        ]
        return Pair(said[0], said[1], frame, asker)

    def _counting(self) -> Pair | None:
        fact = self._fact(list(self.wordings))
        relation = self.schema.relations[fact.relation] if fact else None
        if fact is None or relation is None or relation.head not in self.lexicon.items:
            return None
        words, called = relation.words["en"], self.schema.kinds[relation.head].words.get("en")
        if not words.shared or called is None or len(self._called(fact.tail)) > 1:
            return None
        count = len(set(self.lexicon.heads(fact.relation, fact.tail)))
        if count < 2:
            return None
        frame = COUNTS[int(self.random.integers(len(COUNTS)))]
        off = int(self.random.integers(1, 5)) * (1 if self.random.random() < 0.5 else -1)
        said = {"thing": called.one, "things": called.many,
                "shared": put(words.shared, {"tail": self.lexicon.label(fact.tail)})}  # fmt: skip
        wrong = count + off if count + off > 1 else count + 3
        right, twin = (put(frame, {**said, "count": str(n)}) for n in (count, wrong))
        return Pair(capital(right), capital(twin), frame)

    def _people_count(self) -> Pair | None:
        found = self._two_liked()
        if found is None:
            return None
        anchor, item, both, base, _ = found
        frame = PEOPLE[int(self.random.integers(len(PEOPLE)))]
        said = {"anchor": self.lexicon.label(anchor), "item": self.lexicon.label(item)}
        off = both + int(self.random.integers(1, 6))
        right, wrong = (
            put(frame, {**said, "both": str(n), "base": str(base)}) for n in (both, off)
        )
        return Pair(right, wrong, frame) if off <= base else None

    def _fans(self) -> Pair | None:
        found = self._two_liked()
        if found is None or found[4] < LEAST_LIFT * 1.2:
            return None
        anchor, item, _, _, _ = found
        known = measures(self.lexicon, self.lexicon.kind(anchor))
        other = int(self.random.integers(len(known.rows))) + known.rows.start
        both, base = known.both(anchor, other)
        usual = known.liked[other - known.rows.start] / known.people
        if len(self._called(other)) > 1 or not base or (
            both >= LEAST_PEOPLE and both / base > 0.8 * LEAST_LIFT * usual
        ):  # fmt: skip
            return None
        frame = FANS[int(self.random.integers(len(FANS)))]
        right, wrong = (
            put(frame, {"anchor": self.lexicon.label(anchor), "item": self.lexicon.label(row)})
            for row in (item, other)
        )
        return Pair(right, wrong, frame)

    def _two_liked(self) -> tuple[int, int, int, int, float] | None:
        """Two items that some people like both: rows, both, base, lift."""
        asker = self._somebody()
        if asker is None or len(asker.liked) < 2:
            return None
        anchor, item = (int(row) for row in
                        self.random.choice(sorted(asker.liked), 2, replace=False))  # fmt: skip
        if len(self._called(anchor)) > 1 or len(self._called(item)) > 1:
            return None
        known = measures(self.lexicon, self.lexicon.kind(anchor))
        both, base = known.both(anchor, item)
        usual = known.liked[item - known.rows.start] / known.people
        return (anchor, item, both, base, both / base / usual) if both >= LEAST_PEOPLE else None

    # -- drawing ------------------------------------------------------------------------------

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
        for _ in range(_TRIES):
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
        for _ in range(_TRIES):
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
        for _ in range(_TRIES):
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
