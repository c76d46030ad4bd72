"""Builds a `Snapshot` from a store: the same graph gives the same version, whatever its order.

Here, and only here, nodes that were found to be the same become one.
"""

import filecmp
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl

from graph.errors import DamagedArtefactError, MissingArtefactError, StoreBusyError
from graph.facts import NOW, Moment
from graph.ids import text_numbers
from graph.links import NO_TIME, SPLITS, Links
from graph.merging import Vocabulary, clusters, merge_nodes, moved
from graph.same import Match, match_relations, read_matches, without_matches
from graph.schema import Schema
from graph.snapshot import FORMAT, NODE_COLUMNS, Progress, Snapshot, open_snapshot, read_manifest
from graph.snapshot_since import Scanned, Since
from graph.store import Following, GraphStore

TRIES = 5


def build_snapshot(
    store: GraphStore,
    root: Path,
    progress: Progress | None = None,
    moment: Moment = NOW,
    base: Snapshot | None = None,
) -> Snapshot:
    """Write the store's graph of a moment as `root/VERSION/` and open it.

    With `base`, built from this store before, only what has changed since is read, where the store
    can tell; the version is the same as if all of it were read.

    Written beside and renamed, so a snapshot is whole or not there. What changes while it is read
    is read anew, so that it is one graph. MissingArtefactError when the graph is empty,
    StoreBusyError when it changes faster than it can be read.
    """
    root.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES):
        try:
            tell = progress or (lambda what, done, total: None)
            return _built(store, root, tell, moment, base)
        except _Moved:
            continue
    raise StoreBusyError(
        "the graph changes faster than it can be read", hint="try again when the ingest is done"
    )


class _Moved(Exception):
    """The graph changed while it was read."""


@contextmanager
def _unmoved(store: GraphStore, token: str) -> Iterator[None]:
    """What is read in here is of one graph, or `_Moved`; an error from a mixture is no error."""
    try:
        yield
    except Exception as error:
        if store.change_token() != token:
            raise _Moved from error
        raise
    if store.change_token() != token:
        raise _Moved


def _built(
    store: GraphStore, root: Path, tell: Progress, moment: Moment, base: Snapshot | None
) -> Snapshot:
    token = store.change_token()
    mark = store.mark() if isinstance(store, Following) and moment == NOW else ""
    schema = without_matches(store.schema())
    since = _since(store, base) if mark and base is not None else None
    source = since or store
    matches = read_matches(store, moment=moment)
    before = _without_unsaid(store, moment, _nodes(source, moment), schema, matches)
    merged = merge_nodes(before, clusters(matches))
    nodes = merged.nodes
    offsets = _offsets(nodes)
    place = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
    try:
        with _unmoved(store, token):
            links, marks = _edges(source, moment, schema, before, merged, tell)
        version = _version(schema, [nodes, marks, merged.merged], links)
        for done, (name, forward) in enumerate(sorted(links.items())):
            tell("snapshot", done, len(links))
            forward.save(place / name / "forward")
            forward.reversed().save(place / name / "reverse")
        nodes.write_ipc(place / "nodes.arrow", compression="uncompressed")
        marks.write_ipc(place / "edges.arrow", compression="uncompressed")
        merged.merged.write_ipc(place / "merged.arrow", compression="uncompressed")
        np.save(place / "numbers.npy", nodes["id"].to_numpy(), allow_pickle=False)
        (place / "schema.json").write_text(schema.to_json(), encoding="utf-8")
        manifest = {
            "format": FORMAT,
            "version": version,
            "words": schema.words_hash,
            "change_token": token if moment == NOW else "",
            "mark": mark,
            "nodes": nodes.height,
            "offsets": offsets,
            "edges": {name: links[name].size for name in sorted(links)},
            "shapes": {name: list(links[name].shape) for name in sorted(links)},
        }
        text = json.dumps(manifest, indent=1, sort_keys=True)
        (place / "manifest.json").write_text(text, encoding="utf-8")
        _put(place, root / version, anew=moment == NOW)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    tell("snapshot", len(links), len(links))
    return open_snapshot(root / version)


