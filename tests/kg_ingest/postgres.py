"""A PostgreSQL server of a test's own: a cluster in a temporary folder, reached by a socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "not-to-be-seen"


def _binaries() -> Path:
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve())
    if found:
        return found[0].parent
    told = "needs PostgreSQL's server: apt-get install postgresql"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


@contextmanager
def server() -> Iterator[str]:
    """The URL of a new, empty server with a password; it is gone afterwards."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    as_whom: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_whom = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(secret, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*as_whom, str(binaries / program), "-D", str(folder / "data"), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
        )

    try:
        run("initdb", "-U", "shop", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield f"postgresql://shop:{PASSWORD}@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
