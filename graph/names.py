"""Names: one normal form, and one index from names and aliases to nodes.

Whoever links words to nodes asks here: search, claims, wishes. Users are people and have no
entry, whatever the catalogue calls them.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from graph.snapshot import Snapshot

_ARTICLES = (
    "the",
    "a",
    "an",
    "le",
    "la",
    "les",
    "l",
    "il",
    "lo",
    "un",
    "une",
    "der",
    "die",
    "das",
    "el",
    "los",
    "las",
)
_MOVED = re.compile(
    rf"^(?P<name>.+), (?P<article>{'|'.join(_ARTICLES)})['’]?(?=$| \()", flags=re.IGNORECASE
)
_IN_BRACKETS = re.compile(r"^(?P<outside>.+?)\s*\((?P<inside>[^()]*)\)\s*$")
# A change of script ends a word: in "Heat는" the name is "Heat".
_WORD = re.compile(r"[가-힣]+|[^\W_가-힣]+")
_LOWER = re.compile(r"\W*[a-zß-ÿ]")
# Letters of their own, no letters with an accent; others write them like this.
_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"}
)
_PARTICLES = re.compile(
    r"(?<=.)(?:에는|에서|이나|처럼|으로|은|는|이|가|을|를|와|과|의|에|도|로|나)$"
)
LEAST_LIKENESS = 70.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: characters `start` to `end`, and the rows of all nodes so called."""

    start: int
    end: int
    rows: tuple[int, ...]


def normalise(name: str) -> str:
    """The form in which names are compared: no accents, case, punctuation or moved article."""
    return " ".join(word for word, _, _ in words(_article_first(name)))


