"""A stage that trains tags and links together, or links alone, over whole documents.

A loop of its own, as transformers' trainer deals in independent rows: here the windows of a document go through the
encoder in one step, so that a link may reach from one into another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn.functional import dropout
from tqdm import tqdm
from transformers import PreTrainedModel, get_linear_schedule_with_warmup

from claimex.link_network import FILE, LAYERS, layers_in
from claimex.networks.torch import Given, above, below, copied_layers, read
from claimex.schema import Example
from claimex.tokens import Tokenizer
from training.config import Stage
from training.data import Collator, partial_loss, window_rows
from training.links import LinkModule, Plan, Story, joined, plan_of, sampler

LINK_RATE = 1e-3  # the learning rate of the link network, which starts from nothing
SORTED = 64  # documents among which those with windows of similar length go together
CLIP = 1.0  # the norm beyond which a gradient is cut
STATE = "state.pt"
LOGGED = 25  # steps
STATES_DROPOUT = 0.1

Losses: TypeAlias = tuple[torch.Tensor, torch.Tensor]  # of the tags, and of the links


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A document: its windows as rows of ``training.data``, how it is linked, and its plan where all goes right."""

    rows: list[dict[str, Any]]
    story: Story
    plan: Plan


def wholes(examples: Sequence[Example], tokenizer: Tokenizer, window: int, overlap: int) -> list[Whole]:
    """The documents that hold anything to learn from."""
    found = []
    for example in examples:
        rows, _ = window_rows([example], tokenizer, window, overlap)
        [tokens] = tokenizer([example.document.text])
        if rows and example.spans:
            story = Story.of(example, tokens.ranges)
            found.append(Whole(rows, story, plan_of(story)))
    return found


Step: TypeAlias = list[Whole]  # the documents that are read together


class Joint(torch.nn.Module):
    """The tagger's model and the link network on top of its last states."""

    def __init__(self, model: PreTrainedModel, links: LinkModule, pad_id: int) -> None:
        super().__init__()
        self.model = model
        self.links = links
        self._collate = Collator(pad_id)

    def forward(self, step: Step) -> Losses:
        """The tags' loss, a mean over tokens, and the links', a mean over records."""
        batch = {name: tensor.to(self.model.device) for name, tensor in self._collate(_rows(step)).items()}
        labels = batch.pop("labels")
        logits, states = read(self.model, self.links.layers, batch)
        plan = joined([document.plan for document in step], _sizes(step))
        return partial_loss(logits, labels), self.links(_answers(states, step), plan) / max(1, plan.records)


class Alone(torch.nn.Module):
    """The link network, and its own layers if they are ``trained``, on an encoder that stays as it is.

    It learns from decisions like its own: before each epoch it walks over every document, and what it decides there is
    what it sees of earlier links (DAgger: Ross, Gordon and Bagnell, AISTATS 2011). Only shown right ones, it does not
    learn how to go on behind a wrong one.
    """

    def __init__(
        self, model: PreTrainedModel, links: LinkModule, order: Sequence[Step], pad_id: int, *, trained: bool
    ) -> None:
        """``order``: the steps of an epoch. What stays as it is is read once, here."""
        super().__init__()
        self.links = links
        self._device = model.device
        links.layers.requires_grad_(trained)
        self._given: dict[int, Given] = {}
        self._states: dict[int, torch.Tensor] = {}
        self._plans: dict[int, Plan] = {}
        self._order = order
        collate = Collator(pad_id)
        model.eval()
        links.eval()
        with torch.no_grad():
            for step in tqdm(order, unit="step"):
                batch = collate(_rows(step))
                batch.pop("labels")
                inputs = {name: tensor.to(model.device) for name, tensor in batch.items()}
                _, given = below(model, len(links.layers), inputs)
                if trained:
                    self._given[id(step)] = Given(given.states.half(), given.beside)
                else:
                    self._states[id(step)] = _answers(above(links.layers, given), step).half()

    def begin(self, dice: np.random.Generator) -> None:
        """Walk over the documents."""
        self.eval()
        network = self.links.network()
        weight, bias = network.token
        for step in self._order:
            with torch.inference_mode():
                states = self._read(step).float().cpu().numpy()
            for document, values in zip(
                step, np.split(states @ weight.T + bias, np.cumsum(_sizes(step))), strict=False
            ):
                self._plans[id(document)] = plan_of(document.story, sampler(network, document.story, values, dice))

    def forward(self, step: Step) -> Losses:
        """As of ``Joint``, without a loss of tags."""
        states = self._read(step).to(self._device).float()
        plan = joined([self._plans[id(document)] for document in step], _sizes(step))
        return torch.zeros(()), self.links(dropout(states, STATES_DROPOUT, self.training), plan) / max(1, plan.records)

    def _read(self, step: Step) -> torch.Tensor:
        """The states of a step's tokens, (tokens, width)."""
        if id(step) in self._states:
            return self._states[id(step)]
        given = self._given[id(step)]
        return _answers(above(self.links.layers, Given(given.states.float(), given.beside)), step)


def _rows(step: Step) -> list[dict[str, Any]]:
    return [row for document in step for row in document.rows]


