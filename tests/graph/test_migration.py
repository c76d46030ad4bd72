"""A store of format 1, as the first version wrote it, is brought to what facts need."""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from graph.batch import EDGES, NODES, Counts, with_said
from graph.errors import StoreError
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import open_sqlite
from tests.toy import SCHEMA, put, toy_batch, toy_edges, toy_snapshot

FORMAT_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE sources (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mapping TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, positions TEXT NOT NULL, counts TEXT NOT NULL,
  rejects INTEGER NOT NULL);
CREATE TABLE nodes (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
  label TEXT, aliases TEXT, properties TEXT);
CREATE TABLE edges (
  id INTEGER PRIMARY KEY, head INTEGER NOT NULL, relation TEXT NOT NULL, tail INTEGER NOT NULL,
  discriminator TEXT NOT NULL, weight REAL, time INTEGER, split TEXT, properties TEXT);
CREATE TABLE assertions (
  subject INTEGER NOT NULL, source INTEGER NOT NULL, said INTEGER NOT NULL,
  run INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL,
  valid_from INTEGER, valid_to INTEGER, PRIMARY KEY (subject, source)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The toy catalogue, as format 1 kept it."""
    path = tmp_path / "graph.db"
    batch, counts = toy_batch(), json.dumps(asdict(Counts()))
    with closing(sqlite3.connect(path)) as store:
        store.executescript(FORMAT_1)
        meta = [("schema", SCHEMA.to_json()), ("change", "a token")]
        store.executemany("INSERT INTO meta VALUES (?, ?)", meta)
        store.execute("INSERT INTO files VALUES (1, 'toy.csv')")
        store.execute("INSERT INTO sources VALUES (1, 'toy')")
        store.execute("INSERT INTO runs VALUES (1, 'old', 'toy.toml', 1, 2, '{}', ?, 0)", (counts,))
        for table, frame, columns in (
            ("nodes", batch.nodes, NODES), ("edges", batch.edges, EDGES)
        ):  # fmt: skip
            slots = ",".join("?" * len(columns))
            rows = frame.select(*columns).rows()
            store.executemany(f"INSERT INTO {table} VALUES ({slots})", rows)
            told = with_said(frame, table).select("id", "said", "line").rows()
            store.executemany("INSERT INTO assertions VALUES (?,1,?,1,1,?,NULL,NULL)", told)
        store.commit()
    return path


def test_the_graph_is_the_same_and_ingesting_again_changes_nothing(
    old: Path, tmp_path: Path
) -> None:
    with open_sqlite(old) as store:
        assert store.change_token() == "a token"
        made = build_snapshot(store, tmp_path / "snapshots")
        assert made.version == toy_snapshot(tmp_path / "new").version
        (said,) = store.facts(["film:heat"])
        assert [fact.assertion.run for fact in said] == ["old"]
        assert put(store, "new", toy_batch()).counts.written == 0
        assert store.stats().edges["rated"] == sum(edge[1] == "rated" for edge in toy_edges())


def test_what_was_not_kept_cannot_be_undone(old: Path) -> None:
    with open_sqlite(old) as store:
        with pytest.raises(StoreError, match="older groundrec") as told:
            store.undo("old", 5_000)
        assert "restore" in told.value.hint


def test_opening_again_finds_nothing_to_do(old: Path) -> None:
    open_sqlite(old).close()
    before = old.read_bytes()
    open_sqlite(old).close()
    assert old.read_bytes() == before
