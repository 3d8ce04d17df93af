"""A tiny token classifier with random weights, made on disk: what the tests of tagging and training load."""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may ask a network; set before huggingface_hub reads it

import string
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

from claimex import tagger
from claimex.bio import LABELS

torch.set_num_threads(1)

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
WORDS = [
    "the",
    "police",
    "said",
    "people",
    "were",
    "hurt",
    "on",
    "tuesday",
    "12",
    "57",
    "300",
    "2019",
    "km",
    "##ed",
    "##s",
]


@pytest.fixture(scope="session")
def tiny_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint as training makes them: digits split from letters, windows of 24 tokens sharing 6."""
    directory = tmp_path_factory.mktemp("tiny")
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(directory)
    tiny_model(len(tokenizer)).save_pretrained(directory)
    return directory


@pytest.fixture
def tiny_tagger(tiny_directory: Path) -> tagger.TransformerTagger:
    return tagger.load(tiny_directory, device="cpu")


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """WordPiece over ASCII; other letters are unknown to it."""
    characters = string.ascii_lowercase + string.digits
    vocabulary = [*SPECIAL.values(), *characters, *(f"##{c}" for c in characters), *string.punctuation, *WORDS]
    ids = {piece: i for i, piece in enumerate(dict.fromkeys(vocabulary))}
    backend = Backend(models.WordPiece(ids, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=False)]
    )
    backend.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(tokenizer_object=backend, **SPECIAL)


def tiny_model(vocabulary: int) -> BertForTokenClassification:
    """Weights large enough that labels differ from token to token."""
    torch.manual_seed(22)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.6,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
        **tagger.settings_entry(tagger.Settings(window=24, overlap=6, threshold=0.0)),
    )
    return BertForTokenClassification(config)
