"""What has changed on a server since a snapshot was built, told by the runs' own facts.

Facts are only ever added and ended, each with the number of the run that did it, so what is newer
than a mark can be asked for. What leaves no such trace (an undoing, a forgetting, time that makes
a dated fact begin or end) is noticed, and then nothing can be told.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from neo4j import ManagedTransaction

from graph import cypher
from graph.batch import EDGES, NODES, VALIDITY
from graph.cypher import following
from graph.facts import folded, holds_at
from graph.ids import Int64s
from graph.neo4j_facts import Facts
from graph.schema import Schema
from graph.store import Changed

MOST = 100_000  # ids; of more the whole graph is read as soon
COLUMNS: Mapping[str, Mapping[str, pl.DataType]] = {"nodes": NODES, "edges": EDGES}
NAME = {"nodes": "kind", "edges": "relation"}


def mark(tx: ManagedTransaction, store: Mapping[str, Any]) -> str:
    """Where the history stands."""
    run = tx.run(following.OPEN_RUN).single(strict=True)["number"]
    told = {"run": run, "rewritten": store.get("rewritten", ""), "at": int(time.time())}
    return json.dumps(told, sort_keys=True)


def changed(
    tx: ManagedTransaction, schema: Schema, store: Mapping[str, Any], since: str, known: Int64s
) -> Changed | None:
    """What has changed since a mark; None when that cannot be told, or is too much.

    `known` are the sorted numbers of the nodes that there were.
    """
    then = json.loads(since)
    if then["rewritten"] != store.get("rewritten", ""):
        return None
    look = _Look(tx, schema, then["run"], then["at"])
    if look.dated():
        return None
    nodes, node_rows = look.now("nodes", pl.concat(look.new("nodes")))
    arrived = nodes.filter(~nodes["id"].is_in(pl.Series(known).implode()))
    edges, edge_rows = look.now("edges", pl.concat([*look.new("edges"), *look.edges_of(arrived)]))
    if len(node_rows) + len(edge_rows) > MOST:
        return None
    return Changed(nodes, edges, node_rows, edge_rows)


class _Look:
    def __init__(self, tx: ManagedTransaction, schema: Schema, run: int, at: int) -> None:
        self._tx = tx
        self._schema = schema
        self._facts = Facts(tx, schema)
        self._values = {"run": run, "at": at}
        self._now = int(time.time())

    def dated(self) -> bool:
        """Whether there are facts that hold at other times than the mark's."""
        asked = [following.dated_beside(table) for table in COLUMNS]
        asked += [following.dated_nodes(kind) for kind in self._schema.kinds]
        for relation, used in self._facts.columns().items():
            if relation in self._schema.relations and used & VALIDITY.keys():
                asked.append(following.dated_edges(cypher.form(self._schema, relation)))
        return any(self._tx.run(one, self._values).single(strict=True)["n"] for one in asked)

    def new(self, table: str) -> Iterator[pl.DataFrame]:
        """Ids that the runs have said or ended something of, with their kind or relation."""
        yield pl.DataFrame(schema={"id": pl.Int64, NAME[table]: pl.String})
        for name in self._schema.kinds if table == "nodes" else self._schema.relations:
            statement = (
                following.new_nodes(name)
                if table == "nodes"
                else following.new_edges(cypher.form(self._schema, name))
            )
            yield _rows(table, name, self._tx.run(statement, self._values).single(strict=True))
        for record in self._tx.run(following.new_beside(table), self._values):
            yield _rows(table, record["name"], record)

    def edges_of(self, nodes: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The edges at some nodes, whoever said them."""
        relations = list(self._schema.relations)
        for (kind,), part in nodes.partition_by("kind", as_dict=True).items():
            ids = part["id"].to_list()
            for record in self._tx.run(following.edges_of(str(kind)), ids=ids, relations=relations):
                yield _rows("edges", record["name"], record)

    def now(self, table: str, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """What the facts about some ids say together now, and the ids."""
        rows = rows.unique("id")
        if rows.height > MOST:
            return pl.DataFrame(schema=COLUMNS[table]), rows["id"]
        live, _ = self._facts.live(table, rows)
        return folded(live.drop("own").filter(holds_at(self._now)), table), rows["id"]


def _rows(table: str, name: str, record: Any) -> pl.DataFrame:
    rows = pl.DataFrame({"id": pl.Series(record["ids"], dtype=pl.Int64)})
    return rows.with_columns(pl.lit(name).alias(NAME[table]))
