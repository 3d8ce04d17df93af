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
_BEGIN_IDS, _INSIDE_IDS = list(BEGIN.values()), list(INSIDE.values())

Floats = npt.NDArray[np.float32]

# Where a span is open with a smaller chance than this, decoding takes a token to be outside, and looks at what lies
# between. Well below any threshold.
UNSETTLED = 0.005

# Numbers, and names with an apostrophe: "Chao'an", but neither "mayor's" nor "they'll".
_WHOLE = re.compile(
    r"\d+(?:[.,/'’]\d+)+|\d+(?:st|nd|rd|th)\b|\b[^\W\d_]+['’](?!(?:s|t|re|ll|ve|d|m)\b)[^\W\d_]+", re.IGNORECASE
)


def glued(text: str, tokens: Sequence[Range]) -> list[bool]:
    """For each token whether it continues the one before it, so that no span may start or end between the two."""
    inside = {at for match in _WHOLE.finditer(text) for at in range(match.start() + 1, match.end())}
    result = [False] * len(tokens)
    for i in range(1, len(tokens)):
        before, start = tokens[i - 1][1], tokens[i][0]
        between = text[before:start]
        if start < before:  # two tokens may even stand for one character, such as a ligature
            result[i] = True
        elif between != " " and not any(map(str.isspace, between)):  # tokenizers drop soft hyphens inside a word
            result[i] = start in inside or _goes_on(text[before - 1], text[start])
    return result


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


def decode(text: str, tokens: Sequence[Range], log_probs: Floats, threshold: float = 0.0) -> list[Span]:
    """The most probable spans under the BIO grammar that cut no glued group, in text order, if ``threshold`` or better.

    ``log_probs``: log-probabilities of shape (tokens, labels). A span's score is its share of the probability of all
    label sequences that the grammar and the groups allow, tokens otherwise taken as independent. Even the most
    probable sequence can hold an improbable span, where the model wavers between several borders.
    """
    glue = glued(text, tokens)
    spans = []
    for first, last in _runs(_unsettled(log_probs), glue):
        run = log_probs[first:last]
        segments = _segments(_best_path(run.tolist(), glue[first:last]))
        if not segments:
            continue
        posterior = _Posterior(np.exp(run).tolist(), glue[first:last])
        for start, end, tag in segments:
            score = posterior(start, end, tag)
            if score >= threshold:
                spans.append(Span(tokens[first + start][0], tokens[first + end - 1][1], tag, score))
    return spans


def _unsettled(log_probs: Floats) -> list[int]:
    """The tokens at which a span may be open: one may begin there, or one that is open at the token before may go on.

    The probability of "O" does not tell: where no span can be open, the model's "I-x" means nothing, and weighs a lot.
    """
    fresh = log_probs[:, [OUTSIDE, *_BEGIN_IDS]]
    weights = np.exp(fresh - fresh.max(1, keepdims=True))
    begins = 1 - weights[:, 0] / weights.sum(1)
    goes_on = np.exp(log_probs[:, _INSIDE_IDS]).sum(1)
    chance, found = 0.0, []
    for at, (enter, stay) in enumerate(zip(begins.tolist(), goes_on.tolist(), strict=True)):
        chance = enter + chance * stay
        if chance >= UNSETTLED:
            found.append(at)
    return found


def _runs(open_tokens: Sequence[int], glue: Sequence[bool]) -> list[Range]:
    """Ranges of neighbouring tokens that hold all the open ones, widened to whole glued groups."""
    runs: list[Range] = []
    for at in open_tokens:
        if runs and at < runs[-1][1]:
            continue
        start, end = at, at + 1
        while glue[start]:
            start -= 1
        while end < len(glue) and glue[end]:
            end += 1
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _best_path(scores: Sequence[Sequence[float]], glue: Sequence[bool]) -> list[int]:
    """Viterbi over label ids. All of BIO's grammar is that "I-x" follows "B-x" or "I-x"; glue adds that neither "O" nor
    "I-x" may give way to anything but itself inside a group."""
    none = float("-inf")
    best = [score if label == OUTSIDE or label in _BEGINS else none for label, score in enumerate(scores[0])]
    back: list[list[int]] = []
    for row, stuck in zip(scores[1:], glue[1:], strict=True):
        top = max(range(len(best)), key=best.__getitem__)
        enter = none if stuck else best[top]
        following = [best[OUTSIDE] if stuck else enter] + [enter] * (len(best) - 1)
        origin = [OUTSIDE if stuck else top] + [top] * (len(best) - 1)
        for begin in _BEGINS:
            source = begin if best[begin] >= best[begin + 1] else begin + 1
            following[begin + 1], origin[begin + 1] = best[source], source
        best = [score + gained for score, gained in zip(row, following, strict=True)]
        back.append(origin)
    path = [max(range(len(best)), key=best.__getitem__)]
    for origin in reversed(back):
        path.append(origin[path[-1]])
    return path[::-1]


