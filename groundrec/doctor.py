"""`groundrec doctor`: which settings, packages and artefacts are in use, and whether they fit."""

import importlib
import platform
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from graph.errors import GroundrecError, MissingArtefactError
from graph.snapshot_build import verify
from groundrec import __version__, output
from groundrec.on_neo4j import about, features
from groundrec.settings import Flags, Sourced, load_settings, sourced
from groundrec.workspace import Workspace
from models.artefact import read_manifest

PACKAGES = ("graph", "kg_ingest", "models", "reasoning", "groundrec")
LIBRARIES = (
    "numpy",
    "scipy",
    "polars",
    "pydantic",
    "typer",
    "rapidfuzz",
    "networkx",
    "torch",
    "xllamacpp",
    "openai",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: "ok", "missing" (not built yet) or "wrong"."""

    name: str
    state: str
    told: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was looked at."""

    settings: tuple[Sourced, ...]
    packages: dict[str, str]
    versions: dict[str, str]
    findings: tuple[Finding, ...]
    snapshot: str | None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; what was not built yet is not wrong."""
        return all(finding.state != "wrong" for finding in self.findings)

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return {
            "sound": self.sound,
            "settings": [
                {"name": s.name, "value": s.value, "source": s.source} for s in self.settings
            ],
            "packages": self.packages,
            "versions": self.versions,
            "findings": [
                {"name": f.name, "state": f.state, "told": f.told, "hint": f.hint}
                for f in self.findings
            ],
        }

    def show(self) -> None:
        """Settings with their sources, packages with their places, then what is wrong."""
        output.table(
            ["setting", "value", "from"], [(s.name, s.value, s.source) for s in self.settings]
        )
        output.emit()
        output.table(["package", "imported from"], sorted(self.packages.items()))
        output.emit()
        output.table(["version of", ""], sorted(self.versions.items()))
        output.emit()
        for finding in self.findings:
            output.emit(f"[{finding.state}] {finding.name}: {finding.told}")
            if finding.hint and finding.state != "ok":
                output.emit(f"    {finding.hint}")


def examine(flags: Flags) -> Findings:
    """Look at everything; nothing is changed, and what is missing is not an error."""
    settings = load_settings(flags)
    place = Workspace(settings)
    store = _looked("store", lambda: _store(place))
    findings = [
        _packages(),
        store,
        *(_server(place) if store.state == "ok" else ()),
        _looked("snapshot", lambda: _snapshot(place)),
        _looked("model", lambda: _model(place)),
        _texts(place),
        _looked("language model", lambda: _language_model(place)),
    ]
    current = place.home.current
    return Findings(
        settings=sourced(settings, flags),
        packages={name: str(_folder(name)) for name in PACKAGES},
        versions={
            "groundrec": __version__,
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **{name: _version(name) for name in LIBRARIES},
        },
        findings=tuple(findings),
        snapshot=current.read_text(encoding="utf-8").strip() if current.is_file() else None,
    )


def _looked(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", look())
    except MissingArtefactError as error:
        return Finding(name, "missing", str(error), error.hint)
    except GroundrecError as error:
        return Finding(name, "wrong", str(error), error.hint)


def _packages() -> Finding:
    """The stage packages have plain names: another package may have taken one."""
    home = _folder("groundrec").parent
    foreign = [name for name in PACKAGES if _folder(name).parent != home]
    if not foreign:
        return Finding("packages", "ok", f"all five from {home}")
    return Finding(
        "packages",
        "wrong",
        f"not ours: {', '.join(foreign)}",
        "install groundrec in an environment of its own",
    )


def _store(place: Workspace) -> str:
    with place.store(read_only=True) as store:
        stats = store.stats()
        open_runs = [run.id for run in store.runs() if run.ended is run.undone is None]
    sizes = f"{sum(stats.nodes.values()):,} nodes, {sum(stats.edges.values()):,} edges"
    told = about(place.settings) + sizes
    return told + (f"; {len(open_runs)} runs were cut short" if open_runs else "")


def _server(place: Workspace) -> list[Finding]:
    """What the server of the store can do and is used for."""
    return [Finding(one.name, "ok", one.told) for one in features(place.settings)]


def _snapshot(place: Workspace) -> str:
    verify(place.base)
    told = f"{place.base.version[:12]}, {place.snapshot.size:,} nodes"
    if changes := len(place.journal.changes()):
        told += f"; {changes} changes since are taken in"
    return told + ("; the graph has changed since" if place.moved() else "")


def _model(place: Workspace) -> str:
    from groundrec.serving import ranker_of

    folder = place.model_folder(place.model)
    ranker_of(place)
    return f"{place.model}, for snapshot {read_manifest(folder).snapshot[:12]}"


def _texts(place: Workspace) -> Finding:
    """A catalogue in another language must not get a poor encoder without a word."""
    from groundrec.encoding import choice_of
    from models.text import described

    choice = choice_of(place)
    told = f"{described(choice.setting)}: {choice.why}"
    if not choice.poor:
        return Finding("texts", "ok", told)
    hint = "pip install 'groundrec[text]', or set text_model to a model that knows the language"
    state = "missing" if choice.setting == "hashing" else "wrong"
    return Finding("texts", state, f"{told}; {choice.poor}", hint)


def _language_model(place: Workspace) -> str:
    """Which one it is, and how fast it reads and writes here; a local one is loaded for that."""
    from groundrec.language import chosen, speed

    choice = chosen(place)
    if choice.note:
        raise MissingArtefactError(choice.note, hint="`groundrec fetch model` brings one")
    if choice.kind in ("template", "endpoint"):
        return f"{choice.name} (nothing is loaded)"
    read, written = speed(choice.open_model())
    return f"{choice.name}, {choice.kind}, reads {read:.0f} and writes {written:.0f} tokens/s"


def _folder(package: str) -> Path:
    found = importlib.import_module(package).__file__
    return Path(found or "").parent


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
