"""`LanguageModel`: one method, from messages to text; and what goes in and comes out.

Who wants retries, a budget or a cache wraps a model in a model: `retrying`, `budget`, `cached`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Literal, Protocol

Schema = Mapping[str, object]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Message:
    """What one side says; instructions are the system's, data and question the user's."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many tokens in the reply; at most so many seconds, retries included."""

    max_tokens: int = 400
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Request:
    """One call. The reply is to be JSON of the `schema`, where there is one.

    `alternatives` asks for so many of the likeliest first tokens, with their log-probabilities.
    """

    messages: tuple[Message, ...]
    schema: Schema | None = None
    limits: Limits = Limits()
    alternatives: int = 0
    temperature: float = 0.0
    seed: int = 0

    def key(self, model: str) -> str:
        """The same question to the same model has the same key; time limits do not count."""
        content = asdict(replace(self, limits=Limits(self.limits.max_tokens, 0.0)))
        text = json.dumps([model, content], sort_keys=True, ensure_ascii=False)
        return sha256(text.encode()).hexdigest()

    @property
    def tokens(self) -> int:
        """A cautious guess at the prompt's tokens, for budgets: they are not known before."""
        letters = sum(len(message.text.encode()) for message in self.messages)
        return letters // 3 + 8 * len(self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call took; `cost` in the currency of the prices, `cached` when nothing was asked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    calls: int = 1
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.seconds + other.seconds,
            self.cost + other.cost,
            self.calls + other.calls,
            self.cached + other.cached,
        )


NOTHING_USED = Usage(calls=0)


@dataclass(frozen=True, slots=True)
class Likely:
    """A token that might have come first, with its log-probability."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said; `stopped` by itself ("end") or by the limit ("length")."""

    text: str
    model: str
    usage: Usage
    stopped: Literal["end", "length"] = "end"
    likely: tuple[Likely, ...] = ()


class LanguageModel(Protocol):
    """Gives text for messages. Errors are `graph.errors.LanguageModelError`s."""

    @property
    def name(self) -> str:
        """Which model it is; the same name gives the same replies, as far as that can be."""

    @property
    def constrains(self) -> bool:
        """Whether a schema is enforced while the model writes, or only asked for."""

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The reply; `tell` gets its text piece by piece as it comes."""
