"""The point that relative dates are counted from, and which way the text around them looks."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import lru_cache

from claimex.normalize import calendar_periods as calendar
from claimex.normalize.calendar_words import words
from claimex.schema import Grain, Period

DIRECTIONS = {"last": -1, "past": -1, "next": 1, "coming": 1, "this": 0}


class WeekdayPolicy(StrEnum):
    """What a weekday means where readers differ. A tense in the text goes before the policy."""

    NEAREST_PAST = "nearest past"  # "Tuesday" is the latest one, "last Tuesday" the latest before the document's day
    NEAREST_FUTURE = "nearest future"  # "Tuesday" is the coming one: calendars, previews
    CALENDAR_WEEK = "calendar week"  # "last Tuesday" is the Tuesday of last week, "next Tuesday" that of next week


class Lean(IntEnum):
    """The direction in which a bare weekday or month is to be sought. OVER: whatever the verb, it has begun."""

    OVER = -2
    PAST = -1
    OPEN = 0
    FUTURE = 1


# How far ahead a date without a year may lie where no tense says so.
_HORIZON = dt.timedelta(days=60)
# A date farther ahead than this has just been: nobody calls it by its month alone, whatever the tense.
_FAR = dt.timedelta(days=300)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The document's day, if known, with the text's lean and the reader's policy."""

    day: dt.date | None
    lean: Lean = Lean.OPEN
    policy: WeekdayPolicy = WeekdayPolicy.NEAREST_PAST
    earlier: tuple[Period, ...] = ()

    def seen_from(self, day: dt.date) -> Anchor:
        """The same, counted from another day."""
        return replace(self, day=day)

    def so_far(self) -> Anchor:
        """The same, with nothing in mind that ends after the document's day."""
        return replace(self, earlier=tuple(p for p in self.earlier if not (self.day and p.last and p.last > self.day)))

    def antecedent(self, unit: str) -> Period | None:
        """The ``unit`` that the text was last at: the latest date before that fills one or lies in one.

        A day of the document's own unit does not count there, for which the text would say "this" and not "that". A
        "period" is any date that is longer than a week; a week may be any seven days that were named last.
        """
        if unit == "period":
            return next((period for period in reversed(self.earlier) if _days(period) > 7), None)
        own = self.unit(unit, 0)
        if unit == "week" and self.earlier and _days(self.earlier[-1]) == 7:
            return self.earlier[-1]  # whichever weekday it ends on
        for period in reversed(self.earlier):
            around = _around(unit, period)
            if around and (around != own or calendar.size(period) == unit):
                return around
        return None

    def around_last(self, unit: str) -> Period | None:
        """The ``unit`` in which the date lies that the text has just named."""
        return _around(unit, self.earlier[-1]) if self.earlier and unit != "period" else None

    def named_day(self, word: str) -> Period:
        """ "today", "tonight", "day before yesterday" and their like."""
        suffix = "TNI" if word == "tonight" else ""
        offset = {"yesterday": -1, "before yesterday": -2, "tomorrow": 1, "after tomorrow": 2}.get(word, 0)
        if self.day is None:
            return Period("XXXX-XX-XX" + suffix, Grain.DAY)
        return calendar.on(calendar.shift(self.day, "day", offset), suffix)

    def overnight(self) -> Period:
        """The night that ended on the document's day."""
        if self.day is None:
            return Period("XXXX-XX-XXTNI", Grain.PERIOD)
        return calendar.night(calendar.shift(self.day, "day", -1))

    def unit(self, unit: str, offset: int) -> Period:
        """The calendar unit ``offset`` units away: ("year", -1) is last year."""
        if self.day is None:
            return calendar.unknown(unit)
        return calendar.containing(unit, calendar.shift(self.day, unit, offset))

    def weekend(self) -> Period:
        """The latest weekend that has begun; the coming one where the text looks ahead."""
        running = self.unit("weekend", 0)
        if self.day is None or running.first is None or running.first <= self.day or self._looks_ahead():
            return running
        return self.unit("weekend", -1)

    def rolling(self, unit: str, count: int) -> Period:
        """The ``count`` units up to the document's day, or from it on where ``count`` is positive."""
        timex = calendar.duration(unit, abs(count))
        if self.day is None:
            return Period(timex, Grain.PERIOD)
        first, last = sorted((self.day, calendar.shift(self.day, unit, count)))
        return calendar.between(first, last, timex)

    def weekday(self, number: int, word: str | None = None) -> Period:
        """Monday is 1; ``word`` is one of DIRECTIONS."""
        if self.day is None:
            return Period(f"XXXX-WXX-{number}", Grain.DAY)
        direction = DIRECTIONS.get(word or "")
        ahead = (number - self.day.isoweekday()) % 7
        if direction == 0 or (direction and self.policy is WeekdayPolicy.CALENDAR_WEEK):
            offset = number - self.day.isoweekday() + 7 * direction
        elif direction:
            offset = (ahead or 7) if direction > 0 else ahead - 7
        elif self._looks_ahead():
            offset = ahead
        else:
            offset = ahead - 7 if ahead else 0
        return calendar.on(calendar.shift(self.day, "day", offset))

    def _looks_ahead(self) -> bool:
        return self.lean is Lean.FUTURE or (self.lean is Lean.OPEN and self.policy is WeekdayPolicy.NEAREST_FUTURE)

    def day_of_month(self, number: int) -> Period:
        """A bare "the 12th"."""
        if self.day is None:
            return Period(f"XXXX-XX-{number:02d}", Grain.DAY)
        step = 1 if self._looks_ahead() else -1
        for months in range(12):
            month = calendar.shift(self.day.replace(day=1), "month", step * months)
            days = calendar.days(month)
            if number <= days and step * (month.replace(day=number) - self.day).days >= 0:
                return calendar.on(month.replace(day=number))
        raise ValueError(f"no month has a day {number}")

    def yearly(self, yearly: calendar.Yearly, word: str | None = None) -> Period | None:
        """The occurrence that ``word`` or the tense asks for; with neither, the latest, or one that is close ahead."""
        if self.day is None:
            return Period(f"XXXX-{yearly.timex}", yearly.grain)
        today = self.day
        every = _occurrences(yearly, today.year)
        if not every:
            raise ValueError(f"no year has a {yearly.timex}")
        direction = DIRECTIONS.get(word or "")
        if direction == 0:
            return min(every, key=lambda p: (today.year not in (p[0].year, p[1].year), abs((p[0] - today).days)))[2]
        if direction == 1:
            return next((period for first, _, period in every if first > today), None)
        if direction == -1:
            return next((period for _, last, period in reversed(every) if last < today), None)
        part = yearly.timex.startswith(("Q", "H"))  # a quarter or a half, whose figures are told once it is over
        over = self.lean is Lean.OVER or (self.lean is Lean.PAST and part)
        horizon = dt.timedelta(0) if over else _HORIZON
        latest = next((p for first, _, p in reversed(every) if (first - today) <= horizon), None)
        if self.lean is Lean.FUTURE:
            # what is still to be said of a quarter is said after its end
            since = today - _HORIZON if yearly.grain is Grain.QUARTER else today
            coming = next(((first, period) for first, last, period in every if last >= since), None)
            if coming and coming[0] - today < _FAR:
                return coming[1]
        return latest


