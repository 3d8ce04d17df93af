"""How good predictions are: precision, recall and F1 of spans and of claim records, against annotated examples.

A predicted record answers for the gold record whose quantity it shares the most characters with. Of the two, the

- values agree within a millionth, both ends of a range; any value will do where annotators gave none (it is vague);
- units agree if they overlap and each holds at least half of the other's words;
- dates agree if they overlap or cover the same days;
- claimants agree if they overlap or half of the words of the shorter name are in the other;

units, dates and claimants agree also where both are absent. A tag that is not annotated in both is not counted, nor is
the field that depends on it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from claimex.schema import Example, Range, Record, Tag

FILLERS = frozenset(("a", "an", "and", "for", "in", "of", "s", "the"))
ALL_FOUR = "all four"


@dataclass(slots=True)
class Tally:
    """What precision and recall are made of."""

    right: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        """The share of the predicted that is right, 0 if there is none."""
        return _share(self.right, self.predicted)

    @property
    def recall(self) -> float:
        """The share of the gold that was found, 0 if there is none."""
        return _share(self.right, self.gold)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _harmonic_mean(self.precision, self.recall)

    def row(self) -> dict[str, float]:
        """The figures by name."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**figures, "gold": self.gold, "predicted": self.predicted}


@dataclass(slots=True)
class SpanTally(Tally):
    """Spans are right where both ends agree; the relaxed figure asks only that they overlap a span of the same tag."""

    touched: int = 0  # gold spans that a predicted one overlaps
    touching: int = 0  # predicted spans that a gold one overlaps

    @property
    def relaxed_f1(self) -> float:
        """F1 where an overlap is enough."""
        return _harmonic_mean(_share(self.touching, self.predicted), _share(self.touched, self.gold))

    def row(self) -> dict[str, float]:
        """The figures by name."""
        return {**Tally.row(self), "relaxed_f1": self.relaxed_f1}


@dataclass(slots=True)
class Accuracy:
    """How often something is right among the cases in which it could be judged."""

    right: int = 0
    judged: int = 0

    def count(self, right: bool) -> None:
        """Add one case."""
        self.right += right
        self.judged += 1

    def row(self) -> dict[str, float]:
        """The figures by name."""
        return {"accuracy": _share(self.right, self.judged), "gold": self.judged}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A gold record that was predicted wrongly: the document's id, the quantity's text, the fields at fault."""

    document: str
    quantity: str
    faults: tuple[str, ...]


@dataclass(slots=True)
class Scores:
    """All figures: ``modifier`` over the records found, ``days`` over the dates found whose days the gold gives."""

    spans: dict[Tag, SpanTally] = field(default_factory=lambda: {tag: SpanTally() for tag in Tag})
    records: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in (*FIELDS, ALL_FOUR)})
    modifier: Accuracy = field(default_factory=Accuracy)
    days: Accuracy = field(default_factory=Accuracy)
    wrong: list[Wrong] = field(default_factory=list)

    def table(self) -> dict[str, dict[str, float]]:
        """Rows of figures by name, as they go into reports."""
        return {
            **{str(tag): tally.row() for tag, tally in self.spans.items()},
            **{f"record {name}": tally.row() for name, tally in self.records.items()},
            "modifier accuracy": self.modifier.row(),
            "days accuracy": self.days.row(),
        }


def score(pairs: Iterable[tuple[Example, Example]]) -> Scores:
    """Compare gold with predicted, document by document, in time linear in the length of the texts."""
    scores = Scores()
    for gold, predicted in pairs:
        asked = gold.annotated & predicted.annotated
        for tag in asked:
            _count_spans(scores.spans[tag], _ranges(gold, tag), _ranges(predicted, tag))
        if Tag.QUANTITY in asked:
            _count_records(scores, gold, predicted.records, asked)
    return scores


def _ranges(example: Example, tag: Tag) -> set[Range]:
    return {span.range for span in example.spans if span.tag == tag}


def _count_spans(tally: SpanTally, gold: set[Range], predicted: set[Range]) -> None:
    tally.gold += len(gold)
    tally.predicted += len(predicted)
    tally.right += len(gold & predicted)
    tally.touched += _touched(gold, by=predicted)
    tally.touching += _touched(predicted, by=gold)


def _touched(ranges: set[Range], by: set[Range]) -> int:
    covered = {point for extent in by for point in range(*extent)}
    return sum(not covered.isdisjoint(range(*extent)) for extent in ranges)


def _count_records(scores: Scores, gold: Example, predicted: Sequence[Record], asked: frozenset[Tag]) -> None:
    text = gold.document.text
    fields = {name: agree for name, (tag, agree) in FIELDS.items() if tag in asked}
    names = (*fields, ALL_FOUR) if len(fields) == len(FIELDS) else tuple(fields)
    for name in names:
        scores.records[name].gold += len(gold.records)
        scores.records[name].predicted += len(predicted)
    for record, answer in _aligned(gold.records, predicted):
        faults: tuple[str, ...] = ("not found",)
        if answer is not None:
            faults = tuple(name for name, agree in fields.items() if not agree(record, answer, text))
            for name in names:
                scores.records[name].right += not faults if name == ALL_FOUR else name not in faults
            scores.modifier.count(record.modifier == answer.modifier)
            if record.first is not None and _overlap(record.date, answer.date):
                scores.days.count(_days(record) == _days(answer))
        if faults:
            scores.wrong.append(Wrong(gold.document.id, text[slice(*record.quantity)], faults))


def _aligned(gold: Sequence[Record], predicted: Sequence[Record]) -> Iterator[tuple[Record, Record | None]]:
    """Each gold record with the predicted one, not taken yet, that shares most of its quantity's characters."""
    at_point: dict[int, list[int]] = defaultdict(list)
    for index, answer in enumerate(predicted):
        for point in range(*answer.quantity):
            at_point[point].append(index)
    taken: set[int] = set()
    for record in gold:
        shared = Counter(index for point in range(*record.quantity) for index in at_point.get(point, ()))
        best = max(shared.keys() - taken, key=lambda index: (shared[index], -index), default=None)
        if best is not None:
            taken.add(best)
        yield record, None if best is None else predicted[best]


