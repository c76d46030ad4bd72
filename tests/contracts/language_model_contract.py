"""What every language model promises; a new one inherits this and writes `model`."""

import json
from itertools import pairwise

import pytest

from graph.errors import PromptTooLongError
from reasoning.llm.model import LanguageModel, Limits, Message, Request

SCHEMA = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "facts": {"type": "array", "items": {"enum": ["F1", "F2"]}, "maxItems": 1},
                    "text": {"type": "string", "maxLength": 60},
                },
                "required": ["facts", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
MESSAGES = (
    Message("system", "Say what the facts say."),
    Message("user", "F1: Ronin stars Jean Reno.\nF2: Ronin came out in 1998."),
)


class LanguageModelContract:
    """Inherit, and give `model`; `context` is how many tokens it takes, where it has a limit."""

    context: int | None = None
    tells_alternatives = True

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> LanguageModel:
        raise NotImplementedError

    def test_it_says_something_and_what_it_took(self, model: LanguageModel) -> None:
        reply = model.complete(Request(MESSAGES, limits=Limits(max_tokens=24)))
        assert reply.text
        assert reply.model == model.name
        assert reply.usage.calls == 1
        assert 0 <= reply.usage.completion_tokens <= 25
        assert reply.stopped in {"end", "length"}

    def test_the_same_request_has_the_same_reply(self, model: LanguageModel) -> None:
        request = Request(MESSAGES, limits=Limits(max_tokens=16))
        first, second = model.complete(request), model.complete(request)
        assert first.text == second.text

    def test_what_is_told_is_the_reply(self, model: LanguageModel) -> None:
        pieces: list[str] = []
        reply = model.complete(Request(MESSAGES, limits=Limits(max_tokens=24)), pieces.append)
        assert "".join(pieces) == reply.text

    def test_a_schema_holds_where_it_is_enforced(self, model: LanguageModel) -> None:
        request = Request(MESSAGES, SCHEMA, Limits(max_tokens=300))
        reply = model.complete(request)
        if not model.constrains:
            return
        sentences = json.loads(reply.text)["sentences"]
        assert 1 <= len(sentences) <= 2
        for sentence in sentences:
            assert set(sentence) == {"facts", "text"}
            assert set(sentence["facts"]) <= {"F1", "F2"}
            assert len(sentence["text"]) <= 60

    def test_alternatives_are_ordered_probabilities(self, model: LanguageModel) -> None:
        question = Message("user", "Is the sky blue? Answer Yes or No.")
        reply = model.complete(Request((question,), limits=Limits(max_tokens=1), alternatives=5))
        if not self.tells_alternatives:
            assert reply.likely == ()
            return
        values = [one.logprob for one in reply.likely]
        assert values
        assert max(values) <= 1e-6
        assert all(one >= two for one, two in pairwise(values))

    def test_a_prompt_over_the_context_is_said_to_be(self, model: LanguageModel) -> None:
        if self.context is None:
            return
        long = Message("user", "again and " * self.context)
        with pytest.raises(PromptTooLongError, match="does not fit"):
            model.complete(Request((long,), limits=Limits(max_tokens=4)))
