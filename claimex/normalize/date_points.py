"""The readers of single dates and plain lengths of time, absolute or counted from the document's day."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Self, TypeAlias

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.date_anchor import DIRECTIONS, Anchor, Lean
from claimex.schema import Grain, Period

Tokens: TypeAlias = tuple[Token, ...]

CONNECTORS = (Kind.TO, Kind.AND, Kind.DASH)


@dataclass(frozen=True, slots=True)
class PointReaders(ABC):
    """Each reader takes all of its tokens or returns None.

    ``month`` is that of the date before a bare day; a ``definite`` date opens with "the", one that
    ``follows`` may be told from the one before it. ``known`` remembers what was
    read: readers try many cuts of the same tokens, which would else take exponential time.
    """

    anchor: Anchor
    month: int | None = None
    definite: bool = False
    follows: bool = False
    known: dict[Tokens, Period | None] = field(default_factory=dict, compare=False)

    @abstractmethod
    def read(self, tokens: Tokens) -> Period | None:
        """The period that all of ``tokens`` stand for, by whichever reader knows the pattern."""

    def _seen_from(self, day: dt.date | None, leaning: Lean) -> Self:
        return type(self)(replace(self.anchor, day=day, lean=leaning), self.month)

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
        """A time of day belongs to a day; alone, to the document's, and "the morning" to one that was just named."""
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
            case [Token(Kind.ANAPHOR | Kind.RELATIVE) as which]:  # "that evening", "the next morning"
                day = self.read((which, Token(Kind.UNIT, "day")))
            case [] | [Token(Kind.EDGE)]:
                named = self._day_just_named() or calendar.unknown("day")
                day = named if self.definite and not clock else self.anchor.named_day("today")
            case rest:
                day = self._read_grain(tuple(rest), Grain.DAY)
        return day and replace(day, timex=day.timex.partition("T")[0] + suffix)

    def _day_just_named(self) -> Period | None:
        """The day of a date right before, that a plain "the morning" belongs to; not one that is still to come."""
        last = self.anchor.around_last("day")
        return last if last and last.first and last.first <= (self.anchor.day or last.first) else None

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
                    if rest == (Token(Kind.UNIT, "year"),) and self.anchor.lean is not Lean.FUTURE:
                        return replace(self.anchor, lean=Lean.OVER).yearly(yearly)
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
            case [Token(Kind.RELATIVE, str(word)), Token(Kind.UNIT, "half"), Token(Kind.UNIT, str(unit))] if (
                direction := DIRECTIONS.get(word)
            ) and unit in calendar.MONTHS_IN:  # "the past half-century"
                return self.anchor.rolling("month", direction * calendar.MONTHS_IN[unit] // 2)
            case [Token(Kind.RELATIVE, "past" | "coming" as word), Token(Kind.UNIT, str(unit))] if unit not in (
                "weekend",
                "quarter",
            ):
                whole = self.anchor.unit(unit, DIRECTIONS[word])
                return replace(self.anchor.rolling(unit, DIRECTIONS[word]), timex=whole.timex)
            case [Token(Kind.RELATIVE, str(word)), Token(Kind.UNIT, str(unit))] if word in DIRECTIONS:
                return self.anchor.unit(unit, DIRECTIONS[word])
            case [Token(Kind.RELATIVE, str(word)), *counts, Token(Kind.UNIT | Kind.UNITS, str(unit))] if (
                direction := DIRECTIONS.get(word)
            ) and counts:
                return self._rolling(counts, unit, direction)
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
