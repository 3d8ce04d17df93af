"""Linking as a part of training: beside its tags the encoder learns, over whole documents, which mentions belong
together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from claimex.bio import Floats
from claimex.link import decide
from claimex.link_network import WIDTH, LinkNetwork, Scorer, Vectors, token_ranges
from claimex.normalize import normalize
from claimex.pairs import ORDER, Choice
from claimex.places import FEATURES, Bytes, Places
from claimex.scene import WINDOW, Scene
from claimex.schema import Document, Example, Range, Record, Tag
from training.linker import right_index

SIZE = 96  # of a mention's vector and of the hidden layer
DROPOUT = 0.2
CANDIDATES = 1 + max(map(sum, WINDOW.values()))  # of a choice, "none" among them


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """A document as linking walks through it, with the records that it should find and the ranges of its tokens."""

    document: Document
    places: Places
    records: Mapping[Range, Record]
    ranges: Sequence[Range]

    @classmethod
    def of(cls, example: Example, ranges: Sequence[Range]) -> Story:
        """Of an example whose tokens cover ``ranges``."""
        scene = Scene(example.document, normalize(example.document, example.spans))
        return cls(example.document, Places(scene), {record.quantity: record for record in example.records}, ranges)


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What one field of a document's quantities asks. Of each choice: its quantity, its candidates (-1: none, padded
    with -1), their features, how many there are, and how probable each is to be the right one: zeros where nobody
    knows."""

    quantities: torch.Tensor  # (choices)
    candidates: torch.Tensor  # (choices, CANDIDATES)
    features: torch.Tensor  # (choices, CANDIDATES, FEATURES), bytes
    counts: torch.Tensor  # (choices)
    right: torch.Tensor  # (choices, CANDIDATES)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A document's mentions and the sentence of each as ranges of tokens, and the choices of each field."""

    mentions: torch.Tensor  # (mentions, 2)
    sentences: torch.Tensor  # (mentions, 2)
    choices: dict[Tag, Choices]
    quantities: int


_Row: TypeAlias = tuple[int, list[int], Bytes, int | None]  # of a Choices, before it is one
Pick = Callable[[Choice], int]  # of a choice, the candidate to go on with


def plan_of(story: Story, pick: Pick | None = None) -> Plan:
    """The choices of a document, each in the light of those before it: the right ones, or what ``pick`` has decided.

    Of a quantity whose gold link is out of sight, or that has no record, nobody knows which is right.
    """
    places, scene = story.places, story.places.scene
    rows: dict[Tag, list[_Row]] = {tag: [] for tag in ORDER}

    def choose(choice: Choice) -> tuple[int, float]:
        record = story.records.get(choice.quantity.mention.span.range)
        right = None if record is None else right_index(record, choice.tag, choice.candidates)
        numbers = places.candidates[places.of[choice.tag, choice.quantity.rank]]
        rows[choice.tag].append((choice.quantity.rank, numbers.tolist(), places.features(choice), right))
        return (right or 0) if pick is None else pick(choice), 1.0

    decide(scene, choose)
    return Plan(
        _ranges(story, [item.mention.span.range for item in places.items]),
        _ranges(story, [scene.sentences[item.sentence] for item in places.items]),
        {tag: _choices(found) for tag, found in rows.items()},
        len(scene.items[Tag.QUANTITY]),
    )


def _ranges(story: Story, wanted: Sequence[Range]) -> torch.Tensor:
    return torch.tensor(token_ranges(story.ranges, wanted), dtype=torch.long).reshape(-1, 2)


def _choices(rows: Sequence[_Row]) -> Choices:
    candidates = torch.full((len(rows), CANDIDATES), -1)
    found = torch.zeros((len(rows), CANDIDATES, FEATURES), dtype=torch.uint8)
    right = torch.zeros((len(rows), CANDIDATES))
    for i, (_, numbers, each, known) in enumerate(rows):
        candidates[i, : len(numbers)] = torch.tensor(numbers)
        found[i, : len(numbers)] = torch.from_numpy(each)
        if known is not None:
            right[i, known] = 1
    plain = [(quantity, len(numbers)) for quantity, numbers, _, _ in rows]
    quantities, counts = torch.tensor(plain, dtype=torch.long).reshape(-1, 2).unbind(1)
    return Choices(quantities, candidates, found, counts, right)


