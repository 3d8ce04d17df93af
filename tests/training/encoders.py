"""Tiny random encoders of the kinds that the larger configs name, made on disk, with tokenizers of the same kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    DebertaV2Config,
    DebertaV2Model,
    DebertaV2Tokenizer,
    ModernBertConfig,
    ModernBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizer,
)

# What the tokenizers learn their pieces from.
TEXTS = [
    "The mayor said 57 people were hurt on Tuesday, 12km from the port.",
    "Police said 5,975.7 tonnes of salt, 1,240 lamps and 300 boats were gone in May 2019.",
    "About 33,000km of track sank last week, according to the railway.",
] * 4


def modernbert(directory: Path) -> None:
    """Byte-level BPE over NFC, BERT's special tokens; rotary positions, every other layer local."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    backend = Backend(models.BPE())
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.train_from_iterator(TEXTS, _bpe(special))
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **dict(zip(names, special, strict=True)))
    tokenizer.save_pretrained(directory)
    config = ModernBertConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=1,
        pad_token_id=0, cls_token_id=2, sep_token_id=3, bos_token_id=2, eos_token_id=3,
        layer_types=["full_attention", "sliding_attention"],
    )  # fmt: skip
    ModernBertModel(config).save_pretrained(directory)


def roberta(directory: Path) -> None:
    """Byte-level BPE, ``<s>`` and ``</s>``; absolute positions that begin behind the padding's id, which is 1."""
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.train_from_iterator(TEXTS, _bpe(["<s>", "<pad>", "</s>", "<unk>", "<mask>"]))
    backend.model.save(str(directory))
    vocabulary, merges = (str(directory / name) for name in ("vocab.json", "merges.txt"))
    tokenizer = RobertaTokenizer(vocab=vocabulary, merges=merges)
    tokenizer.save_pretrained(directory)
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=1,
        max_position_embeddings=514, type_vocab_size=1,
    )  # fmt: skip
    RobertaModel(config, add_pooling_layer=False).save_pretrained(directory)


def deberta(directory: Path) -> None:
    """SentencePiece's unigrams with a mark for the blank; relative positions in buckets, none absolute."""
    backend = Backend(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    backend.train_from_iterator(
        TEXTS, trainers.UnigramTrainer(vocab_size=120, special_tokens=special, unk_token="[UNK]", show_progress=False)
    )
    ordered = sorted(backend.get_vocab().items(), key=lambda item: item[1])
    pieces = [(piece, 0.0 if piece in special else -i / 10) for piece, i in ordered]
    pieces.append(("▁12km", 0.0))  # one such as numbers must be split from
    tokenizer = DebertaV2Tokenizer(vocab=pieces, unk_id=special.index("[UNK]"))
    tokenizer.save_pretrained(directory)
    relative = {"position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": True}  # read, but not declared
    config = DebertaV2Config(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=1,
        max_position_embeddings=512, type_vocab_size=0, relative_attention=True, pos_att_type=["p2c", "c2p"],
        position_biased_input=False, pad_token_id=0, **cast(Any, relative),
    )  # fmt: skip
    DebertaV2Model(config).save_pretrained(directory)


KINDS: dict[str, Callable[[Path], None]] = {"modernbert": modernbert, "roberta": roberta, "deberta-v3": deberta}


def made(kind: str, directory: Path) -> Path:
    """The kind's encoder in that directory."""
    torch.manual_seed(5)
    directory.mkdir(exist_ok=True)
    KINDS[kind](directory)
    return directory


def _bpe(special: list[str]) -> trainers.BpeTrainer:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return trainers.BpeTrainer(vocab_size=340, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
