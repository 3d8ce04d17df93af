"""F1 of typed spans as an ``evaluate`` metric, usable offline, and intervals for figures by the bootstrap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import datasets  # type: ignore[import-untyped]
import evaluate  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from claimex.schema import Range, Span, Tag

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
SEED = 13
LEVEL = 95  # percent of the resampled figures that lie inside an interval

_SPANS = datasets.List(
    {"start": datasets.Value("int64"), "end": datasets.Value("int64"), "tag": datasets.Value("string")}
)


class SpanF1(evaluate.Metric):  # type: ignore[misc]
    """``predictions`` and ``references``: for each document its spans as ``{"start", "end", "tag"}``, without overlap.

    Strict: a span is right where both ends and the tag are, ``X_f1`` for a tag, ``f1`` as the mean over the tags,
    ``micro_f1`` over all spans. Partial (as in SemEval-2013 Task 9): a span that only overlaps one of the same tag
    counts half, ``X_partial_f1`` and so on. With ``resamples`` each figure's interval as well: ``f1_low``, ``f1_high``.
    """

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="F1 of typed spans, strict and partial, by tag and over the tags.",
            citation="",
            inputs_description=str(self.__class__.__doc__),
            features=datasets.Features({"predictions": _SPANS, "references": _SPANS}),
        )

    def _compute(
        self, predictions: Sequence[Any], references: Sequence[Any], resamples: int = 0, seed: int = SEED
    ) -> dict[str, float]:
        counts = np.array([_counts(*pair) for pair in zip(predictions, references, strict=True)], dtype=float)
        strict, partial, spans = np.moveaxis(counts, -1, 0)
        once, drawn = np.ones(len(counts)), resampled(len(counts), resamples, seed)
        figures: dict[str, float] = {}
        for kind, right in (("", strict), ("partial_", partial)):
            values, samples = _f1(once, right, spans), _f1(drawn, right, spans)
            for i, name in enumerate([*(f"{tag}_{kind}f1" for tag in Tag), f"micro_{kind}f1", f"{kind}f1"]):
                figures[name] = float(values[i])
                if resamples:
                    figures[f"{name}_low"], figures[f"{name}_high"] = _bounds(samples[:, i])
        return figures


def span_rows(spans: Iterable[Span]) -> list[dict[str, Any]]:
    """Spans as the metric takes them."""
    return [{"start": span.start, "end": span.end, "tag": str(span.tag)} for span in spans]


def interval(figures: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """The ends of the interval of the weighted mean of the documents' figures.

    F1 over all documents is such a mean: of each document's, weighted with its spans, those predicted and those gold.
    """
    draws = resampled(len(figures), RESAMPLES, SEED)
    return _bounds(_share(draws @ np.multiply(figures, weights), draws @ np.asarray(weights, dtype=float)))


def resampled(documents: int, resamples: int, seed: int) -> Floats:
    """How often each document is in each of the samples that are drawn from them with replacement; a row is a sample.

    Documents are drawn, not spans: the spans of one are alike.
    """
    draws = np.random.default_rng(seed).multinomial(documents, np.full(documents, 1 / documents), size=resamples)
    return draws.astype(float)


def _bounds(samples: Floats) -> tuple[float, float]:
    """Between them lie ``LEVEL`` percent of a figure's values in the samples."""
    low, high = np.percentile(samples, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return float(low), float(high)


def _f1(weights: Floats, right: Floats, spans: Floats) -> Floats:
    """F1 of each tag, of all spans, and the mean over the tags (last axis), of documents that count by their weights.

    ``right`` and ``spans`` are of shape (documents, tags). ``spans`` counts the predicted and the gold ones together:
    F1 is twice the right ones over it.
    """
    right, spans = weights @ right, weights @ spans
    by_tag = _share(2 * right, spans)
    overall = _share(2 * right.sum(-1), spans.sum(-1))
    return np.concatenate([by_tag, overall[..., None], by_tag.mean(-1)[..., None]], axis=-1)


def _share(part: Floats, whole: Floats) -> Floats:
    """One where there is nothing to find and nothing was found."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)


def _counts(predicted: Any, gold: Any) -> list[list[float]]:
    """For each tag: spans strictly right, spans right with partial ones as halves, all spans predicted and gold."""
    rows = []
    for tag in Tag:
        ours, theirs = _ranges(predicted, tag), _ranges(gold, tag)
        exact = len(set(ours) & set(theirs))
        rows.append([exact, (exact + _met(ours, theirs)) / 2, len(ours) + len(theirs)])
    return rows


def _ranges(spans: Any, tag: Tag) -> list[Range]:
    return sorted({(span["start"], span["end"]) for span in spans if span["tag"] == tag})


def _met(ours: Sequence[Range], theirs: Sequence[Range]) -> int:
    """How many pairs of overlapping ranges there are, each range in one pair at most; both are in text order."""
    pairs = i = j = 0
    while i < len(ours) and j < len(theirs):
        if ours[i][0] < theirs[j][1] and theirs[j][0] < ours[i][1]:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif ours[i][1] <= theirs[j][0]:
            i += 1
        else:
            j += 1
    return pairs
