"""What reading needs to know of a snapshot at hand, looked up once: kinds, ids, labels, patterns.

A snapshot keeps its vocabulary in columns, which is right for many rows at once and slow for one.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import numpy as np
import polars as pl

from graph.names import Mention, NameIndex
from graph.types import Edge
from reasoning.grammar import Grammar, Pattern, compiled
from reasoning.typos import Typos
from reasoning.values import ValueForms
from reasoning.wordings import nouns_of

MOST = 20
_DOES = re.compile(r"^\{head\} (?:has |have )?(?P<verb>\w+) \{tail\}$")
_PARTS = re.compile(r"\s*:\s+|\s+[-–—]\s+")
_FIRST_WORD = re.compile(r"[A-ZÀ-Þ][\w’'-]*")
_KEPT = 200_000
_YEAR_DIGITS = 4


class Lexicon:
    """A name index with what belongs to it; `lexicon` gives the same one for the same index."""

    def __init__(self, names: NameIndex) -> None:
        self.names = names
        self.snapshot = names.snapshot
        self.schema = names.snapshot.schema
        self.items = self.schema.kinds_of("item")
        self.patterns = compiled(self.schema.to_json())
        self.grammar = Grammar(self.patterns)
        bounds = sorted(
            (self.snapshot.rows(kind).start, kind)
            for kind in self.schema.kinds
            if self.snapshot.count(kind)
        )
        self._starts = [start for start, _ in bounds]
        self._kinds = [kind for _, kind in bounds]
        self._start_of = {kind: start for start, kind in bounds}
        self._rows: dict[str, int] = {}
        self.id = _kept(self.snapshot.id)
        self.label = _kept(self.snapshot.label)

    def kind(self, row: int) -> str:
        """The kind of the node at a row."""
        return self._kinds[bisect_right(self._starts, row) - 1]

    def ids(self, rows: Sequence[int]) -> tuple[str, ...]:
        """Node ids of rows."""
        return tuple(self.id(row) for row in rows)

    def row(self, node: str) -> int:
        """The row of a node id."""
        found = self._rows.get(node)
        if found is None:
            if len(self._rows) >= _KEPT:
                self._rows.clear()
            found = self._rows[node] = self.snapshot.row(node)
        return found

    def of_kind(self, rows: Sequence[int], kinds: Sequence[str]) -> tuple[int, ...]:
        """Those of the rows that are of one of the kinds."""
        return tuple(row for row in rows if self.kind(row) in kinds)

    # -- edges --------------------------------------------------------------------------------

    def tails(self, relation: str, head: int) -> list[int]:
        """Rows of the tails of a head."""
        meant = self.schema.relations[relation]
        return self._far(relation, head, meant.head, meant.tail, reverse=False)

    def heads(self, relation: str, tail: int) -> list[int]:
        """Rows of the heads of a tail."""
        meant = self.schema.relations[relation]
        return self._far(relation, tail, meant.tail, meant.head, reverse=True)

    def edges(self, relation: str, head: int, tail: int | None = None) -> list[Edge]:
        """The first edges of a head, or those to one tail."""
        meant = self.schema.relations[relation]
        links = self.snapshot.links(relation)
        local = head - self._start_of[meant.head]
        first, last = links.indptr[local : local + 2].tolist()
        if tail is not None:
            wanted = tail - self._start_of[meant.tail]
            part = links.indices[first:last]
            low, high = np.searchsorted(part, [wanted, wanted + 1]).tolist()
            first, last = first + low, first + high
        return [self.snapshot.edge(relation, at) for at in range(first, min(last, first + MOST))]

    def _far(self, relation: str, row: int, near: str, far: str, *, reverse: bool) -> list[int]:
        links = self.snapshot.links(relation, reverse=reverse)
        local = row - self._start_of[near]
        first, last = links.indptr[local : local + 2].tolist()
        start = self._start_of.get(far, 0)
        found: list[int] = links.indices[first:last].tolist()
        return [start + one for one in found]

    # -- meaning ------------------------------------------------------------------------------

    @cached_property
    def only_relation(self) -> dict[tuple[str, str], str]:
        """The relation between two kinds where there is but one: (head, tail) to its name."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, relation in self.schema.relations.items():
            if not relation.interaction:
                found.setdefault((relation.head, relation.tail), []).append(name)
        return {ends: some[0] for ends, some in found.items() if len(some) == 1}

    @cached_property
    def value_of(self) -> dict[str, str]:
        """The relation whose value a kind of attribute is, where no other can be meant."""
        return {
            tail: name for (head, tail), name in self.only_relation.items() if head in self.items
        }

    @cached_property
    def relations_to(self) -> dict[str, tuple[str, ...]]:
        """Kinds of attributes with the relations that items have to them."""
        found: dict[str, list[str]] = {}
        for name, relation in self.schema.relations.items():
            ends = relation.head in self.items and relation.tail not in self.items
            if ends and not relation.interaction:
                found.setdefault(relation.tail, []).append(name)
        return {kind: tuple(names) for kind, names in found.items()}

    @cached_property
    def number_of(self) -> dict[int, str]:
        """The functional relation whose values are numbers of so many digits, if there is one."""
        found: dict[int, list[str]] = {}
        for name in self.numeric:
            relation = self.schema.relations[name]
            if relation.head not in self.items:
                continue
            part = self.snapshot.rows(relation.tail)
            labels = [self.label(row) for row in part]
            if len(set(map(len, labels))) == 1 and len(labels[0]) > 2:
                found.setdefault(len(labels[0]), []).append(name)
        return {digits: some[0] for digits, some in found.items() if len(some) == 1}

    @cached_property
    def things(self) -> dict[str, str]:
        """What items are called, each word with its kind; "" where any kind may be meant."""
        found = dict.fromkeys(("item", "items", "title", "titles"), "")
        for kind in self.items:
            for words in self.schema.kinds[kind].words.values():
                for word in (words.one, words.many, *words.also):
                    found[word.casefold()] = kind
        return found

    @cached_property
    def title_parts(self) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
        """First and last parts of titles, by their first word, that belong to one title alone."""
        found: dict[str, dict[int, None]] = {}
        for kind in self.items:
            rows = list(self.snapshot.rows(kind))
            for row, label in zip(rows, self.snapshot.labels(rows), strict=True):
                parts = _PARTS.split(label)
                last = parts[-1] if parts[-1].count(" ") > 1 else ""
                for part in {parts[0], last} if len(parts) > 1 else ():
                    if " " in part and part[0].isupper():
                        found.setdefault(part, {})[row] = None
        first: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
        for part, some in found.items():
            if len(some) == 1 and not self.names.exact(part):
                word = _FIRST_WORD.match(part)
                first.setdefault(word.group() if word else part, []).append((part, tuple(some)))
        return first

    @cached_property
    def typos(self) -> Typos:
        """Names that misspelt ones may stand for."""
        return Typos(self.names)

    @cached_property
    def rating(self) -> str | None:
        """The interaction whose weights are ratings: those that are not all the same."""
        for name in self.schema.interactions:
            given = self.snapshot.links(name).weight
            weights = given[~np.isnan(given)]
            if len(weights) and bool(weights.min() < weights.max()):
                return name
        return None

    def verbs(self, interaction: str) -> tuple[str, ...]:
        """What a person does in an interaction, as the mapping says it: rated, seen, watched."""
        words = self.schema.relations[interaction].words.get("en")
        said = (words.forward, *words.also) if words else ()
        found = (_DOES.match(template) for template in said)
        return tuple(dict.fromkeys(one["verb"] for one in found if one))

    @cached_property
    def nouns(self) -> dict[str, tuple[str, ...]]:
        """What tails are to their heads, with the relations: director, directors."""
        found: dict[str, list[str]] = {}
        for name in self.schema.relations:
            if not self.schema.relations[name].interaction:
                for noun in nouns_of(self.schema, name):
                    for word in (noun, f"{noun}s"):
                        found.setdefault(word.casefold(), []).append(name)
        return {word: tuple(names) for word, names in found.items()}

    @cached_property
    def roles(self) -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
        """ "Its director is", and what its nouns mean."""
        words = "|".join(re.escape(noun) for noun in self.labels) or "(?!)"
        return re.compile(
            rf"\b(?P<det>(?:the|its|his|her|their|whose)\s+(?:[a-z]+\s+)?)?(?P<noun>{words})\s+(?:is|was|are|were|include[sd]?)"
            r"(?P<neg>\s+(?:not|never)\b|n['’]t\b)?\s+",
            re.IGNORECASE,
        ), self.labels

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What tails are called where they stand behind a label: their nouns, and ten years."""
        found = dict(self.nouns)
        if relation := self.number_of.get(_YEAR_DIGITS):
            found |= {"decade": (relation,), "release date": (relation,)}
        for name, relation_ in self.schema.relations.items():
            words = relation_.words.get("en")
            if words and not relation_.interaction and words.shared.endswith(" by {tail}"):
                found[words.shared.removesuffix(" {tail}").casefold()] = (name,)
        return found

    @cached_property
    def role_words(self) -> re.Pattern[str]:
        """Any of what tails are to their heads, where it is who does something."""
        return re.compile(
            rf"\b(?:{'|'.join(map(re.escape, self.nouns)) or '(?!)'})(?=\s+who\b)", re.I
        )

    @cached_property
    def thing_words(self) -> re.Pattern[str]:
        """Any of what items are called."""
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, self.things))})\b", re.IGNORECASE)

    @cached_property
    def pointing(self) -> re.Pattern[str]:
        """Words that point back to what was spoken of: "it", "this film", "both of them"."""
        things = "|".join(map(re.escape, sorted(self.things, key=len, reverse=True)))
        return re.compile(
            r"(?:(?P<many>both|these|those|they|them|the\s+two|all)"
            rf"(?:\s+(?:of\s+)?(?:them|these|those|the))?(?:\s+(?:two\s+)?(?P<things>{things}))?"
            rf"|it|this|that|(?:the|this|that)\s+(?P<thing>{things}))(?![\w’'-])",
            re.IGNORECASE,
        )

    @cached_property
    def pointing_last(self) -> re.Pattern[str]:
        """The same where a text ends."""
        return re.compile(rf"(?:^|(?<=[\s,;:(])){self.pointing.pattern}\s*$", re.IGNORECASE)

    def mentions(self, text: str) -> list[Mention]:
        """The names in a text, those of values in other forms among them."""
        return self._values.added(text, self.names.mentions(text))

    @cached_property
    def _values(self) -> ValueForms:
        return ValueForms(self.names, list(self.value_of))

    @cached_property
    def numeric(self) -> frozenset[str]:
        """Relations whose values are numbers, such as years: their order means something."""
        return frozenset(
            name
            for name, relation in self.schema.relations.items()
            if not relation.interaction and self._all_numbers(relation.tail)
        )

    def between(self, digits: int, low: int, high: int) -> tuple[int, ...]:
        """Rows of the numbers of so many digits from `low` to `high`, one relation's values."""
        values = self._ordered[digits]
        first = bisect_left(values, (float(low), 0))
        return tuple(row for _, row in values[first : bisect_right(values, (high + 0.5, 0))])

    @cached_property
    def _ordered(self) -> dict[int, list[tuple[float, int]]]:
        """The values of `number_of`, by size, each with its row."""
        kinds = {d: self.schema.relations[name].tail for d, name in self.number_of.items()}
        return {
            digits: sorted(
                (value, row)
                for row in self.snapshot.rows(kind)
                if not np.isnan(value := self.number(row))
            )
            for digits, kind in kinds.items()
        }

    def number(self, row: int) -> float:
        """A value as a number; NaN where it is none."""
        try:
            return float(self.label(row))
        except ValueError:
            return float(np.nan)

    def numbers(self, relation: str, head: int) -> list[float]:
        """The values of a thing under a relation as numbers."""
        return [self.number(tail) for tail in self.tails(relation, head)]

    @cached_property
    def from_head(self) -> dict[str, Pattern]:
        """Of each relation the first wording that begins with its head."""
        found: dict[str, Pattern] = {}
        for pattern in self.patterns:
            if pattern.first == "head":
                found.setdefault(pattern.relation, pattern)
        return found

    def _all_numbers(self, kind: str) -> bool:
        rows = self.snapshot.rows(kind)
        if not rows or self.schema.kinds[kind].role != "attribute":
            return False
        part = self.snapshot.nodes[rows.start : rows.stop]
        labels = part.select(pl.coalesce("label", "key")).to_series()
        return bool(labels.str.contains(r"^\d+(\.\d+)?$").mean() > 0.95)  # type: ignore[operator]


@lru_cache(maxsize=4)
def lexicon(names: NameIndex) -> Lexicon:
    """The lexicon of an index of names."""
    return Lexicon(names)


def _kept(ask: Callable[[int], str]) -> Callable[[int], str]:
    """A look-up that remembers; it forgets all when it has grown large."""
    known: dict[int, str] = {}

    def told(row: int) -> str:
        found = known.get(row)
        if found is None:
            if len(known) >= _KEPT:
                known.clear()
            found = known[row] = ask(row)
        return found

    return told
