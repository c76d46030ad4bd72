"""How somebody who is to be forgotten is recognised in texts and files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from graph.facts import Fact
from graph.types import Node

_BLOCK = 1 << 22


@dataclass(frozen=True)
class Traces:
    """The id of a node, and all that it was ever called.

    A key like "42" stands in any text for anything. So it is looked for only where a field is
    known to hold a key, or behind its kind; a `telling` name is looked for everywhere.
    """

    id: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, id_: str, facts: Iterable[Fact]) -> "Traces":
        """What all facts about a node called it."""
        names = [id_.partition(":")[2]]
        for fact in facts:
            if isinstance(fact.subject, Node):
                names += [fact.subject.label, *fact.subject.aliases]
        return cls(id_, tuple(dict.fromkeys(names)))

    @property
    def telling(self) -> tuple[str, ...]:
        """Names that hardly mean anything else: with a letter, or six digits."""
        return tuple(
            name
            for name in self.names
            if len(name) > 2 and (any(map(str.isalpha, name)) or sum(map(str.isdigit, name)) > 5)
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted((re.escape(one) for one in (self.id, *self.telling)), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        words = (self.id, *self.telling)
        escaped = (word.encode("ascii", "backslashreplace") for word in words)
        return tuple(dict.fromkeys([*(word.encode() for word in words), *escaped]))

    def in_text(self, text: str) -> bool:
        """Whether a text names them."""
        return self._pattern.search(text) is not None

    def in_fields(self, fields: Iterable[str]) -> bool:
        """Whether one of the fields is their key, id or name, or names them."""
        return any(field in self.names or self.in_text(field) for field in fields)

    def in_file(self, path: Path) -> bool:
        """Whether the bytes of a file hold them, as they are or escaped as in JSON."""
        longest = max(map(len, self._needles))
        rest = b""
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    whole = rest + block
                    if any(needle in whole for needle in self._needles):
                        return True
                    rest = whole[-longest:]
        except OSError:
            return False
        return False


def files_under(folder: Path) -> Iterator[Path]:
    """All files below a folder; links are not followed."""
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path
