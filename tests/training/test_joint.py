"""A stage that trains tags and links together: every document once an epoch, resumed to the same weights, exported."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from claimex import tagger
from claimex.errors import ConfigError
from claimex.link_network import FILE
from claimex.schema import Document
from training import fit as job
from training import joint
from training.config import Config, Stage, corpus_named, read_corpora
from training.corpora import read_corpus
from training.export import export
from training.links import LinkModule
from training.model import load, load_tokenizer
from training.whole import Whole, wholes

CORPORA = Path(__file__).parents[2] / "configs" / "corpora.yaml"
STAGE = Stage(corpora={"own-train": 0.03}, epochs=3, batch=6, learning_rate=1e-3, links=1.0)


def config_of(base: Path, output: Path, stage: Stage = STAGE) -> Config:
    return Config(base=str(base), output=str(output), stages=[stage], corpora=str(CORPORA), window=24, overlap=6)


@pytest.fixture(scope="module")
def trained(tiny_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return job.fit(config_of(tiny_directory, tmp_path_factory.mktemp("joint") / "out"), CORPORA, None)


@pytest.fixture(scope="module")
def documents(tiny_directory: Path) -> list[Whole]:
    examples = read_corpus(corpus_named("own-train", read_corpora(CORPORA), CORPORA), None)
    chosen = random.Random(13).sample(examples, round(0.03 * len(examples)))
    return wholes(chosen, load_tokenizer(config_of(tiny_directory, tiny_directory)), 24, 0)


def test_an_epoch_holds_every_document_once_in_an_order_of_its_own(documents: list[Whole]) -> None:
    orders = [joint.steps(documents, 24, random.Random(seed)) for seed in ("13 0", "13 1", "13 0")]
    for order in orders:
        held = [id(document) for step in order for document in step]
        assert sorted(held) == sorted(map(id, documents))
        sizes = sorted(sum(len(document.rows) for document in step) for step in order)
        assert all(size >= 24 for size in sizes[1:])
    assert orders[0] == orders[2] != orders[1]


@pytest.mark.parametrize("overlap", [0, 6])
def test_each_token_of_a_document_has_one_state(overlap: int, tiny_directory: Path) -> None:
    config = config_of(tiny_directory, tiny_directory)
    tokenizer = load_tokenizer(config)
    examples = read_corpus(corpus_named("own-train", read_corpora(CORPORA), CORPORA), None)[:10]
    documents = wholes(examples, tokenizer, 24, overlap)
    tokens = [len(tokenizer([example.document.text])[0].ids) for example in examples]
    read = [sum(len(row["input_ids"]) - 2 for row in document.rows) for document in documents]
    assert read > tokens  # windows share tokens
    states = joint.states_of(load(tiny_directory), documents, pad_id=0)
    assert [len(each) for each in states] == tokens


def test_a_checkpoint_as_base_goes_on_with_all_that_it_has_learned(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cased = dataclasses.replace(config_of(trained, tmp_path / "cased"), case=True, frozen=["position_embeddings"])
    first = job.fit(cased, CORPORA, None)
    for name in ("_train_jointly", "plot"):
        monkeypatch.setattr(job, name, lambda *_: None)
    second = job.fit(dataclasses.replace(cased, base=str(first), output=str(tmp_path / "again")), CORPORA, None)
    for file in ("model.safetensors", FILE):
        left, right = (load_file(each / file) for each in (first, second))
        assert left.keys() == right.keys()
        assert all(torch.equal(left[name], right[name]) for name in left)
    assert (first / "tokenizer.json").read_bytes() == (second / "tokenizer.json").read_bytes()


def test_a_stage_without_epochs_is_the_mean_of_others_and_of_their_links(trained: Path, tmp_path: Path) -> None:
    left, right = (Path(shutil.copytree(trained, tmp_path / "out" / f"stage-{number}")) for number in range(2))
    links = load_file(left / FILE)
    save_file({name: 3 * tensor for name, tensor in links.items()}, right / FILE)
    stages = [STAGE, STAGE, dataclasses.replace(STAGE, start=[0, 1], epochs=0, mean_links=True)]
    last = job.fit(dataclasses.replace(config_of(trained, tmp_path / "out"), stages=stages), CORPORA, None)
    found = load_file(last / FILE)
    assert all(torch.allclose(found[name], 2 * tensor) for name, tensor in links.items())
    with pytest.raises(ConfigError, match="mean_links: needs two stages or more to start from"):
        dataclasses.replace(STAGE, mean_links=True)
    with pytest.raises(ConfigError, match="epochs: a stage without any is the mean of two stages or more"):
        dataclasses.replace(STAGE, epochs=0)


def test_both_losses_fall(trained: Path, tiny_directory: Path, documents: list[Whole]) -> None:
    torch.manual_seed(1)
    links = joint.load_links(trained)
    assert links is not None
    before = joint.Joint(load(tiny_directory), LinkModule(16), 0).eval()
    after = joint.Joint(load(trained), links, 0).eval()
    with torch.inference_mode():
        losses = [each(documents) for each in (before, after)]
    assert losses[1][0] < losses[0][0]
    assert losses[1][1] < 0.95 * losses[0][1]


@pytest.mark.parametrize("changes", [{}, {"shortened": 0.5}, {"learning_rate": 0.0, "shortened": 0.5}])
def test_killed_behind_an_epoch_it_ends_with_the_same_weights(
    changes: dict[str, Any], tiny_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: Callable[..., None] = joint._keep

    def kill(*arguments: Any) -> None:
        kept(*arguments)
        raise KeyboardInterrupt

    stages = [dataclasses.replace(STAGE, **changes)]
    config = dataclasses.replace(config_of(tiny_directory, tmp_path / "out"), stages=stages)
    with monkeypatch.context() as patched:
        patched.setattr(joint, "_keep", kill)
        with pytest.raises(KeyboardInterrupt):
            job.fit(config, CORPORA, None)
    assert not (tmp_path / "out" / "stage-0").exists()
    again = job.fit(config, CORPORA, None)
    unbroken = job.fit(dataclasses.replace(config, output=str(tmp_path / "unbroken")), CORPORA, None)
    for name in ("model.safetensors", FILE):
        old, new = load_file(unbroken / name), load_file(again / name)
        assert old.keys() == new.keys()
        assert all(torch.equal(old[key], new[key]) for key in old)


def test_what_is_exported_links_by_its_network(trained: Path, tmp_path: Path) -> None:
    export(trained, tmp_path / "weights")
    loaded = tagger.load(tmp_path / "weights", device="cpu")
    assert loaded.links is not None
    text = "The mayor said 57 people were hurt on Tuesday and 12 boats sank."
    [tagged] = loaded.tag([Document("a", text)])
    assert tagged.vectors is not None


def test_links_alone_learn_on_an_encoder_that_stays(trained: Path, tiny_directory: Path, tmp_path: Path) -> None:
    alone = dataclasses.replace(STAGE, learning_rate=0.0, epochs=3)
    config = dataclasses.replace(config_of(tiny_directory, tmp_path / "out"), stages=[STAGE, alone])
    shutil.copytree(trained, tmp_path / "out" / "stage-0")
    output = job.fit(config, CORPORA, None)
    old, new = load_file(trained / "model.safetensors"), load_file(output / "model.safetensors")
    assert all(torch.equal(old[key], new[key]) for key in old)
    losses = [line["link_loss"] for line in map(json.loads, (tmp_path / "out" / "log.jsonl").read_text().splitlines())
              if "link_loss" in line]  # fmt: skip
    assert len(losses) == 3
    assert losses[2] < losses[0]


@pytest.mark.parametrize("wrong", [{"epochs": 1.5}, {"evaluate": True, "patience": 1}])
def test_a_stage_that_links_runs_whole_epochs(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="links: a stage that trains links runs whole epochs"):
        Stage(**{"corpora": {"own-train": 1.0}, "epochs": 1, "links": 0.5, **wrong})


def test_one_process_alone_trains_links(tiny_directory: Path, tmp_path: Path) -> None:
    config = config_of(tiny_directory, tmp_path)
    job._check_processes(config, 1)
    with pytest.raises(ConfigError, match=r"stages\[0\].links: .* runs in one process, not 2"):
        job._check_processes(config, 2)
