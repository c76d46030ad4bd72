"""A desk: a store, a folder with a catalogue, and what is done with both."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from graph.errors import (
    MissingArtefactError,
)
from graph.facts import current
from graph.snapshot_build import build_snapshot
from graph.store import GraphStore
from graph.types import Edge
from kg_ingest.load import LoadReport, run_ingest
from kg_ingest.plan import Plan, apply_plan, make_plan
from kg_ingest.undo import find_run, undo_run

SCHEMA = """
[kinds.user]
role = "user"
[kinds.item]
role = "item"
[kinds.year]
role = "attribute"
[relations.rated]
head = "user"
tail = "item"
interaction = true
[relations.made_in]
head = "item"
tail = "year"
functional = true
"""
ITEMS = """
[[sources]]
path = "items.csv"
mode = "{mode}"
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
[[sources.edges]]
relation = "made_in"
head = "id"
tail = {{ name = "year" }}
"""
RATINGS = """
[[sources]]
path = "ratings.csv"
mode = "{mode}"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
"""
TWO = "id,title,year\n1,Heat,1995\n2,Ronin,1998\n"


@dataclass(frozen=True)
class Desk:
    """A store, a folder with a catalogue, and what is done with both."""

    folder: Path
    store: GraphStore

    def lay(self, items: str = "", ratings: str = "", mode: str = "merge") -> None:
        mapping = SCHEMA
        for content, name, table in (
            (items, "items.csv", ITEMS),
            (ratings, "ratings.csv", RATINGS),
        ):
            if content:
                (self.folder / name).write_text(content)
                mapping += table.format(mode=mode)
        (self.folder / "m.toml").write_text(mapping)

    def run(self, max_rejects: int | None = None) -> LoadReport:
        return run_ingest(
            self.store,
            self.folder / "m.toml",
            data=self.folder,
            runs=self.folder / "runs",
            max_rejects=max_rejects,
        )

    @property
    def plans(self) -> Path:
        return self.folder / "runs" / "plans"

    def plan(self, max_rejects: int | None = None) -> Plan:
        return make_plan(
            self.store,
            self.folder / "m.toml",
            data=self.folder,
            plans=self.plans,
            max_rejects=max_rejects,
        )

    def apply(self, plan: Plan) -> LoadReport:
        return apply_plan(self.store, plan, runs=self.folder / "runs")

    def undo(self, run: str, cascade: bool = False) -> tuple[str, ...]:
        found = find_run(self.store, run)
        return tuple(one.id for one in undo_run(self.store, found, cascade=cascade))

    def label(self, node: str) -> str | None:
        found = current(self.store.facts([node])[0])
        return None if found is None or isinstance(found, Edge) else found.label

    def edges(self) -> set[str]:
        return set(pl.concat(self.store.scan("edges"))["relation"])

    def hash(self) -> str | None:
        try:
            return build_snapshot(self.store, self.folder / "snapshots").version
        except MissingArtefactError:
            return None
