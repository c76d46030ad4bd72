"""Runs found by name, and undone: alone, or with all that was built on them."""

import time
from dataclasses import dataclass

from graph.errors import InputError, StoreError
from graph.store import GraphStore, Run


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A run that stands in the way: `facts` of those to be undone it has met or changed."""

    run: Run
    facts: int


def find_run(store: GraphStore, name: str) -> Run:
    """A run by its id, the beginning of it, or "last" (the newest that is not undone).

    InputError when there is none, or there are several.
    """
    runs = store.runs()
    if name == "last":
        found = [run for run in runs if run.undone is None][-1:]
    else:
        exact = [run for run in runs if run.id == name]
        found = exact or [run for run in runs if run.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(run.id for run in (found or runs)[-5:])
    raise InputError(
        f"{len(found)} runs are called {name!r}" if found else f"no run {name!r}",
        hint=f"there are: {known}" if known else "nothing was ingested yet",
    )


def in_the_way(store: GraphStore, run: Run) -> tuple[Obstacle, ...]:
    """The runs that build on a run, and those that build on them, newest first."""
    taken = {run.id}
    found = []
    for later in store.runs():
        facts = sum(count for name, count in later.built_on.items() if name in taken)
        if later.id not in taken and facts and later.undone is None:
            taken.add(later.id)
            found.append(Obstacle(later, facts))
    return tuple(reversed(found))


def undo_run(store: GraphStore, run: Run, *, cascade: bool) -> tuple[Run, ...]:
    """Take a run back, and with `cascade` first what stands in the way; all that was undone.

    InputError when it was undone already, StoreError that names what stands in the way.
    """
    if run.undone is not None:
        raise InputError(f"{run.id} was undone already")
    obstacles = in_the_way(store, run)
    if obstacles and not cascade:
        told = ", ".join(f"{one.run.id} (on {one.facts:,} facts)" for one in obstacles[:5])
        more = f" and {len(obstacles) - 5} more" if len(obstacles) > 5 else ""
        raise StoreError(
            f"{len(obstacles)} later runs build on {run.id}: {told}{more}",
            hint="`--cascade` undoes them, too, newest first",
        )
    now = int(time.time())
    return tuple(
        store.undo(one.id, now) for one in (*(obstacle.run for obstacle in obstacles), run)
    )
