"""`groundrec --help` is what people see first: it answers at once and loads nothing heavy."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import groundrec

HEAVY = ["numpy", "scipy", "polars", "networkx", "pydantic", "torch", "transformers", "neo4j"]
HEAVY += ["xllamacpp", "openai", "httpx", "jinja2"]
ASK = """
import json, resource, sys
sys.argv = ["groundrec", "--help"]
from groundrec.cli import main
try:
    main()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print()
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "modules": sorted(sys.modules)}))
"""


def test_help_is_quick_and_light() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert "recommend" in done.stdout
    assert told["cpu"] < 0.5
    assert [name for name in HEAVY if name in told["modules"]] == []


@pytest.mark.parametrize("package", ["graph", "kg_ingest", "models", "reasoning", "groundrec"])
def test_a_generic_name_is_our_own_package(package: str) -> None:
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).parent.parent == Path(groundrec.__file__).parent.parent
