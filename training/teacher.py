"""What a larger model makes of the texts, for a smaller one to learn beside the annotation, and where there is none.

Distillation (Hinton, Vinyals and Dean, 2015) of label sequences: the targets are the teacher's marginals under the
grammar by which spans are decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState  # type: ignore[import-untyped]
from tqdm import tqdm
from transformers import PreTrainedModel

from claimex.bio import LABELS, Floats
from claimex.errors import ConfigError
from claimex.schema import Example
from training.data import Collator, agreed, window_rows
from training.loss import marginals
from training.model import HubTokenizer, load, load_trained_tokenizer

BATCH = 16  # windows


class Teacher:
    """A trained token classifier, with the tokenizer that it was trained with."""

    def __init__(self, directory: Path, *, bf16: bool) -> None:
        self._name = directory
        self._tokenizer: HubTokenizer = load_trained_tokenizer(directory)
        model: Any = load(directory).eval()
        self._model: PreTrainedModel = model.to(PartialState().device)
        self._bf16 = bf16
        self._known: dict[tuple[int, ...], Floats] = {}  # by the ids of a window, as stages read the same ones

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
            raise ConfigError(f"teacher: {self._name} cuts texts otherwise than the base encoder: needs its vocabulary")
        keys = [tuple(row["input_ids"]) + tuple(row["answer"]) for row in read]
        self._learn(dict(zip(keys, read, strict=True)))
        for key, row in zip(keys, rows, strict=True):
            answer = slice(*row["answer"])
            target = np.zeros((len(row["input_ids"]), len(LABELS)), dtype=np.float16)
            target[answer] = agreed(self._known[key][answer].astype(np.float32), row["allowed"][answer], weight)
            row["target"] = target.tobytes()

    def _learn(self, rows: dict[tuple[int, ...], dict[str, Any]]) -> None:
        order = sorted(rows.keys() - self._known.keys(), key=lambda key: (len(key), key))
        for start in tqdm(range(0, len(order), BATCH), unit="batch", desc="teacher"):
            keys = order[start : start + BATCH]
            for key, found in zip(keys, self._read([rows[key] for key in keys]), strict=True):
                self._known[key] = found[: len(rows[key]["input_ids"])].astype(np.float16)

    def _read(self, rows: Sequence[dict[str, Any]]) -> list[Floats]:
        batch = Collator(self._model.config, self._tokenizer.pad_id)(rows)
        asked = torch.zeros(batch.pop("labels").shape[:2], dtype=torch.bool)
        for i, row in enumerate(rows):
            asked[i, slice(*row["answer"])] = True
        inputs = {name: tensor.to(self._model.device) for name, tensor in batch.items()}
        with torch.no_grad(), torch.autocast(self._model.device.type, torch.bfloat16, enabled=self._bf16):
            logits = self._model(**inputs).logits
        return list(marginals(logits.float(), asked.to(logits.device)).cpu().numpy())