def _days(period: Period) -> int:
    return (period.last - period.first).days + 1 if period.first and period.last else 0


def _around(unit: str, period: Period) -> Period | None:
    """The ``unit`` that holds all the days of ``period``."""
    if period.first is None or period.last is None:
        return None
    around = calendar.containing(unit, period.first)
    return around if around.last and period.last <= around.last else None


@lru_cache(maxsize=1024)
def _occurrences(yearly: calendar.Yearly, year: int) -> tuple[tuple[dt.date, dt.date, Period], ...]:
    """Those of the years around ``year``, wide enough for a 29 February on either side."""
    found = []
    for candidate in range(max(1, year - 8), min(9998, year + 8) + 1):
        try:
            period = yearly.of(candidate)
        except ValueError:
            continue
        if period.first and period.last:
            found.append((period.first, period.last, period))
    return tuple(found)


_AHEAD = frozenset(
    words(
        "will would shall won't i'll we'll they'll he'll she'll it'll next upcoming forthcoming due "
        "scheduled slated expected expects expect plans hopes aims tomorrow deadline can beginning if "
        "might effective payable begins starts opens resumes planned planning adjourned"
    )
)
_BACK = frozenset(
    words(
        "was were had has have did said says told been took made came went killed rose fell since last "
        "previous ago yesterday earlier began got saw won lost led held hit died shot sent left met gave "
        "wouldn't couldn't didn't drew sank slid struck broke fought ran grew shrank stole"
    )
)
_BE = words("be is are was were going due expected scheduled planned slated set likely")
_FORMS_OF_BE = frozenset(words("be is are was were"))
_APPOINTED = frozenset(
    words(
        "begin start open close meet take hold leave arrive return end expire face visit go run vote appear speak "
        "announce release report play sign travel make hear be land launch publish resume come give"
    )
)
# Right before a date, these say that it is to come.
_COMING = (
    ("as", "soon", "as"),
    ("as", "early", "as"),
    ("have", "until"),
    ("has", "until"),
    ("had", "until"),
    ("ahead", "of"),
)
_GIVING = frozenset(words("give gives gave given giving"))  # a deadline, where "until" follows
# What is held on a day that no verb speaks of is to come: "ahead of talks on Friday", "Monday's hearing".
_EVENTS = frozenset(
    words(
        "anniversary ballot ceremony concert conference debate deadline draw election final game hearing inauguration "
        "launch match meeting opening parade poll primary race rally referendum round runoff session summit talks test "
        "trial verdict vote"
    )
)
_LIKENED = frozenset(("than", "as"))  # "more than expected"
_NEAR_TO = frozenset(("to", "door"))
_LIMITS = frozenset(("by", "until", "till"))  # these look ahead where no verb says otherwise
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|[.!?;\n]+")
_FRACTION = re.compile(r"(?<=\d)[.,](?=\d)")  # ends no sentence
_REACH = 14  # words on either side
_NEAR = 8  # words before a date, and _BESIDE behind it, among which an event is the one that is held then
_BESIDE = 2


