"""A number expression's surface, cut into tokens that carry exact values."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from functools import lru_cache
from typing import Final

from claimex.normalize import number_words as words


class Kind(Enum):
    """What a token contributes to a number."""

    LITERAL = auto()  # 1,030.5
    UNIT = auto()  # zero .. nineteen
    TEN = auto()  # twenty .. ninety
    SCALE = auto()  # hundred, million, bn, dozen
    SCALES = auto()  # hundreds, millions
    PART = auto()  # 1/2
    DENOMINATOR = auto()  # half, thirds, 10ths
    VAGUE = auto()  # few, several
    DECADE = auto()  # 40s, forties
    SIGN = auto()  # - or + right before a digit
    HYPHEN = auto()
    WORD = auto()  # and, to, out, of, a comma
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is folded and lower case; ``value`` means something only where the kind has one."""

    kind: Kind
    text: str = ""
    value: Fraction = Fraction(0)


END: Final = Token(Kind.END)

_LOOKALIKES: Final = {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "−": "-", "٫": ".", "٬": ",", "،": ",", "\u2044": "/"}

# How digits are grouped: each style with its decimal mark. The first that fits as a whole wins. A blank inside
# "10, 000" and "1. 5" is what old newswire feeds make of a line break.
_UNBROKEN: Final = r"(?![.,']?\d)"
_STYLES: Final = tuple(
    (re.compile(f"(?:{pattern}){_UNBROKEN}"), mark)
    for pattern, mark in (
        (r"[1-9]\d{0,2}(?: ?, ?\d{3})+(?: ?\. ?\d+)?", "."),
        (r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d+)?", "."),  # lakhs and crores: 1,00,000
        (r"[1-9]\d{0,2}(?:[ ']\d{3})+(?:\.\d+)?", "."),
        (r"[1-9]\d{0,2}(?:[ ']\d{3})+,\d+", ","),
        (r"[1-9]\d{0,2}(?:\.\d{3})+,\d+|[1-9]\d{0,2}(?:\.\d{3}){2,}", ","),
        (r"\d+,\d\d?|0,\d+|\d{4,},\d+", ","),  # no reading of these commas but the decimal one
        (r"\d+(?:\. ?\d+| \.\d+)?|\.\d+", "."),
    )
)
_PART: Final = re.compile(r"(\d+) ?/ ?(\d+)(?:(?:rd|th)s?)?(?![\d/])")
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th)s?\b")
_DECADE: Final = re.compile(r"([1-9]0)'?s\b")
_SIGN: Final = re.compile(r"(?<![^ ])[-+](?=[\d.])")
_CURRENCY_LETTERS: Final = re.compile(r"\b[A-Z]{1,3}(?=[$£])")  # "US$", which goes with its symbol
_WORD: Final = re.compile(r"[^\W\d_]+|,(?!\d)")

_LEXICON: Final = (
    (Kind.UNIT, words.UNITS),
    (Kind.TEN, words.TENS),
    (Kind.SCALE, words.SCALES),
    (Kind.SCALES, words.PLURAL_SCALES),
    (Kind.DENOMINATOR, words.DENOMINATORS),
    (Kind.DECADE, words.DECADES),
)


def tokenize(text: str) -> list[Token] | None:
    """The tokens of a surface, None where some character belongs to no token. Linear in ``text``."""
    text = _CURRENCY_LETTERS.sub("", text)
    folded = " ".join("".join(map(_fold, text)).casefold().split()).removesuffix("%")
    tokens: list[Token] = []
    at = 0
    while at < len(folded):
        if folded[at] == " ":
            at += 1
            continue
        found = _token(folded, at)
        if found is None:
            return None
        token, at = found
        tokens.append(token)
    return _without_joints(tokens)


@lru_cache(maxsize=1024)
def _fold(char: str) -> str:
    """A character as the tokenizer knows it: ASCII digits, signs and blanks; currency symbols and invisibles go."""
    category = unicodedata.category(char)
    if category == "Sc":
        return " "
    if char.isascii():
        return char
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in ("Zs", "Cf"):
        return " " if category == "Zs" else ""
    if category == "Pd":
        return "-"
    form, *codes = unicodedata.decomposition(char).split() or [""]
    if form in ("<fraction>", "<wide>"):
        plain = "".join(_LOOKALIKES.get(part, part) for part in (chr(int(code, 16)) for code in codes))
        return f" {plain} " if form == "<fraction>" else plain
    return _LOOKALIKES.get(char, char)


def _token(text: str, at: int) -> tuple[Token, int] | None:
    """The token that starts at ``at``, and where it ends."""
    if match := _PART.match(text, at):
        return Token(Kind.PART, match[0], _over(int(match[1]), int(match[2]))), match.end()
    if match := _DECADE.match(text, at):
        return Token(Kind.DECADE, match[0], Fraction(match[1])), match.end()
    if match := _ORDINAL.match(text, at):
        return Token(Kind.DENOMINATOR, match[0], _over(1, int(match[1]))), match.end()
    for pattern, mark in _STYLES:
        if match := pattern.match(text, at):
            return Token(Kind.LITERAL, match[0], _literal(match[0], mark)), match.end()
    if match := _SIGN.match(text, at):
        return Token(Kind.SIGN, match[0]), match.end()
    if text[at] == "-":
        return Token(Kind.HYPHEN, "-"), at + 1
    if match := _WORD.match(text, at):
        return _word(match[0]), match.end()
    return None


def _over(numerator: int, denominator: int) -> Fraction:
    """A fraction, zero (which no part is) where it has no value."""
    return Fraction(numerator, denominator) if denominator else Fraction(0)


def _literal(text: str, mark: str) -> Fraction:
    # A style has its decimal mark once at most, except that dots alone, twice or more, only group.
    whole, decimals = text, ""
    if text.count(mark) == 1:
        whole, _, decimals = text.partition(mark)
    digits = "".join(filter(str.isdigit, whole + decimals))
    return Fraction(int(digits), 10 ** len(decimals.strip()))


def _word(text: str) -> Token:
    for kind, values in _LEXICON:
        if text in values:
            return Token(kind, text, values[text])
    return Token(Kind.VAGUE if text in words.VAGUE else Kind.WORD, text)


def _without_joints(tokens: list[Token]) -> list[Token]:
    """Without the hyphens that only glue words together, as in "two-and-a-half" and "1.3-million"."""

    def glues(at: int) -> bool:
        before, after = tokens[at - 1] if at else END, tokens[at + 1] if at + 1 < len(tokens) else END
        return before.kind is Kind.WORD or after.kind in (Kind.SCALE, Kind.SCALES, Kind.WORD)

    return [token for at, token in enumerate(tokens) if token.kind is not Kind.HYPHEN or not glues(at)]
