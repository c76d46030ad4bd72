"""Objects of an array inside JSON that is still being written, each as soon as it is whole."""

from collections.abc import Iterator
from dataclasses import dataclass

_DEPTH = 2  # {"sentences": [{...}, {...}]}: the objects inside the array inside the object


@dataclass(slots=True)
class ObjectStream:
    """Feed it pieces of text; it gives the text of each whole inner object.

    What stands before the first brace (a fence, a greeting) is passed over; `whole` says whether
    the outer object was closed and nothing but a fence followed.
    """

    text: str = ""
    whole: bool = False
    found: int = 0
    _at: int = 0
    _depth: int = 0
    _start: int = -1
    _quoted: bool = False
    _escaped: bool = False
    _over: bool = False

    def feed(self, piece: str) -> Iterator[str]:
        """The inner objects that this piece completes."""
        self.text += piece
        while self._at < len(self.text):
            letter = self.text[self._at]
            self._at += 1
            if self._over:
                self.whole = self.whole and (letter.isspace() or letter == "`")
                continue
            if self._quoted:
                if self._escaped:
                    self._escaped = False
                elif letter == "\\":
                    self._escaped = True
                elif letter == '"':
                    self._quoted = False
            elif letter == '"' and self._depth:
                self._quoted = True
            elif letter == "{":
                self._depth += 1
                if self._depth == _DEPTH:
                    self._start = self._at - 1
            elif letter == "}" and self._depth:
                self._depth -= 1
                if self._depth == _DEPTH - 1 and self._start >= 0:
                    self.found += 1
                    yield self.text[self._start : self._at]
                    self._start = -1
                elif not self._depth:
                    self._over = self.whole = True
