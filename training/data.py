"""Examples to the model's input: windows of token ids and, at each token, the labels that the annotation allows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from datasets import Dataset  # type: ignore[import-untyped]
from transformers import PreTrainedConfig

from claimex.bio import LABELS, Floats, allowed, encode
from claimex.networks.torch import inputs_of
from claimex.schema import Document, Example
from claimex.tokens import Tokenizer, Tokens, case_of, pad
from claimex.windows import windows

# A set of labels as an integer: label i is in it where bit i is set.
_BITS = 1 << np.arange(len(LABELS))
ANY = int(_BITS.sum())


@dataclass
class Alignment:
    """What became of the gold spans on the way to token labels."""

    kept: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        parts = [f"{tag} {self.kept[tag]} kept, {self.lost[tag]} lost" for tag in sorted(self.kept | self.lost)]
        return "; ".join(parts) or "no spans"


def window_rows(
    examples: Iterable[Example], tokenizer: Tokenizer, size: int, overlap: int
) -> tuple[list[dict[str, Any]], Alignment]:
    """Rows with ``input_ids``, ``cases``, ``allowed`` (sets of labels as integers), all of one length, and ``answer``;
    and what was lost.

    A token counts in the window that answers for it, so that each counts once; elsewhere anything is allowed.
    ``answer``: where the row's first such token stands, and where the last one ends.
    """
    rows, alignment = [], Alignment()
    for example in examples:
        [tokens] = tokenizer([example.document.text])
        tokens = _as_read(tokens, example.document)
        seen = [i for i, (start, end) in enumerate(tokens.ranges) if start < end]
        ranges = [tokens.ranges[i] for i in seen]
        labels, lost = encode(example.spans, ranges)
        alignment.lost.update(str(span.tag) for span in lost)
        alignment.kept.update(str(span.tag) for span in set(example.spans) - set(lost))
        sets = np.full(len(tokens.ids), ANY)
        if seen:
            sets[seen] = allowed(labels, ranges, example) @ _BITS
        for window in windows(len(tokens.ids), size, overlap):
            inside = np.full(window.end - window.start, ANY)
            answer = slice(window.first - window.start, window.last - window.start)
            inside[answer] = sets[window.first : window.last]
            ids, written = tokenizer.window(tokens, window.start, window.end)
            here = [1 + answer.start, 1 + answer.stop]  # behind the opening token
            rows.append({"input_ids": ids, "cases": written, "allowed": [ANY, *inside.tolist(), ANY], "answer": here})
    return rows, alignment


def _as_read(tokens: Tokens, document: Document) -> Tokens:
    """One document in sixteen as if written without capitals, one in capitals alone, as posts and headlines are: case
    should help, and not be needed."""
    written = {0: str.lower, 1: str.upper}.get(random.Random(document.id).randrange(16))
    if written is None:
        return tokens
    return replace(tokens, cases=[case_of(written(document.text[start:end])) for start, end in tokens.ranges])


def dataset(rows: Sequence[dict[str, Any]]) -> Dataset:
    """Rows as the trainer takes them, with their length for grouping."""
    return Dataset.from_list([{**row, "length": len(row["input_ids"])} for row in rows])


class Collator:
    """Rows to what a model of this config reads, and ``labels`` (rows, longest, labels): is each allowed; or, where a
    teacher has been, how probable is it."""

    def __init__(self, config: PreTrainedConfig, pad_id: int) -> None:
        self.config = config
        self.pad_id = pad_id

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """One batch."""
        batch = pad([(row["input_ids"], row["cases"]) for row in rows], self.pad_id)
        labels = _targets(rows, batch.ids.shape) if "target" in rows[0] else _allowed(rows, batch.ids.shape)
        return {**inputs_of(self.config, batch), "labels": labels}


def _allowed(rows: Sequence[dict[str, Any]], shape: tuple[int, ...]) -> torch.Tensor:
    sets = torch.full(shape, ANY)
    for i, row in enumerate(rows):
        sets[i, : len(row["allowed"])] = torch.tensor(row["allowed"])
    return (sets.unsqueeze(-1) & torch.from_numpy(_BITS)) > 0


def _targets(rows: Sequence[dict[str, Any]], shape: tuple[int, ...]) -> torch.Tensor:
    found = np.zeros((*shape, len(LABELS)), dtype=np.float32)
    for i, row in enumerate(rows):
        target = np.frombuffer(row["target"], dtype=np.float16).reshape(-1, len(LABELS))
        found[i, : len(target)] = target
    return torch.from_numpy(found)


def agreed(marginals: Floats, allowed: Sequence[int], weight: float) -> Floats:
    """A teacher's marginals (tokens, labels), mixed at ``weight`` with themselves among the labels that are allowed."""
    sets = np.array(allowed)[:, None] & _BITS > 0
    chosen = np.where(sets, marginals + 1e-6, 0)  # a label that the annotation has and the teacher rules out
    mixed: Floats = weight * marginals + (1 - weight) * chosen / chosen.sum(-1, keepdims=True)
    return mixed
