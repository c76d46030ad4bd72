"""A server whose disk is full: what was written is whole, the rest is told, and it goes on."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph import neo4j_link
from graph.batch import Batch
from graph.errors import StoreError
from graph.neo4j_link import Address
from graph.neo4j_store import open_neo4j
from tests.integration.neo4j_server import LINES, server
from tests.toy import SCHEMA, batch_of, run_named

ROOM = 300_000_000
LEFT = 3_000_000
FILMS = 1_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None:
        pytest.skip("a small disk needs mount, which is not here")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "tmpfs", str(place)],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"a small disk can be mounted by root only: {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("line", LINES)
def test_a_full_disk_is_told_and_costs_nothing_that_was_written(
    line: str, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_link, "RETRY_SECONDS", 1.0)
    with server(line, small_disk) as small:
        address = Address(small.uri, small.username, small.password)
        with open_neo4j(address) as store:
            run = run_named("full")
            store.begin(run, SCHEMA)
            ballast = small_disk / "ballast"
            ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - LEFT))
            with pytest.raises(StoreError, match="no room left on the disk") as told:
                for at in range(200):
                    run = store.write(run, _some(at)).run
            assert "make room" in told.value.hint
        ballast.unlink()
        small.stop(at_once=True)
        small.start()
        with open_neo4j(address) as store:
            (run,) = store.runs()
            written = int(run.positions.get("toy", "-1")) + 1
            assert 0 < written < 200
            assert store.stats().nodes == {"film": FILMS * written}
            for at in range(written, written + 2):
                run = store.write(run, _some(at)).run
            run = store.end(run).run
            assert run.counts.nodes_added == FILMS * (written + 2)
            assert sum(part.height for part in store.scan("nodes")) == FILMS * (written + 2)


def _some(at: int) -> Batch:
    films = {f"film:{at}-{n}": f"A film with a longer name {n}" for n in range(FILMS)}
    return batch_of([], films, position=str(at))
