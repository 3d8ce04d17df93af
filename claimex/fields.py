"""JSON read with care: each function returns what it names or raises ValueError; the reader adds file and line."""

from __future__ import annotations

import datetime as dt
import json
import reprlib
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn, TypeAlias, TypeVar

from claimex.schema import Range

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def parse_object(line: str) -> Json:
    """A JSON object with exact numbers: Decimal, or int where short enough to be an offset."""
    try:
        value = json.loads(line, parse_int=_integer, parse_float=Decimal, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg}, column {error.colno}): write one object a line") from None
    except RecursionError:
        raise ValueError("JSON nested too deeply: flatten it") from None
    except ArithmeticError:
        raise ValueError("a number with an impossible exponent: correct it") from None
    return as_object(value)


def _integer(digits: str) -> int | Decimal:
    """Exact at any length; Python refuses to make an int of thousands of digits, for the time that it takes."""
    return int(digits) if len(digits) < 20 else Decimal(digits)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON: write null")


def parse_date(value: object) -> dt.date:
    """A day written YYYY-MM-DD; no other form, and no day that does not exist."""
    try:
        date = dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        date = None
    if date is None or date.isoformat() != value:
        raise ValueError(f"{reprlib.repr(value)} is no date: write an existing day as YYYY-MM-DD")
    return date


def as_object(value: object) -> Json:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"{reprlib.repr(value)} is no JSON object: write {{...}}")
    return value


def as_string(value: object) -> str:
    """A string of whole characters: JSON can escape half a surrogate pair, which no file can hold."""
    if not isinstance(value, str):
        raise ValueError(f"{reprlib.repr(value)} is no string: put it in quotes")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(value[error.start]):04x}"
        raise ValueError(f"{half} at {error.start} is half a surrogate pair: write the whole character") from None
    return value


def as_number(value: object) -> Decimal | None:
    """A number, or None for null."""
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return None if value is None else Decimal(value)
    raise ValueError(f"{reprlib.repr(value)} is no number: write digits or null")


def as_range(value: object, size: int) -> Range:
    """``[start, end]`` or an object with these keys: a range that is not empty in a text of ``size`` code points."""
    match value:
        case [int() as start, int() as end] | {"start": int() as start, "end": int() as end} if (
            0 <= start < end <= size
        ):
            return start, end
    raise ValueError(f"{reprlib.repr(value)} is no range of a text of {size} code points: 0 <= start < end <= {size}")


def as_member(kind: type[E], value: object) -> E:
    """A member of an enumeration, by its value."""
    try:
        return kind(str(value))
    except ValueError:
        raise ValueError(f"{reprlib.repr(value)} is no {kind.__name__.lower()}: use {', '.join(kind)}") from None


def as_list(value: object, key: str) -> list[Any]:
    """The list that stands at ``key``."""
    if not isinstance(value, list):
        raise ValueError(f'"{key}" is missing or no list: write [...]')
    return value


def optional(parse: Callable[[object], T], value: object) -> T | None:
    """None for null, else what ``parse`` makes of it."""
    return None if value is None else parse(value)