def _since(store: GraphStore, base: Snapshot) -> Since | None:
    """What has changed since `base`, laid on it; None where all of it has to be read."""
    mark = read_manifest(base.folder).mark if base.folder is not None else ""
    if not mark or not isinstance(store, Following):
        return None
    if base.has_merged or match_relations(store.schema()):
        return None
    changed = store.since(mark, np.sort(base.nodes["id"].to_numpy()))
    return None if changed is None else Since(base, changed)


def verify(snapshot: Snapshot) -> None:
    """Compare a snapshot's content with its version; DamagedArtefactError when they differ.

    Reads all of it, so it takes as long as the snapshot is large.
    """
    folder = snapshot.folder
    if folder is None:
        raise ValueError("a snapshot in memory has no files to verify")
    links = {name: snapshot.links(name) for name in snapshot.schema.relations}
    turned = {name: snapshot.links(name, reverse=True) for name in links}
    beside = [pl.read_ipc(folder / name) for name in ("edges.arrow", "merged.arrow")]
    found = _version(snapshot.schema, [snapshot.nodes, *beside], links)
    numbers = np.load(folder / "numbers.npy", allow_pickle=False)
    if (
        found != snapshot.version
        or not np.array_equal(numbers, snapshot.nodes["id"].to_numpy())
        or not all(_same(links[name].reversed(), turned[name]) for name in links)
    ):
        raise DamagedArtefactError(
            f"the snapshot in {folder} is damaged: its content is not what was written",
            hint="`groundrec snapshot` builds it anew",
        )


def _same(one: Links, two: Links) -> bool:
    return all(
        np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")
        for mine, theirs in zip(one.columns(), two.columns(), strict=True)
    )


def _put(place: Path, target: Path, *, anew: bool) -> None:
    """Rename what was built; where the same version stands already, only mend what differs.

    Of another moment than now (`anew` is false) the change token says nothing.
    """
    if not target.exists():
        place.rename(target)
        return
    written = [path.relative_to(place) for path in place.rglob("*") if path.is_file()]
    kept = [name for name in written if name.name not in ("schema.json", "manifest.json")]
    if not all(_as_written(place / name, target / name) for name in kept):
        shutil.rmtree(target)
        place.rename(target)
        return
    for name in ("schema.json", "manifest.json") if anew else ():  # perhaps new words or token
        os.replace(place / name, target / name)
    shutil.rmtree(place)


def _as_written(mine: Path, there: Path) -> bool:
    return there.is_file() and filecmp.cmp(mine, there, shallow=False)


def _nodes(store: Scanned, moment: Moment) -> pl.DataFrame:
    parts = [part.select(NODE_COLUMNS) for part in store.scan("nodes", moment)]
    if not any(part.height for part in parts):
        raise MissingArtefactError(
            "the graph is empty", hint="`groundrec ingest run MAPPING` fills it"
        )
    return pl.concat(parts).sort("kind", "id")


def _without_unsaid(
    store: GraphStore,
    moment: Moment,
    nodes: pl.DataFrame,
    schema: Schema,
    matches: Sequence[Match],
) -> pl.DataFrame:
    """Nodes but those of which only matches speak: their catalogues deliver them no more."""
    matched = text_numbers({end for match in matches for end in match.pair})
    silent = pl.all_horizontal(pl.col("label", "aliases", "properties").is_null())
    bare = nodes.filter(silent & pl.col("id").is_in(pl.Series(matched).implode()))["id"]
    if bare.is_empty():
        return nodes
    for part in store.scan("edges", moment):
        told = part.filter(pl.col("relation").is_in(list(schema.relations)))
        ends = pl.concat([told["head"], told["tail"]]).unique()
        bare = bare.filter(~bare.is_in(ends.implode()))
    return nodes.filter(~pl.col("id").is_in(bare.implode()))


