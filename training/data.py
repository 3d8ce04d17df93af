"""Examples to the model's input: windows of token ids and, at each token, the labels that the annotation allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from datasets import Dataset  # type: ignore[import-untyped]

from claimex.bio import LABELS, allowed, encode
from claimex.schema import Example
from claimex.tokens import Tokenizer, pad
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
    """Rows with ``input_ids``, ``allowed`` (sets of labels as integers), both of one length, and ``answer``; and what
    was lost.

    A token counts in the window that answers for it, so that each counts once; elsewhere anything is allowed.
    ``answer``: where the row's first such token stands, and where the last one ends.
    """
    rows, alignment = [], Alignment()
    for example in examples:
        [tokens] = tokenizer([example.document.text])
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
            ids = tokenizer.wrap(tokens.ids[window.start : window.end])
            here = [1 + answer.start, 1 + answer.stop]  # behind the opening token
            rows.append({"input_ids": ids, "allowed": [ANY, *inside.tolist(), ANY], "answer": here})
    return rows, alignment


def dataset(rows: Sequence[dict[str, Any]]) -> Dataset:
    """Rows as the trainer takes them, with their length for grouping."""
    return Dataset.from_list([{**row, "length": len(row["input_ids"])} for row in rows])


class Collator:
    """Rows to tensors: ``input_ids`` and ``attention_mask`` (rows, longest), ``labels`` (rows, longest, labels): is
    each allowed."""

    def __init__(self, pad_id: int) -> None:
        self.pad_id = pad_id

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """One batch."""
        ids, mask = map(torch.from_numpy, pad([row["input_ids"] for row in rows], self.pad_id))
        sets = torch.full(ids.shape, ANY)
        for i, row in enumerate(rows):
            sets[i, : len(row["allowed"])] = torch.tensor(row["allowed"])
        return {"input_ids": ids, "attention_mask": mask, "labels": (sets.unsqueeze(-1) & torch.from_numpy(_BITS)) > 0}


def partial_loss(logits: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """Minus the log of the probability of all allowed labels, a mean over the tokens where not every label is allowed.

    ``logits`` (rows, tokens, labels), ``allowed`` the same shape, boolean. With one allowed label at a token this is
    cross-entropy.
    """
    log_probs = logits.float().log_softmax(-1)
    chosen = log_probs.masked_fill(~allowed, float("-inf")).logsumexp(-1)
    asked = ~allowed.all(-1)
    return -chosen[asked].sum() / asked.sum().clamp(min=1)
