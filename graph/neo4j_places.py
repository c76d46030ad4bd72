"""Where the nodes are on the server, and how many edges begin at each: how to read all of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from neo4j import ManagedTransaction

from graph.cypher import paging
from graph.ids import Int64s
from graph.schema import Schema

NODES_A_PAGE = 20_000
FIRST = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Places:
    """The nodes of a graph as one transaction sees them.

    `places` are the server's own numbers, sorted; `ids` is aligned with them. `heads` has the ids,
    sorted, of the nodes at which each relation's relationships begin, and how many these are; they
    are counted whoever made them.
    """

    places: Int64s
    ids: Int64s
    heads: dict[str, tuple[Int64s, Int64s]]

    def found(self, places: Int64s) -> tuple[Int64s, np.ndarray[Any, np.dtype[np.bool_]]]:
        """The ids of the nodes at some places, and which of them are known."""
        at = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        return self.ids[at], self.places[at] == places

    def ranges(self, relation: str, size: int) -> list[list[int]]:
        """Ranges of heads, the first end not included, with about so many edges each."""
        heads, edges = self.heads[relation]
        if not len(heads):
            return []
        total = np.cumsum(edges)
        last = np.searchsorted(total, np.arange(size, total[-1] + size, size))
        ends = heads[np.unique(np.minimum(last, len(heads) - 1))].tolist()
        return [list(pair) for pair in zip([FIRST, *ends[:-1]], ends, strict=True)]


def read_places(tx: ManagedTransaction, schema: Schema) -> Places:
    """Look at all nodes of all kinds."""
    ids, places = list[Int64s](), list[Int64s]()
    heads: dict[str, tuple[Int64s, Int64s]] = {}
    for kind in schema.kinds:
        relations = [name for name, meant in schema.relations.items() if meant.head == kind]
        statement, after = paging.page_of_places(kind, relations), FIRST
        own, degrees = list[int](), {name: list[int]() for name in relations}
        while True:
            record = tx.run(statement, after=after, page=NODES_A_PAGE).single(strict=True)
            if not record["ids"]:
                break
            after = record["ids"][-1]
            own += record["ids"]
            places.append(np.array(record["places"], dtype=np.int64))
            for at, name in enumerate(relations):
                degrees[name] += record[f"d{at}"]
        ids.append(np.array(own, dtype=np.int64))
        for name, counts in degrees.items():
            edges = np.array(counts, dtype=np.int64)
            heads[name] = (ids[-1][edges > 0], edges[edges > 0])
    none = np.empty(0, dtype=np.int64)
    every, where = np.concatenate([none, *ids]), np.concatenate([none, *places])
    order = np.argsort(where)
    return Places(where[order], every[order], heads)
