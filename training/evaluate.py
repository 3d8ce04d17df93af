"""What a model reaches on an annotated corpus, and the file that keeps it beside the weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import claimex
from claimex.schema import Example
from claimex.score import score

METRICS = "metrics.json"


def evaluate(model: Path | None, examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """The table of ``claimex.score`` for what the model extracts from the documents of ``examples``."""
    extractor = claimex.load(model)
    extractions = extractor.extract(example.document for example in examples)
    pairs = ((example, extraction.example) for example, extraction in zip(examples, extractions, strict=True))
    return score(pairs).table()


def training_time(log: Path) -> dict[str, float]:
    """Seconds that the stages of a job took, from the trainer's log."""
    seconds = [
        line["train_runtime"]
        for line in map(json.loads, log.read_text(encoding="utf-8").splitlines())
        if "train_runtime" in line
    ]
    return {"seconds": round(sum(seconds)), "stages": len(seconds)}


def keep(directory: Path, section: str, figures: dict[str, Any]) -> None:
    """Puts figures into the metrics file of a weights directory, in place of the section's older ones."""
    path = directory / METRICS
    metrics = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    metrics[section] = figures
    path.write_text(json.dumps(dict(sorted(metrics.items())), indent=1) + "\n", encoding="utf-8")
