"""Links scored from what the encoder has read: a small network over the vectors of two mentions and of a sentence.

The encoder learns those vectors together with its tags (``training.links``), so that a quantity's vector says which
date or source to look for. Places and earlier decisions, which vectors do not tell well, come in as features.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from claimex.bio import Floats
from claimex.pairs import Memory
from claimex.scene import Item, Scene
from claimex.schema import Period, Range, Tag

ORDER = (Tag.UNIT, Tag.CLAIMANT, Tag.DATE)  # later fields see the links of earlier ones
WIDTH = 128  # of a token's vector
FEATURES = 61
BLOCK = 2**18  # multiplications that OpenBLAS thinks too few to share out
FILE = "linker.safetensors"

Layer: TypeAlias = tuple[Floats, Floats]  # weight (out, in) and bias

_FIVE, _SEVEN = (tuple(tuple(float(i == j) for j in range(n)) for i in range(n + 1)) for n in (5, 7))  # the last: none
_BUCKETS = (0, 1, *(math.ceil(math.log2(distance)) + 1 for distance in range(2, 17)))
_AGES = tuple(tuple(float(i == j) for j in range(6)) for i in range(6))
_UNSPOKEN = (0.0,) * 9  # of a candidate that is no date, as many as _spoken gives
_NOTHING = (0.0,) * (FEATURES - 10)  # of "none", as many as _places and _spoken give together


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What the encoder says of each token of a document: ``ranges`` of characters, ``values`` (tokens, WIDTH), and the
    network that reads them."""

    ranges: Sequence[Range]
    values: Floats
    network: LinkNetwork


def bucket(distance: int) -> int:
    """0 to 6 for how far apart two things are: 0, 1, 2, up to 4, 8, 16, more."""
    return _BUCKETS[distance] if distance < len(_BUCKETS) else 6


def features(
    scene: Scene, quantity: Item, tag: Tag, candidates: Sequence[Item | None], memory: Memory,
    links: Mapping[Tag, Item | None],
) -> list[list[float]]:  # fmt: skip
    """Of a quantity and each candidate for one of its fields (None: no link), FEATURES of them.

    ``memory``: what was decided for the quantities before; ``links``: this one's in the fields decided already.
    """
    previous, before, source = memory.quantity, memory.links.get(tag), links.get(Tag.CLAIMANT)
    recent, dated = memory.recent.get(tag), memory.dated.get(source.name) if source and tag is Tag.DATE else None
    alone = (
        previous is None,
        previous is not None and previous.sentence == quantity.sentence,
        previous is not None and previous.clause == quantity.clause,
        quantity.quoted,
    )
    found: list[list[float]] = []
    for candidate in candidates:
        carried = *_carried(candidate, recent), *_carried(candidate, dated)
        if candidate is None:
            nothing = True, previous is not None and before is None
            found.append([*alone, *nothing, *_NOTHING, *carried])
            continue
        places = _places(quantity, candidate, before, links, memory.used.get(candidate, 0))
        spoken = _spoken(scene, candidate, source, memory) if tag is Tag.DATE else _UNSPOKEN
        found.append([*alone, False, False, *places, *spoken, *carried])
    return found


def _places(
    quantity: Item, candidate: Item, before: Item | None, links: Mapping[Tag, Item | None], used: int
) -> list[float]:
    """Where a candidate stands, seen from the quantity, from its source, and from what was decided before."""
    left, source, unit = candidate.at < quantity.at, links.get(Tag.CLAIMANT), links.get(Tag.UNIT)
    first, last = (candidate, quantity) if left else (quantity, candidate)
    return [
        left,
        *_SEVEN[bucket(abs(quantity.sentence - candidate.sentence))],
        *_SEVEN[bucket(last.at - first.at)],
        quantity.clause == candidate.clause,
        quantity.paragraph == candidate.paragraph,
        *_FIVE[min(4, last.ranks[candidate.tag] - first.ranks[candidate.tag] - (first is candidate))],
        before is candidate,
        before is not None and before.name == candidate.name,
        before is not None and before is not candidate,
        candidate.quoted,
        candidate.sentence == 0,
        left and candidate.sentence == quantity.sentence,
        *_FIVE[min(4, used)],
        source is not None,
        *(_FIVE[min(4, bucket(abs(source.sentence - candidate.sentence)))] if source else _FIVE[5]),
        source is not None and source.clause == candidate.clause,
        unit is not None,
        unit is not None and unit.at < quantity.at,
    ]


def _spoken(scene: Scene, date: Item, source: Item | None, memory: Memory) -> list[float]:
    """Whether somebody, or the source itself, spoke on that day; and how the day lies to the document's own."""
    speaker = memory.of(scene, date).speaker
    return [
        speaker is not None,
        speaker is not None and source is not None and speaker.name == source.name,
        source is not None and source.name in scene.sources(date.sentence),
        *_AGES[_age(date, scene.date)],
    ]


def _age(date: Item, today: dt.date | None) -> int:
    """0 to 5: the document's own day, one of the six before, longer ago, a longer time around it, to come, unknown."""
    value = date.mention.value
    if today is None or not isinstance(value, Period) or value.first is None or value.last is None:
        return 5
    if value.first > today:
        return 4
    if value.last < today:
        return 1 if value.first == value.last and (today - value.last).days < 7 else 2
    return 0 if value.first == value.last else 3


