"""What other systems wrote, read one answer at a time: JSON Lines, RefChecker's form, text files.

A line that cannot be read becomes a `Reject` with its reason; nothing is skipped in silence and
nothing is kept, so that a million answers need no more memory than one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graph.errors import InputError

TEXT_FILES = (".txt", ".md", ".text")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer of a system. `line` is where it begins in its file, from 1.

    `items` are ids or names of the items that it was to speak of; `time` is in seconds since
    1970, None when it does not say.
    """

    id: str
    line: int
    text: str
    user: str | None = None
    items: tuple[str, ...] = ()
    question: str = ""
    time: int | None = None
    model: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that holds no answer, and why."""

    line: int
    reason: str


def read_responses(path: Path) -> Iterator[Response | Reject]:
    """The answers of a file, one by one, in its order.

    A `.txt` or `.md` file holds an answer per paragraph, any other an object per line:
    `{id, text | response, user, items, question, timestamp, model, prompt_id}`, all but the text
    optional. What `recommend --json`, `recommend --out` and `audit run --out` write is read too.
    """
    try:
        with path.open(encoding="utf-8", errors="replace", newline=None) as file:
            if path.suffix.casefold() in TEXT_FILES:
                yield from _paragraphs(file)
            else:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield _response(number, line)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _paragraphs(lines: Iterator[str]) -> Iterator[Response]:
    begin, part = 0, list[str]()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            begin = begin if part else number
            part.append(line)
        elif part:
            yield Response(f"line {begin}", begin, "".join(part).rstrip("\n"))
            part = []
    if part:
        yield Response(f"line {begin}", begin, "".join(part).rstrip("\n"))


def _response(number: int, line: str) -> Response | Reject:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return Reject(number, "not JSON")
    if not isinstance(said, Mapping):
        return Reject(number, "not a JSON object")
    text = _text(said)
    if text is None:
        return Reject(number, "has neither 'text' nor 'response'")
    when = _time(said.get("timestamp"))
    if when is None and said.get("timestamp") not in (None, ""):
        return Reject(number, f"timestamp is not a time: {str(said['timestamp'])[:40]!r}")
    items = said.get("items")
    return Response(
        id=_word(said.get("id")) or f"line {number}",
        line=number,
        text=text,
        user=_word(said.get("user")) or None,
        items=tuple(map(_word, items)) if isinstance(items, list) else (),
        question=_word(said.get("question")),
        time=when,
        model=_word(said.get("model")),
        prompt=_word(said.get("prompt_id")),
    )


def _text(said: Mapping[str, object]) -> str | None:
    for key in ("text", "response"):
        value = said.get(key)
        if isinstance(value, str):
            return _whole(value)
    items = said.get("items")
    if isinstance(items, list) and any(isinstance(item, Mapping) for item in items):
        return "\n".join(_told(items))
    return None


def _told(items: list[object]) -> Iterator[str]:
    """The sentences of our own recommendations."""
    for item in items:
        if not isinstance(item, Mapping):
            continue
        for part in ("reasons", "connections"):
            told = item.get(part)
            for one in told if isinstance(told, list) else ():
                if isinstance(one, Mapping) and isinstance(one.get("text"), str):
                    yield _whole(one["text"])


def _word(value: object) -> str:
    """A scalar as text; an item of our own answers by its id."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return _whole(str(value)) if isinstance(value, str | int | float) else ""


def _whole(text: str) -> str:
    """Text that can be written again: half characters, which JSON can spell, are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _time(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | float):
            datetime.fromtimestamp(value, UTC)
            return int(value)
        if isinstance(value, str) and value:
            read = datetime.fromisoformat(value)
            return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError):
        pass
    return None
