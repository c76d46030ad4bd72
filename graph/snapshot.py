"""`Snapshot`: the graph as arrays, memory-mapped, never changed, versioned by its content.

    VERSION/manifest.json   version, sizes, the store's change token
            schema.json     kinds and relations with their words
            nodes.arrow     vocabulary: id, key, label, aliases, properties; sorted by kind, id
            edges.arrow     discriminators of the few edges that have one
            RELATION/       forward/ and reverse/: one .npy per column of `graph.links.Links`

A row is a node's position in the vocabulary. The rows of a kind stand together, so a node has a
row in the whole and a local row within its kind; CSRs use local rows.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.errors import DamagedArtefactError, MissingArtefactError, UnknownNodeError
from graph.ids import edge_hex, text_number
from graph.links import NO_TIME, SPLITS, Links
from graph.schema import Schema
from graph.store import GraphStore
from graph.types import Edge, Node

FORMAT = 1
Progress = Callable[[str, int, int | None], None]

_NODE_COLUMNS = ("id", "kind", "key", "label", "aliases", "properties")


class Snapshot:
    """A graph at rest: schema, vocabulary and one CSR per relation, in both directions."""

    def __init__(
        self,
        version: str,
        schema: Schema,
        nodes: pl.DataFrame,
        offsets: Mapping[str, int],
        links: Callable[[str, bool], Links],
        discriminators: Mapping[int, str],
        folder: Path | None = None,
    ) -> None:
        self.version = version
        self.schema = schema
        self.nodes = nodes
        self.folder = folder
        self._offsets = dict(offsets)
        self._links = links
        self._discriminators = discriminators
        self._opened: dict[tuple[str, bool], Links] = {}

    # -- vocabulary ---------------------------------------------------------------------------

    @cached_property
    def _numbers(self) -> NDArray[np.int64]:
        return self.nodes["id"].to_numpy()

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
        """The row of `kind:key`, or None."""
        kind = node.partition(":")[0]
        if kind not in self._offsets:
            return None
        start, end = self._bounds(kind)
        number = text_number(node)
        at = start + int(np.searchsorted(self._numbers[start:end], number))
        return at if at < end and self._numbers[at] == number else None

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
        )

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
        shape = (self.count(users), self.count(items))
        parts: list[tuple[NDArray[np.int32], Links]] = []
        for name in self.schema.interactions:
            relation = self.schema.relations[name]
            if (relation.head, relation.tail) != (users, items):
                continue
            links = self.links(name)
            if relation.liked is not None:
                links = links.keep(np.asarray(links.weight >= relation.liked))
            parts.append((links.heads(), links))
        if len(parts) == 1:
            return parts[0][1]
        return Links.from_columns(
            shape,
            _joined([heads for heads, _ in parts], np.int32),
            _joined([links.indices for _, links in parts], np.int32),
            _joined([links.weight for _, links in parts], np.float32),
            _joined([links.time for _, links in parts], np.int64),
            _joined([links.edge for _, links in parts], np.int64),
            _joined([links.split for _, links in parts], np.int8),
        )

    def replaced(self, links: Mapping[str, Links]) -> "Snapshot":
        """This snapshot with other edges for some relations, in memory, with its own version.

        Used to hold edges out, to shuffle or empty relations, and by overlays.
        """
        digest = blake2b(self.version.encode(), digest_size=16)
        for name in sorted(links):
            digest.update(name.encode())
            for column in (links[name].indptr, links[name].indices, links[name].edge):
                digest.update(np.ascontiguousarray(column).data)

        def opened(relation: str, reverse: bool) -> Links:
            if relation not in links:
                return self.links(relation, reverse=reverse)
            return links[relation].reversed() if reverse else links[relation]

        return Snapshot(
            digest.hexdigest(), self.schema, self.nodes, self._offsets, opened, self._discriminators
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
        if len(kinds) != 1:
            raise UnknownNodeError(
                f"the graph has {len(kinds)} kinds of {role}s, name one: {', '.join(kinds)}"
            )
        return kinds[0]


def build_snapshot(store: GraphStore, root: Path, progress: Progress | None = None) -> Snapshot:
    """Write the store's graph as `root/VERSION/` and open it; the same graph gives the same version.

    Written beside and renamed, so a snapshot is whole or not there.
    """
    tell = progress or (lambda what, done, total: None)
    root.mkdir(parents=True, exist_ok=True)
    token = store.change_token()
    schema = store.schema()
    nodes = _vocabulary(store)
    offsets = _offsets(nodes)
    place = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
    try:
        links, marks = _columns(store, schema, nodes, offsets, tell)
        digest = blake2b(schema.shape_hash.encode(), digest_size=16)
        _feed_nodes(digest, nodes)
        for number, name in enumerate(sorted(links)):
            tell("snapshot", number, len(links))
            forward = links[name]
            for column in (
                forward.indptr, forward.indices, forward.weight, forward.time, forward.edge,
                forward.split,
            ):  # fmt: skip
                digest.update(np.ascontiguousarray(column).data)
            forward.save(place / name / "forward")
            forward.reversed().save(place / name / "reverse")
        version = digest.hexdigest()
        nodes.write_ipc(place / "nodes.arrow", compression="uncompressed")
        marks.write_ipc(place / "edges.arrow", compression="uncompressed")
        (place / "schema.json").write_text(schema.to_json(), encoding="utf-8")
        manifest = {
            "format": FORMAT,
            "version": version,
            "words": schema.words_hash,
            "change_token": token,
            "nodes": nodes.height,
            "offsets": offsets,
            "edges": {name: links[name].size for name in sorted(links)},
            "shapes": {name: list(links[name].shape) for name in sorted(links)},
        }
        (place / "manifest.json").write_text(
            json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8"
        )
        _put(place, root / version)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    tell("snapshot", len(links), len(links))
    return open_snapshot(root / version)


def open_snapshot(folder: Path) -> Snapshot:
    """Memory-map a snapshot; milliseconds whatever its size."""
    manifest = read_manifest(folder)
    shapes: dict[str, list[int]] = manifest["shapes"]
    discriminators = pl.read_ipc(folder / "edges.arrow", memory_map=False)

    def opened(relation: str, reverse: bool) -> Links:
        heads, tails = shapes[relation]
        way, shape = ("reverse", (tails, heads)) if reverse else ("forward", (heads, tails))
        return Links.open(folder / relation / way, shape)

    return Snapshot(
        manifest["version"],
        Schema.from_json((folder / "schema.json").read_text(encoding="utf-8")),
        pl.read_ipc(folder / "nodes.arrow", memory_map=True),
        manifest["offsets"],
        opened,
        dict(zip(discriminators["id"], discriminators["discriminator"], strict=True)),
        folder,
    )


def read_manifest(folder: Path) -> dict[str, object] | dict[str, any]:  # type: ignore[valid-type]
    """The manifest of a snapshot; the errors say whether it is missing or damaged."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise MissingArtefactError(
            f"no snapshot at {folder}", hint="`groundrec snapshot` builds one from the store"
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedArtefactError(
            f"{path} is not readable: {error}", hint="`groundrec snapshot` builds a new one"
        ) from error
    if manifest.get("format") != FORMAT:
        raise DamagedArtefactError(
            f"{path} has format {manifest.get('format')!r}, this version reads {FORMAT}",
            hint="`groundrec snapshot` builds a new one",
        )
    return manifest


