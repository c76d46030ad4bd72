"""Merging: from matches to clusters, and from clusters to the nodes and edges of a snapshot.

The order in which matches were found plays no part. People's words are taken first, then the
resolver's, surest first; a match that would bring two nodes together that are held to be
different is passed over. So a new match can only touch the clusters that it names.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.ids import text_number
from graph.same import RESOLVE, REVIEW, Decision, Match, settled
from graph.sets import Sets
from graph.snapshot import MERGED


@dataclass(frozen=True, slots=True)
class Clusters:
    """`stands`: the node that remains, for each node that is merged into another.

    `passed_over` are matches of decision "same" that others contradict.
    """

    stands: dict[str, str]
    passed_over: tuple[Match, ...]


def clusters(matches: Iterable[Match]) -> Clusters:
    """What the matches come to, taken together.

    Of a cluster that node remains that the matches say most often, else the first by its id.
    """
    held = settled(matches)
    apart = [match for match in held if match.decision == Decision.DIFFERENT]
    same = [match for match in held if match.decision == Decision.SAME]
    same.sort(key=lambda match: (match.author == RESOLVE, -match.score, match.pair))
    by_people = [match for match in same if match.author == REVIEW]
    by_resolver = [match for match in same if match.author == RESOLVE]
    sets = Sets()
    for match in (match for match in apart if match.author == REVIEW):
        sets.part(*match.pair)
    passed_over = [match for match in by_people if not sets.join(*match.pair)]
    for match in (match for match in apart if match.author == RESOLVE):
        sets.part(*match.pair)
    passed_over += [match for match in by_resolver if not sets.join(*match.pair)]

    votes: dict[str, int] = {}
    for match in same:
        votes[match.stands] = votes.get(match.stands, 0) + 1
    stands: dict[str, str] = {}
    for members in sets.groups():
        first = min(members, key=lambda node: (-votes.get(node, 0), node))
        stands |= {node: first for node in members if node != first}
    return Clusters(stands, tuple(passed_over))


# -- nodes and edges ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The nodes of a snapshot, and where the store's nodes went.

    `place` has one entry per node before merging: its row now. `merged` has the nodes that are
    no more (columns `MERGED`).
    """

    nodes: pl.DataFrame
    place: NDArray[np.int64]
    merged: pl.DataFrame


def merge_nodes(nodes: pl.DataFrame, found: Clusters) -> Vocabulary:
    """Nodes (sorted by kind and id) with each cluster as the one node that stands.

    That node keeps what it says; labels and aliases of the others become its aliases, and their
    properties fill in what it lacks.
    """
    height = nodes.height
    identity = np.arange(height, dtype=np.int64)
    if not found.stands:
        return Vocabulary(nodes, identity, pl.DataFrame(schema=MERGED))
    rows = _rows_of(nodes, {*found.stands, *found.stands.values()})
    goes = identity.copy()
    members: dict[int, list[int]] = {}
    for node, standing in sorted(found.stands.items()):
        if node in rows and standing in rows:
            goes[rows[node]] = rows[standing]
            members.setdefault(rows[standing], []).append(rows[node])
    kept = goes == identity
    new_rows = np.cumsum(kept) - 1
    place = new_rows[goes]
    changed = [_one_of(nodes, standing, others) for standing, others in members.items()]
    made = nodes.with_row_index("row")
    if changed:
        update = pl.DataFrame(
            changed,
            schema={
                "row": pl.UInt32,
                "label": pl.String,
                "aliases": pl.String,
                "properties": pl.String,
            },
            orient="row",
        )
        made = made.update(update, on="row", how="left")
    gone = nodes.filter(~kept).select("id", "kind", "key", row=pl.Series(place[~kept]))
    return Vocabulary(made.filter(kept).select(nodes.columns), place, gone)


def _rows_of(nodes: pl.DataFrame, names: set[str]) -> dict[str, int]:
    numbers = pl.DataFrame({"name": sorted(names)}).with_columns(
        id=pl.col("name").map_elements(text_number, return_dtype=pl.Int64)
    )
    found = numbers.join(nodes.select("id").with_row_index("row"), on="id", how="inner")
    return dict(found.select("name", "row").iter_rows())


def _one_of(
    nodes: pl.DataFrame, standing: int, others: Sequence[int]
) -> tuple[int, str | None, str | None, str | None]:
    columns = ("label", "aliases", "properties")
    first = nodes.row(standing, named=True)
    rest = [nodes.row(row, named=True) for row in sorted(others)]
    label = next((part["label"] for part in (first, *rest) if part["label"] is not None), None)
    names: list[str] = []
    properties: dict[str, object] = {}
    for part in (first, *rest):
        says_label, says_aliases, says_properties = (part[name] for name in columns)
        names += [says_label] if says_label is not None else []
        names += json.loads(says_aliases) if says_aliases else []
        properties = {**(json.loads(says_properties) if says_properties else {}), **properties}
    aliases = [name for name in dict.fromkeys(names) if name != label]
    return (
        standing,
        label,
        json.dumps(aliases, ensure_ascii=False) if aliases else None,
        json.dumps(properties, sort_keys=True, ensure_ascii=False) if properties else None,
    )


def moved(
    edges: pl.DataFrame, place: NDArray[np.int64], kept: NDArray[np.int64], marks: pl.DataFrame
) -> pl.DataFrame:
    """The edges of one relation at the nodes that stand now, each with the id that it had.

    `edges` has head and tail as rows before merging, `place` their rows now; `kept` are, per row
    now, the row before. Of edges that have become the same one stays: the latest, else one that
    did not move, else the one with the smallest id. An edge between two that are one now goes.
    """
    heads, tails = edges["head"].to_numpy(), edges["tail"].to_numpy()
    at_head, at_tail = place[heads], place[tails]
    stays = (kept[at_head] == heads) & (kept[at_tail] == tails)
    placed = edges.with_columns(
        pl.Series("head", at_head), pl.Series("tail", at_tail), pl.Series("stays", stays)
    )
    if stays.all():
        return placed.drop("stays")
    loops = pl.Series((at_head == at_tail) & (heads != tails))
    return (
        placed.filter(~loops)
        .join(marks, on="id", how="left")
        .with_columns(pl.col("discriminator").fill_null(""))
        .sort(["time", "stays", "id"], descending=[True, True, False])
        .unique(["head", "tail", "discriminator"], keep="first", maintain_order=True)
        .drop("stays", "discriminator")
    )
