"""Deliveries gathered until a write of them is worth its while, and read ahead of the writer.

A store writes many rows in one transaction much faster than in ten. Reading and
converting goes on in a thread of its own meanwhile, one gathered delivery ahead.
"""

import queue
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

import polars as pl

from kg_ingest.deliveries import Delivery

# Edges, or nodes where there are more of them. Only a delivery that has more to begin with exceeds
# it, so that how much memory is needed does not depend on how long the rows of a source are.
ROWS = 300_000
BYTES = 200_000_000
SECONDS = 10.0  # of a slow source, not much more than this is read again after a crash

T = TypeVar("T")


def gathered(deliveries: Iterator[Delivery]) -> Iterator[Delivery]:
    """The same rows in fewer deliveries, each of one source; none waits long for the next.

    What was read before an error comes before the error.
    """
    held: list[Delivery] = []
    rows, size = 0, 0.0
    begun = time.monotonic()
    try:
        for one in deliveries:
            more = max(one.batch.nodes.height, one.batch.edges.height)
            if held and (rows + more > ROWS or not _alike(held[-1], one)):
                yield _as_one(held)
                held, rows, size, begun = [], 0, 0.0, time.monotonic()
            held.append(one)
            rows += more
            size += one.batch.nodes.estimated_size() + one.batch.edges.estimated_size()
            if rows >= ROWS or size >= BYTES or time.monotonic() - begun >= SECONDS:
                yield _as_one(held)
                held, rows, size, begun = [], 0, 0.0, time.monotonic()
    except Exception:
        if held:
            yield _as_one(held)
        raise
    if held:
        yield _as_one(held)


def _alike(one: Delivery, other: Delivery) -> bool:
    """Whether two may become one: rejects tell their file by that of their delivery."""
    same_file = one.batch.files == other.batch.files
    silent = one.rejected.is_empty() and other.rejected.is_empty()
    return one.batch.source == other.batch.source and (same_file or silent)


def _as_one(held: list[Delivery]) -> Delivery:
    if len(held) == 1:
        return held[0]
    last = held[-1]
    files = tuple(dict.fromkeys(name for one in held for name in one.batch.files))
    nodes, edges = [], []
    for one in held:
        numbers = pl.Series([files.index(name) for name in one.batch.files], dtype=pl.Int32)
        file = pl.lit(numbers).gather(pl.col("file")).alias("file")
        nodes.append(one.batch.nodes.with_columns(file))
        edges.append(one.batch.edges.with_columns(file))
    return Delivery(
        replace(last.batch, files=files, nodes=pl.concat(nodes), edges=pl.concat(edges)),
        pl.concat([one.rejected for one in held]),
        sum(one.rows for one in held),
        last.done,
        last.total,
        sum(one.withheld for one in held),
    )


_END = object()


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items, the next of which is made in a thread while one is used.

    Never more than these two are held. To be closed, so that the thread ends when no more are
    wanted.
    """
    made: queue.SimpleQueue[object] = queue.SimpleQueue()
    taken, unwanted = threading.Event(), threading.Event()

    def make() -> None:
        try:
            for item in items:
                made.put(item)
                del item
                taken.wait()
                taken.clear()
                if unwanted.is_set():
                    return
            made.put(_END)
        except BaseException as error:  # it is the caller's, whatever it is
            made.put(_Failure(error))
        finally:
            if isinstance(items, Generator):
                items.close()

    maker = threading.Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        while (item := made.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            taken.set()
            yield item  # type: ignore[misc]  # what was handed over is what `items` gave
            del item
    finally:
        unwanted.set()
        taken.set()
        maker.join()


class _Failure:
    """What went wrong in the other thread."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