def joined(plans: Sequence[Plan], tokens: Sequence[int]) -> Plan:
    """The plan of several documents whose states follow each other; ``tokens``: how many each document has."""
    at = [0, *accumulate(tokens)]
    mentions = [0, *accumulate(len(plan.mentions) for plan in plans)]
    return Plan(
        torch.cat([plan.mentions + start for plan, start in zip(plans, at, strict=False)]),
        torch.cat([plan.sentences + start for plan, start in zip(plans, at, strict=False)]),
        {tag: _joined([plan.choices[tag] for plan in plans], mentions) for tag in ORDER},
        sum(plan.quantities for plan in plans),
    )


def _joined(parts: Sequence[Choices], starts: Sequence[int]) -> Choices:
    pairs = list(zip(parts, starts, strict=False))
    return Choices(
        torch.cat([part.quantities + start for part, start in pairs]),
        torch.cat([torch.where(part.candidates < 0, -1, part.candidates + start) for part, start in pairs]),
        torch.cat([part.features for part in parts]),
        torch.cat([part.counts for part in parts]),
        torch.cat([part.right for part in parts]),
    )


def sampler(network: LinkNetwork, story: Story, values: Floats, dice: np.random.Generator) -> Pick:
    """Decides by the dice, with the network's own probabilities. ``values`` (tokens, WIDTH): the tokens' vectors."""
    scorer = Scorer(Vectors(story.ranges, values, network), story.places)

    def pick(choice: Choice) -> int:
        scores = np.array(scorer(choice))
        shares = np.exp(scores - scores.max())
        return int(dice.choice(len(shares), p=shares / shares.sum()))

    return pick


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
        found = self.log_shares(self.token(states), plan)
        losses = [(plan.choices[tag].right.to(found[tag]) * found[tag]).sum() for tag in ORDER]
        return -torch.stack(losses).sum()

    def log_shares(self, values: torch.Tensor, plan: Plan) -> dict[Tag, torch.Tensor]:
        """The log-probabilities of each field's candidates, (choices, CANDIDATES), from the tokens' vectors (tokens,
        WIDTH)."""
        sums = nn.functional.pad(values.double().cumsum(0), (0, 0, 1, 0))  # double: a mean is the difference of two

        def means(ranges: torch.Tensor) -> torch.Tensor:
            return ((sums[ranges[:, 1]] - sums[ranges[:, 0]]) / (ranges[:, 1:] - ranges[:, :1])).to(values)

        first, last = plan.mentions[:, 0], plan.mentions[:, 1] - 1
        rows = torch.cat([values[first], means(plan.mentions.to(values.device)), values[last]], -1)
        mentions = torch.cat([self.mention(rows), self.none.unsqueeze(0)])  # the last one for -1
        sentences = self.sentence(means(plan.sentences.to(values.device)))
        return {tag: _log_shares(self.fields[str(tag)], mentions, sentences, plan.choices[tag]) for tag in ORDER}

    def network(self) -> LinkNetwork:
        """The same as it is now, in numpy."""
        return LinkNetwork({name: tensor.detach().cpu().numpy() for name, tensor in self.state_dict().items()})


def _log_shares(field: nn.Module, mentions: torch.Tensor, sentences: torch.Tensor, choices: Choices) -> torch.Tensor:
    scores: torch.Tensor = field(
        mentions[choices.quantities],
        sentences[choices.quantities],
        mentions[choices.candidates],
        choices.features.to(mentions),
    )
    beyond = (torch.arange(CANDIDATES) >= choices.counts.unsqueeze(1)).to(scores.device)
    return scores.masked_fill(beyond, -1e9).log_softmax(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What a teacher thinks of a document's links: by its network, from its vectors of the tokens (tokens, WIDTH), and
    at a ``weight`` beside the annotation's word."""

    links: LinkModule
    network: LinkNetwork
    values: Floats
    weight: float

    @torch.no_grad()
    def __call__(self, plan: Plan) -> Plan:
        """The plan with the teacher's word in it; where nobody knew which candidate is right it stands alone."""
        found = self.links.log_shares(torch.from_numpy(self.values), plan)
        return replace(plan, choices={tag: self._mixed(plan.choices[tag], found[tag].exp()) for tag in ORDER})

    def pick(self, story: Story, dice: np.random.Generator) -> Pick:
        """Decides as the teacher would."""
        return sampler(self.network, story, self.values, dice)

    def _mixed(self, choices: Choices, shares: torch.Tensor) -> Choices:
        known = choices.right.any(-1, keepdim=True)
        mixed = self.weight * shares + (1 - self.weight) * choices.right
        return replace(choices, right=torch.where(known, mixed, shares))
