"""The transformer that tags. The one file of the library that imports torch."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from transformers import AutoModelForTokenClassification, PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from claimex.bio import LABELS, Floats, decode
from claimex.errors import InputError, ModelError
from claimex.schema import Document, Range, Span
from claimex.windows import Window, windows

SETTINGS_KEY = "claimex"  # our entry in the checkpoint's config.json


@dataclass(frozen=True, slots=True)
class Settings:
    """What a checkpoint knows beside its weights. ``window`` and ``overlap`` count tokens without the special ones.

    ``threshold``: spans with a smaller score are left out. Chosen on dev, where F1 hardly changes from 0.55 to 0.7.
    """

    window: int = 384
    overlap: int = 48
    temperature: float = 1.0
    threshold: float = 0.575

    def __post_init__(self) -> None:
        if not (0 <= self.overlap < self.window and self.temperature > 0 and 0 <= self.threshold <= 1):
            raise ValueError(f"settings need 0 <= overlap < window, temperature > 0, threshold in [0, 1], not {self}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenized text: ids, and for each the range of its characters, without blanks (so it may be empty) and with the
    combining marks that follow: tokenizers that strip accents leave them out of their offsets."""

    ids: list[int]
    ranges: list[Range]


class Tokenizer:
    """Cuts whole texts into tokens, without truncation, and wraps windows of them for the model."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = True  # "[SEP]" in an article is five characters, not a command

    def __call__(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokens of each text. Raises InputError for a text that is no valid Unicode (a lone surrogate)."""
        for text in texts:
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise InputError(
                    f"the text holds a lone surrogate at {error.start}: decode it as UTF-16 or replace it"
                ) from None
        encodings = self._backend.encode_batch(list(texts), add_special_tokens=False)
        return [
            Tokens(encoding.ids, [_visible(text, *offsets) for offsets in encoding.offsets])
            for text, encoding in zip(texts, encodings, strict=True)
        ]

    def wrap(self, ids: Sequence[int]) -> list[int]:
        """Ids of a window as the model wants them: one special token before and one after."""
        return [int(self.tokenizer.cls_token_id), *ids, int(self.tokenizer.sep_token_id)]

    @property
    def pad_id(self) -> int:
        """The id that fills a batch up."""
        return int(self.tokenizer.pad_token_id)


