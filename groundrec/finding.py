"""From what a person types to rows of the snapshot: users by key, items by id or name."""

from graph.errors import InputError, UnknownNodeError
from groundrec.workspace import Workspace


def find_user(place: Workspace, user: str) -> int | None:
    """The row of a user given as key or `kind:key`; None when the graph does not know them."""
    snapshot = place.snapshot
    for kind in snapshot.schema.kinds_of("user"):
        found = snapshot.find(user if user.startswith(f"{kind}:") else f"{kind}:{user}")
        if found is not None:
            return found
    return None


def find_item(place: Workspace, item: str) -> int:
    """The row of an item given as `kind:key`, key or name.

    UnknownNodeError names the nearest when there is none; InputError the choices when a name
    belongs to several.
    """
    snapshot = place.snapshot
    kinds = snapshot.schema.kinds_of("item")
    for kind in kinds:
        if item.startswith(f"{kind}:") and (found := snapshot.find(item)) is not None:
            return found
    named = [row for row in place.names.exact(item) if snapshot.kind(row) in kinds]
    if len(named) == 1:
        return named[0]
    if named:
        choices = ", ".join(f"{snapshot.id(row)} ({snapshot.label(row)})" for row in named[:10])
        raise InputError(
            f"{item!r} is the name of {len(named)} items", hint=f"say which: {choices}"
        )
    for kind in kinds:
        found = snapshot.find(f"{kind}:{item}")
        if found is not None:
            return found
    near = [
        snapshot.label(row)
        for row, _ in place.names.search(item, limit=20)
        if snapshot.kind(row) in kinds
    ]
    raise UnknownNodeError(
        f"no item is called {item!r}",
        hint=f"did you mean: {', '.join(near[:5])}?" if near else "`groundrec search` finds names",
    )
