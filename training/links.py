"""Linking as a part of training: beside its tags the encoder learns, over whole documents, which mentions belong
together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from claimex.link import Choice, decide
from claimex.link_network import FEATURES, ORDER, WIDTH, token_ranges
from claimex.normalize import normalize
from claimex.scene import Scene
from claimex.schema import Example, Range, Tag
from training.linker import right_index

SIZE = 96  # of a mention's vector and of the hidden layer
DROPOUT = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What one field of a document's quantities asks. Of each choice: its quantity, its candidates (-1: none, padded
    with -1), their features, how many there are, and which one is right."""

    quantities: torch.Tensor  # (choices)
    candidates: torch.Tensor  # (choices, most candidates)
    features: torch.Tensor  # (choices, most candidates, FEATURES), bytes
    counts: torch.Tensor  # (choices)
    right: torch.Tensor  # (choices)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A document's mentions and their sentences as ranges of tokens, and the choices of each field."""

    mentions: list[Range]
    sentences: list[Range]
    choices: dict[Tag, Choices]
    records: int


def plan_of(example: Example, ranges: Sequence[Range]) -> Plan:
    """The choices of an example whose tokens cover ``ranges``, each in the light of the right choices before it.

    A quantity whose gold link is out of sight teaches nothing about that field.
    """
    scene = Scene(example.document, normalize(example.document, example.spans))
    items = [item for tag in Tag for item in scene.items[tag]]
    number = {id(item): i for i, item in enumerate(items)}
    rows: dict[Tag, list[tuple[int, list[int], list[list[float]], int]]] = {tag: [] for tag in ORDER}
    records = {record.quantity: record for record in example.records}

    def choose(choice: Choice) -> tuple[int, float]:
        record = records.get(choice.quantity.mention.span.range)
        right = None if record is None else right_index(record, choice.tag, choice.candidates)
        if right is not None:
            numbers = [-1 if candidate is None else number[id(candidate)] for candidate in choice.candidates]
            rows[choice.tag].append((number[id(choice.quantity)], numbers, choice.features(), right))
        return right or 0, 1.0

    decide(scene, choose)
    return Plan(
        token_ranges(ranges, [item.mention.span.range for item in items]),
        token_ranges(ranges, [scene.sentences[item.sentence] for item in items]),
        {tag: _choices(found) for tag, found in rows.items() if found},
        len(records),
    )


def _choices(rows: Sequence[tuple[int, list[int], list[list[float]], int]]) -> Choices:
    most = max(len(numbers) for _, numbers, _, _ in rows)
    candidates = torch.full((len(rows), most), -1)
    found = torch.zeros((len(rows), most, FEATURES), dtype=torch.uint8)
    for i, (_, numbers, each, _) in enumerate(rows):
        candidates[i, : len(numbers)] = torch.tensor(numbers)
        found[i, : len(numbers)] = torch.tensor(each, dtype=torch.uint8)
    counts = torch.tensor([len(numbers) for _, numbers, _, _ in rows])
    quantities, right = (torch.tensor([row[at] for row in rows]) for at in (0, 3))
    return Choices(quantities, candidates, found, counts, right)


class Field(nn.Module):
    """Scores the candidates of one field."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4 * SIZE + FEATURES, SIZE)
        self.score = nn.Linear(SIZE, 1)
        self.bilinear = nn.Parameter(torch.randn(SIZE, SIZE) * 0.02)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, quantity: Any, sentence: Any, candidates: Any, found: Any) -> torch.Tensor:
        """Scores (choices, candidates), from (choices, SIZE) twice, (choices, candidates, SIZE), and features."""
        wide = candidates.shape[:2]
        pairs = [
            quantity.unsqueeze(1).expand(*wide, -1),
            candidates,
            candidates * quantity.unsqueeze(1),
            sentence.unsqueeze(1).expand(*wide, -1),
            found,
        ]
        scores = self.score(nn.functional.relu(self.hidden(self.dropout(torch.cat(pairs, -1))))).squeeze(-1)
        result: torch.Tensor = scores + (candidates @ (quantity @ self.bilinear).unsqueeze(-1)).squeeze(-1)
        return result


class LinkModule(nn.Module):
    """The network of ``claimex.link_network``, to be trained. ``width``: of the encoder's states."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Linear(width, WIDTH)
        self.mention = nn.Linear(3 * WIDTH, SIZE)
        self.sentence = nn.Linear(WIDTH, SIZE)
        self.none = nn.Parameter(torch.randn(SIZE) * 0.02)
        self.fields = nn.ModuleDict({str(tag): Field() for tag in ORDER})

    def forward(self, states: torch.Tensor, plan: Plan) -> torch.Tensor:
        """The loss of a document's choices, summed; ``states`` (tokens, width) of the encoder."""
        values = self.token(states)
        rows = [
            torch.cat([values[first], values[first:last].mean(0), values[last - 1]]) for first, last in plan.mentions
        ]
        mentions = torch.cat([self.mention(torch.stack(rows)), self.none.unsqueeze(0)])  # the last one for -1
        distinct = sorted(set(plan.sentences))
        means = self.sentence(torch.stack([values[first:last].mean(0) for first, last in distinct]))
        places = torch.tensor([distinct.index(sentence) for sentence in plan.sentences])
        losses = [
            self._loss(self.fields[str(tag)], mentions, means[places], choices) for tag, choices in plan.choices.items()
        ]
        return torch.stack(losses).sum() if losses else values.new_zeros(())

    def _loss(
        self, field: nn.Module, mentions: torch.Tensor, sentences: torch.Tensor, choices: Choices
    ) -> torch.Tensor:
        scores = field(
            mentions[choices.quantities],
            sentences[choices.quantities],
            mentions[choices.candidates],
            choices.features.to(mentions),
        )
        beyond = (torch.arange(scores.shape[1]) >= choices.counts.unsqueeze(1)).to(scores.device)
        return cross_entropy(scores.masked_fill(beyond, -1e9), choices.right.to(scores.device), reduction="sum")
