"""`Snapshot`: the graph as arrays, memory-mapped, never changed, versioned by its content.

    VERSION/manifest.json   version, sizes, the store's change token
            schema.json     kinds and relations with their words
            nodes.arrow     vocabulary: id, key, label, aliases, properties; sorted by kind, id
            numbers.npy     the ids alone, for look-ups
            edges.arrow     discriminators of the few edges that have one
            merged.arrow    nodes that were merged into others, and into which
            RELATION/       forward/ and reverse/: one .npy per column of `graph.links.Links`

A row is a node's position in the vocabulary. The rows of a kind stand together, so a node has a
row in the whole and a local row within its kind; CSRs use local rows.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from graph.errors import DamagedArtefactError, MissingArtefactError, UnknownNodeError
from graph.ids import edge_hex, text_number
from graph.links import NO_TIME, Links
from graph.schema import Schema
from graph.types import Edge, Node

FORMAT = 2
MERGED = {"id": pl.Int64(), "kind": pl.String(), "key": pl.String(), "row": pl.Int64()}
NODE_COLUMNS = ("id", "kind", "key", "label", "aliases", "properties")
Progress = Callable[[str, int, int | None], None]


class Snapshot:
    """A graph at rest: schema, vocabulary and one CSR per relation, in both directions."""

    def __init__(
        self,
        version: str,
        schema: Schema,
        nodes: pl.DataFrame,
        numbers: NDArray[np.int64],
        offsets: Mapping[str, int],
        links: Callable[[str, bool], Links],
        discriminators: Mapping[int, str],
        folder: Path | None = None,
        merged: pl.DataFrame | None = None,
        late: Mapping[int, int] | None = None,
        base: str = "",
    ) -> None:
        """`late`: rows by number of nodes that stand behind the sorted ones of their kind."""
        self.version = version
        # What was fitted on a snapshot fits every overlay of it.
        self.base = base or version
        self.schema = schema
        self.nodes = nodes
        self.folder = folder
        self._numbers = numbers
        self._offsets = dict(offsets)
        self._links = links
        self._discriminators = discriminators
        self._merged = pl.DataFrame(schema=MERGED) if merged is None else merged
        self._goes = {**dict(self._merged.select("id", "row").iter_rows()), **(late or {})}
        self._late_numbers = tuple(late or ())
        self._late = Counter(str(nodes["kind"][row]) for row in (late or {}).values())
        self._opened: dict[tuple[str, bool], Links] = {}

    # -- vocabulary ---------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """The number of nodes."""
        return self.nodes.height

    def rows(self, kind: str) -> range:
        """The rows of a kind, empty when the schema has it and the graph has none."""
        start, end = self._bounds(kind)
        return range(start, end)

    def count(self, kind: str) -> int:
        """How many nodes of a kind there are."""
        return len(self.rows(kind))

    def row(self, node: str) -> int:
        """The row of `kind:key`; UnknownNodeError when it is not there."""
        found = self.find(node)
        if found is None:
            raise UnknownNodeError(
                f"{node!r} is not in the graph", hint="`groundrec search` finds nodes by name"
            )
        return found

    def find(self, node: str) -> int | None:
        """The row of `kind:key`, or of the node that it was merged into, or None."""
        return self.find_number(node.partition(":")[0], text_number(node))

    def find_number(self, kind: str, number: int) -> int | None:
        """The row of a node of a kind by the number of its id; see `find`."""
        if kind not in self._offsets:
            return None
        start, end = self._bounds(kind)
        end -= self._late[kind]
        at = start + int(np.searchsorted(self._numbers[start:end], number))
        if at < end and self._numbers[at] == number:
            return at
        return self._goes.get(number)

    def kind(self, row: int) -> str:
        """The kind of the node at a row."""
        return str(self.nodes["kind"][row])

    def id(self, row: int) -> str:
        """`kind:key` of the node at a row."""
        return f"{self.nodes['kind'][row]}:{self.nodes['key'][row]}"

    def ids(self, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """`kind:key` of many rows."""
        part = self.nodes[np.asarray(rows, dtype=np.int64)]
        return [f"{k}:{key}" for k, key in zip(part["kind"], part["key"], strict=True)]

    def label(self, row: int) -> str:
        """The name a person reads; the key where the catalogue gave none."""
        label = self.nodes["label"][row]
        return str(self.nodes["key"][row] if label is None else label)

    def labels(self, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """`label` of many rows."""
        part = self.nodes[np.asarray(rows, dtype=np.int64)]
        return part.select(pl.coalesce("label", "key"))["label"].to_list()

    def node(self, row: int) -> Node:
        """The node at a row."""
        kind, key, aliases, properties = self.nodes.select(
            "kind", "key", "aliases", "properties"
        ).row(row)
        return Node(
            kind=kind,
            key=key,
            label=self.label(row),
            aliases=tuple(json.loads(aliases)) if aliases else (),
            properties=json.loads(properties) if properties else {},
        )

    @property
    def has_merged(self) -> bool:
        """Whether nodes of the store are one here."""
        return self._merged.height > 0

    def merged_into(self, row: int) -> list[str]:
        """The ids of the nodes that were merged into the one at a row."""
        gone = self._merged.filter(pl.col("row") == row).sort("key")
        return [f"{kind}:{key}" for kind, key in gone.select("kind", "key").iter_rows()]

    # -- edges --------------------------------------------------------------------------------

    def links(self, relation: str, *, reverse: bool = False) -> Links:
        """The CSR of a relation; heads and tails are local rows of its kinds."""
        self.schema.allow([relation])
        at = (relation, reverse)
        if at not in self._opened:
            self._opened[at] = self._links(relation, reverse)
        return self._opened[at]

    def edge(self, relation: str, position: int, *, reverse: bool = False) -> Edge:
        """The edge at a position of the relation's columns."""
        links = self.links(relation, reverse=reverse)
        near = int(np.searchsorted(links.indptr, position, side="right")) - 1
        far = int(links.indices[position])
        head, tail = (far, near) if reverse else (near, far)
        meant = self.schema.relations[relation]
        weight, time = float(links.weight[position]), int(links.time[position])
        return Edge(
            head=self.id(self._bounds(meant.head)[0] + head),
            relation=relation,
            tail=self.id(self._bounds(meant.tail)[0] + tail),
            discriminator=self._discriminators.get(int(links.edge[position]), ""),
            weight=None if np.isnan(weight) else weight,
            time=None if time == NO_TIME else time,
            number=int(links.edge[position]),
        )

    def discriminators(self, edges: NDArray[np.int64]) -> pl.Series:
        """What tells parallel edges apart, "" for the ordinary ones."""
        marks = pl.DataFrame(
            list(self._discriminators.items()),
            schema={"id": pl.Int64, "discriminator": pl.String},
            orient="row",
        )
        found = pl.DataFrame({"id": edges}).join(marks, on="id", how="left", maintain_order="left")
        return found["discriminator"].fill_null("")

    def edge_ids(self, relation: str, positions: slice | NDArray[np.int64]) -> list[str]:
        """Edge ids at positions of the forward columns, 16 digits each."""
        return [edge_hex(int(number)) for number in self.links(relation).edge[positions]]

    def likes(self, user_kind: str | None = None, item_kind: str | None = None) -> Links:
        """All interactions that count as liking, users x items.

        Several interaction relations are laid on one another; a schema with several kinds of
        users or items needs the kind to be named.
        """
        users = user_kind or self._only("user")
        items = item_kind or self._only("item")
        parts: list[Links] = []
        for name in self.schema.interactions:
            relation = self.schema.relations[name]
            if (relation.head, relation.tail) != (users, items):
                continue
            links = self.links(name)
            if relation.liked is not None:
                links = links.keep(np.asarray(links.weight >= relation.liked))
            parts.append(links)
        return Links.union((self.count(users), self.count(items)), parts)

    def replaced(self, links: Mapping[str, Links]) -> "Snapshot":
        """This snapshot with other edges for some relations, in memory, with its own version.

        Used to hold edges out, to shuffle or empty relations, and by overlays.
        """
        digest = blake2b(self.version.encode(), digest_size=16)
        for name in sorted(links):
            digest.update(name.encode())
            for column in links[name].columns():
                digest.update(np.ascontiguousarray(column).data)

        def opened(relation: str, reverse: bool) -> Links:
            if relation not in links:
                return self.links(relation, reverse=reverse)
            return links[relation].reversed() if reverse else links[relation]

        return Snapshot(
            digest.hexdigest(),
            self.schema,
            self.nodes,
            self._numbers,
            self._offsets,
            opened,
            self._discriminators,
            merged=self._merged,
            late={number: self._goes[number] for number in self._late_numbers},
        )

    # -- inside -------------------------------------------------------------------------------

    def _bounds(self, kind: str) -> tuple[int, int]:
        self.schema.allow([kind])
        start = self._offsets.get(kind, 0)
        later = [offset for offset in self._offsets.values() if offset > start]
        end = min(later, default=self.size)
        return (start, end) if kind in self._offsets else (0, 0)

    def _only(self, role: str) -> str:
        kinds = [name for name, kind in self.schema.kinds.items() if kind.role == role]
        if not kinds:
            raise UnknownNodeError(
                f"the graph has no kind of {role}",
                hint=f'the mapping says so: [kinds.NAME] with role = "{role}"',
            )
        if len(kinds) != 1:
            raise UnknownNodeError(
                f"the graph has {len(kinds)} kinds of {role}s, name one: {', '.join(kinds)}"
            )
        return kinds[0]


