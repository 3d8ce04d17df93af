"""The dates of a document, read in text order, since "the month before" leans on what stands before it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from claimex.normalize.dates import WeekdayPolicy, compares, parse_date, spanning
from claimex.schema import Period, Span, Unparsed

# How much of its surroundings a date is shown: enough for the verb whose tense decides between last and next Friday.
CONTEXT = 80
# How many dates a reader has in mind.
_REMEMBERED = 8
# What makes two dates the ends of a range; "and" does so only after "between".
_JOINT = re.compile(r"\s*(?:to|through|until|till|[-–—]|(and))\s*")
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)


def resolve_dates(
    text: str,
    spans: Sequence[Span],
    reference: dt.date | None,
    policy: WeekdayPolicy = WeekdayPolicy.NEAREST_PAST,
) -> tuple[Period | Unparsed, ...]:
    """What each DATE span stands for; ``spans`` in text order, ``reference`` is the document's own date."""
    values: list[Period | Unparsed] = []
    named: list[Period] = []

    def read(span: Span, day: dt.date | None, *, over: bool = False) -> Period | Unparsed:
        return parse_date(
            text[span.start : span.end],
            day,
            before=text[max(0, span.start - CONTEXT) : span.start],
            after=text[span.end : span.end + CONTEXT],
            policy=policy,
            earlier=named[-_REMEMBERED:],
            over=over,
        )

    for index, span in enumerate(spans):
        value = read(span, reference)
        ends_range = index > 0 and _is_range(text, spans[index - 1], span)
        if ends_range and _runs_backwards(values[-1], value):
            assert isinstance(value, Period)
            # "between [January] and October": the January before
            values[-1] = read(spans[index - 1], value.last, over=True)
        values.append(value)
        if isinstance(value, Period) and value.first and not compares(text[span.start : span.end]):
            named.append(value)
            start = values[index - 1]
            if ends_range and isinstance(start, Period) and start.first and (whole := spanning(start, value)):
                named.append(whole)  # the period that "the same period" goes back to
    return tuple(values)


def _is_range(text: str, left: Span, right: Span) -> bool:
    joint = _JOINT.fullmatch(text, left.end, right.start)
    return joint is not None and (not joint[1] or bool(_BETWEEN.search(text[max(0, left.start - 12) : left.start])))


def _runs_backwards(start: Period | Unparsed, end: Period | Unparsed) -> bool:
    if not (isinstance(start, Period) and isinstance(end, Period) and start.first and end.last):
        return False
    return start.first > end.last
