"""What a larger model makes of the texts, for a smaller one to learn beside the annotation, and where there is none.

Distillation (Hinton, Vinyals and Dean, 2015) of label sequences: the targets are the teacher's marginals under the
grammar by which spans are decoded. And of links: how probable it finds each candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState  # type: ignore[import-untyped]
from tqdm import tqdm

from claimex.bio import LABELS, Floats
from claimex.errors import ConfigError
from claimex.extract import Tagged
from claimex.networks.torch import TorchNetwork
from claimex.normalize.edges import settle_edges
from claimex.schema import Document, Example
from claimex.tagger import Settings, TransformerTagger
from claimex.tokens import Padded, pad
from training.data import agreed, window_rows
from training.joint import load_links
from training.links import Advice, Story
from training.loss import marginals
from training.model import HubTokenizer, load, load_trained_tokenizer
from training.whole import Whole

BATCH = 16  # windows

Halves: TypeAlias = npt.NDArray[np.float16]


class Teacher:
    """A trained token classifier, with the tokenizer that it was trained with, and the network that links, if it has
    one."""

    def __init__(self, directory: Path, *, bf16: bool) -> None:
        self._name = directory
        self._tokenizer: HubTokenizer = load_trained_tokenizer(directory)
        model: Any = load(directory).eval()
        self._known: dict[tuple[int, ...], Floats] = {}  # by the ids of a window, as stages read the same ones
        links = load_links(directory)
        self._links = links and links.eval()
        self._linker = links.network() if links else None
        token = self._linker.token if self._linker else None
        self._network = _Remembering(TorchNetwork(model.to(PartialState().device), token), bf16=bf16)
        self._tagged: dict[Document, Tagged] = {}  # its spans and vectors, as stages read the same documents

    def teach(
        self, examples: Sequence[Example], rows: Sequence[dict[str, Any]], size: int, overlap: int, weight: float
    ) -> None:
        """Adds ``target`` to the examples' rows: for each token the probabilities of the labels, (tokens, labels) in
        float16, as bytes; zeros for tokens that the row does not answer for.

        ``weight`` of the teacher's word beside the annotation's, which where it allows several labels (or all of them)
        leaves the choice among these to the teacher. Raises ConfigError for a teacher that cuts texts otherwise.
        """
        read, _ = window_rows(examples, self._tokenizer, size, overlap)
        if [len(row["input_ids"]) for row in read] != [len(row["input_ids"]) for row in rows]:
            raise self._other_tokens()
        keys = [tuple(row["input_ids"]) + tuple(row["answer"]) for row in read]
        self._learn(dict(zip(keys, read, strict=True)))
        for key, row in zip(keys, rows, strict=True):
            answer = slice(*row["answer"])
            target = np.zeros((len(row["input_ids"]), len(LABELS)), dtype=np.float16)
            target[answer] = agreed(self._known[key][answer].astype(np.float32), row["allowed"][answer], weight)
            row["target"] = target.tobytes()

    @property
    def can_link(self) -> bool:
        """Whether it has anything to say of links."""
        return self._links is not None

    def advise(self, documents: Sequence[Whole], settings: Settings, weight: float, seed: int) -> list[Whole]:
        """The documents with what it thinks of their links, at ``weight`` beside the annotation's word; those without
        any spans get the teacher's own, and are walked as it walks, by dice of the ``seed``.

        Raises ConfigError for a teacher that cuts texts otherwise.
        """
        if self._links is None or self._linker is None:
            return list(documents)
        self._tag([document.story.document for document in documents], settings)
        dice = np.random.default_rng(seed)
        advised = []
        for document in documents:
            story = document.story
            spans, vectors = self._tagged[story.document]
            assert vectors is not None
            if list(vectors.ranges) != list(story.ranges):
                raise self._other_tokens()
            advice = Advice(self._links, self._linker, vectors.values, weight)
            if story.places.items:
                advised.append(replace(document, plan=advice(document.plan), advice=advice))
                continue
            settled = tuple(settle_edges(story.document.text, spans))
            story = Story.of(Example(story.document, settled, frozenset()), story.ranges)
            taught = replace(document, story=story, advice=advice)
            advised.append(replace(taught, plan=taught.walked(advice.pick(story, dice))))
        return advised

    def _other_tokens(self) -> ConfigError:
        return ConfigError(
            f"teacher: {self._name} cuts texts otherwise than the base encoder: take one of its vocabulary"
        )

    def _tag(self, documents: Sequence[Document], settings: Settings) -> None:
        """Its spans and vectors of documents that it has not read yet."""
        tagger = TransformerTagger(self._network, self._tokenizer, settings, self._linker)
        readings = [tagger.begin(document) for document in documents if document not in self._tagged]
        for batch in tqdm(list(tagger.batches(readings)), unit="batch", desc="teacher's links"):
            tagger.read(batch)
        found = tagger.finish_all(readings)
        self._tagged |= {reading.document: tagged for reading, tagged in zip(readings, found, strict=True)}

    def _learn(self, rows: dict[tuple[int, ...], dict[str, Any]]) -> None:
        order = sorted(rows.keys() - self._known.keys(), key=lambda key: (len(key), key))
        for start in tqdm(range(0, len(order), BATCH), unit="batch", desc="teacher"):
            keys = order[start : start + BATCH]
            for key, found in zip(keys, self._read([rows[key] for key in keys]), strict=True):
                self._known[key] = found[: len(rows[key]["input_ids"])].astype(np.float16)

    def _read(self, rows: Sequence[dict[str, Any]]) -> list[Floats]:
        batch = pad([(row["input_ids"], row["cases"]) for row in rows], self._tokenizer.pad_id)
        asked = torch.zeros(batch.ids.shape, dtype=torch.bool)
        for i, row in enumerate(rows):
            asked[i, slice(*row["answer"])] = True
        logits, _ = self._network(batch)
        return list(marginals(torch.from_numpy(logits), asked).numpy())


class _Remembering:
    """A network that reads no window twice: its tags and its links are asked for apart, and anew in each stage."""

    def __init__(self, network: TorchNetwork, *, bf16: bool) -> None:
        self.name, self.device, self.dtype = network.name, network.device, network.dtype
        self._network = network
        self._bf16 = bf16
        self._found: dict[bytes, Halves] = {}  # logits and vectors side by side, by the window's tokens

    def __call__(self, batch: Padded) -> tuple[Floats, Floats | None]:
        """As the network gives them, but for the last digits."""
        sizes = batch.mask.sum(1)
        keys = [
            np.concatenate((ids[:size], cases[:size])).tobytes()
            for ids, cases, size in zip(*batch[:2], sizes, strict=True)
        ]
        if unread := [i for i, key in enumerate(keys) if key not in self._found]:
            shorter = Padded(*(each[unread, : sizes[unread].max()] for each in batch))
            self._found |= self._read(shorter, [keys[i] for i in unread])
        found = np.zeros((*batch.ids.shape, self._found[keys[0]].shape[1]), dtype=np.float32)
        for row, key in zip(found, keys, strict=True):
            known = self._found[key]
            row[: len(known)] = known
        logits, vectors = np.split(found, [len(LABELS)], -1)
        return logits, vectors if vectors.size else None

    def _read(self, batch: Padded, keys: Sequence[bytes]) -> dict[bytes, Halves]:
        with torch.autocast(self._network.model.device.type, torch.bfloat16, enabled=self._bf16):
            found = [each for each in self._network(batch) if each is not None]
        rows = np.concatenate(found, -1).astype(np.float16)
        return {key: row[mask > 0] for key, row, mask in zip(keys, rows, batch.mask, strict=True)}
