"""A stage that trains tags and links together, or links alone, over whole documents.

A loop of its own, as transformers' trainer deals in independent rows: here the windows of a document go through the
encoder in one step, so that a link may reach from one into another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn.functional import dropout
from tqdm import tqdm
from transformers import PreTrainedModel, get_linear_schedule_with_warmup

from claimex.link_network import FILE
from training.config import Stage
from training.data import Collator
from training.links import LinkModule, Plan, joined, sampler
from training.loss import loss_of
from training.whole import Whole, shortened

LINK_RATE = 1e-3  # the learning rate of the link network, which starts from nothing
SORTED = 64  # documents among which those with windows of similar length go together
CLIP = 1.0  # the norm beyond which a gradient is cut
STATE = "state.pt"
LOGGED = 25  # steps
STATES_BATCH = 16  # windows
STATES_DROPOUT = 0.1

Losses: TypeAlias = tuple[torch.Tensor, torch.Tensor]  # of the tags, and of the links


class Joint(torch.nn.Module):
    """The tagger's model and the link network on top of its last states."""

    def __init__(self, model: PreTrainedModel, links: LinkModule, pad_id: int, *, bf16: bool = False) -> None:
        super().__init__()
        self.bf16 = bf16
        self.model = model
        self.links = links
        self._collate = Collator(model.config, pad_id)

    def forward(self, documents: Sequence[Whole]) -> Losses:
        """The tags' loss, a mean over tokens, and the links', a mean over quantities."""
        rows = [row for document in documents for row in document.rows]
        batch = {name: tensor.to(self.model.device) for name, tensor in self._collate(rows).items()}
        labels = batch.pop("labels")
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.bf16):
            outputs = self.model(**batch, output_hidden_states=True)
        states = outputs.hidden_states[-1].float()
        kept = torch.cat([states[i, slice(*row["answer"])] for i, row in enumerate(rows)])
        plan = joined([document.plan for document in documents], _sizes(documents))
        return loss_of(outputs.logits, labels), self.links(kept, plan) / max(1, plan.quantities)


class Alone(torch.nn.Module):
    """The link network on an encoder that stays as it is.

    It learns from decisions like its own: before each epoch it walks over every document, and what it decides there is
    what it sees of earlier links (DAgger: Ross, Gordon and Bagnell, AISTATS 2011). Only shown right ones, it does not
    learn how to go on behind a wrong one.
    """

    def __init__(self, model: PreTrainedModel, links: LinkModule, pad_id: int, *, bf16: bool = False) -> None:
        super().__init__()
        self.links = links
        self._device = model.device
        self._read = partial(states_of, model, pad_id=pad_id, bf16=bf16)  # the model is none of what is trained
        self._states: dict[int, torch.Tensor] = {}
        self._plans: dict[int, Plan] = {}

    def begin(self, documents: Sequence[Whole], dice: np.random.Generator) -> None:
        """Walk over the documents of an epoch, and read those first that the one before did not have."""
        unread = [document for document in documents if id(document) not in self._states]
        known = self._states | dict(zip(map(id, unread), self._read(unread), strict=True))
        self._states = {id(document): known[id(document)] for document in documents}
        network = self.links.network()
        weight, bias = network.token
        for document in documents:
            values = self._states[id(document)].float().cpu().numpy() @ weight.T + bias
            self._plans[id(document)] = document.walked(sampler(network, document.story, values, dice))

    def forward(self, documents: Sequence[Whole]) -> Losses:
        """As of ``Joint``, without a loss of tags."""
        states = torch.cat([self._states[id(document)] for document in documents]).to(self._device).float()
        plan = joined([self._plans[id(document)] for document in documents], _sizes(documents))
        return torch.zeros(()), self.links(dropout(states, STATES_DROPOUT), plan) / max(1, plan.quantities)


def _sizes(documents: Sequence[Whole]) -> list[int]:
    return [len(document.story.ranges) for document in documents]


