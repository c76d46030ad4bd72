"""A `GraphStore` in memory, as plain as its contract: a model to hold real stores against."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from graph.batch import Batch, refuse_clashes, refuse_loose_ends, with_said
from graph.comparing import News, compare, counts_of, joined, one_row_each, retired
from graph.errors import StoreError
from graph.facts import COLUMNS, GONE, NOW, Fact, Moment, facts_schema, folded, holds_at
from graph.ids import edge_from_hex, text_number
from graph.schema import Schema
from graph.store import Forgotten, Run, Stats, Written
from graph.types import Assertion, Edge, Node

TABLES = ("nodes", "edges")


class MemoryStore:
    """Facts in two frames; every step is a whole column at a time."""

    def __init__(self) -> None:
        self.tables = {table: pl.DataFrame(schema=facts_schema(table)) for table in TABLES}
        self.names: dict[str, list[str]] = {"sources": [], "runs": [], "files": []}
        self.recorded: dict[str, Run] = {}
        self.schemas: dict[str, Schema] = {}
        self.seen: dict[str, set[tuple[str, int]]] = {}
        self.gone: set[int] = set()
        self.token = 0

    def schema(self) -> Schema:
        whole = Schema()
        for schema in self.schemas.values():
            whole = whole.merged(schema)
        return whole

    def begin(self, run: Run, schema: Schema) -> None:
        self.schema().merged(schema)
        if self.schemas.get(run.id) != schema:
            self.schemas[run.id] = schema
            self.token += 1
        self.recorded.setdefault(run.id, run)
        self._number("runs", run.id)

    def write(self, run: Run, batch: Batch) -> Written:
        news = self._news(run, batch)
        number = self._number("runs", run.id)
        for table, told in zip(TABLES, news, strict=True):
            if batch.mode == "replace":
                seen = self.seen.setdefault(f"{run.id} {batch.source}", set())
                seen |= {(table, id_) for id_ in told.status["id"]}
            self._put(table, told, batch.source, number)
            run = run.on(self._named(told.built_on))
        statuses = joined(zip(TABLES, (told.status for told in news), strict=True))
        counts = counts_of(statuses)
        if counts.written:
            self.token += 1
        done = run.advanced(batch.source, batch.position, counts)
        self.recorded[run.id] = done
        return Written(done, counts, statuses)

    def _put(self, table: str, news: News, source: str, run: int) -> None:
        if news.facts.height:
            keys = news.facts.select("id", "source", "run")
            kept = self.tables[table].join(keys, on=["id", "source", "run"], how="anti")
            kept = self._closed(kept, news, source, run)
            self.tables[table] = pl.concat([kept, news.facts])

    def _named(self, built_on: Mapping[int, int]) -> dict[str, int]:
        return {self.names["runs"][number]: count for number, count in built_on.items()}

    def _news(self, run: Run, batch: Batch) -> list[News]:
        found = []
        if batch.mode != "delete":
            refuse_loose_ends(batch)
        for table, rows in zip(TABLES, (batch.nodes, batch.edges), strict=True):
            refuse_clashes(rows, table)
            names = ("id",) if table == "nodes" else ("head", "tail")
            held = pl.any_horizontal(pl.col(name).is_in(list(self.gone)) for name in names)
            withheld = rows.filter(held).unique("id")
            rows = one_row_each(with_said(rows.filter(~held), table), table)
            files = pl.Series([self._number("files", name) for name in batch.files])
            rows = rows.with_columns(file=files.gather(rows["file"]).cast(pl.Int64))
            live = self.tables[table].filter(
                pl.col("until").is_null() & pl.col("id").is_in(rows["id"].implode())
            )
            source, number = self._number("sources", batch.source), self._number("runs", run.id)
            news = compare(rows, live, table, source=source, run=number, mode=batch.mode)
            none = pl.DataFrame(schema={"id": pl.Int64, "run": pl.Int64})
            found.append(news.beside(none, withheld.select("id"), number))
        return found

    def _closed(self, facts: pl.DataFrame, told: News, source: str, run: int) -> pl.DataFrame:
        mark = told.closed.with_columns(
            source=pl.lit(self._number("sources", source), dtype=pl.Int64),
            closes=pl.lit(run, dtype=pl.Int64),
        )
        joined = facts.join(mark, on=["id", "run", "source"], how="left")
        return joined.with_columns(until=pl.coalesce("until", "closes")).drop("closes")

    def end(self, run: Run, retire: Sequence[str] = ()) -> Written:
        number = self._number("runs", run.id)
        parts = []
        for name in retire:
            seen = self.seen.get(f"{run.id} {name}", set())
            source = self._number("sources", name)
            for table in TABLES:
                facts = self.tables[table]
                of = facts.filter((pl.col("source") == source) & pl.col("until").is_null())
                gone = of.filter((pl.col("said") == GONE) & (pl.col("run") != number))
                run = run.on(self._named(dict(gone["run"].value_counts().iter_rows())))
                unseen = {id_ for id_ in of["id"] if (table, id_) not in seen}
                about = facts.filter(pl.col("until").is_null() & pl.col("id").is_in(list(unseen)))
                news = retired(about, table, source=source, run=number, at=run.started)
                self._put(table, news, name, number)
                run = run.on(self._named(news.built_on))
                parts.append((table, news.status))
        statuses = joined(parts)
        counts = counts_of(statuses)
        if counts.written:
            self.token += 1
        done = replace(run, ended=run.started, counts=run.counts + counts)
        self.recorded[run.id] = done
        return Written(done, counts, statuses)

    def undo(self, run: str, at: int) -> Run:
        found = self.recorded[run]
        later = [
            other.id
            for other in self.recorded.values()
            if run in other.built_on and other.undone is None
        ]
        if found.undone is not None or later:
            raise StoreError(f"cannot undo {run}", hint=", ".join(later))
        number = self._number("runs", run)
        for table in TABLES:
            kept = self.tables[table].filter(pl.col("run") != number)
            reopened = pl.when(pl.col("until") != number).then("until")
            self.tables[table] = kept.with_columns(until=reopened)
        self.schemas.pop(run, None)
        self.token += 1
        self.recorded[run] = replace(found, undone=at)
        return self.recorded[run]

    def forget(self, node: str) -> Forgotten:
        number = text_number(node)
        self.gone.add(number)
        sizes = {table: self.tables[table].height for table in TABLES}
        self.tables["nodes"] = self.tables["nodes"].filter(pl.col("id") != number)
        self.tables["edges"] = self.tables["edges"].filter(
            (pl.col("head") != number) & (pl.col("tail") != number)
        )
        self.token += 1
        return Forgotten(*(sizes[table] - self.tables[table].height for table in TABLES))

    def withheld(self, nodes: Sequence[str]) -> frozenset[str]:
        return frozenset(node for node in nodes if text_number(node) in self.gone)

    def runs(self) -> tuple[Run, ...]:
        return tuple(self.recorded.values())

    def facts(self, ids: Sequence[str]) -> tuple[tuple[Fact, ...], ...]:
        return tuple(self._facts(name) for name in ids)

    def _facts(self, name: str) -> tuple[Fact, ...]:
        table = "nodes" if ":" in name else "edges"
        try:
            number = text_number(name) if ":" in name else edge_from_hex(name)
        except ValueError:
            return ()
        rows = self.tables[table].filter(pl.col("id") == number).sort("run", "source")
        known = {*self.tables["nodes"]["id"]}
        ends = ("head", "tail") if table == "edges" else ()
        return tuple(
            self._fact(table, row)
            for row in rows.iter_rows(named=True)
            if all(row[end] in known for end in ends)
        )

    def _fact(self, table: str, row: dict[str, object]) -> Fact:
        import json

        properties = json.loads(str(row["properties"])) if row["properties"] else {}
        subject: Node | Edge
        if table == "nodes":
            aliases = json.loads(str(row["aliases"])) if row["aliases"] else []
            kind, key = str(row["kind"]), str(row["key"])
            subject = Node(kind, key, str(row["label"] or key), tuple(aliases), properties)
        else:
            known = self.tables["nodes"].select("id", "kind", "key").unique("id")
            names = {i: f"{kind}:{key}" for i, kind, key in known.iter_rows()}
            weight, time = row["weight"], row["time"]
            assert weight is None or isinstance(weight, float)
            assert time is None or isinstance(time, int)
            subject = Edge(
                names[row["head"]],
                str(row["relation"]),
                names[row["tail"]],
                str(row["discriminator"]),
                weight,
                time,
                properties,
            )
        said = {name: row[name] for name in ("source", "run", "file", "line", "until")}
        numbers = {name: int(str(value)) for name, value in said.items() if value is not None}
        begun, over = row["valid_from"], row["valid_to"]
        return Fact(
            subject,
            Assertion(
                self.names["runs"][numbers["run"]],
                self.names["sources"][numbers["source"]],
                self.names["files"][numbers["file"]],
                numbers["line"],
                None if begun is None else int(str(begun)),
                None if over is None else int(str(over)),
            ),
            self.names["runs"][numbers["until"]] if "until" in numbers else None,
            bool(row["gone"]),
        )

    def scan(self, table: str, moment: Moment = NOW) -> Iterator[pl.DataFrame]:
        there = self._at(table, moment)
        if table == "edges":
            nodes = self._at("nodes", moment)["id"].implode()
            there = there.filter(pl.col("head").is_in(nodes) & pl.col("tail").is_in(nodes))
        yield there.select(*COLUMNS[table])

    def _at(self, table: str, moment: Moment) -> pl.DataFrame:
        facts = self.tables[table]
        live = pl.col("until").is_null()
        if moment.known_at is not None:
            told = [
                self._number("runs", run.id)
                for run in self.recorded.values()
                if run.started <= moment.known_at
            ]
            live = pl.col("run").is_in(told) & (live | ~pl.col("until").is_in(told))
        when = moment.as_of if moment.as_of is not None else 4_000_000_000
        return folded(facts.filter(live & holds_at(when)), table)

    def _ids(self, table: str) -> set[int]:
        return set(pl.concat(self.scan(table))["id"])

    def stats(self) -> Stats:
        nodes, edges = (pl.concat(self.scan(table)) for table in TABLES)
        return Stats(
            dict(nodes["kind"].value_counts().iter_rows()),
            dict(edges["relation"].value_counts().iter_rows()),
        )

    def change_token(self) -> str:
        return str(self.token)

    @contextmanager
    def rehearsal(self, folder: Path) -> Iterator["MemoryStore"]:
        yield copy.deepcopy(self)

    def _number(self, table: str, name: str) -> int:
        if name not in self.names[table]:
            self.names[table].append(name)
        return self.names[table].index(name)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
