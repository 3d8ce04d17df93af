"""The readers of lengths of time: plain, up to a last day, so long ago, again and again."""

from __future__ import annotations

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.date_anchor import Anchor, Lean
from claimex.normalize.date_points import CONNECTORS, PointReaders, Tokens
from claimex.schema import Grain, Period


class LengthReaders(PointReaders):
    """Each reader takes all of its tokens or returns None."""

    __slots__ = ()

    def _ending(self, tokens: Tokens) -> Period | None:
        """By its last day: "the week ended June 3", "the 10 years to 2001", "this fiscal year, which ends Sept. 30"."""
        match tokens:
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.TO), *rest]:
                which: Token | None = None
            case [
                Token(Kind.ORDINAL | Kind.RELATIVE | Kind.ANAPHOR) as which,
                Token(Kind.UNIT, str(unit)),
                Token(Kind.TO),
                *rest,
            ]:
                count = 1
            case [Token(Kind.UNIT, str(unit)), Token(Kind.TO), *rest]:
                which, count = None, 1
            case _:
                return None
        runs_on = which == Token(Kind.RELATIVE, "this") and self.anchor.day is not None
        end = (self._seen_from(self.anchor.day, Lean.FUTURE) if runs_on else self).read(tuple(rest))
        if end is None or end.last is None:
            return end and Period(calendar.duration(unit, count), Grain.PERIOD)
        first = calendar.shift(calendar.shift(end.last, "day", 1), unit, -count)
        if which and which.kind is Kind.ORDINAL and unit in ("quarter", "half"):  # of a year that its owner counts
            timex = f"{end.last.year:04d}-{unit[0].upper()}{which.value}"
            return calendar.between(first, end.last, timex, calendar.GRAINS.get(unit, Grain.PERIOD))
        whole = calendar.containing(unit, first) if count == 1 else None
        if whole and (whole.first, whole.last) == (first, end.last):
            return whole
        return calendar.between(first, end.last, calendar.duration(unit, count))

    def _ago(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, "decade"), Token(Kind.AGO, int(sign))]:
                return self.anchor.unit("year", sign * count * 10)
            case [Token(Kind.NUMBER, int(count)), Token(Kind.UNIT | Kind.UNITS, str(unit)), Token(Kind.AGO, int(sign))]:
                return self.anchor.unit(unit, sign * count)
            case [*_, Token(Kind.UNIT | Kind.UNITS), Token(Kind.AGO, int(sign))]:
                return Period("PAST_REF" if sign < 0 else "FUTURE_REF", Grain.PERIOD)
        return None

    def _set(self, tokens: Tokens) -> Period | None:
        """What comes again and again has the TIMEX3 value of one time, and no days."""
        match tokens:
            case [Token(Kind.EVERY, str(unit))] if unit:
                return Period(calendar.duration(unit, 1), Grain.PERIOD)
            case [Token(Kind.EVERY, ""), Token(Kind.UNIT, str(unit))]:
                return Period(calendar.duration(unit, 1), Grain.PERIOD)
            case [Token(Kind.EVERY, ""), *rest] if all(token.kind is not Kind.EVERY for token in rest):
                return type(self)(Anchor(None)).read(tuple(rest))  # "every Monday" is no Monday that has a date
        return None

    def _duration(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.RELATIVE), *rest]:  # "recent weeks"
                return self._duration(tuple(rest))
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
                token.kind in (Kind.NUMBER, Kind.VAGUE, Kind.UNITS, Kind.UNIT, *CONNECTORS) and token.value != "period"
                for token in tokens
            ):
                units = [str(token.value) for token in tokens if token.kind in (Kind.UNIT, Kind.UNITS)]
                return Period(calendar.duration(units[-1], None), Grain.PERIOD) if units else None
        return None
