"""Units in which tools count offsets, converted exactly."""

from __future__ import annotations

import reprlib
from bisect import bisect_left
from collections.abc import Callable
from enum import StrEnum
from itertools import accumulate

from claimex.fields import as_range
from claimex.schema import Range


class OffsetUnit(StrEnum):
    """What one step of an offset is."""

    CODE_POINT = "code-point"  # Python, and everything in claimex
    UTF_16 = "utf-16"  # JavaScript, Java
    BYTE = "byte"  # of UTF-8: Go, Rust


WIDTHS: dict[OffsetUnit, Callable[[str], int]] = {
    OffsetUnit.CODE_POINT: len,
    OffsetUnit.UTF_16: lambda sign: 1 + (sign > "\uffff"),
    OffsetUnit.BYTE: lambda sign: len(sign.encode()),
}


class Ruler:
    """A text's ranges in a unit of offsets: to them from code points, and back.

    A range is ``[start, end]`` or an object with these keys, half-open and not empty; anything else is a ValueError.
    """

    def __init__(self, text: str, unit: OffsetUnit | None = None) -> None:
        self.unit = unit = unit or OffsetUnit.CODE_POINT
        self._size = len(text)
        plain = unit == OffsetUnit.CODE_POINT or text.isascii()
        # The offset of each code point, and of the end.
        self._offsets = range(len(text) + 1) if plain else [0, *accumulate(map(WIDTHS[unit], text))]

    def encode(self, extent: object) -> Range:
        """A range of code points in this ruler's unit."""
        start, end = as_range(extent, self._size)
        return self._offsets[start], self._offsets[end]

    def decode(self, extent: object) -> Range:
        """A range in this ruler's unit as one of code points. An offset inside a character is a ValueError."""
        size = self._offsets[-1]
        try:
            start, end = as_range(extent, size)
        except ValueError:
            raise ValueError(
                f"{reprlib.repr(extent)} is no range of a text of {size} {self.unit}s: correct it, or name its unit"
            ) from None
        return self._at(start), self._at(end)

    def _at(self, offset: int) -> int:
        index = bisect_left(self._offsets, offset)
        if self._offsets[index] != offset:
            raise ValueError(f"offset {offset} is inside a character: the file does not count {self.unit}s")
        return index
