"""The readers of dates that other dates of the text place: "the previous month", "the same period last year".

The anchor knows what the text has named so far. Where that is not enough, they keep a TIMEX3 value as far as it goes,
and give no days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.date_anchor import Lean
from claimex.normalize.date_points import PointReaders, Tokens
from claimex.schema import Grain, Period

_STEPS = {"that": 0, "previous": -1, "following": 1, "earlier": -1, "before": -1, "later": 1, "after": 1}
# What is compared with the same stretch of another year.
_COMPARED = frozenset(("period", "half", "quarter", "month", "week", "day"))

_MONTH, _SEASON = 31, 100  # days
_HALF_A_DAY = 12 * 60 * 60  # seconds; what is longer leads into another day

_THAT = Token(Kind.ANAPHOR, "that")


class AnaphoricReaders(PointReaders):
    """Each reader takes all of its tokens or returns None."""

    __slots__ = ()

    def _anaphoric(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.ANAPHOR)]:
                return Period("PAST_REF", Grain.PERIOD)
            case [Token(Kind.UNIT, "period")] | [Token(Kind.RELATIVE, "last" | "this"), Token(Kind.UNIT, "period")]:
                return self.anchor.antecedent("period")
            case [Token(Kind.UNIT, "day")]:
                return self.anchor.antecedent("day")
            case [Token(Kind.RELATIVE, "coming"), Token(Kind.UNIT, "day")]:
                return self._beside("day", 1)
            case [Token(Kind.RELATIVE, "coming"), Token(Kind.UNIT, "week" | "month" | "year" as unit)] if (
                self.follows and self._told(unit)
            ):
                return self._beside(unit, 1)
            case [Token(Kind.ANAPHOR, str(word)), Token(Kind.UNIT, str(unit))]:
                return self._beside(unit, _STEPS[word])
            case [*count, Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.EDGE, "earlier" | "later")] if (
                _seconds(count, unit) < _HALF_A_DAY
            ):
                return self.anchor.antecedent("day")  # "an hour later" it is still the same day
            case [Token(Kind.ANAPHOR, str(word)), Token(Kind.WEEKDAY, int(number))]:
                return self._weekday_beside(number, _STEPS[word])
            case [
                Token(Kind.ANAPHOR, "previous" | "following" as word),
                Token(Kind.NUMBER, int(count)),
                Token(Kind.UNITS, unit),
            ]:
                return self._beside_many(str(unit), count * _STEPS[word]) or self.read(tokens[1:])
            case [Token(Kind.ANAPHOR), *length] if length[-1].kind is Kind.UNITS:  # "that two years"
                return self.read(tuple(length))
            case [
                Token(Kind.VAGUE | Kind.UNITS),
                *_,
                Token(Kind.EDGE | Kind.ANAPHOR, "earlier" | "later" | "before" | "after" as where),
            ]:
                return Period("PAST_REF" if _STEPS[where] < 0 else "FUTURE_REF", Grain.PERIOD)
        return self._counted(tokens) or self._from_day(tokens) or self._compared(tokens)

    def _beside(self, unit: str, step: int) -> Period | None:
        """That unit, or the one before or after it."""
        base = self.anchor.antecedent(unit)
        if unit == "period":
            return base if step == 0 else None
        if base is None or base.first is None:
            return calendar.unknown(unit)
        return self._moved(base, unit, step)

    def _moved(self, base: Period, unit: str, count: int) -> Period:
        """The unit so many units away; a week that does not begin with a Monday moves with its days."""
        assert base.first is not None
        if unit == "week" and base.last and (base.last - base.first).days == 6 and base.first.isoweekday() != 1:
            first, last = (calendar.shift(day, "day", 7 * count) for day in (base.first, base.last))
            return calendar.between(first, last, base.timex if base.timex.startswith("P") else None)
        return self.anchor.seen_from(base.first).unit(unit, count)

    def _day_long_ago(self) -> Period | None:
        """The day that the text was at, where it is more than a month ago: not that on which somebody spoke."""
        base, day = self.anchor.antecedent("day"), self.anchor.day
        return base if base and base.last and day and (day - base.last).days > _MONTH else None

    def _told(self, unit: str) -> bool:
        """Whether the text tells what followed something long ago: "In 2016 he won. The next year he was jailed"."""
        base, day = self.anchor.antecedent(unit), self.anchor.day
        if base is None or base.last is None or day is None:
            return False
        return self.anchor.lean is Lean.PAST and calendar.shift(base.last, unit, 1) <= day

    def _beside_many(self, unit: str, count: int) -> Period | None:
        """So many units before or after the one that the text was at: "the previous two months"."""
        base = self.anchor.antecedent(unit) if unit not in calendar.SECONDS_IN else None
        if base is None or base.first is None or base.last is None:
            return None
        edge = base.first if count < 0 else calendar.shift(base.last, "day", 1)
        first, after = sorted((edge, calendar.shift(edge, unit, count)))
        return calendar.between(first, calendar.shift(after, "day", -1), calendar.duration(unit, abs(count)))

    def _weekday_beside(self, number: int, step: int) -> Period:
        """ "The previous Friday", seen from the day that the text was at."""
        word = {-1: "last", 1: "next"}.get(step)
        base = self.anchor.antecedent("day")
        if base is None or base.first is None:
            return _without_days(self.anchor.weekday(number, word))
        return self.anchor.seen_from(base.first).weekday(number, word)

    def _counted(self, tokens: Tokens) -> Period | None:
        """ "Two days later", "a year earlier", "a year ago"; a year apart, it is the same part of the year."""
        steps = _steps(tokens)
        if steps is None:
            return None
        unit, count = steps
        compared = unit == "year" and count < 0
        base = self.anchor.antecedent("period" if compared else unit)
        if base is None and compared and self.follows and tokens[-1].kind is not Kind.AGO:
            base = self._day_long_ago()
        if tokens[-1].kind is Kind.AGO and (base is None or not compared or calendar.size(base) != "quarter"):
            return None  # counted from the document's day
        if base is None or base.first is None or unit in calendar.SECONDS_IN:
            return _without_days(self.anchor.unit(unit, count))
        return calendar.moved(base, count) if compared else self._moved(base, unit, count)

    def _from_day(self, tokens: Tokens) -> Period | None:
        """So many days from a day that is named: "the day before last Tuesday", "two weeks after Christmas"."""
        for size in (2, 3):
            steps, rest = _steps(tokens[:size]), tokens[size:]
            if steps and rest and tokens[size - 1].kind is Kind.ANAPHOR:
                day = self._read_grain(rest, Grain.DAY)
                return calendar.on(calendar.shift(day.first, *steps)) if day and day.first else day
        return None

    def _compared(self, tokens: Tokens) -> Period | None:
        """The same stretch of another year: "the same period last year", "the year-ago quarter"."""
        rest = tokens[1:] if tokens[:1] == (_THAT,) else tokens
        steps = _steps(rest[:2])
        if steps and steps[0] == "year" and (yearly := self._yearly(rest[2:])):  # "the year-ago third quarter"
            base = self.anchor.yearly(yearly)
            return calendar.moved(base, steps[1]) if base and base.first else base
        for unit, year in ((rest[:1], rest[1:]), (rest[-1:], rest[:-1])):
            if year and unit[0].kind is Kind.UNIT and unit[0].value in _COMPARED:
                return self._in_other_year(str(unit[0].value), year)
        return None

    def _in_other_year(self, unit: str, tokens: Tokens) -> Period | None:
        steps = _steps(tokens)
        year = self.anchor.unit(*steps) if steps and steps[0] == "year" else self._read_grain(tokens, Grain.YEAR)
        anchor = self.anchor.so_far() if tokens[-1].kind is Kind.AGO else self.anchor  # "ago" is counted from now
        base = anchor.antecedent(unit)
        if year is None or year.first is None or base is None or base.last is None:
            return year and _without_days(year)
        years = steps[1] if steps else year.first.year - base.last.year
        day = self.anchor.day
        if not years and day and (day - base.last).days < _SEASON and tokens[0] == Token(Kind.RELATIVE, "last"):
            years = -1  # in January, "last year" is the one that the figures are of
        return calendar.moved(base, years)


def _seconds(count: Sequence[Token], unit: str) -> float:
    """How long "half an hour", "several hours" or "40 minutes" take; what nobody counted takes one of its unit."""
    numbers = (token.value for token in count if token.kind is Kind.NUMBER)
    return int(str(next(numbers, 1))) * calendar.SECONDS_IN.get(unit, inf)


def _steps(tokens: Tokens) -> tuple[str, int] | None:
    """The unit and the signed count of "two days later", "year-ago"."""
    match tokens:
        case [*count, Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.EDGE | Kind.ANAPHOR | Kind.AGO, where)]:
            sign = where if isinstance(where, int) else _STEPS.get(str(where))
        case _:
            return None
    match count:
        case [] if tokens[0].kind is Kind.UNIT:
            number = 1
        case [Token(Kind.NUMBER, int(number))]:
            pass
        case _:
            return None
    return (unit, sign * number) if sign else None


def _without_days(period: Period) -> Period:
    return replace(period, first=None, last=None)
