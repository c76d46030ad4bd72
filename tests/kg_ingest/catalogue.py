"""Small catalogues for tests: files and a mapping in a folder, ingested into a store."""

import csv
from dataclasses import dataclass
from pathlib import Path

from graph.facts import current
from graph.sqlite_store import open_sqlite
from graph.store import Stats
from graph.types import Edge, Node
from kg_ingest.load import LoadReport, run_ingest

SCHEMA = """
[kinds.user]
role = "user"
[kinds.item]
role = "item"
[kinds.tag]
role = "attribute"
[relations.rated]
head = "user"
tail = "item"
interaction = true
[relations.tagged]
head = "item"
tail = "tag"
"""
ITEMS = """
[[sources]]
path = "items.csv"
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
"""
RATINGS = """
[[sources]]
path = "ratings.csv"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
"""
TAGS = """
[[sources]]
path = "tags.csv"
fields.tag = { from = "tags", split = "|", clean = [['\\s*\\(.*\\)', '']] }
[[sources.edges]]
relation = "tagged"
head = "id"
tail = { name = "tag" }
"""


def items(*more: str) -> str:
    """The source of items with further lines, as `format = "tsv"`."""
    return ITEMS.replace('"items.csv"', "\n".join(['"items.csv"', *more]))


PLAIN = items('quote = ""')


@dataclass(frozen=True)
class Catalogue:
    """A folder with a mapping and its files."""

    folder: Path

    def write(self, name: str, content: str | bytes) -> None:
        raw = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(raw)

    def map(self, sources: str, schema: str = SCHEMA) -> None:
        self.write("mapping.toml", schema + sources)

    def ingest(self, max_rejects: int | None = None, outside: bool = False) -> LoadReport:
        with open_sqlite(self.folder / "graph.db") as store:
            return run_ingest(
                store,
                self.folder / "mapping.toml",
                data=self.folder,
                runs=self.folder / "runs",
                max_rejects=max_rejects,
                outside=outside,
            )

    def stats(self) -> Stats:
        with open_sqlite(self.folder / "graph.db") as store:
            return store.stats()

    def get(self, *ids: str) -> tuple[Node | Edge | None, ...]:
        with open_sqlite(self.folder / "graph.db") as store:
            return tuple(current(facts) for facts in store.facts(ids))

    def labels(self, *keys: str) -> list[str | None]:
        """What items are called."""
        found = self.get(*(f"item:{key}" for key in keys))
        return [node.label if isinstance(node, Node) else None for node in found]

    def edges(self) -> set[tuple[str, str, str]]:
        """(head, relation, tail) of all edges."""
        with open_sqlite(self.folder / "graph.db") as store:
            names = {
                number: f"{kind}:{key}"
                for part in store.scan("nodes")
                for number, kind, key in part.select("id", "kind", "key").iter_rows()
            }
            return {
                (names[head], relation, names[tail])
                for part in store.scan("edges")
                for head, relation, tail in part.select("head", "relation", "tail").iter_rows()
            }

    def rejects(self) -> list[tuple[str, int, str, str]]:
        """(file, line, field, reason) of all rejects."""
        found = []
        for path in sorted(self.folder.glob("runs/*/rejects.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                found += [
                    (row["file"], int(row["line"]), row["field"], row["reason"])
                    for row in csv.DictReader(file)
                ]
        return found
