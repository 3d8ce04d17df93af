"""The grammar of number expressions: tokens in, the amounts that they name out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import wraps
from math import prod
from typing import Concatenate, Final, ParamSpec, TypeVar

from claimex.normalize.number_tokens import END, Kind, Token
from claimex.normalize.number_words import BARE_DENOMINATORS, DECADE_PARTS, VAGUE
from claimex.schema import Unparsed

_HUNDRED: Final = Fraction(100)

_T = TypeVar("_T")
_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class Amount:
    """One number or vague count. ``high`` is None where open.

    ``scales`` are the magnitudes it ends with, which an amount before it in a range may share; ``scaled`` says that it
    has one itself and shares none.
    """

    low: Fraction
    high: Fraction | None
    scales: tuple[Fraction, ...] = ()
    scaled: bool = False

    def times(self, factor: Fraction) -> Amount:
        """The amount so many times over."""
        low, high = self.low * factor, None if self.high is None else self.high * factor
        if high is not None and high < low:
            low, high = high, low
        return replace(self, low=low, high=high)


def _exactly(value: Fraction, scales: tuple[Fraction, ...] = (), scaled: bool = False) -> Amount:
    return Amount(value, value, scales, scaled)


def product(factors: Iterable[Fraction]) -> Fraction:
    """Exact, and one for none."""
    return prod(factors, start=Fraction(1))


@dataclass(frozen=True, slots=True)
class Amounts:
    """The ends of a range, in text order, or one amount. ``rising``: joined by a word or dash that goes upwards."""

    amounts: tuple[Amount, ...]
    rising: bool


def read_amounts(tokens: list[Token]) -> Amounts | Unparsed:
    """What the tokens say, all of them: leftover tokens give ``Unparsed``."""
    return _Reader(tokens).read()


def _whole(read: Callable[Concatenate[_Reader, _P], _T | None]) -> Callable[Concatenate[_Reader, _P], _T | None]:
    """A reading method that consumes what it understood, and nothing where it gives None."""

    @wraps(read)
    def whole(reader: _Reader, /, *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        start = reader.at
        value = read(reader, *args, **kwargs)
        if value is None:
            reader.at = start
        return value

    return whole


class _Reader:
    """A recursive descent over tokens; ``at`` is the next one."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def _peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def _take(self, *kinds: Kind) -> Token | None:
        token = self._peek()
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def _words(self, *texts: str) -> bool:
        """Consumes exactly these tokens, in a row."""
        if any(self._peek(ahead).text != text for ahead, text in enumerate(texts)):
            return False
        self.at += len(texts)
        return True

    def _article(self) -> bool:
        return self._words("a") or self._words("an")

    # -- the grammar, from the whole to the parts

    def read(self) -> Amounts | Unparsed:
        """expression = amount {link amount} [ratio], and nothing after it."""
        first = self._amount()
        if first is None:
            return Unparsed(f"no number starts with {self._peek().text!r}" if self.tokens else "no number")
        amounts, rising = [first], False
        while (following := self._further_amount()) is not None:
            amounts.append(following[0])
            rising = rising or following[1]
        if (whole := self._ratio()) is not None:
            amounts = [amount.times(1 / whole) for amount in amounts]
            if any(amount.high is None or amount.high > 1 for amount in amounts):
                return Unparsed("a ratio above one")
        if self._peek() is not END:
            return Unparsed(f"no reading for {self._peek().text!r} after a number")
        return Amounts(tuple(amounts), rising)

    @_whole
    def _further_amount(self) -> tuple[Amount, bool] | None:
        """The next end of a range, and whether what joins it says that the range rises."""
        if self._words("to") or self._words("through") or self._words("-"):  # also the sign in "200 -300"
            rising = True
        else:
            comma, rising = self._words(","), False
            if self._words("or") or self._words("and") or self._words("if", "not"):
                self._words("even")
            elif not comma:
                return None
        amount = self._amount()
        return (amount, rising) if amount else None

    @_whole
    def _ratio(self) -> Fraction | None:
        """ratio = ("in" | "out of" | "of") ["every"] number."""
        if not (self._words("in") or self._words("out", "of") or self._words("of")):
            return None
        self._words("every")
        number = self._number()
        return number.low if number and number.low > 0 else None

    @_whole
    def _amount(self) -> Amount | None:
        """amount = ["minus"] (part of | number) | decade | vague."""
        sign = self._sign()
        if sign is None:
            return self._decade() or self._vague() or self._part_of() or self._number()
        amount = self._part_of() or self._number()
        return amount.times(sign) if amount else None

    def _sign(self) -> Fraction | None:
        if self._words("minus") or self._words("negative") or self._words("-"):
            return Fraction(-1)
        return Fraction(1) if self._words("plus") or self._words("+") else None

    @_whole
    def _decade(self) -> Amount | None:
        """decade = ["the"] [low | mid | high] "40s"."""
        self._words("the")
        part = DECADE_PARTS.get(self._peek().text)
        self.at += part is not None
        decade = self._take(Kind.DECADE)
        first, last = part or (0, 9)
        return Amount(decade.value + first, decade.value + last) if decade else None

    @_whole
    def _vague(self) -> Amount | None:
        """vague = [a] few {[of] scale} | scales {[of] scale}."""
        if scales := self._take(Kind.SCALES):
            return Amount(2 * scales.value * product(self._scales_of()), None, scaled=True)
        self._article()
        vague = self._take(Kind.VAGUE)
        if vague is None:
            return None
        factors = self._scales_of()
        return Amount(*VAGUE[vague.text], factors, bool(factors)).times(product(factors))

    def _scales_of(self) -> tuple[Fraction, ...]:
        return tuple(iter(self._scale_of, None))

    @_whole
    def _scale_of(self) -> Fraction | None:
        self._words("of")
        return self._scale()

    @_whole
    def _part_of(self) -> Amount | None:
        """part of = part ["of" number | [a] scale]."""
        part = self._part()
        if part is None:
            return None
        whole = self._whole_of_part()
        return whole.times(part) if whole else _exactly(part)

    @_whole
    def _whole_of_part(self) -> Amount | None:
        if self._words("of") or self._peek(self._peek().text in ("a", "an")).kind is Kind.SCALE:
            return self._number()
        return None

    @_whole
    def _part(self) -> Fraction | None:
        """part = [a] "1/2" | [a] [number] "third", below one."""
        article = self._article()
        if literal := self._take(Kind.PART):
            part = literal.value
        else:
            count = self._take(Kind.UNIT, Kind.LITERAL)
            self._take(Kind.HYPHEN)
            denominator = self._take(Kind.DENOMINATOR)
            if denominator is None or not (article or count or denominator.text in BARE_DENOMINATORS):
                return None
            part = denominator.value * (count.value if count else 1)
        return part if 0 < part < 1 else None

    @_whole
    def _number(self) -> Amount | None:
        """number = group {scale} {[and] group {scale}} ["and" part of the last scale], each below the scale before."""
        group = self._group()
        if group is None:
            return None
        total, hundreds = group
        scales = self._scales()
        total *= product(scales)
        if not scales:
            return _exactly(total, hundreds)
        if (part := self._and_part()) is not None:  # "a million and a half"
            return _exactly(total + part * scales[-1], scaled=True)
        limit, shareable = product(scales), (*hundreds, *scales)
        while (smaller := self._smaller(limit)) is not None:
            total, limit, shareable = total + smaller[0], smaller[1], ()
        return _exactly(total, shareable, scaled=True)

    @_whole
    def _smaller(self, limit: Fraction) -> tuple[Fraction, Fraction] | None:
        """A further group of a number, if it is below the scale before it, with the product of its own scales."""
        if not self._words("and") and self._peek().text in (",", "-") and self._peek(1).kind in (Kind.UNIT, Kind.TEN):
            self.at += 1
        if self._peek().kind not in (Kind.UNIT, Kind.TEN, Kind.LITERAL):
            return None
        group = self._group()
        scale = product(self._scales())
        return (group[0] * scale, scale) if group and 0 < group[0] * scale < limit else None

    @_whole
    def _group(self) -> tuple[Fraction, tuple[Fraction, ...]] | None:
        """group = digits | words below a thousand | nothing or "a" before a scale; with its fraction.

        With the value comes the scale of hundreds if the group ends with one.
        """
        literal = self._take(Kind.LITERAL)
        value = literal.value if literal else self._below_hundred()
        if value is None:
            self._article()
            # a lone "m" is no number
            if self._peek().kind is not Kind.SCALE or len(self._peek().text) < 4:
                return None
            value = Fraction(1)
        if value.denominator == 1 and (part := self._and_part()) is not None:
            return value + part, ()
        if self._peek().text not in ("hundred", "hundreds"):
            return value, ()
        self.at += 1
        rest, part = self._rest_of_hundred(), self._and_part()
        shareable = (_HUNDRED,) if rest is None and part is None else ()
        return value * _HUNDRED + (rest or 0) + (part or 0), shareable

    @_whole
    def _and_part(self) -> Fraction | None:
        """The fraction after a whole number: "1/2", "-1/2", "and a half"."""
        joined = self._words("and") or self._words("-") or self._peek().kind is Kind.PART
        return self._part() if joined else None

    @_whole
    def _rest_of_hundred(self) -> Fraction | None:
        """What follows "hundred": not the start of another hundred, as in "two hundred and three hundred"."""
        if not self._words("and"):
            self._words("-")
        value = self._below_hundred()
        return value if value and self._peek().text not in ("hundred", "hundreds") else None

    @_whole
    def _below_hundred(self) -> Fraction | None:
        """below hundred = ten [unit] | unit."""
        ten = self._take(Kind.TEN)
        unit = self._unit_of_ten() if ten else self._take(Kind.UNIT)
        if ten is None and unit is None:
            return None
        return (ten.value if ten else 0) + (unit.value if unit else Fraction(0))

    @_whole
    def _unit_of_ten(self) -> Token | None:
        self._words("-")
        unit = self._take(Kind.UNIT)
        return unit if unit and 0 < unit.value < 10 else None

    def _scales(self) -> tuple[Fraction, ...]:
        return tuple(iter(self._scale, None))

    def _scale(self) -> Fraction | None:
        token = self._take(Kind.SCALE, Kind.SCALES)
        return token.value if token else None
