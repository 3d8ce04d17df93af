"""Annotated documents for the tests of formats: a small one, and hypothesis strategies for all others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from hypothesis import strategies as st

from claimex.formats.registry import FORMATS, Format
from claimex.formats.rows import Options
from claimex.schema import Document, Example, Modifier, Range, Record, Span, Tag
from tests.strategies import TEXTS

TEXT = "🙂 At least 57 people fled the coast guard on Monday, it said.\nSeveral of them, 200 to 300\nsheep, drowned."
DAY = dt.date(2031, 5, 5)

Amount: TypeAlias = tuple[Decimal | None, Decimal | None, Decimal | None]


def span(surface: str, tag: Tag, text: str = TEXT) -> Span:
    start = text.index(surface)
    return Span(start, start + len(surface), tag)


def number(value: str) -> tuple[Decimal, Decimal, Decimal]:
    return Decimal(value), Decimal(value), Decimal(value)


FLED, PEOPLE, MONDAY, IT, SEVERAL, RANGE, SHEEP = SPANS = (
    span("57", Tag.QUANTITY),
    span("people", Tag.UNIT),
    span("Monday", Tag.DATE),
    span("it", Tag.CLAIMANT),
    span("Several", Tag.QUANTITY),
    span("200 to 300", Tag.QUANTITY),
    span("sheep", Tag.UNIT),
)
RECORDS = (
    Record(
        FLED.range, *number("57"), Modifier.GE, PEOPLE.range, MONDAY.range, DAY, DAY, IT.range, "the coast guard"
    ),
    Record(SEVERAL.range, None, None, None, date=MONDAY.range, first=DAY, last=DAY),
    Record(RANGE.range, None, Decimal(200), Decimal(300), unit=SHEEP.range, claimant=IT.range, name="the coast guard"),
)  # fmt: skip
EXAMPLE = Example(Document("ferry-1", TEXT, dt.date(2031, 5, 6)), SPANS, frozenset(Tag), RECORDS)


def ids(example: Example) -> str:
    return example.document.id


def round_trip(form: Format, examples: list[Example], path: Path, options: Options | None = None) -> list[Example]:
    form.write(path, examples, options)
    return list(form.read(path, options))


def read(name: str, path: Path, content: str, options: Options | None = None) -> list[Example]:
    path.write_bytes(content.encode())
    return list(FORMATS[name].read(path, options))


# Numbers that a double holds exactly as they are written, as JSON has no others.
NUMBERS = st.builds(
    lambda digits, shift: Decimal(digits).scaleb(-shift), st.integers(-(10**12), 10**12), st.integers(0, 6)
)
AMOUNTS: st.SearchStrategy[Amount] = st.one_of(
    st.just((None, None, None)),
    NUMBERS.map(lambda value: (value, value, value)),
    st.tuples(NUMBERS, NUMBERS).map(lambda ends: (None, min(ends), max(ends))),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)


@st.composite
def spans(draw: st.DrawFn, text: str) -> list[Span]:
    """Spans of a text in order, some of them next to each other."""
    cuts = draw(st.sets(st.integers(0, len(text)), max_size=12))
    pieces = pairwise(sorted(cuts))
    tags = st.none() | st.sampled_from(Tag)
    return [Span(start, end, tag) for start, end in pieces if (tag := draw(tags)) is not None]


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Whatever an Example can hold, records that do not fit the spans included."""
    text = draw(TEXTS)
    marked = draw(spans(text))
    ranges = st.sampled_from([span.range for span in marked] or [(0, 1)]) if text else st.nothing()
    if len(text) > 1:
        ranges |= st.tuples(st.integers(0, len(text) - 2), st.integers(len(text) - 1, len(text)))
    days = st.none() | st.dates()
    maybe = st.none() | ranges
    records = st.builds(
        lambda quantity, amount, *rest: Record(quantity, *amount, *rest),
        ranges, AMOUNTS, st.sampled_from(Modifier), maybe, maybe, days, days, maybe, st.none() | NAMES,
    )  # fmt: skip
    return Example(
        Document(draw(NAMES), text, draw(days)),
        tuple(marked),
        draw(st.frozensets(st.sampled_from(Tag))),
        tuple(draw(st.lists(records, max_size=3))) if text else (),
        tuple(draw(st.lists(ranges, max_size=2))) if text else (),
    )


@st.composite
def regular(draw: st.DrawFn) -> Example:
    """An example as the guidelines want it: one record for each QUANTITY, facts that belong to the spans."""
    text = draw(TEXTS).replace("\0", "")
    marked = draw(spans(text))
    facts: dict[Range, tuple[dt.date | None, dt.date | None]] = {}
    names: dict[Range, str] = {}
    for one in marked:
        days = sorted(draw(st.tuples(st.dates(), st.dates()) | st.none()) or [])
        facts[one.range] = (days[0], days[1]) if days else (None, None)
        surface = text[one.start : one.end]
        names[one.range] = draw(
            st.just(surface) | NAMES.filter(lambda name: name == name.strip() and not {"\n", "\0"} & set(name))
        )

    def pick(tag: Tag) -> Range | None:
        return draw(st.sampled_from([None, *(one.range for one in marked if one.tag == tag)]))

    records = []
    for quantity in [one.range for one in marked if one.tag == Tag.QUANTITY]:
        unit, date, claimant = map(pick, (Tag.UNIT, Tag.DATE, Tag.CLAIMANT))
        first, last = facts[date] if date else (None, None)
        name = names[claimant] if claimant else None
        amount = draw(AMOUNTS)
        records.append(
            Record(quantity, *amount, draw(st.sampled_from(Modifier)), unit, date, first, last, claimant, name)
        )
    identity = draw(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,2}", fullmatch=True))
    return Example(
        Document(identity, text, draw(st.none() | st.dates())), tuple(marked), frozenset(Tag), tuple(records)
    )
