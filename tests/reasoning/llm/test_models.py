"""Each language model keeps the contract; llama.cpp serves the endpoint client over HTTP."""

import json
from pathlib import Path

import pytest

from graph.errors import ArtefactError, MissingArtefactError, ModelReplyError, ModelTimeoutError
from reasoning.llm.endpoint import open_endpoint
from reasoning.llm.hugging_face import open_hugging_face
from reasoning.llm.llama import LlamaModel, open_llama
from reasoning.llm.model import LanguageModel, Limits, Message, Request
from reasoning.llm.scripted import ScriptedModel
from reasoning.llm.template import TemplateModel
from tests.contracts.language_model_contract import MESSAGES, SCHEMA, LanguageModelContract

ANSWER = '{"sentences":[{"facts":["F1"],"text":"Ronin stars Jean Reno."}]}'


class TestTemplate(LanguageModelContract):
    tells_alternatives = False

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> LanguageModel:
        return TemplateModel(sentences=2)


class TestScripted(LanguageModelContract):
    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> LanguageModel:
        return ScriptedModel(answer=lambda request: ANSWER)


class TestLlama(LanguageModelContract):
    context = 2048

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, small_model: LanguageModel) -> LanguageModel:
        return small_model


class TestEndpoint(LanguageModelContract):
    """The embedded llama.cpp is a real OpenAI-compatible server, too."""

    context = 2048

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, small_model: LlamaModel) -> LanguageModel:
        address = small_model.engine.listening_address  # type: ignore[attr-defined]
        return open_endpoint(f"{address}/v1", "smollm2", None)


class TestHuggingFace(LanguageModelContract):
    context = 512

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
        folder = tmp_path_factory.mktemp("tiny")
        write_tiny_model(folder)
        return open_hugging_face(folder, "tiny", threads=1, context=2048)


def write_tiny_model(folder: Path) -> None:
    """A Llama of 30,000 random parameters over bytes: it babbles, but it is the real thing."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = {letter: at for at, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    letters["<end>"] = len(letters)
    made = Tokenizer(models.BPE(vocab=letters, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>")
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    tokenizer.save_pretrained(folder)
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(letters),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=512,
        eos_token_id=letters["<end>"],
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def test_the_template_says_the_facts_in_their_order() -> None:
    said = json.loads(TemplateModel(sentences=1).complete(Request(MESSAGES)).text)
    assert said == {"sentences": [{"facts": ["F1"], "text": "Ronin stars Jean Reno."}]}


def test_a_script_has_an_end() -> None:
    model = ScriptedModel(["only this"])
    assert model.complete(Request(MESSAGES)).text == "only this"
    with pytest.raises(ModelReplyError, match="no line left"):
        model.complete(Request(MESSAGES))
    assert [request.messages for request in model.requests] == [MESSAGES, MESSAGES]


def test_the_same_reply_embedded_and_over_http(small_model: LlamaModel) -> None:
    address = small_model.engine.listening_address  # type: ignore[attr-defined]
    request = Request(MESSAGES, SCHEMA, Limits(max_tokens=80))
    over_http = open_endpoint(f"{address}/v1", "smollm2", None).complete(request)
    assert set(json.loads(over_http.text)) == set(json.loads(small_model.complete(request).text))


def test_a_sure_model_says_yes(small_model: LanguageModel) -> None:
    question = Message("user", "Repeat the word: Yes")
    reply = small_model.complete(Request((question,), limits=Limits(1), alternatives=10))
    assert "Yes" in [one.token.strip() for one in reply.likely]


def test_what_is_raised_while_it_writes_is_not_lost(small_model: LanguageModel) -> None:
    def broken_pipe(piece: str) -> None:
        raise BrokenPipeError(piece)

    with pytest.raises(BrokenPipeError):
        small_model.complete(Request(MESSAGES, limits=Limits(8)), broken_pipe)
    assert small_model.complete(Request(MESSAGES, limits=Limits(4))).text


def test_time_runs_out_for_a_local_model(small_model: LanguageModel) -> None:
    request = Request((Message("user", "Tell a long story."),), limits=Limits(400, seconds=0.1))
    with pytest.raises(ModelTimeoutError, match="had not ended"):
        small_model.complete(request)
    assert small_model.complete(Request(MESSAGES, limits=Limits(4))).text


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but not really")
    with pytest.raises(ArtefactError, match="cannot load"):
        open_llama(broken, "broken", threads=1, context=512)
    with pytest.raises(MissingArtefactError, match="no model file at"):
        open_llama(tmp_path / "none.gguf", "none", threads=1, context=512)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="transformers cannot load"):
        open_hugging_face(tmp_path, "empty", threads=1, context=512)
    with pytest.raises(MissingArtefactError, match="no model at"):
        open_hugging_face(tmp_path / "none", "none", threads=1, context=512)