def _visible(text: str, start: int, end: int) -> Range:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return start, end


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A document on its way through the model. ``log_probs`` (tokens, labels) fills up window by window."""

    document: Document
    tokens: Tokens
    windows: list[Window]
    log_probs: Floats


Job: TypeAlias = tuple[Reading, Window]


class TransformerTagger:
    """Tags documents of any length with a token classifier. Settings come from the checkpoint's config."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: Tokenizer, settings: Settings, *, batch_tokens: int = 4096
    ) -> None:
        """``batch_tokens``: the most tokens, padding included, of one forward pass (one window always fits)."""
        self.model = model
        self.tokenizer = tokenizer
        self.settings = settings
        self.batch_tokens = batch_tokens

    def tag(self, documents: Iterable[Document]) -> Iterator[list[Span]]:
        """The spans of each document in order; reads ahead as far as a few batches need."""
        for readings in self._chunks(documents):
            for batch in self.batches(readings):
                self.read(batch)
            yield from map(self.finish, readings)

    def _chunks(self, documents: Iterable[Document]) -> Iterator[list[Reading]]:
        """Documents in groups large enough to sort windows by length before batching."""
        chunk: list[Reading] = []
        size = 0
        for document in documents:
            chunk.append(self.begin(document))
            size += len(chunk[-1].tokens.ids)
            if size >= 4 * self.batch_tokens:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def begin(self, document: Document) -> Reading:
        """A document cut into windows, each to be read once. Raises InputError for a text that is no valid Unicode."""
        try:
            [tokens] = self.tokenizer([document.text])
        except InputError as error:
            raise InputError(f"document {document.id}: {error}") from None
        count = len(tokens.ids)
        cut = windows(count, self.settings.window, self.settings.overlap)
        return Reading(document, tokens, cut, np.empty((count, len(LABELS)), dtype=np.float32))

    def batches(self, readings: Sequence[Reading]) -> Iterator[list[Job]]:
        """All windows, longest first, in batches within the token budget."""
        jobs = [(reading, window) for reading in readings for window in reading.windows]
        jobs.sort(key=lambda job: -job[1].size)
        at = 0
        while at < len(jobs):
            count = max(1, self.batch_tokens // (jobs[at][1].size + 2))
            yield jobs[at : at + count]
            at += count

    def read(self, batch: Sequence[Job]) -> None:
        """One forward pass; what each window answers for goes into its reading."""
        for (reading, window), rows in zip(batch, self._forward(self.pad(batch)), strict=True):
            answer = slice(1 + window.first - window.start, 1 + window.last - window.start)
            reading.log_probs[window.first : window.last] = rows[answer]

    def finish(self, reading: Reading) -> list[Span]:
        """The spans, once all windows are read."""
        ranges = reading.tokens.ranges
        seen = [i for i, (start, end) in enumerate(ranges) if start < end]
        if not seen:
            return []
        seen_ranges = [ranges[i] for i in seen]
        return decode(reading.document.text, seen_ranges, reading.log_probs[seen], self.settings.threshold)

    def pad(self, batch: Sequence[Job]) -> dict[str, torch.Tensor]:
        """A batch as the model's input: ids and attention mask, both of shape (windows, longest window)."""
        rows = [self.tokenizer.wrap(reading.tokens.ids[window.start : window.end]) for reading, window in batch]
        return pad(rows, self.tokenizer.pad_id)

    @torch.inference_mode()
    def _forward(self, inputs: dict[str, torch.Tensor]) -> Floats:
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs.items()}
        logits = self.model(**inputs).logits.float() / self.settings.temperature
        result: Floats = logits.log_softmax(-1).cpu().numpy()
        return result


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> dict[str, torch.Tensor]:
    """Rows of ids as tensors ``input_ids`` and ``attention_mask``, both of shape (rows, longest row)."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad_id)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def load(model: str | Path | None = None, *, device: str | None = None) -> TransformerTagger:
    """A tagger from the released weights (``model=None``), a directory or a Hub id.

    Half precision weights run as bfloat16 where the device computes in it, else as float32. Raises ModelError if the
    weights are missing, broken or of another label set.
    """
    where = Path(str(files("claimex") / "weights")) if model is None else model
    target = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    local = Path(where).is_dir()
    if not local and (isinstance(where, Path) or str(where).startswith((".", "/", "~")) or str(where).count("/") > 1):
        raise ModelError(f"{where}: no such weights directory")
    if local:
        _check_config(Path(where))
    try:
        with _quiet():
            network, info = AutoModelForTokenClassification.from_pretrained(
                where, dtype=_dtype(target), local_files_only=local, output_loading_info=True
            )
            tokenizer = load_tokenizer(where, local_files_only=local)
    except Exception as error:  # the libraries below raise whatever they like, down to Exception itself
        reason = [*str(error).strip().splitlines(), type(error).__name__][0]
        raise ModelError(f"{where}: cannot load these weights: {reason}") from error
    if info["missing_keys"] or info["mismatched_keys"]:
        raise ModelError(f"{where}: the weights lack {sorted(info['missing_keys'])[:3]}: not a whole checkpoint")
    config = network.config.to_dict()
    _check_labels(where, config)
    return TransformerTagger(network.to(target).eval(), tokenizer, _settings(where, config, positions(network)))


def devices() -> list[str]:
    """Every GPU, or the CPU where there is none."""
    return [f"cuda:{number}" for number in range(torch.cuda.device_count())] or ["cpu"]


def load_tokenizer(where: str | Path, *, local_files_only: bool = False) -> Tokenizer:
    """The tokenizer as its tokenizer.json describes it.

    Not by AutoTokenizer: that one rebuilds the tokenizer of the model's family around the vocabulary, without changes
    such as digits split from letters, and where the files are missing makes up an empty one.
    """
    return Tokenizer(PreTrainedTokenizerFast.from_pretrained(where, local_files_only=local_files_only))


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


def _check_config(directory: Path) -> None:
    path = directory / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"{directory}: holds no config.json: not a weights directory") from None
    except ValueError as error:
        raise ModelError(f"{path}: is no JSON ({error}): the checkpoint is broken") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path}: holds no JSON object: the checkpoint is broken")
    _check_labels(directory, config)


def _check_labels(where: str | Path, config: dict[str, Any]) -> None:
    given = config.get("id2label")
    names = {str(key): name for key, name in given.items()} if isinstance(given, dict) else {}
    if names != {str(i): label for i, label in enumerate(LABELS)}:
        found = ", ".join(map(str, list(names.values())[:4])) or "none"
        raise ModelError(f"{where}: its labels ({found}, ...) are not claimex's ({', '.join(LABELS[:3])}, ...)")


def positions(network: PreTrainedModel) -> int | None:
    """How many tokens the network can read at once. RoBERTa and its kin count them from behind the padding's id on, so
    that the first positions of their table are never a token's."""
    size: int | None = getattr(network.config, "max_position_embeddings", None)
    for name, module in network.named_modules():
        unused = getattr(module, "padding_idx", None)
        if size is not None and unused is not None and name.endswith("position_embeddings"):
            return size - int(unused) - 1
    return size


def _settings(where: str | Path, config: dict[str, Any], limit: int | None) -> Settings:
    try:
        settings = Settings(**config.get(SETTINGS_KEY, {}))
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: config.json's entry {SETTINGS_KEY!r} does not fit: {error}") from None
    if limit is not None and settings.window + 2 > limit:
        raise ModelError(f"{where}: windows of {settings.window} tokens and 2 special ones, but {limit} positions")
    return settings


def _dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where it is computed natively: it is as fast as float16 and has float32's range."""
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return torch.bfloat16 if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else torch.float32
    return torch.bfloat16


def settings_entry(settings: Settings) -> dict[str, Any]:
    """The settings as the checkpoint's config.json holds them."""
    return {SETTINGS_KEY: asdict(settings)}
