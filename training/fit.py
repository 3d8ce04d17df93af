"""The training job: stages over mixtures of corpora, from a base encoder to a checkpoint.

Every process of ``accelerate launch`` runs this; the main one alone writes, and the others wait for what it writes.
On CPUs, too, ``--multi_gpu --num_processes N`` starts several; without MPI ``--cpu`` starts but one.
"""

from __future__ import annotations

import ctypes
import dataclasses
import random
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from accelerate import PartialState  # type: ignore[import-untyped]
from accelerate.logging import get_logger  # type: ignore[import-untyped]
from transformers import PreTrainedModel, set_seed

from claimex.errors import ConfigError
from claimex.networks.torch import TorchNetwork, has_bfloat16
from claimex.schema import Example, Tag
from claimex.tagger import Settings, TransformerTagger
from claimex.tokens import Tokenizer
from training import joint
from training.config import Config, Stage, corpus_named, read_config, read_corpora
from training.corpora import apart_from, read_corpus
from training.data import window_rows
from training.links import LinkModule
from training.model import HubTokenizer, average, base_directory, freeze, load, load_base, load_tokenizer, save
from training.plot import plot
from training.swap import swapped
from training.teacher import Teacher
from training.trainer import JsonLog, figures_of, train
from training.whole import wholes

log = get_logger("training")  # of the main process only

# What malloc.h calls M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD.
_KEEP = {-4: 0, -1: -1, -2: 2**28}


def fit(config: Config, config_path: Path, data: Path | None) -> Path:
    """Trains, and returns the directory of the checkpoint, float32. Goes on where a killed run had stopped."""
    _keep_memory()
    output = Path(config.output)
    process = PartialState(cpu=not torch.cuda.is_available())
    _check_processes(config, process.num_processes)
    if config.teacher and not Path(config.teacher).is_dir():
        raise ConfigError(f"teacher: {config.teacher}: no such checkpoint: train it first")
    with process.main_process_first():
        output.mkdir(parents=True, exist_ok=True)
        _keep_config(config, output / "config.yaml")
    if config.bf16 and not has_bfloat16(process.device):
        log.info("this machine does not compute in bfloat16: float32 in its place")
        config = dataclasses.replace(config, bf16=False)
    examples = _read_all(config, config_path, data)
    tokenizer = load_tokenizer(config)
    stages = [output / f"stage-{number}" for number in range(len(config.stages))]
    for number, done in enumerate(stages):
        if not done.is_dir():
            model, links = _run(config, number, tokenizer, examples)
            if process.is_main_process:
                save(model, tokenizer, done, links)
            process.wait_for_everyone()
    if process.is_main_process:
        plot(output / "log.jsonl", output / "log.png")
    process.wait_for_everyone()
    return stages[-1]


