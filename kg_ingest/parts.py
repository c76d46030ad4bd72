"""Converted batches kept on disk, compressed, one part per batch, until they are written."""

import json
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

import polars as pl

from graph.batch import Batch, Mode
from graph.errors import DamagedArtefactError
from kg_ingest.deliveries import Delivery

_TABLES = ("nodes", "edges", "rejected")


@dataclass(frozen=True, slots=True)
class Part:
    """What a part's three tables do not say of the delivery that it keeps."""

    source: str
    files: tuple[str, ...]
    position: str
    mode: Mode
    rows: int
    done: int
    total: int
    withheld: int
    checksums: dict[str, str]


def keep_part(folder: Path, one: Delivery) -> None:
    """Write a delivery as the next part of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in folder.glob("*-nodes.parquet"))
    tables = {"nodes": one.batch.nodes, "edges": one.batch.edges, "rejected": one.rejected}
    checksums = {}
    for name, frame in tables.items():
        path = _path(folder, number, name)
        frame.write_parquet(path, compression="zstd", compression_level=1, statistics=False)
        checksums[name] = _checksum(path)
    batch = one.batch
    part = Part(
        batch.source, batch.files, batch.position, batch.mode, one.rows, one.done, one.total,
        one.withheld, checksums,
    )  # fmt: skip
    with (folder / "parts.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(part), ensure_ascii=False) + "\n")


def kept_deliveries(folder: Path, positions: Table[str, str]) -> Iterator[Delivery]:
    """The parts of a folder behind `positions`; DamagedArtefactError when one has changed."""
    parts = list(_parts(folder))
    written: set[int] = set()
    for source, position in positions.items():
        of = [at for at, part in enumerate(parts) if part.source == source]
        reached = [at for at in of if parts[at].position == position]
        written |= {at for at in of if reached and at <= reached[-1]}
    for at, part in enumerate(parts):
        if at in written:
            continue
        frames = {}
        for name in _TABLES:
            path = _path(folder, at, name)
            if not path.is_file() or _checksum(path) != part.checksums[name]:
                raise _damaged(path)
            frames[name] = pl.read_parquet(path)
        batch = Batch(
            part.source, part.files, frames["nodes"], frames["edges"], part.position, part.mode
        )
        yield Delivery(batch, frames["rejected"], part.rows, part.done, part.total, part.withheld)


def _parts(folder: Path) -> Iterator[Part]:
    path = folder / "parts.jsonl"
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                content = json.loads(line)
                yield Part(**{**content, "files": tuple(content["files"])})
            except (ValueError, TypeError, KeyError) as error:
                raise _damaged(path) from error


def _path(folder: Path, number: int, name: str) -> Path:
    return folder / f"{number:06}-{name}.parquet"


def _damaged(path: Path) -> DamagedArtefactError:
    return DamagedArtefactError(
        f"{path} is not what was planned", hint="`groundrec ingest plan` makes a new plan"
    )


def _checksum(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()
