"""The tagger: windows of tokens through the network, and its labels decoded into spans."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from claimex.bio import LABELS, Floats, decode
from claimex.checkpoint import directory_of, read_config
from claimex.errors import InputError, ModelError
from claimex.schema import Document, Span
from claimex.tokens import Ids, Tokenizer, Tokens, load_tokenizer, pad
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


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A document on its way through the model. ``log_probs`` (tokens, labels) fills up window by window."""

    document: Document
    tokens: Tokens
    windows: list[Window]
    log_probs: Floats


Job: TypeAlias = tuple[Reading, Window]


class Network(Protocol):
    """The transformer: a token classifier, whatever computes it."""

    @property
    def name(self) -> str:
        """The engine's."""
        ...

    @property
    def device(self) -> str:
        """Where it computes."""
        ...

    @property
    def dtype(self) -> str:
        """What it computes in."""
        ...

    def __call__(self, ids: Ids, mask: Ids) -> Floats:
        """Logits of shape (rows, tokens, labels), for ids and attention mask of shape (rows, tokens)."""
        ...


class TransformerTagger:
    """Tags documents of any length with a token classifier. Settings come from the checkpoint's config."""

    def __init__(self, network: Network, tokenizer: Tokenizer, settings: Settings, *, batch_tokens: int = 4096) -> None:
        """``batch_tokens``: the most tokens, padding included, of one forward pass (one window always fits)."""
        self.network = network
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
        logits = self.network(*self.pad(batch)) / np.float32(self.settings.temperature)
        for (reading, window), rows in zip(batch, logits, strict=True):
            answer = rows[1 + window.first - window.start : 1 + window.last - window.start]
            reading.log_probs[window.first : window.last] = answer - np.logaddexp.reduce(answer, axis=-1, keepdims=True)

    def finish(self, reading: Reading) -> list[Span]:
        """The spans, once all windows are read."""
        ranges = reading.tokens.ranges
        seen = [i for i, (start, end) in enumerate(ranges) if start < end]
        if not seen:
            return []
        seen_ranges = [ranges[i] for i in seen]
        return decode(reading.document.text, seen_ranges, reading.log_probs[seen], self.settings.threshold)

    def pad(self, batch: Sequence[Job]) -> tuple[Ids, Ids]:
        """A batch as the network's input: ids and attention mask, both of shape (windows, longest window)."""
        rows = [self.tokenizer.wrap(reading.tokens.ids[window.start : window.end]) for reading, window in batch]
        return pad(rows, self.tokenizer.pad_id)


Engine: TypeAlias = Literal["openvino", "torch"]


def load(
    model: str | Path | None = None,
    *,
    device: str | None = None,
    engine: Engine | None = None,
    threads: int | None = None,
) -> TransformerTagger:
    """A tagger from the released weights (``model=None``), a directory or a Hub id.

    ``device`` is a GPU where torch finds one, else the CPU; ``engine`` torch on GPUs and for encoders of other kinds
    than BERT, else OpenVINO, which is faster and takes a tenth of the time to start; ``threads`` as many as there are
    cores. Raises ModelError if the weights are missing, broken or of another label set, or need an engine that is not
    installed.
    """
    directory = directory_of(model)
    where = model or directory
    config = read_config(directory)
    _check_labels(where, config)
    target = device or next(iter(_gpus()), "cpu")
    try:
        network, limit = _network(directory, config, target, engine, threads)
        tokenizer = load_tokenizer(directory)
    except ModelError:
        raise
    except KeyError as error:
        raise ModelError(f"{where}: the weights lack {list(error.args)}: not a whole checkpoint") from error
    except Exception as error:  # the libraries below raise whatever they like, down to Exception itself
        reason = [*str(error).strip().splitlines(), type(error).__name__][0]
        raise ModelError(f"{where}: cannot load these weights: {reason}") from error
    return TransformerTagger(network, tokenizer, _settings(where, config, limit))


def devices() -> list[str]:
    """Every GPU, or the CPU where there is none."""
    return _gpus() or ["cpu"]


def _gpus() -> list[str]:
    """Every GPU that torch can use. torch takes seconds to import: not where there is no driver to use one with."""
    if find_spec("torch") is None or not any(map(_is_library, ("libcuda.so.1", "nvcuda.dll", "libamdhip64.so"))):
        return []
    from claimex.networks import torch

    return torch.gpus()


def _is_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _network(
    directory: Path, config: dict[str, Any], device: str, engine: Engine | None, threads: int | None
) -> tuple[Network, int | None]:
    """The network, and how many tokens it can read at once."""
    from claimex.networks import openvino

    if engine is None:
        engine = "openvino" if device == "cpu" and openvino.reads(config) else "torch"
    if engine == "openvino":
        if device != "cpu" or not openvino.reads(config):
            raise ModelError(f"{directory}: OpenVINO reads BERT on CPUs, not {config.get('model_type')} on {device}")
        return openvino.OpenVinoNetwork(directory, config, threads), config["max_position_embeddings"]
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ModelError(f"{config.get('model_type')} on {device} needs torch: pip install 'claimex[torch]'")
    from claimex.networks import torch

    loaded = torch.load(directory, device, threads)
    return loaded, torch.positions(loaded.model)


def _check_labels(where: str | Path, config: dict[str, Any]) -> None:
    given = config.get("id2label")
    names = {str(key): name for key, name in given.items()} if isinstance(given, dict) else {}
    if names != {str(i): label for i, label in enumerate(LABELS)}:
        found = ", ".join(map(str, list(names.values())[:4])) or "none"
        raise ModelError(f"{where}: its labels ({found}, ...) are not claimex's ({', '.join(LABELS[:3])}, ...)")


def _settings(where: str | Path, config: dict[str, Any], limit: int | None) -> Settings:
    try:
        settings = Settings(**config.get(SETTINGS_KEY, {}))
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: config.json's entry {SETTINGS_KEY!r} does not fit: {error}") from None
    if limit is not None and settings.window + 2 > limit:
        raise ModelError(f"{where}: windows of {settings.window} tokens and 2 special ones, but {limit} positions")
    return settings


def settings_entry(settings: Settings) -> dict[str, Any]:
    """The settings as the checkpoint's config.json holds them."""
    return {SETTINGS_KEY: asdict(settings)}
