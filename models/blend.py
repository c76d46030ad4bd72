"""The blend: a weighted sum of rankers that can still be taken apart.

    score(u, i) = sum over members m of weight_m * score_m(u, i) / spread_m(u)

`spread` is the standard deviation of a member's scores over all items, so it ranks as a sum of
z-scores does; what z-scores take off besides is the same for all items of a user and is left out.
So every part stays what the member said, in other units, and the parts add up to the score.

Somebody of whom only a few likes are known may be served by other weights, so that a member can be
there for them alone.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from graph.neighbours import rows_of
from graph.types import Breakdown, Contribution
from models.gnn import GnnRanker
from models.item_item import ItemItem
from models.measuring import Bench, K
from models.metrics import hits, ndcg
from models.rank import Floats, Option, Options, Ranker, State, profile, top
from models.recent import Recent
from models.sequence import SequenceRanker
from models.walk import WalkRanker
from models.wider import Wider

NAME = "blend"
NEIGHBOURS, EMBEDDING, HISTORY = "neighbours", "embedding", "history"
# Numbers of likes at which it is asked whether they are few.
_FEW, _WORTH = (3, 5, 10, 20), 1.01
_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)


@dataclass(frozen=True, slots=True)
class Member:
    """A ranker with how much it counts, and how much for people of whom few likes are known (None:
    as much)."""

    ranker: Ranker
    weight: float
    few: float | None = None

    def counts(self, few: bool) -> float:
        """How much it counts."""
        return self.few if few and self.few is not None else self.weight


@dataclass(frozen=True, slots=True)
class Blend:
    """Members over so many items; `facts` tells how the weights were found.

    People with at most `most` likes are those of whom few are known.
    """

    members: tuple[Member, ...]
    items: int
    facts: Options = field(default_factory=dict)
    most: int = 0
    name: str = NAME

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); a member that knows nothing of an item adds nothing to it.

        NaN where no member has anything to go by.
        """
        total = np.zeros(profiles.shape)
        known = np.zeros(profiles.shape, dtype=np.bool_)
        few = np.diff(profiles.indptr) <= self.most
        for member in self.members:
            weights = np.where(few, member.counts(True), member.counts(False))
            rows = np.flatnonzero(weights > 0)
            if not len(rows):
                continue
            asked = profiles if len(rows) == len(few) else sparse.csr_array(profiles[rows])
            scores = member.ranker.scores(asked)
            known[rows] |= ~np.isnan(scores)
            total[rows] += weights[rows, None] * spread_out(scores)
        total[~known] = np.nan
        return total

    def breakdown(self, liked: Sequence[int], item: int, *, user: str = "") -> Breakdown:
        """The score of an item (local row) for somebody who likes these: walks one by one, what
        neighbours and the embedding add as one contribution each, however many members say it.

        Without a member that walks, the item has no id here ("").
        """
        parts: list[Contribution] = []
        whole_parts: dict[str, float] = {}
        score, remainder, name = 0.0, 0.0, ""
        who = profile(self.items, list(liked))
        for member in self.members:
            if not (weight := member.counts(who.nnz <= self.most)):
                continue
            row = member.ranker.scores(who)
            raw, scale = float(row[0, item]), weight / spread(row)[0, 0]
            if np.isnan(raw):
                continue
            score += raw * scale
            if isinstance(member.ranker, WalkRanker):
                whole = member.ranker.breakdown(liked, item)
                name = whole.item
                parts += [_scaled(part, scale) for part in whole.contributions]
                remainder += scale * (raw - sum(part.amount for part in whole.contributions))
            else:
                part = part_of(member.ranker)
                whole_parts[part] = whole_parts.get(part, 0.0) + raw * scale
        parts += [Contribution(part, None, None, told, 0.0) for part, told in whole_parts.items()]
        shared = [
            Contribution(
                p.walk, p.anchor, p.via, p.amount, p.amount / score if score else 0.0, p.people
            )
            for p in sorted(parts, key=lambda p: (-p.amount, p.walk, str(p.anchor), str(p.via)))
        ]
        return Breakdown(user, name, score, tuple(shared), remainder)

    def by_liked(self, liked: Sequence[int], item: int) -> dict[str, dict[int, float]]:
        """What each of the liked items (local rows) adds to a score: for neighbours and history,
        where that is what they are a sum of."""
        made: dict[str, dict[int, float]] = {}
        who = profile(self.items, list(liked))
        for member in self.members:
            ranker, known = member.ranker, self.items
            if isinstance(ranker, Wider):
                known = ranker.inner_items
                ranker = ranker.inner
            weight = member.counts(who.nnz <= self.most)
            if (
                not weight
                or item >= known
                or not isinstance(ranker, ItemItem | Recent | SequenceRanker)
            ):
                continue
            scale = weight / spread(member.ranker.scores(who))[0, 0]
            part = made.setdefault(part_of(ranker), {})
            for row, amount in ranker.parts([row for row in liked if row < known], item).items():
                part[row] = part.get(row, 0.0) + amount * scale
        return made

    def state(self) -> State:
        """The members' states side by side."""
        states = [member.ranker.state() for member in self.members]
        told = [
            {"name": m.ranker.name, "weight": m.weight, "few": m.few, "options": dict(s.options)}
            for m, s in zip(self.members, states, strict=True)
        ]
        arrays: dict[str, NDArray[np.generic]] = {}
        for at, state in enumerate(states):
            arrays |= {f"{at}.{name}": array for name, array in state.arrays.items()}
        options: dict[str, Option] = {"members": json.dumps(told), "items": self.items}
        options["most"] = self.most
        return State({**options, "facts": json.dumps(dict(self.facts))}, arrays)


