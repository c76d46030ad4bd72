"""What a person says of an item, kept as an edge with its provenance like any other."""

import math
import time
import uuid
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from graph.batch import EDGES, NODES, PROVENANCE, Batch, Counts
from graph.errors import InputError, MissingArtefactError, StaleArtefactError
from graph.ids import edge_numbers, text_number, text_numbers
from graph.overlay import Change
from graph.schema import Relation, RelationWords, Schema
from graph.store import Run
from graph.types import Edge
from groundrec.finding import find_item
from groundrec.workspace import Workspace

SOURCE = "feedback"
OPINION = "opinion"

# It may be a dislike, so no word of it is "like"; and what "you liked" says is looked up among all
# interactions, which a relation with that very word would hide.
_WORDS = {
    "en": RelationWords(
        forward="{head} said what they think of {tail}",
        inverse="{tail} was spoken of by {head}",
        shared="spoken of by {tail}",
    ),
    "ko": RelationWords(
        forward="{head}은/는 {tail}에 대한 의견을 말했다",
        inverse="{tail}에 대한 의견을 {head}이/가 말했다",
        shared="{tail}이/가 의견을 말한",
    ),
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """A rating on the catalogue's scale, or a plain like (1) or dislike (-1)."""

    rating: float | None
    sign: int

    @classmethod
    def of(cls, *, like: bool, dislike: bool, rating: float | None) -> Self:
        """Exactly one of the three; InputError otherwise."""
        if like + dislike + (rating is not None) != 1:
            raise InputError(
                "say one thing about the item", hint="--like, --dislike or --rating NUMBER"
            )
        if rating is not None and not math.isfinite(rating):
            raise InputError(f"a rating is a number, not {rating}")
        return cls(rating, 0 if rating is not None else (1 if like else -1))


def give_feedback(place: Workspace, user: str, item: str, opinion: Opinion) -> Edge:
    """Write one interaction edge; the user is made when new.

    A rating goes to the catalogue's own weighted interaction, so that it replaces an older one;
    a like or dislike to the relation `opinion`, which every graph may have. InputError when the
    graph has no interaction that takes a rating, or the rating is far from all that it has.
    """
    snapshot = place.snapshot
    if not place.has_store:
        raise MissingArtefactError(
            f"no graph at {place.home.store}", hint="`groundrec restore` brings a backup back"
        )
    row = find_item(place, item)
    target = snapshot.id(row)
    item_kind = snapshot.kind(row)
    (user_kind,) = snapshot.schema.kinds_of("user")[:1] or ("user",)
    head = user if user.startswith(f"{user_kind}:") else f"{user_kind}:{user}"
    if not head.partition(":")[2].strip():
        raise InputError("a user needs a key", hint="groundrec feedback USER ITEM --like")
    with place.store() as store:
        before, schema = store.change_token(), store.schema()
        if not {user_kind, item_kind} <= schema.kinds.keys():
            raise StaleArtefactError(
                "the store is not the one of this snapshot",
                hint="`groundrec snapshot` builds its own",
            )
        relation = (
            _rated(place, schema, user_kind, item_kind, opinion.rating)
            if opinion.rating is not None
            else _opinion(schema, user_kind, item_kind)
        )
        edge = Edge(
            head=head,
            relation=relation,
            tail=target,
            weight=opinion.rating if opinion.rating is not None else float(opinion.sign),
            time=int(time.time()),
        )
        run = Run(
            id=f"{SOURCE}-{uuid.uuid4().hex[:12]}",
            mapping=SOURCE,
            started=int(time.time()),
            ended=None,
            positions={},
            counts=Counts(),
            rejects=0,
        )
        store.begin(run, _said_of(schema, relation, user_kind, item_kind))
        batch = _batch(edge, user_kind)
        store.end(store.write(run, batch).run)
        change = Change(batch.nodes, batch.edges, schema=store.schema())
        place.take_in(change, before, store.change_token(), run.id)
    return edge


def _said_of(schema: Schema, relation: str, user_kind: str, item_kind: str) -> Schema:
    """The part of the schema that an opinion needs, so that it outlives the catalogue's run."""
    opinion = Relation(head=user_kind, tail=item_kind, interaction=True, liked=1.0, words=_WORDS)
    return Schema(
        kinds={user_kind: schema.kinds[user_kind], item_kind: schema.kinds[item_kind]},
        relations={relation: schema.relations.get(relation, opinion)},
    )


def _rated(place: Workspace, schema: Schema, user_kind: str, item_kind: str, rating: float) -> str:
    for name in schema.interactions:
        relation = schema.relations[name]
        ends = (relation.head, relation.tail)
        if ends == (user_kind, item_kind) and relation.liked is not None and name != OPINION:
            _on_the_scale(place, name, rating)
            return name
    raise InputError(
        "this graph has no interaction with ratings", hint="use --like or --dislike instead"
    )


def _on_the_scale(place: Workspace, relation: str, rating: float) -> None:
    """A rating that nobody has ever come near is a slip: 45 for 4.5."""
    given = place.snapshot.links(relation).weight
    if np.isnan(given).all():
        return
    low, high = float(np.nanmin(given)), float(np.nanmax(given))
    room = (high - low) / 2
    if room and not low - room <= rating <= high + room:
        raise InputError(f"{rating:g} is no rating here: they go from {low:g} to {high:g}")


def _opinion(schema: Schema, user_kind: str, item_kind: str) -> str:
    known = schema.relations.get(OPINION)
    if known is not None and (known.head, known.tail) != (user_kind, item_kind):
        raise InputError(
            f"this graph uses {OPINION!r} for something else: {known.head} to {known.tail}"
        )
    return OPINION


def _batch(edge: Edge, user_kind: str) -> Batch:
    numbers = edge_numbers(
        text_numbers([edge.head]), text_number(edge.relation), text_numbers([edge.tail]), None
    )
    tail_kind, _, tail_key = edge.tail.partition(":")
    head_key = edge.head.partition(":")[2]
    nodes = [
        {"id": text_number(edge.head), "kind": user_kind, "key": head_key},
        {"id": text_number(edge.tail), "kind": tail_kind, "key": tail_key},
    ]
    row = {
        "id": int(numbers[0]),
        "head": text_number(edge.head),
        "relation": edge.relation,
        "tail": text_number(edge.tail),
        "discriminator": "",
        "weight": edge.weight,
        "time": edge.time,
    }
    return Batch(
        source=SOURCE,
        files=(SOURCE,),
        nodes=_frame([{**node, "file": 0, "line": 0} for node in nodes], {**NODES, **PROVENANCE}),
        edges=_frame([{**row, "file": 0, "line": 0}], {**EDGES, **PROVENANCE}),
        position="",
    )


def _frame(rows: list[dict[str, object]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


__all__ = ["OPINION", "Opinion", "give_feedback"]
