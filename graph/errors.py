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
    ├── FetchError                  data could not be brought from any of its sources     (exit 5)
    └── LanguageModelError          a language model gave no reply that can be used       (exit 7)
        ├── ModelDownError          it cannot be reached, or is too busy                  (retried)
        ├── ModelTimeoutError       the time for the call has run out
        ├── ModelReplyError         what came back is no reply: of the wrong shape, without end
        │   └── ModelCutError       it broke off                                          (retried)
        ├── ModelRefusedError       it will not: the key, the quota, its own rules
        ├── PromptTooLongError      the prompt does not fit into its context
        └── BudgetError             the tokens or the money of this run are spent

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


class LanguageModelError(GroundrecError):
    """A language model gave no reply that can be used; `retryable` when asking again may help.

    `wait` is how many seconds the other side asked to be left alone.
    """

    retryable = False

    def __init__(self, message: str, *, hint: str = "", wait: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


class ModelDownError(LanguageModelError):
    """It cannot be reached, or is too busy to answer."""

    retryable = True


class ModelTimeoutError(LanguageModelError):
    """The time for the call, retries included, has run out."""


class ModelReplyError(LanguageModelError):
    """What came back is no reply: cut short, of the wrong shape, without end."""


class ModelCutError(ModelReplyError):
    """The reply broke off; the next may be whole."""

    retryable = True


class ModelRefusedError(LanguageModelError):
    """It will not: the key, the quota, the name of the model, its own rules."""


class PromptTooLongError(LanguageModelError):
    """The prompt does not fit into the model's context."""


class BudgetError(LanguageModelError):
    """The tokens or the money that the user allowed for this run are spent."""