def words(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in normal form, each with where it starts and ends in the text."""
    return [(_plain(found.group()), found.start(), found.end()) for found in _WORD.finditer(text)]


def variants(label: str) -> list[str]:
    """A name's normal form and other ways to say it.

    With its article where it stands, without its brackets, what they hold, without its article.
    """
    forms = [normalise(label), " ".join(word for word, _, _ in words(label))]
    bracketed = _IN_BRACKETS.match(label)
    if bracketed:
        forms += [normalise(bracketed["outside"]), normalise(bracketed["inside"])]
    for form in list(forms):
        first, _, rest = form.partition(" ")
        if first in _ARTICLES and len(rest) > 2:
            forms.append(rest)
    return [form for form in dict.fromkeys(forms) if form]


class NameIndex:
    """Names and aliases of a snapshot's items and attributes.

    `names` has one line per name: its normal form, the node's row, and whether it is the name
    itself (or an alias) rather than a variant of it.
    """

    def __init__(self, snapshot: Snapshot, names: pl.DataFrame) -> None:
        self.snapshot = snapshot
        self.names = names

    @classmethod
    def of(cls, snapshot: Snapshot) -> "NameIndex":
        """The index of all names; about a second for 100,000."""
        forms: list[str] = []
        rows: list[int] = []
        exact: list[bool] = []
        for kind, meant in snapshot.schema.kinds.items():
            if meant.role == "user":
                continue
            here = snapshot.rows(kind)
            part = snapshot.nodes[here.start : here.stop]
            labels = part.select(pl.coalesce("label", "key")).to_series().to_list()
            for row, label, aliases in zip(here, labels, part["aliases"], strict=True):
                first, *others = variants(label) or [""]
                called = [(first, True), *((form, False) for form in others)]
                if aliases:
                    called += [(normalise(alias), True) for alias in json.loads(aliases)]
                for form, is_name in called:
                    if form:
                        forms.append(form)
                        rows.append(row)
                        exact.append(is_name)
        frame = pl.DataFrame(
            {"form": forms, "row": rows, "exact": exact},
            schema={"form": pl.String, "row": pl.Int64, "exact": pl.Boolean},
        )
        return cls(snapshot, frame.unique(["form", "row"], keep="first", maintain_order=True))

    def moved(self, snapshot: Snapshot) -> "NameIndex":
        """The names of an overlay; those of this snapshot are not read again where none changed."""
        kinds = [k for k, meant in self.snapshot.schema.kinds.items() if meant.role != "user"]
        before, now = self.snapshot, snapshot
        for kind in kinds:
            old, new = before.rows(kind), now.rows(kind)
            told = before.nodes[old.start : old.stop], now.nodes[new.start : new.stop]
            if (
                not told[0]
                .select("id", "label", "aliases")
                .equals(told[1].select("id", "label", "aliases"))
            ):
                return NameIndex.of(snapshot)
        by_kind = {kind: now.rows(kind).start - before.rows(kind).start for kind in kinds}
        made = NameIndex(snapshot, self.names)
        if not any(by_kind.values()):
            made.__dict__ |= {k: v for k, v in self.__dict__.items() if k.startswith("_")}
            return made
        shift = np.zeros(before.size, dtype=np.int64)
        for kind, by in by_kind.items():
            shift[before.rows(kind).start : before.rows(kind).stop] = by
        rows = self.names["row"].to_numpy()
        made.names = self.names.with_columns(row=pl.Series(rows + shift[rows]))
        return made

    def exact(self, name: str) -> tuple[int, ...]:
        """Rows of the nodes with this name or alias; of variants of it when there is none."""
        found = self._rows.get(normalise(name), ((), ()))
        return found[0] or found[1]

    def search(self, text: str, limit: int = 10) -> list[tuple[int, float]]:
        """Rows of the nodes whose name is most like the text, with how alike (0 to 100).

        Each word may have typos; of equals, the node with more edges stands first.
        """
        wanted = normalise(text)
        if not wanted:
            return []
        nearest = process.extract(
            wanted,
            self._forms,
            scorer=_likeness,
            processor=None,
            limit=max(100, 5 * limit),
            score_cutoff=55,
        )
        best: dict[int, float] = {}
        for form, score, _ in nearest:
            like = round(max(score, 0.98 * _word_likeness(wanted, form)), 1)
            for row in (row for rows in self._rows[form] for row in rows):
                best[row] = max(best.get(row, 0.0), like)
        good = [found for found in best.items() if found[1] >= LEAST_LIKENESS]
        good.sort(key=lambda found: (-found[1], -self.degree(found[0]), found[0]))
        return good[:limit]

    def degree(self, row: int) -> int:
        """The number of edges at a node."""
        kind = self.snapshot.kind(row)
        local = row - self.snapshot.rows(kind).start
        total = 0
        for name, relation in self.snapshot.schema.relations.items():
            for end, reverse in ((relation.head, False), (relation.tail, True)):
                if end == kind:
                    at = self.snapshot.links(name, reverse=reverse).row(local)
                    total += at.stop - at.start
        return total

    def mentions(self, text: str) -> list[Mention]:
        """The names in a text, longest first where they overlap, in the order of the text.

        A single word is a name only if it is written with a capital where the name is; so are
        several if any of them has one: "in Out of Sight" does not name "In & Out".
        """
        found: list[Mention] = []
        listed = words(text)
        at = 0
        while at < len(listed):
            for form, length, cut in reversed(self._beginning(listed, at)):
                start, end = listed[at][1], listed[at + length - 1][2] - cut
                rows = self._named(form, text[start:end])
                if rows:
                    found.append(Mention(*self._whole(text, start, end, rows), rows))
                    at += length
                    break
            else:
                at += 1
        return found

    # -- inside -------------------------------------------------------------------------------

    def _named(self, form: str, written: str) -> tuple[int, ...]:
        names, others = self._rows.get(form, ((), ()))
        rows = names or others
        even = form.partition(" ")[0] in _ARTICLES or not any(map(str.isupper, written))
        if not written[:1].islower() or (" " in form and even):
            return rows
        items = set(self.snapshot.schema.kinds_of("item"))
        return tuple(
            row
            for row in rows
            if self.snapshot.kind(row) not in items or _LOWER.match(self.snapshot.label(row))
        )

    def _whole(self, text: str, start: int, end: int, rows: Sequence[int]) -> tuple[int, int]:
        """Where a name begins and ends with the signs that it is written with: "M*A*S*H!"."""
        begins, ends = start, _with_bracket(text, start, end)
        for lead, trail in (self._signs[row] for row in rows if row in self._signs):
            if text.endswith(lead, 0, start):
                begins = min(begins, start - len(lead))
            if text.startswith(trail, end):
                ends = max(ends, end + len(trail))
        return begins, ends

    def _beginning(
        self, listed: Sequence[tuple[str, int, int]], at: int
    ) -> list[tuple[str, int, int]]:
        """The names that may begin at a word, short ones first: form, words, letters cut off."""
        found: list[tuple[str, int, int]] = []
        form = ""
        for length in range(1, len(listed) - at + 1):
            word = listed[at + length - 1][0]
            longer = f"{form} {word}" if form else word
            if word[-1] >= "가" and (particle := _PARTICLES.search(longer)):
                bare = longer[: particle.start()]
                if bare in self._rows:
                    found.append((bare, length, len(particle.group())))
            if longer in self._rows:
                found.append((longer, length, 0))
            if longer not in self._prefixes:
                break
            form = longer
        return found

    @cached_property
    def _rows(self) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
        grouped = self.names.group_by("form", maintain_order=True).agg(
            pl.col("row").filter(pl.col("exact")).alias("names"),
            pl.col("row").filter(~pl.col("exact")).alias("others"),
        )
        return {form: (tuple(names), tuple(others)) for form, names, others in grouped.iter_rows()}

    @cached_property
    def _signs(self) -> dict[int, tuple[str, str]]:
        """The signs before the first and behind the last word of the few labels that have such."""
        signs = (
            self.snapshot.nodes.lazy()
            .with_row_index("row")
            .select(
                pl.col("row").cast(pl.Int64),
                lead=pl.col("label").str.extract(r"^([^\w\s]*)"),
                trail=pl.col("label").str.extract(r"([^\w\s]*)$"),
            )
            .filter((pl.col("lead") != "") | (pl.col("trail") != ""))
            .collect()
        )
        return {row: (lead, trail) for row, lead, trail in signs.iter_rows()}

    @cached_property
    def _forms(self) -> Sequence[str]:
        return list(self._rows)

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        """What names of several words begin with, without their last words."""
        found: set[str] = set()
        for form in self._rows:
            while " " in form:
                form = form.rpartition(" ")[0]
                if form in found:
                    break
                found.add(form)
        return frozenset(found)


def _likeness(wanted: str, form: str, *, score_cutoff: float | None = None) -> float:
    """How alike two names are; a part of a name counts a little less than the whole."""
    cutoff = score_cutoff or 0.0
    whole = fuzz.ratio(wanted, form, score_cutoff=cutoff)
    by_word = fuzz.token_set_ratio(wanted, form, score_cutoff=cutoff) * 0.97
    in_part = 0.0
    if len(form) > len(wanted) >= 6:
        in_part = fuzz.partial_ratio(wanted, form, score_cutoff=cutoff) * 0.95
    elif len(wanted) >= 2 and f" {wanted}" in f" {form}":  # within any word a few letters stand
        in_part = 95.0
    return max(whole, by_word, in_part)


def _word_likeness(wanted: str, form: str) -> float:
    """How alike the words are, each with its best partner; a swap of letters is one error."""
    theirs = form.split(" ")
    alike = 0.0
    letters = 0
    for word in wanted.split(" "):
        best = max(OSA.normalized_similarity(word, other) for other in theirs)
        alike += best * len(word)
        letters += len(word)
    return 100 * alike / letters


def _article_first(name: str) -> str:
    found = _MOVED.match(name)
    if not found:
        return name
    return f"{found['article']} {found['name']}{name[found.end() :]}"


def _plain(word: str) -> str:
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word)
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", bare).casefold().translate(_STROKES)


def _with_bracket(text: str, start: int, end: int) -> int:
    """Where a name ends whose closing bracket or full stop belongs to it."""
    if text.count("(", start, end) > text.count(")", start, end) and text[end : end + 1] == ")":
        return end + 1
    return end
