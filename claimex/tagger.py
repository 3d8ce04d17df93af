"""The tagger: windows of tokens through the network, and its labels decoded into spans."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, get_args

import numpy as np

from claimex.bio import LABELS, Floats
from claimex.checkpoint import REACH, Dtype, directory_of, read_config
from claimex.decoding import Scored, decode
from claimex.errors import InputError, ModelError
from claimex.extract import Tagged
from claimex.link_network import FILE, WIDTH, Layer, LinkNetwork, Vectors
from claimex.schema import Document
from claimex.tokens import Padded, Tokenizer, Tokens, load_tokenizer, pad
from claimex.windows import Window, windows

CHUNK = 3  # batches whose documents are read, and finished, together
FEW = 0.5  # of a batch, for those at both ends: nothing is read before the first, nor while the last are finished
SETTINGS_KEY = "claimex"  # our entry in the checkpoint's config.json


@dataclass(frozen=True, slots=True)
class Settings:
    """What a checkpoint knows beside its weights. ``window`` and ``overlap`` count tokens without the special ones.

    ``threshold``: spans with a smaller score are left out. A lower one loses fewer fields of records, a
    higher one reads tags a little better; a checkpoint's own is chosen on dev.
    ``link_slope`` and ``link_intercept`` calibrate the links of a claim, as ``temperature`` does the spans.
    """

    window: int = 384
    overlap: int = 48
    temperature: float = 1.0
    threshold: float = 0.55
    link_slope: float = 1.0
    link_intercept: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.overlap < self.window and self.temperature > 0 and 0 <= self.threshold <= 1):
            raise ValueError(f"settings need 0 <= overlap < window, temperature > 0, threshold in [0, 1], not {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A document on its way through the model. ``log_probs`` (tokens, labels) fills up window by window, and so do the
    tokens' ``vectors`` where the checkpoint links by them."""

    document: Document
    tokens: Tokens
    windows: list[Window]
    log_probs: Floats
    vectors: Floats | None = None


Portion: TypeAlias = tuple[Reading, Window]


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

    def __call__(self, batch: Padded) -> tuple[Floats, Floats | None]:
        """Logits of shape (rows, tokens, labels); and vectors of the tokens, if the network has the layer that makes
        them."""
        ...


