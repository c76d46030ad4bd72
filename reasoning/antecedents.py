"""What "it", "the film" and "both of them" mean: the things that were spoken of before."""

import re
from collections.abc import Sequence

from reasoning.linking import Argument, Linker

# Behind these words a thing is told apart from others, not spoken of again: "the film that ...".
_TOLD_APART = re.compile(
    r"\s+(?:that|which|who|whose|by|with|from|about|of|\w+ing|\w+ed)\b",
    re.IGNORECASE,
)


def pointing(linker: Linker, at: int, kind: str) -> list[Argument]:
    """The things of a kind that the words at a place point back to: "it", "the film"."""
    said = linker.lexicon.pointing.match(linker.text, at, linker.end)
    if said is None or not _free(linker, said, kind):
        return []
    behind = linker.past_quotes(said.end() + 1)
    if linker.starting(behind) or _TOLD_APART.match(linker.text, said.end(), linker.end):
        return []
    many = said["many"] is not None
    here = [
        linker.argument(one)
        for one in linker.mentions
        if one.end <= at and linker.of_kind(one.rows, (kind,))
    ]
    names = here[-1:] if here and not many else meant(linker.before, linker, kind, many=many)
    return [Argument(said.start(), said.end(), name.text, name.rows) for name in names]


def meant(
    before: Sequence[Sequence[Argument]], linker: Linker, kind: str, *, many: bool
) -> list[Argument]:
    """The last thing of a kind that was spoken of; `many`: the last two, or all of a list."""
    if many:
        for some in before:
            if len(some) > 1 and all(linker.of_kind(name.rows, (kind,)) for name in some):
                return list(some)
    spoken = [
        name
        for some in before
        for name in some
        if not name.rows or linker.of_kind(name.rows, (kind,))
    ]
    known = [name for name in spoken if name.rows] or spoken
    distinct = list({(name.rows or name.text): name for name in reversed(known)}.values())[::-1]
    return distinct[:2] if many else distinct[:1]


def _free(linker: Linker, said: re.Match[str], kind: str) -> bool:
    """Whether words mean a thing of this kind."""
    thing = said["thing"] or said["things"]
    if thing is None:
        return kind in linker.lexicon.items or said["many"] is not None
    return linker.lexicon.things[thing.casefold()] in ("", kind)
