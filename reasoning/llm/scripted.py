"""A model that says what it was told to say: the test double, part of the product."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from graph.errors import LanguageModelError, ModelReplyError
from reasoning.llm.model import Likely, Reply, Request, Tell, Usage

Line = str | LanguageModelError | Reply


@dataclass(slots=True)
class ScriptedModel:
    """Says its lines one after another, or what `answer` makes of a request; keeps the requests.

    A line that is an error is raised. `piece` is how many letters are told at a time.
    """

    lines: Sequence[Line] = ()
    answer: Callable[[Request], Line] | None = None
    constrains: bool = True
    name: str = "scripted"
    piece: int = 7
    requests: list[Request] = field(default_factory=list)

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The next line; ModelReplyError when there is none left."""
        self.requests.append(request)
        if self.answer is not None:
            line = self.answer(request)
        elif len(self.requests) <= len(self.lines):
            line = self.lines[len(self.requests) - 1]
        else:
            raise ModelReplyError(f"{self.name} has no line left")
        if isinstance(line, LanguageModelError):
            raise line
        reply = self._reply(request, line) if isinstance(line, str) else line
        if tell is not None:
            for at in range(0, len(reply.text), self.piece):
                tell(reply.text[at : at + self.piece])
        return reply

    def _reply(self, request: Request, line: str) -> Reply:
        """Its tokens are words; it is sure of the first."""
        words = line.split(" ")
        said = words[: request.limits.max_tokens]
        likely = (Likely(said[0], 0.0),) if request.alternatives else ()
        usage = Usage(request.tokens, len(said))
        whole = len(said) == len(words)
        return Reply(" ".join(said), self.name, usage, "end" if whole else "length", likely)
