"""A stage that trains tags and links together, over whole documents.

A loop of its own, as transformers' trainer deals in independent rows: here the windows of a document go through the
encoder in one step, so that a link may reach from one into another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch.nn.functional import dropout
from tqdm import tqdm
from transformers import PreTrainedModel, get_linear_schedule_with_warmup

from claimex.link_network import FILE
from claimex.schema import Example
from claimex.tokens import Tokenizer
from training.config import Stage
from training.data import Collator, partial_loss, window_rows
from training.links import LinkModule, Plan, plan_of

LINK_RATE = 1e-3  # the learning rate of the link network, which starts from nothing
SORTED = 64  # documents among which those with windows of similar length go together
CLIP = 1.0  # the norm beyond which a gradient is cut
STATE = "state.pt"
STATES_BATCH = 16  # windows
STATES_DROPOUT = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A document: its windows as rows of ``training.data``, none of which overlap, and its plan."""

    rows: list[dict[str, Any]]
    plan: Plan


class Joint(torch.nn.Module):
    """The tagger's model and the link network on top of its last states."""

    def __init__(self, model: PreTrainedModel, links: LinkModule) -> None:
        super().__init__()
        self.model = model
        self.links = links

    def forward(self, batch: dict[str, torch.Tensor], documents: Sequence[Whole]) -> tuple[torch.Tensor, torch.Tensor]:
        """The tags' loss, a mean over tokens, and the links', a mean over records."""
        labels = batch.pop("labels")
        outputs = self.model(**batch, output_hidden_states=True)
        tags = partial_loss(outputs.logits, labels)
        states = outputs.hidden_states[-1]
        losses, at = [], 0
        for document in documents:
            parts = [states[at + i, 1 : len(row["input_ids"]) - 1] for i, row in enumerate(document.rows)]
            at += len(parts)
            losses.append(self.links(torch.cat(parts), document.plan))
        return tags, torch.stack(losses).sum() / max(1, sum(document.plan.records for document in documents))


def wholes(examples: Sequence[Example], tokenizer: Tokenizer, window: int) -> list[Whole]:
    """The documents that hold anything to learn from."""
    found = []
    for example in examples:
        rows, _ = window_rows([example], tokenizer, window, 0)
        [tokens] = tokenizer([example.document.text])
        if rows and example.spans:
            found.append(Whole(rows, plan_of(example, tokens.ranges)))
    return found


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


def train(
    stage: Stage, seed: int, model: PreTrainedModel, links: LinkModule, documents: Sequence[Whole], pad_id: int,
    checkpoints: Path,
) -> Iterator[dict[str, float]]:  # fmt: skip
    """Trains both, going on behind the last whole epoch; yields what is to be logged, an epoch's end with ``epoch``."""
    joint, collate = Joint(model, links), Collator(pad_id)
    optimizer = torch.optim.AdamW([*_groups(model, stage.learning_rate, stage), *_groups(links, LINK_RATE, stage)])
    epochs = [steps(documents, stage.batch, random.Random(f"{seed} {epoch}")) for epoch in range(int(stage.epochs))]
    total = sum(map(len, epochs))
    schedule = get_linear_schedule_with_warmup(optimizer, round(stage.warmup * total), total)
    done = _resume(checkpoints, joint, optimizer, schedule)
    bar = tqdm(total=total, unit="step", initial=sum(map(len, epochs[:done])))
    for epoch, order in enumerate(epochs[done:], done):
        torch.manual_seed(seed + epoch)  # dropout, the same after a kill
        joint.train()
        sums = torch.zeros(2)
        for step, batch in enumerate(order, 1):
            rows = collate([row for document in batch for row in document.rows])
            tags, linked = joint({name: tensor.to(model.device) for name, tensor in rows.items()}, batch)
            (tags + stage.links * linked).backward()
            torch.nn.utils.clip_grad_norm_(joint.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            sums += torch.tensor([tags.item(), linked.item()])
            bar.update()
            if step % 25 == 0:
                yield {"step": bar.n, "loss": round(sums[0].item() / 25, 4), "link_loss": round(sums[1].item() / 25, 4)}
                sums.zero_()
        joint.eval()
        _keep(checkpoints, epoch + 1, joint, optimizer, schedule)
        yield {"step": bar.n, "epoch": epoch + 1}
    bar.close()


def train_links(
    stage: Stage, seed: int, model: PreTrainedModel, links: LinkModule, documents: Sequence[Whole], pad_id: int
) -> Iterator[dict[str, float]]:
    """Trains the link network alone, on the states that the encoder has for each document; yields as ``train`` does."""
    documents = [document for document in documents if document.plan.choices]
    states = dict(zip(map(id, documents), _states(model, documents, pad_id), strict=True))
    epochs = [steps(documents, stage.batch, random.Random(f"{seed} {epoch}")) for epoch in range(int(stage.epochs))]
    total, step = sum(map(len, epochs)), 0
    optimizer = torch.optim.AdamW(_groups(links, LINK_RATE, stage))
    schedule = get_linear_schedule_with_warmup(optimizer, round(stage.warmup * total), total)
    torch.manual_seed(seed)
    for epoch, order in enumerate(epochs, 1):
        links.train()
        lost = 0.0
        for batch in order:
            losses = [links(dropout(states[id(each)].float(), STATES_DROPOUT), each.plan) for each in batch]
            loss = torch.stack(losses).sum() / max(1, sum(each.plan.records for each in batch))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(links.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            lost += loss.item()
        step += len(order)
        links.eval()
        yield {"step": step, "epoch": epoch, "link_loss": round(lost / len(order), 4)}


@torch.inference_mode()
def _states(model: PreTrainedModel, documents: Sequence[Whole], pad_id: int) -> list[torch.Tensor]:
    """The last states of each document's tokens, (tokens, width), in half precision to fit into memory."""
    model.eval()
    rows = [(number, row) for number, document in enumerate(documents) for row in document.rows]
    found: list[list[torch.Tensor | None]] = [[None] * len(document.rows) for document in documents]
    at = [i for document in documents for i in range(len(document.rows))]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][1]["input_ids"]))
    collate = Collator(pad_id)
    for start in tqdm(range(0, len(order), STATES_BATCH), unit="batch"):
        chosen = order[start : start + STATES_BATCH]
        batch = collate([rows[i][1] for i in chosen])
        batch.pop("labels")
        inputs = {name: tensor.to(model.device) for name, tensor in batch.items()}
        states = model(**inputs, output_hidden_states=True).hidden_states[-1].half()
        for i, each in zip(chosen, states, strict=True):
            number, row = rows[i]
            found[number][at[i]] = each[1 : len(row["input_ids"]) - 1].clone()
    return [torch.cat([part for part in parts if part is not None]) for parts in found]


def _groups(module: torch.nn.Module, rate: float, stage: Stage) -> list[dict[str, Any]]:
    """What is trained of a module: matrices with weight decay, vectors without."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if (p.dim() > 1) == decayed], "lr": rate, "weight_decay": decay}
        for decayed, decay in ((True, stage.weight_decay), (False, 0.0))
    ]


def _keep(checkpoints: Path, epoch: int, joint: Joint, optimizer: Any, schedule: Any) -> None:
    """The state behind an epoch, whole or as it was."""
    checkpoints.mkdir(parents=True, exist_ok=True)
    part = checkpoints / f"{STATE}.part"
    state = {"epoch": epoch, "joint": joint.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**state, "schedule": schedule.state_dict()}, part)
    part.rename(checkpoints / STATE)


def _resume(checkpoints: Path, joint: Joint, optimizer: Any, schedule: Any) -> int:
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
