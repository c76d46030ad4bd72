"""The only place that prints: tables for people, JSON for machines, progress and errors beside."""

import csv
import json
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn, TextIO

from graph.errors import (
    ArtefactError,
    FetchError,
    GroundrecError,
    InputError,
    LanguageModelError,
    MissingArtefactError,
    StoreError,
)

JSON_VERSION = 1

CONTRADICTED = 1
EXIT_CODES: tuple[tuple[type[GroundrecError], int], ...] = (
    (InputError, 2),
    (StoreError, 3),
    (ArtefactError, 4),
    (MissingArtefactError, 4),
    (FetchError, 5),
    (LanguageModelError, 7),
    (GroundrecError, 6),
)
INTERRUPTED = 130

Json = Mapping[str, object]
Progress = Callable[[str, int, int | None], None]


def exit_code(error: GroundrecError) -> int:
    """The process's exit code for an error of the tree."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def emit_json(content: Json, *, snapshot: str | None) -> None:
    """One JSON object to stdout."""
    _write(sys.stdout, json_text(content, snapshot=snapshot))


def json_text(content: Json, *, snapshot: str | None) -> str:
    """One JSON object with the version of its form and of the graph it speaks of."""
    whole = {"schema_version": JSON_VERSION, "snapshot": snapshot, **content}
    return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False)


def emit(text: str = "") -> None:
    """A line for people, to stdout."""
    _write(sys.stdout, clean(text))


def note(text: str) -> None:
    """A line beside the result, to stderr."""
    _write(sys.stderr, clean(text))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table to stdout; numbers stand on the right."""
    cells = [[clean(_cell(value)) for value in row] for row in rows]
    right = [
        bool(cells) and all(_is_number(row[at]) for row in cells) for at in range(len(columns))
    ]
    widths = [max([len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(columns)]
    for row in [list(columns), *cells]:
        padded = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        emit("  ".join(padded).rstrip())


def emit_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV table to stdout; lists and objects are JSON, what is missing is empty."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(as_cells(row) for row in rows)


def as_cells(row: Sequence[object]) -> list[object]:
    """A row whose lists and objects are JSON."""
    return [
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for value in row
    ]


def fail(error: GroundrecError, *, as_json: bool) -> NoReturn:
    """Say what happened and what to do, and leave with the error's exit code."""
    if as_json:
        emit_error(type(error).__name__, str(error), error.hint)
    note(f"error: {error}")
    if error.hint:
        note(f"hint: {error.hint}")
    sys.exit(exit_code(error))


def emit_error(kind: str, message: str, hint: str = "") -> None:
    """The JSON form of an error, to stdout."""
    emit_json({"error": {"kind": kind, "message": message, "hint": hint}}, snapshot=None)


def clean(text: str) -> str:
    """Text without control characters, so that no catalogue can drive a terminal."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


@contextmanager
def progress() -> Generator[Progress]:
    """Progress bars on stderr; silent when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bars,
    )

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    shown: dict[str, TaskID] = {}

    def tell(what: str, done: int, total: int | None) -> None:
        if what not in shown:
            shown[what] = bars.add_task(what, total=total)
        bars.update(shown[what], completed=done, total=total)

    with bars:
        yield tell


def set_up_logging(*, verbose: bool) -> None:
    """Library messages to stderr: warnings, or everything."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )


def _write(stream: TextIO, text: str) -> None:
    """A line at once, so that a pipe shows each step as it comes.

    Where the reader has gone (`| head`), the rest goes nowhere and the exit code stays true.
    """
    try:
        stream.write(text + "\n")
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # what is still in the buffer can be flushed at exit
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise GroundrecError(f"cannot write the result: {error.strerror}") from error


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace(",", "").lstrip("-").isdigit() or text == "-"