_BEGINS = frozenset(_BEGIN_IDS)
TINY = 1e-300  # in the place of zero, where a group allows nothing that the model believes in
_TAG_OF = {**{label: tag for tag, label in BEGIN.items()}, **{label: tag for tag, label in INSIDE.items()}}


def _segments(path: Sequence[int]) -> list[tuple[int, int, Tag]]:
    segments: list[tuple[int, int, Tag]] = []
    for i, label in enumerate(path):
        if label in _BEGINS:
            segments.append((i, i + 1, _TAG_OF[label]))
        elif label != OUTSIDE:
            start, _, tag = segments[-1]
            segments[-1] = (start, i + 1, tag)
    return segments


class _Posterior:
    """The forward-backward algorithm over a run, scaled so that the forward probabilities of a token sum up to one
    (Rabiner: A Tutorial on Hidden Markov Models, 1989). The grammar is that of ``_best_path``."""

    def __init__(self, probs: Sequence[Sequence[float]], glue: Sequence[bool]) -> None:
        self.probs = probs
        self.scale = _forward(probs, glue)
        self.leave = _backward(probs, glue, self.scale)

    def __call__(self, start: int, end: int, tag: Tag) -> float:
        """The probability that the tokens ``[start, end)`` are a span of that tag, no more and no less."""
        score = self.probs[start][BEGIN[tag]] / self.scale[start]
        for i in range(start + 1, end):
            score *= self.probs[i][INSIDE[tag]] / self.scale[i]
        return min(1.0, score * self.leave[end])


# Of a row of labels: those that begin a span and those that go on with one, in the order of the tags.
_ALL_BEGIN, _ALL_INSIDE = slice(1, None, 2), slice(2, None, 2)


def _forward(probs: Sequence[Sequence[float]], glue: Sequence[bool]) -> list[float]:
    """What the forward probabilities of each token had to be divided by."""
    scale = []
    outside, inside = 1.0, [0.0] * len(Tag)  # before the run nothing is open
    for row, stuck in zip(probs, glue, strict=True):
        if stuck:
            outside *= row[OUTSIDE]
            inside = [stays * open_ for stays, open_ in zip(row[_ALL_INSIDE], inside, strict=True)]
        else:
            outside = row[OUTSIDE]
            pairs = zip(row[_ALL_BEGIN], row[_ALL_INSIDE], inside, strict=True)
            inside = [enters + stays * open_ for enters, stays, open_ in pairs]
        total = outside + sum(inside) or TINY
        scale.append(total)
        outside /= total
        inside = [open_ / total for open_ in inside]
    return scale


def _backward(probs: Sequence[Sequence[float]], glue: Sequence[bool], scale: Sequence[float]) -> list[float]:
    """For each border, the weight of all that can follow a span that ends there."""
    leave = [1.0]
    outside, inside = 1.0, [1.0] * len(Tag)  # what follows a token outside, or inside of a tag
    for row, stuck, divisor in zip(reversed(probs), reversed(glue), reversed(scale), strict=True):
        outside *= row[OUTSIDE] / divisor
        begins = sum(enters * after for enters, after in zip(row[_ALL_BEGIN], inside, strict=True)) / divisor
        free = 0.0 if stuck else outside + begins
        inside = [free + stays * after / divisor for stays, after in zip(row[_ALL_INSIDE], inside, strict=True)]
        outside = outside if stuck else free
        leave.append(free)
    return leave[::-1]
