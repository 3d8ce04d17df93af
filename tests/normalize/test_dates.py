"""Dates of the news, against a document's own day. All phrases and contexts are made up."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.normalize.dates import WeekdayPolicy, parse_date
from claimex.schema import Grain, Period, Unparsed

THURSDAY = dt.date(2026, 11, 19)


def days(text: str, reference: dt.date | None = THURSDAY, *, before: str = "", after: str = "") -> str:
    """The days as FIRST..LAST, a single day once, "" for none."""
    period = parse_date(text, reference, before=before, after=after)
    assert isinstance(period, Period), period
    if period.first is None or period.last is None:
        return ""
    return str(period.first) if period.first == period.last else f"{period.first}..{period.last}"


def timex(text: str, reference: dt.date | None = THURSDAY) -> str:
    period = parse_date(text, reference)
    assert isinstance(period, Period), period
    return period.timex


def reason(text: str, reference: dt.date | None = THURSDAY) -> str:
    value = parse_date(text, reference)
    assert isinstance(value, Unparsed), value
    return value.reason


# Phrases on which general date libraries fail, with the answers of the annotation guidelines.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on Tuesday alone", "2026-11-17"),
        ("in the past 24 hours", "2026-11-18..2026-11-19"),
        ("over the past three days", "2026-11-16..2026-11-19"),
        ("since February 2022", "2022-02-01..2022-02-28"),
        ("first quarter of 2024", "2024-01-01..2024-03-31"),
        ("overnight", "2026-11-18..2026-11-19"),
        ("early on Wednesday", "2026-11-18"),
        ("between 1 and 5 May", "2026-05-01..2026-05-05"),
        ("as of November 18", "2026-11-18"),
        ("summer of 2023", "2023-06-01..2023-08-31"),
        ("by the end of the year", "2026-12-31"),
        ("Nov 3-5", "2026-11-03..2026-11-05"),
        ("the previous day", ""),
        ("on the 12th", "2026-11-12"),
        ("in 2023", "2023-01-01..2023-12-31"),
        ("last week", "2026-11-09..2026-11-15"),
        ("a decade ago", "2016-01-01..2016-12-31"),
        ("last Tuesday", "2026-11-17"),
        ("2012–13", "2012-01-01..2013-12-31"),
    ],
)
def test_phrases_that_date_libraries_miss(text: str, expected: str) -> None:
    assert days(text) == expected


def test_an_event_is_no_date() -> None:
    assert "war" in reason("since the start of the war")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-11-19"),
        ("yesterday", "2026-11-18"),
        ("tomorrow", "2026-11-20"),
        ("tonight", "2026-11-19"),
        ("last night", "2026-11-18"),
        ("Thursday", "2026-11-19"),
        ("Friday", "2026-11-13"),
        ("Monday night", "2026-11-16"),
        ("9:30 a.m. Tuesday", "2026-11-17"),
        ("11:45 a.m. (0845 GMT) Tuesday", "2026-11-17"),
        ("about 10:15 a.m.", "2026-11-19"),
        ("morning", "2026-11-19"),
        ("mid afternoon", "2026-11-19"),
        ("overnight Sunday", "2026-11-15..2026-11-16"),
        ("last Friday, Nov. 13", "2026-11-13"),
        ("the weekend", "2026-11-14..2026-11-15"),
        ("last weekend", "2026-11-14..2026-11-15"),
        ("this week", "2026-11-16..2026-11-22"),
        ("late last week", "2026-11-13..2026-11-15"),
        ("Tuesday last week", "2026-11-10"),
        ("four weeks ago", "2026-10-19..2026-10-25"),
        ("10 days ago", "2026-11-09"),
        ("two months ago", "2026-09-01..2026-09-30"),
        ("10 years ago", "2016-01-01..2016-12-31"),
        ("the past two months", "2026-09-19..2026-11-19"),
        ("the last 24 hours", "2026-11-18..2026-11-19"),
        ("the past year", "2025-11-19..2026-11-19"),
        ("the next six months", "2026-11-19..2027-05-19"),
        ("the next 30-60 days", "2026-11-19..2027-01-18"),
        ("this month", "2026-11-01..2026-11-30"),
        ("last month", "2026-10-01..2026-10-31"),
        ("next year", "2027-01-01..2027-12-31"),
        ("last November", "2025-11-01..2025-11-30"),
        ("next February", "2027-02-01..2027-02-28"),
        ("January last year", "2025-01-01..2025-01-31"),
        ("Oct. 23 last year", "2025-10-23"),
        ("June", "2026-06-01..2026-06-30"),
        ("early June", "2026-06-01..2026-06-10"),
        ("mid-June", "2026-06-11..2026-06-20"),
        ("mid-March of last year", "2025-03-11..2025-03-20"),
        ("late-February", "2026-02-21..2026-02-28"),
        ("early next year", "2027-01-01..2027-04-30"),
        ("mid-1997", "1997-05-01..1997-08-31"),
        ("late 2004", "2004-09-01..2004-12-31"),
        ("the end of 2005", "2005-12-31"),
        ("the beginning of May", "2026-05-01"),
        ("year-end", "2026-12-31"),
        ("earlier this year", "2026-01-01..2026-12-31"),
        ("later this month", "2026-11-01..2026-11-30"),
        ("the rest of the month", "2026-11-19..2026-11-30"),
        ("the past half-century", "1976-11-19..2026-11-19"),
        ("the last quarter", "2026-07-01..2026-09-30"),
        ("9/11", "2001-09-11"),
        ("the third quarter", "2026-07-01..2026-09-30"),
        ("last year's third quarter", "2025-07-01..2025-09-30"),
        ("Q3 2024", "2024-07-01..2024-09-30"),
        ("the first half of this year", "2026-01-01..2026-06-30"),
        ("the first nine months", "2026-01-01..2026-09-30"),
        ("the last three months of 2015", "2015-10-01..2015-12-31"),
        ("the first week of June", "2026-06-01..2026-06-07"),
        ("the week ending November 14", "2026-11-08..2026-11-14"),
        ("the year to March 1997", "1996-04-01..1997-03-31"),
        ("the fiscal year ended June 30", "2025-07-01..2026-06-30"),
        ("the third quarter ended Oct. 31", "2026-08-01..2026-10-31"),
        ("the year 2019", "2019-01-01..2019-12-31"),
        ("the month of March", "2026-03-01..2026-03-31"),
        ("the years 2007 to 2014", "2007-01-01..2014-12-31"),
        ("the 2006-2010 period", "2006-01-01..2010-12-31"),
        ("the August-October period", "2026-08-01..2026-10-31"),
        ("a good part of 2019", "2019-01-01..2019-12-31"),
        ("this September", "2026-09-01..2026-09-30"),
        ("this February", "2026-02-01..2026-02-28"),
        ("last summer", "2026-06-01..2026-08-31"),
        ("the winter of 1994", "1994-12-01..1995-02-28"),
        ("the 1990s", "1990-01-01..1999-12-31"),
        ("the early '90s", "1990-01-01..1993-12-31"),
        ("the mid-1990s", "1994-01-01..1996-12-31"),
        ("the second half of the 20th century", "1951-01-01..2000-12-31"),
        ("the twenty-first century", "2001-01-01..2100-12-31"),
        ("nineteen ninety-six", "1996-01-01..1996-12-31"),
        ("Thanksgiving Day 2025", "2025-11-27"),
        ("New Year’s Eve", "2026-12-31"),
    ],
)
def test_days(text: str, expected: str) -> None:
    assert days(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3rd of June", "2026-06-03"),
        ("13/06/2006", "2006-06-13"),
        ("06/13/2006", "2006-06-13"),
        ("NOV . 17 - 19", "2026-11-17..2026-11-19"),
        ("oct.29", "2026-10-29"),
        ("June 3 and 4", "2026-06-03..2026-06-04"),
        ("May 1 to 5", "2026-05-01..2026-05-05"),
        ("Jan. 27-Feb.1", "2026-01-27..2026-02-01"),
        ("July 12-August 14, 2006", "2006-07-12..2006-08-14"),
        ("the January 1-October 31 2007 period", "2007-01-01..2007-10-31"),
        ("the July-to-September quarter", "2026-07-01..2026-09-30"),
        ("1990-95", "1990-01-01..1995-12-31"),
        ("1999-00", "1999-01-01..2000-12-31"),
        ("2006/07", "2006-01-01..2007-12-31"),
        ("Monday to Friday", "2026-11-09..2026-11-13"),
        ("December to February", "2025-12-01..2026-02-28"),
    ],
)
def test_spellings_and_ranges(text: str, expected: str) -> None:
    assert days(text) == expected


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("The board will meet on ", "Friday", "2026-11-20"),
        ("The board met on ", "Friday", "2026-11-13"),
        ("The bridge is expected to open in ", "March", "2027-03-01..2027-03-31"),
        ("The bridge opened in ", "March", "2026-03-01..2026-03-31"),
        # the verb goes before the preposition
        ("Shops have to close until ", "Saturday", "2026-11-14"),
        ("closed until ", "Saturday", "2026-11-14"),
        ("a ban until ", "Saturday", "2026-11-21"),
        ("The ferry may sail as early as ", "Monday", "2026-11-23"),
        ("a dividend payable ", "Feb. 1", "2027-02-01"),
        # no tense in the end of a word
        ("He will succeed A. B. Orlo ", "Feb. 1", "2027-02-01"),
        ("Voters have until ", "Saturday", "2026-11-21"),
        ("The mayor has given the last tenants until ", "Saturday", "2026-11-21"),
        ("The mayor has let tenants stay until ", "Saturday", "2026-11-14"),
        ("The fair was called off due to snow on ", "Saturday", "2026-11-14"),
        ("The talks, due to begin on ", "Saturday", "2026-11-21"),
        ("The report is due to reach them on ", "Saturday", "2026-11-21"),
        ("They planned a march through the old town on ", "Saturday", "2026-11-21"),
        ("The hearing begins in ", "December", "2026-12-01..2026-12-31"),
        # what has just been, though the tense is of things to come: the next one is too far away
        ("New help would go to the towns that the ", "Nov. 7", "2026-11-07"),
        ("Polls ahead of ", "Friday", "2026-11-20"),
        ("If the reds win again on ", "Friday", "2026-11-20"),
        ("Prices have doubled since ", "January", "2026-01-01..2026-01-31"),
        ("He hopes for more in ", "the first quarter", "2027-01-01..2027-03-31"),
        ("It was half of what was sold in ", "the first quarter", "2026-01-01..2026-03-31"),
        ("A record of ", "the first half of the year", "2026-01-01..2026-06-30"),
        # what is held on a day
        ("Pickets before a summit of the two towns on ", "Friday", "2026-11-20"),
        ("Turnout will reach 3.5 million on ", "Friday", "2026-11-20"),
        ("Wool fell more than expected on ", "Friday", "2026-11-13"),
        ("A fire broke out next to a school on ", "Friday", "2026-11-13"),
        ("Wool sank on ", "Friday", "2026-11-13"),
        ("Exports rose in ", "the first half", "2026-01-01..2026-06-30"),
        ("It rose at ", "10:25 a.m. Beijing time", "2026-11-19"),
        ("It rose at ", "14.30 GMT", "2026-11-19"),
        ("Sales rose ", "so far this year", "2026-01-01..2026-12-31"),
        ("The trial resumes on ", "Friday", "2026-11-20"),
        ("A poll of 900 farmers taken on ", "Friday", "2026-11-13"),
        ("Rows at the council meeting led to a walkout on ", "Friday", "2026-11-13"),
        # another sentence's tense counts for nothing
        ("It will end. He left on ", "Friday", "2026-11-13"),
    ],
)
def test_tense_turns_a_date_round(before: str, text: str, expected: str) -> None:
    assert days(text, before=before) == expected


def test_the_tense_behind_counts_where_none_stands_before() -> None:
    assert days("Monday", after=", when the ministers will sign the paper") == "2026-11-23"


def test_the_documents_own_weekday_is_its_own_day() -> None:
    assert days("Thursday", before="The board will meet on ") == days("Thursday", before="It met on ") == "2026-11-19"
    assert days("last Thursday") == "2026-11-12"
    assert days("next Thursday") == "2026-11-26"


@pytest.mark.parametrize(
    ("policy", "bare", "last", "following"),
    [
        (WeekdayPolicy.NEAREST_PAST, "2026-11-17", "2026-11-17", "2026-11-24"),
        (WeekdayPolicy.NEAREST_FUTURE, "2026-11-24", "2026-11-17", "2026-11-24"),
        (WeekdayPolicy.CALENDAR_WEEK, "2026-11-17", "2026-11-10", "2026-11-24"),
    ],
)
def test_weekday_policy(policy: WeekdayPolicy, bare: str, last: str, following: str) -> None:
    for text, expected in (("Tuesday", bare), ("last Tuesday", last), ("next Tuesday", following)):
        period = parse_date(text, THURSDAY, policy=policy)
        assert isinstance(period, Period)
        assert str(period.first) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("this year", "2026"),
        ("the past year", "2025"),
        ("the coming year", "2027"),
        ("last month", "2026-10"),
        ("last week", "2026-W46"),
        ("the third quarter", "2026-Q3"),
        ("last summer", "2026-SU"),
        ("the 1990s", "199X"),
        ("the 20th century", "19XX"),
        ("Wednesday evening", "2026-11-18TEV"),
        ("tonight", "2026-11-19TNI"),
        ("Tuesday morning", "2026-11-17TMO"),
        ("9:30 p.m. Tuesday", "2026-11-17T21:30"),
        ("the past two months", "P2M"),
        ("the past 24 hours", "PT24H"),
        ("three quarters", "P9M"),
        ("half a year", "P6M"),
        ("5 1/2 hours", "PT5H30M"),
        ("a year and a half", "P1Y6M"),
        ("recent days", "PXD"),
        ("several years", "PXY"),
        ("several years ago", "PAST_REF"),
        ("now", "PRESENT_REF"),
        ("these days", "PRESENT_REF"),
        ("at the moment", "PRESENT_REF"),
        ("at the time", "PAST_REF"),
        ("soon", "FUTURE_REF"),
        ("in the near future", "FUTURE_REF"),
        ("a while", "PXX"),
        ("a while ago", "PAST_REF"),
        ("daily", "P1D"),
        ("each year", "P1Y"),
        ("every two weeks", "P2W"),
        ("every Monday", "XXXX-WXX-1"),
        ("Sundays", "XXXX-WXX-7"),
        ("Mondays and Fridays", "XXXX-WXX-1/XXXX-WXX-5"),
        ("11 o'clock at night", "2026-11-19T23:00"),
        ("one o'clock Wednesday morning", "2026-11-18T01:00"),
        ("12 o'clock at night", "2026-11-19T24:00"),
        ("much of 1996", "1996"),
        ("the third century AD", "02XX"),
        ("Bastille Day", "2026-07-14"),
        ("a three-year period", "P3Y"),
        ("a period of three years", "P3Y"),
        ("the following two years", "P2Y"),
        ("half a century", "P50Y"),
        ("barely 18 months", "P18M"),
        ("the third straight year", "P1Y"),
        ("the fiscal first quarter ended Sept. 30", "2026-Q1"),
        ("fiscal 2007", "2007"),
        ("the end of 2005", "2005"),
        ("nov. 3-5", "2026-11-03/2026-11-05"),
        ("the first two quarters of 2007", "2007-H1"),
        ("eight trading days", "P8D"),
        ("the weeks ahead", "PXW"),
        ("three years' time", "2029"),
        ("a week's time", "2026-W48"),
        ("two days time", "2026-11-21"),
        ("future quarters", "FUTURE_REF"),
        ("centuries", "PXC"),
    ],
)
def test_timex(text: str, expected: str) -> None:
    assert timex(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday", "XXXX-WXX-2"),
        ("last Tuesday", "XXXX-WXX-2"),
        ("June", "XXXX-06"),
        ("June 3", "XXXX-06-03"),
        ("the third quarter", "XXXX-Q3"),
        ("summer", "XXXX-SU"),
        ("last week", "XXXX-WXX"),
        ("this year", "XXXX"),
        ("yesterday", "XXXX-XX-XX"),
        ("the 12th", "XXXX-XX-12"),
        ("the past three days", "P3D"),
    ],
)
def test_without_a_reference_what_is_relative_stays_underspecified(text: str, expected: str) -> None:
    assert parse_date(text, None) == Period(expected, Grain(parse_grain(text)))
    assert days(text, None) == ""


def parse_grain(text: str) -> Grain:
    period = parse_date(text, THURSDAY)
    assert isinstance(period, Period)
    return period.grain


def test_without_a_reference_a_full_date_is_a_date() -> None:
    assert days("June 3, 2006", None) == "2006-06-03"
    assert days("the end of 2005", None) == "2005-12-31"


@pytest.mark.parametrize(
    "text",
    ["that day", "the same year", "a year earlier", "three days later", "the same period last year", "the morning"],
)
def test_what_points_into_the_text_has_no_days(text: str) -> None:
    assert days(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "five years",
        "recent weeks",
        "the coming months",
        "fiscal 2007",
        "a few months ago",
        "every Monday",
        "these years",
    ],
)
def test_days_that_cannot_be_known(text: str) -> None:
    assert days(text) == ""


def test_the_span_may_lean_on_its_neighbours() -> None:
    assert days("25", before="from April 24 to ") == "2026-04-25"
    assert days("the six months", after=" ended Sept. 30, the firm said") == "2026-04-01..2026-09-30"
    assert days("the six months", after=" of talks") == ""
    assert days("this year", after=" through August") == "2026-01-01..2026-12-31"
    assert days("this fiscal year", after=", which ends June 30, may bring more") == "2026-07-01..2027-06-30"
    assert days("the previous budget year", after=" that ended on July 7") == "2025-07-08..2026-07-07"
    assert days("10 years", after=", through fiscal year 2035") == "", "a fiscal year ends when its owner likes"


def test_what_is_not_understood_is_unparsed_with_a_reason() -> None:
    assert "day and month" in reason("03/06/2006")
    assert "no such date" in reason("Feb. 30")
    assert "no such date" in reason("February 29, 2023")
    assert "no such date" in reason("June 31, 2006")
    assert "no such date" in reason("0000")
    assert "'farming'" in reason("last farming season")
    assert "too long" in reason("May " * 1000)
    assert reason("") == reason("  ") == "not a date that the grammar knows"
    assert days("February 29") == "2024-02-29"
    assert days("2006-02-28", before="since 03/06/2006 and ") == "2006-02-28"


def test_word_salad_takes_no_exponential_time() -> None:
    """Without a memory of what was read, each of these keeps a processor busy for seconds to minutes."""
    salads = ("earlier and 12th start winter noon three month three the 3", "overnight Nov. start month")
    for text in (*salads, "that month noon fiscal Nov. a 3 night earlier hours 1990s start days"):
        for reference in (None, THURSDAY):
            value = parse_date(text, reference, before="June 3 and ", after=f" through {text}")
            assert isinstance(value, Period | Unparsed)


@pytest.mark.parametrize("edge", [dt.date.min, dt.date.max])
def test_the_calendars_ends_do_not_raise(edge: dt.date) -> None:
    for text in (
        "yesterday",
        "tomorrow",
        "last century",
        "9999 years ago",
        "next decade",
        "Monday",
        "December",
        "winter",
    ):
        assert isinstance(parse_date(text, edge), Period | Unparsed)
    assert isinstance(parse_date("9" * 190 + " years ago", THURSDAY), Unparsed)


MONTHS = [f"{dt.date(2000, month, 1):%B}" for month in range(1, 13)]
STYLES = (
    "{d:%Y-%m-%d}",
    "{month} {d.day}, {d:%Y}",
    "{month} {d.day} {d:%Y}",
    "{d.day} {month} {d:%Y}",
    "the {d.day}th of {month}, {d:%Y}",
    "{abbreviated}. {d.day}, {d:%Y}",
    "{d:%A}, {month} {d.day}, {d:%Y}",
    "{upper}\N{NO-BREAK SPACE}{d.day} , {d:%Y}",
    "noon on {month} {d.day}, {d:%Y}",
    "7:05 p.m. on {d.day} {month} {d:%Y}",
    "early {d:%A}, {d.day} {abbreviated} {d:%Y}",
)
REFERENCES = st.one_of(st.none(), st.dates())


@settings(deadline=None)
@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)), st.sampled_from(STYLES), REFERENCES)
def test_every_style_of_a_full_date_is_that_day(day: dt.date, style: str, reference: dt.date | None) -> None:
    month = MONTHS[day.month - 1]
    text = style.format(d=day, month=month, abbreviated=month[:3], upper=month.upper())
    assert days(text, reference) == str(day)


@settings(deadline=None)
@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)), st.integers(0, 6))
def test_a_weekday_is_found_within_the_week(reference: dt.date, back: int) -> None:
    day = reference - dt.timedelta(days=back)
    assert days(f"{day:%A}", reference) == str(day)


_WORDS = (
    "last past next this the a first third half of early mid late end start Tuesday June Nov. 3 31 12th 2006 1990s "
    "year month week quarter days decade century weekend hours ago earlier later to and - / ending fiscal overnight "
    "night 9:30 p.m. noon winter Easter three several recent that previous 0000 9999 99 24:61 in by ½ 10000000000000"
)
VOCABULARY = _WORDS.split()


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join)),
    REFERENCES,
    st.text(max_size=40),
    st.one_of(st.text(max_size=40), st.lists(st.sampled_from(VOCABULARY), max_size=5).map(" ended ".join)),
    st.sampled_from(WeekdayPolicy),
)
def test_nothing_raises_and_no_period_runs_backwards(
    text: str, reference: dt.date | None, before: str, after: str, policy: WeekdayPolicy
) -> None:
    value = parse_date(text, reference, before=before, after=after, policy=policy)
    if isinstance(value, Unparsed):
        assert value.reason
        return
    assert value.timex
    assert (value.first is None) == (value.last is None)
    if value.first and value.last:
        assert value.first <= value.last
