"""Records that do not fit the spans are named, each in a line."""

from __future__ import annotations

import dataclasses

from claimex.formats.checks import misfits
from claimex.schema import Document, Example, Record, Span, Tag
from tests.formats.examples import DAY, EXAMPLE, FLED, IT, MONDAY, PEOPLE, RECORDS, SEVERAL


def oddities(*records: Record) -> list[str]:
    return list(misfits(dataclasses.replace(EXAMPLE, records=records)))


def test_records_that_fit_are_not_named() -> None:
    assert oddities(*RECORDS) == []
    assert list(misfits(Example(Document("a", "Eva"), (Span(0, 3, Tag.CLAIMANT),), frozenset(Tag)))) == []


def test_misfits_are_named() -> None:
    first, second, third = RECORDS
    assert oddities(first, third) == [f"no record of 'Several' [{SEVERAL.start}, {SEVERAL.end})"]
    assert oddities() == ["no records, 3 QUANTITY spans"]
    assert oddities(first, first, second, third) == [
        f"the record of '57' [{FLED.start}, {FLED.end}): there are two of them"
    ]
    swapped = dataclasses.replace(second, unit=MONDAY.range, date=(0, 1), claimant=PEOPLE.range, name="Eva")
    start, end = MONDAY.range
    assert [line.partition("): ")[2] for line in oddities(first, swapped, third)] == [
        f"'Monday' [{start}, {end}) is no UNIT span",
        "'🙂' [0, 1) is no DATE span",
        f"'people' [{PEOPLE.start}, {PEOPLE.end}) is no CLAIMANT span",
    ]
    loose = dataclasses.replace(second, date=None, first=DAY, last=DAY.replace(day=1), name="Eva")
    assert [line.partition("): ")[2] for line in oddities(first, loose, third)] == [
        "it has days, but no date",
        "its last day comes before its first",
        "it has a name, but no claimant",
    ]
    moved = dataclasses.replace(second, quantity=IT.range)
    assert [line.partition("): ")[2] for line in oddities(first, moved, third)] == [
        f"'it' [{IT.start}, {IT.end}) is no QUANTITY span",
        "",
    ]
