"""Stretches of the calendar: units, their parts, and what recurs every year. Impossible days raise ValueError."""

from __future__ import annotations

import calendar as _calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from dateutil.easter import easter
from dateutil.relativedelta import MO, TH, relativedelta

from claimex.schema import Grain, Period

MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12, "decade": 120, "century": 1200}
DAYS_IN = {"day": 1, "week": 7, "weekend": 7, "fortnight": 14}
SECONDS_IN = {"second": 1, "minute": 60, "hour": 3600}
GRAINS = {
    "day": Grain.DAY,
    "week": Grain.WEEK,
    "month": Grain.MONTH,
    "quarter": Grain.QUARTER,
    "year": Grain.YEAR,
    "decade": Grain.DECADE,
    "century": Grain.CENTURY,
}
SEASONS = {3: "SP", 6: "SU", 9: "FA", 12: "WI"}
_DAY = dt.timedelta(days=1)
_CACHED = 4096  # results of a function: news speaks of the same days again and again
# Where the second and the last third of a unit begin, counted in smaller units.
_THIRDS = {
    Grain.WEEK: ("day", 2, 4),
    Grain.MONTH: ("day", 10, 20),
    Grain.QUARTER: ("month", 1, 2),
    Grain.SEASON: ("month", 1, 2),
    Grain.YEAR: ("month", 4, 8),
    Grain.DECADE: ("year", 4, 7),
    Grain.CENTURY: ("year", 33, 66),
}


