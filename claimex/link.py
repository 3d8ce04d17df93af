"""From mentions to claims: which unit, claimant and date belong to a quantity. Pure and deterministic.

One mechanism serves the three fields. Quantities are read left to right; for each, the mentions around it and "none"
are candidates, a log-linear model (``linker.json``) gives them probabilities, and the likeliest is taken. The features
see what was decided before: the links of the previous quantity, and the unit and claimant of this one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import TypeVar, cast

from claimex.link_features import features
from claimex.normalize.modifiers import modifier_of
from claimex.pairs import Memory, Pair, context_of
from claimex.scene import Item, Scene
from claimex.schema import AnyMention, Claim, Document, Mention, Period, Quantity, Source, Tag, Unit

Weights = dict[str, float]
Rows = list[list[str]]  # the features of each candidate
Choose = Callable[[Item, Tag, Sequence[Item | None], Rows], tuple[int, float]]
Decision = tuple[Item, dict[Tag, Item | None], float]

ORDER = (Tag.UNIT, Tag.CLAIMANT, Tag.DATE)  # later fields see the links of earlier ones
_WINDOW = {Tag.UNIT: (5, 5), Tag.CLAIMANT: (8, 4), Tag.DATE: (12, 4)}  # candidates before and after a quantity


def link(document: Document, mentions: Sequence[AnyMention]) -> tuple[Claim, ...]:
    """One claim for every QUANTITY mention, in text order. Unit, date and claimant are None where none is likelier."""
    scene = Scene(document, mentions)
    weights = shipped()

    def choose(_: Item, tag: Tag, candidates: Sequence[Item | None], rows: Rows) -> tuple[int, float]:
        return likeliest(weights[tag], rows)

    return tuple(_claim(scene, quantity, links, p) for quantity, links, p in decide(scene, choose))


def decide(scene: Scene, choose: Choose) -> list[Decision]:
    """Walk over the quantities; ``choose`` picks among the candidates of a field: its index and probability."""
    memory = Memory(None, {}, {}, {})
    decisions = []
    for quantity in scene.items[Tag.QUANTITY]:
        links: dict[Tag, Item | None] = {}
        context = context_of(scene, quantity)
        probability = 1.0
        for tag in ORDER:
            candidates = [None, *scene.around(quantity, tag, *_WINDOW[tag])]
            rows = [features(Pair(scene, quantity, item, tag, memory, links, context)) for item in candidates]
            index, p = choose(quantity, tag, candidates, rows)
            links[tag] = candidates[index]
            probability *= p
        for item in links.values():
            if item is not None:
                memory.used[item] = memory.used.get(item, 0) + 1
        memory.quantity, memory.links = quantity, links
        decisions.append((quantity, links, probability))
    return decisions


def likeliest(weights: Weights, rows: Rows) -> tuple[int, float]:
    """The row of features with the highest sum of weights, and its probability among the rows."""
    scores = [sum(weights.get(name, 0.0) for name in row) for row in rows]
    best = max(scores)
    return scores.index(best), 1 / sum(math.exp(score - best) for score in scores)


@cache
def shipped() -> dict[Tag, Weights]:
    """The released weights of each field."""
    read = json.loads(resources.files("claimex").joinpath("linker.json").read_text(encoding="utf-8"))
    return {Tag(tag): weights for tag, weights in read.items()}


M = TypeVar("M")


def _claim(scene: Scene, quantity: Item, links: dict[Tag, Item | None], probability: float) -> Claim:
    parts = [quantity, *(item for item in links.values() if item)]
    scores = [item.mention.span.score for item in parts]
    span = quantity.mention.span
    return Claim(
        quantity=cast("Mention[Quantity]", quantity.mention),
        modifier=modifier_of(scene.text, span.start, span.end),
        unit=cast("Mention[Unit] | None", _mention(links[Tag.UNIT])),
        date=cast("Mention[Period] | None", _mention(links[Tag.DATE])),
        claimant=cast("Mention[Source] | None", _mention(links[Tag.CLAIMANT])),
        sentence=scene.evidence(quantity),
        score=probability * math.prod(1.0 if score is None else score for score in scores),
    )


def _mention(item: Item | None) -> AnyMention | None:
    return item.mention if item else None
