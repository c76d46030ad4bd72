from pathlib import Path

import pytest

from tests.kg_ingest.catalogue import Catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)