def _carried(candidate: Item | None, link: Item | None) -> tuple[bool, bool]:
    """Of a link made before: the candidate means the same, or something else."""
    same = link is not None and candidate is not None and candidate.meaning == link.meaning
    return same, link is not None and not same


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
    size = max(1, BLOCK // matrix.size)
    blocks = [rows[start : start + size] @ matrix for start in range(0, len(rows), size)]
    return np.concatenate(blocks) if blocks else np.zeros((0, matrix.shape[1]), dtype=np.float32)


class LinkNetwork:
    """The network in numpy. ``tensors`` as ``training.links`` names them.

    ``slope``, ``intercept``: the line over the log-odds of a claim's links that calibrates them.
    Raises ValueError for a network that was trained on other features.
    """

    def __init__(self, tensors: Mapping[str, Floats], slope: float = 1.0, intercept: float = 0.0) -> None:
        self.tensors = {name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}
        self.slope, self.intercept = slope, intercept
        for tag in ORDER:
            given = self.tensors[f"fields.{tag}.hidden.weight"].shape[1] - 4 * len(self.tensors["none"])
            if given != FEATURES:
                raise ValueError(f"{FILE} reads {given} features, not {FEATURES}: train its links anew")

    @property
    def token(self) -> Layer:
        """Weight (WIDTH, states) and bias of the layer that makes a token's vector, for the encoder's engine."""
        return self.tensors["token.weight"], self.tensors["token.bias"]

    def mentions(self, vectors: Vectors, ranges: Sequence[Range]) -> Floats:
        """A vector for each range of characters: from its first, its last and the mean of its tokens."""
        values = vectors.values
        rows = [
            np.concatenate([values[first], values[first:last].mean(0), values[last - 1]])
            for first, last in token_ranges(vectors.ranges, ranges)
        ]
        return self.dense("mention", np.stack(rows))

    def sentences(self, vectors: Vectors, ranges: Sequence[Range]) -> Floats:
        """A vector for each sentence."""
        rows = [vectors.values[first:last].mean(0) for first, last in token_ranges(vectors.ranges, ranges)]
        return self.dense("sentence", np.stack(rows))

    def dense(self, name: str, rows: Floats) -> Floats:
        """A linear layer."""
        return product(rows, self.tensors[f"{name}.weight"].T) + self.tensors[f"{name}.bias"]


class Scorer:
    """The scores of one document's links. What hangs on one mention alone is computed once for all of them."""

    def __init__(self, vectors: Vectors, scene: Scene) -> None:
        network = vectors.network
        items = [item for tag in Tag for item in scene.items[tag]]
        self._number = {id(item): number for number, item in enumerate(items)}
        size = len(network.tensors["none"])
        if not items:
            self._fields: dict[Tag, _Field] = {}
            return
        ranges = [item.mention.span.range for item in items]
        mentions = np.vstack([network.mentions(vectors, ranges), network.tensors["none"]])
        numbers = sorted({item.sentence for item in scene.items[Tag.QUANTITY]})
        sentences = np.zeros((0, size), dtype=np.float32)
        if numbers:
            sentences = network.sentences(vectors, [scene.sentences[number] for number in numbers])
        rows = [numbers.index(item.sentence) for item in scene.items[Tag.QUANTITY]]
        quantities = np.array([self._number[id(item)] for item in scene.items[Tag.QUANTITY]], dtype=int)
        self._fields = {
            tag: _Field(network.tensors, f"fields.{tag}", mentions, quantities, sentences[rows]) for tag in ORDER
        }

    def __call__(
        self, tag: Tag, quantity: Item, candidates: Sequence[Item | None], found: Sequence[Sequence[float]]
    ) -> Floats:
        """Log-probabilities of the candidates, ``found`` being their features."""
        numbers = [-1 if item is None else self._number[id(item)] for item in candidates]
        return self._fields[tag](quantity.rank, numbers, np.array(found, dtype=np.float32))


class _Field:
    """One field's scores: the layer over [quantity, candidate, their product, sentence, features], cut in its parts."""

    def __init__(
        self, tensors: Mapping[str, Floats], name: str, mentions: Floats, quantities: Any, sentences: Floats
    ) -> None:
        size = mentions.shape[1]
        of_quantity, of_candidate, self._of_product, of_sentence, self._of_features = np.split(
            tensors[f"{name}.hidden.weight"].T, [size, 2 * size, 3 * size, 4 * size]
        )
        self._mentions = mentions
        self._quantities = mentions[quantities]
        self._candidates = product(mentions, of_candidate)
        self._rows = product(self._quantities, of_quantity) + product(sentences, of_sentence)
        self._rows += tensors[f"{name}.hidden.bias"]
        self._turned = product(self._quantities, tensors[f"{name}.bilinear"])
        self._weights = tensors[f"{name}.score.weight"][0]

    def __call__(self, row: int, numbers: list[int], found: Floats) -> Floats:
        mentions = self._mentions[numbers]
        hidden = self._candidates[numbers] + (mentions * self._quantities[row]) @ self._of_product
        hidden += found @ self._of_features + self._rows[row]
        scores = np.maximum(hidden, 0) @ self._weights + mentions @ self._turned[row]
        scores -= scores.max()
        result: Floats = scores - np.log(np.exp(scores).sum())
        return result
