"""A Neo4j Community server on this machine's loopback, from Maven's jars; no Docker, no root.

    server.py start [--line lts|newest] [--home DIR] [--port 7687] [--http 7474]
    server.py stop  [--home DIR]
    server.py admin [--home DIR] ARGUMENTS...     neo4j-admin, for a server that is stopped

`start` resolves the jars once per line, makes a home with a password of its own, starts the server
and waits for it; what it prints is to be put into the environment. A home keeps its line. Needs
Maven, and a JDK from 17 to 21 ("lts") or from 21 on ("newest"). Standard library only.
"""

import argparse
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
JARS = Path(os.environ.get("GROUNDREC_NEO4J_JARS", HERE.parents[1] / ".neo4j"))
JAVA = {"lts": range(17, 22), "newest": range(21, 100)}
MAIN = {
    "lts": "org.neo4j.server.CommunityEntryPoint",
    "newest": "org.neo4j.server.Neo4jCommunity",
}
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
SECONDS = 120
HEAP = "1g"
OPTIONS: list[str] = []  # more for Java
_STARTED: list["subprocess.Popen[bytes]"] = []  # they outlive us, which is no accident
CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.listen_address=:{port}
server.bolt.advertised_address=:{port}
server.http.listen_address=:{http}
server.memory.pagecache.size=512m
db.tx_log.rotation.retention_policy=100M size
db.tx_log.preallocate=false
dbms.usage_report.enabled=false
"""


class Unable(Exception):
    """Why there can be no server here, in plain words."""


def java_for(line: str) -> Path:
    """A Java that runs this line; Unable names what is missing."""
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    on_path = shutil.which("java")
    if on_path:
        homes.append(Path(on_path).resolve().parents[1])
    homes += sorted(Path("/usr/lib/jvm").glob("*"))
    found = []
    for home in homes:
        release = home / "release"
        told = re.search(r'JAVA_VERSION="(\d+)', release.read_text()) if release.is_file() else None
        if told and (home / "bin" / "java").exists():
            found.append(int(told[1]))
            if found[-1] in JAVA[line]:
                return home / "bin" / "java"
    wanted = JAVA[line]
    upper = f" to {wanted.stop - 1}" if wanted.stop < 100 else " or newer"
    raise Unable(
        f"Neo4j ({line}) needs Java {wanted.start}{upper}; found "
        + (f"only {sorted(set(found))}" if found else "no Java at all")
    )


def jars_for(line: str) -> Path:
    """The folder with the jars of a line, brought by Maven the first time."""
    version = _version("pom.xml", line)
    return _brought("pom.xml", f"jars-{version}", f"Neo4j {version}", f"-Dline={version}")


def apoc_jars() -> Path:
    """The folder with APOC for the LTS line, brought by Maven the first time."""
    version = _version("apoc.xml", "apoc")
    return _brought("apoc.xml", f"apoc-{version}", f"APOC {version}")


def _brought(pom: str, name: str, what: str, *options: str) -> Path:
    folder = JARS / name
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise Unable(f"Maven (mvn) is not installed, which brings the jars of {what}")
    JARS.mkdir(parents=True, exist_ok=True)
    with (JARS / "lock").open("w") as lock:  # Maven's own folder is not for two at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        beside = Path(tempfile.mkdtemp(prefix=".jars-", dir=JARS))
        done = subprocess.run(
            [
                *(maven, "-q", "-B", "-f", str(HERE / pom), *options),
                *("dependency:copy-dependencies", "-DincludeScope=runtime"),
                f"-DoutputDirectory={beside}",
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            shutil.rmtree(beside)
            first = next((n for n in done.stdout.splitlines() if "ERROR" in n), done.stderr.strip())
            raise Unable(f"Maven could not bring {what}: {first}")
        beside.rename(folder)
    return folder


def start(home: Path, line: str, port: int, http: int) -> dict[str, str]:
    """Start the server of a home, made when it is new; gives what belongs into the environment."""
    about = home / "about.json"
    if not about.is_file():
        _make(home, line)
    known = json.loads(about.read_text())
    if _running(home) is None:
        (home / "conf" / "neo4j.conf").write_text(CONFIGURATION.format(port=port, http=http))
        known["uri"] = f"bolt://127.0.0.1:{port}"
        about.write_text(json.dumps(known))
        _launch(home, known["line"])
    return {
        "NEO4J_URI": known["uri"],
        "NEO4J_USERNAME": "neo4j",
        "NEO4J_PASSWORD": known["password"],
    }


def stop(home: Path, *, at_once: bool = False) -> None:
    """Stop the server of a home; `at_once` is SIGKILL, as when the power fails."""
    pid = _running(home)
    if pid is not None:
        os.kill(pid, signal.SIGKILL if at_once else signal.SIGTERM)
        end = time.monotonic() + SECONDS
        while _running(home) is not None:
            if time.monotonic() > end:
                raise Unable(f"the server {pid} does not stop")
            time.sleep(0.05)
    (home / "pid").unlink(missing_ok=True)


def admin(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `neo4j-admin` on a home."""
    line = json.loads((home / "about.json").read_text())["line"]
    return subprocess.run(
        [*_java(home, line), "org.neo4j.cli.AdminTool", *arguments],
        env={**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")},
        cwd=home,
        capture_output=True,
        text=True,
    )


def _make(home: Path, line: str) -> None:
    (home / "conf").mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    password = secrets.token_hex(18)  # none that begins with a dash, which is an option
    (home / "conf" / "neo4j.conf").write_text("")
    (home / "about.json").write_text(json.dumps({"line": line, "password": password}))
    done = admin(home, "dbms", "set-initial-password", password)
    if done.returncode:
        (home / "about.json").unlink()
        raise Unable(f"the password could not be set: {done.stderr.strip()}")


def _launch(home: Path, line: str) -> None:
    log = home / "logs" / "neo4j.log"
    begun = len(log.read_text(errors="replace")) if log.is_file() else 0
    with (home / "console.log").open("ab") as console:
        process = subprocess.Popen(
            [*_java(home, line), MAIN[line], f"--home-dir={home}", f"--config-dir={home / 'conf'}"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
        )
    (home / "pid").write_text(str(process.pid))
    _STARTED.append(process)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Unable(f"the server stopped at once: see {log}")
        # The port is open before the databases are.
        if log.is_file() and "Started." in log.read_text(errors="replace")[begun:]:
            return
        time.sleep(0.1)
    raise Unable(f"no answer after {SECONDS} seconds: see {log}")


def _java(home: Path, line: str) -> list[str]:
    return [
        str(java_for(line)),
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
        "--enable-native-access=ALL-UNNAMED",
        "-Dio.netty.tryReflectionSetAccessible=true",
        f"-Xmx{HEAP}",
        *OPTIONS,
        "-cp",
        f"{jars_for(line)}/*:{home / 'plugins'}/*",  # as Neo4j's own script has it
    ]


def _running(home: Path) -> int | None:
    """The process that serves this home, if it lives; a process that took over its number does not
    count."""
    try:
        pid = int((home / "pid").read_text())
        for process in _STARTED:  # our own children must not stay zombies
            process.poll()
    except (FileNotFoundError, ValueError):
        return None
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return pid if str(home).encode() in told else None


def _version(pom: str, name: str) -> str:
    properties = ElementTree.parse(HERE / pom).getroot()
    found = properties.findtext(f"{{*}}properties/{{*}}{name}")
    if found is None:
        raise Unable(f"{pom} names no version of {name!r}")
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["start", "stop", "admin"])
    parser.add_argument("--line", choices=sorted(JAVA), default="lts")
    parser.add_argument("--home", type=Path, default=JARS / "server")
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument("--http", type=int, default=7474)
    given, rest = parser.parse_known_args()
    home = given.home.resolve()
    try:
        if given.what == "start":
            for name, value in start(home, given.line, given.port, given.http).items():
                print(f"export {name}={value}")
        elif given.what == "stop":
            stop(home)
        else:
            done = admin(home, *rest)
            print(done.stdout, done.stderr, sep="", end="")
            sys.exit(done.returncode)
    except Unable as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
