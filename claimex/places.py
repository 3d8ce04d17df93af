"""What the link network is told beside vectors: where a candidate stands, and what was decided before.

What no decision changes is computed once for all choices of a document; what hangs on decisions, choice by choice.
"""

from __future__ import annotations

import datetime as dt
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from claimex.pairs import ORDER, Choice
from claimex.scene import Item, Scene
from claimex.schema import Period, Tag

Bytes: TypeAlias = npt.NDArray[np.uint8]  # that are 0 or 1

# Of a quantity and a candidate: what is said, in how many columns.
COLUMNS = {
    "first figure": 1, "in the last figure's sentence": 1, "in the last figure's clause": 1, "figure quoted": 1,
    "none": 1, "none again": 1,
    "before the figure": 1, "sentences away": 7, "tokens away": 7, "same clause": 1, "same paragraph": 1, "between": 5,
    "as the last figure's": 3, "quoted": 1, "in the first sentence": 1, "before it in the sentence": 1, "used": 5,
    "source": 1, "sentences from the source": 5, "in the source's clause": 1, "unit": 1, "unit before the figure": 1,
    "day of speaking": 1, "source speaks": 1, "source there": 1, "age": 6,
    "as the last": 2, "as the source's last": 2,
}  # fmt: skip
_HANGS_ON_DECISIONS = (
    "none again", "as the last figure's", "used", "source", "sentences from the source", "in the source's clause",
    "unit", "unit before the figure", "source speaks", "source there", "as the last", "as the source's last",
)  # fmt: skip
FEATURES = sum(COLUMNS.values())
_FIRST = dict(zip(COLUMNS, accumulate(COLUMNS.values(), initial=0), strict=False))
DECIDED = [_FIRST[name] + i for name in _HANGS_ON_DECISIONS for i in range(COLUMNS[name])]

_FAR = 17  # all that is farther counts as this


def bucket(distance: int) -> int:
    """0 to 6 for how far apart two things are: 0, 1, 2, up to 4, 8, 16, more."""
    return distance if distance < 2 else min(6, (distance - 1).bit_length() + 1)


_BUCKETS = np.array([bucket(distance) for distance in range(_FAR + 1)])


class Places:
    """A document's open choices, and what of their features no decision changes.

    ``items``: its mentions by number, quantities first. ``of``: the pairs of each choice, by field and quantity;
    ``fields``: those of each field. ``quantities``, ``candidates`` (pairs): their numbers, -1 for no link.
    ``standing``: the features (pairs, FEATURES), those that hang on decisions 0.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        tags = (Tag.QUANTITY, *ORDER)
        self.items = [item for tag in tags for item in scene.items[tag]]
        first = dict(zip(tags, accumulate((len(scene.items[tag]) for tag in tags), initial=0), strict=False))
        self.of: dict[tuple[Tag, int], slice] = {}
        self.fields: dict[Tag, slice] = {}
        quantities: list[int] = []
        candidates: list[int] = []
        for tag in ORDER:
            begin = len(candidates)
            for quantity in scene.items[Tag.QUANTITY]:
                found = scene.candidates(quantity, tag)
                if len(found) > 1:
                    self.of[tag, quantity.rank] = slice(len(candidates), len(candidates) + len(found))
                    quantities += [quantity.rank] * len(found)
                    candidates += [-1 if item is None else first[tag] + item.rank for item in found]
            self.fields[tag] = slice(begin, len(candidates))
        self.quantities, self.candidates = np.array(quantities, dtype=int), np.array(candidates, dtype=int)
        self.standing = self._standing()

    def features(self, choice: Choice) -> Bytes:
        """All of a choice's, (candidates, FEATURES)."""
        whole = self.standing[self.of[choice.tag, choice.quantity.rank]].copy()
        whole[:, DECIDED] = decided(choice)
        return whole

    def _standing(self) -> Bytes:
        found = np.zeros((len(self.candidates), FEATURES), dtype=np.uint8)
        if not len(found):
            return found
        rows = [
            (i.at, i.sentence, i.clause, i.paragraph, i.quoted, i.rank, *map(i.ranks.get, ORDER)) for i in self.items
        ]
        table = np.array([*rows, [0] * len(rows[0])]).T
        at, sentence, clause, paragraph, quoted, rank = table[:6, self.candidates]
        its_at, its_sentence, its_clause, its_paragraph = table[:4, self.quantities]
        its_rank = np.concatenate([table[6 + n, self.quantities[self.fields[tag]]] for n, tag in enumerate(ORDER)])
        before = at < its_at
        for name, holds in (
            ("before the figure", before),
            ("same clause", clause == its_clause),
            ("same paragraph", paragraph == its_paragraph),
            ("quoted", quoted),
            ("in the first sentence", sentence == 0),
            ("before it in the sentence", before & (sentence == its_sentence)),
        ):
            found[:, _FIRST[name]] = holds
        pairs = np.arange(len(found))
        for name, number in (
            ("sentences away", _BUCKETS[np.minimum(_FAR, abs(its_sentence - sentence))]),
            ("tokens away", _BUCKETS[np.minimum(_FAR, abs(its_at - at))]),
            ("between", np.minimum(4, np.where(before, its_rank - rank - 1, rank - its_rank))),
        ):
            found[pairs, _FIRST[name] + number] = 1
        self._add_days(found, rank)
        nothing = self.candidates < 0
        found[nothing] = 0
        found[:, _FIRST["none"]] = nothing
        its_figures = self._of_figures(table[:, : len(self.scene.items[Tag.QUANTITY])])
        found[:, : its_figures.shape[1]] = its_figures[self.quantities]
        return found

    def _add_days(self, found: Bytes, rank: Any) -> None:
        """Whether somebody spoke on a day, and how it lies to the document's own."""
        scene, here = self.scene, self.fields[Tag.DATE]
        if here.start == here.stop:
            return
        dates = scene.items[Tag.DATE]
        spoken = np.array([scene.speaker(date) is not None for date in dates])
        ages = np.array([_age(date, scene.date) for date in dates])
        found[here, _FIRST["day of speaking"]] = spoken[rank[here]]
        found[np.arange(here.start, here.stop), _FIRST["age"] + ages[rank[here]]] = 1

    def _of_figures(self, table: Any) -> Bytes:
        """What is said of a figure alone, and of the one before: the first columns."""
        _, sentence, clause, _, quoted, *_ = table
        found = np.zeros((len(quoted), 4), dtype=np.uint8)
        found[0, 0] = True
        found[1:, 1] = sentence[1:] == sentence[:-1]
        found[1:, 2] = clause[1:] == clause[:-1]
        found[:, 3] = quoted
        return found


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


