"""The readers of single dates and plain lengths of time, absolute or counted from the document's day."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.date_anchor import DIRECTIONS, Anchor
from claimex.schema import Grain, Period

Tokens: TypeAlias = tuple[Token, ...]

CONNECTORS = (Kind.TO, Kind.AND, Kind.DASH)


@dataclass(frozen=True, slots=True)
class PointReaders(ABC):
    """Each reader takes all of its tokens or returns None. ``month`` is that of the date before a bare day.

    ``known`` remembers what was read: readers try many cuts of the same tokens, which would else take exponential time.
    """

    anchor: Anchor
    month: int | None = None
    known: dict[Tokens, Period | None] = field(default_factory=dict, compare=False)

    @abstractmethod
    def read(self, tokens: Tokens) -> Period | None:
        """The period that all of ``tokens`` stand for, by whichever reader knows the pattern."""

    def _read_grain(self, tokens: Tokens, grain: Grain) -> Period | None:
        period = self.read(tokens)
        return period if period and period.grain is grain else None

    def _absolute(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.DATE, (year, month, day))]:
                return calendar.on(dt.date(year, month, day))
            case [Token(Kind.YEAR, int(year))] | [Token(Kind.UNIT, "year"), Token(Kind.YEAR, int(year))]:
                return calendar.containing("year", dt.date(year, 1, 1))
            case [Token(Kind.DECADE, int(year))]:
                return calendar.containing("decade", dt.date(year, 1, 1))
            case [Token(Kind.ORDINAL | Kind.DAY, int(number)), Token(Kind.UNIT, "century")]:
                return calendar.containing("century", dt.date(100 * number - 99, 1, 1))
        return None

    def _deictic(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.REFERENCE, str(timex))]:
                return Period(timex, Grain.PERIOD)
            case [Token(Kind.EDGE, "earlier")] | [Token(Kind.RELATIVE, "last" | "past" | "recent")]:
                return Period("PAST_REF", Grain.PERIOD)
            case [Token(Kind.EDGE, "later")] | [Token(Kind.RELATIVE, "next" | "coming")]:
                return Period("FUTURE_REF", Grain.PERIOD)
            case [Token(Kind.RELATIVE, "this")]:
                return Period("PRESENT_REF", Grain.PERIOD)
            case [Token(Kind.DEICTIC, "overnight")]:
                return self.anchor.overnight()
            case [Token(Kind.DEICTIC, str(word))]:
                return self.anchor.named_day(word)
            case [Token(Kind.DEICTIC, "overnight"), *rest] | [*rest, Token(Kind.DEICTIC, "overnight")]:
                day = self._read_grain(tuple(rest), Grain.DAY)
                return calendar.night(day.first) if day and day.first else day
        return None

    def _timed(self, tokens: Tokens) -> Period | None:
        """A time of day belongs to a day; alone, a clock time is the document's day and "the morning" nobody's."""
        times = [str(token.value) for token in tokens if token.kind in (Kind.CLOCK, Kind.PART)]
        if not times:
            return None
        clock = next((time for time in times if time.startswith("T")), None)
        suffix = clock or f"T{times[0]}"
        match [token for token in tokens if token.kind not in (Kind.CLOCK, Kind.PART)]:
            case [Token(Kind.RELATIVE, "last" | "past")]:
                day: Period | None = self.anchor.named_day("yesterday")
            case [Token(Kind.RELATIVE, "this")]:
                day = self.anchor.named_day("today")
            case [] | [Token(Kind.EDGE)]:
                day = self.anchor.named_day("today") if clock else calendar.unknown("day")
            case rest:
                day = self._read_grain(tuple(rest), Grain.DAY)
        return day and replace(day, timex=day.timex.partition("T")[0] + suffix)

    def _weekday(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.WEEKDAY, int(number))]:
                return self.anchor.weekday(number)
            case [Token(Kind.RELATIVE, str(word)), Token(Kind.WEEKDAY, int(number))]:
                return self.anchor.weekday(number, word)
            case [Token(Kind.RELATIVE), Token(Kind.WEEKDAY), *rest]:
                return self._read_grain(tuple(rest), Grain.DAY)
            case [Token(Kind.WEEKDAY, int(number)), *rest] | [*rest, Token(Kind.WEEKDAY, int(number))]:
                base = self.read(tuple(rest))
                if base and base.first and base.grain is Grain.WEEK:
                    return calendar.on(calendar.shift(base.first, "day", number - 1))
                return base if base and base.grain is Grain.DAY else None
        return None

    def _in_year(self, tokens: Tokens) -> Period | None:
        """What every year has once, with or without its year: "June 3", "last summer", "the third quarter of 2006"."""
        for size in (2, 1):
            for head, rest in ((tokens[:size], tokens[size:]), (tokens[-size:], tokens[:-size])):
                if yearly := self._yearly(head):
                    if not rest or [token.kind for token in rest] == [Kind.RELATIVE]:
                        return self.anchor.yearly(yearly, str(rest[0].value) if rest else None)
                    if year := self._read_grain(rest, Grain.YEAR):
                        timex = f"{year.timex}-{yearly.timex}"
                        return yearly.of(year.first.year) if year.first else Period(timex, yearly.grain)
        return None

    def _yearly(self, tokens: Tokens) -> calendar.Yearly | None:
        match tokens:
            case [Token(Kind.MONTH, int(month))]:
                return calendar.month(month)
            case [Token(Kind.MONTH, int(month)), Token(Kind.NUMBER | Kind.DAY | Kind.ORDINAL, int(day))] | [
                Token(Kind.NUMBER | Kind.DAY | Kind.ORDINAL, int(day)),
                Token(Kind.MONTH, int(month)),
            ]:
                return calendar.month_day(month, day)
            case [Token(Kind.NUMBER | Kind.DAY | Kind.ORDINAL, int(day))] if self.month:
                return calendar.month_day(self.month, day)
            case [Token(Kind.SEASON, int(month))]:
                return calendar.season(month)
            case [Token(Kind.ORDINAL | Kind.DAY, int(number)), Token(Kind.UNIT, "quarter" | "half" as unit)]:
                return calendar.part_of_year(unit, number)
            case [Token(Kind.QUARTER, int(number))]:
                return calendar.part_of_year("quarter", number)
            case [Token(Kind.HOLIDAY, str(name))]:
                return calendar.holiday(name)
        return None

    def _anaphoric(self, tokens: Tokens) -> Period | None:
        """What is placed by another date of the text: a TIMEX3 value as far as it goes, and no days."""
        match tokens:
            case [Token(Kind.ANAPHOR)]:
                return Period("PAST_REF", Grain.PERIOD)
            case [Token(Kind.RELATIVE, "coming"), Token(Kind.UNIT, "day")]:
                return calendar.unknown("day")
            case [Token(Kind.ANAPHOR), Token(Kind.UNIT, str(unit))]:
                return calendar.unknown(unit)
            case [Token(Kind.ANAPHOR), Token(Kind.UNIT), *rest] | [Token(Kind.ANAPHOR), *rest]:
                return _without_days(self.read(tuple(rest)))
            case [Token(Kind.UNIT, str(unit)), Token(Kind.EDGE | Kind.AGO, "earlier" | -1), *_]:
                return _without_days(self.anchor.unit(unit, -1))
            case [
                Token(Kind.NUMBER, int(count)),
                Token(Kind.UNIT | Kind.UNITS, str(unit)),
                Token(Kind.EDGE | Kind.ANAPHOR, "earlier" | "later" | "before" | "after" as where),
            ]:
                return _without_days(self.anchor.unit(unit, -count if where in ("earlier", "before") else count))
            case [Token(Kind.VAGUE | Kind.UNITS), *_, Token(Kind.EDGE | Kind.ANAPHOR, "earlier" | "before")]:
                return Period("PAST_REF", Grain.PERIOD)
            case [Token(Kind.VAGUE | Kind.UNITS), *_, Token(Kind.EDGE | Kind.ANAPHOR, "later" | "after")]:
                return Period("FUTURE_REF", Grain.PERIOD)
        return None

    def _relative(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.DAY, int(day))]:
                return self.anchor.day_of_month(day)
            case [Token(Kind.UNIT, "month" | "quarter" as unit)]:  # alone, the one that a report is about
                return self.anchor.unit(unit, -1)
            case [Token(Kind.UNIT, "weekend")]:
                return self.anchor.weekend()
            case [Token(Kind.UNIT, str(unit))]:
                return self.anchor.unit(unit, 0)
            case [Token(Kind.RELATIVE, "past" | "coming" as word), Token(Kind.UNIT, str(unit))] if unit != "weekend":
                return self.anchor.rolling(unit, DIRECTIONS[word])
            case [Token(Kind.RELATIVE, str(word)), Token(Kind.UNIT, str(unit))] if word in DIRECTIONS:
                return self.anchor.unit(unit, DIRECTIONS[word])
            case [Token(Kind.RELATIVE, str(word)), *counts, Token(Kind.UNIT | Kind.UNITS, str(unit))] if (
                direction := DIRECTIONS.get(word)
            ) and counts:
                return self._rolling(counts, unit, direction)
            case [Token(Kind.RELATIVE), *rest]:  # "recent weeks"
                return self._duration(tuple(rest))
        return None

    def _rolling(self, counts: list[Token], unit: str, direction: int) -> Period | None:
        match counts:
            case [Token(Kind.NUMBER, int(count))]:
                return self.anchor.rolling(unit, direction * count)
            case [Token(Kind.NUMBER), Token(Kind.DASH | Kind.TO | Kind.AND), Token(Kind.NUMBER, int(count))]:
                return self.anchor.rolling(unit, direction * count)
            case [Token(Kind.VAGUE), *_]:
                return Period(calendar.duration(unit, None), Grain.PERIOD)
        return None

    def _ago(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, "decade"), Token(Kind.AGO, int(sign))]:
                return self.anchor.unit("year", sign * count * 10)
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.AGO, int(sign))]:
                return self.anchor.unit(unit, sign * count)
            case [*_, Token(Kind.UNIT | Kind.UNITS), Token(Kind.AGO, int(sign))]:
                return Period("PAST_REF" if sign < 0 else "FUTURE_REF", Grain.PERIOD)
        return None

    def _duration(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, str(unit))]:
                return Period(calendar.duration(unit, count), Grain.PERIOD)
            case [Token(Kind.UNIT, "half"), Token(Kind.NUMBER, 1), Token(Kind.UNIT, str(unit))] | [
                Token(Kind.UNIT, "half"),
                Token(Kind.UNIT, str(unit)),
            ]:
                return Period(calendar.half(unit), Grain.PERIOD)
            case [
                Token(Kind.NUMBER, int(count)),
                Token(Kind.UNIT, str(unit)),
                Token(Kind.AND),
                Token(Kind.UNIT, "half"),
            ] | [
                Token(Kind.NUMBER, int(count)),
                Token(Kind.UNIT, "half"),
                Token(Kind.UNIT | Kind.UNITS, str(unit)),
            ]:
                return Period(calendar.duration(unit, count) + calendar.half(unit).lstrip("PT"), Grain.PERIOD)
            case [Token(Kind.NUMBER | Kind.VAGUE | Kind.UNITS | Kind.UNIT), *_] if all(
                token.kind in (Kind.NUMBER, Kind.VAGUE, Kind.UNITS, Kind.UNIT, *CONNECTORS) for token in tokens
            ):
                units = [str(token.value) for token in tokens if token.kind in (Kind.UNIT, Kind.UNITS)]
                return Period(calendar.duration(units[-1], None), Grain.PERIOD) if units else None
        return None


def _without_days(period: Period | None) -> Period | None:
    return period and replace(period, first=None, last=None)
