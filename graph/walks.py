"""`Walks`: scores as sums over typed walks, and the same scores taken apart.

A walk goes user - liked item - middle - item. The middle is another person (walk type `people`)
or an attribute that both items have under one relation. For a user who likes the items h:

    score(h, j) = sum over types t, liked items i, middles m of
                  weight_t * h_i/|h| * source_t(i) * [i-m] * middle_t(m) * [m-j] * target_t(j)

where [x-y] is 1 when the edge is there. It is a linear graph network with one hidden layer, so
each (t, i, m) owns its summand, and contributions add up to the score. P3alpha and RP3beta
(Christoffel et al. 2015, Paudel et al. 2017) are the special case with people alone.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.neighbours import gathered, kept, neighbours, rows_of
from graph.snapshot import Snapshot
from graph.types import Breakdown, Contribution, People

PEOPLE = "people"
LEAST_PEOPLE = 5
# Above this share of stored values a dense product is the faster one.
_DENSE = 0.2

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Walk:
    """One type of walk: `name` is a relation from items to attributes, or "people".

    A node of degree d weighs (d / mean d) ** -exponent: `source` the liked item, `middle`
    the attribute or person, `target` the item reached. `popularity` multiplies the target by
    (likes + 1, over their mean) ** popularity; it is for attributes, which know no popularity.
    `smoothing` is added to the degrees of items, so that a few edges do not make a rare item loud.
    """

    name: str
    weight: float
    source: float = 0.5
    middle: float = 0.5
    target: float = 0.5
    popularity: float = 0.0
    smoothing: float = 0.0


@dataclass(frozen=True, slots=True)
class WalkModel:
    """Which walks count, and how much; all that is learned.

    `neighbours`: through people, each liked item leads to at most so many items (None: to all).
    """

    user_kind: str
    item_kind: str
    walks: tuple[Walk, ...]
    neighbours: int | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One walk type's edges (`incidence`: items x middles) and its normalisers."""

    walk: Walk
    incidence: sparse.csr_array
    source: Floats
    middle: Floats
    target: Floats

    def left(self) -> sparse.csr_array:
        """Liked item to middle, weighted (items x middles)."""
        made = self.incidence.copy()
        made.data = self.walk.weight * self.source[rows_of(made)] * self.middle[made.indices]
        return made

    def right(self) -> sparse.csr_array:
        """Middle to item, weighted (middles x items)."""
        made = sparse.csr_array(self.incidence.T)
        made.data = self.target[made.indices]
        return made


def hop(walk: Walk, incidence: sparse.csr_array, likes: Floats) -> Hop:
    """The edges (items x middles) of a walk type with their normalisers.

    `likes` is how many people like each item.
    """
    items = np.diff(incidence.indptr).astype(np.float64)
    middles = np.bincount(incidence.indices, minlength=incidence.shape[1]).astype(np.float64)
    target = _power(items, -walk.target, walk.smoothing)
    if walk.popularity:
        target = target * _power(likes + 1, walk.popularity, 0.0)
    source = _power(items, -walk.source, walk.smoothing)
    return Hop(walk, incidence, source, _power(middles, -walk.middle, 0.0), target)


def incidence_of(snapshot: Snapshot, model: WalkModel, name: str) -> sparse.csr_array:
    """Items x middles, float64 ones: attributes of a relation, or people who like the item."""
    if name == PEOPLE:
        likes = snapshot.likes(model.user_kind, model.item_kind)
        matrix = sparse.csr_array(likes.matrix().T)
    else:
        matrix = snapshot.links(name).matrix()
    made = matrix.astype(np.float64)
    made.sort_indices()
    return made


