"""From a training checkpoint to the released weights: half precision, in the Hub's own layout, in two shards; and how
far the inputs of its layers reach, for CPUs that compute in bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerFast

from claimex.checkpoint import INDEX, REACH, read_config
from claimex.errors import ConfigError
from claimex.link_network import FILE
from claimex.networks.openvino import reads
from claimex.networks.torch import TorchNetwork
from claimex.tagger import TransformerTagger, load
from training.config import CORPORA, read_corpora
from training.corpora import read_corpus

EVERY = 4  # how many of our texts there are for each that is read to see how far inputs reach
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def export(checkpoint: Path, directory: Path, dtype: torch.dtype = torch.float16) -> None:
    """Writes ``directory`` anew. The first shard holds the embeddings of words and places: frozen in training, they are
    the same file in every release, so that a repository does not grow by them. How far a BERT's inputs reach is seen on
    some of our own texts. Raises ModelError for a checkpoint that is not whole or not ours, and ConfigError rather than
    delete a directory that holds anything else than weights."""
    tagger = load(checkpoint, device="cpu", engine="torch", dtype="float32")
    reach = reach_of(tagger) if reads(read_config(checkpoint)) else {}
    tokenizer = PreTrainedTokenizerFast.from_pretrained(checkpoint)
    model = AutoModelForTokenClassification.from_pretrained(checkpoint, dtype=dtype)
    before = _bytes_by_tensors(directory / SHARDS[0])
    if directory.exists():
        if not (directory / "config.json").is_file() and any(directory.iterdir()):
            raise ConfigError(f"{directory}: not empty, and no weights directory: name another one")
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    tokenizer.save_pretrained(directory)
    model.config.save_pretrained(directory)
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    shard_of = {name: SHARDS[not _is_frozen(name)] for name in state}
    for shard in SHARDS:
        tensors = {name: tensor for name, tensor in state.items() if shard_of[name] == shard}
        save_file(tensors, directory / shard, metadata={"format": "pt"})
    if before and _equal(before[0], load_file(directory / SHARDS[0])):
        (directory / SHARDS[0]).write_bytes(before[1])
    if reach:
        save_file(reach, directory / REACH)
    if (checkpoint / FILE).exists():
        shutil.copyfile(checkpoint / FILE, directory / FILE)
    index = {
        "metadata": {"total_size": sum(tensor.numel() * tensor.element_size() for tensor in state.values())},
        "weight_map": dict(sorted(shard_of.items())),
    }
    (directory / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _is_frozen(name: str) -> bool:
    """Whether it is a table of words or places. What BERT calls the embeddings of kinds are those of cases here."""
    return name.endswith("_embeddings.weight") and "token_type" not in name


def reach_of(tagger: TransformerTagger) -> dict[str, torch.Tensor]:
    """The largest absolute value of each input channel (in) of the encoder's linear layers, by the layer's name, over
    some of our own texts. ``tagger`` computes in torch."""
    assert isinstance(tagger.network, TorchNetwork)
    found: dict[str, torch.Tensor] = {}

    def look(name: str, states: torch.Tensor) -> None:
        reach = states.detach().abs().flatten(0, -2).amax(0)
        found[name] = torch.maximum(found.get(name, reach), reach)

    for name, module in tagger.network.model.base_model.named_modules(prefix=tagger.network.model.base_model_prefix):
        if isinstance(module, torch.nn.Linear):
            module.register_forward_pre_hook(lambda _, inputs, name=name: look(name, inputs[0]))
    examples = read_corpus(read_corpora(CORPORA)["own-news"], None)[::EVERY]
    readings = [tagger.begin(example.document) for example in examples]
    for batch in tagger.batches(readings):
        tagger.read(batch)
    return found


def _bytes_by_tensors(shard: Path) -> tuple[dict[str, torch.Tensor], bytes] | None:
    return (load_file(shard), shard.read_bytes()) if shard.exists() else None


def _equal(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    """Equal as numbers: 0 and -0, which averaging models mixes up, are other bytes and no other weights."""
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)
