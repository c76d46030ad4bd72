"""What many people check text with today: how near it is to any retrieved fact.

For each statement the facts about the nodes that it names are retrieved and verbalised, as a
retriever would; the statement counts as true when the nearest of them is near enough. It stands
beside the checker in benchmarks, on the same statements.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.names import NameIndex
from graph.snapshot import Snapshot
from graph.types import TextEncoder
from models.text import open_encoder
from reasoning.words import fill

MOST_FACTS = 60
_EITHER_WAY = ((False, "head"), (True, "tail"))


class Similarity:
    """Scores statements by their cosine with the nearest retrieved fact."""

    def __init__(self, names: NameIndex, encoder: TextEncoder) -> None:
        self.names = names
        self.encoder = encoder

    @classmethod
    def packaged(cls, names: NameIndex, cache: Path = Path("build/benchmarks")) -> "Similarity":
        """With the packaged English model, its vectors kept under `cache`."""
        return cls(names, open_encoder("minilm", cache))

    def decide(self, true: Sequence[str], false: Sequence[str]) -> tuple[list[bool], list[bool]]:
        """Whether true statements are supported and false ones are not, in order.

        The threshold of either half is the best one on the other half.
        """
        scores = np.stack([self.scores(true), self.scores(false)])
        right = np.zeros(scores.shape, dtype=bool)
        halves = np.arange(scores.shape[1]) % 2 == 0
        for half in (halves, ~halves):
            line = _best_line(scores[:, ~half])
            right[0, half] = scores[0, half] >= line
            right[1, half] = scores[1, half] < line
        return right[0].tolist(), right[1].tolist()

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The cosine of each text with the nearest fact about any node that it names."""
        facts = [facts_about(self.names, text) for text in texts]
        distinct = list(dict.fromkeys([*texts, *(fact for some in facts for fact in some)]))
        at = {text: row for row, text in enumerate(distinct)}
        vectors = self.encoder.encode(distinct)
        found = np.zeros(len(texts), dtype=np.float32)
        for place, (text, some) in enumerate(zip(texts, facts, strict=True)):
            if some:
                found[place] = np.max(vectors[[at[fact] for fact in some]] @ vectors[at[text]])
        return found


def facts_about(names: NameIndex, text: str) -> list[str]:
    """The verbalised facts about the nodes that a text names, at most `MOST_FACTS` per node."""
    rows = dict.fromkeys(row for mention in names.mentions(text) for row in mention.rows)
    return [fact for row in rows for fact in _facts(names.snapshot, row)]


def _facts(snapshot: Snapshot, row: int) -> list[str]:
    kind = snapshot.kind(row)
    told: list[str] = []
    for name, relation in snapshot.schema.relations.items():
        words = relation.words.get("en")
        if words is None or relation.interaction:
            continue
        for reverse, end in _EITHER_WAY:
            if (relation.tail if reverse else relation.head) != kind:
                continue
            links = snapshot.links(name, reverse=reverse)
            span = links.row(row - snapshot.rows(kind).start)
            other = relation.head if reverse else relation.tail
            start = snapshot.rows(other).start
            far = np.asarray(links.indices[span.start : span.stop])[:MOST_FACTS] + start
            for label in snapshot.labels(far):
                ends = {end: snapshot.label(row), "tail" if end == "head" else "head": label}
                told.append(fill(words.forward, ends))
    return told[:MOST_FACTS]


def _best_line(scores: NDArray[np.float32]) -> float:
    """The threshold with the best balanced accuracy on (true, false) scores."""
    lines = np.unique(scores)
    balanced = [(scores[0] >= line).mean() + (scores[1] < line).mean() for line in lines]
    return float(lines[int(np.argmax(balanced))])
