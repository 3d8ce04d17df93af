"""Figures by hand on small cases, and by brute force on random ones."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.schema import Document, Example, Modifier, Record, Span, Tag
from claimex.score import Scores, Tally, score

TEXT = "The head of the harbour office said some 40 red boats sank in May, and he fears up to $ 7 in loss on Monday."
ALL = frozenset(Tag)


def at(surface: str) -> tuple[int, int]:
    start = TEXT.index(surface)
    return start, start + len(surface)


def maybe_at(surface: str | None) -> tuple[int, int] | None:
    return None if surface is None else at(surface)


def number(value: str) -> dict[str, Any]:
    return dict.fromkeys(("value", "low", "high"), Decimal(value))


BOATS = Record(
    at("40"),
    **number("40"),
    modifier=Modifier.APPROX,
    unit=at("red boats"),
    claimant=at("The head of the harbour office"),
    name="Harbour office head Ola Berg",
    date=at("May"),
    first=dt.date(2030, 5, 1),
    last=dt.date(2030, 5, 31),
)
LOSS = Record(at("7"), **number("7"), modifier=Modifier.LE, unit=at("$"))
SPANS = tuple(
    Span(*at(surface), tag)
    for surface, tag in [
        ("The head of the harbour office", Tag.CLAIMANT),
        ("40", Tag.QUANTITY),
        ("red boats", Tag.UNIT),
        ("May", Tag.DATE),
        ("$", Tag.UNIT),
        ("7", Tag.QUANTITY),
    ]
)
GOLD = Example(Document("d", TEXT), SPANS, ALL, (BOATS, LOSS))


def predicted(*records: Record, spans: tuple[Span, ...] = SPANS) -> Example:
    return Example(GOLD.document, spans, ALL, records)


def scored(*records: Record) -> Scores:
    return score([(GOLD, predicted(*records))])


def faults(gold: Record, answer: Record) -> tuple[str, ...]:
    scores = score([(dataclasses.replace(GOLD, records=(gold,)), predicted(answer))])
    assert scores.records["all four"].right == (not scores.wrong)
    return scores.wrong[0].faults if scores.wrong else ()


def test_gold_against_itself_is_perfect() -> None:
    scores = score([(GOLD, GOLD)])
    assert scores.wrong == []
    for name, row in scores.table().items():
        assert row.get("f1", row.get("accuracy")) == 1.0, name
    assert scores.table()["UNIT"] == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "gold": 2,
        "predicted": 2,
        "relaxed_f1": 1.0,
    }
    assert scores.table()["days accuracy"] == {"accuracy": 1.0, "gold": 1}


def test_rows_stand_in_order_and_nothing_is_no_division_by_zero() -> None:
    table = score([]).table()
    assert list(table) == [
        *("QUANTITY", "UNIT", "DATE", "CLAIMANT"),
        *("record value", "record unit", "record date", "record claimant", "record all four"),
        *("modifier accuracy", "days accuracy"),
    ]
    assert {figure for row in table.values() for figure in row.values()} == {0}
    assert json.loads(json.dumps(table)) == table


def test_precision_recall_and_f1() -> None:
    tally = Tally(right=3, predicted=4, gold=6)
    assert (tally.precision, tally.recall) == (0.75, 0.5)
    assert tally.f1 == pytest.approx(0.6)


def test_spans_count_exactly_and_relaxed() -> None:
    start, end = at("red boats")
    spans = (Span(start + 4, end, Tag.UNIT), Span(*at("May"), Tag.UNIT), Span(*at("$"), Tag.DATE))
    tally = score([(GOLD, predicted(spans=spans))]).spans[Tag.UNIT]
    assert (tally.right, tally.predicted, tally.gold) == (0, 2, 2)
    assert (tally.touched, tally.touching, tally.relaxed_f1) == (1, 1, 0.5)


def test_touching_ends_are_no_overlap() -> None:
    gold = Example(Document("d", "7km"), (Span(0, 1, Tag.UNIT),), ALL)
    tally = score([(gold, dataclasses.replace(gold, spans=(Span(1, 3, Tag.UNIT),)))]).spans[Tag.UNIT]
    assert (tally.touched, tally.touching) == (0, 0)


def test_missing_and_invented_records() -> None:
    scores = scored(LOSS, dataclasses.replace(LOSS, quantity=at("Monday")))
    assert [(wrong.document, wrong.quantity, wrong.faults) for wrong in scores.wrong] == [("d", "40", ("not found",))]
    tally = scores.records["all four"]
    assert (tally.right, tally.predicted, tally.gold) == (1, 2, 2)
    assert (scores.modifier.right, scores.modifier.judged) == (1, 1)


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        (number("40"), number("40.00003"), True),
        (number("40"), number("40.0001"), False),
        (number("0"), number("0.000001"), True),
        (number("40"), {"value": None, "low": Decimal(40), "high": Decimal(40)}, False),
        ({"value": None, "low": None, "high": None}, number("12"), True),
        (
            {"value": None, "low": Decimal(2), "high": Decimal(3)},
            {"value": None, "low": Decimal(2), "high": Decimal(3)},
            True,
        ),
        (
            {"value": None, "low": Decimal(2), "high": Decimal(3)},
            {"value": None, "low": Decimal(2), "high": None},
            False,
        ),
        ({"value": None, "low": Decimal(2), "high": Decimal(3)}, number("2"), False),
        (number("1e400"), number("1"), False),
    ],
)
def test_values(gold: dict[str, Any], answer: dict[str, Any], right: bool) -> None:
    a, b = (Record(at("7"), **values) for values in (gold, answer))
    assert faults(a, b) == (() if right else ("value",))


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("red boats", "boats", True),
        ("red boats", "40 red boats sank in May", False),
        ("red boats", "head", False),
        ("red boats", None, False),
        (None, "boats", False),
        (None, None, True),
        ("$", "$ 7", True),
        ("$", "40", False),
    ],
)
def test_units(gold: str | None, answer: str | None, right: bool) -> None:
    a, b = (dataclasses.replace(LOSS, unit=maybe_at(surface)) for surface in (gold, answer))
    assert faults(a, b) == (() if right else ("unit",))


def test_dates_agree_by_place_or_by_days() -> None:
    elsewhere = dataclasses.replace(BOATS, date=at("Monday"))
    assert faults(BOATS, dataclasses.replace(BOATS, first=None, last=None)) == ()
    assert faults(BOATS, elsewhere) == ()
    assert faults(BOATS, dataclasses.replace(elsewhere, last=None)) == ("date",)
    unknown = dataclasses.replace(BOATS, first=None, last=None)
    assert faults(unknown, dataclasses.replace(elsewhere, first=None, last=None)) == ("date",)
    assert faults(BOATS, dataclasses.replace(BOATS, date=None)) == ("date",)
    assert faults(LOSS, dataclasses.replace(LOSS, date=at("May"))) == ("date",)


def test_days_are_judged_where_the_date_was_found() -> None:
    wrong_days = dataclasses.replace(BOATS, last=dt.date(2030, 5, 30))
    scores = scored(wrong_days, LOSS)
    assert (scores.days.right, scores.days.judged, scores.wrong) == (0, 1, [])
    assert scored(dataclasses.replace(BOATS, date=at("Monday")), LOSS).days.judged == 0


@pytest.mark.parametrize(
    ("answer", "name", "right"),
    [
        ("head", None, True),
        ("he fears", "Ola Berg", True),
        ("he fears", "the Ola of a", True),
        ("he fears", "Siri Lund", False),
        ("he fears", None, False),
        ("$", "$", False),
        (None, None, False),
    ],
)
def test_claimants(answer: str | None, name: str | None, right: bool) -> None:
    other = dataclasses.replace(BOATS, claimant=maybe_at(answer), name=name)
    assert faults(BOATS, other) == (() if right else ("claimant",))


def test_tags_that_nobody_annotated_are_not_counted() -> None:
    annotated = frozenset((Tag.QUANTITY, Tag.UNIT))
    gold = Example(GOLD.document, SPANS[1:3], annotated, (dataclasses.replace(LOSS, quantity=at("40"), unit=None),))
    scores = score([(gold, predicted(BOATS))])
    assert [scores.spans[tag].predicted for tag in Tag] == [2, 2, 0, 0]
    assert {name: tally.gold for name, tally in scores.records.items()} == {
        "value": 1,
        "unit": 1,
        "date": 0,
        "claimant": 0,
        "all four": 0,
    }
    assert [wrong.faults for wrong in scores.wrong] == [("value", "unit")]
    only_dates = score([(Example(GOLD.document, SPANS[3:4], frozenset((Tag.DATE,))), GOLD)])
    assert only_dates.spans[Tag.DATE].f1 == 1.0
    assert {tally.predicted for tally in only_dates.records.values()} == {0}


ranges = st.tuples(st.integers(0, 30), st.integers(1, 6)).map(lambda pair: (pair[0], sum(pair)))


@given(gold=st.lists(ranges, max_size=6), answers=st.lists(ranges, max_size=6))
@settings(deadline=None, max_examples=50)
def test_records_are_aligned_by_overlap(gold: list[tuple[int, int]], answers: list[tuple[int, int]]) -> None:
    """Which answer each record got shows in the value; expected is the definition, pair by pair."""
    free, expected = list(range(len(answers))), []
    for start, end in gold:
        shared = {i: min(end, answers[i][1]) - max(start, answers[i][0]) for i in free}
        best = max(free, key=lambda i: (shared[i], -i), default=-1)
        if best >= 0 and shared[best] > 0:
            free.remove(best)
            expected.append(best)
    document = Document("d", "x" * 40)
    records = tuple(Record(extent, **number(str(index))) for index, extent in enumerate(answers))
    for guess in range(len(answers)):
        wanted = tuple(Record(extent, **number(str(guess))) for extent in gold)
        pair = (Example(document, (), ALL, wanted), Example(document, (), ALL, records))
        tally = score([pair]).records["value"]
        assert tally.right == expected.count(guess)
