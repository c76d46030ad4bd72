"""A local Hugging Face folder (or GGUF file), run by `transformers`; schemas are only asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.errors import ArtefactError, MissingArtefactError, ModelTimeoutError
from reasoning.llm.model import Likely, Reply, Request, Tell, Usage
from reasoning.llm.wire import messages, prompt_too_long

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class HuggingFaceModel:
    """A causal language model with its tokenizer; `context` is how many tokens it takes."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    name: str
    context: int

    @property
    def constrains(self) -> bool:
        """Nothing keeps it to a schema."""
        return False

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The reply, greedy or drawn with the request's seed and temperature."""
        import torch

        began = time.monotonic()
        prompt = self._prompt(request)
        room = self.context - prompt.shape[1]
        if room < 1:
            raise prompt_too_long(self.name, f"{prompt.shape[1]} of {self.context} tokens")
        drawn = request.temperature > 0
        if drawn:
            torch.manual_seed(request.seed)
        watch = _Watch(prompt.shape[1], began + request.limits.seconds, self._decode, tell)
        made = self._generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=min(request.limits.max_tokens, room),
            do_sample=drawn,
            temperature=request.temperature if drawn else None,
            pad_token_id=self.tokenizer.pad_token_id or self.tokenizer.eos_token_id,
            return_dict_in_generate=True,
            output_scores=request.alternatives > 0,
            streamer=watch,
        )
        tokens = made.sequences[0, prompt.shape[1] :]
        ended = bool(len(tokens)) and int(tokens[-1]) in self._ends()
        text = self._decode(tokens.tolist())
        if tell is not None and len(text) > watch.told:
            tell(text[watch.told :])
        likely: tuple[Likely, ...] = ()
        if request.alternatives and made.scores:
            best = torch.log_softmax(made.scores[0][0].float(), dim=-1).topk(request.alternatives)
            likely = tuple(
                Likely(self._decode([int(token)]), float(value))
                for value, token in zip(best.values, best.indices, strict=True)
            )
        usage = Usage(prompt.shape[1], len(tokens), time.monotonic() - began)
        return Reply(text, self.name, usage, "end" if ended else "length", likely)

    def _prompt(self, request: Request) -> Any:
        tokenizer: Any = self.tokenizer
        if tokenizer.chat_template:
            made = tokenizer.apply_chat_template(
                messages(request), add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
        else:
            text = "\n\n".join(message.text for message in request.messages)
            made = tokenizer(text + "\n\n", return_tensors="pt")
        return made["input_ids"]

    def _generate(self, prompt: Any, **options: Any) -> Any:
        generate: Any = self.model.generate
        return generate(prompt, **options)

    def _ends(self) -> set[int]:
        config: Any = self.model.generation_config
        ends = config.eos_token_id if config is not None else None
        several = ends if isinstance(ends, list) else [ends]
        return {end for end in (*several, self.tokenizer.eos_token_id) if isinstance(end, int)}

    def _decode(self, tokens: list[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


class _Watch:
    """Gets each new token from `generate`: tells the text so far, and ends what takes too long."""

    def __init__(
        self, prompt: int, end: float, decode: Callable[[list[int]], str], tell: Tell | None
    ) -> None:
        self.told = 0
        self._skip = prompt
        self._end = end
        self._decode = decode
        self._tell = tell
        self._tokens: list[int] = []

    def put(self, value: Any) -> None:
        """The prompt first, then each token."""
        tokens = value.reshape(-1).tolist()
        if self._skip:
            self._skip -= len(tokens)
            return
        self._tokens += tokens
        if time.monotonic() > self._end:
            raise ModelTimeoutError(
                "the model had not ended in time", hint="GROUNDREC_LLM_SECONDS allows more"
            )
        if self._tell is None:
            return
        text = self._decode(self._tokens)
        # A letter may be made of several tokens; half of one reads as a replacement character.
        if not text.endswith("\N{REPLACEMENT CHARACTER}") and len(text) > self.told:
            self._tell(text[self.told :])
            self.told = len(text)

    def end(self) -> None:
        """`generate` says so when it is done."""


def open_hugging_face(path: Path, name: str, *, threads: int, context: int) -> HuggingFaceModel:
    """Load a folder or a GGUF file; nothing is fetched, and no code of the folder is run."""
    if not path.exists():
        raise MissingArtefactError(f"no model at {path}", hint="a folder with config.json")
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingArtefactError(
            "transformers is not installed", hint="pip install 'groundrec[transformers]'"
        ) from error
    where: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    folder = path
    if path.is_file():
        folder, where["gguf_file"] = path.parent, path.name
    torch.set_num_threads(threads)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **where)
        weights = {} if path.is_file() else {"use_safetensors": True}
        model: Any = AutoModelForCausalLM.from_pretrained(folder, **where, **weights)
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactError(
            f"transformers cannot load {path}: {str(error).splitlines()[0]}",
            hint="a folder with config.json, a tokenizer and .safetensors, or a .gguf file",
        ) from error
    longest = int(getattr(model.config, "max_position_embeddings", context))
    return HuggingFaceModel(model.eval(), tokenizer, name, min(context, longest))
