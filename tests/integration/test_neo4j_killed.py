"""What `tests/kg_ingest/test_killed.py` says of the embedded store holds on a server, too."""

from pathlib import Path

import pytest

from graph.neo4j_link import Address
from graph.neo4j_store import open_neo4j
from graph.sqlite_store import open_sqlite
from kg_ingest import gathering, readers
from kg_ingest.load import run_ingest
from tests.integration.neo4j_server import Server, emptied
from tests.kg_ingest.killing import KILLS, catalogue, content, killed

LONGEST = 0.8


@pytest.mark.parametrize("neo4j_server", ["newest"], indirect=True)
def test_a_killed_ingest_goes_on_and_nothing_is_lost_or_twice(
    neo4j_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 300)
    monkeypatch.setattr(gathering, "ROWS", 1)
    whole = catalogue(tmp_path / "whole")
    whole.ingest()
    at = (neo4j_server.uri, neo4j_server.username, neo4j_server.password)
    hits = seed = 0
    while hits < KILLS:
        seed += 1
        emptied(neo4j_server)
        cut = catalogue(tmp_path / f"killed-{seed}")
        hits += killed(cut.folder, KILLS - hits, seed, LONGEST, *at)
        with (
            open_sqlite(whole.folder / "graph.db") as one,
            open_neo4j(Address(*at)) as other,
        ):
            assert content(other, cut.folder) == content(one, whole.folder)
            path, runs = cut.folder / "mapping.toml", cut.folder / "runs"
            again = run_ingest(other, path, data=cut.folder, runs=runs)
            assert again.counts.written == 0
