from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kg_ingest.catalogue import Catalogue
from tests.kg_ingest.desk import Desk
from tests.kg_ingest.stores import STORES


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)


@pytest.fixture(params=STORES, ids=[store.__name__ for store in STORES])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with request.param(tmp_path) as store:
        yield Desk(tmp_path, store)
