"""What a wish asks for: items to be like, filters on attributes and numbers, in English and Korean.

Only what the words say becomes a filter: a name of the graph, perhaps denied, perhaps with the
relation's own words before or behind it; a number with "after", "이전" and the like. What is left
over may be a mood; a language model may name attributes for it, which then come first, no more.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from graph.names import Mention, NameIndex, words
from graph.snapshot import Snapshot

_NOT_BEFORE = re.compile(
    r"\b(?:no|not|without|except|excluding|never|avoid|nothing|isn['’]t|don['’]t|minus|hate|hates|"
    r"dislike|other than|instead of|but not)\b(?:\s+[^\s,.;]+){0,3}\s*$",
    re.IGNORECASE,
)
_NOT_BEHIND = re.compile(
    r"^[^\s,.;]{0,2}\s*(?:[^\s,.;]+\s+)?(?:말고|빼고|제외|아닌|아니|없는|없이|싫|안\s|외에|않)"
)
_LIKE = re.compile(
    r"\b(?:like|similar to|reminds? me of|in the style of|as)\s+(?:[^\s,.;]+\s+){0,2}$",
    re.IGNORECASE,
)
_ALIKE = re.compile(r"^\s*(?:같은|같이|처럼|비슷한|풍의|류의|\S{0,2}\s*비슷)")
_BUT = re.compile(r"\bbut\b[^.;]*$", re.IGNORECASE)

_N = r"(?P<n>\d{1,4})"
_YEAR = r"\s*년?\s*"
# A pattern, and what it says of a number: from (None: any) to.
_NUMBERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (rf"\b(?:between|from)\s+{_N}\s+(?:and|to|until|till)\s+(?P<m>\d{{1,4}})", "range"),
        (rf"{_N}{_YEAR}(?:부터|에서)\s*(?P<m>\d{{1,4}}){_YEAR}(?:까지|사이)", "range"),
        (rf"{_N}{_YEAR}[-~–]\s*(?P<m>\d{{1,4}})", "range"),
        (rf"(?:\bthe\s+)?(?<!\d){_N}['’]?s\b", "decade"),
        (rf"{_N}\s*년대", "decade"),
        (rf"\b(?:after|newer than|later than|more than|over|above|past)\s+{_N}", "above"),
        (rf"\b(?:since|from|starting|at least|not before)\s+{_N}(?:\s+on(?:wards?)?)?", "from"),
        (rf"{_N}{_YEAR}(?:이후|부터|이상)", "from"),
        (rf"{_N}{_YEAR}(?:보다\s*(?:나중|최근)|넘|초과)", "above"),
        (rf"\b(?:before|older than|earlier than|less than|under|below|prior to)\s+{_N}", "below"),
        (rf"\b(?:until|till|up to|at most|not after)\s+{_N}", "to"),
        (rf"{_N}{_YEAR}(?:이전|전에?|보다\s*(?:오래|먼저)|미만)", "below"),
        (rf"{_N}{_YEAR}(?:까지|이하)", "to"),
    )
)
# Words of wishes that catalogues also use as names: written small they are not meant as such.
_SMALL = frozenset(
    word
    for word, _, _ in words(
        "a about after all and any anything as at before best better but by different first for"
        " from fun give good great i in is it less like liked love me mind more my new next no not"
        " now of old on one or own please recommend right short show similar some something than"
        " that the thing this time to too want well what with without you"
        " 같은 같이 거 건 걸 것 게 그 그런 나 내가 뭐 더 덜 말고 비슷한 비슷하게 비슷한데 빼고"
        " 싶어 싶은 아닌 있나 있을까 없나 없을까 없는 이런 저 제일 좀 좋은 좋아 좋아하는 좋을까"
        " 주세요 줘 처럼 추천 추천해 추천해줘 추천해주세요 하나 해줘 해주세요"
    )
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Items that have (or, denied, have not) one of these attributes under one of these relations.

    `words` is what the wish says, `rows` the attributes.
    """

    words: str
    relations: tuple[str, ...]
    rows: frozenset[int]
    negated: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """A word that names nothing: characters `start` to `end` of a wish, perhaps denied."""

    word: str
    start: int
    end: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What was understood: items (rows) to be like and not to be, filters, and what was not."""

    text: str
    like: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    filters: tuple[Filter, ...] = ()
    rest: tuple[Rest, ...] = ()

    @property
    def vague(self) -> bool:
        """Whether nothing was understood that narrows anything down."""
        return not self.like and not self.filters

    def with_more(self, filters: Sequence[Filter], read: Sequence[Rest] = ()) -> "Wish":
        """The wish with attributes that some of its other words were found to mean."""
        rest = tuple(one for one in self.rest if one not in read)
        return replace(self, filters=(*self.filters, *filters), rest=rest)


def read_wish(names: NameIndex, text: str) -> Wish:
    """The items and filters that a wish names."""
    snapshot = names.snapshot
    items = set(snapshot.schema.kinds_of("item"))
    taken: list[tuple[int, int]] = []
    filters: list[Filter] = []
    for found, filter_ in _numbers(snapshot, text):
        taken.append(found)
        filters.append(filter_)
    like: list[int] = []
    without: list[int] = []
    for mention in names.mentions(text):
        if any(mention.start < end and start < mention.end for start, end in taken):
            continue
        said = text[mention.start : mention.end]
        if said.islower() and said in _SMALL:
            continue
        named = [row for row in mention.rows if snapshot.kind(row) in items]
        negated = _negated(text, mention.start, mention.end)
        alike = _LIKE.search(text[: mention.start]) or _ALIKE.match(text[mention.end :])
        others = [row for row in mention.rows if snapshot.kind(row) not in items]
        if named and (alike or not others):
            (without if negated and not alike else like).extend(_best(names, named))
        elif others:
            made = _filter(snapshot, text, mention, others, negated=negated)
            if made is not None:
                filters.append(made)
        taken.append((mention.start, mention.end))
    small = _SMALL | item_words(snapshot)
    rest = tuple(
        Rest(word, start, end, _negated(text, start, end))
        for word, start, end in words(text)
        if word not in small and not any(start < e and s < end for s, e in taken)
    )
    return Wish(text, tuple(dict.fromkeys(like)), tuple(without), tuple(filters), rest)


def allowed(snapshot: Snapshot, kind: str, filter_: Filter) -> NDArray[np.bool_]:
    """Which items (local rows) a filter lets through."""
    has = np.zeros(snapshot.count(kind), dtype=np.bool_)
    for name in filter_.relations:
        start = snapshot.rows(snapshot.schema.relations[name].tail).start
        back = snapshot.links(name, reverse=True)
        for row in filter_.rows:
            if 0 <= row - start < back.shape[0]:
                has[back.indices[back.row(row - start)]] = True
    return ~has if filter_.negated else has


def small_kinds(snapshot: Snapshot, most: int = 40) -> dict[str, str]:
    """Attribute relations with few values, and their kind: what a mood may be named by."""
    found = {}
    for name in snapshot.schema.attributes:
        kind = snapshot.schema.relations[name].tail
        if 1 < snapshot.count(kind) <= most and kind not in number_kinds(snapshot):
            found[name] = kind
    return found


def named_values(snapshot: Snapshot) -> dict[str, Filter]:
    """The values of those relations by name, each as a soft filter."""
    found: dict[str, Filter] = {}
    for relation, kind in small_kinds(snapshot).items():
        rows = snapshot.rows(kind)
        for row, label in zip(rows, snapshot.labels(list(rows)), strict=True):
            found.setdefault(label, Filter(label, (relation,), frozenset({row}), soft=True))
    return found


@lru_cache(maxsize=4)
def number_kinds(snapshot: Snapshot) -> frozenset[str]:
    """Attribute kinds whose names are whole numbers, all of them."""
    kinds = set()
    for kind in snapshot.schema.kinds_of("attribute"):
        rows = snapshot.rows(kind)
        if rows and all(label.isdigit() for label in snapshot.labels(list(rows))):
            kinds.add(kind)
    return frozenset(kinds)


@lru_cache(maxsize=4)
def item_words(snapshot: Snapshot) -> frozenset[str]:
    """What the items are called, one or many: a wish that says so asks for nothing more."""
    told = [
        text
        for kind in snapshot.schema.kinds_of("item")
        for own in snapshot.schema.kinds[kind].words.values()
        for text in (kind, own.one, own.many)
    ]
    return frozenset(word for text in told for word, _, _ in words(text))


# -- inside ----------------------------------------------------------------------------------


def _numbers(snapshot: Snapshot, text: str) -> Iterator[tuple[tuple[int, int], Filter]]:
    relations = [
        name
        for name in snapshot.schema.attributes
        if snapshot.schema.relations[name].tail in number_kinds(snapshot)
    ]
    if not relations:
        return
    taken: list[tuple[int, int]] = []
    for pattern, meaning in _NUMBERS:
        for found in pattern.finditer(text):
            if any(found.start() < end and start < found.end() for start, end in taken):
                continue
            low, high = _bounds(meaning, int(found["n"]), found.groupdict().get("m"))
            rows = {
                row
                for name in relations
                for row in snapshot.rows(snapshot.schema.relations[name].tail)
                if low <= int(snapshot.label(row)) <= high
            }
            taken.append(found.span())
            said = " ".join(found.group().split())
            yield found.span(), Filter(said, tuple(relations), frozenset(rows))


def _bounds(meaning: str, number: int, other: str | None) -> tuple[int, int]:
    most = 10**6
    if meaning == "range" and other is not None:
        return min(number, int(other)), max(number, int(other))
    if meaning == "decade":
        start = number if number >= 100 else (1900 + number if number >= 30 else 2000 + number)
        return start, start + 9
    return {
        "above": (number + 1, most),
        "from": (number, most),
        "below": (0, number - 1),
        "to": (0, number),
    }[meaning]


def _negated(text: str, start: int, end: int) -> bool:
    before = text[:start]
    denied = _NOT_BEFORE.search(before)
    if denied and not _BUT.search(before[denied.end() - 1 :]):
        return True
    return _NOT_BEHIND.match(text[end:]) is not None


def _best(names: NameIndex, rows: Sequence[int]) -> list[int]:
    """Of several items of one name the one that most edges speak of."""
    return [max(rows, key=lambda row: (names.degree(row), -row))]


def _filter(
    snapshot: Snapshot, text: str, mention: Mention, rows: Sequence[int], *, negated: bool
) -> Filter | None:
    kinds = {snapshot.kind(row) for row in rows}
    fitting = [
        name for name in snapshot.schema.attributes if snapshot.schema.relations[name].tail in kinds
    ]
    if not fitting:
        return None
    cued = [name for name in fitting if _cue(snapshot, name, text, mention)]
    said = text[mention.start : mention.end]
    return Filter(said, tuple(cued or fitting), frozenset(rows), negated)


def _cue(snapshot: Snapshot, relation: str, text: str, mention: Mention) -> bool:
    """Whether the relation's own words stand right before or behind the name.

    A single word like "with" is no cue: most relations may be meant by it.
    """
    before = " ".join(text[: mention.start].casefold().split())
    behind = " ".join(text[mention.end :].casefold().split())
    for said in snapshot.schema.relations[relation].words.values():
        lead, _, trail = said.shared.partition("{tail}")
        lead, trail = lead.strip().casefold(), trail.strip().casefold()
        if " " in lead and before.endswith(lead):
            return True
        verb = trail.rpartition(" ")[2]
        if len(verb) > 1 and re.match(rf"\S{{0,2}}\s*{re.escape(verb)}", behind):
            return True
    return False
