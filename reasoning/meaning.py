"""What the words of a wish mean that name nothing: the catalogue's value that lies nearest.

Words that stand side by side are compared together and one by one, in whatever languages the
encoder knows: "공포" is Horror, "not scary" is rather not Horror. A word that lies nearer to what
items are called, or nearly as near to another value, means none of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from graph.snapshot import Snapshot
from graph.types import Encode
from reasoning.wish import Filter, Rest, Wish, item_words, named_values

# Cosines. Chosen on 100 words of wishes, English and Korean, against MovieLens' genres: none of the
# wrong ones was as near as SAME; of those from NEAR on all were what one would rather have.
SAME = 0.65
NEAR = 0.55
CLEARLY = 0.1


def by_meaning(snapshot: Snapshot, wish: Wish, encode: Encode) -> Wish:
    """The wish with filters for the words whose meaning is a value of the catalogue.

    What is as good as the same narrows down; what is only near is soft.
    """
    values = named_values(snapshot)
    if not wish.rest or not values:
        return wish
    phrases = list(_phrases(wish))
    called = sorted(item_words(snapshot))
    vectors = encode([*(text for text, _ in phrases), *values, *called])
    asked, known = vectors[: len(phrases)], vectors[len(phrases) :]
    likeness = asked @ known.T
    filters: list[Filter] = []
    read: list[Rest] = []
    for at in np.argsort(-likeness.max(axis=1), kind="stable").tolist():
        text, said = phrases[at]
        best, second = np.argsort(-likeness[at], kind="stable")[:2].tolist()
        near = float(likeness[at, best])
        clear = near - float(likeness[at, second]) >= CLEARLY
        if near < NEAR or not clear or best >= len(values) or any(one in read for one in said):
            continue
        value = list(values.values())[best]
        told = f"{value.words} ({text})"
        filters.append(replace(value, words=told, negated=said[-1].negated, soft=near < SAME))
        read += said
    return wish.with_more(filters, read)


def _phrases(wish: Wish) -> Iterator[tuple[str, Sequence[Rest]]]:
    """Words that were not understood, two side by side and one by one, as they are written."""
    for one, other in zip(wish.rest, wish.rest[1:], strict=False):
        if not wish.text[one.end : other.start].strip():
            yield wish.text[one.start : other.end], (one, other)
    for one in wish.rest:
        yield wish.text[one.start : one.end], (one,)
