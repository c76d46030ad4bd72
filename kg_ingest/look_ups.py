"""Files that number things anew: for each key of another file the number that further files use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kg_ingest.looking import Column, Seen


@dataclass(frozen=True, slots=True)
class LookUp:
    """A file with a key (`value`) of what is in `of` for each number (`key`)."""

    seen: Seen
    key: Column
    value: Column
    of: Path


def look_ups(files: Sequence[Seen], keys: Mapping[Path, Column]) -> tuple[LookUp, ...]:
    """The files of two columns, one of which counts, while the other names what others describe.

    Only those that a file without a key, and without names for its columns, has a use for.
    """
    found = [made for seen in files if (made := _look_up(seen, files, keys)) is not None]
    bare = [
        seen
        for seen in files
        if not seen.header and seen.path not in keys and all(seen is not one.seen for one in found)
    ]
    wanted = [look_up_of(seen.frame[c.name], found) for seen in bare for c in seen.columns]
    return tuple(one for one in found if one in wanted)


def look_up_of(values: pl.Series, known: Sequence[LookUp]) -> LookUp | None:
    """The look-up that has all of some values, and hardly any others; None: they are keys."""
    each = values.explode() if values.dtype == pl.List(pl.String) else values
    some = each.drop_nulls().unique()
    best, most = None, 0.5
    for one in known:
        numbers = one.seen.frame[one.key.name]
        share = len(some) / max(len(numbers), 1)
        if share > most and bool(some.is_in(numbers.implode()).all()):
            best, most = one, share
    return best


def _look_up(seen: Seen, files: Sequence[Seen], keys: Mapping[Path, Column]) -> LookUp | None:
    if len(seen.columns) != 2 or not all(column.unique for column in seen.columns):
        return None
    best, most = None, 0.0
    for value, key in (seen.columns, seen.columns[::-1]):
        if not key.counts:
            continue
        named = seen.frame[value.name]
        for other in files:
            theirs = keys.get(other.path)
            if other.path == seen.path or theirs is None or len(other.columns) < 3:
                continue
            known = other.frame[theirs.name]
            both = int(named.is_in(known.implode()).sum())
            alike = both / (len(named) + len(known) - both)
            if both > 0.95 * len(named) and alike > most:
                best, most = LookUp(seen, key, value, other.path), alike
    return best
