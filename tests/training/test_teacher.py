"""Learning from a larger model: its marginals are those of the grammar, and decide where annotators leave a choice."""

from __future__ import annotations

import dataclasses
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from claimex.bio import BEGIN, INSIDE, LABELS, OUTSIDE, Floats
from claimex.errors import ConfigError
from claimex.link_network import FILE
from claimex.networks.torch import TorchNetwork
from claimex.schema import Document, Example, Record, Span, Tag
from claimex.tagger import Settings
from claimex.tokens import Padded
from tests.training.test_fit import CONFIG, DATA, tiny
from training import fit as job
from training.data import ANY, Collator, agreed, window_rows
from training.joint import load_links, states_of
from training.links import LinkModule
from training.loss import loss_of, marginals, partial_loss
from training.model import load, load_tokenizer, save
from training.teacher import Teacher
from training.whole import Whole, wholes

TEXT = "The mayor said 57 people were hurt on Tuesday, 12km from the port. " * 3
UNKNOWN = Example(Document("a", TEXT), (), frozenset())


@pytest.fixture(scope="module")
def teacher(tiny_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny(tiny_directory, tmp_path_factory.mktemp("teacher") / "out")
    directory = Path(config.output) / "stage-0"
    directory.parent.mkdir()
    save(load(tiny_directory), load_tokenizer(config), directory)
    return directory


def taught(teacher: Path, tiny_directory: Path, example: Example, weight: float) -> list[dict[str, Any]]:
    tokenizer = load_tokenizer(tiny(tiny_directory, teacher))
    rows, _ = window_rows([example], tokenizer, 24, 6)
    Teacher(teacher, bf16=False).teach([example], rows, 24, 6, weight)
    return rows


def target_of(row: dict[str, Any]) -> Floats:
    return np.frombuffer(row["target"], dtype=np.float16).reshape(-1, len(LABELS)).astype(np.float32)


def test_each_token_is_taught_once_where_its_window_answers_for_it(teacher: Path, tiny_directory: Path) -> None:
    rows = taught(teacher, tiny_directory, UNKNOWN, 1.0)
    assert len(rows) > 1
    for row in rows:
        first, last = row["answer"]
        sums = target_of(row).sum(-1)
        assert np.allclose(sums[first:last], 1, atol=5e-3)
        assert not sums[:first].any()
        assert not sums[last:].any()


def test_a_pupil_that_is_its_teacher_has_nothing_to_learn(teacher: Path, tiny_directory: Path) -> None:
    model = load(teacher).eval()
    batch = Collator(model.config, 0)(taught(teacher, tiny_directory, UNKNOWN, 1.0))
    labels = batch.pop("labels")
    logits = model(**batch).logits.detach()
    noise = torch.randn(logits.shape, generator=torch.Generator().manual_seed(1))
    assert slope(logits, labels) < 1e-3
    assert slope(logits + noise, labels) > 10 * slope(logits, labels)


def slope(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The largest derivative of the loss."""
    logits = logits.clone().requires_grad_()
    loss_of(logits, labels).backward()
    assert logits.grad is not None
    return logits.grad.abs().max().item()


def test_where_every_label_is_certain_both_losses_are_one() -> None:
    labels = [OUTSIDE, BEGIN[Tag.DATE], INSIDE[Tag.DATE], OUTSIDE]
    target = torch.nn.functional.one_hot(torch.tensor([labels]), len(LABELS))
    logits = torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    assert loss_of(logits, target.float()) == pytest.approx(partial_loss(logits, target > 0).item(), abs=1e-5)


def test_marginals_know_the_grammar() -> None:
    """Behind "O" no span goes on, however much the model believes in it there."""
    logits = torch.zeros(1, 2, len(LABELS))
    logits[0, 0, OUTSIDE] = 20
    logits[0, 1, INSIDE[Tag.UNIT]] = 5
    found = marginals(logits, torch.ones(1, 2, dtype=torch.bool))[0, 1]
    allowed = [OUTSIDE, *BEGIN.values()]
    assert found[allowed].tolist() == pytest.approx([1 / len(allowed)] * len(allowed), abs=1e-4)
    assert found[INSIDE[Tag.UNIT]] < 1e-4


def test_annotation_and_teacher_are_mixed() -> None:
    probable = np.full((1, len(LABELS)), 0.02, dtype=np.float32)
    probable[0, OUTSIDE], probable[0, 1] = 0.6, 0.26
    certain = agreed(probable, [1 << 1], 0.25)
    assert certain[0, 1] == pytest.approx(0.75 + 0.25 * 0.26)
    assert certain[0, OUTSIDE] == pytest.approx(0.25 * 0.6)
    either = agreed(probable, [1 << 1 | 1 << OUTSIDE], 0.0)
    assert either[0, OUTSIDE] == pytest.approx(0.6 / 0.86, abs=1e-4)
    assert np.allclose(agreed(probable, [ANY], 0.25), probable, atol=1e-4)


@pytest.mark.parametrize("links", [0.0, 0.5])
def test_a_stage_learns_from_a_teacher(links: float, teacher: Path, tiny_directory: Path, tmp_path: Path) -> None:
    config = tiny(tiny_directory, tmp_path / "out")
    stage = dataclasses.replace(config.stages[-1], teacher=0.5, links=links, epochs=1.0, evaluate=False, patience=None)
    result = job.fit(dataclasses.replace(config, teacher=str(teacher), stages=[stage]), CONFIG, DATA)
    assert all(torch.isfinite(parameter).all() for parameter in load(result).parameters())
    untaught = dataclasses.replace(
        config, output=str(tmp_path / "other"), stages=[dataclasses.replace(stage, teacher=0.0)]
    )
    pairs = zip(load(result).parameters(), load(job.fit(untaught, CONFIG, DATA)).parameters(), strict=True)
    assert any(not torch.equal(one, other) for one, other in pairs)


@pytest.fixture(scope="module")
def linking(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same teacher with a network that links."""
    directory = Path(shutil.copytree(teacher, tmp_path_factory.mktemp("linking") / "stage-0"))
    torch.manual_seed(5)
    links = LinkModule(16)
    save_file(links.state_dict(), directory / FILE)
    return directory


def advised(linking: Path, tiny_directory: Path, examples: list[Example], weight: float) -> list[Whole]:
    documents = wholes(examples, load_tokenizer(tiny(tiny_directory, linking)), 24, 6)
    return Teacher(linking, bf16=False).advise(documents, Settings(24, 6, threshold=0.0), weight, 1)


def test_links_are_taught_beside_the_annotation_and_where_there_is_none(linking: Path, tiny_directory: Path) -> None:
    spans = [Span(15, 17, Tag.QUANTITY), Span(18, 24, Tag.UNIT), Span(38, 45, Tag.DATE), Span(47, 49, Tag.QUANTITY)]
    known = Record(spans[0].range, Decimal(57), None, None, unit=spans[1].range, date=spans[2].range)
    example = Example(Document("b", TEXT), tuple(spans), frozenset(Tag), (known,))
    [document, raw] = advised(linking, tiny_directory, [example, UNKNOWN], 0.25)
    right = document.plan.choices[Tag.DATE].right
    assert right.sum(-1).tolist() == pytest.approx([1, 1])
    assert right[0].max() >= 0.75  # the annotation's
    assert right[1].max() < 0.75  # of a quantity without a record the teacher's alone
    assert raw.story.places.scene.items[Tag.QUANTITY]
    for field in raw.plan.choices.values():
        assert field.right.sum(-1).tolist() == pytest.approx([1] * len(field.right))


def test_a_network_that_is_its_teacher_has_no_links_to_learn(linking: Path, tiny_directory: Path) -> None:
    """By the pupil's own reading of the windows, which is another way than the teacher's."""
    [raw] = advised(linking, tiny_directory, [UNKNOWN], 1.0)
    pupil = load_links(linking)
    assert pupil is not None
    [states] = states_of(load(linking), [raw], pad_id=0)
    shares = pupil.eval().log_shares(pupil.token(states.float()), raw.plan)
    assert sum(len(field.right) for field in raw.plan.choices.values())
    for tag, field in raw.plan.choices.items():
        assert torch.allclose(shares[tag].exp(), field.right, atol=5e-3)


def test_a_window_is_read_once_for_its_tags_and_its_links(
    linking: Path, tiny_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    forward = TorchNetwork.__call__

    def counted(self: TorchNetwork, batch: Padded) -> tuple[Floats, Floats | None]:
        read.extend(batch.mask.sum(1))
        return forward(self, batch)

    monkeypatch.setattr(TorchNetwork, "__call__", counted)
    documents = wholes([UNKNOWN], load_tokenizer(tiny(tiny_directory, linking)), 24, 6)
    rows = [row for document in documents for row in document.rows]
    reader = Teacher(linking, bf16=False)
    for _ in range(2):
        reader.teach([UNKNOWN], rows, 24, 6, 1.0)
        reader.advise(documents, Settings(24, 6), 1.0, 1)
    assert sorted(read) == sorted(len(row["input_ids"]) for row in rows)


def test_texts_without_annotation_teach_links(
    linking: Path, tiny_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = [Example(Document(str(number), TEXT), (), frozenset()) for number in range(3)]
    monkeypatch.setattr(job, "read_corpus", lambda corpus, data: bare)
    config = tiny(tiny_directory, tmp_path / "out")
    stage = dataclasses.replace(config.stages[-1], teacher=1.0, links=1.0, epochs=1.0, evaluate=False, patience=None)
    alone = dataclasses.replace(stage, learning_rate=0.0)
    config = dataclasses.replace(config, teacher=str(linking), stages=[stage, alone], dev="", threshold=0.0)
    result = job.fit(config, CONFIG, DATA)
    after = load_links(result)
    assert after is not None
    assert all(torch.isfinite(parameter).all() for parameter in after.parameters())
    log = [json.loads(line) for line in (result.parent / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(line["link_loss"] > 0 for line in log if "link_loss" in line)


def test_a_missing_teacher_is_named_before_anything_is_trained(tiny_directory: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(tiny(tiny_directory, tmp_path / "out"), teacher=str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="none: no such checkpoint: train it first"):
        job.fit(config, CONFIG, DATA)
    assert not (tmp_path / "out").exists()


def test_a_teacher_of_another_vocabulary_is_refused(teacher: Path, tiny_directory: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(teacher, tmp_path / "other"))
    text = (other / "tokenizer.json").read_text(encoding="utf-8")
    (other / "tokenizer.json").write_text(text.replace('"people"', '"peoplesque"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="cuts texts otherwise than the base encoder"):
        taught(other, tiny_directory, UNKNOWN, 1.0)