class Walks:
    """The walk ranker's arithmetic on one snapshot.

    `people` is what `people` held before (items x items), so that a saved model need not
    multiply again. With `anchors` (items) only those lead on to others through people: all that
    somebody who likes nothing else needs, in a fraction of the time.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        model: WalkModel,
        people: sparse.csr_array | None = None,
        anchors: Rows | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.model = model
        self._likes = incidence_of(snapshot, model, PEOPLE)
        popularity = np.diff(self._likes.indptr).astype(np.float64)
        hops = [
            hop(
                walk,
                self._likes if walk.name == PEOPLE else incidence_of(snapshot, model, walk.name),
                popularity,
            )
            for walk in model.walks
            if walk.weight > 0
        ]
        self._attributes = [each for each in hops if each.walk.name != PEOPLE]
        self._through_people = next((each for each in hops if each.walk.name == PEOPLE), None)
        self._prepare(people, anchors)

    def _prepare(self, people: sparse.csr_array | None, anchors: Rows | None = None) -> None:
        items = self._likes.shape[0]
        through = self._through_people
        if through is None:
            self.people = sparse.csr_array((items, items), dtype=np.float64)
        elif people is None:
            left = through.left()
            if anchors is not None:
                left = kept(left, np.isin(rows_of(left), anchors))
            self.people = neighbours(left, through.right(), self.model.neighbours)
        else:
            self.people = people
        dense = self.people.nnz > _DENSE * items * items
        self._people_product = self.people.toarray() if dense else self.people
        empty = sparse.csr_array((items, 0), dtype=np.float64)
        self._left = sparse.csr_array(
            sparse.hstack([empty, *(each.left() for each in self._attributes)], format="csr")
        )
        self._right = sparse.csr_array(
            sparse.vstack([empty.T, *(each.right() for each in self._attributes)], format="csr")
        )
        # A walk that comes back to the item it started from says nothing about that item.
        self._returns = np.asarray((self._left * self._right.T.tocsr()).sum(axis=1)).ravel()
        every = [*self._attributes, *([through] if through else [])]
        self._reachable = np.zeros(items, dtype=np.bool_)
        for each in every:
            self._reachable |= np.diff(each.incidence.indptr) > 0

    def moved(self, snapshot: Snapshot) -> "Walks":
        """The same walks on an overlay of their snapshot, without fitting.

        Walks through people stay as they were multiplied (new items have none yet), while how many
        people like what is counted anew; walks through attributes are made anew if there are new
        items or attributes, or other edges.
        """
        likes = incidence_of(snapshot, self.model, PEOPLE)
        names = [each.walk.name for each in self._attributes]
        same = likes.shape[0] == self.items and all(
            snapshot.links(name) is self.snapshot.links(name) for name in names
        )
        if same:
            made = copy(self)
            made.snapshot, made._likes = snapshot, likes
            return made
        old, more = self.people, likes.shape[0] - self.items
        pointers = np.concatenate([old.indptr, np.full(more, old.indptr[-1])])
        people = sparse.csr_array((old.data, old.indices, pointers), shape=(likes.shape[0],) * 2)
        return Walks(snapshot, self.model, people)

    @property
    def items(self) -> int:
        """How many items there are."""
        return int(self._likes.shape[0])

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items) for profiles (users x items, larger is liked more).

        NaN: the profile is empty, or the item has neither likes nor attributes to be reached by.
        """
        start = started(profiles)
        product = start @ self._people_product
        total: Floats = product.toarray() if sparse.issparse(product) else np.asarray(product)
        if self._left.shape[1]:
            total += ((start @ self._left) @ self._right).toarray()
            total[rows_of(start), start.indices] -= start.data * self._returns[start.indices]
        total[np.diff(start.indptr) == 0] = np.nan
        total[:, ~self._reachable] = np.nan
        return total

    def breakdown(
        self,
        profile: Sequence[int] | Rows,
        item: int,
        *,
        user: str = "",
        top: int | None = None,
    ) -> Breakdown:
        """The score of one item for a profile (liked items; local rows), taken apart.

        The `top` largest contributions are listed, the rest is the remainder. Walks through
        people are told per liked item when at least five other people like both; all others are
        one contribution with no anchor, a sum. `people` of a contribution counts everyone in the
        snapshot, as anybody who looks it up would.
        """
        parts = self._parts(np.unique(np.asarray(profile, dtype=np.int64)), item)
        score = float(sum(part.amount for part in parts))
        parts.sort(key=lambda part: (-part.amount, part.walk, part.anchor, part.via))
        listed = tuple(self._told(part, item, score) for part in parts[:top])
        return Breakdown(
            user=user,
            item=self._item_id(item),
            score=score,
            contributions=listed,
            remainder=score - sum(part.amount for part in listed),
        )

    def without(
        self, profile: Sequence[int] | Rows, item: int, contribution: Contribution
    ) -> "Walks":
        """The same walks with a contribution's edges removed and all normalisers frozen.

        For an attribute the edge anchor-attribute goes; for people, the likes of the anchor by
        those who like the item too (of all anchors that a sum is made of).
        """
        rows = np.unique(np.asarray(profile, dtype=np.int64))
        (part,) = (
            part
            for part in self._parts(rows, item)
            if self._told(part, item, 1.0).anchor == contribution.anchor
            and self._told(part, item, 1.0).via == contribution.via
            and part.walk == contribution.walk
        )
        made = object.__new__(Walks)
        made.snapshot, made.model, made._likes = self.snapshot, self.model, self._likes
        made._attributes, made._through_people = self._attributes, self._through_people
        people = self.people
        if part.walk == PEOPLE and self._through_people is not None:
            through = self._through_people
            edges = through.incidence
            fans = edges.indices[edges.indptr[item] : edges.indptr[item + 1]]
            gone = np.isin(rows_of(edges), part.anchors) & np.isin(edges.indices, fans)
            through = replace(through, incidence=kept(edges, ~gone))
            made._through_people = through
            # Which pairs count is frozen too: nothing may move up into a freed place.
            counted = self.people.copy()
            counted.data = np.ones(counted.nnz)
            people = neighbours(through.left(), through.right(), None) * counted
        else:
            made._attributes = [
                replace(each, incidence=_cut(each.incidence, part.anchor, part.via))
                if each.walk.name == part.walk
                else each
                for each in self._attributes
            ]
        made._prepare(people)
        return made

    # -- inside -------------------------------------------------------------------------------

    def _parts(self, profile: Rows, item: int) -> list["_Part"]:
        others = profile[profile != item]
        if not len(profile):
            return []
        share = 1.0 / len(profile)
        parts: list[_Part] = []
        for each in self._attributes:
            parts += _attribute_parts(each, others, item, share)
        if self._through_people is not None:
            parts += self._people_parts(others, item, share, liked=len(others) < len(profile))
        return parts

    def _people_parts(
        self, anchors: Rows, item: int, share: float, *, liked: bool
    ) -> list["_Part"]:
        if isinstance(self._people_product, np.ndarray):
            amounts = share * self._people_product[anchors, item]
        else:
            amounts = np.zeros(len(anchors))
            owner, columns, places = gathered(self.people, anchors)
            here = columns == item
            amounts[owner[here]] = share * self.people.data[places[here]]
        both, base = self._counts(anchors, item)
        # The user is one of those who like both when the item is among the liked ones.
        told = (both - int(liked) >= LEAST_PEOPLE) & (amounts > 0)
        parts = [
            _Part(PEOPLE, anchor, -1, amount, (anchor,), both_, base_)
            for anchor, amount, both_, base_ in zip(
                anchors[told].tolist(),
                amounts[told].tolist(),
                both[told].tolist(),
                base[told].tolist(),
                strict=True,
            )
        ]
        few = ~told & (amounts > 0)
        if few.any():
            hidden = tuple(anchors[few].tolist())
            parts.append(_Part(PEOPLE, -1, -1, float(amounts[few].sum()), hidden))
        return parts

    def _counts(self, anchors: Rows, item: int) -> tuple[Rows, Rows]:
        likes = self._likes
        fans = np.zeros(likes.shape[1])
        fans[likes.indices[likes.indptr[item] : likes.indptr[item + 1]]] = 1.0
        both = np.asarray(likes[anchors] @ fans).astype(np.int64)
        return both, np.diff(likes.indptr)[anchors].astype(np.int64)

    def _told(self, part: "_Part", item: int, score: float) -> Contribution:
        anchor = self._item_id(part.anchor) if part.anchor >= 0 else None
        via = None
        if part.via >= 0:
            kind = self.snapshot.schema.relations[part.walk].tail
            via = self.snapshot.id(self.snapshot.rows(kind).start + part.via)
        people = None
        if part.walk == PEOPLE and anchor is not None:
            people = People(anchor, self._item_id(item), part.both, part.base)
        share = part.amount / score if score else 0.0
        return Contribution(part.walk, anchor, via, part.amount, share, people)

    def _item_id(self, item: int) -> str:
        return self.snapshot.id(self.snapshot.rows(self.model.item_kind).start + item)


