"""Links scored from what the encoder has read: a small network over the vectors of two mentions and of a sentence.

The encoder learns those vectors together with its tags (``training.links``), so that a quantity's vector says which
date or source to look for. Places and earlier decisions, which vectors do not tell well, come in as features.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from claimex.bio import Floats
from claimex.pairs import ORDER, Choice
from claimex.places import DECIDED, FEATURES, Places, decided
from claimex.schema import Range, Tag

WIDTH = 128  # of a token's vector
BLOCK = 2**19  # multiplications; OpenBLAS shares no fewer out
ROWS = 8  # that OpenBLAS computes at a time
FILE = "linker.safetensors"

Layer: TypeAlias = tuple[Floats, Floats]  # weight (out, in) and bias


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What the encoder says of each token of a document: ``ranges`` of characters, ``values`` (tokens, WIDTH), and the
    network that reads them."""

    ranges: Sequence[Range]
    values: Floats
    network: LinkNetwork


def token_ranges(ranges: Sequence[Range], wanted: Sequence[Range]) -> list[Range]:
    """Of ranges of characters, the tokens that they touch, at least one; ``ranges`` of tokens stand in text order."""
    starts, found = [start for start, _ in ranges], []
    for start, end in wanted:
        last = max(1, bisect_right(starts, max(start, end - 1)))
        first = bisect_right(starts, start) - 1
        found.append((min(max(0, first), last - 1), last))
    return found


def product(rows: Floats, matrix: Floats) -> Floats:
    """``rows @ matrix`` in blocks so small that OpenBLAS computes them on the calling thread. It would wake threads of
    its own for the whole, and they would wait for the cores that the forward pass is on."""
    size = max(1, (BLOCK - 1) // matrix.size // ROWS) * ROWS
    blocks = [rows[start : start + size] @ matrix for start in range(0, len(rows), size)]
    return np.concatenate(blocks) if blocks else np.zeros((0, matrix.shape[1]), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Field:
    """Of one field: the layer over [quantity, candidate, their product, sentence, features], where it is not shared out
    to the network; the layer behind it; and its part of what is computed for all fields."""

    of_candidate: Floats
    of_pair: Floats
    of_decided: Floats
    score: Floats
    part: slice


class LinkNetwork:
    """The network in numpy. ``tensors`` as ``training.links`` names them.

    ``slope``, ``intercept``: the line over the log-odds of a claim's links that calibrates them.
    Raises ValueError for a network that was trained on other features.
    """

    def __init__(self, tensors: Mapping[str, Floats], slope: float = 1.0, intercept: float = 0.0) -> None:
        self.tensors = {name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}
        self.slope, self.intercept = slope, intercept
        size = len(self.tensors["none"])
        self.fields: dict[Tag, _Field] = {}
        shared = []
        for number, tag in enumerate(ORDER):
            weight, bias, score, bilinear = (
                self.tensors[f"fields.{tag}.{name}"]
                for name in ("hidden.weight", "hidden.bias", "score.weight", "bilinear")
            )
            given = weight.shape[1] - 4 * size
            if given != FEATURES:
                raise ValueError(f"{FILE} reads {given} features, not {FEATURES}: train its links anew")
            parts = np.split(weight.T, [size, 2 * size, 3 * size, 4 * size])
            of_quantity, of_candidate, of_product, of_sentence, of_features = parts
            part = slice(size * number, size * (number + 1))
            of_candidate, of_pair = np.ascontiguousarray(of_candidate), np.concatenate([of_product, of_features])
            self.fields[tag] = _Field(of_candidate, of_pair, np.ascontiguousarray(of_features[DECIDED]), score[0], part)
            shared.append((of_quantity, of_sentence, bilinear, bias))
        stacked = (np.concatenate(each, -1) for each in zip(*shared, strict=True))
        self.of_quantity, self.of_sentence, self.bilinear, self.bias = stacked

    @property
    def token(self) -> Layer:
        """Weight (WIDTH, states) and bias of the layer that makes a token's vector, for the encoder's engine."""
        return self.tensors["token.weight"], self.tensors["token.bias"]

    def dense(self, name: str, rows: Floats) -> Floats:
        """A linear layer."""
        return product(rows, self.tensors[f"{name}.weight"].T) + self.tensors[f"{name}.bias"]


class Scorer:
    """The scores of one document's links. All that no decision changes is computed once for all of them."""

    def __init__(self, vectors: Vectors, places: Places) -> None:
        self._network, self._places = vectors.network, places
        if not places.of:
            return
        network, scene = vectors.network, places.scene
        quantities = scene.items[Tag.QUANTITY]
        sentences = sorted({item.sentence for item in quantities})
        wanted = [item.mention.span.range for item in places.items] + [scene.sentences[number] for number in sentences]
        ranges = np.array(token_ranges(vectors.ranges, wanted))
        means = _means(vectors.values, ranges)
        first, last = ranges[: len(places.items)].T
        read = np.concatenate([vectors.values[first], means[: len(places.items)], vectors.values[last - 1]], 1)
        mentions = np.vstack([network.dense("mention", read), network.tensors["none"]])
        asking = mentions[: len(quantities)]
        place = {number: i for i, number in enumerate(sentences)}
        around = product(network.dense("sentence", means[len(places.items) :]), network.of_sentence)
        rows = (
            product(asking, network.of_quantity) + network.bias + around[[place[item.sentence] for item in quantities]]
        )
        turned = product(asking, network.bilinear)
        parts = []
        for tag, here in places.fields.items():
            field, whose, which = network.fields[tag], places.quantities[here], places.candidates[here]
            offered = mentions[which]
            pairs = np.concatenate([offered * asking[whose], places.standing[here].astype(np.float32)], 1)
            hidden = product(pairs, field.of_pair)
            hidden += product(mentions, field.of_candidate)[which]
            hidden += rows[whose, field.part]
            parts.append((hidden, np.einsum("ij,ij->i", offered, turned[whose, field.part])))
        self._hidden, self._scores = map(np.concatenate, zip(*parts, strict=True))

    def __call__(self, choice: Choice) -> list[float]:
        """Log-probabilities of the candidates, up to a term that they share."""
        field, here = self._network.fields[choice.tag], self._places.of[choice.tag, choice.quantity.rank]
        hidden = decided(choice).astype(np.float32) @ field.of_decided
        hidden += self._hidden[here]
        scores = np.maximum(hidden, 0, out=hidden) @ field.score + self._scores[here]
        found: list[float] = scores.tolist()
        return found


def _means(values: Floats, ranges: Any) -> Floats:
    """The mean of the rows of each range, none of which is empty."""
    sizes = ranges[:, 1] - ranges[:, 0]
    starts = np.cumsum(sizes) - sizes
    rows = np.arange(sizes.sum()) + np.repeat(ranges[:, 0] - starts, sizes)
    means: Floats = np.add.reduceat(values[rows], starts, axis=0) / sizes[:, None].astype(np.float32)
    return means
