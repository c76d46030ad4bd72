"""Prompts are files: what they need is declared on top; one that lies fails when it is built.

    inputs: item, facts
    # system
    Instructions, ours alone.
    # user
    Data and question: {facts} about {item}.

Only instructions stand under `system`; what comes from the catalogue or from a user is filled into
`user`, and only after `facts.as_data` made it harmless. Slots are filled once: braces in a value
stay braces.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from graph.errors import InputError
from reasoning.llm.model import Message
from reasoning.words import SLOT, fill

_FORM = re.compile(
    r"\Ainputs:(?P<inputs>[^\n]*)\n# system\n(?P<system>.*?)\n# user\n(?P<user>.*)\Z", re.DOTALL
)


class PromptError(InputError):
    """A prompt file, or the values given to it, are not what the file declares."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions and a frame for data; `inputs` are all slots, and `system` has none."""

    name: str
    inputs: frozenset[str]
    system: str
    user: str

    @classmethod
    def of(cls, name: str, text: str) -> "Prompt":
        """Read a prompt file; PromptError when what it declares is not what it uses."""
        found = _FORM.match(text)
        if found is None:
            raise PromptError(
                f"prompt {name}: needs an `inputs:` line, `# system` and `# user`, in this order"
            )
        inputs = frozenset(part.strip() for part in found["inputs"].split(",") if part.strip())
        used = frozenset(SLOT.findall(found["user"]))
        if inputs != used:
            raise PromptError(
                f"prompt {name}: declares {_listed(inputs)}, uses {_listed(used)}",
                hint="the inputs are the slots of the user part",
            )
        if SLOT.search(found["system"]):
            raise PromptError(f"prompt {name}: the instructions have a slot; data is the user's")
        return cls(name, inputs, found["system"].strip(), found["user"].strip())

    def messages(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The messages with all slots filled; PromptError for a value too few or too many."""
        if values.keys() != self.inputs:
            raise PromptError(
                f"prompt {self.name}: needs {_listed(self.inputs)}, got {_listed(values.keys())}"
            )
        return (Message("system", self.system), Message("user", fill(self.user, values)))


@cache
def prompt(name: str, language: str) -> Prompt:
    """The prompt file of a task in a language."""
    place = files("reasoning") / "prompts" / f"{name}.{language}.md"
    if not place.is_file():
        raise PromptError(
            f"no prompt {name!r} in the language {language!r}",
            hint=f"there are {', '.join(prompt_names())}",
        )
    return Prompt.of(f"{name}.{language}", place.read_text(encoding="utf-8"))


def prompt_names() -> tuple[str, ...]:
    """All prompt files, as `task.language`."""
    return tuple(sorted(_names()))


def _names() -> Iterator[str]:
    for place in (files("reasoning") / "prompts").iterdir():
        if place.name.endswith(".md"):
            yield place.name.removesuffix(".md")


def _listed(names: object) -> str:
    return ", ".join(sorted(map(str, names))) if names else "nothing"  # type: ignore[call-overload]
