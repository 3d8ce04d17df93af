"""The vocabulary of dates: word classes, and the words and phrases that belong to each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias


class Kind(Enum):
    """The word classes of the date grammar; the comment names the token's value."""

    NUMBER = auto()  # how many, or the day of a month
    ORDINAL = auto()  # 1 for "first"
    DAY = auto()  # 1 for "1st"
    VAGUE = auto()  # "several"
    YEAR = auto()  # 2006
    DECADE = auto()  # 1990
    DATE = auto()  # an ISO or slashed date, as (year, month, day)
    MONTH = auto()  # 1 to 12
    WEEKDAY = auto()  # 1 to 7, Monday first
    SEASON = auto()  # its first month
    QUARTER = auto()  # 3 for "Q3"
    HOLIDAY = auto()  # its name
    UNIT = auto()  # "year"
    UNITS = auto()  # "year" where the text has a plural
    RELATIVE = auto()  # "last", "past", "next", "coming", "this", "recent"
    ANAPHOR = auto()  # points at a day of the text, not of its reader: "that", "previous", "following"
    EDGE = auto()  # "early", "mid", "late", "start", "end", "earlier", "later", "rest"
    AGO = auto()  # -1 for "ago", 1 for "from now"
    DEICTIC = auto()  # "yesterday"
    REFERENCE = auto()  # PAST_REF, PRESENT_REF, FUTURE_REF, PXX
    PART = auto()  # MO, AF, EV, NI
    CLOCK = auto()  # "T09:30"
    EVERY = auto()  # "day" for "daily", "" for "every"
    FISCAL = auto()
    TO = auto()  # to, until, ending
    AND = auto()
    DASH = auto()
    ARTICLE = auto()  # "a", which counts before a unit
    UNKNOWN = auto()  # the word itself


Value: TypeAlias = int | str | tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """A classified word."""

    kind: Kind
    value: Value


def words(line: str) -> frozenset[str]:
    """The words of ``line``, which stand apart by blanks."""
    return frozenset(line.split())


def _numbered(text: str, start: int = 1) -> dict[str, int]:
    return {word: number for number, line in enumerate(text.split("|"), start) for word in line.split()}


MONTHS = _numbered(
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
    "september sept sep|october oct|november nov|december dec"
)
WEEKDAYS = _numbered(
    "monday mon|tuesday tue tues|wednesday wed weds|thursday thu thur thurs|friday fri|saturday sat|sunday sun"
)
CARDINALS = _numbered(
    "zero|one|two couple pair|three|four|five|six|seven|eight|nine|ten|eleven|twelve dozen|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen",
    0,
) | {word: 10 * n for word, n in _numbered("twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety", 2).items()}
MULTIPLIERS = {"hundred": 100, "thousand": 1000}
ORDINALS = _numbered(
    "first|second latter|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|"
    "fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"
) | {"thirtieth": 30}
UNITS = (
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "weekend",
    "fortnight",
    "month",
    "quarter",
    "half",
    "year",
    "decade",
    "period",
)