def _same_value(gold: Record, predicted: Record, _: str) -> bool:
    if gold.value is not None:
        return _close(gold.value, predicted.value)
    if gold.low is None and gold.high is None:
        return True
    return _close(gold.low, predicted.low) and _close(gold.high, predicted.high)


def _close(a: Decimal | None, b: Decimal | None) -> bool:
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)


def _same_unit(gold: Record, predicted: Record, text: str) -> bool:
    if gold.unit is None or predicted.unit is None:
        return gold.unit == predicted.unit
    if not _overlap(gold.unit, predicted.unit):
        return False
    a, b = (_words(text[slice(*extent)]) for extent in (gold.unit, predicted.unit))
    return not a or not b or 2 * len(a & b) >= max(len(a), len(b))  # a symbol such as $ has no words


def _same_date(gold: Record, predicted: Record, _: str) -> bool:
    if gold.date is None or predicted.date is None:
        return gold.date == predicted.date
    return _overlap(gold.date, predicted.date) or (gold.first is not None and _days(gold) == _days(predicted))


def _same_claimant(gold: Record, predicted: Record, text: str) -> bool:
    if gold.claimant is None or predicted.claimant is None:
        return gold.claimant == predicted.claimant
    if _overlap(gold.claimant, predicted.claimant):
        return True
    a, b = (_words(record.name or text[slice(*record.claimant)]) for record in (gold, predicted) if record.claimant)
    return bool(a and b) and 2 * len(a & b) >= min(len(a), len(b))


def _days(record: Record) -> tuple[dt.date | None, dt.date | None]:
    return record.first, record.last


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower())) - FILLERS


def _overlap(a: Range | None, b: Range | None) -> bool:
    return a is not None and b is not None and a[0] < b[1] and b[0] < a[1]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _harmonic_mean(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


# A field of a record: the tag that it hangs on, and whether a gold and a predicted record agree in it, given the text.
FIELDS: dict[str, tuple[Tag, Callable[[Record, Record, str], bool]]] = {
    "value": (Tag.QUANTITY, _same_value),
    "unit": (Tag.UNIT, _same_unit),
    "date": (Tag.DATE, _same_date),
    "claimant": (Tag.CLAIMANT, _same_claimant),
}
