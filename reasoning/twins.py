"""Pairs for calibration: what the graph says, in words, and the same with one fault.

A false fact is false of every node that has its names, so that the label needs no reading.
"""

from collections.abc import Callable, Iterator

import numpy as np

from graph.walks import LEAST_PEOPLE
from reasoning.drawing import TRIES, Draw, Fact, Pair
from reasoning.measures import LIKED, MET, measures
from reasoning.paraphrases import (
    COUNTS,
    FANS,
    HISTORY,
    PEOPLE,
    RANKS,
    RATINGS,
    capital,
    denials,
    put,
)  # fmt: skip
from reasoning.queries import LEAST_LIFT

FAULTS = ("swap", "year", "number", "relation", "negation", "invented", "foreign history",
          "rank", "namesake")  # fmt: skip
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


class Source(Draw):
    """Draws pairs; the same generator gives the same."""

    def pairs(self, fault: str, count: int) -> Iterator[Pair]:
        """Up to `count` pairs with this fault; none when the schema cannot have it."""
        draw: dict[str, Callable[[], Pair | None]] = {
            "swap": self._swap, "year": self._year, "number": self._number,
            "relation": self._relation, "negation": self._negation, "invented": self._invented,
            "foreign history": self._foreign, "rank": self._rank, "namesake": self._namesake,
        }  # fmt: skip
        missing = 0
        made = 0
        while made < count and missing < TRIES * 5:
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
