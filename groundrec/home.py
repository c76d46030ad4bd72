"""Where things lie under `GROUNDREC_HOME`."""

from dataclasses import dataclass
from pathlib import Path

from graph.errors import StoreError


@dataclass(frozen=True, slots=True)
class Home:
    """The one folder that groundrec writes to."""

    root: Path

    @property
    def store(self) -> Path:
        """The embedded store."""
        return self.root / "graph.db"

    @property
    def snapshots(self) -> Path:
        """One folder per snapshot version."""
        return self.root / "snapshots"

    @property
    def live(self) -> Path:
        """What was said since the snapshot in use was built."""
        return self.root / "live"

    @property
    def models(self) -> Path:
        """One folder per trained ranker."""
        return self.root / "models"

    @property
    def runs(self) -> Path:
        """Rejects and reports, one folder per ingest."""
        return self.root / "runs"

    @property
    def plans(self) -> Path:
        """Ingests that were planned and not carried out, one folder each."""
        return self.runs / "plans"

    @property
    def audits(self) -> Path:
        """The ledger of audits, and what was read from standard input."""
        return self.root / "audits"

    @property
    def cache(self) -> Path:
        """Downloads; may be deleted at any time."""
        return self.root / "cache"

    @property
    def current(self) -> Path:
        """A file that names the version of the snapshot in use."""
        return self.snapshots / "current"

    def made(self) -> "Home":
        """This home, its folder created; StoreError when that cannot be."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot create {self.root}: {error.strerror}",
                hint="set GROUNDREC_HOME to a folder that can be written to",
            ) from error
        return self
