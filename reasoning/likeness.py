"""Wordings that nobody listed, by their likeness to those that somebody did.

A sentence that was not understood has its names replaced by what their kinds are called, and so
have the schema's wordings; of the relations that two kinds can have, the one whose wording lies
nearest is proposed, if it is near enough and clearly nearer than the others. Sentences that deny
something are left alone: texts that differ by a "not" lie close together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from graph.schema import Schema
from graph.types import Encode, Vectors
from reasoning.antecedents import meant
from reasoning.doubts import denies
from reasoning.linking import Argument, Linker
from reasoning.proposals import Proposal
from reasoning.wordings import wordings

NEAR = 0.7
CLEARLY = 0.05
_MOST_NAMES = 4


@dataclass
class Likeness:
    """Proposes the relation whose wording is most like a sentence.

    `near` is the least cosine, `clearly` by how much it must be nearer than any other relation.
    """

    encode: Encode
    near: float = NEAR
    clearly: float = CLEARLY
    _known: dict[str, tuple[tuple[str, ...], Vectors]] = field(default_factory=dict)

    def __call__(self, linker: Linker) -> Sequence[Proposal]:
        """At most one relation for each two names of a sentence."""
        if denies(linker.text[linker.start : linker.end]):
            return ()
        pairs = list(_pairs(linker))
        if not pairs:
            return ()
        relations, phrases = self._phrases(linker.lexicon.schema)
        texts = self.encode([_without_names(linker, *pair) for pair in pairs])
        found = []
        for (head, tail), text in zip(pairs, texts, strict=True):
            best = self._nearest(linker, head, tail, relations, phrases @ text)
            if best is not None:
                found.append(Proposal(best, head, tail))
        return found

    def _nearest(
        self, linker: Linker, head: Argument, tail: Argument, relations: Sequence[str],
        likeness: Vectors,
    ) -> str | None:  # fmt: skip
        best: dict[str, float] = {}
        for relation, like in zip(relations, likeness.tolist(), strict=True):
            ends = linker.lexicon.schema.relations[relation]
            if linker.of_kind(head.rows, (ends.head,)) and linker.of_kind(tail.rows, (ends.tail,)):
                best[relation] = max(best.get(relation, -1.0), like)
        ordered = sorted(best.items(), key=lambda one: -one[1])
        if not ordered or ordered[0][1] < self.near:
            return None
        second = ordered[1][1] if len(ordered) > 1 else -1.0
        return ordered[0][0] if ordered[0][1] - second >= self.clearly else None

    def _phrases(self, schema: Schema) -> tuple[tuple[str, ...], Vectors]:
        """All English wordings of a schema as vectors, and the relation of each."""
        key = schema.words_hash + schema.shape_hash
        if key not in self._known:
            told: dict[tuple[str, str], None] = {}
            for name, relation in schema.relations.items():
                if relation.interaction:
                    continue
                called = {
                    "head": _called(schema, relation.head),
                    "tail": _called(schema, relation.tail),
                }
                for language, wording in wordings(schema, name):
                    if language == "en" and not wording.list_needed and not wording.stretch:
                        told[name, wording.template.format_map(called)] = None
            vectors = (
                self.encode([text for _, text in told]) if told else np.zeros((0, 1), np.float32)
            )
            self._known[key] = (tuple(name for name, _ in told), vectors)
        return self._known[key]


def _called(schema: Schema, kind: str) -> str:
    words = schema.kinds[kind].words.get("en")
    return f"the {words.one if words else kind.replace('_', ' ')}"


def _pairs(linker: Linker) -> Iterator[tuple[Argument, Argument]]:
    """An item and something else that a sentence names; the item may be one spoken of before."""
    lexicon = linker.lexicon
    named = [name for name in linker.named if name.rows][:_MOST_NAMES]
    items = [name for name in named if linker.of_kind(name.rows, lexicon.items)]
    if not items:
        items = [
            one for kind in lexicon.items for one in meant(linker.before, linker, kind, many=False)
        ]
    for item in items[:1]:
        for other in named:
            if other is not item and not linker.of_kind(other.rows, lexicon.items):
                yield item, other


def _without_names(linker: Linker, head: Argument, tail: Argument) -> str:
    """The sentence with both names replaced by what their kinds are called."""
    schema, text = linker.lexicon.schema, linker.text
    parts, at = [], linker.start
    for name in sorted((head, tail), key=lambda one: one.start):
        if not linker.start <= name.start < linker.end:
            continue
        parts += [text[at : name.start], _called(schema, linker.lexicon.kind(name.rows[0]))]
        at = name.end
    return "".join([*parts, text[at : linker.end]])
