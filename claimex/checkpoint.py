"""Where weights lie, what their config says, and what tells them from others."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeAlias

from claimex.errors import ModelError

RELEASED = Path(str(files("claimex") / "weights"))
Dtype: TypeAlias = Literal["float32", "bfloat16", "int8"]  # what weights can be computed in
INDEX = "model.safetensors.index.json"  # of weights in several files
REACH = "reach.safetensors"  # by the name of a linear layer: the largest absolute value seen in each input channel


def directory_of(model: str | Path | None) -> Path:
    """The released weights' directory (None), the one named, or that of a Hub id: fetched, or taken from where an
    earlier call has put it. Raises ModelError."""
    where = RELEASED if model is None else model
    if Path(where).is_dir():
        return Path(where)
    if isinstance(where, Path) or where.startswith((".", "/", "~")) or where.count("/") > 1:
        raise ModelError(f"{where}: no such weights directory: check the path")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(where, allow_patterns=["*.json", "*.safetensors"]))
    except Exception as error:  # offline, unknown, private, no valid name: each is an error of its own kind
        reason = [*str(error).strip().splitlines(), type(error).__name__][0]
        raise ModelError(f"{where}: no such directory, and not to be had from the Hub: {reason}") from error


def read_config(directory: Path) -> dict[str, Any]:
    """The config.json. Raises ModelError."""
    path = directory / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"{directory}: holds no config.json, so it is no weights directory: check the path") from None
    except ValueError as error:
        raise ModelError(f"{path}: is no JSON ({error}): the checkpoint is broken, export or fetch it again") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path}: holds no JSON object: the checkpoint is broken, export or fetch it again")
    return config


def revision(directory: Path) -> str:
    """A digest of all that decides what a checkpoint finds: weights, settings, tokenizer."""
    digest = hashlib.sha256()
    for path in sorted([*directory.glob("config.json"), *directory.glob("*.safetensors"), *directory.glob("token*")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