def lean(before: str, after: str) -> Lean:
    """What the nearest tense marker says, looking back through the same sentence first, then ahead."""
    earlier, following = _words(before), _words(after)
    preceding = earlier[next((i + 1 for i in reversed(range(len(earlier))) if _is_stop(earlier, i)), 0) :]
    if preceding[-1:] == ["since"]:
        return Lean.OVER
    if tuple(preceding[-3:]) in _COMING or tuple(preceding[-2:]) in _COMING:
        return Lean.FUTURE
    if preceding[-1:] == ["until"] and not _GIVING.isdisjoint(preceding[-_REACH:]):
        return Lean.FUTURE
    for index in range(len(preceding) - 1, max(-1, len(preceding) - 1 - _REACH), -1):
        if (found := _marker(preceding, index)) is not Lean.OPEN:
            return found
    for index in range(min(_REACH, len(following))):
        if _is_stop(following, index):
            break
        if (found := _marker(following, index)) is not Lean.OPEN:
            return found
    if preceding and preceding[-1] in _LIMITS:
        return Lean.FUTURE
    return Lean.OPEN if _EVENTS.isdisjoint(preceding[-_NEAR:] + following[:_BESIDE]) else Lean.FUTURE


def _words(text: str) -> list[str]:
    return _WORD.findall(_FRACTION.sub("", text.lower().replace("’", "'")))


def _is_stop(text: list[str], index: int) -> bool:
    """Whether a sentence ends here; a dot after a short word is taken for an abbreviation's."""
    if text[index][-1].isalpha():
        return False
    return text[index] != "." or index == 0 or len(text[index - 1]) > 4


def _marker(text: list[str], index: int) -> Lean:
    word = text[index]
    preceding, following = text[index - 1] if index else "", text[index + 1] if index + 1 < len(text) else ""
    if "due" in (word, preceding) and "to" in (word, following):
        return Lean.FUTURE if _is_appointment(text, index - (word == "to")) else Lean.OPEN
    if (preceding in _LIKENED and word == "expected") or (word == "next" and following in _NEAR_TO):
        return Lean.OPEN
    if word in _AHEAD or (word == "to" and (preceding in _BE or following == "be")):
        return Lean.FUTURE
    if word in _BACK or (_is_participle(word) and preceding != "be"):
        return Lean.PAST
    return Lean.OPEN


def _is_appointment(text: list[str], due: int) -> bool:
    """Whether "due to" says what is to come: "is due to", "talks due to begin". "Due to snow" gives a reason."""
    verb = text[due + 2] if due + 2 < len(text) else ""
    return (due > 0 and text[due - 1] in _FORMS_OF_BE) or verb in _APPOINTED


def _is_participle(word: str) -> bool:
    regular = word.endswith("ed") and len(word) > 4 and not word.endswith("eed") and not word.startswith("un")
    return regular or word == "taken"
