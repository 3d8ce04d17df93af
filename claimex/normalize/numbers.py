"""The number that a QUANTITY's surface stands for, in exact arithmetic.

A plain number has ``value == low == high``. A range ("200 to 300", "five or six") has ``low`` and ``high`` alone, and a
ratio ("one in five") is a number. What is no number but still bounds one has an interval by this convention:

- a plural magnitude is at least two of it and open above: dozens >= 24, tens of thousands >= 20,000;
- a couple is 2 to 3, a few 3 to 5, a handful 3 to 6, several 3 to 9, times the magnitude after it ("several hundred");
- a decade of age or temperature covers its ten numbers ("the 40s"); low, mid and high take 0-3, 4-6 and 7-9 of them.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from functools import lru_cache
from typing import Final

from claimex.normalize.modifiers import without_modifiers
from claimex.normalize.number_grammar import Amount, Amounts, product, read_amounts
from claimex.normalize.number_tokens import tokenize
from claimex.schema import Quantity, Unparsed

# "118.76-86", "1.4031-4033", "1.5520-25", as exchange rates are quoted: the second end has the last decimals alone.
_ABBREVIATED: Final = re.compile(r"(?P<whole>\d+)\.(?P<low>\d{2,4}) ?[-–] ?(?P<high>\d{2,4})", re.ASCII)
# "20-30,000", whose first end is as short of its thousands as that of "20-30 thousand".
_SHORT_OF_ZEROS: Final = re.compile(
    r"(?P<low>\d{1,3})(?P<link> ?[-–] ?| to | and | or )(?P<high>\d{1,3})(?P<zeros>(?:,000)+)", re.ASCII
)
_FACTOR: Final = 5  # between its ends, at most: "1 to 30,000" may well begin with one

MAX_CHARACTERS: Final = 200  # no number expression is longer; bounds every loop below


def parse_number(text: str) -> Quantity | Unparsed:
    """The quantity that ``text``, a QUANTITY span's surface, stands for, without its unit and modifier.

    The whole surface has to be understood: leftover words give ``Unparsed``. Modifiers that slipped into the span
    ("about 300", "90-odd") are left out; ``modifiers.modifier_of`` reads them. Never raises.
    """
    if not text.strip():
        return Unparsed("empty")
    if len(text) > MAX_CHARACTERS:
        return Unparsed(f"longer than {MAX_CHARACTERS} characters")
    quantity = _read(text)
    if isinstance(quantity, Unparsed) and (bare := without_modifiers(text)) != text:
        return _read(bare)
    return quantity


@lru_cache(maxsize=8192)
def _read(text: str) -> Quantity | Unparsed:
    tokens = tokenize(_written_out(text))
    if tokens is None:
        return Unparsed("holds a character that numbers are not written with")
    read = read_amounts(tokens)
    return read if isinstance(read, Unparsed) else _quantity(read)


def _written_out(text: str) -> str:
    """An abbreviated range in full, where the short form has no other reading: its second end would be too small, or
    its first one out of all proportion."""
    text = text.strip()
    if (short := _ABBREVIATED.fullmatch(text)) and (high := _last_decimals(**short.groupdict())):
        return f"{short['whole']}.{short['low']}-{short['whole']}.{high}"
    short = _SHORT_OF_ZEROS.fullmatch(text)
    if short and int(short["low"]) < int(short["high"]) <= _FACTOR * int(short["low"]):
        return f"{short['low']}{short['zeros']}{short['link']}{short['high']}{short['zeros']}"
    return text


def _last_decimals(whole: str, low: str, high: str) -> str | None:
    """All decimals of the second end, if ``high`` cannot be a number by itself: it would be below the first end, or out
    of all proportion to a rate, which has four decimals."""
    decimals = low[: -len(high)] + high
    below = int(whole) >= int(high)
    beyond = len(low) == 4 and int(high) > _FACTOR * Fraction(f"{whole}.{low}")
    return decimals if (below or beyond) and len(decimals) == len(low) and decimals > low else None


def _quantity(read: Amounts) -> Quantity | Unparsed:
    """The quantity that covers all the amounts."""
    *before, last = read.amounts
    amounts = [_sharing_scale(amount, last) for amount in before] + [last]
    if read.rising and amounts[0].low > last.low and amounts[0].low > 0:
        return Unparsed("a range whose first end is the larger one")
    highs = [amount.high for amount in amounts if amount.high is not None]
    low = _decimal(min(amount.low for amount in amounts))
    high = _decimal(max(highs)) if len(highs) == len(amounts) else None
    return Quantity(low if not before and low == high else None, low, high)


def _sharing_scale(amount: Amount, last: Amount) -> Amount:
    """An earlier amount of a range, with the last one's magnitude if that was left out: the 2 of "2 to 3 million"."""
    if amount.scaled or last.high is None:
        return amount
    shared = (amount.times(product(last.scales[start:])) for start in range(len(last.scales)))
    return next((scaled for scaled in shared if scaled.low < last.high), amount)


def _decimal(value: Fraction) -> Decimal:
    """The value as a decimal: exact where that ends, else to 28 digits."""
    exact = Context(prec=4 * MAX_CHARACTERS)
    quotient = exact.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Context(prec=28).plus(quotient) if exact.flags[Inexact] else quotient
