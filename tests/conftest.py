"""Fixtures that many tests share."""

import os
from pathlib import Path

import pytest

from graph.snapshot import Snapshot
from tests.toy import toy_snapshot


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real catalogues, through GROUNDREC_DATA; in CI their absence is a failure."""
    place = os.environ.get("GROUNDREC_DATA", "")
    if place and Path(place).is_dir():
        return Path(place)
    told = "needs data: set GROUNDREC_DATA to a folder with ml-1m, metaqa, ..."
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The toy catalogue's snapshot; see tests/toy.py."""
    return toy_snapshot(tmp_path_factory.mktemp("toy"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test ever touches the user's graph, nor loads a text model without asking for it."""
    home = tmp_path / "home"
    monkeypatch.setenv("GROUNDREC_HOME", str(home))
    monkeypatch.setenv("GROUNDREC_TEXT_MODEL", "hashing")
    monkeypatch.delenv("GROUNDREC_CONFIG", raising=False)
    return home
