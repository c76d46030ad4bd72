"""The chat form that llama.cpp and OpenAI-compatible endpoints share: bodies out, pieces in.

All of it is pure but for the clock; what comes in is checked before it is believed.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.errors import (
    ModelCutError,
    ModelRefusedError,
    ModelReplyError,
    ModelTimeoutError,
    PromptTooLongError,
)
from reasoning.llm.model import Likely, Reply, Request, Tell, Usage

# The same few words, again and again until the end of what was said.
_ROUND_AND_ROUND = re.compile(r"(.{4,200}?)\1{5,}$", re.DOTALL)
_LOOKED_AT = 2_400
_TOO_LONG = re.compile(r"context[ _](?:length|size|window)|exceed_context|too many tokens", re.I)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Token(_Part):
    token: str
    logprob: float


class _First(_Token):
    top_logprobs: list[_Token] = Field(default_factory=list)


class _Logprobs(_Part):
    content: list[_First] | None = None


class _Delta(_Part):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Part):
    delta: _Delta
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Usage(_Part):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(_Part):
    choices: list[_Choice]
    usage: _Usage | None = None


def messages(request: Request) -> list[dict[str, str]]:
    """The messages as the chat form has them."""
    return [{"role": message.role, "content": message.text} for message in request.messages]


def body(request: Request) -> dict[str, object]:
    """What both sides call the same: messages, limits, seed, alternatives."""
    made: dict[str, object] = {
        "messages": messages(request),
        "max_tokens": request.limits.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.alternatives:
        made |= {"logprobs": True, "top_logprobs": request.alternatives}
    return made


def too_long(message: str) -> bool:
    """Whether an error speaks of the context window."""
    return _TOO_LONG.search(message) is not None


def prompt_too_long(model: str, message: str) -> PromptTooLongError:
    """The error for a prompt that the model's context does not hold."""
    return PromptTooLongError(
        f"the prompt does not fit into the context of {model}: {message}",
        hint="fewer items, or a larger context: GROUNDREC_LLM_CONTEXT",
    )


@dataclass(slots=True)
class Assembler:
    """Puts the pieces of a streamed reply together, and tells them as they come."""

    model: str
    request: Request
    tell: Tell | None
    began: float = field(default_factory=time.monotonic)
    text: str = ""
    pieces: int = 0
    finish: str | None = None
    usage: _Usage | None = None
    likely: tuple[Likely, ...] = ()

    @property
    def left(self) -> float:
        """Seconds until the time for the call has run out."""
        return self.began + self.request.limits.seconds - time.monotonic()

    @property
    def started(self) -> bool:
        """Whether anything has come."""
        return bool(self.pieces or self.text)

    def add(self, content: Mapping[str, object]) -> None:
        """Take one piece; ModelReplyError when it is none, ModelTimeoutError when it is late."""
        try:
            chunk = _Chunk.model_validate(content)
        except ValidationError as error:
            what = error.errors()[0]
            place = ".".join(str(part) for part in what["loc"])
            raise ModelReplyError(
                f"{self.model} answers in another form than a chat model: {place}: {what['msg']}",
                hint="is the address that of an OpenAI-compatible endpoint, with /v1?",
            ) from error
        self.usage = chunk.usage or self.usage
        for choice in chunk.choices[:1]:
            self._take(choice)
        if self.left <= 0:
            raise ModelTimeoutError(
                f"{self.model} had not ended after {self.request.limits.seconds:.0f} seconds",
                hint="GROUNDREC_LLM_SECONDS allows more",
            )

    def reply(self) -> Reply:
        """The whole; ModelCutError when it broke off before its end."""
        if self.finish is None:
            if not self.started:
                raise ModelReplyError(
                    f"what {self.model} answers is no reply of a chat model",
                    hint="is the address that of an OpenAI-compatible endpoint, with /v1?",
                )
            raise ModelCutError(f"the reply of {self.model} broke off in the middle")
        usage = self.usage or _Usage(completion_tokens=self.pieces)
        stopped: Literal["end", "length"] = "length" if self.finish == "length" else "end"
        return Reply(
            self.text,
            self.model,
            Usage(
                usage.prompt_tokens or self.request.tokens,
                usage.completion_tokens,
                time.monotonic() - self.began,
            ),
            stopped,
            self.likely,
        )

    def _take(self, choice: _Choice) -> None:
        if choice.delta.refusal or choice.finish_reason == "content_filter":
            raise ModelRefusedError(
                f"{self.model} refuses to answer: {choice.delta.refusal or 'content filter'}",
                hint="--no-llm words it from templates",
            )
        if choice.logprobs is not None and choice.logprobs.content and not self.likely:
            first = choice.logprobs.content[0]
            others = first.top_logprobs or [first]
            self.likely = tuple(
                Likely(one.token, one.logprob)
                for one in sorted(others, key=lambda one: -one.logprob)
            )
        if choice.delta.content:
            self.pieces += 1
            self.text += choice.delta.content
            if self.pieces > 2 * self.request.limits.max_tokens + 16:
                raise ModelReplyError(f"{self.model} goes on after its limit of tokens")
            if self.pieces % 16 == 0 and _ROUND_AND_ROUND.search(self.text[-_LOOKED_AT:]):
                raise ModelReplyError(f"{self.model} repeats itself without end")
            if self.tell is not None:
                self.tell(choice.delta.content)
        self.finish = choice.finish_reason or self.finish
