"""What goes wrong around an ingest: a full disk, a folder that cannot be written, a second one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.errors import StoreBusyError, StoreError
from graph.locking import alone
from graph.sqlite_store import open_sqlite
from kg_ingest import gathering, readers
from kg_ingest.load import run_ingest
from tests.kg_ingest import killing
from tests.kg_ingest.catalogue import Catalogue
from tests.kg_ingest.killing import content


def run_in(folder: Path, catalogue: Catalogue) -> None:
    """Ingest a catalogue into a home elsewhere."""
    with open_sqlite(folder / "graph.db") as store:
        run_ingest(
            store, catalogue.folder / "mapping.toml", data=catalogue.folder, runs=folder / "runs"
        )


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 300)
    monkeypatch.setattr(gathering, "ROWS", 1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount has a disk to fill")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_full_disk_is_told_and_with_room_the_ingest_goes_on(
    tmp_path: Path, disk: Path, small_blocks: None
) -> None:
    catalogue = killing.catalogue(tmp_path / "catalogue")
    catalogue.ingest()
    with pytest.raises((StoreError, OSError), match=r"room|space"):
        run_in(disk, catalogue)
    remount(disk, "size=40m")
    with open_sqlite(disk / "graph.db") as store:
        assert store.runs()[0].ended is None
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    run_in(disk, catalogue)
    with (
        open_sqlite(disk / "graph.db") as one,
        open_sqlite(catalogue.folder / "graph.db") as other,
    ):
        assert content(one, disk) == content(other, catalogue.folder)


def test_no_room_for_a_batch_is_told_wherever_it_is(tmp_path: Path, small_blocks: None) -> None:
    """As above, where nobody may mount: SQLite itself is given no more pages."""
    catalogue = killing.catalogue(tmp_path / "catalogue")
    mapping = catalogue.folder / "mapping.toml"
    with open_sqlite(catalogue.folder / "graph.db") as store:
        arguments = {"data": catalogue.folder, "runs": catalogue.folder / "runs"}
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="no room left") as told:
            run_ingest(store, mapping, **arguments)
        assert "goes on" in told.value.hint
        store._connection.execute("PRAGMA max_page_count = 100000")
        report = run_ingest(store, mapping, **arguments)
        assert report.resumed
    whole = killing.catalogue(tmp_path / "whole")
    whole.ingest()
    with (
        open_sqlite(mapping.with_name("graph.db")) as one,
        open_sqlite(whole.folder / "graph.db") as other,
    ):
        assert content(one, catalogue.folder) == content(other, whole.folder)


def test_a_folder_that_cannot_be_written_is_told_and_can_be_read(
    tmp_path: Path, disk: Path
) -> None:
    catalogue = killing.catalogue(tmp_path / "catalogue")
    remount(disk, "size=40m")
    run_in(disk, catalogue)
    remount(disk, "ro")
    with open_sqlite(disk / "graph.db", read_only=True) as store:
        assert store.stats().nodes["item"] == 100
    with pytest.raises((StoreError, OSError), match=r"cannot write|[Rr]ead-only"):
        run_in(disk, catalogue)


def test_of_two_ingests_at_once_one_is_told(catalogue: Catalogue) -> None:
    made = killing.catalogue(catalogue.folder / "x")
    with (
        alone(made.folder / "runs" / "ingest.lock", "ingest"),
        pytest.raises(StoreBusyError, match="another ingest"),
    ):
        made.ingest()
    assert made.stats().nodes == {}
    assert made.ingest().counts.nodes_added == 148


INGEST = """
import sys, time
from pathlib import Path
from graph.errors import StoreBusyError
from tests.kg_ingest.catalogue import Catalogue
from kg_ingest import gathering, readers
readers.BLOCK_BYTES, gathering.ROWS = 300, 1
while not (Path(sys.argv[1]) / "go").exists():
    time.sleep(0.002)
try:
    Catalogue(Path(sys.argv[1])).ingest()
except StoreBusyError as error:
    sys.exit(f"busy: {error}")
"""


def test_several_ingests_at_the_same_moment_lose_nothing_and_write_nothing_twice(
    tmp_path: Path, small_blocks: None
) -> None:
    made = killing.catalogue(tmp_path / "made")
    whole = killing.catalogue(tmp_path / "whole")
    whole.ingest()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", INGEST, str(made.folder)],
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={"POLARS_MAX_THREADS": "1"},
        )
        for _ in range(3)
    ]
    (made.folder / "go").touch()
    told = [(one.communicate()[1], one.returncode) for one in started]
    assert any(status == 0 for _, status in told)
    assert all(status == 0 or said.startswith("busy: another") for said, status in told), told
    assert made.ingest().counts.written == 0
    with (
        open_sqlite(made.folder / "graph.db") as one,
        open_sqlite(whole.folder / "graph.db") as other,
    ):
        assert content(one, made.folder) == content(other, whole.folder)