def shift(day: dt.date, unit: str, count: int) -> dt.date:
    """``day`` moved by ``count`` units; months are clamped to their last day, hours rounded up to whole days."""
    if unit in MONTHS_IN:
        return day + relativedelta(months=count * MONTHS_IN[unit])
    if unit in DAYS_IN:
        return day + dt.timedelta(days=count * DAYS_IN[unit])
    if unit not in SECONDS_IN:
        raise ValueError(f"a {unit} may be of any length")
    days = -(-abs(count) * SECONDS_IN[unit] // 86400) if unit == "hour" else 0
    return day + dt.timedelta(days=days if count > 0 else -days)


def on(day: dt.date, suffix: str = "") -> Period:
    """A single day, with an optional time of day as in ``T09:30`` or ``TNI``."""
    return Period(day.isoformat() + suffix, Grain.DAY, day, day)


def night(day: dt.date) -> Period:
    """The night that begins on ``day``, which ends on the next."""
    return between(day, day + _DAY, day.isoformat() + "TNI")


def days(day: dt.date) -> int:
    """How many days the month of ``day`` has."""
    return _calendar.monthrange(day.year, day.month)[1]


def unknown(unit: str) -> Period:
    """A calendar unit of which nothing but the size is known: XXXX-WXX for a week."""
    pattern = {
        "week": "XXXX-WXX",
        "weekend": "XXXX-WXX-WE",
        "month": "XXXX-XX",
        "quarter": "XXXX-QX",
        "half": "XXXX-HX",
    }
    timex = pattern.get(unit, "XXXX" if unit in MONTHS_IN else "XXXX-XX-XX")
    return Period(timex, GRAINS.get(unit, Grain.PERIOD))


def between(first: dt.date, last: dt.date, timex: str | None = None, grain: Grain = Grain.PERIOD) -> Period:
    """The days from ``first`` to ``last``; ValueError where they run backwards."""
    if last < first:
        raise ValueError(f"{first} is after {last}")
    return Period(timex or f"{first}/{last}", grain, first, last)


@lru_cache(_CACHED)
def containing(unit: str, day: dt.date) -> Period:
    """The calendar unit that ``day`` lies in. Weeks start on Monday; a century is 1901-2000, a decade 1990-1999."""
    if unit in ("week", "weekend", "fortnight"):
        monday = day - dt.timedelta(days=day.weekday())
        year, number, _ = day.isocalendar()
        week = f"{year:04d}-W{number:02d}"
        if unit == "weekend":
            return between(monday + 5 * _DAY, monday + 6 * _DAY, week + "-WE")
        return between(monday, monday + 6 * _DAY, week, Grain.WEEK)
    if unit not in MONTHS_IN:
        return on(day)
    months = MONTHS_IN[unit]
    origin = 12 if unit == "century" else 0  # there was no year 0: the first century began with year 1
    index = (day.year * 12 + day.month - 1 - origin) // months * months + origin
    first = dt.date(max(1, index // 12), index % 12 + 1, 1)
    last = shift(dt.date(index // 12, index % 12 + 1, 1), unit, 1) - _DAY if index >= 12 else dt.date(9, 12, 31)
    return between(first, last, unit_timex(unit, day), GRAINS.get(unit, Grain.PERIOD))


def unit_timex(unit: str, day: dt.date) -> str:
    """TIMEX3 value of the month, quarter, half, year, decade or century that ``day`` lies in."""
    year = f"{day.year:04d}"
    match unit:
        case "month":
            return f"{year}-{day.month:02d}"
        case "quarter":
            return f"{year}-Q{(day.month + 2) // 3}"
        case "half":
            return f"{year}-H{(day.month + 5) // 6}"
        case "decade":
            return year[:3] + "X"
        case "century":
            return f"{(day.year - 1) // 100:02d}XX"
    return year


def duration(unit: str, count: int | None) -> str:
    """TIMEX3 value of a length of time: P3M, PT24H, P9M for three quarters, PXY where nobody counted the years."""
    if unit == "century" and count is None:
        return "PXC"
    if unit in ("second", "minute", "hour"):
        return f"PT{'X' if count is None else count}{unit[0].upper()}"
    for letter, size, sizes in (("Y", 12, MONTHS_IN), ("M", 1, MONTHS_IN), ("W", 7, DAYS_IN), ("D", 1, DAYS_IN)):
        if unit in sizes and sizes[unit] % size == 0 and unit != "weekend":
            return f"P{'X' if count is None else count * sizes[unit] // size}{letter}"
    if unit != "weekend":
        raise ValueError(f"a {unit} may be of any length")
    return f"P{'X' if count is None else 2 * count}D"


def half(unit: str) -> str:
    """TIMEX3 value of half a unit: P6M for half a year. ValueError where news never halves it."""
    if unit not in _HALVES:
        raise ValueError(f"half a {unit}")
    return duration(*_HALVES[unit])


def size(period: Period) -> str | None:
    """The calendar unit that the days of ``period`` fill: "quarter" for July to September; None for any other."""
    if period.first is None or period.last is None:
        return None
    for unit in ("day", "weekend", "week", *MONTHS_IN):
        whole = containing(unit, period.first)
        if (whole.first, whole.last) == (period.first, period.last):
            return unit
    return None


def moved(period: Period, years: int) -> Period:
    """The same part of another year: the third quarter of 2005 for that of 2006. ``period`` needs days."""
    assert period.first is not None
    assert period.last is not None
    first = shift(period.first, "year", years)
    last = shift(period.last + _DAY, "year", years) - _DAY  # counted from its end: a February keeps its last day
    if period.grain is Grain.SEASON:
        return season(first.month).of(first.year)
    unit = size(period)
    if unit is None:
        return between(first, last, period.timex if period.timex.startswith("P") else None)
    return containing(unit, first)


def edge(base: Period, name: str) -> Period:
    """The first day ("start"), last day ("end") or third ("early", "mid", "late"); the TIMEX3 value stays."""
    if base.first is None or base.last is None or (base.grain is Grain.DAY):
        return base
    if name in ("start", "end"):
        day = base.first if name == "start" else base.last
        return replace(base, grain=Grain.DAY, first=day, last=day)
    if base.grain not in _THIRDS:
        return replace(base, grain=Grain.PERIOD, first=None, last=None)
    unit, second, third = _THIRDS[base.grain]
    middle, end = shift(base.first, unit, second), shift(base.first, unit, third)
    first, last = {"early": (base.first, middle - _DAY), "mid": (middle, end - _DAY), "late": (end, base.last)}[name]
    return replace(base, grain=Grain.PERIOD, first=first, last=last)


def part(base: Period, unit: str, start: int, stop: int) -> Period:
    """The units number ``start`` to ``stop`` of ``base``, counted from 1, or from -1 at its end backwards.

    ``part(2006, "month", 1, 9)`` is January to September; ``part(2006, "quarter", -1, -1)`` the last quarter.
    """
    if base.first is None or base.last is None:
        letter = {"quarter": "-Q", "half": "-H"}.get(unit)
        timex = f"{base.timex}{letter}{start}" if letter and start == stop and start > 0 else base.timex
        return replace(base, timex=timex, grain=GRAINS.get(unit, Grain.PERIOD))
    if unit == "half" and base.grain is not Grain.YEAR:
        return _half_of(base.first, base.last, start)
    if start > 0:
        first, last = shift(base.first, unit, start - 1), shift(base.first, unit, stop) - _DAY
    else:
        end = base.last + _DAY
        first, last = shift(end, unit, start), shift(end, unit, stop + 1) - _DAY
    if first < base.first or last > base.last + 6 * _DAY:
        raise ValueError(f"{base.timex} has no such {unit}")
    last = min(last, base.last)
    if unit in MONTHS_IN or unit == "day":
        for wider in (unit, "half") if unit == "quarter" else (unit,):  # two quarters may be a half
            whole = containing(wider, first)
            if (whole.first, whole.last) == (first, last):
                return whole
    grain = GRAINS.get(unit, Grain.PERIOD) if start == stop else Grain.PERIOD
    return between(first, last, duration(unit, stop - start + 1) if start != stop else None, grain)


def _half_of(first: dt.date, last: dt.date, number: int) -> Period:
    """Whole months where they divide, else days: the first half of a century has 50 years, that of June 15 days."""
    end = last + _DAY
    months = 12 * (end.year - first.year) + end.month - first.month
    if first.day == end.day == 1 and months % 2 == 0:
        middle = shift(first, "month", months // 2)
    else:
        middle = first + (end - first) // 2
    if number not in (1, 2, -1):
        raise ValueError(f"half number {number}")
    return between(first, middle - _DAY) if number == 1 else between(middle, last)


_HALVES = {
    "minute": ("second", 30),
    "hour": ("minute", 30),
    "day": ("hour", 12),
    "year": ("month", 6),
    "decade": ("year", 5),
    "century": ("year", 50),
}


@dataclass(frozen=True, slots=True)
class Yearly:
    """What comes once in a year: ``timex`` without the year, and the function from year to period."""

    timex: str
    grain: Grain
    of: Callable[[int], Period]


@lru_cache(_CACHED)
def month(number: int) -> Yearly:
    """January is 1."""
    return Yearly(f"{number:02d}", Grain.MONTH, lambda year: containing("month", dt.date(year, number, 1)))


@lru_cache(_CACHED)
def month_day(number: int, day: int) -> Yearly:
    """June 3 is (6, 3)."""
    return Yearly(f"{number:02d}-{day:02d}", Grain.DAY, lambda year: on(dt.date(year, number, day)))


@lru_cache(_CACHED)
def season(first_month: int) -> Yearly:
    """Three calendar months; winter counts to the year of its December."""

    def of(year: int) -> Period:
        first = dt.date(year, first_month, 1)
        return between(first, shift(first, "quarter", 1) - _DAY, f"{year:04d}-{SEASONS[first_month]}", Grain.SEASON)

    return Yearly(SEASONS[first_month], Grain.SEASON, of)


@lru_cache(_CACHED)
def part_of_year(unit: str, number: int) -> Yearly:
    """The third quarter is ("quarter", 3)."""
    first_month = MONTHS_IN[unit] * (number - 1) + 1
    return Yearly(
        f"{unit[0].upper()}{number}",
        GRAINS.get(unit, Grain.PERIOD),
        lambda year: containing(unit, dt.date(year, first_month, 1)),
    )


@lru_cache(_CACHED)
def holiday(name: str) -> Yearly:
    """By the names in ``calendar_words.PHRASES``."""
    return Yearly("XX-XX", Grain.DAY, lambda year: on(_HOLIDAYS[name](year)))


def _fixed(number: int, day: int) -> Callable[[int], dt.date]:
    return lambda year: dt.date(year, number, day)


_HOLIDAYS: dict[str, Callable[[int], dt.date]] = {
    "new year's day": _fixed(1, 1),
    "valentine's day": _fixed(2, 14),
    "international women's day": _fixed(3, 8),
    "may day": _fixed(5, 1),
    "canada day": _fixed(7, 1),
    "bastille day": _fixed(7, 14),
    "veterans day": _fixed(11, 11),
    "good friday": lambda year: easter(year) - 2 * _DAY,
    "easter": easter,
    "easter monday": lambda year: easter(year) + _DAY,
    "memorial day": lambda year: dt.date(year, 5, 31) + relativedelta(weekday=MO(-1)),
    "independence day": _fixed(7, 4),
    "labor day": lambda year: dt.date(year, 9, 1) + relativedelta(weekday=MO(1)),
    "halloween": _fixed(10, 31),
    "election day": lambda year: dt.date(year, 11, 1) + relativedelta(weekday=MO(1)) + _DAY,
    "thanksgiving": lambda year: dt.date(year, 11, 1) + relativedelta(weekday=TH(4)),
    "christmas eve": _fixed(12, 24),
    "christmas": _fixed(12, 25),
    "boxing day": _fixed(12, 26),
    "new year's eve": _fixed(12, 31),
    "year-end": _fixed(12, 31),
}