_CLASSES: dict[Kind, dict[str, str]] = {
    Kind.RELATIVE: {
        "last": "last",
        "past": "past",
        "final": "past",
        "latest": "last",
        "next": "next",
        "coming": "coming",
        "upcoming": "coming",
        "this": "this",
        "current": "this",
        "recent": "recent",
    },
    Kind.ANAPHOR: dict.fromkeys(words("that those these same corresponding comparable equivalent like"), "that")
    | dict.fromkeys(words("previous preceding prior"), "previous")
    | dict.fromkeys(words("following ensuing subsequent"), "following")
    | {"before": "before", "after": "after"},
    Kind.EDGE: {
        "early": "early",
        "mid": "mid",
        "middle": "mid",
        "late": "late",
        "start": "start",
        "beginning": "start",
        "outset": "start",
        "end": "end",
        "close": "end",
        "earlier": "earlier",
        "later": "later",
        "rest": "rest",
        "remainder": "rest",
    },
    Kind.DEICTIC: dict.fromkeys(("today", "yesterday", "tomorrow", "tonight", "overnight"), ""),
    Kind.REFERENCE: dict.fromkeys(words("now currently present presently already nowadays immediately"), "PRESENT_REF")
    | dict.fromkeys(words("recently then once previously formerly lately"), "PAST_REF")
    | dict.fromkeys(words("soon future shortly eventually"), "FUTURE_REF"),
    Kind.PART: dict.fromkeys(("morning", "midmorning", "dawn", "daybreak", "sunrise"), "MO")
    | dict.fromkeys(("afternoon", "midafternoon"), "AF")
    | dict.fromkeys(("evening", "dusk", "sunset"), "EV")
    | dict.fromkeys(("night", "nighttime"), "NI"),
    Kind.CLOCK: {"noon": "T12:00", "midday": "T12:00", "midnight": "T24:00"},
    Kind.FISCAL: dict.fromkeys(("fiscal", "financial", "budget", "fy"), ""),
    Kind.TO: dict.fromkeys(words("to until till through ending ended ends"), ""),
    Kind.AND: dict.fromkeys(("and", "or", "&"), ""),
    Kind.DASH: dict.fromkeys("-/", ""),
    Kind.ARTICLE: dict.fromkeys(("a", "an"), ""),
    Kind.VAGUE: dict.fromkeys(words("few several many some"), ""),
    Kind.EVERY: {
        "daily": "day",
        "weekly": "week",
        "monthly": "month",
        "quarterly": "quarter",
        "yearly": "year",
        "annual": "year",
        "annually": "year",
    },
}
WORDS: dict[str, Token] = (
    {word: Token(Kind.MONTH, n) for word, n in MONTHS.items()}
    | {word: Token(Kind.WEEKDAY, n) for word, n in WEEKDAYS.items()}
    | {word: Token(Kind.NUMBER, n) for word, n in (CARDINALS | MULTIPLIERS).items()}
    | {unit: Token(Kind.UNIT, unit) for unit in UNITS}
    | {unit + "s": Token(Kind.UNITS, unit) for unit in UNITS}
    | {word: Token(Kind.ORDINAL, n) for word, n in ORDINALS.items()}
    | {"halves": Token(Kind.UNITS, "half"), "century": Token(Kind.UNIT, "century")}
    | {"centuries": Token(Kind.UNITS, "century")}
    | {"spring": Token(Kind.SEASON, 3), "summer": Token(Kind.SEASON, 6), "winter": Token(Kind.SEASON, 12)}
    | {"autumn": Token(Kind.SEASON, 9), "fall": Token(Kind.SEASON, 9)}
    | {word: Token(Kind.EVERY, "") for word in ("each", "every")}
    | {tens[:-1] + "ies": Token(Kind.DECADE, 1900 + n) for tens, n in CARDINALS.items() if n >= 20}
    | {word: Token(kind, value or word) for kind, words in _CLASSES.items() for word, value in words.items()}
)
# A phrase that is one word of the grammar. Longer phrases first: the first that fits is taken.
PHRASES: tuple[tuple[tuple[str, ...], Token], ...] = tuple(
    (tuple(phrase.split()), token)
    for phrase, token in (
        ("the day before yesterday", Token(Kind.DEICTIC, "before yesterday")),
        ("the day after tomorrow", Token(Kind.DEICTIC, "after tomorrow")),
        ("9 / 11", Token(Kind.DATE, (2001, 9, 11))),
        ("ago", Token(Kind.AGO, -1)),
        ("from now", Token(Kind.AGO, 1)),
        ("from today", Token(Kind.AGO, 1)),
        ("the early hours", Token(Kind.PART, "MO")),
        ("early hours", Token(Kind.PART, "MO")),
        ("wee hours", Token(Kind.PART, "MO")),
        ("first light", Token(Kind.PART, "MO")),
        ("small hours", Token(Kind.PART, "MO")),
        ("this past", Token(Kind.RELATIVE, "past")),
        ("this last", Token(Kind.RELATIVE, "past")),
        ("this coming", Token(Kind.RELATIVE, "coming")),
        ("the last", Token(Kind.RELATIVE, "past")),
        ("the next", Token(Kind.RELATIVE, "coming")),
        ("the past", Token(Kind.RELATIVE, "past")),
        ("the time", Token(Kind.REFERENCE, "PAST_REF")),
        ("long time", Token(Kind.REFERENCE, "PXX")),
        ("recent past", Token(Kind.REFERENCE, "PAST_REF")),
        ("long ago", Token(Kind.REFERENCE, "PAST_REF")),
        ("a while ago", Token(Kind.REFERENCE, "PAST_REF")),
        ("a while", Token(Kind.REFERENCE, "PXX")),
        ("the moment", Token(Kind.REFERENCE, "PRESENT_REF")),
        ("this moment", Token(Kind.REFERENCE, "PRESENT_REF")),
        ("the time being", Token(Kind.REFERENCE, "PRESENT_REF")),
        ("these days", Token(Kind.REFERENCE, "PRESENT_REF")),
        ("so far", Token(Kind.REFERENCE, "PRESENT_REF")),
        ("to date", Token(Kind.REFERENCE, "PRESENT_REF")),
        ("near future", Token(Kind.REFERENCE, "FUTURE_REF")),
        ("foreseeable future", Token(Kind.REFERENCE, "FUTURE_REF")),
        ("near term", Token(Kind.REFERENCE, "FUTURE_REF")),
        ("short term", Token(Kind.REFERENCE, "FUTURE_REF")),
        ("long term", Token(Kind.REFERENCE, "FUTURE_REF")),
        ("days ahead", Token(Kind.UNITS, "day")),
        ("weeks ahead", Token(Kind.UNITS, "week")),
        ("months ahead", Token(Kind.UNITS, "month")),
        ("years ahead", Token(Kind.UNITS, "year")),
        ("year - end", Token(Kind.HOLIDAY, "year-end")),
        ("year end", Token(Kind.HOLIDAY, "year-end")),
        ("christmas eve", Token(Kind.HOLIDAY, "christmas eve")),
        ("christmas day", Token(Kind.HOLIDAY, "christmas")),
        ("christmas", Token(Kind.HOLIDAY, "christmas")),
        ("boxing day", Token(Kind.HOLIDAY, "boxing day")),
        ("new year ' s eve", Token(Kind.HOLIDAY, "new year's eve")),
        ("new year ' s day", Token(Kind.HOLIDAY, "new year's day")),
        ("new year ' s", Token(Kind.HOLIDAY, "new year's day")),
        ("valentine ' s day", Token(Kind.HOLIDAY, "valentine's day")),
        ("international women ' s day", Token(Kind.HOLIDAY, "international women's day")),
        ("may day", Token(Kind.HOLIDAY, "may day")),
        ("independence day", Token(Kind.HOLIDAY, "independence day")),
        ("canada day", Token(Kind.HOLIDAY, "canada day")),
        ("bastille day", Token(Kind.HOLIDAY, "bastille day")),
        ("halloween", Token(Kind.HOLIDAY, "halloween")),
        ("veterans day", Token(Kind.HOLIDAY, "veterans day")),
        ("veterans ' day", Token(Kind.HOLIDAY, "veterans day")),
        ("thanksgiving day", Token(Kind.HOLIDAY, "thanksgiving")),
        ("thanksgiving", Token(Kind.HOLIDAY, "thanksgiving")),
        ("election day", Token(Kind.HOLIDAY, "election day")),
        ("labor day", Token(Kind.HOLIDAY, "labor day")),
        ("memorial day", Token(Kind.HOLIDAY, "memorial day")),
        ("good friday", Token(Kind.HOLIDAY, "good friday")),
        ("easter sunday", Token(Kind.HOLIDAY, "easter")),
        ("easter monday", Token(Kind.HOLIDAY, "easter monday")),
        ("easter", Token(Kind.HOLIDAY, "easter")),
    )
)
NOISE = frozenset(
    words(
        "the of in on at by as since for during over within from between about around approximately "
        "roughly nearly almost barely exactly least less most more than up no only just alone another additional "
        "consecutive straight successive whole bulk much mere full entire all sometime time local "
        "gmt utc est edt cst cdt pst pdt et bst cet hrs ad s its their so old long right possible date good part "
        "trading working business his her our , . ( ) [ ] ' \" : ; yet"
    )
)
