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

_FIVE, _SEVEN, _AGES = (tuple(bytes(i == j for j in range(n)) for i in range(n)) for n in (5, 7, 6))
_NOWHERE = bytes(5)  # in the place of one of _FIVE
_UNSPOKEN = bytes(9)  # of a candidate that is no date, as many as _spoken gives
_SOMETHING = bytes(2)  # of a candidate, as many as say of "none" that it is
_SAME, _OTHER, _UNCARRIED = bytes((True, False)), bytes((False, True)), bytes(2)
_NOTHING = bytes(FEATURES - 10)  # of "none", as many as _places and _spoken give together


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What the encoder says of each token of a document: ``ranges`` of characters, ``values`` (tokens, WIDTH), and the
    network that reads them."""

    ranges: Sequence[Range]
    values: Floats
    network: LinkNetwork


def bucket(distance: int) -> int:
    """0 to 6 for how far apart two things are: 0, 1, 2, up to 4, 8, 16, more."""
    return distance if distance < 2 else min(6, (distance - 1).bit_length() + 1)


# By distances, the last one for all that are farther.
_SEVEN_OF = [_SEVEN[bucket(distance)] for distance in range(18)]
_FIVE_OF = [_FIVE[min(4, bucket(distance))] for distance in range(18)]
_FAR = 17


def features(
    scene: Scene, quantity: Item, tag: Tag, candidates: Sequence[Item | None], memory: Memory,
    links: Mapping[Tag, Item | None],
) -> list[bytes]:  # fmt: skip
    """Of a quantity and each candidate for one of its fields (None: no link), FEATURES of them: bytes that are 0 or 1.

    ``memory``: what was decided for the quantities before; ``links``: this one's in the fields decided already.
    """
    previous, before, source = memory.quantity, memory.links.get(tag), links.get(Tag.CLAIMANT)
    recent, dated = memory.recent.get(tag), memory.dated.get(source.name) if source and tag is Tag.DATE else None
    alone = bytes((
        previous is None,
        previous is not None and previous.sentence == quantity.sentence,
        previous is not None and previous.clause == quantity.clause,
        quantity.quoted,
    ))  # fmt: skip
    found = []
    for candidate in candidates:
        carried = _carried(candidate, recent) + _carried(candidate, dated)
        if candidate is None:
            found.append(alone + bytes((True, previous is not None and before is None)) + _NOTHING + carried)
            continue
        places = _places(quantity, candidate, before, links, memory.used.get(candidate, 0))
        spoken = _spoken(scene, candidate, source, memory) if tag is Tag.DATE else _UNSPOKEN
        found.append(alone + _SOMETHING + places + spoken + carried)
    return found


def _places(quantity: Item, candidate: Item, before: Item | None, links: Mapping[Tag, Item | None], used: int) -> bytes:
    """Where a candidate stands, seen from the quantity, from its source, and from what was decided before."""
    left, source, unit = candidate.at < quantity.at, links.get(Tag.CLAIMANT), links.get(Tag.UNIT)
    first, last = (candidate, quantity) if left else (quantity, candidate)
    return b"".join((
        bytes((left,)),
        _SEVEN_OF[min(_FAR, abs(quantity.sentence - candidate.sentence))],
        _SEVEN_OF[min(_FAR, last.at - first.at)],
        bytes((quantity.clause == candidate.clause, quantity.paragraph == candidate.paragraph)),
        _FIVE[min(4, last.ranks[candidate.tag] - first.ranks[candidate.tag] - (first is candidate))],
        bytes((
            before is candidate,
            before is not None and before.name == candidate.name,
            before is not None and before is not candidate,
            candidate.quoted,
            candidate.sentence == 0,
            left and candidate.sentence == quantity.sentence,
        )),
        _FIVE[min(4, used)],
        bytes((source is not None,)),
        _FIVE_OF[min(_FAR, abs(source.sentence - candidate.sentence))] if source else _NOWHERE,
        bytes((
            source is not None and source.clause == candidate.clause,
            unit is not None,
            unit is not None and unit.at < quantity.at,
        )),
    ))  # fmt: skip


def _spoken(scene: Scene, date: Item, source: Item | None, memory: Memory) -> bytes:
    """Whether somebody, or the source itself, spoke on that day; and how the day lies to the document's own."""
    speaker = memory.speaker_of(scene, date)
    said = (
        speaker is not None,
        speaker is not None and source is not None and speaker.name == source.name,
        source is not None and source.name in scene.sources(date.sentence),
    )
    return bytes(said) + _AGES[_age(date, scene.date)]


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


