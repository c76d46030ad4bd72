"""The wheel alone, in a clean environment far from the checkout, runs the demo."""

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.integration.transcripts import ROOT

pytestmark = pytest.mark.integration


def run(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in arguments], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_runs_from_the_wheel(tmp_path: Path, ml_100k: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT)
    (wheel,) = tmp_path.glob("groundrec-*.whl")
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^[\w.-]+==[^\\\n]+", constraints, re.MULTILINE)
    (tmp_path / "pins.txt").write_text("\n".join(pins) + "\n")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(python, *install, wheel, "-c", tmp_path / "pins.txt", cwd=tmp_path)

    home = tmp_path / "home"
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "ml-100k").symlink_to(ml_100k)
    groundrec = tmp_path / "venv" / "bin" / "groundrec"
    shown = run(groundrec, "--home", home, "demo", cwd=tmp_path)
    assert "why it ranks here" in shown
    assert "[contradicted] Fargo was directed by Quentin Tarantino" in shown
    assert "[ok]" in shown
    assert "[FALSE]" not in shown
    found = run(groundrec, "doctor", cwd=tmp_path)
    assert str(tmp_path / "venv") in found
    assert str(ROOT) not in found
