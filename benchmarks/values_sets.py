"""The public test sets of quantities, NewsQuant and Recognizers-Text as its authors formatted them, and their rules.

A line holds ``text`` and ``quantities``: ``value`` ("12.5", or "3-4" for a range), ``normalized_unit``, and in
NewsQuant ``change`` (= ~ > < up down). A found quantity is right where the value agrees to 1e-5, a range with both
ends; *value + unit* wants the unit's name equal, in lower case, too; each gold quantity is matched once.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path

_RANGE = re.compile(r"(.*[\d.]) ?- ?([\d.].*)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantity in a benchmark's terms; ``low`` equals ``high`` unless it is a range. ``unit`` "-" is none."""

    low: float
    high: float
    unit: str = "-"
    change: str = "="


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text and all that a benchmark finds counted or measured in it."""

    id: str
    text: str
    gold: tuple[Reading, ...]


@dataclass(slots=True)
class Score:
    """Counts over a set."""

    right: int = 0
    found: int = 0
    gold: int = 0

    @property
    def f1(self) -> float:
        """Zero where nothing is right."""
        return 2 * self.right / (self.found + self.gold) if self.right else 0.0

    def add(self, right: int, found: int, gold: int) -> None:
        """Count one sentence more."""
        self.right, self.found, self.gold = self.right + right, self.found + found, self.gold + gold


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of a gzipped JSON lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_sentence(json.loads(line)) for line in lines]


def _sentence(row: dict[str, object]) -> Sentence:
    quantities = row["quantities"]
    assert isinstance(quantities, list)
    gold = tuple(
        Reading(*ends_of(item["value"]), item["normalized_unit"].lower(), item.get("change", "="))
        for item in quantities
    )
    return Sentence(str(row["id"]), str(row["text"]), gold)


def ends_of(value: str) -> tuple[float, float]:
    """Both ends of a written value: "-5", "1.99E-29" and "3.0 - 4.0" are two numbers and a range."""
    try:
        return float(value), float(value)
    except ValueError:
        ends = _RANGE.fullmatch(value)
        if ends is None:
            raise
        return float(ends[1]), float(ends[2])


def same_value(one: Reading, other: Reading) -> bool:
    """The values agree to 1e-5; a range and a plain number never do."""
    pairs = ((one.low, other.low), (one.high, other.high))
    return (one.low == one.high) == (other.low == other.high) and all(isclose(*pair, rel_tol=1e-5) for pair in pairs)


def same_unit(one: Reading, other: Reading) -> bool:
    """Value and unit agree."""
    return one.unit.lower() == other.unit.lower() and same_value(one, other)


def same_change(one: Reading, other: Reading) -> bool:
    """Value and change agree."""
    return one.change == other.change and same_value(one, other)


RULES: dict[str, Callable[[Reading, Reading], bool]] = {
    "value": same_value,
    "value + unit": same_unit,
    "value + change": same_change,
}


def matched(gold: Iterable[Reading], found: Iterable[Reading], rule: Callable[[Reading, Reading], bool]) -> int:
    """How many pairs agree, each reading used once."""
    free, pairs = list(found), 0
    for wanted in gold:
        hit = next((reading for reading in free if rule(wanted, reading)), None)
        if hit is not None:
            free.remove(hit)
            pairs += 1
    return pairs


def all_right(gold: Sequence[Reading], found: Sequence[Reading]) -> bool:
    """Whether every value was found, and nothing else."""
    return len(gold) == len(found) == matched(gold, found, same_value)


def scores(sentences: Sequence[Sentence], found: Sequence[Sequence[Reading]]) -> dict[str, Score]:
    """A score for each rule; ``found`` runs along ``sentences``."""
    table = {name: Score() for name in RULES}
    for sentence, readings in zip(sentences, found, strict=True):
        for name, rule in RULES.items():
            table[name].add(matched(sentence.gold, readings, rule), len(readings), len(sentence.gold))
    return table
