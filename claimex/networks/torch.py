"""The forward pass in torch: any token classifier that transformers knows, on CPUs and GPUs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification, PreTrainedModel
from transformers.utils import logging as transformers_logging

from claimex.bio import Floats
from claimex.link_network import LinkNetwork
from claimex.tokens import Ids


class TorchNetwork:
    """Ids and mask to logits, and by what ``links`` has of its own to vectors; the model stays where it is."""

    name = "torch"

    def __init__(self, model: PreTrainedModel, links: LinkNetwork | None = None) -> None:
        self.model = model
        self._layers = torch.nn.ModuleList()
        self._token: list[torch.Tensor] = []
        if links is not None:
            self._layers = copied_layers(model, links.depth)
            self._layers.load_state_dict({name: torch.from_numpy(each) for name, each in links.layers.items()})
            self._token = [torch.from_numpy(each).to(model.device, model.dtype) for each in links.token]

    @property
    def device(self) -> str:
        """Where the model is."""
        return str(self.model.device)

    @property
    def dtype(self) -> str:
        """What it computes in."""
        return str(self.model.dtype).removeprefix("torch.")

    @torch.inference_mode()
    def __call__(self, ids: Ids, mask: Ids) -> tuple[Floats, Floats | None]:
        """Logits of shape (rows, tokens, labels), and vectors of (rows, tokens, their width)."""
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs.items()}
        if not self._token:
            return _floats(self.model(**inputs).logits), None
        logits, states = read(self.model, self._layers, inputs)
        return _floats(logits), _floats(torch.nn.functional.linear(states, *self._token))


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What the last layers of an encoder are given: the states (rows, tokens, width) of the layers below, and what each
    takes beside, as its kind has it."""

    states: torch.Tensor
    beside: list[tuple[tuple[Any, ...], dict[str, Any]]]


def read(
    model: PreTrainedModel, layers: torch.nn.ModuleList, inputs: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits (rows, tokens, labels), and the states (rows, tokens, width) for links: those of ``layers`` on top of
    all but as many of the model's own; without any the model's last ones."""
    logits, given = below(model, len(layers), inputs)
    return logits, above(layers, given)


def below(model: PreTrainedModel, count: int, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, Given]:
    """The logits, and what the model's last ``count`` layers are given."""
    if not count:
        outputs = model(**inputs, output_hidden_states=True)
        return outputs.logits, Given(outputs.hidden_states[-1], [])
    seen: list[tuple[Any, dict[str, Any]]] = []
    hooks = [
        layer.register_forward_pre_hook(lambda _, args, options: seen.append((args, options)), with_kwargs=True)
        for layer in _layers(model)[-count:]
    ]
    try:
        logits = model(**inputs).logits
    finally:
        for hook in hooks:
            hook.remove()
    return logits, Given(seen[0][0][0], [(tuple(beside), options) for (_, *beside), options in seen])


def above(layers: torch.nn.ModuleList, given: Given) -> torch.Tensor:
    """The states that ``layers`` make of what as many layers were given."""
    states = given.states
    for layer, (beside, options) in zip(layers, given.beside, strict=True):
        found = layer(states, *beside, **options)
        states = found if isinstance(found, torch.Tensor) else found[0]
    return states


def copied_layers(model: PreTrainedModel, count: int) -> torch.nn.ModuleList:
    """Copies of the model's last layers."""
    layers = _layers(model)
    return torch.nn.ModuleList(copy.deepcopy(layer) for layer in layers[len(layers) - count :])


def _layers(model: PreTrainedModel) -> list[torch.nn.Module]:
    """The encoder's layers: whatever its kind calls them, the one list that is as long as its config says."""
    size = model.config.num_hidden_layers
    return next(list(m) for m in model.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == size)


def _floats(tensor: torch.Tensor) -> Floats:
    values: Floats = tensor.float().cpu().numpy()
    return values


def load(directory: Path, device: str, threads: int | None = None, links: LinkNetwork | None = None) -> TorchNetwork:
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
    return TorchNetwork(model.to(target).eval(), links)


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
