"""Names with a letter wrong: "Micheal Mann" is Michael Mann.

A name of several words is looked for by those of its words that are right, a single word by what
is left of it without one letter. So a look-up takes no longer in a large catalogue. Digits are
never forgiven, nor is a first letter.
"""

from collections.abc import Iterator
from functools import cached_property

from rapidfuzz.distance import OSA

from graph.names import NameIndex, normalise

_SHORTEST = 6
_LONG = 12  # from this length on two letters may be wrong
_MOST = 400
_KEPT = 50_000


class Typos:
    """Finds the names that a misspelt one may stand for."""

    def __init__(self, names: NameIndex) -> None:
        self._forms: dict[str, list[int]] = {}
        self._known: dict[str, tuple[int, ...]] = {}
        for form, row, exact in names.names.iter_rows():
            if exact:
                self._forms.setdefault(form, []).append(row)

    def near(self, name: str) -> tuple[int, ...]:
        """Rows of the one name that is so near that it must be meant; none when there are two."""
        form = normalise(name)
        found = self._known.get(form)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[form] = self._look_up(form)
        return found

    def _look_up(self, form: str) -> tuple[int, ...]:
        if len(form) < _SHORTEST:
            return ()
        allowed = 2 if len(form) >= _LONG else 1
        best, least = list[str](), allowed + 1
        for other in self._candidates(form):
            if other[0] != form[0] or _digits(other) != _digits(form):
                continue
            far = OSA.distance(form, other, score_cutoff=allowed)
            if far < least:
                best, least = [other], far
            elif far == least and far <= allowed and other not in best:
                best.append(other)
        return tuple(self._forms[best[0]]) if len(best) == 1 else ()

    def _candidates(self, form: str) -> Iterator[str]:
        words = form.split()
        if len(words) == 1:
            for part in _without_one(form):
                yield from self._single.get(part, ())
            return
        lists = [self._by_word.get((word, len(words)), ()) for word in words]
        for found in sorted(filter(None, lists), key=len)[:2]:
            yield from found[:_MOST]

    @cached_property
    def _by_word(self) -> dict[tuple[str, int], list[str]]:
        found: dict[tuple[str, int], list[str]] = {}
        for form in self._forms:
            words = form.split()
            if len(words) > 1:
                for word in set(words):
                    found.setdefault((word, len(words)), []).append(form)
        return found

    @cached_property
    def _single(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for form in self._forms:
            if " " not in form and len(form) >= _SHORTEST - 1:
                for part in _without_one(form):
                    found.setdefault(part, []).append(form)
        return found


def _digits(form: str) -> str:
    return "".join(filter(str.isdigit, form))


def _without_one(word: str) -> Iterator[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
