"""No model at all: the facts of a prompt, said as they stand."""

import json
from dataclasses import dataclass

from reasoning.facts import read_facts
from reasoning.llm.model import Reply, Request, Tell, Usage


@dataclass(frozen=True, slots=True)
class TemplateModel:
    """Answers any prompt with its first facts, each a sentence that cites itself."""

    name: str = "template"
    sentences: int = 3

    @property
    def constrains(self) -> bool:
        """It knows no other form."""
        return True

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The facts of the last message, in the form of an answer."""
        facts = read_facts(request.messages[-1].text if request.messages else "")
        said = [{"facts": [fact.id], "text": fact.text} for fact in facts[: self.sentences]]
        text = json.dumps({"sentences": said}, ensure_ascii=False)
        if tell is not None:
            tell(text)
        return Reply(text, self.name, Usage())
