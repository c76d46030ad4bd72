"""From what files look like to what their columns mean: a proposal that a person then corrects.

Each column gets one role, with the reason. Roles, and what speaks for them:

    key        no two rows have the same value, and the name or the place says so
    reference  its values are the keys of another file, or those of the same name elsewhere
    user       an id that is the key of no file, in a file that is about items
    label      the text that names a row: by its name, else the most varied short text
    history    a list of keys: more items of the same user
    link       values that come again: a category, a person, a year; alone or several in a cell
    weight     a number on a short scale, in a file of users and items
    time       dates, or seconds since 1970
    relation   says, row by row, how the two others are connected; `object` is the other end
    property   anything else that is worth keeping
    nothing    empty, always the same, or a repetition
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from kg_ingest.look_ups import LookUp, look_up_of, look_ups
from kg_ingest.looking import MOVED, Column, Seen

_KEY = re.compile(
    r"(?:^|_|\b)(?:id|key|code|uid|uuid|isbn|sku|asin|no|nr|number)$|[a-z](?:Id|ID|Key)$", re.I
)
_LABEL = re.compile(r"^(?:title|name|label|caption|headline|titel|nom|제목|이름)$", re.I)
_USER = re.compile(r"user|customer|member|reader|person|client|account|visitor|사용자|고객", re.I)
_WEIGHT = re.compile(r"rating|score|stars|weight|grade|liked?$|count|quantity|평점", re.I)
_TIME = re.compile(r"time|date|_at$|stamp|day$|when|일시|날짜", re.I)
_SPOKEN = re.compile(
    r"^(?:description|plot|text|summary|comment|review|body|url|link|poster|image)", re.I
)
_DATED = r"\((?:1[5-9]|20)\d\d\)\s*$"
MOST_RELATIONS = 60


@dataclass(frozen=True, slots=True)
class Meant:
    """What a column is taken to mean, and why. `to` is the kind at the other end of a link.

    `look_up` is the kind whose look-up tells the key that a value stands for.
    """

    column: Column
    role: str
    why: str
    to: str = ""
    look_up: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file with the roles of its columns; `kind` is what its rows are, "" for mere facts."""

    seen: Seen
    kind: str
    roles: tuple[Meant, ...]
    dated: bool = False
    moved: bool = False
    liked: float | None = None
    relations: dict[str, str] = field(default_factory=dict)

    def of(self, role: str) -> list[Meant]:
        """The columns of a role."""
        return [meant for meant in self.roles if meant.role == role]


@dataclass(frozen=True, slots=True)
class Proposal:
    """All tables, the kind of the items, that of the users ("" when there are none), look-ups.

    A look-up goes by the kind of what its numbers stand for.
    """

    tables: tuple[Table, ...]
    items: str
    users: str
    look_ups: dict[str, LookUp]


def propose(files: Sequence[Seen]) -> Proposal:
    """What the files mean, taken together."""
    keys = {seen.path: key for seen in files if (key := _key(seen)) is not None}
    found = look_ups(files, keys)
    aside = {one.seen.path for one in found}
    files = [seen for seen in files if seen.path not in aside]
    keys = {path: key for path, key in keys.items() if path not in aside}
    kinds = {
        path: _kind(seen, keys[path]) for seen in files for path in (seen.path,) if path in keys
    }
    refs = {seen.path: _references(seen, files, keys) for seen in files}
    pointed = [target for found in refs.values() for target in found.values()]
    main = max(
        keys,
        key=lambda path: (not _USER.search(kinds[path]), pointed.count(path), _rows(files, path)),
        default=None,
    )
    items = kinds[main] if main else ""
    named = {kinds[one.of]: one for one in found}
    tables = []
    for seen in files:
        if seen.path in keys:
            tables.append(_things(seen, keys[seen.path], kinds[seen.path], refs[seen.path], kinds))
        else:
            tables.append(_facts(seen, refs[seen.path], kinds, items, named))
    if not items:
        items = next((meant.to for table in tables for meant in table.of("head")), "item")
    users = next((m.to for table in tables for m in table.of("user")), "") or next(
        (kind for kind in kinds.values() if _USER.search(kind)), ""
    )
    tables.sort(key=lambda table: (not table.of("key"), bool(table.relations)))
    return Proposal(tuple(tables), items, users, named)


# -- keys and references -----------------------------------------------------------------------


def _key(seen: Seen) -> Column | None:
    """The column that identifies a row; the first of those that could."""
    if seen.format == "adjacency":
        return None
    unique = [column for column in seen.columns if column.unique and not column.splitter]
    named = [column for column in unique if _KEY.search(column.name)]
    if named:
        return named[0]
    first = seen.columns[0]
    plain = first.unique and first.whole == 1.0 and not seen.header
    return first if plain else None


def _kind(seen: Seen, key: Column) -> str:
    bare = re.sub(r"_?(?:id|key)$", "", slug(key.name))
    stem = singular(re.sub(r"_(?:id|name|info|list|table|map)s?(?=_|$).*$", "", slug(seen.stem)))
    return bare if bare and not bare.startswith("column") and seen.header else stem or "item"


