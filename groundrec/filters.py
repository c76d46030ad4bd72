"""Which items may be recommended at all, said in the catalogue's own words; asked before ranking.

released_in>=1990        an attribute that is a number
has_genre=Crime|Drama    an attribute by name or key; any of several
has_genre!=Horror        none of these attributes
minutes<=30              a property of the item, where no relation is called so
kind=book                the kind of item
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.errors import InputError
from graph.neighbours import rows_of
from graph.snapshot import Snapshot
from groundrec.finding import find_item
from groundrec.workspace import Workspace

Mask = NDArray[np.bool_]
_SAID = re.compile(r"\s*(?P<name>[^=<>!]+?)\s*(?P<sign>!=|>=|<=|=|>|<)\s*(?P<value>.+?)\s*")
_COMPARED: dict[str, Callable[[NDArray[np.float64], float], Mask]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One `--where`: what an item has under a relation or property, compared with values."""

    name: str
    sign: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read RELATION=VALUE and its like; InputError for anything else."""
        found = _SAID.fullmatch(text)
        if found is None:
            raise InputError(
                f"not a condition: {text!r}", hint="RELATION=VALUE, RELATION>=NUMBER, and so on"
            )
        values = tuple(part.strip() for part in found["value"].split("|") if part.strip())
        if found["sign"] in _COMPARED and (len(values) != 1 or _number(values[0]) is None):
            raise InputError(f"{found['sign']} needs one number: {text!r}")
        return cls(found["name"], found["sign"], values)


@dataclass(frozen=True, slots=True)
class Filters:
    """All that an item must fulfil. `allow` and `deny` name items, or files of them as @PATH."""

    where: tuple[Condition, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    with_seen: bool = False

    @classmethod
    def of(
        cls,
        where: Sequence[str] | None,
        allow: Sequence[str] | None,
        deny: Sequence[str] | None,
        *,
        with_seen: bool = False,
    ) -> Self:
        """From what was typed."""
        conditions = tuple(Condition.of(text) for text in where or ())
        return cls(conditions, tuple(allow or ()), tuple(deny or ()), with_seen)

    def mask(self, place: Workspace, kind: str) -> Mask | None:
        """Which items of a kind are allowed (local rows); None when all are.

        InputError for a relation, an attribute or an item that the graph does not have.
        """
        if not (self.where or self.allow or self.deny):
            return None
        made = np.ones(place.snapshot.count(kind), dtype=np.bool_)
        for condition in self.where:
            made &= _fulfilled(place, condition, kind)
        start = place.snapshot.rows(kind).start
        if self.allow:
            listed = np.zeros_like(made)
            listed[[row - start for row in _items(place, self.allow, kind)]] = True
            made &= listed
        if self.deny:
            made[[row - start for row in _items(place, self.deny, kind)]] = False
        return made


def _fulfilled(place: Workspace, condition: Condition, kind: str) -> Mask:
    snapshot = place.snapshot
    if condition.name == "kind":
        return np.full(snapshot.count(kind), (kind in condition.values) == (condition.sign == "="))
    relation = snapshot.schema.relations.get(condition.name)
    if relation is None or relation.head != kind or relation.interaction:
        return _by_property(snapshot, condition, kind)
    tails = snapshot.rows(relation.tail)
    if condition.sign in _COMPARED:
        wanted = _compared(snapshot.labels(tails), condition)
    else:
        wanted = np.zeros(len(tails), dtype=np.bool_)
        for value in condition.values:
            wanted[[row - tails.start for row in _attribute(place, value, relation.tail)]] = True
    links = snapshot.links(condition.name)
    has = np.zeros(links.shape[0], dtype=np.bool_)
    has[rows_of(links.matrix())[wanted[links.matrix().indices]]] = True
    return ~has if condition.sign == "!=" else has


def _by_property(snapshot: Snapshot, condition: Condition, kind: str) -> Mask:
    nodes = [dict(snapshot.node(row).properties) for row in snapshot.rows(kind)]
    if not any(condition.name in properties for properties in nodes):
        known = [
            name for name in snapshot.schema.attributes
            if snapshot.schema.relations[name].head == kind
        ]  # fmt: skip
        raise InputError(
            f"{kind}s have neither a relation nor a property {condition.name!r}",
            hint=f"relations: {', '.join(known)}",
        )
    values = [properties.get(condition.name) for properties in nodes]
    if condition.sign in _COMPARED:
        return _compared([str(value) for value in values], condition)
    wanted = {value.casefold() for value in condition.values}
    equal = np.array([str(value).casefold() in wanted for value in values], dtype=np.bool_)
    return ~equal if condition.sign == "!=" else equal


def _compared(texts: Sequence[str], condition: Condition) -> Mask:
    numbers = np.array([_number(text) for text in texts], dtype=np.float64)
    return _COMPARED[condition.sign](numbers, float(condition.values[0]))


def _attribute(place: Workspace, value: str, kind: str) -> list[int]:
    found = [row for row in place.names.exact(value) if place.snapshot.kind(row) == kind]
    if not found and (row := place.snapshot.find(f"{kind}:{value}")) is not None:
        found = [row]
    if not found:
        near = [
            place.snapshot.label(row)
            for row, _ in place.names.search(value, limit=50)
            if place.snapshot.kind(row) == kind
        ]
        raise InputError(
            f"no {kind} is called {value!r}",
            hint=f"did you mean: {', '.join(near[:5])}?" if near else "",
        )
    return found


def _items(place: Workspace, named: Sequence[str], kind: str) -> list[int]:
    texts: list[str] = []
    for one in named:
        if not one.startswith("@"):
            texts.append(one)
            continue
        try:
            lines = Path(one[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the list {one[1:]}: {error}") from error
        texts += [line.strip() for line in lines if line.strip()]
    rows = [find_item(place, text) for text in texts]
    return [row for row in rows if place.snapshot.kind(row) == kind]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
