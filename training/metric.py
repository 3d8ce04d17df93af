"""Exact span F1 as an ``evaluate`` metric, usable offline (the package's own seqeval script has to be downloaded)."""

from __future__ import annotations

from typing import Any

import datasets  # type: ignore[import-untyped]
import evaluate  # type: ignore[import-untyped]

from claimex.schema import Tag

_SPANS = datasets.List(
    {"start": datasets.Value("int64"), "end": datasets.Value("int64"), "tag": datasets.Value("string")}
)


class SpanF1(evaluate.Metric):  # type: ignore[misc]
    """``predictions`` and ``references``: for each document its spans as ``{"start", "end", "tag"}``."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Exact F1 of typed spans, by tag and as the mean over the tags.",
            citation="",
            inputs_description=str(self.__class__.__doc__),
            features=datasets.Features({"predictions": _SPANS, "references": _SPANS}),
        )

    def _compute(self, predictions: list[Any], references: list[Any]) -> dict[str, float]:
        result = {}
        for tag in Tag:
            predicted, gold = _keys(predictions, tag), _keys(references, tag)
            total = len(predicted) + len(gold)
            result[f"{tag}_f1"] = 2 * len(predicted & gold) / total if total else 1.0
        return {**result, "f1": sum(result.values()) / len(result)}


def _keys(documents: list[Any], tag: Tag) -> set[tuple[int, int, int]]:
    return {(i, s["start"], s["end"]) for i, spans in enumerate(documents) for s in spans if s["tag"] == tag}
