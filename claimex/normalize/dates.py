"""When: the surface of a DATE span to a TIMEX3 value and the days it covers, against the document's own date.

A phrase becomes a short tuple of tokens; a short ordered list of readers, each one pattern of the grammar, takes it in
whole or passes. Readers call each other for what stands inside a phrase: in "the end of last year" the reader of edges
reads "end" and asks for "last year".

Conventions. Weeks run from Monday to Sunday; "last week" is the calendar week, "the past week" the seven days up to the
document's date; "four years ago" is that whole year, "four days ago" that day. "Early", "mid" and "late" are thirds,
"the end" the last day. The TIMEX3 value of such a part is that of the whole, as TimeML has it, where the modifier is an
attribute of its own. What points at another date of the text ("the previous day", "a year earlier") has no days, nor
has a fiscal year, which begins when its owner likes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.date_anchor import DIRECTIONS, Anchor, Lean, WeekdayPolicy, lean
from claimex.normalize.date_tokens import AmbiguousDateError, tokenize
from claimex.schema import Grain, Period, Unparsed

__all__ = ["WeekdayPolicy", "parse_date"]

Tokens: TypeAlias = tuple[Token, ...]

# What closes a length of time, and at most four words for its last day.
_CLOSING = re.compile(r"\s?(?:that |which )?(?:end(?:ed|ing|s)|through|to)(?: on| in| next)? (?P<end>\S+(?: \S+){0,3})", re.I)
_CONNECTORS = (Kind.TO, Kind.AND, Kind.DASH)


def parse_date(
    text: str,
    reference: dt.date | None,
    *,
    before: str = "",
    after: str = "",
    policy: WeekdayPolicy = WeekdayPolicy.NEAREST_PAST,
) -> Period | Unparsed:
    """Read the surface of a DATE span.

    ``reference`` is the document's date: without it what is relative stays underspecified ("XXXX-WXX-2"), and has no
    days. ``before`` and ``after`` are some 80 characters of the document around the span, read for tense and for the
    month that a bare day belongs to. Never raises; Unparsed says why not.
    """
    try:
        tokens = tokenize(text)
        if tokens is None:
            return Unparsed("too long for a date")
        if unknown := next((token.value for token in tokens if token.kind is Kind.UNKNOWN), None):
            return Unparsed(f"{unknown!r} is not a word of dates")
        anchor = Anchor(reference, lean(f"{before} {text}", after), policy)
        grammar = _Grammar(anchor, _month_in(before))
        period = _closed_by(after, tokens, grammar) or grammar.read(tokens)
        return period or Unparsed("not a date that the grammar knows")
    except AmbiguousDateError as error:
        return Unparsed(str(error))
    except (ValueError, OverflowError) as error:
        return Unparsed(f"no such date: {error}")


def _month_in(before: str) -> int | None:
    """The month of a date that ends where ``before`` ends: "April 24 to" gives the month to a bare "25"."""
    for token in reversed(tokenize(before[-30:]) or ()):
        if token.kind is Kind.MONTH and isinstance(token.value, int):
            return token.value
        if token.kind not in (Kind.NUMBER, Kind.DAY, *_CONNECTORS):
            return None
    return None


def _closed_by(after: str, tokens: Tokens, grammar: _Grammar) -> Period | None:
    """A length of time whose end stands behind the span: "the six months" in "the six months ended June 30"."""
    found = _CLOSING.match(after)
    if found is None or not tokens or tokens[-1].kind not in (Kind.UNIT, Kind.UNITS):
        return None
    words = found["end"].split()
    for size in range(len(words), 0, -1):
        try:
            end = tokenize(" ".join(words[:size]))
            if end and (period := grammar.read((*tokens, Token(Kind.TO, "to"), *end))) and period.first:
                return period
        except ValueError:  # not the end of this length of time
            continue
    return None


def _without_days(period: Period | None) -> Period | None:
    return period and replace(period, first=None, last=None)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The readers, and what they read against."""

    anchor: Anchor
    month: int | None = None

    def read(self, tokens: Tokens) -> Period | None:
        """The period that all of ``tokens`` stand for; None where no reader knows the pattern."""
        readers = (
            self._absolute,
            self._deictic,
            self._anaphoric,
            self._fiscal,
            self._timed,
            self._weekday,
            self._in_year,
            self._relative,
            self._ago,
            self._ending,
            self._part,
            self._edge,
            self._duration,
            self._range,
            self._labelled,
        )
        return next((period for reader in readers if (period := reader(tokens))), None)

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

    def _fiscal(self, tokens: Tokens) -> Period | None:
        rest = tuple(token for token in tokens if token.kind is not Kind.FISCAL)
        if len(rest) == len(tokens):
            return None
        period = self.read(rest)
        if period is None or any(token.kind is Kind.TO for token in rest):
            return period  # "the fiscal year ended June 30" does say when
        return replace(period, timex=f"FY{period.timex}", first=None, last=None)

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
            case [Token(Kind.ORDINAL | Kind.DAY, int(number)), Token(Kind.UNIT, "quarter" | "half" as unit)] | [
                Token(Kind.UNIT, "quarter" | "half" as unit),
                Token(Kind.NUMBER, int(number)),
            ]:
                return calendar.part_of_year(unit, number)
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
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.AGO, int(sign))]:
                return self.anchor.unit(unit, sign * count)
            case [*_, Token(Kind.UNIT | Kind.UNITS), Token(Kind.AGO, int(sign))]:
                return Period("PAST_REF" if sign < 0 else "FUTURE_REF", Grain.PERIOD)
        return None

    def _ending(self, tokens: Tokens) -> Period | None:
        """A length of time by its last day: "the week ended June 3", "the 10 years to 2001"."""
        match tokens:
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.TO), *rest]:
                pass
            case [Token(Kind.UNIT, str(unit)), Token(Kind.TO), *rest] | [
                Token(Kind.ORDINAL),
                Token(Kind.UNIT, str(unit)),
                Token(Kind.TO),
                *rest,
            ]:
                count = 1
            case _:
                return None
        end = self.read(tuple(rest))
        if end is None or end.last is None:
            return end and Period(calendar.duration(unit, count), Grain.PERIOD)
        first = calendar.shift(calendar.shift(end.last, "day", 1), unit, -count)
        return calendar.between(first, end.last, calendar.duration(unit, count))

    def _part(self, tokens: Tokens) -> Period | None:
        """Some units of a larger one: "the last week of May", "the first nine months of the year"."""
        match tokens:
            case [
                Token(Kind.ORDINAL | Kind.DAY | Kind.RELATIVE, which),
                Token(Kind.NUMBER, int(count)),
                unit,
                *base,
            ] | [*base, Token(Kind.ORDINAL | Kind.RELATIVE, which), Token(Kind.NUMBER, int(count)), unit] if (
                unit.kind in (Kind.UNIT, Kind.UNITS)
            ):
                pass
            case [Token(Kind.ORDINAL | Kind.DAY | Kind.RELATIVE, which), unit, *base] | [
                *base,
                Token(Kind.ORDINAL | Kind.RELATIVE, which),
                unit,
            ] if unit.kind is Kind.UNIT:
                count = 1
            case _:
                return None
        if isinstance(which, int):
            start, stop = (which - 1) * count + 1, which * count
        elif which in ("last", "past"):
            start, stop = -count, -1
        else:
            return None
        return self._units_of(tuple(base), str(unit.value), start, stop)

    def _units_of(self, base: Tokens, unit: str, start: int, stop: int) -> Period | None:
        if base:
            whole = self._whole(base)
            return calendar.part(whole, unit, start, stop) if whole and whole.grain is not Grain.DAY else None
        timex = calendar.duration(unit, stop - start + 1)
        if unit not in ("month", "quarter") or start < 0:
            return Period(timex, Grain.PERIOD)
        year_part = calendar.Yearly(
            timex,
            Grain.PERIOD,
            lambda year: calendar.part(calendar.containing("year", dt.date(year, 1, 1)), unit, start, stop),
        )
        return self.anchor.yearly(year_part, "last")

    def _whole(self, tokens: Tokens) -> Period | None:
        """What a part is a part of. There "the month" is the one that runs, not the last one that was reported."""
        match tokens:
            case [Token(Kind.UNIT, str(unit))]:
                return self.anchor.unit(unit, 0)
        return self.read(tokens)

    def _edge(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.EDGE, str(name)), *rest] | [*rest, Token(Kind.EDGE, str(name))]:
                whole = self._whole(tuple(rest))
                if whole is None or name not in ("earlier", "later", "rest"):
                    return whole and calendar.edge(whole, name)
                return self._side(whole, earlier=name == "earlier")
        return None

    def _side(self, whole: Period, *, earlier: bool) -> Period:
        """ "Earlier this year" ends with the document's day, "later this year" begins with it."""
        day = self.anchor.day
        if day is None or whole.first is None or whole.last is None or not whole.first <= day <= whole.last:
            return whole
        return replace(whole, last=day) if earlier else replace(whole, first=day)

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
                return Period(calendar.duration(unit, count) + calendar.half(unit)[1:], Grain.PERIOD)
            case [Token(Kind.NUMBER | Kind.VAGUE | Kind.UNITS | Kind.UNIT), *_] if all(
                token.kind in (Kind.NUMBER, Kind.VAGUE, Kind.UNITS, Kind.UNIT, *_CONNECTORS) for token in tokens
            ):
                units = [str(token.value) for token in tokens if token.kind in (Kind.UNIT, Kind.UNITS)]
                return Period(calendar.duration(units[-1], None), Grain.PERIOD) if units else None
        return None

    def _range(self, tokens: Tokens) -> Period | None:
        """Two dates with a connector between them, each completed from the other: "Nov. 3-5", "3 to 5 May 2006"."""
        places = [index for index, token in enumerate(tokens) if token.kind in _CONNECTORS]
        if len(places) != 1:
            return None
        for left, right in _completions(tokens[: places[0]], tokens[places[0] + 1 :]):
            start = self.read(left)
            end = start and self.read(right)
            if start and end and start.first and end.last and end.last < start.first:
                if self.anchor.lean is Lean.FUTURE:
                    end = self._seen_from(start.first, Lean.FUTURE).read(right)
                else:
                    start = self._seen_from(end.last, Lean.PAST).read(left)
            if start and end:
                if start.first is None or end.last is None:
                    return Period(f"{start.timex}/{end.timex}", Grain.PERIOD)
                if start.first <= end.last:
                    return calendar.between(start.first, end.last, f"{start.timex}/{end.timex}")
        return None

    def _seen_from(self, day: dt.date, lean: Lean) -> _Grammar:
        return replace(self, anchor=replace(self.anchor, day=day, lean=lean))

    def _labelled(self, tokens: Tokens) -> Period | None:
        """A period that names its own kind: "the July to September quarter", "the week of June 5"."""
        match tokens:
            case [Token(Kind.UNIT, "week"), *rest] | [*rest, Token(Kind.UNIT, "week")]:
                day = self._read_grain(tuple(rest), Grain.DAY)
                return calendar.containing("week", day.first) if day and day.first else day
            case [*rest, Token(Kind.UNIT, "month" | "quarter" | "year")]:
                return self.read(tuple(rest))
        return None


def _completions(left: Tokens, right: Tokens) -> Iterator[tuple[Tokens, Tokens]]:
    """Ways to share what one side leaves out: a year or month at the end of the right, or at the start of the left."""
    if left and left[-1].kind is Kind.YEAR and [token.kind for token in right] == [Kind.NUMBER]:
        year, short = int(str(left[-1].value)), int(str(right[0].value))
        if short < 100:  # 1990-95, 1999-00
            yield left, (Token(Kind.YEAR, year - year % 100 + short + (100 if short < year % 100 else 0)),)
        return
    for size in range(1, len(right)):
        yield left + right[size:], right
    for size in range(1, len(left)):
        for shared in range(1, len(right)):
            yield left + right[shared:], left[:size] + right
        yield left, left[:size] + right
    yield left, right