def _keep_memory() -> None:
    """Has glibc keep what it was given. It hands large blocks back as they are freed, and the kernel zeroes the next
    ones page by page: half of the time that a large encoder takes to read a text."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        for parameter, value in _KEEP.items():
            mallopt(parameter, value)


def _check_processes(config: Config, processes: int) -> None:
    for number, stage in enumerate(config.stages):
        if stage.links and processes > 1:
            raise ConfigError(f"stages[{number}].links: a stage that trains links runs in one process, not {processes}")


def _keep_config(config: Config, path: Path) -> None:
    """Saves the resolved config. Raises ConfigError where another job's lies: its stages are not this one's."""
    if not path.exists():
        path.write_text(yaml.safe_dump(dataclasses.asdict(config), sort_keys=False), encoding="utf-8")
    elif read_config(path) != config:
        raise ConfigError(f"{path}: is of a job with another config: delete {path.parent} or pass another --output")


def _read_all(config: Config, config_path: Path, data: Path | None) -> dict[str, list[Example]]:
    """Every corpus that the config names, before any training starts; nothing of dev is left in the others."""
    corpora_path = config_path.parent / config.corpora
    corpora = read_corpora(corpora_path)
    names = dict.fromkeys([name for stage in config.stages for name in stage.corpora] + [config.dev] * bool(config.dev))
    chosen = {name: corpus_named(name, corpora, config_path) for name in names}
    examples = {name: read_corpus(corpus, data) for name, corpus in chosen.items()}
    dev = examples.get(config.dev, [])
    for name in examples.keys() - {config.dev}:
        kept = apart_from(dev, examples[name])
        if len(kept) < len(examples[name]):
            log.info(
                "%s: %d documents share a text with %s: left out", name, len(examples[name]) - len(kept), config.dev
            )
        examples[name] = kept
    return examples


def _run(
    config: Config, number: int, tokenizer: HubTokenizer, examples: dict[str, list[Example]]
) -> tuple[PreTrainedModel, LinkModule | None]:
    """The model that a stage leaves, and its link network, if it has one."""
    stage, output = config.stages[number], Path(config.output)
    seed = config.seed if stage.seed is None else stage.seed
    set_seed(seed)
    start = [output / f"stage-{before}" for before in stage.start or range(number)[-1:]]
    model = average([*map(load, start)]) if start else load_base(config)
    links = _links(start or [Path(base_directory(config.base))], mean=stage.mean_links)
    freeze(model, config.frozen)
    tagger = TransformerTagger(TorchNetwork(model), tokenizer, Settings(config.window_of(stage), config.overlap))
    journal = JsonLog(output / "log.jsonl", number)
    if not stage.epochs:
        journal.write(0, {"train_runtime": 0})
        return model, links
    dev, checkpoints = examples.get(config.dev, []), output / f"stage-{number}-checkpoints"
    if stage.links:
        links = links or LinkModule(model.config.hidden_size)
        _train_jointly(config, stage, seed, model, links, tagger, examples, dev, checkpoints, journal)
    else:
        rows = _rows(config, stage, seed, tokenizer, examples)
        train(stage, seed, model, tagger, rows, dev, checkpoints, journal, bf16=config.bf16)
    return model, links


def _links(start: list[Path], *, mean: bool) -> LinkModule | None:
    """The link network that the last of the stages left, or the mean of all, if they did."""
    found = [links for links in map(joint.load_links, start if mean else start[-1:]) if links]
    return average(found) if found else None


def _train_jointly(
    config: Config, stage: Stage, seed: int, model: PreTrainedModel, links: LinkModule, tagger: TransformerTagger,
    examples: dict[str, list[Example]], dev: list[Example], checkpoints: Path, journal: JsonLog,
) -> None:  # fmt: skip
    process = PartialState()
    taken = [example for corpus in _taken(stage, seed, examples).values() for example in corpus]
    teacher = _teacher(config.teacher, config.bf16) if stage.teacher else None
    chosen = [example for example in taken if example.spans or (teacher and teacher.can_link and not example.annotated)]
    # What is read once is read as when extracting; where every pass costs, without overlap.
    overlap = 0 if stage.learning_rate else config.overlap
    documents = wholes(chosen, tagger.tokenizer, config.window_of(stage), overlap)
    if stage.learning_rate:  # else nobody asks for tags
        _teach(config, stage, chosen, [row for document in documents for row in document.rows], overlap)
    if teacher:
        settings = Settings(config.window_of(stage), overlap, threshold=config.threshold)  # it reads nothing twice
        documents = teacher.advise(documents, settings, stage.teacher, seed)
    log.info("%d documents, %d quantities", len(documents), sum(document.plan.quantities for document in documents))
    model.to(process.device)
    links.to(process.device)
    pad_id = tagger.tokenizer.pad_id
    for values in joint.train(stage, seed, model, links, documents, pad_id, checkpoints, bf16=config.bf16):
        step = int(values.pop("step"))
        if "epoch" in values and stage.evaluate:
            values |= figures_of(tagger, dev)
        journal.write(step, values)
    journal.write(step, {"train_runtime": round(time.monotonic() - journal.began)})


def _taken(stage: Stage, seed: int, examples: dict[str, list[Example]]) -> dict[str, list[Example]]:
    """The stage's share of each of its corpora."""
    return {
        name: random.Random(seed).sample(examples[name], round(share * len(examples[name])))
        for name, share in stage.corpora.items()
    }


def _rows(
    config: Config, stage: Stage, seed: int, tokenizer: Tokenizer, examples: dict[str, list[Example]]
) -> list[dict[str, Any]]:
    """The stage's windows. Logs what alignment lost."""
    rows, read = [], []
    chosen = _taken(stage, seed, examples)
    if stage.swapped:
        dice = random.Random(seed)
        whole = [e for taken in chosen.values() for e in taken if e.annotated == set(Tag)]
        chosen["swapped"] = dice.sample(found := swapped(whole, dice), round(stage.swapped * len(found)))
    for name, taken in chosen.items():
        # No overlap: a token read twice would count once, and cost twice.
        of_corpus, alignment = window_rows(taken, tokenizer, config.window_of(stage), 0)
        log.info("%s: %d documents, %d windows; %s", name, len(taken), len(of_corpus), alignment)
        rows += of_corpus
        read += taken
    _teach(config, stage, read, rows, 0)
    return rows


@cache
def _teacher(directory: str, bf16: bool) -> Teacher:
    return Teacher(Path(directory), bf16=bf16)


def _teach(config: Config, stage: Stage, examples: list[Example], rows: list[dict[str, Any]], overlap: int) -> None:
    if stage.teacher:
        _teacher(config.teacher, config.bf16).teach(examples, rows, config.window_of(stage), overlap, stage.teacher)