def _rows(files: Iterable[Seen], path: Path) -> int:
    return next(seen.frame.height for seen in files if seen.path == path)


def _references(seen: Seen, files: Sequence[Seen], keys: dict[Path, Column]) -> dict[str, Path]:
    """Columns whose values are the keys of another file: by value, and by name or by place."""
    found: dict[str, Path] = {}
    own = keys.get(seen.path)
    for column in seen.columns:
        for other in files:
            key = keys.get(other.path)
            if other.path == seen.path or key is None or column.splitter:
                continue
            mine = own is not None and own.name == column.name
            if mine and _prior(seen, other):
                continue  # of two files with the same keys, one says what the things are
            if not _called_alike(seen, column, other, key, mine=mine):
                continue
            values = seen.frame[column.name].drop_nulls().unique()
            known = values.is_in(other.frame[key.name].drop_nulls().unique().implode())
            if float(known.sum()) > 0.8 * len(values):
                found.setdefault(column.name, other.path)
    return found


def _prior(seen: Seen, other: Seen) -> bool:
    labelled = [_label(seen.columns[1:]) is not None, _label(other.columns[1:]) is not None]
    if labelled[0] != labelled[1]:
        return labelled[0]
    return (len(seen.stem), seen.stem) < (len(other.stem), other.stem)


def _called_alike(seen: Seen, column: Column, other: Seen, key: Column, *, mine: bool) -> bool:
    named, theirs = slug(column.name), singular(slug(other.stem))
    if seen.header:
        stem = re.sub(r"_?(?:id|key)$", "", named)
        same = other.header and named == slug(key.name)
        return same or (stem != "" and (stem == theirs or theirs.startswith((stem, f"{stem}s"))))
    return mine and not other.header and slug(seen.stem).startswith(slug(other.stem)[:5])


# -- tables ------------------------------------------------------------------------------------


def _things(
    seen: Seen,
    key: Column,
    kind: str,
    refs: dict[str, Path],
    kinds: dict[Path, str],
) -> Table:
    if key.name in refs:
        kind = kinds[refs[key.name]]
    roles = [Meant(key, "key", "no two rows have the same")]
    rest = [column for column in seen.columns if column.name != key.name]
    label = _label(rest)
    for column in rest:
        if column.name in refs:
            roles.append(
                Meant(column, "reference", "keys of another file", kinds[refs[column.name]])
            )
        elif label is not None and column.name == label.name and key.name not in refs:
            roles.append(Meant(column, "label", "names a row"))
        else:
            roles.append(_attribute(column, kind))
    name = seen.frame[label.name] if label is not None else pl.Series([], dtype=pl.String)
    return Table(
        seen,
        kind,
        tuple(roles),
        dated=_share(name, _DATED) > 0.8,
        moved=_share(name, MOVED) > 0.005,
    )


def _facts(
    seen: Seen,
    refs: dict[str, Path],
    kinds: dict[Path, str],
    items: str,
    look_ups: dict[str, LookUp],
) -> Table:
    """A file without a key of its own: interactions, facts, or pairs."""
    roles: list[Meant] = []
    for name, target in refs.items():
        roles.append(Meant(seen.column(name), "reference", "keys of another file", kinds[target]))
    left = [column for column in seen.columns if column.name not in refs]
    relation = _relation(left)
    if relation is not None:
        return _triples(seen, roles, left, relation, items)
    if seen.format == "adjacency":
        head, tail = left
        first, others = (_stands_for(seen, column, look_ups) for column in left)
        roles += [
            Meant(head, "user", "the first number of a line", first or "user", first),
            Meant(tail, "item", "all others", others or items or "item", others),
        ]
        return Table(seen, "", tuple(roles))
    ids = [c for c in left if _KEY.search(c.name) and not c.splitter and c.filled == c.rows]
    user = next((c for c in ids if _USER.search(c.name)), ids[0] if ids and refs else None)
    if user is not None:
        roles.append(Meant(user, "user", "an id that is the key of no file", stem_of(user)))
        left.remove(user)
        if not refs:
            item = next((c for c in left if c in ids), None)
            if item is not None:
                roles.append(Meant(item, "item", "the other id", items or stem_of(item)))
                left.remove(item)
    ends = [(slug(m.column.name), m.to) for m in roles if m.role in ("reference", "item")]
    for column in left:
        whole = next((to for name, to in ends if slug(column.name).endswith(name)), "")
        if column.bracketed:
            role = "history" if whole else "nothing"
            roles.append(Meant(column, role, "a list" + (" of keys" if whole else ""), whole))
        elif column.times or _TIME.search(column.name):
            roles.append(Meant(column, "time" if column.times else "nothing", "a time"))
        elif column.measured and (_WEIGHT.search(column.name) or column.distinct <= 20):
            already = any(meant.role == "weight" for meant in roles)
            roles.append(Meant(column, "property" if already else "weight", "a short scale"))
        else:
            roles.append(_attribute(column, ""))
    weight = next((meant.column for meant in roles if meant.role == "weight"), None)
    return Table(seen, "", tuple(roles), liked=_liked(weight))


