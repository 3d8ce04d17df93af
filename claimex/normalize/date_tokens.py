"""A date's surface as a short tuple of classified tokens, with all that carries no meaning dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from claimex.normalize.calendar_words import CARDINALS, MULTIPLIERS, NOISE, ORDINALS, PHRASES, WORDS, Kind, Token

_MAX_CHARACTERS = 200
_MAX_TOKENS = 12
_PHRASES = {word: [entry for entry in PHRASES if entry[0][0] == word] for word in {entry[0][0] for entry in PHRASES}}
_CONNECTORS = frozenset((Kind.TO, Kind.AND, Kind.DASH))
_ENDS_OF_RANGE = frozenset(
    (Kind.NUMBER, Kind.DAY, Kind.YEAR, Kind.DECADE, Kind.DATE, Kind.MONTH, Kind.WEEKDAY, Kind.SEASON)
)
_PERIOD = Token(Kind.UNIT, "period")
_TYPOGRAPHY = str.maketrans(dict.fromkeys("‘’ʼ′`", "'") | dict.fromkeys("‐‑‒–—−", "-"))
_HENCE = re.compile(r"(?:(?<=[rhky]s)'?|(?<=[rhky])'s) time$")  # "two years' time", "a week's time"
_ZONE = re.compile(r"(\b[ap]\.?m\b\.?|:\d\d) [a-z]+ (?:standard |daylight |summer )?time\b")  # "8 a.m. Beijing time"
_OCLOCK = re.compile(r"\b(?P<hour>[a-z]+|1[0-2]|[1-9]) o'clock\b(?=.*\b(?P<late>afternoon|evening|night)\b)?")
# "Sundays": every one of them.
_HABIT = re.compile(r"\b(?:every )?((?:mon|tues|wednes|thurs|fri|satur|sun)day)s\b")
_LEXEME = re.compile(
    r"""(?P<iso>\d{4}-\d{1,2}-\d{1,2})(?!\d)
      | (?P<slashed>\d{1,2}[/.]\d{1,2}[/.]\d{4})(?!\d)
      | (?P<half>½|(?<!\d)1/2(?!\d))
      | (?P<clock>\d{1,2}(?:[:.h]\d{2}){0,2}\ ?[ap]\.?\ ?m\b | \d{1,2}[:h]\d{2}\b | \d{1,2}\.\d{2}(?=\ gmt\b)
        | \d{4}(?=\ ?(?:gmt|hrs|hours|local\ time)\b))
      | (?P<decade>(?:\d\d|')?\d0'?s)\b
      | (?P<day>\d{1,2}\ ?(?:st|nd|rd|th))\b
      | (?P<quarter>q[1-4])\b
      | (?P<short>'\d\d)\b
      | (?P<number>\d{1,3}(?:,\d{3})+\b | \d+)
      | (?P<word>[^\W\d_]+)
      | (?P<sign>\S)""",
    re.VERBOSE,
)


class AmbiguousDateError(ValueError):
    """A date that can be read in two ways; the message says why."""


def tokenize(text: str) -> tuple[Token, ...] | None:
    """The tokens of ``text``; None where it is too long to be a date.

    Raises AmbiguousDateError for a slashed date whose day and month cannot be told apart.
    """
    return None if len(text) > _MAX_CHARACTERS else _tokens(text)


@lru_cache(maxsize=8192)
def _tokens(text: str) -> tuple[Token, ...] | None:
    plain = _HENCE.sub(" from now", " ".join(text.translate(_TYPOGRAPHY).lower().split()))
    plain = _OCLOCK.sub(_hour, _HABIT.sub(r"every \1", _ZONE.sub(r"\1", plain)))
    lexemes = [(match.lastgroup or "", match.group()) for match in _LEXEME.finditer(plain)]
    tokens = list(_settle(list(_classify(lexemes))))
    while tokens and tokens[0].kind in _CONNECTORS:
        del tokens[0]
    while tokens and tokens[-1].kind in _CONNECTORS:
        del tokens[-1]
    return tuple(tokens) if len(tokens) <= _MAX_TOKENS else None


def _hour(match: re.Match[str]) -> str:
    """What a clock shows: "5 p.m." for the "five o'clock" of an afternoon."""
    hour = str(CARDINALS.get(match["hour"], match["hour"]))
    if hour == "12" and match["late"] == "night":
        return "midnight"
    return f"{hour} pm" if match["late"] else f"{hour}:00"


def _classify(lexemes: list[tuple[str, str]]) -> Iterator[Token]:
    words = [surface for _, surface in lexemes]
    at = 0
    while at < len(words):
        token, at = _phrase(words, at) or _spelled(words, at) or (_single(*lexemes[at]), at + 1)
        if token is not None:
            yield token


def _phrase(words: list[str], at: int) -> tuple[Token, int] | None:
    for phrase, token in _PHRASES.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return token, at + len(phrase)
    return None


def _spelled(words: list[str], at: int) -> tuple[Token, int] | None:
    """A number in words: "twenty-four", "nineteen ninety-six", "twenty-first"."""
    total = 0
    start = at
    while at < len(words):
        word = words[at + 1] if words[at] == "-" and start < at < len(words) - 1 else words[at]
        after = at + 1 + (words[at] == "-")
        is_tens = total % 100 >= 20 and total % 10 == 0
        if is_tens and ORDINALS.get(word, 10) < 10:
            return Token(Kind.ORDINAL, total + ORDINALS[word]), after
        number = CARDINALS.get(word)
        if start == at and number is not None:
            total = number
        elif word in MULTIPLIERS and total < MULTIPLIERS[word]:
            total = max(total, 1) * MULTIPLIERS[word]
        elif number is not None and ((is_tens and number < 10) or (total and total % 100 == 0)):
            total += number
        elif number is not None and min(total, number) >= 10 and total < 100 and words[at] != "-":
            total = 100 * total + number
        else:
            break
        at = after
    if at == start:
        return None
    return Token(Kind.YEAR if 1000 <= total < 3000 else Kind.NUMBER, total), at


def _single(group: str, surface: str) -> Token | None:
    if group in _NUMERALS:
        return _NUMERALS[group](surface)
    if surface in WORDS:
        return WORDS[surface]
    return None if surface in NOISE else Token(Kind.UNKNOWN, surface)


def _settle(tokens: list[Token]) -> Iterator[Token]:
    """Decide what only the neighbours can tell: whether "a" counts, "-" is "to", 2000 is a year, "period" a label."""
    for index, token in enumerate(tokens):
        before = tokens[index - 1].kind if index else None
        after = tokens[index + 1].kind if index + 1 < len(tokens) else None
        if token.kind is Kind.ARTICLE:
            if after is Kind.UNIT and tokens[index + 1].value != "half":
                yield Token(Kind.NUMBER, 1)
        elif token.kind is Kind.YEAR and after is Kind.UNITS:
            yield Token(Kind.NUMBER, token.value)
        elif token.kind is Kind.DASH:
            if before in _ENDS_OF_RANGE and (after in _ENDS_OF_RANGE or after is Kind.EDGE):
                yield token
        elif token == _PERIOD and (before in _ENDS_OF_RANGE or (before is Kind.UNIT and _counts(tokens[:index]))):
            continue  # "the 2006-2010 period", "a three-year period"
        elif token.kind is not Kind.ANAPHOR or before is not Kind.ANAPHOR:  # "that same"
            yield token


def _counts(tokens: list[Token]) -> bool:
    return any(token.kind in (Kind.NUMBER, Kind.ARTICLE) for token in tokens)


def _digits(surface: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", surface)]


def _iso(surface: str) -> Token:
    year, month, day = _digits(surface)
    return Token(Kind.DATE, (year, month, day))


def _slashed(surface: str) -> Token:
    one, other, year = _digits(surface)
    if one <= 12 and other <= 12 and one != other:
        raise AmbiguousDateError(f"day and month cannot be told apart in {surface!r}")
    return Token(Kind.DATE, (year, other, one) if one > 12 else (year, one, other))


def _clock(surface: str) -> Token:
    hour, minute, *_ = [*_digits(surface), 0]
    if hour >= 100:  # 0830 GMT
        hour, minute = divmod(hour, 100)
    if "m" in surface:
        hour = hour % 12 + 12 * ("p" in surface)
    return Token(Kind.CLOCK, f"T{hour:02d}:{minute:02d}")


def _full_year(number: int) -> int:
    """A year written with two digits, by the newsroom's pivot: '69 is 1969, '06 is 2006."""
    return number + (1900 if number >= 50 else 2000)


def _decade(surface: str) -> Token:
    start = _digits(surface)[0]
    return Token(Kind.DECADE, start if start >= 100 else _full_year(start))


def _number(surface: str) -> Token:
    return Token(Kind.YEAR if len(surface) == 4 else Kind.NUMBER, int(surface.replace(",", "")))


_NUMERALS: dict[str, Callable[[str], Token]] = {
    "iso": _iso,
    "slashed": _slashed,
    "clock": _clock,
    "decade": _decade,
    "half": lambda surface: Token(Kind.UNIT, "half"),
    "day": lambda surface: Token(Kind.DAY, _digits(surface)[0]),
    "quarter": lambda surface: Token(Kind.QUARTER, int(surface[1])),
    "short": lambda surface: Token(Kind.YEAR, _full_year(_digits(surface)[0])),
    "number": _number,
}