# What ``decided`` puts together, in the order of DECIDED.
_NONE_AGAIN, _NOT_AGAIN = bytes((True, False, False, False)), bytes(4)
_AGAIN, _NAMED_AGAIN, _ELSE = (
    bytes((False, *said)) for said in ((True, True, False), (False, True, True), (False, False, True))
)
_FIVE = tuple(bytes(i == j for j in range(5)) for i in range(5))
_FROM_SOURCE = tuple(_FIVE[min(4, bucket(distance))] for distance in range(_FAR + 1))
_NO_SOURCE, _UNSPOKEN, _UNLINKED = bytes(7), bytes(2), bytes(2)
_NOTHING = bytes(len(_FIVE) + len(_NO_SOURCE) + 2 + len(_UNSPOKEN))  # in the place of all that "none" lacks
_SAME, _OTHER = bytes((True, False)), bytes((False, True))


def decided(choice: Choice) -> Bytes:
    """What hangs on earlier decisions, of each candidate: (candidates, DECIDED)."""
    memory, links, tag = choice.memory, choice.links, choice.tag
    before, source, unit = memory.links.get(tag), links.get(Tag.CLAIMANT), links.get(Tag.UNIT)
    recent, dated = memory.recent.get(tag), memory.dated.get(source.name) if source and tag is Tag.DATE else None
    of_unit = bytes((unit is not None, unit is not None and unit.at < choice.quantity.at))
    parts: list[bytes] = []
    for item in choice.candidates:
        if item is None:
            parts += _NONE_AGAIN if memory.quantity is not None and before is None else _NOT_AGAIN, _NOTHING
        else:
            parts += _again(item, before), _FIVE[min(4, memory.used.get(item, 0))]
            parts += _NO_SOURCE if source is None else _from(source, item), of_unit
            parts.append(_UNSPOKEN if source is None or tag is not Tag.DATE else _speaking(choice.scene, source, item))
        for link in (recent, dated):
            same = link is not None and item is not None and item.meaning == link.meaning
            parts.append(_UNLINKED if link is None else _SAME if same else _OTHER)
    return np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(-1, len(DECIDED))


def _again(item: Item, before: Item | None) -> bytes:
    """Whether the figure before links to it, to the same by name, or to something else."""
    if before is None:
        return _NOT_AGAIN
    return _AGAIN if item is before else _NAMED_AGAIN if item.name == before.name else _ELSE


def _from(source: Item, item: Item) -> bytes:
    """Where it stands, seen from the figure's source."""
    away = _FROM_SOURCE[min(_FAR, abs(source.sentence - item.sentence))]
    return b"\1" + away + (b"\1" if source.clause == item.clause else b"\0")


def _speaking(scene: Scene, source: Item, date: Item) -> bytes:
    """Whether the figure's source itself spoke on that day, or stands in the day's sentence."""
    speaker = scene.speaker(date)
    return bytes((speaker is not None and speaker.name == source.name, source.name in scene.sources(date.sentence)))
