"""`Cached`: replies kept by the request, one readable file each, so that a run replays offline."""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from reasoning.llm.model import LanguageModel, Reply, Request, Tell

_log = logging.getLogger(__name__)
_REPLY = TypeAdapter(Reply)


@dataclass(frozen=True)
class Cached:
    """A model whose replies are looked up in a folder first; it is opened when one is missing.

    `name` and `constrains` must be known without opening it.
    """

    open_model: Callable[[], LanguageModel]
    name: str
    constrains: bool
    folder: Path

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The reply of an earlier run, or a new one that is kept."""
        key = request.key(self.name)
        place = self.folder / key[:2] / f"{key}.json"
        kept = self._kept(place)
        if kept is not None:
            if tell is not None:
                tell(kept.text)
            return replace(kept, usage=replace(kept.usage, seconds=0.0, cost=0.0, cached=1))
        reply = self.model.complete(request, tell)
        self._keep(place, request, reply)
        return reply

    @cached_property
    def model(self) -> LanguageModel:
        """The model itself, opened once."""
        return self.open_model()

    def _kept(self, place: Path) -> Reply | None:
        try:
            return _REPLY.validate_python(json.loads(place.read_bytes())["reply"])
        except FileNotFoundError:
            return None
        except (ValidationError, ValueError, KeyError, TypeError, OSError) as error:
            _log.warning("%s cannot be read (%s): the model is asked again", place, error)
            return None

    def _keep(self, place: Path, request: Request, reply: Reply) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        content = {"request": asdict(request), "reply": asdict(reply)}
        beside = place.with_suffix(f".{os.getpid()}.new")
        beside.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        beside.replace(place)