class TransformerTagger:
    """Tags documents of any length with a token classifier. Settings come from the checkpoint's config."""

    def __init__(
        self,
        network: Network,
        tokenizer: Tokenizer,
        settings: Settings,
        links: LinkNetwork | None = None,
        *,
        batch_tokens: int = 8192,
    ) -> None:
        """``links`` reads the network's vectors, if it makes any; ``batch_tokens``: the most tokens, padding included,
        of one forward pass (one window always fits)."""
        self.network = network
        self.tokenizer = tokenizer
        self.settings = settings
        self.links = links
        self.batch_tokens = batch_tokens

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagged]:
        """What each document holds, in order; reads ahead as far as a few batches need.

        While the caller works on some documents, the network, on other threads, is with those that follow.
        """
        before: tuple[list[Reading], list[Future[None]]] | None = None
        with ThreadPoolExecutor(2, "forward") as forward:  # so that there is always a batch to take up
            for readings in self._chunks(documents):
                read = [forward.submit(self.read, batch) for batch in self.batches(readings)]
                if before:
                    yield from self._finished(*before)
                before = readings, read
            if before:
                yield from self._finished(*before)

    def _finished(self, readings: Sequence[Reading], read: Sequence[Future[None]]) -> Iterator[Tagged]:
        for batch in read:
            batch.result()
        yield from self.finish_all(readings)

    def _chunks(self, documents: Iterable[Document]) -> Iterator[list[Reading]]:
        """Documents in groups large enough to sort windows by length before batching; smaller ones at both ends, where
        the network waits for the first and the caller for the last."""
        readings = map(self.begin, documents)
        size, few = CHUNK * self.batch_tokens, FEW * self.batch_tokens
        yield from itertools.islice(_grouped(readings, few), 1)
        for chunk in _grouped(readings, size):
            full = sum(len(reading.tokens.ids) for reading in chunk) >= size
            yield from [chunk] if full else _grouped(chunk, few)

    def begin(self, document: Document) -> Reading:
        """A document cut into windows, each to be read once. Raises InputError for a text that is no valid Unicode."""
        try:
            [tokens] = self.tokenizer([document.text])
        except InputError as error:
            raise InputError(f"document {document.id}: {error}") from None
        count = len(tokens.ids)
        cut = windows(count, self.settings.window, self.settings.overlap)
        vectors = None if self.links is None else np.empty((count, WIDTH), dtype=np.float32)
        return Reading(document, tokens, cut, np.empty((count, len(LABELS)), dtype=np.float32), vectors)

    def batches(self, readings: Sequence[Reading]) -> Iterator[list[Portion]]:
        """All windows, longest first, in batches within the token budget."""
        portions = [(reading, window) for reading in readings for window in reading.windows]
        portions.sort(key=lambda portion: -portion[1].size)
        at = 0
        while at < len(portions):
            count = max(1, self.batch_tokens // (portions[at][1].size + 2))
            yield portions[at : at + count]
            at += count

    def read(self, batch: Sequence[Portion]) -> None:
        """One forward pass; what each window answers for goes into its reading."""
        logits, vectors = self.network(self.pad(batch))
        logits /= np.float32(self.settings.temperature)
        logits -= logits.max(-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        for row, (reading, window) in enumerate(batch):
            answer = row, slice(1 + window.first - window.start, 1 + window.last - window.start)
            answers_for = slice(window.first, window.last)
            reading.log_probs[answers_for] = logits[answer]
            if reading.vectors is not None and vectors is not None:
                reading.vectors[answers_for] = vectors[answer]

    def finish(self, reading: Reading) -> Tagged:
        """What the document holds, once all windows are read."""
        [tagged] = self.finish_all([reading])
        return tagged

    def finish_all(self, readings: Sequence[Reading]) -> list[Tagged]:
        """The same of many documents, in less time."""
        spans = decode([_scored(reading) for reading in readings], self.settings.threshold)
        return [Tagged(found, self._vectors(reading)) for reading, found in zip(readings, spans, strict=True)]

    def _vectors(self, reading: Reading) -> Vectors | None:
        if reading.vectors is None or self.links is None:
            return None
        return Vectors(reading.tokens.ranges, reading.vectors, self.links)

    def pad(self, batch: Sequence[Portion]) -> Padded:
        """A batch as the network's input."""
        rows = [self.tokenizer.window(reading.tokens, window.start, window.end) for reading, window in batch]
        return pad(rows, self.tokenizer.pad_id)


def _grouped(readings: Iterable[Reading], size: float) -> Iterator[list[Reading]]:
    """Groups of at least ``size`` tokens; the last one may have fewer."""
    group: list[Reading] = []
    tokens = 0
    for reading in readings:
        group.append(reading)
        tokens += len(reading.tokens.ids)
        if tokens >= size:
            yield group
            group, tokens = [], 0
    if group:
        yield group


def _scored(reading: Reading) -> Scored:
    """What there is to decode: tokens without characters are in no span."""
    ranges = reading.tokens.ranges
    seen = [i for i, (start, end) in enumerate(ranges) if start < end]
    if len(seen) == len(ranges):
        return Scored(reading.document.text, ranges, reading.log_probs)
    return Scored(reading.document.text, [ranges[i] for i in seen], reading.log_probs[seen])


Engine: TypeAlias = Literal["openvino", "torch"]


def load(
    model: str | Path | None = None,
    *,
    device: str | None = None,
    engine: Engine | None = None,
    threads: int | None = None,
    dtype: Dtype | None = None,
) -> TransformerTagger:
    """A tagger from the released weights (``model=None``), a directory or a Hub id.

    ``device`` is a GPU where torch finds one, else the CPU; ``engine`` torch on GPUs and for encoders of other kinds
    than BERT, else OpenVINO, which is faster and takes a tenth of the time to start; ``threads`` as many as there are
    cores; ``dtype`` what is fastest on the machine: with "float32" all find the same, up to a score's last digits; the
    others may differ in one span of two hundred. Raises ModelError if the weights are missing, broken or of another
    label set, or need an engine that is not installed, or if they cannot be computed as asked.
    """
    if dtype not in (None, *get_args(Dtype)):
        raise ModelError(f"dtype: should be one of {', '.join(get_args(Dtype))}, not {dtype!r}")
    directory = directory_of(model)
    where = model or directory
    config = read_config(directory)
    _check_labels(where, config)
    target = device or next(iter(_gpus()), "cpu")
    try:
        settings = _settings(where, config)
        links = _links(directory, settings)
        network, limit = _network(directory, config, target, engine, threads, links.token if links else None, dtype)
        tokenizer = load_tokenizer(directory)
    except ModelError:
        raise
    except KeyError as error:
        raise ModelError(f"{where}: the weights lack {list(error.args)}: export or fetch it again") from error
    except Exception as error:  # the libraries below raise whatever they like, down to Exception itself
        reason = [*str(error).strip().splitlines(), type(error).__name__][0]
        raise ModelError(f"{where}: cannot load these weights: {reason}") from error
    if limit is not None and settings.window + 2 > limit:
        wanted = f"windows of {settings.window} tokens and 2 special ones"
        raise ModelError(f"{where}: {wanted}, but {limit} positions: train with a smaller window")
    return TransformerTagger(network, tokenizer, settings, links)


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


def _links(directory: Path, settings: Settings) -> LinkNetwork | None:
    """The network that links, of a checkpoint that was trained to."""
    if not (directory / FILE).exists():
        return None
    from safetensors.numpy import load_file

    return LinkNetwork(load_file(directory / FILE), settings.link_slope, settings.link_intercept)


def _network(
    directory: Path,
    config: dict[str, Any],
    device: str,
    engine: Engine | None,
    threads: int | None,
    token: Layer | None,
    dtype: Dtype | None,
) -> tuple[Network, int | None]:
    """The network, and how many tokens it can read at once."""
    from claimex.networks import openvino

    if engine is None:
        engine = "openvino" if device == "cpu" and openvino.reads(config) else "torch"
    if engine == "openvino":
        if device != "cpu" or not openvino.reads(config):
            raise ModelError(
                f"{directory}: OpenVINO reads BERT on CPUs, not {config.get('model_type')} on {device}: take torch"
            )
        if dtype == "int8" and not (directory / REACH).exists():
            raise ModelError(f"{directory}: holds no {REACH}, which int8 needs: export the checkpoint first")
        return openvino.OpenVinoNetwork(directory, config, threads, token, dtype), config["max_position_embeddings"]
    if dtype == "int8":
        raise ModelError("int8 is for BERT on CPUs in OpenVINO, not for torch: choose float32 or bfloat16")
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ModelError(f"{config.get('model_type')} on {device} needs torch: pip install 'claimex[torch]'")
    from claimex.networks import torch

    loaded = torch.load(directory, device, threads, token, dtype)
    return loaded, torch.positions(loaded.model)


def _check_labels(where: str | Path, config: dict[str, Any]) -> None:
    given = config.get("id2label")
    names = {str(key): name for key, name in given.items()} if isinstance(given, dict) else {}
    if names != {str(i): label for i, label in enumerate(LABELS)}:
        found = ", ".join(map(str, list(names.values())[:4])) or "none"
        raise ModelError(f"{where}: its labels ({found}, ...) are not claimex's ({', '.join(LABELS[:3])}, ...)")


def _settings(where: str | Path, config: dict[str, Any]) -> Settings:
    try:
        return Settings(**config.get(SETTINGS_KEY, {}))
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: config.json's entry {SETTINGS_KEY!r} does not fit: {error}") from None


def settings_entry(settings: Settings) -> dict[str, Any]:
    """The settings as the checkpoint's config.json holds them."""
    return {SETTINGS_KEY: asdict(settings)}
