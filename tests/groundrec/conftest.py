"""The command line, and a home in which a small shop of recipes is ready to be asked."""

import pytest

from groundrec import cli
from tests.groundrec.calling import RECIPES, Call, Result


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command line in this process, as `groundrec ARGUMENTS`."""

    def run(*arguments: str) -> Result:
        monkeypatch.setattr("sys.argv", ["groundrec", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        shown = capsys.readouterr()
        return Result(code, shown.out, shown.err)

    return run


@pytest.fixture
def shop(call: Call) -> Call:
    """A home in which the recipes are ingested, and a ranker trained."""
    assert call("ingest", "run", str(RECIPES)).code == 0
    assert call("snapshot").code == 0
    assert call("train").code == 0
    return call
