"""What the resolver would hold to be the same after an ingest, and does not yet."""

from dataclasses import dataclass

from graph.same import Decision, read_matches, settled
from graph.store import GraphStore
from kg_ingest.resolve import Options, resolve
from kg_ingest.things import read_graph

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Merge:
    """Two nodes that would become one, and why."""

    one: str
    other: str
    reason: str


def merges(store: GraphStore) -> tuple[dict[str, int], tuple[Merge, ...]]:
    """How many pairs would be merged anew, by kind, and the surest of them."""
    known = read_matches(store)
    same = {match.pair for match in settled(known) if match.decision == Decision.SAME}
    found = resolve(read_graph(store, (), ()), Options(), known=known).matches
    fresh = [
        match
        for match in settled((*known, *found))
        if match.decision == Decision.SAME and match.pair not in same
    ]
    fresh.sort(key=lambda match: (-match.score, match.pair))
    counts: dict[str, int] = {}
    for match in fresh:
        counts[match.kind] = counts.get(match.kind, 0) + 1
    told = tuple(Merge(*match.pair, match.reason) for match in fresh[:MOST_TOLD])
    return dict(sorted(counts.items())), told
