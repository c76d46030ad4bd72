"""Fixtures that many tests share."""

import os
from pathlib import Path

import pytest

from graph.errors import FetchError
from graph.locking import alone
from graph.snapshot import Snapshot
from groundrec import weights
from reasoning.llm.model import LanguageModel
from tests.toy import toy_snapshot

CACHE = Path(__file__).parents[1] / ".demo" / "cache"


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
def small_weights() -> Path:
    """SmolLM2's file, fetched once per checkout; in CI its absence is a failure."""
    try:
        with alone(CACHE / "tests.lock", "fetch", wait=600):
            return weights.fetch(weights.SMOL, CACHE, lambda what, done, total: None)
    except FetchError as error:
        if os.environ.get("CI"):
            pytest.fail(f"needs the small language model: {error}")
        pytest.skip(f"needs the small language model: {error}")


@pytest.fixture(scope="session")
def small_model(small_weights: Path) -> LanguageModel:
    """SmolLM2 in this process, with one thread."""
    from reasoning.llm.llama import open_llama

    return open_llama(small_weights, weights.SMOL.name, threads=1, context=2048)


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
