"""What a model reaches on an annotated corpus, and the file that keeps it beside the weights."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import claimex
from claimex.schema import Example, Tag
from claimex.score import score
from training.metric import SpanF1, interval, span_rows

METRICS = "metrics.json"
ALL = "all"

Table = dict[str, dict[str, float]]


def evaluate(model: Path | None, examples: Sequence[Example]) -> dict[str, Table]:
    """The figures for what the model extracts from the documents of ``examples``, with their intervals: of ALL of them,
    and of each domain."""
    extractions = claimex.load(model).extract(example.document for example in examples)
    pairs = [(gold, extraction.example) for gold, extraction in zip(examples, extractions, strict=True)]
    domains: dict[str, list[tuple[Example, Example]]] = {}
    for gold, predicted in pairs:
        domains.setdefault(domain(gold.document.id), []).append((gold, predicted))
    return {ALL: tabulate(pairs), **{name: tabulate(domains[name]) for name in sorted(domains)}}


def domain(identity: str) -> str:
    """The words that a document's id begins with: "company-results-03", "XIN_ENG_20061231.0042"."""
    return re.split(r"[^A-Za-z-]|-(?![a-z])", identity, maxsplit=1)[0]


def tabulate(pairs: Sequence[tuple[Example, Example]]) -> Table:
    """The table of ``claimex.score`` for gold and predicted documents, and of each tag the partial F1.

    ``low`` and ``high`` are the ends of the bootstrap interval of a row's ``f1`` or ``accuracy``, where it counts any.
    """
    table = score(pairs).table()
    alone = [score([pair]).table() for pair in pairs]
    for name, row in table.items():
        figure = "f1" if "f1" in row else "accuracy"
        rows = [each[name] for each in alone]
        weights = [each["gold"] + each.get("predicted", 0) for each in rows]
        if any(weights):
            row["low"], row["high"] = interval([each[figure] for each in rows], weights)
    for tag in Tag:
        asked = [(gold, predicted) for gold, predicted in pairs if tag in gold.annotated]
        table[tag]["partial_f1"] = _partial_f1(asked, tag) if asked else 0.0
    return table


def _partial_f1(pairs: Sequence[tuple[Example, Example]], tag: Tag) -> float:
    figures: dict[str, float] = SpanF1(keep_in_memory=True).compute(
        predictions=[span_rows(predicted.spans) for _, predicted in pairs],
        references=[span_rows(gold.spans) for gold, _ in pairs],
    )
    return figures[f"{tag}_partial_f1"]


def training_time(logs: Sequence[Path]) -> dict[str, float]:
    """Seconds that the stages of jobs took, a teacher's reading among them, from the trainers' logs."""
    lines = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    seconds = [line["seconds"] for line in lines if "train_runtime" in line]
    return {"seconds": round(sum(seconds)), "stages": len(seconds)}


def keep(directory: Path, section: str, figures: dict[str, Any]) -> None:
    """Puts figures into the metrics file of a weights directory, in place of the section's older ones."""
    path = directory / METRICS
    metrics = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    metrics[section] = figures
    path.write_text(json.dumps(dict(sorted(metrics.items())), indent=1) + "\n", encoding="utf-8")