def steps(documents: Sequence[Whole], windows: int, dice: random.Random) -> list[list[Whole]]:
    """The documents of an epoch in steps of at least ``windows`` windows (the last may have fewer)."""
    order = dice.sample(documents, len(documents))
    found: list[list[Whole]] = []
    for start in range(0, len(order), SORTED):
        step: list[Whole] = []
        for document in sorted(order[start : start + SORTED], key=lambda d: len(d.rows[0]["input_ids"])):
            step.append(document)
            if sum(len(each.rows) for each in step) >= windows:
                found.append(step)
                step = []
        found += [step] if step else []
    dice.shuffle(found)
    return found


def _epoch(stage: Stage, documents: Sequence[Whole], dice: random.Random) -> list[list[Whole]]:
    if stage.shortened:
        documents = [shortened(document, stage.shortened, dice) for document in documents]
    return steps(documents, stage.batch, dice)


def train(
    stage: Stage, seed: int, model: PreTrainedModel, links: LinkModule, documents: Sequence[Whole], pad_id: int,
    checkpoints: Path, *, bf16: bool = False,
) -> Iterator[dict[str, float]]:  # fmt: skip
    """Trains both, or at a learning rate of 0 the links alone, going on behind the last whole epoch; yields what is to
    be logged, an epoch's end with ``epoch``."""
    joint: Joint | Alone
    groups = _groups(links, LINK_RATE, stage)
    if stage.learning_rate:
        joint = Joint(model, links, pad_id, bf16=bf16)
        groups += _groups(model, stage.learning_rate, stage)
    else:
        joint = Alone(model, links, pad_id, bf16=bf16)
    optimizer = torch.optim.AdamW(groups)
    epochs = [_epoch(stage, documents, random.Random(f"{seed} {epoch}")) for epoch in range(int(stage.epochs))]
    total = sum(map(len, epochs))
    schedule = get_linear_schedule_with_warmup(optimizer, round(stage.warmup * total), total)
    done = _resume(checkpoints, joint, optimizer, schedule)
    bar = tqdm(total=total, unit="step", initial=sum(map(len, epochs[:done])))
    for epoch, order in enumerate(epochs[done:], done):
        torch.manual_seed(seed + epoch)  # dropout, the same after a kill
        if isinstance(joint, Alone):
            joint.begin([document for step in order for document in step], np.random.default_rng([seed, epoch]))
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


@torch.inference_mode()
def states_of(
    model: PreTrainedModel, documents: Sequence[Whole], *, pad_id: int, bf16: bool = False
) -> list[torch.Tensor]:
    """The last states of each document's tokens, (tokens, width), in half precision to fit into memory."""
    model.eval()
    rows = [(number, row) for number, document in enumerate(documents) for row in document.rows]
    found: list[list[torch.Tensor | None]] = [[None] * len(document.rows) for document in documents]
    at = [i for document in documents for i in range(len(document.rows))]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][1]["input_ids"]))
    collate = Collator(model.config, pad_id)
    for start in tqdm(range(0, len(order), STATES_BATCH), unit="batch"):
        chosen = order[start : start + STATES_BATCH]
        batch = collate([rows[i][1] for i in chosen])
        batch.pop("labels")
        inputs = {name: tensor.to(model.device) for name, tensor in batch.items()}
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            states = model(**inputs, output_hidden_states=True).hidden_states[-1].half()
        for i, each in zip(chosen, states, strict=True):
            number, row = rows[i]
            found[number][at[i]] = each[slice(*row["answer"])].clone()
    return [torch.cat([part for part in parts if part is not None]) for parts in found]


def _groups(module: torch.nn.Module, rate: float, stage: Stage) -> list[dict[str, Any]]:
    """What is trained of a module: matrices with weight decay, vectors without."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if (p.dim() > 1) == decayed], "lr": rate, "weight_decay": decay}
        for decayed, decay in ((True, stage.weight_decay), (False, 0.0))
    ]


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


def load_links(directory: Path) -> LinkModule | None:
    """The link network that a stage left, if it did."""
    if not (directory / FILE).exists():
        return None
    tensors = load_file(directory / FILE)
    links = LinkModule(tensors["token.weight"].shape[1])
    links.load_state_dict(tensors)
    return links
