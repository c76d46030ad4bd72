"""How far an ingest has come: a bar per source on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from groundrec import output
from kg_ingest.load import Progress, Reached

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def ingest_progress() -> Generator[Progress]:
    """Rows, rate, rejects and time left, on stderr."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    shown: dict[str, TaskID] = {}
    rate = Rate()

    def tell(reached: Reached) -> None:
        source = output.clean(reached.source)
        if source not in shown:
            shown[source] = bars.add_task(source, total=reached.total, told="")
        bars.update(
            shown[source], completed=reached.done, total=reached.total, told=rate.told(reached)
        )

    with bars:
        yield tell


class Rate:
    """Rows a second of the source at hand, and the seconds that are left of it."""

    def __init__(self) -> None:
        self._source = ""
        self._begun = self._last = time.monotonic()

    def told(self, reached: Reached) -> str:
        """The rows so far, their rate and the rejects."""
        now = time.monotonic()
        if reached.source != self._source:
            self._source, self._begun = reached.source, self._last
        self._last = now
        rate = reached.rows / max(now - self._begun, 1e-3)
        return f"{reached.rows:,} rows, {rate:,.0f}/s, {reached.rejected:,} rejected"

    def left(self, reached: Reached) -> float:
        """Seconds until the source is read, if it goes on like this."""
        spent = time.monotonic() - self._begun
        return spent * (reached.total - reached.done) / max(reached.done, 1)


class _Lines:
    def __init__(self) -> None:
        self._rate = Rate()
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def __call__(self, reached: Reached) -> None:
        told = self._rate.told(reached)
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES
        left = self._rate.left(reached)
        output.note(f"{reached.source}: {told}, {left:,.0f} s left")
