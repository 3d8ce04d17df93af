"""Spans to token labels and back, over character offsets. No tokenizer is known here, only the ranges of its tokens.

Tokens that belong together are *glued*: the parts of a word or a name, a number with its separators ("5,975.7"). A span
starts and ends between glued groups, never inside one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from claimex.schema import Example, Range, Span, Tag

LABELS: tuple[str, ...] = ("O", *(f"{prefix}-{tag}" for tag in Tag for prefix in "BI"))
OUTSIDE = 0
BEGIN: dict[Tag, int] = {tag: 1 + 2 * i for i, tag in enumerate(Tag)}
INSIDE: dict[Tag, int] = {tag: 2 + 2 * i for i, tag in enumerate(Tag)}

Floats = npt.NDArray[np.float32]

# Numbers, ordinals, and names with an apostrophe: "Chao'an", but neither "mayor's" nor "they'll".
_WHOLE = re.compile(
    r"\d+(?:[.,/'’]\d+)+|\d+(?:st|nd|rd|th)\b|\b[^\W\d_]+['’](?!(?:s|t|re|ll|ve|d|m)\b)[^\W\d_]+", re.IGNORECASE
)
_SEPARATORS = frozenset(".,/'’")  # what stands inside of them


class Glue:
    """For each token whether it continues the one before it, so that no span may start or end between the two. Looked
    up where somebody asks."""

    def __init__(self, text: str, tokens: Sequence[Range]) -> None:
        self._text, self._tokens = text, tokens
        self._word: Range = (0, 0)  # the last one in which a separator was looked for
        self._inside: set[int] = set()

    def __call__(self, at: int) -> bool:
        """Of the token with that number."""
        if at == 0:
            return False
        text, before, start = self._text, self._tokens[at - 1][1], self._tokens[at][0]
        if start < before:  # two tokens may even stand for one character, such as a ligature
            return True
        if before < start and any(map(str.isspace, text[before:start])):
            return False  # not where there are other characters: tokenizers drop soft hyphens inside a word
        if _goes_on(text[before - 1], text[start]):
            return True
        maybe = text[start] in _SEPARATORS or text[start - 1] in _SEPARATORS or text[start - 1].isdigit()
        return maybe and self._is_inside(start)

    def _is_inside(self, at: int) -> bool:
        """Whether it is inside of one of ``_WHOLE``."""
        first, last = self._word
        if not first <= at < last:
            first = last = at
            while first and not self._text[first - 1].isspace():
                first -= 1
            while last < len(self._text) and not self._text[last].isspace():
                last += 1
            self._word = first, last
            self._inside = {
                inside
                for match in _WHOLE.finditer(self._text, first, last)
                for inside in range(match.start() + 1, match.end())
            }
        return at in self._inside


def glued(text: str, tokens: Sequence[Range]) -> list[bool]:
    """What ``Glue`` says of each token."""
    return list(map(Glue(text, tokens), range(len(tokens))))


def _goes_on(before: str, after: str) -> bool:
    """Whether a word or a number goes on from one character to the next; a combining mark always goes on."""
    left, right = unicodedata.category(before)[0], unicodedata.category(after)[0]
    return right == "M" or (right in "LN" and left in (right, "M"))


def encode(spans: Iterable[Span], tokens: Sequence[Range]) -> tuple[list[int], list[Span]]:
    """Label ids for tokens, shape (tokens,), and the spans that no run of whole tokens covers exactly (they stay "O").

    ``spans`` must not overlap; both they and ``tokens`` are read in text order.
    """
    labels = [OUTSIDE] * len(tokens)
    lost = []
    at = 0
    for span in sorted(spans):
        while at < len(tokens) and tokens[at][1] <= span.start:
            at += 1
        first = at
        while at < len(tokens) and tokens[at][0] < span.end:
            at += 1
        if first == at or tokens[first][0] != span.start or tokens[at - 1][1] != span.end:
            lost.append(span)
            continue
        labels[first] = BEGIN[span.tag]
        labels[first + 1 : at] = [INSIDE[span.tag]] * (at - first - 1)
    return labels, lost


def allowed(labels: Sequence[int], tokens: Sequence[Range], example: Example) -> npt.NDArray[np.bool_]:
    """Which labels the annotation allows at each token, shape (tokens, labels).

    A labelled token allows its label alone. Any other allows "O" and, since nobody was asked for them, every label of
    the tags that are not annotated; in an unsure range it allows everything.
    """
    outside = np.zeros(len(LABELS), dtype=np.bool_)
    outside[OUTSIDE] = True
    for tag in Tag:
        if tag not in example.annotated:
            outside[[BEGIN[tag], INSIDE[tag]]] = True
    mask = np.zeros((len(labels), len(LABELS)), dtype=np.bool_)
    mask[:] = outside
    for start, end in example.unsure:
        mask[[i for i, token in enumerate(tokens) if start < token[1] and token[0] < end]] = True
    for i, label in enumerate(labels):
        if label != OUTSIDE:
            mask[i] = False
            mask[i, label] = True
    return mask
