"""`Retrying`: asks again after errors that may pass, with longer and longer waits."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from graph.errors import LanguageModelError, ModelTimeoutError
from reasoning.llm.model import LanguageModel, Limits, Reply, Request, Tell

_log = logging.getLogger(__name__)
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 20.0


@dataclass(frozen=True, slots=True)
class Retrying:
    """A model that is asked at most `tries` times; waits double, or are what the other side says.

    The request's time holds for all tries together. Once words have been told to somebody they
    cannot be taken back, so then there is no second try.
    """

    model: LanguageModel
    tries: int = 3
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """The model's own."""
        return self.model.name

    @property
    def constrains(self) -> bool:
        """The model's own."""
        return self.model.constrains

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The first reply that comes; the last error when none does."""
        end = time.monotonic() + request.limits.seconds
        told = False

        def heard(piece: str) -> None:
            nonlocal told
            told = True
            if tell is not None:
                tell(piece)

        for number in range(1, self.tries + 1):
            left = end - time.monotonic()
            limits = Limits(request.limits.max_tokens, max(left, 0.001))
            try:
                return self.model.complete(replace(request, limits=limits), heard)
            except LanguageModelError as error:
                if not error.retryable or number == self.tries or (told and tell is not None):
                    raise
                wait = max(error.wait, min(_FIRST_WAIT * 2 ** (number - 1), _LONGEST_WAIT))
                if time.monotonic() + wait >= end:
                    raise ModelTimeoutError(
                        f"no time is left to ask {self.name} again: {error}", hint=error.hint
                    ) from error
                _log.info("asking %s again in %.1f s: %s", self.name, wait, error)
                self.sleep(wait)
        raise AssertionError("tries is at least 1")