def _offsets(nodes: pl.DataFrame) -> dict[str, int]:
    firsts = nodes.with_row_index("row").group_by("kind").agg(pl.col("row").min())
    return {str(kind): int(row) for kind, row in sorted(firsts.iter_rows())}


def _edges(
    store: Scanned,
    moment: Moment,
    schema: Schema,
    before: pl.DataFrame,
    merged: Vocabulary,
    tell: Progress,
) -> tuple[dict[str, Links], pl.DataFrame]:
    numbers = before["id"].to_numpy()
    rows = np.argsort(numbers, kind="stable")
    ordered = numbers[rows]
    codes = pl.DataFrame(
        {"split": SPLITS[1:], "code": range(1, len(SPLITS))},
        schema={"split": pl.String, "code": pl.Int8},
    )
    held: dict[str, list[pl.DataFrame]] = {name: [] for name in schema.relations}
    marks = [pl.DataFrame(schema={"id": pl.Int64, "discriminator": pl.String})]
    done = 0
    for every in store.scan("edges", moment):
        part = every.filter(pl.col("relation").is_in(list(held)))
        placed = part.select(
            "id",
            "relation",
            pl.Series("head", rows[np.searchsorted(ordered, part["head"].to_numpy())]),
            pl.Series("tail", rows[np.searchsorted(ordered, part["tail"].to_numpy())]),
            pl.col("weight").cast(pl.Float32).fill_null(float("nan")),
            pl.col("time").fill_null(NO_TIME),
            "split",
        ).join(codes, on="split", how="left", maintain_order="left")
        for (name,), group in placed.partition_by("relation", as_dict=True).items():
            held[str(name)].append(group.drop("relation", "split"))
        marks.append(part.filter(pl.col("discriminator") != "").select("id", "discriminator"))
        done += every.height
        tell("edges", done, None)
    all_marks = pl.concat(marks).sort("id")
    counts = dict(merged.nodes.group_by("kind").len().iter_rows())
    offsets = _offsets(merged.nodes)
    kept = np.empty(merged.nodes.height, dtype=np.int64)
    stood = np.flatnonzero(~before["id"].is_in(merged.merged["id"].implode()).to_numpy())
    kept[merged.place[stood]] = stood
    links = {}
    for name, relation in schema.relations.items():
        shape = (counts.get(relation.head, 0), counts.get(relation.tail, 0))
        starts = (offsets.get(relation.head, 0), offsets.get(relation.tail, 0))
        parts = held.pop(name)
        if merged.merged.height and parts:
            parts = [moved(pl.concat(parts), merged.place, kept, all_marks)]
        links[name] = _links(parts, shape, starts)
    none = pl.Series([], dtype=pl.Int64)
    ids = pl.concat([none, *(pl.Series(part.edge, dtype=pl.Int64) for part in links.values())])
    return links, all_marks.filter(pl.col("id").is_in(ids.implode()))


def _links(parts: list[pl.DataFrame], shape: tuple[int, int], starts: tuple[int, int]) -> Links:
    if not parts:
        return Links.empty(shape)
    rows = pl.concat(parts)
    return Links.from_columns(
        shape,
        heads=(rows["head"].to_numpy() - starts[0]).astype(np.int32),
        tails=(rows["tail"].to_numpy() - starts[1]).astype(np.int32),
        weight=rows["weight"].to_numpy(),
        time=rows["time"].to_numpy(),
        edge=rows["id"].to_numpy(),
        split=rows["code"].fill_null(0).to_numpy(),
    )


def _version(schema: Schema, frames: Sequence[pl.DataFrame], links: Mapping[str, Links]) -> str:
    """`frames`: nodes, discriminators, merges; a frame without rows leaves no trace."""
    digest = hashlib.blake2b(schema.shape_hash.encode(), digest_size=16)
    for frame in frames:
        for name in frame.columns:
            values = frame[name].cast(pl.String).fill_null("\x00").to_list()
            digest.update("\x1f".join(values).encode("utf-8", "surrogatepass"))
    for name in sorted(links):
        digest.update(name.encode())
        for column in links[name].columns():
            digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()
