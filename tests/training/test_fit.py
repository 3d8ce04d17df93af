"""The whole job on a tiny model: fit, kill and resume, export, load."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from accelerate.data_loader import BatchSamplerShard  # type: ignore[import-untyped]
from safetensors.torch import load_file, save_file
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch.utils.data import BatchSampler
from transformers import AutoModelForTokenClassification, AutoTokenizer, BertModel, PreTrainedTokenizerFast, pipeline

from claimex import tagger
from claimex.bio import LABELS
from claimex.checkpoint import INDEX, REACH
from claimex.errors import ConfigError, ModelError
from claimex.schema import Document
from claimex.tokens import CASES
from tests.test_bio import plain
from tests.test_tagger import alike, read_whole
from tests.training.encoders import modernbert
from training import fit as job
from training import trainer
from training.config import Config, Stage, read_config, read_corpora
from training.corpora import read_corpus
from training.data import Collator, window_rows
from training.export import SHARDS, export
from training.loss import partial_loss
from training.metric import SpanF1, span_rows
from training.model import average, base_directory, freeze, load, load_base, load_tokenizer, save

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "tiny.yaml"
DATA = Path(__file__).parent / "data"
TEXT = "The mayor said 57 people were hurt on Tuesday, 12km from the port."


def tiny(base: Path, output: Path) -> Config:
    return dataclasses.replace(read_config(CONFIG), base=str(base), output=str(output))


@pytest.fixture(scope="module")
def trained(tiny_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return job.fit(tiny(tiny_directory, tmp_path_factory.mktemp("job") / "out"), CONFIG, DATA)


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("export") / "weights"
    export(trained, directory)
    return directory


def log_of(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_fit_keeps_config_log_and_every_stage(trained: Path, tiny_directory: Path) -> None:
    output = trained.parent
    assert trained == output / "stage-1"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in trained.iterdir()}
    assert read_config(output / "config.yaml") == tiny(tiny_directory, output)
    log = log_of(output)
    assert len([line for line in log if "train_runtime" in line]) == 2
    scores = [line for line in log if "eval_f1" in line]
    assert len(scores) == 2  # one for each epoch of the stage that evaluates
    assert all(0 <= line["eval_DATE_f1"] <= 1 for line in scores)
    assert [line["stage"] for line in scores] == [1, 1]
    assert {line["stage"] for line in log if "loss" in line} == {0, 1}
    assert (output / "log.png").read_bytes().startswith(b"\x89PNG")


def test_training_lowers_the_loss_and_leaves_what_is_frozen(trained: Path, tiny_directory: Path) -> None:
    before, after = (load(directory).eval() for directory in (tiny_directory, trained))
    tokenizer = load_tokenizer(tiny(tiny_directory, trained))
    examples = read_corpus(read_corpora(CONFIG.parent / "tiny-corpora.yaml")["bulletins"], DATA)
    rows, _ = window_rows(examples, tokenizer, 24, 6)
    batch = Collator(after.config, tokenizer.pad_id)(rows)
    labels = batch.pop("labels")
    with torch.inference_mode():
        losses = [partial_loss(each(**batch).logits, labels).item() for each in (before, after)]
    assert losses[1] < losses[0]
    old, new = before.state_dict(), after.state_dict()
    frozen = {name for name in old if torch.equal(old[name], new[name])}
    assert frozen == {name for name in old if "embeddings" in name}


def test_a_model_learns_to_read_case(tiny_directory: Path, tmp_path: Path) -> None:
    frozen = ["word_embeddings", "position_embeddings"]
    config = dataclasses.replace(tiny(tiny_directory, tmp_path / "out"), case=True, frozen=frozen)
    weights = load(job.fit(config, CONFIG, DATA)).state_dict()
    name = "bert.embeddings.token_type_embeddings.weight"
    small, *others = weights[name]
    assert len(others) == len(CASES) - 1
    assert not torch.allclose(small, others[0], atol=1e-5)
    old = load(tiny_directory).state_dict()
    assert all(torch.equal(old[key], weights[key]) == any(part in key for part in frozen) for key in old if key != name)


def test_an_encoder_without_kinds_of_text_reads_no_case(tiny_directory: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    modernbert(base)
    with pytest.raises(ConfigError, match="case: a modernbert has no kinds of text"):
        load_base(dataclasses.replace(tiny(base, tmp_path / "out"), case=True))


def test_base_gets_our_labels_and_settings(tiny_directory: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_directory, tmp_path / "base"))
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    del config["id2label"], config["label2id"], config["claimex"]
    (base / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = load_file(base / "model.safetensors")
    body = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier")}
    BertModel.from_pretrained(base, add_pooling_layer=False).save_pretrained(base)
    model = load_base(dataclasses.replace(tiny(base, tmp_path), window=20, overlap=4))
    assert model.config.id2label == dict(enumerate(LABELS))
    settings = {"window": 20, "overlap": 4, "temperature": 1.0, "threshold": 0.55}
    assert model.config.claimex == {**settings, "link_slope": 1.0, "link_intercept": 0.0}
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in body.items())


def test_digits_are_split_from_letters_on_request(tiny_directory: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_directory, tmp_path / "base"))
    plain_bert(base)
    for split, expected in ((True, ["12", "km"]), (False, ["12", "##k", "##m"])):
        tokenizer = load_tokenizer(dataclasses.replace(tiny(base, tmp_path), tokenizer_split_digits=split))
        assert tokenizer.hub.tokenize("12km") == expected
        saved = Path(shutil.copytree(base, tmp_path / f"split-{split}"))
        tokenizer.hub.save_pretrained(saved)
        for loaded in (PreTrainedTokenizerFast.from_pretrained(saved), AutoTokenizer.from_pretrained(saved)):
            assert loaded.tokenize("12km") == expected


def plain_bert(directory: Path) -> None:
    """Gives a checkpoint the tokenizer that BERT's own have: no split, and the name of BERT's class."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(directory)
    tokenizer.backend_tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save_pretrained(directory)
    path = directory / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "tokenizer_class": "BertTokenizer"}), encoding="utf-8")


