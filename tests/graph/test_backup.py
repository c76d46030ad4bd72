"""Backups: whole, verified, and never over something that is there."""

from pathlib import Path

import pytest

from graph.backup import backup, restore
from graph.errors import DamagedArtefactError, InputError, MissingArtefactError
from graph.sqlite_store import open_sqlite
from tests.toy import batch_of, put, toy_store


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    with toy_store(path) as store:
        token, before = store.change_token(), store.stats()
        backup(path, tmp_path / "monday")  # while the store is open
        put(store, "later", batch_of([], {"film:new": "New"}))
    with pytest.raises(InputError, match="already"):
        restore(tmp_path / "monday", path)
    restore(tmp_path / "monday", path, force=True)
    with open_sqlite(path) as store:
        assert store.stats() == before
        assert store.change_token() == token
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


@pytest.mark.parametrize("place", [0, 5_000, -100])
def test_one_wrong_byte_is_refused(tmp_path: Path, place: int) -> None:
    toy_store(tmp_path / "graph.db").close()
    saved = tmp_path / "saved"
    backup(tmp_path / "graph.db", saved)
    content = bytearray(saved.read_bytes())
    content[place] ^= 1
    saved.write_bytes(content)
    with pytest.raises((DamagedArtefactError, InputError)):
        restore(saved, tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists()


def test_a_cut_backup_is_refused(tmp_path: Path) -> None:
    toy_store(tmp_path / "graph.db").close()
    saved = tmp_path / "saved"
    backup(tmp_path / "graph.db", saved)
    saved.write_bytes(saved.read_bytes()[:-1000])
    with pytest.raises(InputError, match="no backup"):
        restore(saved, tmp_path / "other.db")


def test_nothing_is_overwritten_and_nothing_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(MissingArtefactError):
        backup(tmp_path / "graph.db", tmp_path / "saved")
    toy_store(tmp_path / "graph.db").close()
    (tmp_path / "saved").write_text("mine")
    with pytest.raises(InputError, match="already"):
        backup(tmp_path / "graph.db", tmp_path / "saved")
    assert (tmp_path / "saved").read_text() == "mine"
