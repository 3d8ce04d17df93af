"""Links scored from what the encoder has read: a small network over the vectors of two mentions and of a sentence.

The encoder learns those vectors together with its tags (``training.links``), so that a quantity's vector says which
date or source to look for. Places and earlier decisions, which vectors do not tell well, come in as features.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from claimex.bio import Floats
from claimex.scene import Item, Scene
from claimex.schema import Range, Tag

WIDTH = 128  # of a token's vector
FEATURES = 48
FILE = "linker.safetensors"

_FEW = 4
_ERF = np.vectorize(math.erf, otypes=[np.float32])


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What the encoder says of each token of a document: ``ranges`` of characters, ``values`` (tokens, WIDTH)."""

    ranges: Sequence[Range]
    values: Floats


def bucket(distance: int) -> int:
    """0 to 6 for how far apart two things are: 0, 1, 2, up to 4, 8, 16, more."""
    return min(6, math.ceil(math.log2(distance)) + 1) if distance > 1 else distance


def features(
    scene: Scene, quantity: Item, candidate: Item | None, previous: Item | None, before: Item | None,
    links: Mapping[Tag, Item | None], used: int,
) -> list[float]:  # fmt: skip
    """Of a quantity and a candidate for one of its fields (None: no link).

    ``previous``: the quantity before, ``before``: what that one links to in this field; ``links``: what this one links
    to in the fields decided already; ``used``: how many quantities link to the candidate.
    """
    f = [0.0] * FEATURES
    f[0] = previous is None
    f[1] = previous is not None and previous.sentence == quantity.sentence
    f[2] = previous is not None and previous.clause == quantity.clause
    f[3] = quantity.quoted
    if candidate is None:
        f[4] = 1.0
        f[5] = previous is not None and before is None
        return f
    first, last = (candidate, quantity) if candidate.at < quantity.at else (quantity, candidate)
    left = candidate is first
    f[6] = left
    f[7 + bucket(abs(quantity.sentence - candidate.sentence))] = 1.0
    f[14 + bucket(last.at - first.at)] = 1.0
    f[21] = quantity.clause == candidate.clause
    f[22] = quantity.paragraph == candidate.paragraph
    f[23 + min(_FEW, last.ranks[candidate.tag] - first.ranks[candidate.tag] - (first.tag is candidate.tag))] = 1.0
    f[28] = before is candidate
    f[29] = before is not None and before.name == candidate.name
    f[30] = before is not None and before is not candidate
    f[31] = candidate.quoted
    f[32] = candidate.sentence == 0
    f[33] = left and candidate.sentence == quantity.sentence
    f[34 + min(_FEW, used)] = 1.0
    source = links.get(Tag.CLAIMANT)
    if source is not None:
        f[39] = 1.0
        f[40 + min(_FEW, bucket(abs(source.sentence - candidate.sentence)))] = 1.0
        f[45] = source.clause == candidate.clause
    unit = links.get(Tag.UNIT)
    f[46] = unit is not None
    f[47] = unit is not None and unit.at < quantity.at
    return f


def token_ranges(ranges: Sequence[Range], wanted: Sequence[Range]) -> list[Range]:
    """Of ranges of characters, the tokens that they touch, at least one; ``ranges`` of tokens stand in text order."""
    starts, found = [start for start, _ in ranges], []
    for start, end in wanted:
        last = max(1, bisect_right(starts, max(start, end - 1)))
        first = bisect_right(starts, start) - 1
        found.append((min(max(0, first), last - 1), last))
    return found


class LinkNetwork:
    """The network in numpy. ``tensors`` as ``training.links`` names them."""

    def __init__(self, tensors: Mapping[str, Floats]) -> None:
        self.tensors = {name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}

    @classmethod
    def read(cls, directory: Path) -> LinkNetwork | None:
        """That of a checkpoint; None where it has none."""
        if not (directory / FILE).exists():
            return None
        from safetensors.numpy import load_file

        return cls(load_file(directory / FILE))

    @property
    def token(self) -> tuple[Floats, Floats]:
        """Weight (WIDTH, states) and bias of the layer that makes a token's vector, for the encoder's engine."""
        return self.tensors["token.weight"], self.tensors["token.bias"]

    def mentions(self, vectors: Vectors, ranges: Sequence[Range]) -> Floats:
        """A vector for each range of characters: from its first, its last and the mean of its tokens."""
        values = vectors.values
        rows = [
            np.concatenate([values[first], values[first:last].mean(0), values[last - 1]])
            for first, last in token_ranges(vectors.ranges, ranges)
        ]
        return self._dense("mention", np.stack(rows))

    def sentences(self, vectors: Vectors, ranges: Sequence[Range]) -> Floats:
        """A vector for each sentence."""
        rows = [vectors.values[first:last].mean(0) for first, last in token_ranges(vectors.ranges, ranges)]
        return self._dense("sentence", np.stack(rows))

    def scores(self, tag: Tag, quantity: Floats, sentence: Floats, candidates: Floats, found: Floats) -> Floats:
        """Log-probabilities of the candidates; the rows of ``candidates`` are mentions' vectors or ``none``."""
        count = len(candidates)
        pairs = np.concatenate(
            [np.tile(quantity, (count, 1)), candidates, candidates * quantity, np.tile(sentence, (count, 1)), found], 1
        )
        hidden = self._dense(f"fields.{tag}.hidden", pairs)
        hidden *= 0.5 * (1 + _ERF(hidden / math.sqrt(2)))
        scores = self._dense(f"fields.{tag}.score", hidden)[:, 0]
        scores += candidates @ (quantity @ self.tensors[f"fields.{tag}.bilinear"])
        result: Floats = scores - np.logaddexp.reduce(scores)
        return result

    @property
    def none(self) -> Floats:
        """What stands in the place of a candidate's vector where there is no link."""
        return self.tensors["none"]

    def _dense(self, name: str, rows: Floats) -> Floats:
        product: Floats = rows @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]
        return product
