"""Dates that lean on the dates before them. All phrases are made up."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.normalize.date_sequence import resolve_dates
from claimex.schema import Period, Span, Tag, Unparsed

THURSDAY = dt.date(2026, 11, 19)


def resolve(marked: str, reference: dt.date | None = THURSDAY) -> list[Period | Unparsed]:
    """What the dates in square brackets stand for."""
    text, spans = "", []
    for piece in re.split(r"(\[[^\]]*\])", marked):
        if piece.startswith("["):
            spans.append(Span(len(text), len(text) + len(piece) - 2, Tag.DATE))
            piece = piece[1:-1]
        text += piece
    return list(resolve_dates(text, spans, reference))


def last_days(marked: str, reference: dt.date | None = THURSDAY) -> str:
    """The days of the last date as FIRST..LAST, "" for none."""
    period = resolve(marked, reference)[-1]
    assert isinstance(period, Period), period
    return f"{period.first}..{period.last}" if period.first else ""


@pytest.mark.parametrize(
    ("marked", "days"),
    [
        ("It rained on [March 30]. Shops shut [the next day]", "2026-03-31..2026-03-31"),
        ("It rained on [March 30]. Shops shut [the previous day]", "2026-03-29..2026-03-29"),
        ("It rained on [March 30]. Shops shut [that same day]", "2026-03-30..2026-03-30"),
        ("It rained on [March 30]. Shops shut [two days later]", "2026-04-01..2026-04-01"),
        ("It rained on [Tuesday], less than on [the previous Friday]", "2026-11-13..2026-11-13"),
        ("Sales fell in [September]. In [the previous month] they rose", "2026-08-01..2026-08-31"),
        ("The mill shut in [January 2009], and jobless rolls grew in [October of that year]", "2009-10-01..2009-10-31"),
        ("The mill shut on [May 22, 1995], and [the following year] it burned", "1996-01-01..1996-12-31"),
        ("They met in [2008]. Turnout is lower [today] than in [that year]", "2008-01-01..2008-12-31"),
        ("He was held in [January last year] and freed [four months later]", "2025-05-01..2025-05-31"),
        ("Rates reached 4 percent [last week], from 3 percent [the previous week]", "2026-11-02..2026-11-08"),
        ("It rained on [March 30]. Shops shut [the next morning]", "2026-03-31..2026-03-31"),
        ("It rained on [March 30]. Shops shut [that evening]", "2026-03-30..2026-03-30"),
        ("A bomb went off on [March 30]. [Several hours later] a second one did", "2026-03-30..2026-03-30"),
        ("A bomb went off on [March 30]. [An hour earlier] he rang", "2026-03-30..2026-03-30"),
        ("A bomb went off on [March 30]. [20 minutes later] a second one did", "2026-03-30..2026-03-30"),
        ("It grew from [1995] to [2003]; rents doubled in [the same period]", "1995-01-01..2003-12-31"),
        ("He won in [2016]. [The next year] he was jailed", "2017-01-01..2017-12-31"),
        ("Claims fell in [the week ended Nov. 7] from [the previous week]", "2026-10-25..2026-10-31"),
        ("Output fell in [March] after it rose in [the previous two months]", "2026-01-01..2026-02-28"),
        ("He died on [May 4, 2022]. [A year earlier] he had left", "2021-05-04..2021-05-04"),
        ("Bought on [May 4, 2022], it sold 3 against 2 [a year earlier]", ""),
        ("He won in [1998]; sales are to rise over [the next year]", "2026-11-19..2027-11-19"),
        ("The talks began on [Oct. 28]. [The next week] will decide", "2026-11-19..2026-11-26"),
        ("He said on [Tuesday] that sales rose from 3 [a year earlier]", ""),
        ("Claims fell in [the week ended Nov. 7] from [a week earlier]", "2026-10-25..2026-10-31"),
        ("It rained [the day before last Tuesday]", "2026-11-16..2026-11-16"),
        ("It rained [two weeks after June 3, 2025]", "2025-06-17..2025-06-17"),
    ],
)
def test_a_date_may_count_from_the_one_before(marked: str, days: str) -> None:
    assert last_days(marked) == days


@pytest.mark.parametrize(
    ("marked", "days"),
    [
        ("Sales grew in [the third quarter], said [Tuesday], from [a year earlier]", "2025-07-01..2025-09-30"),
        ("Sales grew in [the third quarter], from [the year-ago quarter]", "2025-07-01..2025-09-30"),
        ("Sales grew in [the third quarter], from [last year's quarter]", "2025-07-01..2025-09-30"),
        ("Sales grew in [the third quarter] against [a year ago]", "2025-07-01..2025-09-30"),
        ("Sales, to fall in [the first quarter of 2027], beat [the year-ago third quarter]", "2025-07-01..2025-09-30"),
        (
            "Sales rose in [the third quarter], not in [the first quarter of 2027]. [The year-ago period] was wet",
            "2025-07-01..2025-09-30",
        ),
        ("Sales of [the first 10 months] beat [the same period last year]", "2025-01-01..2025-10-31"),
        ("Sales of [the first half of 2006] beat [the corresponding period of 2004]", "2004-01-01..2004-06-30"),
        ("In [the year to February 1997] costs rose, after [the same period last year]", "1995-03-01..1996-02-29"),
        ("It had 12 goats in [1996] and 30 [a year before]", "1995-01-01..1995-12-31"),
        ("Sales grew from [April to June]. In [the period] costs fell", "2026-04-01..2026-06-30"),
    ],
)
def test_a_comparison_takes_the_same_part_of_another_year(marked: str, days: str) -> None:
    assert last_days(marked, dt.date(1997, 4, 16) if "1997" in marked else THURSDAY) == days


@pytest.mark.parametrize(
    ("marked", "days"),
    [
        ("It came in [May 2023]. By [the end of the year], it was gone", "2023-12-31..2023-12-31"),
        ("It came on [Sept. 9]. [Later that month] it left", "2026-09-10..2026-09-30"),
        ("Guests came on [Tuesday], in [the early hours]", "2026-11-17..2026-11-17"),
        ("It rained on [Tuesday] and drizzled in [the day]", "2026-11-17..2026-11-17"),
    ],
)
def test_a_part_belongs_to_what_was_just_named(marked: str, days: str) -> None:
    assert last_days(marked) == days


def test_the_start_of_a_range_comes_before_its_end() -> None:
    start, end = resolve("Between [January] and [October] it rained", dt.date(2026, 11, 25))
    assert isinstance(start, Period)
    assert isinstance(end, Period)
    assert (start.first, end.last) == (dt.date(2026, 1, 1), dt.date(2026, 10, 31))


def test_a_year_from_january_to_november_is_over_in_december() -> None:
    start, end = resolve("From [January] to [November] exports rose", dt.date(2026, 12, 12))
    assert isinstance(start, Period)
    assert isinstance(end, Period)
    assert (start.first, end.last) == (dt.date(2026, 1, 1), dt.date(2026, 11, 30))


def test_last_year_is_the_one_before_that_of_the_figures() -> None:
    text = "Profit rose in [the fourth quarter] from [the same period last year]"
    assert last_days(text, dt.date(2027, 2, 1)) == "2025-10-01..2025-12-31"


def test_and_alone_makes_no_range() -> None:
    start, _ = resolve("It rains in [January] and [October]", dt.date(2026, 11, 25))
    assert isinstance(start, Period)
    assert start.first == dt.date(2027, 1, 1)


def test_what_is_only_compared_with_is_not_what_the_text_goes_on_about() -> None:
    marked = "Sales in [the third quarter] were up from [a year earlier]; costs were flat from [a year earlier]"
    assert last_days(marked) == "2025-07-01..2025-09-30"


@pytest.mark.parametrize("date", ["that day", "the previous month", "a year earlier", "the same period last year"])
def test_with_nothing_before_it_has_no_days(date: str) -> None:
    assert last_days(f"It rained on [{date}]") == ""
    assert last_days(f"It rained [recently] and on [{date}]") == ""


def test_the_documents_own_month_is_not_that_month() -> None:
    assert last_days("In [August] it rained. On [Tuesday] he spoke of [that month]") == "2026-08-01..2026-08-31"


def test_without_a_reference_full_dates_still_carry() -> None:
    assert last_days("It rained on [June 3, 2006] and [the next day]", None) == "2006-06-04..2006-06-04"
    assert last_days("It rained on [Tuesday] and [the next day]", None) == ""


_DATES = st.sampled_from(
    [
        *("last week", "June 3", "2008", "the third quarter", "the 1990s", "last winter", "today", "9999", "0001"),
        *("that year", "the next day", "the previous Friday", "a year earlier", "400 years before", "two hours later"),
        *("the same period last year", "the period", "the comparable year-ago quarter", "that decade", "February 29"),
        *("9000 years later", "last year's month", "the previous century", "those days", "two periods later"),
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(_DATES, max_size=8), st.none() | st.dates())
def test_nothing_raises_and_no_period_runs_backwards(dates: list[str], reference: dt.date | None) -> None:
    for value in resolve(" and ".join(f"[{date}]" for date in dates), reference):
        if isinstance(value, Period) and value.first and value.last:
            assert value.first <= value.last
        else:
            assert isinstance(value, Unparsed) or value.first is value.last is None
