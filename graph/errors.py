"""The error tree.

    GroundrecError                  something the user can act on; carries a hint
    ├── InputError                  bad input: a file, a row, a text, an option           (exit 2)
    │   ├── MappingError            a mapping file that cannot be used
    │   ├── UnknownNodeError        a name or id that is not in the graph
    │   └── TooManyRejectsError     more rows rejected than the user allowed
    ├── StoreError                  the store cannot be opened, read or written           (exit 3)
    │   ├── StoreBusyError          another process writes to the store
    │   └── StoreVersionError       the store was written by another version
    ├── ArtefactError               a snapshot, model or backup that cannot be used       (exit 4)
    │   ├── StaleArtefactError      it was made for another snapshot
    │   └── DamagedArtefactError    its checksum does not match
    ├── MissingArtefactError        nothing has been built yet: a step was left out       (exit 4)
    └── FetchError                  data could not be brought from any of its sources     (exit 5)

Exit codes are mapped in `groundrec/output.py`; a claim that is contradicted is a result, not an
error, and has an exit code of its own there.
"""


class GroundrecError(Exception):
    """Something the user can act on: one line that says what happened, and a hint what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(GroundrecError):
    """Bad input; the message names file, line and field where there are such."""


class MappingError(InputError):
    """A mapping file that cannot be used; the message names file, table and key."""


class UnknownNodeError(InputError):
    """A name or id that is not in the graph; the hint holds the nearest ones."""


class TooManyRejectsError(InputError):
    """More rows were rejected than the user allowed; what was written before stays whole."""


class StoreError(GroundrecError):
    """The store cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """Another process is writing to the store."""


class StoreVersionError(StoreError):
    """The store was written by a version of groundrec that this one cannot migrate."""


class ArtefactError(GroundrecError):
    """A snapshot, model or backup that cannot be used."""


class StaleArtefactError(ArtefactError):
    """The artefact was made for another snapshot than the one at hand."""


class DamagedArtefactError(ArtefactError):
    """The artefact's checksum does not match its content."""


class MissingArtefactError(GroundrecError):
    """Nothing has been built yet; the hint names the command that builds it."""


class FetchError(GroundrecError):
    """Data could not be brought from any of its sources."""
