"""How far span scores can be taken as probabilities, and the temperature that brings them closer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from claimex.errors import ConfigError
from claimex.extract import Extractor
from claimex.link import calibrated
from claimex.schema import Example, Tag
from claimex.tagger import SETTINGS_KEY, Reading, TransformerTagger
from training.linker import calibrate as fit_line
from training.linker import outcomes

BINS = 10
TEMPERATURES = np.geomspace(0.5, 4.0, 43)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A predicted span: its score, and whether it is exactly right."""

    document: int
    tag: Tag
    score: float
    right: bool


class Calibration:
    """The predictions of a model on annotated examples, read once, scored at any temperature."""

    def __init__(self, tagger: TransformerTagger, examples: Sequence[Example]) -> None:
        self.tagger = tagger
        self.examples = examples
        self.readings = [tagger.begin(example.document) for example in examples]
        for batch in tagger.batches(self.readings):
            tagger.read(batch)

    def outcomes(self, temperature: float) -> list[Outcome]:
        """Every predicted span with its score at ``temperature``, relative to the model's own."""
        return [outcome for i in range(len(self.examples)) for outcome in self._of(i, temperature)]

    def _of(self, i: int, temperature: float) -> Iterator[Outcome]:
        gold = {(span.start, span.end, span.tag) for span in self.examples[i].spans}
        for span in self.tagger.finish(_softened(self.readings[i], temperature)).spans:
            assert span.score is not None
            yield Outcome(i, span.tag, span.score, (span.start, span.end, span.tag) in gold)

    def fit(self, chosen: Callable[[Outcome], bool] = lambda outcome: True) -> float:
        """The temperature at which the chosen spans' log loss is least (Guo et al., ICML 2017)."""
        losses = [log_loss([o for o in self.outcomes(t) if chosen(o)]) for t in TEMPERATURES]
        return float(TEMPERATURES[int(np.argmin(losses))])

    def held_out(self) -> list[Outcome]:
        """Each half of the documents scored at the temperature that the other half asks for."""
        halves = [self.outcomes(self.fit(lambda o, half=half: o.document % 2 != half)) for half in (0, 1)]  # type: ignore[misc]
        return [o for half, outcomes in enumerate(halves) for o in outcomes if o.document % 2 == half]


def _softened(reading: Reading, temperature: float) -> Reading:
    scaled = reading.log_probs / temperature
    scaled -= np.logaddexp.reduce(scaled, axis=-1, keepdims=True)
    return dataclasses.replace(reading, log_probs=scaled)


def log_loss(outcomes: Sequence[Outcome]) -> float:
    """Mean of minus the log of the probability that was given to what turned out."""
    scores = np.clip([o.score for o in outcomes], 1e-6, 1 - 1e-6)
    right = np.array([o.right for o in outcomes])
    return float(-np.log(np.where(right, scores, 1 - scores)).mean())


def bins(outcomes: Sequence[Outcome]) -> list[dict[str, float]]:
    """Ten bins of equal width over the scores: mean score, share that was right, and count of those not empty."""
    scores, right = np.array([o.score for o in outcomes]), np.array([o.right for o in outcomes], dtype=float)
    which = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        {"score": float(scores[which == b].mean()), "right": float(right[which == b].mean()), "count": int(n)}
        for b, n in enumerate(np.bincount(which, minlength=BINS))
        if n
    ]


def calibration_error(outcomes: Sequence[Outcome]) -> float:
    """Expected calibration error: the mean distance of score and share right over the bins, weighted by count."""
    return sum(b["count"] * abs(b["score"] - b["right"]) for b in bins(outcomes)) / max(1, len(outcomes))


def report(calibration: Calibration) -> dict[str, Any]:
    """The temperature for all examples; errors and bins of the held-out scores; the error without a temperature."""
    held_out, plain = calibration.held_out(), calibration.outcomes(1.0)

    def by_tag(outcomes: Sequence[Outcome]) -> dict[str, float]:
        errors = {str(tag): calibration_error([o for o in outcomes if o.tag == tag]) for tag in Tag}
        return {"all": calibration_error(outcomes), **errors}

    return {
        "temperature": round(calibration.fit(), 3),
        "error": by_tag(held_out),
        "error at temperature 1": by_tag(plain),
        "bins": {"all": bins(held_out), **{str(tag): bins([o for o in held_out if o.tag == tag]) for tag in Tag}},
    }


def report_links(tagger: TransformerTagger, examples: Sequence[Example]) -> dict[str, Any]:
    """The line that calibrates the links of the examples' own spans, whose scores in the tagger are not calibrated yet;
    the error of each half of the documents by the line that the other half asks for, and without any."""
    found = [
        list(outcomes(example, extraction.claims))
        for example, extraction in zip(examples, Extractor(tagger).link(examples), strict=True)
    ]
    halves = [list(chain.from_iterable(found[half::2])) for half in (0, 1)]
    held_out = [
        (calibrated(score, *line), right)
        for half, other in (halves, halves[::-1])
        for line in [fit_line(other)]
        for score, right in half
    ]
    every = [*halves[0], *halves[1]]
    return {"line": fit_line(every), "error": _links_error(held_out), "error without": _links_error(every)}


def _links_error(found: Sequence[tuple[float, bool]]) -> float:
    return calibration_error([Outcome(0, Tag.QUANTITY, score, right) for score, right in found])


def store(weights: Path, **values: float) -> None:
    """Writes settings into a checkpoint's config.json, where the tagger finds them."""
    path = weights / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if SETTINGS_KEY not in config:
        raise ConfigError(f"{path}: has no entry {SETTINGS_KEY!r}: train or export the checkpoint with this project")
    config[SETTINGS_KEY].update(values)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def plot(figures: dict[str, Any], path: Path) -> None:
    """The reliability diagram: share right over score, by tag; the diagonal is perfect."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle="--")
    for tag, marker in zip(Tag, "osD^", strict=True):
        points = figures["bins"][str(tag)]
        axes.plot(
            [p["score"] for p in points],
            [p["right"] for p in points],
            marker=marker,
            label=f"{tag} (error {figures['error'][str(tag)]:.3f})",
        )
    axes.set(xlabel="score", ylabel="share of spans exactly right", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
