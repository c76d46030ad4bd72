"""Files for `neo4j-admin database import`: what they bring is what the ordinary ingest writes."""

import shlex
from pathlib import Path

import polars as pl
import pytest

from graph.neo4j_link import Address
from graph.neo4j_store import open_neo4j
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import open_sqlite
from groundrec.bulk_import import ingest_in_bulk
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from kg_ingest.load import run_ingest
from tests.groundrec.calling import RECIPES
from tests.integration.neo4j_server import LINES, server, tool


@pytest.mark.parametrize("line", LINES)
def test_an_import_brings_what_the_ingest_would_have_written(line: str, tmp_path: Path) -> None:
    place = Workspace(Settings(home=tmp_path / "home"))
    made = ingest_in_bulk(place, RECIPES, tmp_path / "files", None, lambda told: None)
    with open_sqlite(tmp_path / "graph.db") as plain:
        run_ingest(plain, RECIPES, data=None, runs=tmp_path / "runs")
        wanted = build_snapshot(plain, tmp_path / "plain").version
        nodes = pl.concat(plain.scan("nodes")).sort("id")
        names = [f"{kind}:{key}" for kind, key in nodes.select("kind", "key").iter_rows()]
        about = [[fact.subject for fact in facts] for facts in plain.facts(names)]
    with server(line) as started:
        started.stop()
        program, *arguments = shlex.split(made.command)
        assert program == "neo4j-admin"
        done = tool.admin(started.home, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        started.start()
        address = Address(started.uri, started.username, started.password)
        with open_neo4j(address) as store:
            assert build_snapshot(store, tmp_path / "imported").version == wanted
            found = [[fact.subject for fact in facts] for facts in store.facts(names)]
            assert found == about
            again = run_ingest(store, RECIPES, data=None, runs=tmp_path / "again")
            assert again.counts.written == 0
            assert build_snapshot(store, tmp_path / "imported").version == wanted
