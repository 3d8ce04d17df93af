"""The metric against others' implementations of it, on random spans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator  # type: ignore[import-untyped]
from seqeval.metrics import classification_report  # type: ignore[import-untyped]
from seqeval.scheme import IOB2  # type: ignore[import-untyped]

from claimex.schema import Tag
from training.metric import SpanF1, interval

TAGS = [str(tag) for tag in Tag]
LENGTH = 24  # tokens of a document; spans count tokens here

Spans = list[dict[str, Any]]


@st.composite
def span_lists(draw: st.DrawFn) -> Spans:
    """Spans that do not overlap, in text order."""
    borders = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=12)))
    tags = draw(st.lists(st.sampled_from(TAGS), min_size=len(borders), max_size=len(borders)))
    spans = [
        {"start": start, "end": end, "tag": tag} for start, end, tag in zip(borders, borders[1:], tags, strict=False)
    ]
    return [span for span in spans if draw(st.booleans())]


# Predictions that often are the gold spans themselves, else hardly one would be right.
DOCUMENTS = st.lists(
    span_lists().flatmap(lambda gold: st.tuples(st.just(gold) | span_lists(), st.just(gold))), min_size=1, max_size=6
)


def computed(pairs: list[tuple[Spans, Spans]], **options: int) -> dict[str, float]:
    figures: dict[str, float] = SpanF1(keep_in_memory=True).compute(
        predictions=[predicted for predicted, _ in pairs], references=[gold for _, gold in pairs], **options
    )
    return figures


def labels(spans: Spans) -> list[str]:
    result = ["O"] * LENGTH
    for span in spans:
        result[span["start"] : span["end"]] = [f"I-{span['tag']}"] * (span["end"] - span["start"])
        result[span["start"]] = f"B-{span['tag']}"
    return result


@settings(deadline=None, max_examples=60)
@given(DOCUMENTS)
def test_strict_is_what_seqeval_finds(pairs: list[tuple[Spans, Spans]]) -> None:
    figures = computed(pairs)
    gold, predicted = ([labels(pair[side]) for pair in pairs] for side in (1, 0))
    anything = any(spans for pair in pairs for spans in pair)  # it does not take less
    options = {"mode": "strict", "scheme": IOB2, "output_dict": True, "zero_division": 0}
    report = classification_report(gold, predicted, **options) if anything else {}
    seen = [tag for tag in TAGS if tag in report]
    assert {tag: figures[f"{tag}_f1"] for tag in seen} == pytest.approx({tag: report[tag]["f1-score"] for tag in seen})
    assert all(figures[f"{tag}_f1"] == 1 for tag in TAGS if tag not in seen)  # nothing to find, nothing found
    assert figures["f1"] == pytest.approx(np.mean([figures[f"{tag}_f1"] for tag in TAGS]))
    if seen:
        assert figures["micro_f1"] == pytest.approx(report["micro avg"]["f1-score"])


@settings(deadline=None, max_examples=60)
@given(DOCUMENTS)
def test_strict_and_partial_are_what_nervaluate_finds(pairs: list[tuple[Spans, Spans]]) -> None:
    figures = computed(pairs)
    # Ends are the last token there, not the one behind it.
    theirs = [
        [[{"label": s["tag"], "start": s["start"], "end": s["end"] - 1} for s in spans] for spans in side]
        for side in ([gold for _, gold in pairs], [predicted for predicted, _ in pairs])
    ]
    found = Evaluator(*theirs, tags=TAGS, loader="dict").evaluate()
    for tag, results in found["entities"].items():
        assert figures[f"{tag}_f1"] == pytest.approx(results["strict"].f1)
        assert figures[f"{tag}_partial_f1"] == pytest.approx(results["partial"].f1)
    if found["entities"]:
        assert figures["micro_f1"] == pytest.approx(found["overall"]["strict"].f1)
        # Its overall partial figure looks at no tag; ours is that of its tags together.
        right, spans = (
            sum(f(results["partial"]) for results in found["entities"].values())  # type: ignore[no-untyped-call]
            for f in (lambda r: r.correct + r.partial / 2, lambda r: r.actual + r.possible)
        )
        assert figures["micro_partial_f1"] == pytest.approx(2 * right / spans)


def test_a_span_that_only_overlaps_counts_half_and_once() -> None:
    gold = [{"start": 0, "end": 6, "tag": "DATE"}, {"start": 8, "end": 9, "tag": "UNIT"}]
    predicted = [
        {"start": 0, "end": 2, "tag": "DATE"},
        {"start": 3, "end": 6, "tag": "DATE"},
        {**gold[1], "tag": "DATE"},
    ]
    figures = computed([(predicted, gold)])
    assert figures["DATE_f1"] == 0
    assert figures["DATE_partial_f1"] == pytest.approx(2 * 0.5 / 4)
    assert figures["UNIT_partial_f1"] == 0
    assert figures["micro_partial_f1"] == pytest.approx(2 * 0.5 / 5)


def corpus(documents: int, right: float, seed: int = 0) -> list[tuple[Spans, Spans]]:
    """Documents of ten dates each, of which about that share is found."""
    random = np.random.default_rng(seed)
    gold = [{"start": 2 * i, "end": 2 * i + 1, "tag": "DATE"} for i in range(10)]
    return [([span for span in gold if random.random() < right], gold) for _ in range(documents)]


def test_intervals_hold_the_figure_and_shrink_with_more_documents() -> None:
    widths = []
    for documents in (20, 320):
        figures = computed(corpus(documents, 0.8), resamples=500)
        for name in ("DATE_f1", "f1", "micro_f1", "DATE_partial_f1", "partial_f1", "micro_partial_f1"):
            assert figures[f"{name}_low"] < figures[name] < figures[f"{name}_high"]
        assert figures["UNIT_f1_low"] == figures["UNIT_f1_high"] == 1
        widths.append(figures["micro_f1_high"] - figures["micro_f1_low"])
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.3)  # with the root of their number


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    truth = computed(corpus(4000, 0.8, seed=1))["DATE_f1"]
    inside = 0
    for seed in range(60):
        figures = computed(corpus(40, 0.8, seed=100 + seed), resamples=300)
        inside += figures["DATE_f1_low"] <= truth <= figures["DATE_f1_high"]
    assert 50 <= inside <= 60


def test_intervals_are_the_same_every_time_and_others_with_another_seed() -> None:
    pairs = corpus(30, 0.7)
    assert computed(pairs, resamples=200) == computed(pairs, resamples=200)
    assert computed(pairs, resamples=200) != computed(pairs, resamples=200, seed=7)


def test_without_resamples_there_are_no_intervals() -> None:
    assert not [name for name in computed(corpus(3, 0.5)) if name.endswith(("_low", "_high"))]


def test_interval_of_a_weighted_mean_is_that_of_f1() -> None:
    pairs = corpus(30, 0.7)
    alone = [computed([pair])["DATE_f1"] for pair in pairs]
    figures = computed(pairs, resamples=2000)
    expected = figures["DATE_f1_low"], figures["DATE_f1_high"]
    assert interval(alone, [len(predicted) + len(gold) for predicted, gold in pairs]) == pytest.approx(expected)