def find_snapshot(root: Path, change_token: str) -> Path | None:
    """The folder of the snapshot that was built from a store in this state, or None."""
    for folder in sorted(root.glob("*/manifest.json")) if root.is_dir() else []:
        if read_manifest(folder.parent).get("change_token") == change_token:
            return folder.parent
    return None


def _put(place: Path, target: Path) -> None:
    if not target.exists():
        place.rename(target)
        return
    for name in ("schema.json", "manifest.json"):  # same content, perhaps new words or token
        os.replace(place / name, target / name)
    shutil.rmtree(place)


def _vocabulary(store: GraphStore) -> pl.DataFrame:
    parts = [part.select(_NODE_COLUMNS) for part in store.scan("nodes")]
    if not parts:
        raise MissingArtefactError(
            "the graph is empty", hint="`groundrec ingest run MAPPING` fills it"
        )
    return pl.concat(parts).sort("kind", "id")


def _offsets(nodes: pl.DataFrame) -> dict[str, int]:
    counted = nodes.group_by("kind", maintain_order=True).len()
    ends = np.cumsum(counted["len"].to_numpy())
    return {
        kind: int(end - count)
        for kind, count, end in zip(counted["kind"], counted["len"], ends, strict=True)
    }


def _columns(
    store: GraphStore,
    schema: Schema,
    nodes: pl.DataFrame,
    offsets: Mapping[str, int],
    tell: Progress,
) -> tuple[dict[str, Links], pl.DataFrame]:
    numbers = nodes["id"].to_numpy()
    by_number = np.argsort(numbers, kind="stable")
    ordered = numbers[by_number]
    held: dict[str, list[pl.DataFrame]] = {name: [] for name in schema.relations}
    marks: list[pl.DataFrame] = []
    done = 0
    splits = pl.DataFrame(
        {"split": SPLITS[1:], "code": range(1, len(SPLITS))},
        schema={"split": pl.String, "code": pl.Int8},
    )
    for part in store.scan("edges"):
        rows = part.select(
            "id",
            "relation",
            pl.Series("head", by_number[np.searchsorted(ordered, part["head"].to_numpy())]),
            pl.Series("tail", by_number[np.searchsorted(ordered, part["tail"].to_numpy())]),
            pl.col("weight").cast(pl.Float32).fill_null(float("nan")),
            pl.col("time").fill_null(NO_TIME),
            pl.col("split"),
        ).join(splits, on="split", how="left", maintain_order="left")
        for (name,), group in rows.partition_by("relation", as_dict=True).items():
            held[str(name)].append(group)
        marks.append(part.filter(pl.col("discriminator") != "").select("id", "discriminator"))
        done += part.height
        tell("edges", done, None)
    links = {
        name: _sorted_links(pl.concat(parts) if parts else None, schema, name, nodes, offsets)
        for name, parts in held.items()
    }
    empty = pl.DataFrame(schema={"id": pl.Int64, "discriminator": pl.String})
    return links, pl.concat([empty, *marks]).sort("id")


