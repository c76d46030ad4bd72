"""llama.cpp inside this process: a GGUF file, schemas enforced token by token."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from graph.errors import ArtefactError, MissingArtefactError, ModelReplyError
from reasoning.llm.model import Reply, Request, Tell
from reasoning.llm.wire import Assembler, body, prompt_too_long, too_long

Chunk = Mapping[str, object]


class Engine(Protocol):
    """What we use of `xllamacpp.Server`: chunks go to the callback until it gives True."""

    def handle_chat_completions(
        self, request: Mapping[str, object], heard: Callable[[Chunk], bool], /
    ) -> object:
        """Complete a chat."""


@dataclass(frozen=True, slots=True)
class LlamaModel:
    """A model that llama.cpp has loaded."""

    engine: Engine
    name: str

    @property
    def constrains(self) -> bool:
        """A grammar is made of the schema."""
        return True

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The reply, streamed inside the process."""
        whole = Assembler(self.name, request, tell)
        failed: list[BaseException] = []

        def heard(chunk: Chunk) -> bool:
            # llama.cpp loses what is raised in here: it is told to stop, and that is raised below.
            try:
                self._take(whole, chunk)
            except BaseException as error:
                failed.append(error)
            return bool(failed)

        asked = body(request)
        if request.schema is not None:
            asked["grammar"] = grammar(request.schema)
        self.engine.handle_chat_completions(asked, heard)
        if failed:
            raise failed[0]
        return whole.reply()

    def _take(self, whole: Assembler, chunk: Chunk) -> None:
        error = chunk.get("error")
        if not isinstance(error, Mapping):
            whole.add(chunk)
            return
        message = str(error.get("message", "llama.cpp gives no reason"))
        if too_long(f"{message} {error.get('type', '')}"):
            raise prompt_too_long(self.name, message)
        raise ModelReplyError(f"{self.name}: {message}")


def grammar(schema: Mapping[str, object]) -> str:
    """The schema as llguidance's grammar, without spaces between tokens: each costs time."""
    compact = {"x-guidance": {"whitespace_flexible": False}, **schema}
    return f"%llguidance {{}}\nstart: %json {json.dumps(compact, ensure_ascii=False)}"


def open_llama(path: Path, name: str, *, threads: int, context: int) -> LlamaModel:
    """Load a GGUF file; seconds for a gigabyte.

    MissingArtefactError without the file or the library, ArtefactError when it cannot be loaded.
    """
    if not path.is_file():
        raise MissingArtefactError(
            f"no model file at {path}", hint="`groundrec fetch model` brings the default one"
        )
    # Threads that spin while they wait make a shared machine ten times slower. OpenMP reads this
    # when it is loaded; who owns all cores sets it to "active".
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingArtefactError(
            "llama.cpp is not installed", hint="pip install 'groundrec[llm]'"
        ) from error

    options = xllamacpp.CommonParams()
    options.model.path = str(path)
    options.n_ctx = context
    options.n_parallel = 1
    options.cpuparams.n_threads = options.cpuparams_batch.n_threads = threads
    options.warmup = False
    options.verbosity = -1
    try:
        return LlamaModel(xllamacpp.Server(options), name)
    except Exception as error:
        raise ArtefactError(
            f"llama.cpp cannot load {path.name}: {error}",
            hint="`groundrec doctor` checks the file; `groundrec fetch model` brings it anew",
        ) from error