def _stands_for(seen: Seen, column: Column, look_ups: dict[str, LookUp]) -> str:
    """The kind that a column's numbers stand for by a look-up, "" for numbers of their own."""
    found = look_up_of(seen.frame[column.name], list(look_ups.values()))
    return next((kind for kind, one in look_ups.items() if one is found), "")


def _triples(
    seen: Seen, roles: list[Meant], left: list[Column], relation: Column, items: str
) -> Table:
    roles.append(Meant(relation, "relation", "few values, all of them identifiers"))
    others = [column for column in left if column.name != relation.name]
    at = [column.name for column in seen.columns].index(relation.name)
    after = [c for c in others if [k.name for k in seen.columns].index(c.name) > at]
    other = after[0] if after else others[-1]
    roles.append(Meant(other, "object", "the other end"))
    if not any(meant.role == "reference" for meant in roles):
        head = next(column for column in others if column.name != other.name)
        roles.append(Meant(head, "head", "the end before the relation", items or "item"))
    named = {meant.column.name for meant in roles}
    roles += [
        Meant(column, "nothing", "repeats what the key says")
        for column in others
        if column.name not in named
    ]
    names = {value: slug(value) for value in seen.frame[relation.name].drop_nulls().unique().sort()}
    return Table(seen, "", tuple(roles), relations=names)


def _relation(columns: Sequence[Column]) -> Column | None:
    fit = [
        column
        for column in columns
        if column.identifier == 1.0
        and column.numeric == 0
        and 1 < column.distinct <= MOST_RELATIONS
        and column.distinct < 0.05 * column.filled
        and any("_" in example for example in column.examples)
    ]
    return fit[0] if fit and len(columns) >= 2 else None


def _label(columns: Sequence[Column]) -> Column | None:
    texts = [c for c in columns if c.numeric < 0.5 and not c.times and not c.bracketed and c.filled]
    named = [column for column in texts if _LABEL.search(column.name)]
    if named:
        return named[0]
    varied = [
        c
        for c in texts
        if c.distinct > 0.7 * c.rows
        and c.length < 80
        and not c.splitter
        and not _SPOKEN.search(c.name)
    ]
    return varied[0] if varied else None


def _attribute(column: Column, kind: str) -> Meant:
    if not column.filled or column.distinct <= 1:
        return Meant(column, "nothing", "empty, or always the same")
    if _SPOKEN.search(column.name):
        return Meant(column, "property", "words about it")
    if column.bracketed or column.splitter:
        return Meant(
            column, "link", f"several in a cell, parted by {column.splitter!r}", noun(column)
        )
    if column.length > 80:
        return Meant(column, "property", "words about it")
    if column.year > 0.9:
        return Meant(column, "link", "years", "year")
    if _KEY.search(column.name):
        return Meant(column, "property", "an id that somebody else gave")
    if column.times:
        return Meant(column, "property", "a time")
    if column.numeric == 1.0 and (column.distinct > 30 or not column.counts):
        return Meant(column, "property", "a number")
    if column.distinct == 2:
        return Meant(column, "property", "one of two")
    if column.repeats:
        return Meant(column, "link", "values come again", noun(column))
    return Meant(column, "property", "hardly a value comes again")


def _liked(weight: Column | None) -> float | None:
    """The least weight that counts as liking: 70 % of the way up the scale, in whole steps."""
    if weight is None or weight.most <= weight.least:
        return None
    if weight.distinct == 2:
        return weight.most
    return float(round(weight.least + 0.75 * (weight.most - weight.least)))


def _share(values: pl.Series, pattern: str) -> float:
    filled = values.drop_nulls()
    return float(filled.str.contains(pattern).sum()) / max(len(filled), 1)


# -- names -------------------------------------------------------------------------------------


def slug(name: str) -> str:
    """A name as the schema takes it: lower case, underscores, a letter first."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    made = re.sub(r"[^a-z0-9]+", "_", parted.casefold()).strip("_")
    return (made if made[:1].isalpha() else f"x_{made}" if made else "")[:50]


def singular(name: str) -> str:
    """One of them: "movies", "categories", "boxes"; good enough to be corrected."""
    for plural, one in (("ovies", "ovie"), ("ies", "y"), ("sses", "ss"), ("xes", "x")):
        if name.endswith(plural) and len(name) > len(plural):
            return name[: -len(plural)] + one
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name


def noun(column: Column) -> str:
    """What a value of a column is called."""
    return singular(slug(column.name)) or "value"


def stem_of(column: Column) -> str:
    """What an id identifies: "userId" a user."""
    return re.sub(r"_?(?:id|key|no|nr|number)$", "", slug(column.name)) or "user"
