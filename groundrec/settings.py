"""Settings: defaults < `groundrec.toml` < `GROUNDREC_*` < flags.

`groundrec.toml` is looked for where `GROUNDREC_CONFIG` says, else in the working folder.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from graph.errors import InputError

Flags = dict[str, str | int | float | Path | None]


class Settings(BaseSettings):
    """What a user can set; every field is one line of `groundrec doctor`."""

    model_config = SettingsConfigDict(env_prefix="GROUNDREC_", extra="ignore", frozen=True)

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("groundrec")),
        description="holds everything that groundrec writes",
    )
    store: str = Field(
        default="sqlite", description="where the graph is kept: sqlite, neo4j or neo4j://HOST"
    )
    neo4j_uri: str = Field(
        default="bolt://127.0.0.1:7687",
        validation_alias=AliasChoices("neo4j_uri", "NEO4J_URI"),
        description="the server, when the store is neo4j",
    )
    neo4j_username: str = Field(
        default="neo4j",
        validation_alias=AliasChoices("neo4j_username", "NEO4J_USERNAME"),
        description="who we are there",
    )
    neo4j_password: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("neo4j_password", "NEO4J_PASSWORD"),
        description="the password there",
    )
    neo4j_database: str = Field(
        default="",
        validation_alias=AliasChoices("neo4j_database", "NEO4J_DATABASE"),
        description="the database there; empty: the user's own default",
    )
    data: Path | None = Field(default=None, description="where mappings find catalogue files")
    outside: bool = Field(default=False, description="whether mappings may name files elsewhere")
    model: str = Field(
        default="best", description="the ranker that serves; best: the blend if trained, else walk"
    )
    text_model: str = Field(
        default="auto",
        description="reads texts: auto, minilm, use, hashing, or a sentence-transformers model",
    )
    language: Literal["en", "ko"] = Field(default="en", description="of reasons and prompts")
    k: int = Field(default=10, ge=1, le=1000, description="how many items to recommend")
    seed: int = Field(default=0, ge=0, description="of everything random")
    llm: str = Field(
        default="auto", description="who words: auto, template, endpoint, a name, a file, a folder"
    )
    llm_url: str | None = Field(default=None, description="of an OpenAI-compatible endpoint")
    llm_model: str | None = Field(default=None, description="the endpoint's model")
    llm_key: SecretStr | None = Field(default=None, description="the endpoint's key")
    llm_threads: int = Field(default=0, ge=0, description="of a local model; 0: one per core")
    llm_context: int = Field(default=4096, ge=256, description="tokens that a local model holds")
    llm_seconds: float = Field(default=120.0, gt=0, description="time for one call, with retries")
    llm_max_tokens: int | None = Field(default=None, ge=1, description="tokens for one command")
    llm_max_cost: float | None = Field(default=None, ge=0, description="money for one command")
    llm_price_prompt: float = Field(default=0.0, ge=0, description="of a million tokens read")
    llm_price_completion: float = Field(default=0.0, ge=0, description="of a million written")
    llm_cache: bool = Field(default=True, description="whether replies are kept and replayed")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then the file."""
        return (init_settings, env_settings, _file_source(settings_cls))


@dataclass(frozen=True, slots=True)
class Sourced:
    """A setting's value as it may be shown, and where it came from."""

    name: str
    value: str
    source: Literal["default", "file", "environment", "flag"]
    description: str


def load_settings(flags: Flags | None = None) -> Settings:
    """Read all sources; InputError names the setting that is wrong."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings.model_validate(given) if not given else Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"setting {name!r}: {first['msg']} (got {first['input']!r})",
            hint="`groundrec doctor` prints every setting with its source",
        ) from error
    except ValueError as error:  # the TOML reader's own
        raise InputError(f"{_config_file()}: {error}") from error


def sourced(settings: Settings, flags: Flags | None = None) -> tuple[Sourced, ...]:
    """Each setting with the source of its value; secrets are masked."""
    given = {name for name, value in (flags or {}).items() if value is not None}
    in_file = set(_file_source(Settings)())
    shown = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        source: Literal["default", "file", "environment", "flag"] = "default"
        if name in given:
            source = "flag"
        elif {f"GROUNDREC_{name.upper()}", *_aliases(field)} & os.environ.keys():
            source = "environment"
        elif name in in_file:
            source = "file"
        text = "********" if isinstance(value, SecretStr) else str(value)
        shown.append(Sourced(name, text, source, field.description or ""))
    return tuple(shown)


def _aliases(field: FieldInfo) -> set[str]:
    """Variables of other tools that a setting is read from, too."""
    named = field.validation_alias
    return {str(one) for one in named.choices} if isinstance(named, AliasChoices) else set()


@cache
def _config_file() -> Path:
    return Path(os.environ.get("GROUNDREC_CONFIG", "groundrec.toml"))


def _file_source(settings_cls: type[BaseSettings]) -> PydanticBaseSettingsSource:
    path = _config_file()
    if not path.is_file():
        return InitSettingsSource(settings_cls, {})
    source = TomlConfigSettingsSource(settings_cls, toml_file=path)
    unknown = sorted(source().keys() - settings_cls.model_fields.keys())
    if unknown:
        raise InputError(
            f"{path}: no setting is called {', '.join(map(repr, unknown))}",
            hint=f"there are {', '.join(settings_cls.model_fields)}",
        )
    return source
