from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from claimex.bio import BEGIN, LABELS, OUTSIDE
from claimex.errors import ConfigError
from claimex.extract import Tagged
from claimex.schema import Document, Example, Span, Tag
from claimex.tagger import Reading, TransformerTagger
from claimex.tokens import SMALL, Tokens
from training.calibrate import Calibration, Outcome, bins, calibration_error, log_loss, plot, report, store

TOKENS = 40


class Boaster:
    """A model of which a share of the spans is right, and which doubles its log-odds. Each token is a span."""

    def __init__(self, share: float) -> None:
        self.odds = 2 * np.log(share / (1 - share))

    def begin(self, document: Document) -> Reading:
        logits = np.full((TOKENS, len(LABELS)), -50.0, dtype=np.float32)
        logits[:, OUTSIDE], logits[:, BEGIN[Tag.QUANTITY]] = 0.0, self.odds
        log_probs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
        return Reading(
            document, Tokens([0] * TOKENS, [(i, i + 1) for i in range(TOKENS)], [SMALL] * TOKENS), [], log_probs
        )

    def batches(self, readings: Sequence[Reading]) -> Iterator[list[Any]]:
        return iter(())

    def read(self, batch: object) -> None:
        raise AssertionError("nothing to read")

    def finish(self, reading: Reading) -> Tagged:
        scores = np.exp(reading.log_probs[:, BEGIN[Tag.QUANTITY]])
        return Tagged([Span(i, i + 1, Tag.QUANTITY, float(score)) for i, score in enumerate(scores)])


def calibration(share: float) -> Calibration:
    right = tuple(Span(i, i + 1, Tag.QUANTITY) for i in range(round(share * TOKENS)))
    examples = [Example(Document(str(i), "x" * TOKENS), right, frozenset(Tag)) for i in range(4)]
    return Calibration(cast(TransformerTagger, Boaster(share)), examples)


@pytest.mark.parametrize("share", [0.7, 0.8, 0.9])
def test_a_model_that_doubles_its_log_odds_gets_temperature_two(share: float) -> None:
    measured = calibration(share)
    assert measured.fit() == pytest.approx(2, rel=0.06)
    figures = report(measured)
    assert figures["error at temperature 1"]["all"] > 0.05
    assert figures["error"]["all"] < 0.01
    assert figures["bins"]["all"][0]["count"] == 4 * TOKENS


def test_bins_and_error_of_known_outcomes() -> None:
    outcomes = [Outcome(0, Tag.UNIT, 0.95, True), Outcome(0, Tag.UNIT, 0.95, False), Outcome(0, Tag.UNIT, 0.25, False)]
    low, high = bins(outcomes)
    assert (low["score"], low["right"], low["count"]) == (0.25, 0.0, 1)
    assert high["score"] == pytest.approx(0.95)
    assert (high["right"], high["count"]) == (0.5, 2)
    assert calibration_error(outcomes) == pytest.approx((0.25 + 2 * 0.45) / 3)
    assert log_loss(outcomes[:1]) == pytest.approx(-np.log(0.95))
    assert calibration_error([Outcome(0, Tag.UNIT, 1.0, True)]) == 0


def test_the_temperature_goes_into_the_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"claimex": {"window": 24}, "other": 1}', encoding="utf-8")
    store(tmp_path, temperature=1.5)
    assert json.loads(path.read_text(encoding="utf-8")) == {"claimex": {"window": 24, "temperature": 1.5}, "other": 1}
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="no entry 'claimex'"):
        store(tmp_path, temperature=1.5)


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    plot(report(calibration(0.8)), tmp_path / "docs" / "reliability.png")
    assert (tmp_path / "docs" / "reliability.png").read_bytes().startswith(b"\x89PNG")