def restore(state: State, restored: Callable[[str, State], Ranker]) -> Blend:
    """What `Blend.state` gave; `restored` makes a member of its name and state."""
    members = []
    for at, told in enumerate(json.loads(str(state.options["members"]))):
        mark = f"{at}."
        arrays = {n.removeprefix(mark): a for n, a in state.arrays.items() if n.startswith(mark)}
        ranker = restored(told["name"], State(told["options"], arrays))
        members.append(Member(ranker, told["weight"], told["few"]))
    items, most = (int(str(state.options[name])) for name in ("items", "most"))
    return Blend(tuple(members), items, json.loads(str(state.options["facts"])), most)


@dataclass(frozen=True, slots=True)
class Scored:
    """What rankers say for the users of a bench (each users x items, -inf where seen)."""

    scores: tuple[NDArray[np.float32], ...]
    held: sparse.csr_array

    @classmethod
    def of(cls, rankers: Sequence[Ranker], bench: Bench) -> "Scored":
        """Ask each ranker once."""
        profiles = bench.profiles()
        seen = sparse.csr_array(bench.made.seen[bench.users])
        scores = []
        for ranker in rankers:
            found = spread_out(ranker.scores(profiles)).astype(np.float32)
            found[rows_of(seen), seen.indices] = -np.inf
            scores.append(found)
        return cls(tuple(scores), sparse.csr_array(bench.made.held_out[bench.users]))

    def value(self, weights: Sequence[float]) -> float:
        """NDCG@20 of the weighted sum."""
        pairs = zip(weights, self.scores, strict=True)
        total = np.asarray(sum(np.float32(w) * s for w, s in pairs if w > 0))
        found = hits(top(total, None, K)[0], self.held)
        return float(ndcg(found, np.diff(self.held.indptr), K).mean())


def weighed(inside: Sequence[Ranker], bench: Bench) -> tuple[list[float], Options]:
    """The weights that rank the bench's held-out items best, and what came of it.

    Coordinate search on NDCG@20, from the ranker that is best alone. Without a bench all weigh 1.
    """
    if not len(bench.users):
        return [1.0] * len(inside), {}
    value = Scored.of(inside, bench).value
    alone = [value([float(at == one) for at in range(len(inside))]) for one in range(len(inside))]
    weights = [float(at == int(np.argmax(alone))) for at in range(len(inside))]
    best, fixed = max(alone), int(np.argmax(alone))
    for _ in range(3):
        before = list(weights)
        for at in (at for at in range(len(inside)) if at != fixed):
            for weight in _WEIGHTS:
                other = [*weights[:at], weight, *weights[at + 1 :]]
                if (found_value := value(other)) > best:
                    best, weights = found_value, other
        if weights == before:
            break
    facts: dict[str, Option] = {
        f"NDCG@20 of {ranker.name} alone": told for ranker, told in zip(inside, alone, strict=True)
    }
    return weights, {**facts, "NDCG@20 together": best, "validation": bench.made.how}


def few_up_to(
    inside: Sequence[Ranker], weights: Sequence[float], few: Sequence[float], bench: Bench
) -> tuple[int, Options]:
    """Up to how many likes the weights for few are better by a hundredth; 0: never."""
    most, facts = 0, dict[str, Option]()
    used = [at for at in range(len(inside)) if weights[at] or few[at]]
    for known in _FEW:
        scored = Scored.of([inside[at] for at in used], bench.telling(known))
        usual, other = (scored.value([each[at] for at in used]) for each in (weights, few))
        facts[f"NDCG@20 with {known} likes"] = usual
        facts[f"NDCG@20 with {known} likes, weights for few"] = other
        if other <= usual * _WORTH:
            break
        most = known
    return most, facts


def part_of(ranker: Ranker) -> str:
    """What a member's part of a score is called."""
    if isinstance(ranker, Wider):
        return part_of(ranker.inner)
    if isinstance(ranker, WalkRanker):
        return "walks"
    if isinstance(ranker, SequenceRanker | Recent):
        return HISTORY
    return EMBEDDING if isinstance(ranker, GnnRanker) else NEIGHBOURS


def weights_of(blend: Blend) -> dict[str, float]:
    """How much each member counts, by the part that it belongs to and its name."""
    named = [(f"{part_of(m.ranker)} ({m.ranker.name})", m) for m in blend.members]
    made = {name: m.weight for name, m in named if m.weight}
    if blend.most:
        made |= {f"{name}, up to {blend.most} likes": m.counts(True) for name, m in named}
    return {name: weight for name, weight in made.items() if weight}


def spread(scores: Floats) -> Floats:
    """The standard deviation of each user's scores (users x 1), 1 where there is none."""
    known = ~np.isnan(scores)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    open_ = np.where(known, scores, 0.0)
    mean = open_.sum(axis=1, keepdims=True) / count
    found = np.sqrt(np.maximum((open_**2).sum(axis=1, keepdims=True) / count - mean**2, 0.0))
    made: Floats = np.where(found > 0, found, 1.0)
    return made


def spread_out(scores: Floats) -> Floats:
    """Each user's scores over their spread, 0 where a ranker has nothing to say."""
    return np.nan_to_num(scores / spread(scores), nan=0.0)


def _scaled(part: Contribution, scale: float) -> Contribution:
    return Contribution(part.walk, part.anchor, part.via, part.amount * scale, 0.0, part.people)
