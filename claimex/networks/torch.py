"""The forward pass in torch: any token classifier that transformers knows, on CPUs and GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, PreTrainedConfig, PreTrainedModel
from transformers.utils import logging as transformers_logging

from claimex.bio import Floats
from claimex.link_network import Layer
from claimex.tokens import CASES, Padded


class TorchNetwork:
    """Ids and mask to logits, and by the layer ``token`` to vectors; the model stays where it is."""

    name = "torch"

    def __init__(self, model: PreTrainedModel, token: Layer | None = None) -> None:
        self.model = model
        self.token = token and tuple(torch.from_numpy(each).to(model.device, model.dtype) for each in token)

    @property
    def device(self) -> str:
        """Where the model is."""
        return str(self.model.device)

    @property
    def dtype(self) -> str:
        """What it computes in."""
        return str(self.model.dtype).removeprefix("torch.")

    @torch.inference_mode()
    def __call__(self, batch: Padded) -> tuple[Floats, Floats | None]:
        """Logits of shape (rows, tokens, labels), and vectors of (rows, tokens, their width)."""
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs_of(self.model.config, batch).items()}
        found = self.model(**inputs, output_hidden_states=self.token is not None)
        if self.token is None:
            return _floats(found.logits), None
        return _floats(found.logits), _floats(torch.nn.functional.linear(found.hidden_states[-1], *self.token))


def inputs_of(config: PreTrainedConfig, batch: Padded) -> dict[str, torch.Tensor]:
    """A batch by the names that a model of this config has for it; cases where it was made to read them."""
    ids, cases, mask = map(torch.from_numpy, batch)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if getattr(config, "type_vocab_size", 0) == len(CASES):
        inputs["token_type_ids"] = cases
    return inputs


def _floats(tensor: torch.Tensor) -> Floats:
    values: Floats = tensor.float().cpu().numpy()
    return values


def load(
    directory: Path, device: str, threads: int | None = None, token: Layer | None = None, dtype: str | None = None
) -> TorchNetwork:
    """The checkpoint's model, by default in bfloat16 where the device computes in it, else in float32.

    Raises KeyError with the names of tensors that the checkpoint lacks, and what the libraries raise.
    """
    if threads:
        torch.set_num_threads(threads)
    target = torch.device(device)
    with _quiet():
        model, info = AutoModelForTokenClassification.from_pretrained(
            directory,
            dtype=getattr(torch, dtype) if dtype else _dtype(target),
            local_files_only=True,
            output_loading_info=True,
        )
    if info["missing_keys"] or info["mismatched_keys"]:
        raise KeyError(*sorted(info["missing_keys"])[:1])
    return TorchNetwork(model.to(target).eval(), token)


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


def has_bfloat16(device: torch.device) -> bool:
    """Whether it computes in bfloat16 natively: as fast as in float16, and with float32's range."""
    if device.type != "cpu":
        return True
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


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
    return torch.bfloat16 if has_bfloat16(device) else torch.float32
