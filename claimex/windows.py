"""Ranges of tokens over a long document, and which of them answers for which token. Nothing is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from claimex.schema import Range


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens ``[start, end)`` are read together; the window answers for the tokens ``[first, last)`` among them."""

    start: int
    end: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many tokens are read."""
        return self.end - self.start


def windows(tokens: int, size: int, overlap: int) -> list[Window]:
    """Windows of at most ``size`` tokens over ``tokens`` tokens, neighbours sharing about ``overlap`` of them.

    They are of one length, no longer than need be, and each token is answered for once, by the window in which it
    stands farthest from an edge. Raises ValueError unless ``0 <= overlap < size``.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"windows need 0 <= overlap < size, not size {size} and overlap {overlap}")
    if tokens <= size:
        return [Window(0, tokens, 0, tokens)] if tokens else []
    count = -(-(tokens - overlap) // (size - overlap))
    length = -(-(tokens + (count - 1) * overlap) // count)
    starts = [i * (tokens - length) // (count - 1) for i in range(count)]
    ranges = [(start, start + length) for start in starts]
    borders = [0, *_middles(ranges), tokens]
    return [Window(*ranges[i], borders[i], borders[i + 1]) for i in range(count)]


def _middles(ranges: Sequence[Range]) -> list[int]:
    """The middle of each overlap between neighbours."""
    return [(right[0] + left[1]) // 2 for left, right in pairwise(ranges)]
