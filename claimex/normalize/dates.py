"""When: the surface of a DATE span to a TIMEX3 value and the days it covers, against the document's own date.

A phrase becomes a short tuple of tokens; a short ordered list of readers, each one pattern of the grammar, takes it in
whole or passes. Readers call each other for what stands inside a phrase: in "the end of last year" the reader of edges
reads "end" and asks for "last year".

Conventions. Weeks run from Monday to Sunday; "last week" is the calendar week, "the past week" the seven days up to the
document's date; "four years ago" is that whole year, "four days ago" that day. "Early", "mid" and "late" are thirds,
"the end" the last day; "earlier this month" is the month. The TIMEX3 value of such a part is that of the whole, as
TimeML has it, where the modifier is an attribute of its own. What points at another date of the text ("the previous
day", "a year earlier") takes its days from the dates named before it, and has none without them. A fiscal year begins
when its owner likes: it has days only where its last day is said. What comes again and again ("daily", "every Monday")
has none.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.date_anaphora import AnaphoricReaders
from claimex.normalize.date_anchor import Anchor, Lean, WeekdayPolicy, lean
from claimex.normalize.date_lengths import LengthReaders
from claimex.normalize.date_points import CONNECTORS, Tokens
from claimex.normalize.date_tokens import AmbiguousDateError, tokenize
from claimex.schema import Grain, Period, Unparsed

__all__ = ["WeekdayPolicy", "compares", "parse_date", "spanning"]

_CONTEXT = 120  # characters on either side; more cannot change the reading
_TO_COME = re.compile(r"\s*(?:will|would|could|may|looks|is|promises)\b")
_OPENS = re.compile(r"(?:^|[.,;:\n])\s*$")  # a sentence, or a clause
_PREPOSITION = re.compile(r"\b(?:for|over|in|during|within|of|by|to)\s+$", re.IGNORECASE)
# What closes a length of time, and at most four words for its last day.
_CLOSING = re.compile(
    r",?\s?(?:that |which )?(?:end(?:ed|ing|s)|(?P<runs>through|to))(?: on| in| next)? (?P<end>\S+(?: \S+){0,3})",
    re.IGNORECASE,
)


def parse_date(
    text: str,
    reference: dt.date | None,
    *,
    before: str = "",
    after: str = "",
    policy: WeekdayPolicy = WeekdayPolicy.NEAREST_PAST,
    earlier: Sequence[Period] = (),
    over: bool = False,
) -> Period | Unparsed:
    """Read the surface of a DATE span.

    ``reference`` is the document's date: without it what is relative stays underspecified ("XXXX-WXX-2"), and has no
    days. ``before`` and ``after`` are some 80 characters of the document around the span, read for tense and for the
    month that a bare day belongs to; ``earlier`` are dates that the text has named so far, the latest last, to which
    "the same month" and "a year earlier" go back; ``over``: it has begun by the reference, whatever the tense. Never
    raises; Unparsed says why not.
    """
    try:
        tokens = tokenize(text)
        if tokens is None:
            return Unparsed("too long for a date")
        if unknown := next((token.value for token in tokens if token.kind is Kind.UNKNOWN), None):
            return Unparsed(f"{unknown!r} is not a word of dates")
        leaning = Lean.OVER if over else lean(before[-_CONTEXT:], after[:_CONTEXT])
        anchor = Anchor(reference, leaning, policy, tuple(earlier))
        grammar = _Grammar(
            anchor,
            _month_in(before[-30:]),
            definite=text.lower().startswith("the "),
            follows=_follows(before, text, after),
        )
        period = _closed_by(after[:_CONTEXT], tokens, grammar) or grammar.read(tokens)
        return period or Unparsed("not a date that the grammar knows")
    except AmbiguousDateError as error:
        return Unparsed(str(error))
    except (ValueError, OverflowError) as error:
        return Unparsed(f"no such date: {error}")


def _follows(before: str, text: str, after: str) -> bool:
    """Whether a date may be told from the one before it: "The next year", but not "over the next year", nor "the next
    year will"; "Two years earlier", but not "up from $2 million a year earlier"."""
    if text.lower().startswith("the next "):
        return not _PREPOSITION.search(before[-10:]) and not _TO_COME.match(after)
    return bool(_OPENS.search(before[-10:]))


def compares(text: str) -> bool:
    """Whether a date's surface only sets another date beside the one that the text is at, as "a year earlier" does."""
    try:
        words = {(token.kind, token.value) for token in tokenize(text) or ()}
    except ValueError:
        return False
    if (Kind.UNIT, "year") in words and words & {(Kind.AGO, -1), (Kind.EDGE, "earlier")}:
        return True
    return not words.isdisjoint((Kind.ANAPHOR, word) for word in ("that", "previous", "before"))


def _month_in(before: str) -> int | None:
    """The month of a date that ends where ``before`` ends: "April 24 to" gives the month to a bare "25"."""
    try:
        tokens = tokenize(before) or ()
    except AmbiguousDateError:
        return None
    for token in reversed(tokens):
        if token.kind is Kind.MONTH and isinstance(token.value, int):
            return token.value
        if token.kind not in (Kind.NUMBER, Kind.DAY, *CONNECTORS):
            return None
    return None


