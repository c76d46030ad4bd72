"""An ingest that is killed again and again, at any moment, ends as if nothing had happened."""

from pathlib import Path

import pytest

from graph.sqlite_store import open_sqlite
from kg_ingest import gathering, readers
from tests.kg_ingest.killing import KILLS, catalogue, content, killed

LONGEST = 0.05  # seconds: hardly an ingest is done in less


def test_a_killed_ingest_goes_on_and_nothing_is_lost_or_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 300)
    monkeypatch.setattr(gathering, "ROWS", 1)
    whole = catalogue(tmp_path / "whole")
    whole.ingest()
    hits = seed = 0
    while hits < KILLS:
        seed += 1
        cut = catalogue(tmp_path / f"killed-{seed}")
        hits += killed(cut.folder, KILLS - hits, seed, LONGEST)
        with (
            open_sqlite(whole.folder / "graph.db") as one,
            open_sqlite(cut.folder / "graph.db") as other,
        ):
            assert content(other, cut.folder) == content(one, whole.folder)
            assert other._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert cut.ingest().counts.written == 0