class Manifest(BaseModel):
    """What a snapshot says of itself, in `manifest.json`."""

    model_config = ConfigDict(frozen=True)

    format: int
    version: str
    words: str
    change_token: str
    mark: str = ""
    nodes: int
    offsets: dict[str, int]
    edges: dict[str, int]
    shapes: dict[str, tuple[int, int]]


def open_snapshot(folder: Path) -> Snapshot:
    """Memory-map a snapshot; milliseconds whatever its size.

    MissingArtefactError when there is none, DamagedArtefactError when a part of it is missing or
    not readable. Whether its content is what was written, `graph.snapshot_build.verify` says.
    """
    manifest = read_manifest(folder)

    def opened(relation: str, reverse: bool) -> Links:
        if relation not in manifest.shapes:
            raise MissingArtefactError(
                f"the snapshot does not have the relation {relation!r}",
                hint="`groundrec snapshot` builds a new one",
            )
        heads, tails = manifest.shapes[relation]
        way, shape = ("reverse", (tails, heads)) if reverse else ("forward", (heads, tails))
        with _whole(folder):
            return Links.open(folder / relation / way, shape)

    with _whole(folder):
        marks = pl.read_ipc(folder / "edges.arrow")
        return Snapshot(
            manifest.version,
            Schema.from_json((folder / "schema.json").read_text(encoding="utf-8")),
            pl.read_ipc(folder / "nodes.arrow"),
            np.load(folder / "numbers.npy", mmap_mode="r", allow_pickle=False),
            manifest.offsets,
            opened,
            dict(zip(marks["id"], marks["discriminator"], strict=True)),
            folder,
            pl.read_ipc(folder / "merged.arrow"),
        )


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """What a missing or cut file makes the libraries say becomes an error of ours."""
    try:
        yield
    except (OSError, ValueError, EOFError, pl.exceptions.PolarsError) as error:
        raise DamagedArtefactError(
            f"the snapshot in {folder} is damaged: {str(error).splitlines()[0]}",
            hint="`groundrec snapshot` builds it anew",
        ) from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a snapshot; the errors say whether it is missing or damaged."""
    path = folder / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingArtefactError(
            f"no snapshot at {folder}", hint="`groundrec snapshot` builds one from the store"
        ) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise DamagedArtefactError(
            f"{path} is not readable", hint="`groundrec snapshot` builds a new one"
        ) from error
    if manifest.format != FORMAT:
        raise DamagedArtefactError(
            f"{path} has format {manifest.format}, this version reads {FORMAT}",
            hint="`groundrec snapshot` builds a new one",
        )
    return manifest
