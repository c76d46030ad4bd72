"""Any OpenAI-compatible endpoint, through the `openai` client."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import (
    LanguageModelError,
    MissingArtefactError,
    ModelCutError,
    ModelDownError,
    ModelRefusedError,
    ModelReplyError,
    ModelTimeoutError,
)
from reasoning.llm.model import Reply, Request, Tell
from reasoning.llm.wire import Assembler, body, prompt_too_long, too_long

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_LONGEST_TOLD = 200


@dataclass(slots=True)
class EndpointModel:
    """A model behind an endpoint. `constrains` until the endpoint says that it knows no schema."""

    client: "OpenAI"
    model: str
    name: str
    constrains: bool = True

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The reply, streamed, so that time and length are watched while it comes."""
        import openai

        whole = Assembler(self.name, request, tell)
        try:
            for chunk in self._chunks(request, whole):
                whole.add(chunk)
        except openai.APIStatusError as error:
            if request.schema is not None and self.constrains and _knows_no_schema(error):
                self.constrains = False
                return self.complete(request, tell)
            raise _refused(self.name, error) from error
        except openai.APITimeoutError as error:
            raise ModelTimeoutError(
                f"{self.name} was silent for {request.limits.seconds:.0f} seconds",
                hint="GROUNDREC_LLM_SECONDS allows more",
            ) from error
        except openai.APIConnectionError as error:
            if whole.started:
                raise ModelCutError(f"the reply of {self.name} broke off in the middle") from error
            raise ModelDownError(
                f"{self.name} cannot be reached: {error.__cause__ or error}",
                hint="is it running, and is GROUNDREC_LLM_URL its address?",
            ) from error
        except openai.OpenAIError as error:
            raise ModelReplyError(f"{self.name}: {_short(str(error))}") from error
        except LanguageModelError:
            raise
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelReplyError(
                f"{self.name} answers in another form than a chat model: {_short(str(error))}"
            ) from error
        except Exception as error:  # what the client's transport raises while it streams
            if "timeout" in type(error).__name__.lower():
                raise ModelTimeoutError(f"{self.name} fell silent in mid-reply") from error
            raise ModelCutError(
                f"the reply of {self.name} broke off: {_short(str(error))}"
            ) from error
        return whole.reply()

    def _chunks(self, request: Request, whole: Assembler) -> Iterator[dict[str, object]]:
        asked: dict[str, Any] = {"model": self.model, **body(request)}
        if request.schema is not None and self.constrains:
            form = {"name": "answer", "schema": dict(request.schema), "strict": True}
            asked["response_format"] = {"type": "json_schema", "json_schema": form}
        timeout = max(whole.left, 0.01)
        with self.client.chat.completions.create(**asked, timeout=timeout) as stream:
            for chunk in stream:
                yield (
                    chunk.to_dict(warnings=False)
                    if hasattr(chunk, "to_dict")
                    else {"choices": chunk}
                )


def open_endpoint(url: str, model: str, key: str | None) -> EndpointModel:
    """A client for an endpoint; nothing is asked yet."""
    try:
        import openai
    except ImportError as error:
        raise MissingArtefactError(
            "the openai client is not installed", hint="pip install 'groundrec[llm]'"
        ) from error
    # No connection outlives its call, so there is nothing to close, whoever lets go of the model.
    # Retries are ours: one place decides what is worth asking again.
    client = openai.OpenAI(
        base_url=url,
        api_key=key or "none",
        max_retries=0,
        default_headers={"Connection": "close"},
    )
    return EndpointModel(client, model, f"{model} at {url}")


def _refused(name: str, error: "APIStatusError") -> LanguageModelError:
    status = error.status_code
    told = _short(error.message)
    if too_long(f"{told} {error.code} {error.type}"):
        return prompt_too_long(name, told)
    if status == 429 and "quota" in f"{error.code} {error.type} {told}":
        return ModelRefusedError(f"{name}: the quota is used up: {told}", hint="--no-llm")
    if status in (408, 409, 425, 429) or status >= 500:
        wait = error.response.headers.get("retry-after", "0")
        return ModelDownError(
            f"{name} is too busy or broken ({status}): {told}",
            hint="try again later, or --no-llm",
            wait=float(wait) if wait.replace(".", "", 1).isdigit() else 0.0,
        )
    if status in (401, 403):
        return ModelRefusedError(f"{name} does not accept the key", hint="GROUNDREC_LLM_KEY")
    return ModelRefusedError(
        f"{name} refuses the request ({status}): {told}",
        hint="is GROUNDREC_LLM_MODEL a model that it has?",
    )


def _knows_no_schema(error: "APIStatusError") -> bool:
    words = ("response_format", "json_schema", "schema")
    return error.status_code in (400, 422) and any(word in error.message for word in words)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TOLD else f"{line[:_LONGEST_TOLD]}…"
