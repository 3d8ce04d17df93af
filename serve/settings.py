"""What the server is told by its environment: ``CLAIMEX_SERVE_PORT=9000`` and so on, checked when it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from claimex.checkpoint import Dtype
from claimex.errors import ConfigError

PREFIX = "CLAIMEX_SERVE_"


class Settings(BaseSettings):
    """Every field is an environment variable: its name in capitals behind ``CLAIMEX_SERVE_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    model: str | None = Field(default=None, description="a weights directory or Hub id; else the released weights")
    device: str | None = Field(default=None, description="cpu, cuda, cuda:1; else a GPU where there is one")
    dtype: Dtype | None = Field(default=None, description="float32, bfloat16, int8; else what is fastest here")
    threads: int | None = Field(default=None, ge=1, description="threads of the forward pass; else one for each core")
    max_documents: int = Field(default=32, ge=1, description="of one request; streams have no limit")
    max_bytes: int = Field(default=1_000_000, ge=1024, description="of one request's body, or of one line of a stream")
    batch_tokens: int = Field(default=512, ge=1, description="of one forward pass, padding included")
    batch_wait: float = Field(
        default=0.005, ge=0, le=1, description="seconds to wait for more when a batch is not full"
    )
    queue_characters: int = Field(
        default=200_000, ge=1, description="accepted and not yet answered; past that, 429. One request always fits"
    )
    stream_documents: int = Field(default=16, ge=1, description="of one stream, read ahead of the answers")
    deadline: float = Field(default=120.0, gt=0, description="seconds from a request's first byte to its answer")
    drain: float = Field(default=30.0, ge=0, description="seconds that accepted work may still take after SIGTERM")
    token: SecretStr | None = Field(
        default=None, min_length=8, description="if set, a bearer token that extraction wants"
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[], description="origins, comma between; none by default"
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the environment. Raises ConfigError, naming the variable, for a wrong value or unknown name."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ConfigError(f"{unknown[0]}: no such setting: choose among {', '.join(sorted(known))}")
    given = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if PREFIX + name.upper() in environment
    }
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        [first, *_] = error.errors(include_input=False, include_url=False)
        raise ConfigError(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}") from None


def shown(settings: Settings) -> str:
    """All settings on one line each, secrets starred, for the log."""
    return "\n".join(f"{PREFIX}{name.upper()}={value}" for name, value in settings)
