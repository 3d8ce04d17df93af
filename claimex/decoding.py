"""The labels' probabilities to spans: the most probable ones under BIO's grammar, and how probable each is.

All of the grammar is that "I-x" follows "B-x" or "I-x". Glue adds that inside of a group that belongs together neither
"O" nor "I-x" may give way to anything but itself. Most of a text is settled; what is not, of many documents, is decoded
side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from claimex.bio import BEGIN, LABELS, OUTSIDE, Floats, Glue
from claimex.schema import Range, Span, Tag

# Where a span is open with a smaller chance than this, decoding takes a token to be outside, and looks at what lies
# between. Well below any threshold.
UNSETTLED = 0.005
# Runs of up to two to the power of so many tokens are decoded together, longer ones with those of their size.
SHORT = 5
CLOSED = 1e-6  # with a smaller chance that any span goes on there, a run of that size ends
TINY = 1e-300  # in the place of zero, where a group allows nothing that the model believes in

Doubles = npt.NDArray[np.float64]

# Of a row of labels: those that begin a span and those that go on with one, in the order of the tags.
_BEGINS, _INSIDES = slice(1, None, 2), slice(2, None, 2)
_TAG_OF = {label: tag for tag, label in BEGIN.items()}
_FRESH = [OUTSIDE, *BEGIN.values()]  # those that can follow any
_BEGIN_IDS = np.array(list(BEGIN.values()))


class Scored(NamedTuple):
    """A text, the ranges of its tokens, and the log-probabilities of their labels, (tokens, labels)."""

    text: str
    tokens: Sequence[Range]
    log_probs: Floats


class _Run(NamedTuple):
    """Tokens ``[first, last)`` of a document in which spans may be open, while none reaches in or out."""

    document: int
    first: int
    last: int
    glue: list[bool]

    @property
    def size(self) -> int:
        return self.last - self.first


def decode(documents: Sequence[Scored], threshold: float = 0.0) -> list[list[Span]]:
    """Of each document the most probable spans that cut no glued group, in text order, if ``threshold`` or better.

    A span's score is its share of the probability of all label sequences that the grammar and the groups allow, tokens
    otherwise taken as independent. Even the most probable sequence can hold an improbable span, where the model wavers
    between several borders.
    """
    found: list[list[Span]] = [[] for _ in documents]
    runs = [run for number, document in enumerate(documents) for run in _runs(number, document)]
    runs.sort(key=lambda run: -run.size)
    for _, alike in groupby(runs, lambda run: max(SHORT, (run.size - 1).bit_length())):
        for run, start, end, tag, score in _spans(documents, list(alike)):
            if score >= threshold:
                tokens = documents[run.document].tokens
                found[run.document].append(Span(tokens[start][0], tokens[end - 1][1], tag, score))
    return [sorted(spans, key=_start) for spans in found]


def _runs(number: int, document: Scored) -> Iterator[_Run]:
    """The ranges of neighbouring tokens that hold all the open ones, widened to whole glued groups."""
    glue, count = Glue(document.text, document.tokens), len(document.tokens)
    enters, stays = _chances(document.log_probs)
    run: _Run | None = None
    for at in _unsettled(enters, stays):
        if run and at < run.last:
            continue
        start, end = at, at + 1
        while not (run and start == run.last) and glue(start):  # a run's end is that of a group
            start -= 1
        while end < count and glue(end):
            end += 1
        group = [False] + [True] * (end - start - 1)
        if run and start == run.last and (run.size < 2**SHORT or stays[start] > CLOSED):
            run = _Run(number, run.first, end, run.glue + group)
            continue
        if run:
            yield run
        run = _Run(number, start, end, group)
    if run:
        yield run


def _chances(log_probs: Floats) -> tuple[list[float], list[float]]:
    """For each token how probable it is that a span begins there, and that one which is open at the one before goes on.

    The probability of "O" does not tell: where no span can be open, the model's "I-x" means nothing, and weighs a lot.
    """
    fresh = log_probs[:, _FRESH]
    weights = np.exp(fresh - fresh.max(1, keepdims=True))
    enters = 1 - weights[:, 0] / weights.sum(1)
    return enters.tolist(), np.exp(log_probs[:, _INSIDES]).sum(1).tolist()


def _unsettled(enters: Sequence[float], stays: Sequence[float]) -> Iterator[int]:
    """The tokens at which a span may be open."""
    chance = 0.0
    for at, (enter, stay) in enumerate(zip(enters, stays, strict=True)):
        chance = enter + chance * stay
        if chance >= UNSETTLED:
            yield at


def _start(span: Span) -> int:
    return span.start


def _spans(documents: Sequence[Scored], runs: Sequence[_Run]) -> Iterator[tuple[_Run, int, int, Tag, float]]:
    """The spans of runs, the longest of which come first: each with its tokens, its tag and its score."""
    lattice = _Lattice(documents, runs)
    path = lattice.best_path()
    shares, leave = lattice.posterior(path)
    labels, width = path.ravel(), path.shape[1]
    begins = np.flatnonzero(labels % 2)
    stops = np.flatnonzero((labels == OUTSIDE) | (labels % 2 == 1))
    ends = stops[np.searchsorted(stops, begins, "right")]
    scores = np.multiply.reduceat(shares.ravel(), np.stack([begins, ends], 1).ravel())[::2] * leave.ravel()[ends]
    found = zip(begins.tolist(), ends.tolist(), labels[begins].tolist(), scores.tolist(), strict=True)
    for begin, end, label, score in found:
        run, at = runs[begin // width], begin % width
        yield run, run.first + at, run.first + at + end - begin, _TAG_OF[label], min(1.0, score)


class _Lattice:
    """Runs side by side, the longest first, so that ``active[t]`` says how many have a token ``t``: those in front.
    Behind the longest, too, there is a place for what follows it."""

    def __init__(self, documents: Sequence[Scored], runs: Sequence[_Run]) -> None:
        rows, longest = len(runs), runs[0].size
        self.logs: Doubles = np.zeros((rows, longest + 1, len(LABELS)))
        self.stuck = np.zeros((rows, longest + 1), dtype=np.bool_)
        for i, run in enumerate(runs):
            self.logs[i, : run.size] = documents[run.document].log_probs[run.first : run.last]
            self.stuck[i, : run.size] = run.glue
        sizes = np.array([run.size for run in runs])
        self.active: list[int] = (sizes[:, None] > np.arange(longest)).sum(0).tolist()

    def best_path(self) -> npt.NDArray[np.int64]:
        """Viterbi over label ids, (runs, tokens + 1)."""
        best = self.logs[:, 0].copy()
        best[:, _INSIDES] = -np.inf
        origins = []
        for at, count in enumerate(self.active[1:], 1):
            stuck, last = self.stuck[:count, at], best[:count]
            top = last.argmax(1)
            enter = np.where(stuck, -np.inf, last[np.arange(count), top])
            gained = np.repeat(enter[:, None], len(LABELS), 1)
            origin = np.repeat(top[:, None], len(LABELS), 1)
            gained[stuck, OUTSIDE], origin[stuck, OUTSIDE] = last[stuck, OUTSIDE], OUTSIDE
            goes_on = last[:, _INSIDES] > last[:, _BEGINS]
            gained[:, _INSIDES] = np.where(goes_on, last[:, _INSIDES], last[:, _BEGINS])
            origin[:, _INSIDES] = _BEGIN_IDS + goes_on
            best[:count] = self.logs[:count, at] + gained
            origins.append(origin)
        path = np.zeros(self.stuck.shape, dtype=np.int64)
        label = best.argmax(1)
        for at in range(len(self.active) - 1, 0, -1):
            count = self.active[at]
            path[:count, at] = label[:count]
            label[:count] = origins[at - 1][np.arange(count), label[:count]]
        path[:, 0] = label
        return path

    def posterior(self, path: npt.NDArray[np.int64]) -> tuple[Doubles, Doubles]:
        """Of the labels of a path, their shares in what can follow the tokens before; and at each token how much can
        follow a span that ends before it; (runs, tokens + 1) both. A span's probability is the product of its labels'
        shares and of what follows it.

        The forward-backward algorithm, scaled so that the forward probabilities of a token sum up to one (Rabiner: A
        Tutorial on Hidden Markov Models, 1989).
        """
        probs = np.exp(self.logs)
        scale = self._forward(probs)
        chosen = np.take_along_axis(probs, path[:, :, None], 2)[:, :, 0]
        return chosen / scale, self._backward(probs, scale)

    def _forward(self, probs: Doubles) -> Doubles:
        """What the forward probabilities of each token have to be divided by."""
        scale = np.ones(self.stuck.shape)
        outside, inside = np.ones(len(scale)), np.zeros((len(scale), len(Tag)))  # before the run nothing is open
        for at, count in enumerate(self.active):
            row, stuck = probs[:count, at], self.stuck[:count, at]
            outside = row[:, OUTSIDE] * np.where(stuck, outside[:count], 1)
            inside = row[:, _BEGINS] * ~stuck[:, None] + row[:, _INSIDES] * inside[:count]
            total = outside + inside.sum(1)
            total[total == 0] = TINY
            scale[:count, at] = total
            outside, inside = outside / total, inside / total[:, None]
        return scale

    def _backward(self, probs: Doubles, scale: Doubles) -> Doubles:
        """For each token, the weight of all that can follow a span that ends before it."""
        leave = np.ones(scale.shape)
        outside, inside = np.ones(len(scale)), np.ones((len(scale), len(Tag)))  # what follows a token that is one
        for at in range(len(self.active) - 1, -1, -1):
            count = self.active[at]
            row, stuck = probs[:count, at] / scale[:count, at, None], self.stuck[:count, at]
            stays = row[:, OUTSIDE] * outside[:count]
            free = np.where(stuck, 0, stays + (row[:, _BEGINS] * inside[:count]).sum(1))
            inside[:count] = free[:, None] + row[:, _INSIDES] * inside[:count]
            outside[:count] = np.where(stuck, stays, free)
            leave[:count, at] = free
        return leave