def _answers(states: torch.Tensor, step: Step) -> torch.Tensor:
    """The states (tokens, width) of a step's documents one behind the other, from those of their windows."""
    return torch.cat([states[i, slice(*row["answer"])] for i, row in enumerate(_rows(step))])


def _sizes(step: Step) -> list[int]:
    return [len(document.story.ranges) for document in step]


def steps(documents: Sequence[Whole], windows: int, dice: random.Random) -> list[Step]:
    """The documents of an epoch in steps of at least ``windows`` windows (the last may have fewer)."""
    order = dice.sample(documents, len(documents))
    found: list[Step] = []
    for start in range(0, len(order), SORTED):
        step: Step = []
        for document in sorted(order[start : start + SORTED], key=lambda d: len(d.rows[0]["input_ids"])):
            step.append(document)
            if sum(len(each.rows) for each in step) >= windows:
                found.append(step)
                step = []
        found += [step] if step else []
    dice.shuffle(found)
    return found


def train(
    stage: Stage, seed: int, model: PreTrainedModel, links: LinkModule, documents: Sequence[Whole], pad_id: int,
    checkpoints: Path,
) -> Iterator[dict[str, float]]:  # fmt: skip
    """Trains both, or links alone, going on behind the last whole epoch; yields what is to be logged, an epoch's end
    with ``epoch``."""
    orders = [random.Random(f"{seed} {epoch}") for epoch in range(int(stage.epochs))]
    joint: Joint | Alone
    if stage.tags:
        joint = Joint(model, links, pad_id)
        epochs = [steps(documents, stage.batch, order) for order in orders]
    else:
        held = steps(documents, stage.batch, random.Random(seed))
        joint = Alone(model, links, held, pad_id, trained=stage.learning_rate > 0)
        epochs = [order.sample(held, len(held)) for order in orders]
    optimizer = torch.optim.AdamW(_groups(joint, stage))
    total = sum(map(len, epochs))
    schedule = get_linear_schedule_with_warmup(optimizer, round(stage.warmup * total), total)
    done = _resume(checkpoints, joint, optimizer, schedule)
    bar = tqdm(total=total, unit="step", initial=sum(map(len, epochs[:done])))
    for epoch, order in enumerate(epochs[done:], done):
        torch.manual_seed(seed + epoch)  # dropout, the same after a kill
        if isinstance(joint, Alone):
            joint.begin(np.random.default_rng([seed, epoch]))
        joint.train()
        losses: list[tuple[float, float]] = []
        for step, batch in enumerate(order, 1):
            tags, linked = joint(batch)
            (tags + stage.links * linked).backward()
            torch.nn.utils.clip_grad_norm_(joint.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append((tags.item(), linked.item()))
            bar.update()
            if step % LOGGED == 0:
                loss, link_loss = (round(fmean(each), 4) for each in zip(*losses[-LOGGED:], strict=True))
                yield {"step": bar.n, "loss": loss, "link_loss": link_loss}
        joint.eval()
        _keep(checkpoints, epoch + 1, joint, optimizer, schedule)
        yield {"step": bar.n, "epoch": epoch + 1, "link_loss": round(fmean(linked for _, linked in losses), 4)}
    bar.close()


def _groups(joint: Joint | Alone, stage: Stage) -> list[dict[str, Any]]:
    """What is trained, matrices with weight decay, vectors without: the encoder's layers at the stage's rate, the
    network on top of them at its own."""
    found = []
    for own, rate in ((True, LINK_RATE), (False, stage.learning_rate)):
        for decayed, decay in ((True, stage.weight_decay), (False, 0.0)):
            trained = [
                parameter
                for name, parameter in joint.named_parameters()
                if parameter.requires_grad
                and (name.startswith("links.") and not name.startswith(f"links.{LAYERS}")) == own
                and (parameter.dim() > 1) == decayed
            ]
            found.append({"params": trained, "lr": rate, "weight_decay": decay})
    return found


def _keep(checkpoints: Path, epoch: int, joint: torch.nn.Module, optimizer: Any, schedule: Any) -> None:
    """The state behind an epoch, whole or as it was."""
    checkpoints.mkdir(parents=True, exist_ok=True)
    part = checkpoints / f"{STATE}.part"
    state = {"epoch": epoch, "joint": joint.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**state, "schedule": schedule.state_dict()}, part)
    part.rename(checkpoints / STATE)


def _resume(checkpoints: Path, joint: torch.nn.Module, optimizer: Any, schedule: Any) -> int:
    """How many epochs are done."""
    path = checkpoints / STATE
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    joint.load_state_dict(state["joint"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["epoch"])


def load_links(directory: Path, model: PreTrainedModel) -> LinkModule | None:
    """The link network that a stage left beside the model, if it did."""
    if not (directory / FILE).exists():
        return None
    tensors = load_file(directory / FILE)
    own = [name.removeprefix(LAYERS) for name in tensors if name.startswith(LAYERS)]
    links = LinkModule(tensors["token.weight"].shape[1], copied_layers(model, layers_in(own)))
    links.load_state_dict(tensors)
    return links
