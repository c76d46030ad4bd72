"""`groundrec publish`: what the model says of people and items, for those who ask Neo4j itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from graph.errors import InputError
from graph.ids import text_number
from graph.snapshot import Progress, Snapshot
from graph.types import Vectors
from groundrec import output
from groundrec.bulk import best_of_all
from groundrec.filters import Filters
from groundrec.on_neo4j import on_neo4j, open_neo4j
from groundrec.serving import item_kind, last_words, ranker_of
from groundrec.workspace import Workspace
from models.embedding import embedding_of
from models.gnn import GnnRanker
from models.rank import blocks

if TYPE_CHECKING:
    from graph.neo4j_publishing import Published, Said


@dataclass(frozen=True, slots=True)
class Told:
    """What was put on the server's nodes; `index` is empty where there is no embedding."""

    model: str
    nodes: tuple["Published", ...]
    index: str
    dimensions: int
    snapshot: str

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return {
            "model": self.model,
            "nodes": [
                {
                    "kind": one.kind,
                    "written": one.written,
                    "unchanged": one.unchanged,
                    "removed": one.removed,
                }
                for one in self.nodes
            ],
            "index": self.index or None,
            "dimensions": self.dimensions,
        }

    def show(self) -> None:
        """One line per kind, and how to ask."""
        for one in self.nodes:
            output.emit(
                f"{one.kind}: {one.written:,} nodes written, {one.unchanged:,} as they were,"
                f" {one.removed:,} cleared"
            )
        if self.index:
            output.emit(f"index {self.index}, {self.dimensions} dimensions (docs/neo4j.md)")


def publish(place: Workspace, progress: Progress, *, best: bool) -> Told:
    """Put the model's embeddings, and with `best` each person's best items, onto their nodes.

    InputError when the graph is not in Neo4j, or the model has nothing to publish.
    """
    _on_a_server(place)
    base = place.base
    embedding = embedding_of(ranker_of(place))
    if embedding is None and not best:
        raise InputError(
            f"the ranker {place.model!r} has no embedding",
            hint="`--model gnn` or blend (when trained) has one; `--best 10` needs none",
        )
    items, people = item_kind(base), base.schema.kinds_of("user")[0]
    choices = _choices(place, progress) if best else {}
    directions = None if embedding is None else embedding.directions()
    size = 0 if directions is None else directions.shape[1]
    with open_neo4j(place.settings) as store:
        from graph.neo4j_publishing import make_index, note_about, publish

        made = [
            publish(store, items, _items(base, items, embedding, directions)),
            publish(store, people, _people(base, people, embedding, size, choices)),
        ]
        index = make_index(store, items, size) if size else ""
        note_about(store, model=place.model, snapshot=base.version)
    return Told(place.model, tuple(made), index, size, base.version)


def withdraw(place: Workspace) -> int:
    """Take off the server's nodes what was published; gives how many had something."""
    _on_a_server(place)
    with open_neo4j(place.settings) as store:
        from graph.neo4j_publishing import withdraw

        return withdraw(store)


def _on_a_server(place: Workspace) -> None:
    if not on_neo4j(place.settings):
        raise InputError(
            "only a graph that is kept in Neo4j can be published to",
            hint="`recommend --all --out FILE` writes each person's best items to a file",
        )


def _items(
    base: Snapshot, kind: str, embedding: GnnRanker | None, directions: Vectors | None
) -> Iterator["Said"]:
    from graph.neo4j_publishing import Said

    if embedding is None or directions is None:
        return
    numbers = base.nodes["id"].to_numpy()[base.rows(kind)]
    for item in np.flatnonzero(embedding.known):
        yield Said(int(numbers[item]), directions[item])


def _people(
    base: Snapshot,
    kind: str,
    embedding: GnnRanker | None,
    size: int,
    choices: dict[int, tuple[tuple[str, ...], tuple[float, ...]]],
) -> Iterator["Said"]:
    from graph.neo4j_publishing import Said

    numbers = base.nodes["id"].to_numpy()[base.rows(kind)]
    for rows in blocks(base.count(kind), base.count(item_kind(base))):
        local = np.arange(rows.start, rows.stop)
        placed: list[Vectors | None] = [None] * len(local)
        if embedding is not None:
            liked = last_words(base, local, kind)[0]
            users = embedding.users(liked).astype(np.float32)
            standing = np.pad(users, ((0, 0), (0, size - users.shape[1])))
            for at in np.flatnonzero(np.diff(liked.indptr)):
                placed[at] = standing[at]
        for number, vector in zip(numbers[rows], placed, strict=True):
            keys, scores = choices.get(int(number), ((), ()))
            if vector is not None or keys:
                yield Said(int(number), vector, keys, scores)


def _choices(
    place: Workspace, progress: Progress
) -> dict[int, tuple[tuple[str, ...], tuple[float, ...]]]:
    """The best items of each person by the number of their node: keys and scores, best first."""
    kind = place.snapshot.schema.kinds_of("user")[0]
    keys = pl.col("item").str.splitn(":", 2).struct.field("field_1")
    found = {}
    for part in best_of_all(place, progress, Filters()):
        each = part.group_by("user", maintain_order=True).agg(keys.alias("item"), "score")
        for user, items, scores in each.iter_rows():
            found[text_number(f"{kind}:{user}")] = tuple(items), tuple(scores)
    return found
