"""Words for the formats that have them: a text cut so that whole words cover each span exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from claimex.schema import Range, Span

GAP = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")  # between words: white space and control characters
_PIECE = re.compile(rf"\d+|[^\W\d]+|{GAP.pattern}|.")


def tokens(text: str, spans: Iterable[Span]) -> list[Range]:
    """Ranges that cover all of the text in order: words, numbers with their separators, signs, and the gaps.

    Every span starts where a token does and ends where one does.
    """
    from claimex.bio import glued  # with numpy, slow to import

    edges = {edge for span in spans for edge in span.range}
    bounds = edges.union((piece.start() for piece in _PIECE.finditer(text)), [0, len(text)])
    joined: list[Range] = []
    pieces = list(pairwise(sorted(bounds)))
    for (start, end), goes_on in zip(pieces, glued(text, pieces), strict=True):
        if goes_on and start not in edges and not GAP.match(text[start - 1]):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def is_word(text: str, token: Range) -> bool:
    """Whether a token is anything but a gap."""
    return not GAP.match(text, token[0])
