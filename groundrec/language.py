"""The language model that the settings ask for: opened when it is needed, with its manners on.

llm = "auto"       the default model where it has been fetched, else templates
      "template"   no model at all
      "endpoint"   `llm_url`, `llm_model`, `llm_key`
      a name of `groundrec.weights`, a .gguf file, or a Hugging Face folder
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InputError
from groundrec import weights
from groundrec.settings import Settings
from groundrec.workspace import Workspace
from reasoning.llm.budget import Budget, Budgeted, Prices
from reasoning.llm.cached import Cached
from reasoning.llm.model import LanguageModel, Limits, Message, Request
from reasoning.llm.retrying import Retrying
from reasoning.llm.template import TemplateModel

AUTO, TEMPLATE, ENDPOINT = "auto", "template", "endpoint"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which model the settings mean: its name, how it is opened, and what a reader must know."""

    name: str
    kind: str
    constrains: bool
    open_model: Callable[[], LanguageModel]
    note: str = ""


def language_model(place: Workspace, budget: Budget | None = None) -> LanguageModel:
    """The model, with retries, the run's budget and the cache of replies."""
    settings = place.settings
    choice = chosen(place)
    if choice.kind == TEMPLATE:
        return TemplateModel()
    limit = budget or Budget(settings.llm_max_tokens, settings.llm_max_cost)
    prices = Prices(settings.llm_price_prompt, settings.llm_price_completion)
    if limit.max_cost is not None and choice.kind == ENDPOINT and prices == Prices():
        raise InputError(
            "a most that an endpoint may cost means nothing without its prices",
            hint="GROUNDREC_LLM_PRICE_PROMPT and GROUNDREC_LLM_PRICE_COMPLETION, a million tokens",
        )

    def opened() -> LanguageModel:
        return Budgeted(Retrying(choice.open_model()), limit, prices)

    if not settings.llm_cache:
        return opened()
    return Cached(opened, choice.name, choice.constrains, place.home.cache / "replies")


def chosen(place: Workspace) -> Choice:
    """What the settings mean, without loading anything."""
    settings, cache = place.settings, place.home.cache
    wanted = settings.llm
    if wanted == AUTO and settings.llm_url:
        wanted = ENDPOINT
    if wanted == AUTO and not weights.place_of(weights.QWEN, cache).is_file():
        note = "no language model has been fetched: words come from templates"
        return Choice(TEMPLATE, TEMPLATE, True, TemplateModel, note)
    if wanted == TEMPLATE:
        return Choice(TEMPLATE, TEMPLATE, True, TemplateModel)
    if wanted == ENDPOINT:
        return _endpoint(settings)
    if wanted == AUTO or wanted in weights.KNOWN:
        known = weights.QWEN if wanted == AUTO else weights.known(wanted)
        path = weights.require(known, cache)
        return _llama(settings, path, f"{known.name}@{known.sha256[:12]}")
    path = Path(wanted).expanduser()
    if path.is_dir():
        return _folder(settings, path)
    if path.suffix == ".gguf" and path.is_file():
        return _llama(settings, path, f"{path.name}@{_mark(path)}")
    raise InputError(
        f"no language model {wanted!r}",
        hint=f"auto, template, endpoint, {', '.join(weights.KNOWN)}, a .gguf file or a folder",
    )


def threads_of(settings: Settings) -> int:
    """How many threads a local model uses: as the settings say, else all cores it may use."""
    return settings.llm_threads or len(os.sched_getaffinity(0))


def speed(model: LanguageModel) -> tuple[float, float]:
    """Tokens per second that a model reads, and that it writes, measured on one short call."""
    heard: list[float] = []
    text = "one two three four five six seven eight nine ten " * 12 + "Go on counting to a hundred."
    began = time.monotonic()
    reply = model.complete(
        Request((Message("user", text),), limits=Limits(24)),
        lambda piece: heard.append(time.monotonic()),
    )
    first, last = (heard[0], heard[-1]) if heard else (began, began)
    return (
        reply.usage.prompt_tokens / max(first - began, 1e-6),
        (len(heard) - 1) / max(last - first, 1e-6) if len(heard) > 1 else 0.0,
    )


def _endpoint(settings: Settings) -> Choice:
    url, model = settings.llm_url, settings.llm_model
    if not url or not model:
        raise InputError(
            "an endpoint needs an address and a model",
            hint="GROUNDREC_LLM_URL and GROUNDREC_LLM_MODEL, in the environment or the settings",
        )
    if not url.startswith(("http://", "https://")):
        raise InputError(f"the endpoint's address is no http(s) address: {url!r}")
    key = settings.llm_key.get_secret_value() if settings.llm_key else None

    def opened() -> LanguageModel:
        from reasoning.llm.endpoint import open_endpoint

        return open_endpoint(url, model, key)

    return Choice(f"{model} at {url}", ENDPOINT, True, opened)


def _llama(settings: Settings, path: Path, name: str) -> Choice:
    def opened() -> LanguageModel:
        from reasoning.llm.llama import open_llama

        return open_llama(path, name, threads=threads_of(settings), context=settings.llm_context)

    return Choice(name, "llama.cpp", True, opened)


def _folder(settings: Settings, path: Path) -> Choice:
    name = f"{path.resolve().name}@{_mark(path / 'config.json')}"

    def opened() -> LanguageModel:
        from reasoning.llm.hugging_face import open_hugging_face

        threads = threads_of(settings)
        return open_hugging_face(path, name, threads=threads, context=settings.llm_context)

    return Choice(name, "transformers", False, opened)


def _mark(path: Path) -> str:
    """Tells files of one name apart without reading a gigabyte: place, size and time."""
    try:
        stat = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    told = f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]
