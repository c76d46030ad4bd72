"""Pairs of things that may be the same: only things that share something rare are ever compared.

Each stage proposes pairs (columns PAIRS, a < b); the first stage that proposes a pair has found
it. A block that is shared by more than `MOST` things tells nothing apart and is passed over.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from graph.types import Encode
from kg_ingest.things import Things

PAIRS: dict[str, pl.DataType] = {"a": pl.UInt32(), "b": pl.UInt32()}
MOST = 60
LEAST_LIKENESS = 72.0
LEAST_COSINE = 0.6
_CHUNK = 200_000


def by_ids(things: Things) -> pl.DataFrame:
    """Pairs that hold the same given id."""
    return _sharing(things.given, ["property", "value"], most=10)


def by_names(things: Things) -> pl.DataFrame:
    """Pairs that share a form of their names, one of them at least being the name itself."""
    own = things.names.filter("own").select("at", "form").unique()
    blocks = _sharing(things.names.select("at", "form").unique(), ["form"], most=MOST)
    ends = pl.concat(
        [_where(own, things.names, "a", "b"), _where(things.names, own, "a", "b")]
    ).unique()
    return blocks.join(ends, on=["a", "b"], how="semi")


def _where(left: pl.DataFrame, right: pl.DataFrame, a: str, b: str) -> pl.DataFrame:
    rare = pl.len().over("form") <= MOST
    return (
        left.filter(rare)
        .select("form", pl.col("at").alias(a))
        .join(right.select("form", pl.col("at").alias(b)), on="form")
        .filter(pl.col(a) < pl.col(b))
        .select(a, b)
    )


def by_likeness(things: Things) -> pl.DataFrame:
    """Pairs whose names are alike, among those that share a rare word or rare company."""
    proposed = pl.concat(
        [
            _sharing(things.words, ["word"], most=MOST),
            _sharing(things.company.select("at", "token").unique(), ["token"], most=MOST),
        ]
    ).unique(maintain_order=False)
    proposed = proposed.sort("a", "b")
    return proposed.filter(likeness(things, proposed) >= LEAST_LIKENESS)


def by_vectors(things: Things, encode: Encode) -> pl.DataFrame:
    """Pairs whose names mean alike, among those that share rare company, whatever the letters.

    With `close`, the cosine from 0 to 100.
    """
    proposed = _sharing(things.company.select("at", "token").unique(), ["token"], most=MOST)
    proposed = proposed.sort("a", "b")
    if proposed.is_empty():
        return proposed.with_columns(close=pl.lit(None, dtype=pl.Float32))
    needed = np.unique(np.concatenate([proposed["a"].to_numpy(), proposed["b"].to_numpy()]))
    made = encode([things.things["label"][int(at)] for at in needed])
    vectors = np.zeros((things.size, made.shape[1]), dtype=np.float32)
    vectors[needed] = made
    found = proposed.with_columns(close=100 * cosines(vectors, proposed))
    return found.filter(pl.col("close") >= 100 * LEAST_COSINE)


def cosines(vectors: NDArray[np.float32], pairs: pl.DataFrame) -> pl.Series:
    """The cosine of each pair; `vectors` (things x size) have length one."""
    a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    parts = [
        np.einsum("ij,ij->i", vectors[a[at : at + _CHUNK]], vectors[b[at : at + _CHUNK]])
        for at in range(0, len(a), _CHUNK)
    ]
    return pl.Series(np.concatenate(parts) if parts else np.empty(0, dtype=np.float32))


def likeness(things: Things, pairs: pl.DataFrame) -> pl.Series:
    """How alike the names of each pair are, 0 to 100: letters in their order, or word by word."""
    a = [things.text[at] for at in pairs["a"]]
    b = [things.text[at] for at in pairs["b"]]
    whole = process.cpdist(a, b, scorer=fuzz.ratio, processor=None, dtype=np.float32)
    by_word = process.cpdist(a, b, scorer=fuzz.token_sort_ratio, processor=None, dtype=np.float32)
    return pl.Series(np.maximum(whole, 0.98 * by_word))


def _sharing(rows: pl.DataFrame, block: Sequence[str], *, most: int) -> pl.DataFrame:
    small = rows.filter((pl.len().over(block) <= most) & (pl.len().over(block) > 1))
    return (
        small.select(*block, a="at")
        .join(small.select(*block, b="at"), on=list(block))
        .filter(pl.col("a") < pl.col("b"))
        .select("a", "b")
        .unique()
        .select(pl.col("a", "b").cast(pl.UInt32))
    )