def _carried(candidate: Item | None, link: Item | None) -> bytes:
    """Of a link made before: the candidate means the same, or something else."""
    if link is None:
        return _UNCARRIED
    return _SAME if candidate is not None and candidate.meaning == link.meaning else _OTHER


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


@dataclass(frozen=True, slots=True)
class _Field:
    """Of one field: the layer over [quantity, candidate, their product, sentence, features], where it is not shared out
    to the network; the layer behind it; and its part of what is computed for all fields."""

    of_product: Floats
    of_features: Floats
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
            of_quantity, of_candidate, of_product, of_sentence, of_features = map(np.ascontiguousarray, parts)
            self.fields[tag] = _Field(of_product, of_features, score[0], slice(size * number, size * (number + 1)))
            shared.append((of_quantity, of_candidate, of_sentence, bilinear, bias))
        stacked = (np.concatenate(each, -1) for each in zip(*shared, strict=True))
        self.of_quantity, self.of_candidate, self.of_sentence, self.bilinear, self.bias = stacked

    @property
    def token(self) -> Layer:
        """Weight (WIDTH, states) and bias of the layer that makes a token's vector, for the encoder's engine."""
        return self.tensors["token.weight"], self.tensors["token.bias"]

    def dense(self, name: str, rows: Floats) -> Floats:
        """A linear layer."""
        return product(rows, self.tensors[f"{name}.weight"].T) + self.tensors[f"{name}.bias"]


class Scorer:
    """The scores of one document's links. What hangs on one mention alone is computed once for all of them."""

    def __init__(self, vectors: Vectors, scene: Scene) -> None:
        network = vectors.network
        self._network = network
        items = [item for tag in Tag for item in scene.items[tag]]
        self._number = {id(item): number for number, item in enumerate(items)}
        quantities = scene.items[Tag.QUANTITY]
        if not quantities:
            return
        sentences = sorted({item.sentence for item in quantities})
        wanted = [item.mention.span.range for item in items] + [scene.sentences[number] for number in sentences]
        ranges = np.array(token_ranges(vectors.ranges, wanted))
        means = _means(vectors.values, ranges)
        first, last = ranges[: len(items)].T
        read = np.concatenate([vectors.values[first], means[: len(items)], vectors.values[last - 1]], 1)
        self._mentions = np.vstack([network.dense("mention", read), network.tensors["none"]])
        around = network.dense("sentence", means[len(items) :])
        self._asking = self._mentions[[self._number[id(item)] for item in quantities]]
        candidates = product(self._mentions, network.of_candidate)
        self._candidates = {
            tag: np.ascontiguousarray(candidates[:, field.part]) for tag, field in network.fields.items()
        }
        place = {number: i for i, number in enumerate(sentences)}
        self._rows = product(self._asking, network.of_quantity) + network.bias
        self._rows += product(around, network.of_sentence)[[place[item.sentence] for item in quantities]]
        self._turned = product(self._asking, network.bilinear)

    def __call__(
        self, tag: Tag, quantity: Item, candidates: Sequence[Item | None], found: Sequence[bytes]
    ) -> list[float]:
        """Log-probabilities of the candidates, ``found`` being their features."""
        field, row = self._network.fields[tag], quantity.rank
        numbers = np.array([-1 if item is None else self._number[id(item)] for item in candidates])
        mentions = self._mentions.take(numbers, 0)
        places = np.frombuffer(b"".join(found), dtype=np.uint8).reshape(-1, FEATURES).astype(np.float32)
        hidden = self._candidates[tag].take(numbers, 0) + self._rows[row, field.part]
        hidden += (mentions * self._asking[row]) @ field.of_product
        hidden += places @ field.of_features
        scores = np.maximum(hidden, 0, out=hidden) @ field.score + mentions @ self._turned[row, field.part]
        return log_shares(scores.tolist())


def log_shares(scores: Sequence[float]) -> list[float]:
    """Scores to log-probabilities."""
    top = max(scores)
    total = top + math.log(math.fsum(math.exp(score - top) for score in scores))
    return [score - total for score in scores]


def _means(values: Floats, ranges: Any) -> Floats:
    """The mean of the rows of each range, none of which is empty."""
    sizes = ranges[:, 1] - ranges[:, 0]
    starts = np.cumsum(sizes) - sizes
    rows = np.arange(sizes.sum()) + np.repeat(ranges[:, 0] - starts, sizes)
    means: Floats = np.add.reduceat(values[rows], starts, axis=0) / sizes[:, None].astype(np.float32)
    return means