def _sorted_links(
    rows: pl.DataFrame | None,
    schema: Schema,
    name: str,
    nodes: pl.DataFrame,
    offsets: Mapping[str, int],
) -> Links:
    relation = schema.relations[name]
    counts = dict(nodes.group_by("kind").len().iter_rows())
    shape = (counts.get(relation.head, 0), counts.get(relation.tail, 0))

    def column(field: str, dtype: type, default: object = None) -> NDArray[np.generic]:
        if rows is None:
            return np.empty(0, dtype=dtype)
        series = rows[field] if default is None else rows[field].fill_null(default)
        return series.to_numpy().astype(dtype, copy=False)

    heads = column("head", np.int64) - offsets.get(relation.head, 0)
    tails = column("tail", np.int64) - offsets.get(relation.tail, 0)
    return Links.from_columns(
        shape,
        heads.astype(np.int32),
        tails.astype(np.int32),
        column("weight", np.float32),  # type: ignore[arg-type]
        column("time", np.int64),  # type: ignore[arg-type]
        column("id", np.int64),  # type: ignore[arg-type]
        column("code", np.int8, 0),  # type: ignore[arg-type]
    )


def _feed_nodes(digest: "blake2b", nodes: pl.DataFrame) -> None:
    for name in _NODE_COLUMNS:
        values = nodes[name].cast(pl.String).fill_null("\x00")
        digest.update("\x1f".join(values.to_list()).encode("utf-8", "surrogatepass"))


def _joined(parts: Sequence[NDArray[np.generic]], dtype: type) -> NDArray[np.generic]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