def _closed_by(after: str, tokens: Tokens, grammar: _Grammar) -> Period | None:
    """A length of time whose end stands behind the span: "the six months" in "the six months ended June 30"."""
    found = _CLOSING.match(after)
    if found is None or not tokens or tokens[-1].kind not in (Kind.UNIT, Kind.UNITS):
        return None
    if found["runs"] and len(tokens) == 2 and tokens[0].kind is Kind.RELATIVE:
        return None  # "this year through August" is no year that ends in August
    words = found["end"].split()
    for size in range(len(words), 0, -1):
        try:
            end = tokenize(" ".join(words[:size]))
            if end and (period := grammar.read((*tokens, Token(Kind.TO, "to"), *end))) and period.first:
                return period
        except ValueError:  # not the end of this length of time
            continue
    return None


@dataclass(frozen=True, slots=True)
class _Grammar(AnaphoricReaders, LengthReaders):
    """All readers in their order; here those of stretches and parts of the calendar."""

    def read(self, tokens: Tokens) -> Period | None:
        """The period that all of ``tokens`` stand for; None where no reader knows the pattern."""
        if tokens not in self.known:
            self.known[tokens] = self._read(tokens)
        return self.known[tokens]

    def _read(self, tokens: Tokens) -> Period | None:
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
            self._edge,
            self._part,
            self._duration,
            self._set,
            self._range,
            self._labelled,
        )
        return next((period for reader in readers if (period := reader(tokens))), None)

    def _fiscal(self, tokens: Tokens) -> Period | None:
        rest = tuple(token for token in tokens if token.kind is not Kind.FISCAL)
        if len(rest) == len(tokens):
            return None
        period = self.read(rest)
        kinds = [token.kind for token in tokens]
        if period is None or Kind.TO in kinds[kinds.index(Kind.FISCAL) :]:
            return period  # "the fiscal year ended June 30" does say when
        return replace(period, first=None, last=None)

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
        """What a part is a part of. There "the month" is the one that runs, or that the text has just been at."""
        match tokens:
            case [Token(Kind.UNIT, str(unit))]:
                return self.anchor.around_last(unit) or self.anchor.unit(unit, 0)
        return self.read(tokens)

    def _edge(self, tokens: Tokens) -> Period | None:
        match tokens:
            case [Token(Kind.EDGE, str(name)), *rest] | [*rest, Token(Kind.EDGE, str(name))]:
                whole = self._whole(tuple(rest))
                if whole is None or name not in ("earlier", "later", "rest"):
                    return whole and calendar.edge(whole, name)
                if name != "rest" and rest[0] == Token(Kind.RELATIVE, "this"):
                    return whole
                return self._side(whole, earlier=name == "earlier")
        return None

    def _side(self, whole: Period, *, earlier: bool) -> Period:
        """ "The rest of the year" begins with the document's day; "later that month" behind the day last named."""
        if whole.first is None or whole.last is None:
            return whole
        named = self.anchor.antecedent("day")
        after = named and named.last and calendar.shift(named.last, "day", 1)
        for first, last in ((self.anchor.day, self.anchor.day), (after, named and named.first)):
            if first and last and whole.first <= last and first <= whole.last:
                return replace(whole, last=last) if earlier else replace(whole, first=first)
        return whole

    def _range(self, tokens: Tokens) -> Period | None:
        """Two dates with a connector between them, each completed from the other: "Nov. 3-5", "3 to 5 May 2006"."""
        places = [index for index, token in enumerate(tokens) if token.kind in CONNECTORS]
        if len(places) != 1:
            return None
        for left, right in _completions(tokens[: places[0]], tokens[places[0] + 1 :]):
            start = self.read(left)
            end = start and self.read(right)
            first, last = start and start.first, end and end.last
            if first and last and last < first and self.anchor.lean is Lean.FUTURE:
                end = self._seen_from(first, Lean.FUTURE).read(right)
            elif first and last and last < first:
                start = self._seen_from(last, Lean.OVER).read(left)
            if start and end and (whole := spanning(start, end)):
                return whole
        return None

    def _labelled(self, tokens: Tokens) -> Period | None:
        """A period that names its own kind: "the July to September quarter", "the week of June 5"."""
        match tokens:
            case [Token(Kind.REFERENCE, "PRESENT_REF"), Token(Kind.RELATIVE, "this"), *_]:  # "so far this year"
                return self.read(tokens[1:])
            case [Token(Kind.UNIT, "week"), *rest] | [*rest, Token(Kind.UNIT, "week")]:
                day = self._read_grain(tuple(rest), Grain.DAY)
                return calendar.containing("week", day.first) if day and day.first else day
            case [Token(Kind.REFERENCE) as reference, Token(Kind.UNITS)]:  # "future quarters"
                return self.read((reference,))
            case [*rest, Token(Kind.UNIT, "month" | "quarter" | "year")]:
                return self.read(tuple(rest))
            case [Token(Kind.NUMBER, 1), Token(Kind.UNIT, "period"), *rest] | [
                Token(Kind.UNIT | Kind.UNITS, "period" | "month" | "year"),
                *rest,
            ]:
                return self.read(tuple(rest))
        return None


def spanning(start: Period, end: Period) -> Period | None:
    """From the one to the other; without days where either end has none, None where they run backwards."""
    timex = f"{start.timex}/{end.timex}"
    if start.first is None or end.last is None:
        return Period(timex, Grain.PERIOD)
    return calendar.between(start.first, end.last, timex) if start.first <= end.last else None


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
