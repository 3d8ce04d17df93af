"""The forward pass in torch: any token classifier that transformers knows, on CPUs and GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForTokenClassification, PreTrainedModel
from transformers.utils import logging as transformers_logging

from claimex.bio import Floats
from claimex.tokens import Ids


class TorchNetwork:
    """Ids and mask to logits, by a model that stays where it is."""

    name = "torch"

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model

    @property
    def device(self) -> str:
        """Where the model is."""
        return str(self.model.device)

    @property
    def dtype(self) -> str:
        """What it computes in."""
        return str(self.model.dtype).removeprefix("torch.")

    @torch.inference_mode()
    def __call__(self, ids: Ids, mask: Ids) -> Floats:
        """Logits of shape (rows, tokens, labels)."""
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs.items()}
        logits: Floats = self.model(**inputs).logits.float().cpu().numpy()
        return logits.astype(np.float32, copy=False)


def load(directory: Path, device: str, threads: int | None = None) -> TorchNetwork:
    """The checkpoint's model. Half precision runs as bfloat16 where the device computes in it, else as float32.

    Raises KeyError with the names of tensors that the checkpoint lacks, and what the libraries raise.
    """
    if threads:
        torch.set_num_threads(threads)
    target = torch.device(device)
    with _quiet():
        model, info = AutoModelForTokenClassification.from_pretrained(
            directory, dtype=_dtype(target), local_files_only=True, output_loading_info=True
        )
    if info["missing_keys"] or info["mismatched_keys"]:
        raise KeyError(*sorted(info["missing_keys"])[:1])
    return TorchNetwork(model.to(target).eval())


def positions(model: PreTrainedModel) -> int | None:
    """How many tokens the model can read at once. RoBERTa and its kin count them from behind the padding's id on, so
    that the first positions of their table are never a token's."""
    size: int | None = getattr(model.config, "max_position_embeddings", None)
    for name, module in model.named_modules():
        unused = getattr(module, "padding_idx", None)
        if size is not None and unused is not None and name.endswith("position_embeddings"):
            return size - int(unused) - 1
    return size


def gpus() -> list[str]:
    """Every GPU that torch can use."""
    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' warnings and progress bars: whatever matters in them becomes an error."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()


def _dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where it is computed natively: it is as fast as float16 and has float32's range."""
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return torch.bfloat16 if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else torch.float32
    return torch.bfloat16
