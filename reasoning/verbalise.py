"""Contributions and paths become sentences from the relations' own words, citing edge ids.

What ranks the item (`reasons`) and what merely connects it (`connections_told`) are told apart.
Walks through other people are told as a count, never of fewer than five, never of a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from graph.schema import RelationWords
from graph.snapshot import Snapshot
from graph.types import Contribution, Evidence, Path, Sentence
from graph.walks import LEAST_PEOPLE
from reasoning.phrases import phrases
from reasoning.words import fill, listed, sentence

MOST_ANCHORS = 3
MOST_VIAS = 3
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class _Group:
    """Contributions that one sentence tells, with what they weigh together.

    People are told one liked item at a time, with no `vias`.
    """

    walk: str
    anchors: tuple[str, ...]
    vias: tuple[str, ...]
    parts: tuple[int, ...]
    amount: float


def reasons(
    snapshot: Snapshot, evidence: Evidence, language: str, k: int = 3, *, asked: bool = True
) -> tuple[Sentence, ...]:
    """Why the item ranks here: at most `k` sentences, the heaviest first.

    `asked`: it is for somebody, who is told what they liked; else it is for an item.

    Contributions that only have a sum (too few people) are left out: nothing can be said of them
    that could be checked.
    """
    parts = evidence.breakdown.contributions
    cut = abs(evidence.breakdown.remainder) > _ROUNDING * abs(evidence.breakdown.score)
    groups = [*_counted(parts), *_grouped(parts, counted=not cut)]
    told: list[Sentence] = []
    for group in sorted(groups, key=lambda group: -group.amount):
        if len(told) == k:
            break
        if group.vias:
            text = _alike(snapshot, group, evidence, language, asked=asked)
        else:
            text = _people_sentence(snapshot, parts[group.parts[0]], language)
        if text:
            told.append(Sentence(text, _edges(evidence.paths, group), group.parts))
    return tuple(told)


def connections_told(
    snapshot: Snapshot, paths: Sequence[Path], language: str, k: int = 3
) -> tuple[Sentence, ...]:
    """What connects the item with what was liked, however little it weighs; no reason to rank."""
    phrase = phrases(language)
    sentences = []
    grouped: dict[tuple[str, str], list[Path]] = {}
    for path in paths:
        out, back = path.steps[-2:]
        grouped.setdefault((out.edge.relation, back.edge.tail), []).append(path)
    for (relation, via), some in grouped.items():
        words = snapshot.schema.relations[relation].words.get(language)
        if words is None or not words.shared:
            continue
        item = some[0].steps[-1].edge.head
        names = [*(path.steps[-2].edge.head for path in some[:MOST_ANCHORS]), item]
        kind = snapshot.schema.kinds[snapshot.schema.relations[relation].head]
        own = kind.words.get(language)
        text = sentence(
            phrase.shared,
            {
                "items": listed([_label(snapshot, name) for name in names], language),
                "together": phrase.two if len(names) == 2 else phrase.many,
                "shared": fill(words.shared, {"tail": _label(snapshot, via)}),
                "things": own.many if own else phrase.things,
            },
        )
        edges = [step.edge.id for path in some[:MOST_ANCHORS] for step in path.steps[-2:]]
        sentences.append(Sentence(text, tuple(dict.fromkeys(edges))))
    return tuple(sentences[:k])


def statement(snapshot: Snapshot, words: RelationWords, head: str, tails: str) -> str:
    """A fact in the relation's own words."""
    return fill(words.forward, {"head": _label(snapshot, head), "tail": tails})


# -- inside ----------------------------------------------------------------------------------


def _counted(parts: Sequence[Contribution]) -> list[_Group]:
    """One group per liked item of which other people's likes are counted, with all that comes
    through it alone: neighbours are learned from the same likes."""
    through: dict[str, list[int]] = {}
    for at, part in enumerate(parts):
        if part.anchor is not None and part.via is None and part.people is None:
            through.setdefault(part.anchor, []).append(at)
    groups = []
    for at, part in enumerate(parts):
        if part.people is not None and part.amount > 0:
            told = (at, *through.get(part.people.anchor, ()))
            amount = sum(parts[place].amount for place in told)
            if amount > 0:  # neighbours may also speak against an item
                groups.append(_Group(part.walk, (), (), told, amount))
    return groups


def _people_sentence(snapshot: Snapshot, part: Contribution, language: str) -> str:
    people = part.people
    if people is None or people.both < LEAST_PEOPLE:
        return ""
    return sentence(
        phrases(language).people,
        {
            "both": str(people.both),
            "base": str(people.base),
            "anchor": _label(snapshot, people.anchor),
            "item": _label(snapshot, people.item),
        },
    )


def _grouped(parts: Sequence[Contribution], *, counted: bool) -> list[_Group]:
    """One group per walk and attribute; groups with the same few liked items become one.

    Unless all contributions are there to be `counted`, a group keeps its heaviest few.
    """
    by_via: dict[tuple[str, str], list[int]] = {}
    for at, part in enumerate(parts):
        if part.anchor is not None and part.via is not None and part.amount > 0:
            by_via.setdefault((part.walk, part.via), []).append(at)
    by_anchors: dict[tuple[str, tuple[str, ...]], list[tuple[str, list[int]]]] = {}
    for (walk, via), everything in by_via.items():
        places = everything if counted else everything[:MOST_ANCHORS]
        anchors = tuple(sorted(str(parts[at].anchor) for at in places))
        alone = (via,) if len(places) > MOST_ANCHORS else ()
        by_anchors.setdefault((walk, (*anchors, *alone)), []).append((via, places))
    groups = []
    for (walk, _), vias in by_anchors.items():
        few = vias[:MOST_VIAS]
        told = tuple(at for _, places in few for at in places)
        anchors = tuple(str(parts[at].anchor) for at in few[0][1])
        amount = sum(parts[at].amount for at in told)
        groups.append(_Group(walk, anchors, tuple(via for via, _ in few), told, amount))
    return groups


def _alike(
    snapshot: Snapshot, group: _Group, evidence: Evidence, language: str, *, asked: bool
) -> str:
    relation = snapshot.schema.relations[group.walk]
    words = relation.words.get(language)
    if words is None:
        return ""
    phrase = phrases(language)
    tails = listed([_label(snapshot, via) for via in group.vias], language)
    kind = snapshot.schema.kinds[relation.head].words.get(language)
    many = len(group.anchors) > MOST_ANCHORS
    frame = phrase.alike_many if many else (phrase.alike if asked else phrase.alike_only)
    return sentence(
        frame,
        {
            "statement": statement(snapshot, words, evidence.breakdown.item, tails),
            "anchors": listed([_label(snapshot, name) for name in group.anchors], language),
            "count": str(len(group.anchors)),
            "all": str(evidence.liked),
            "things": kind.many if kind else phrase.things,
        },
    )


def _edges(paths: Sequence[Path], group: _Group) -> tuple[str, ...]:
    """The edges of the group's paths: what the sentence cites."""
    cited: dict[str, None] = {}
    for path in paths:
        out, back = path.steps[-2:]
        if (
            out.edge.relation == group.walk
            and out.edge.head in group.anchors
            and back.edge.tail in group.vias
        ):
            cited |= dict.fromkeys(step.edge.id for step in path.steps)
    return tuple(cited)


def _label(snapshot: Snapshot, node: str) -> str:
    return snapshot.label(snapshot.row(node))