def test_a_finished_job_is_not_repeated(trained: Path, tiny_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "_run", lambda *_: pytest.fail("a finished stage ran again"))
    assert job.fit(tiny(tiny_directory, trained.parent), CONFIG, DATA) == trained


def test_another_config_does_not_take_over_the_output(trained: Path, tiny_directory: Path) -> None:
    other = dataclasses.replace(tiny(tiny_directory, trained.parent), seed=14)
    with pytest.raises(ConfigError, match="is of a job with another config"):
        job.fit(other, CONFIG, DATA)


class Killed(BaseException):
    """What a test throws in the middle of a job."""


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_is_for_machines_that_compute_in_it(
    native: bool, tiny_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(job, "has_bfloat16", lambda device: native)
    monkeypatch.setattr(job, "train", lambda *_, bf16: asked.append(bf16))
    monkeypatch.setattr(job, "plot", lambda *_: None)
    config = tiny(tiny_directory, tmp_path / "out")
    job.fit(dataclasses.replace(config, bf16=True), CONFIG, DATA)
    assert asked == [native] * len(config.stages)


def test_a_killed_job_goes_on_from_its_checkpoint(
    tiny_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny(tiny_directory, tmp_path / "out")

    def kill(self: object, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if args.eval_strategy != "no":  # after the first epoch of the second stage
            raise Killed

    monkeypatch.setattr(trainer.JsonLog, "on_save", kill, raising=False)
    with pytest.raises(Killed):
        job.fit(config, CONFIG, DATA)
    monkeypatch.undo()
    output = tmp_path / "out"
    assert (output / "stage-0").is_dir()
    assert not (output / "stage-1").exists()
    lines = len(log_of(output))
    assert job.fit(config, CONFIG, DATA) == output / "stage-1"
    resumed = log_of(output)[lines:]
    assert len([line for line in resumed if "train_runtime" in line]) == 1  # the first stage is not repeated
    assert [line["epoch"] for line in resumed if "eval_f1" in line] == [2.0]  # nor is the second stage's first epoch
    assert tagger.load(output / "stage-1").settings == tagger.Settings(24, 6)


def test_killed_while_it_saves_a_stage_is_not_done(
    tiny_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = load(tiny_directory), load_tokenizer(tiny(tiny_directory, tmp_path))

    def killed(directory: Path) -> None:
        model.config.save_pretrained(directory)  # transformers writes it before the weights
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(model, "save_pretrained", killed)
        with pytest.raises(Killed):
            save(model, tokenizer, tmp_path / "stage-0")
    assert not (tmp_path / "stage-0").exists()
    save(model, tokenizer, tmp_path / "stage-0")
    [saved, before] = (
        next(tagger.load(d).tag([Document("a", TEXT)])).spans for d in (tmp_path / "stage-0", tiny_directory)
    )
    assert plain(saved) == plain(before)


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    return load_file(checkpoint / "model.safetensors")


def same(a: Path, b: Path) -> bool:
    first, second = weights(a), weights(b)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture
def long_job(tiny_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Several epochs that save in their midst and keep the last weights."""
    monkeypatch.setattr(trainer, "SAVE_STEPS", 3)
    stage = Stage(corpora={"almanac": 1.0, "bulletins": 1.0}, epochs=6, batch=4, learning_rate=1e-3)
    return dataclasses.replace(tiny(tiny_directory, Path("out")), stages=[stage])


@pytest.fixture
def unbroken(long_job: Config, tmp_path: Path) -> Path:
    return job.fit(dataclasses.replace(long_job, output=str(tmp_path / "unbroken")), CONFIG, DATA)


def test_killed_in_mid_epoch_it_ends_with_the_same_weights(
    long_job: Config, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(long_job, output=str(tmp_path / "killed"))

    def kill(self: object, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.epoch > 1 and state.epoch % 1:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(trainer.JsonLog, "on_save", kill, raising=False)
        with pytest.raises(Killed):
            job.fit(config, CONFIG, DATA)
    checkpoint = trainer.last_checkpoint(tmp_path / "killed" / "stage-0-checkpoints")
    assert checkpoint is not None
    assert not same(checkpoint, unbroken)
    (checkpoint.parent / "checkpoint-999").mkdir()  # as if killed while it saved the next one
    (checkpoint.parent / "checkpoint-999" / trainer.STATE).write_text('{"epoch": 5.')
    assert same(job.fit(config, CONFIG, DATA), unbroken)


def test_killed_by_sigkill_it_ends_with_the_same_weights(long_job: Config, unbroken: Path, tmp_path: Path) -> None:
    output = tmp_path / "killed"
    config = dataclasses.replace(long_job, output=str(output), corpora=str(CONFIG.parent / long_job.corpora))
    path = tmp_path / "job.yaml"
    path.write_text(yaml.safe_dump(dataclasses.asdict(config)), encoding="utf-8")
    program = "from training import trainer, __main__; trainer.SAVE_STEPS = 3; __main__.main()"
    command = [sys.executable, "-c", program, "fit", str(path), "--data", str(DATA)]
    with subprocess.Popen(command, cwd=ROOT, env=one_thread(), stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not trainer.last_checkpoint(output / "stage-0-checkpoints"):
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -9
    assert not (output / "stage-0").exists()
    assert same(job.fit(config, path, DATA), unbroken)


def one_thread() -> dict[str, str]:
    """The environment of a process that computes as the tests do: on one core, not on a GPU."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}


def test_two_processes_share_the_work(trained: Path, tiny_directory: Path, tmp_path: Path) -> None:
    config = tiny(tiny_directory, tmp_path / "out")
    config = dataclasses.replace(config, corpora=str(CONFIG.parent / config.corpora))
    path = tmp_path / "job.yaml"
    path.write_text(yaml.safe_dump(dataclasses.asdict(config)), encoding="utf-8")
    launch = "accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1 --main_process_port 0"
    command = [sys.executable, "-m", *launch.split(), "--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["-m", "training", "fit", str(path), "--data", str(DATA)]
    done = subprocess.run(command, cwd=ROOT, env=one_thread(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count(str(tmp_path / "out" / "stage-1")) == 1
    assert done.stderr.count("almanac: 4 documents") == 1
    alone, together = (
        [line["step"] for line in log_of(output) if "train_runtime" in line]
        for output in (trained.parent, tmp_path / "out")
    )
    assert together == [epochs * -(-steps // epochs // 2) for steps, epochs in zip(alone, (1, 2), strict=True)]
    assert sum(alone) > sum(together)
    scores = [line["eval_f1"] for line in log_of(tmp_path / "out") if "eval_f1" in line]
    assert len(scores) == 2
    assert max(scores) == pytest.approx(dev_f1(tmp_path / "out" / "stage-1"))
    assert tagger.load(tmp_path / "out" / "stage-1").settings == tagger.Settings(24, 6)


def dev_f1(checkpoint: Path) -> float:
    loaded = tagger.load(checkpoint)
    examples = read_corpus(read_corpora(CONFIG.parent / "tiny-corpora.yaml")["log"], DATA)
    predicted = [span_rows(tagged.spans) for tagged in loaded.tag(example.document for example in examples)]
    gold = [span_rows(example.spans) for example in examples]
    figures: dict[str, float] = SpanF1(keep_in_memory=True).compute(predictions=predicted, references=gold)
    return figures["f1"]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_each_epoch_reads_every_window_once_in_an_order_of_its_own(processes: int) -> None:
    lengths = [5 + i % 7 for i in range(12 * processes)]
    orders = []
    for epoch in (0, 1, 1):
        shards = []
        for process in range(processes):
            torch.rand(1 + process)  # whatever else a process draws
            sampler = trainer.EpochSampler(lengths, 4, 13, lambda epoch=epoch: epoch)  # type: ignore[misc]
            batches = BatchSamplerShard(BatchSampler(sampler, 4, False), processes, process)
            shards.append([i for batch in batches for i in batch])
        assert sorted(i for shard in shards for i in shard) == list(range(len(lengths)))
        orders.append(shards)
    assert orders[0] != orders[1] == orders[2]


# Early stopping


@pytest.fixture
def patient(tiny_directory: Path, tmp_path: Path) -> Config:
    """A job that never gets better: it learns next to nothing."""
    stage = Stage(corpora={"bulletins": 1.0}, epochs=6, batch=8, learning_rate=1e-12, evaluate=True, patience=2)
    return dataclasses.replace(tiny(tiny_directory, tmp_path / "out"), stages=[stage])


def epochs_of(config: Config) -> list[float]:
    return [line["epoch"] for line in log_of(Path(config.output)) if "eval_f1" in line]


def test_a_stage_ends_when_its_patience_does(patient: Config) -> None:
    job.fit(patient, CONFIG, DATA)
    assert epochs_of(patient) == [1, 2, 3]


def test_patience_counts_on_after_a_kill(patient: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(self: object, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.epoch == 2:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(trainer.JsonLog, "on_save", kill, raising=False)
        with pytest.raises(Killed):
            job.fit(patient, CONFIG, DATA)
    job.fit(patient, CONFIG, DATA)
    assert epochs_of(patient) == [1, 2, 3]


def test_killed_when_its_patience_had_ended_it_does_not_train_on(patient: Config) -> None:
    checkpoint = job.fit(patient, CONFIG, DATA)
    before = weights(checkpoint)
    shutil.rmtree(checkpoint)
    after = weights(job.fit(patient, CONFIG, DATA))
    assert epochs_of(patient) == [1, 2, 3]
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_base_of_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ConfigError, match="package no_such_base is not installed"):
        base_directory("package:no_such_base/model")
    with pytest.raises(ConfigError, match=r"base: \./no/such: no such directory"):
        base_directory("./no/such")
    assert base_directory("package:tests/training") == str(Path(__file__).parent)


def test_unknown_corpus_stops_the_job_before_it_trains(tiny_directory: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(tiny(tiny_directory, tmp_path / "out"), dev="logs")
    with pytest.raises(ConfigError, match="unknown corpus 'logs': choose among almanac, bulletins, log"):
        job.fit(config, CONFIG, DATA)


# Export


def test_export_holds_two_shards_of_half_precision(exported: Path) -> None:
    index = json.loads((exported / INDEX).read_text(encoding="utf-8"))["weight_map"]
    for shard in SHARDS:
        tensors = load_file(exported / shard)
        assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
        assert set(tensors) == {name for name, where in index.items() if where == shard}
    tables = {f"bert.embeddings.{table}_embeddings.weight" for table in ("word", "position")}
    assert {name for name, where in index.items() if where == SHARDS[0]} == tables
    assert not (exported / "model.safetensors").exists()


def test_frozen_embeddings_are_the_same_bytes_in_every_release(
    exported: Path, tiny_directory: Path, tmp_path: Path
) -> None:
    export(tiny_directory, tmp_path / "weights")
    assert (tmp_path / "weights" / SHARDS[0]).read_bytes() == (exported / SHARDS[0]).read_bytes()
    assert (tmp_path / "weights" / SHARDS[1]).read_bytes() != (exported / SHARDS[1]).read_bytes()


def test_an_export_keeps_the_file_of_embeddings_that_are_the_same_numbers(
    exported: Path, trained: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "weights"
    shutil.copytree(exported, directory)
    shard = directory / SHARDS[0]
    tensors = {name: torch.where(tensor == 0, -0.0, tensor) for name, tensor in load_file(shard).items()}
    save_file(tensors, shard, metadata={"format": "pt"})
    before = shard.read_bytes()
    assert before != (exported / SHARDS[0]).read_bytes()
    export(trained, directory)
    assert shard.read_bytes() == before
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, shard, metadata={"format": "pt"})
    export(trained, directory)
    assert shard.read_bytes() == (exported / SHARDS[0]).read_bytes()


def test_export_tags_as_the_checkpoint_does(exported: Path, trained: Path) -> None:
    ours, theirs = (tagger.load(where, dtype="float32") for where in (exported, trained))
    texts = [Document("a", TEXT), Document("b", "")]
    [spans, none], [expected, _] = ([tagged.spans for tagged in each.tag(texts)] for each in (ours, theirs))
    assert plain(spans) == plain(expected)
    assert alike(read_whole(ours, TEXT).log_probs, read_whole(theirs, TEXT).log_probs)
    assert none == []
    assert ours.settings == tagger.Settings(24, 6)


def test_the_export_says_how_far_the_inputs_of_every_layer_reach(exported: Path, trained: Path) -> None:
    layers = {name for name, module in load(trained).named_modules() if isinstance(module, torch.nn.Linear)}
    reach = load_file(exported / REACH)
    assert reach.keys() == layers - {"classifier"}
    assert all((each > 0).all() for each in reach.values())
    assert tagger.load(exported, device="cpu", dtype="int8").network.dtype == "int8"


def test_plain_transformers_load_the_export(exported: Path) -> None:
    model, info = AutoModelForTokenClassification.from_pretrained(exported, output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert model.dtype == torch.float16
    found: list[dict[str, Any]] = pipeline(
        "token-classification", model=str(exported), dtype="float32", ignore_labels=[]
    )(TEXT)
    ours = tagger.load(exported).tokenizer([TEXT])[0]
    assert [TEXT[item["start"] : item["end"]] for item in found] == [TEXT[slice(*piece)] for piece in ours.ranges]
    assert {item["entity"] for item in found} <= set(LABELS)


def test_plain_transformers_cut_texts_as_training_did(exported: Path) -> None:
    assert AutoTokenizer.from_pretrained(exported).tokenize("12km") == ["12", "km"]


def test_export_replaces_weights_but_nothing_else(trained: Path, exported: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(exported, tmp_path / "weights"))
    (again / "leftover.safetensors").touch()
    export(trained, again)
    assert {path.name for path in again.iterdir()} == {path.name for path in exported.iterdir()}
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ConfigError, match="not empty, and no weights directory"):
        export(trained, tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_export_of_no_checkpoint_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such weights directory"):
        export(tmp_path / "stage-7", tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


def test_resolved_config_is_plain_yaml(trained: Path) -> None:
    kept = yaml.safe_load((trained.parent / "config.yaml").read_text(encoding="utf-8"))
    assert kept["window"] == 24
    assert [stage["corpora"] for stage in kept["stages"]] == [{"almanac": 1.0}, {"almanac": 0.5, "bulletins": 1.0}]


def test_average_is_the_mean_of_the_weights(tiny_directory: Path) -> None:
    models = [load(tiny_directory) for _ in range(2)]
    name, parameter = next(iter(models[1].named_parameters()))
    expected = parameter.detach() + 1.0
    with torch.no_grad():
        parameter.add_(2.0)
    assert torch.allclose(average(models).get_parameter(name), expected)


def test_what_is_to_be_frozen_must_exist(tiny_directory: Path) -> None:
    with pytest.raises(ConfigError, match=r"frozen: no parameter's name holds 'layers.0.', they look like 'bert."):
        freeze(load(tiny_directory), ["embeddings", "layers.0."])


def test_a_window_must_fit_the_base(tiny_directory: Path, tmp_path: Path) -> None:
    config = tiny(tiny_directory, tmp_path)
    assert load_base(dataclasses.replace(config, window=62))
    with pytest.raises(ConfigError, match=r"window: 63 tokens and 2 special ones, but .* has 64 positions"):
        load_base(dataclasses.replace(config, window=63))


def test_a_stage_may_read_shorter_windows(
    tiny_directory: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    counts = []
    for window in (None, 12):
        config = tiny(tiny_directory, tmp_path / f"{window}")
        stage = dataclasses.replace(config.stages[0], window=window)
        with caplog.at_level(logging.INFO):
            result = job.fit(dataclasses.replace(config, stages=[stage]), CONFIG, DATA)
        counts.append(int(re.findall(r"almanac: \d+ documents, (\d+) windows", caplog.text)[-1]))
        kept = json.loads((result / "config.json").read_text(encoding="utf-8"))["claimex"]
        assert kept["window"] == 24  # the model's own
    assert counts[1] > counts[0]


def test_a_stage_may_start_from_an_earlier_one_only(tmp_path: Path, tiny_directory: Path) -> None:
    config = tiny(tiny_directory, tmp_path)
    last = dataclasses.replace(config.stages[-1], start=[0, 1])
    with pytest.raises(ConfigError, match=r"stages\[1\].start: should name earlier stages, not \[0, 1\]"):
        dataclasses.replace(config, stages=[config.stages[0], last])


def test_a_stage_goes_on_from_the_mean_of_several(trained: Path, tiny_directory: Path, tmp_path: Path) -> None:
    config = tiny(tiny_directory, tmp_path / "out")
    still = dataclasses.replace(config.stages[0], start=[0, 1], learning_rate=1e-12)
    result = job.fit(dataclasses.replace(config, stages=[*config.stages, still]), CONFIG, DATA)
    parts = [load(result.parent / f"stage-{number}").state_dict() for number in range(2)]
    for name, tensor in load(result).state_dict().items():
        assert torch.allclose(tensor, (parts[0][name] + parts[1][name]) / 2, atol=1e-6)
