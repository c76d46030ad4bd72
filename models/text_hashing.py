"""The encoder that needs nothing: parts of words, hashed. It knows spelling, not meaning."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from math import sqrt
from zlib import crc32

import numpy as np

from graph.types import Vectors

_WORD = re.compile(r"[^\W_]+")


class HashingEncoder:
    """Words and runs of two to four characters, each in one of `size` places with a sign.

    Works for every script alike: what is spelled alike lies close.
    """

    languages: frozenset[str] | None = None

    def __init__(self, size: int = 512) -> None:
        self.size = size
        self.name = f"hashing-{size}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `TextEncoder`."""
        made = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(made, texts, strict=True):
            for part, count in Counter(_parts(text)).items():
                number = crc32(part.encode("utf-8", "surrogatepass"))
                row[(number >> 1) % self.size] += sqrt(count) * (1.0 if number & 1 else -1.0)
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        made /= np.where(lengths > 0, lengths, 1.0)
        return made


def _parts(text: str) -> Iterator[str]:
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        yield word
        marked = f"<{word}>"
        for length in (2, 3, 4):
            for start in range(len(marked) - length + 1):
                yield marked[start : start + length]