def started(profiles: sparse.csr_array) -> sparse.csr_array:
    """Where walks start: each row of the profiles divided by its sum (float64)."""
    made = profiles.astype(np.float64)
    made.eliminate_zeros()
    total = np.bincount(rows_of(made), weights=made.data, minlength=made.shape[0])
    made.data /= total[rows_of(made)]
    return made


@dataclass(frozen=True, slots=True)
class _Part:
    """A contribution in rows; -1 where there is none. `anchors` are all liked items in it."""

    walk: str
    anchor: int
    via: int
    amount: float
    anchors: tuple[int, ...]
    both: int = 0
    base: int = 0


def _attribute_parts(each: Hop, anchors: Rows, item: int, share: float) -> list[_Part]:
    edges = each.incidence
    wanted = edges.indices[edges.indptr[item] : edges.indptr[item + 1]]
    owner, middles, _ = gathered(edges, anchors)
    here = np.isin(middles, wanted)
    liked, via = anchors[owner[here]], middles[here]
    amounts = each.walk.weight * share * each.source[liked] * each.middle[via] * each.target[item]
    name = each.walk.name
    return [
        _Part(name, anchor, attribute, amount, (anchor,))
        for anchor, attribute, amount in zip(
            liked.tolist(), via.tolist(), amounts.tolist(), strict=True
        )
    ]


def _cut(edges: sparse.csr_array, row: int, column: int) -> sparse.csr_array:
    return kept(edges, ~((rows_of(edges) == row) & (edges.indices == column)))


def _power(degrees: Floats, exponent: float, smoothing: float) -> Floats:
    """(d / mean d) ** exponent with d = degree + smoothing; 0 where there is no edge."""
    there = degrees > 0
    made = np.zeros(len(degrees))
    if there.any():
        smooth = degrees[there] + smoothing
        made[there] = (smooth / smooth.mean()) ** exponent
    return made
