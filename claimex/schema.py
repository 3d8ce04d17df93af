"""What flows through claimex: documents, spans, normalized values, claims. Standard library only.

Every offset is a half-open range ``[start, end)`` of Unicode code points into the *original* text of a document.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeAlias, TypeVar


class Tag(StrEnum):
    """What a span can be. The only list of labels: BIO ids derive from its order."""

    QUANTITY = "QUANTITY"
    UNIT = "UNIT"
    DATE = "DATE"
    CLAIMANT = "CLAIMANT"


class Modifier(StrEnum):
    """How the text bounds a quantity."""

    EQ = "eq"
    APPROX = "approx"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


class UnitKind(StrEnum):
    """What kind of thing a quantity is a quantity of."""

    COUNT = "count"  # troops, vehicles and fuel tanks
    MEASURE = "measure"  # km, tons of grain, magnitude
    CURRENCY = "currency"  # $, yuan
    PERCENT = "percent"
    PERCENTAGE_POINT = "percentage point"
    TIME = "time"  # years, hours, year-old


class Grain(StrEnum):
    """The precision with which a date was given."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    SEASON = "season"
    YEAR = "year"
    DECADE = "decade"
    CENTURY = "century"
    PERIOD = "period"  # any other stretch of days: "the past 24 hours", "early June"


class Provenance(StrEnum):
    """Where a field of a claim comes from, seen from the quantity."""

    STATED = "stated"  # in the quantity's own sentence
    CARRIED = "carried"  # carried over from another sentence
    ABSENT = "absent"


Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A tagged range. ``score`` is the probability that the whole span is right, None where nobody estimated it.

    Raises ValueError for a range that is empty or starts below 0.
    """

    start: int
    end: int
    tag: Tag
    score: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not [{self.start}, {self.end})")

    @property
    def range(self) -> Range:
        """Start and end."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Document:
    """A text and the day it is from. Without ``date`` relative dates stay underspecified: the clock is never read."""

    id: str
    text: str
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Text that was not understood, and why. Never a guess."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """The number that an expression stands for, without its modifier's effect.

    A plain number has ``value == low == high``. A range ("200 to 300") has no value. A vague magnitude ("dozens") has
    no value and an interval by convention (see ``normalize.numbers``), where ``high`` may be open (None).
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted or measured.

    ``name``: canonical and singular ("kilometre", "percent", "US dollar"; for a count the head noun's phrase: "fuel
    tank"). ``code``: ISO 4217 for a currency, else the unit's symbol if it has one. ``of``: the phrase after *of*
    ("territory" in "meters of territory per week"). ``per``: the denominator ("week").
    """

    name: str
    kind: UnitKind
    code: str | None = None
    of: str | None = None
    per: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """When. ``timex`` is a TIMEX3 value, underspecified ("XXXX-WXX-2") where the document's date is not known.

    ``first`` and ``last`` are the days that the expression covers, inclusive; both None where they cannot be known.
    """

    timex: str
    grain: Grain
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so: the fullest name that the document gives to a mention ("he" -> "Zhang Dingshu")."""

    name: str


V = TypeVar("V", Quantity, Unit, Period, Source)


@dataclass(frozen=True, slots=True)
class Mention(Generic[V]):
    """A span with its surface (``text == document.text[start:end]``) and what it stands for."""

    span: Span
    text: str
    value: V | Unparsed


AnyMention: TypeAlias = Mention[Quantity] | Mention[Unit] | Mention[Period] | Mention[Source]


@dataclass(frozen=True, slots=True)
class Record:
    """A claim reduced to what annotators write down and the scorer compares: ranges and plain values.

    ``value`` is None for a range (then ``low`` and ``high`` are its ends) and for a vague magnitude.
    """

    quantity: Range
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    modifier: Modifier = Modifier.EQ
    unit: Range | None = None
    date: Range | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    claimant: Range | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims what number of what, when. One for each QUANTITY.

    ``sentence`` is the range of the sentence that holds the quantity: the evidence. ``score`` is the probability that
    its links are right, times the scores of its spans.
    """

    quantity: Mention[Quantity]
    modifier: Modifier
    unit: Mention[Unit] | None
    date: Mention[Period] | None
    claimant: Mention[Source] | None
    sentence: Range
    score: float | None = None

    def provenance(self, field: AnyMention | None) -> Provenance:
        """Where the unit, the date or the claimant comes from: one of this claim's fields."""
        if field is None:
            return Provenance.ABSENT
        start, end = self.sentence
        inside = start < field.span.end and field.span.start < end
        return Provenance.STATED if inside else Provenance.CARRIED

    @property
    def mentions(self) -> tuple[AnyMention, ...]:
        """What it is made of."""
        return tuple(part for part in (self.quantity, self.unit, self.date, self.claimant) if part is not None)

    @property
    def record(self) -> Record:
        """The claim as annotators would write it down."""
        number = self.quantity.value
        if not isinstance(number, Quantity) or number.high is None:  # not understood, or "dozens"
            number = Quantity(None, None, None)
        period = self.date.value if self.date and isinstance(self.date.value, Period) else None
        source = self.claimant.value if self.claimant and isinstance(self.claimant.value, Source) else None
        return Record(
            quantity=self.quantity.span.range,
            value=number.value,
            low=number.low,
            high=number.high,
            modifier=self.modifier,
            unit=self.unit.span.range if self.unit else None,
            date=self.date.span.range if self.date else None,
            first=period.first if period else None,
            last=period.last if period else None,
            claimant=self.claimant.span.range if self.claimant else None,
            name=source.name if source else None,
        )


@dataclass(frozen=True, slots=True)
class Example:
    """An annotated document. A tag outside ``annotated`` is unknown there, never absent; in ``unsure`` ones all are.

    Raises ValueError for spans that overlap or end past the text.
    """

    document: Document
    spans: tuple[Span, ...]
    annotated: frozenset[Tag]
    records: tuple[Record, ...] = ()
    unsure: tuple[Range, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.spans, key=lambda span: span.range)
        size = len(self.document.text)
        for span in ordered:
            if span.end > size:
                raise ValueError(f"span [{span.start}, {span.end}) ends past the text's {size} code points: correct it")
        for left, right in pairwise(ordered):
            if right.start < left.end:
                raise ValueError(
                    f"spans [{left.start}, {left.end}) and [{right.start}, {right.end}) overlap: keep one, or cut it"
                )


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was found in a document, in text order."""

    document: Document
    mentions: tuple[AnyMention, ...]
    claims: tuple[Claim, ...]

    @property
    def example(self) -> Example:
        """The extraction in the form of an annotation of all tags, to be compared with one."""
        spans = tuple(mention.span for mention in self.mentions)
        return Example(self.document, spans, frozenset(Tag), tuple(claim.record for claim in self.claims))
