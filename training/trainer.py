"""The trainer of one stage: transformers' own, in an order that can be repeated, judged on whole documents, with a log.

Under ``accelerate launch`` each process trains on its share of every step's windows and tags its share of dev.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState  # type: ignore[import-untyped]
from accelerate.utils import gather_object  # type: ignore[import-untyped]
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import TrainerControl
from transformers.trainer_pt_utils import LengthGroupedSampler

from claimex.schema import Example
from claimex.tagger import TransformerTagger
from training.config import Stage
from training.data import Collator, dataset
from training.loss import loss_of
from training.metric import SpanF1, span_rows

SAVE_STEPS = 200  # between checkpoints of a stage that does not evaluate
STATE = "trainer_state.json"


def train(
    stage: Stage,
    seed: int,
    model: PreTrainedModel,
    tagger: TransformerTagger,
    rows: Sequence[dict[str, Any]],
    dev: Sequence[Example],
    checkpoints: Path,
    log: JsonLog,
    *,
    bf16: bool,
) -> None:
    """Trains the model, which is the tagger's, on the rows, from the last checkpoint on if there is one."""
    evaluate = stage.evaluate
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=stage.epochs,
        per_device_train_batch_size=stage.batch,
        learning_rate=stage.learning_rate,
        warmup_steps=stage.warmup,
        weight_decay=stage.weight_decay,
        seed=seed,
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        average_tokens_across_devices=False,  # our loss is a mean already, and DDP takes the mean over the processes
        eval_strategy="epoch" if evaluate else "no",
        save_strategy="epoch" if evaluate else "steps",
        save_steps=SAVE_STEPS,
        save_total_limit=2,
        load_best_model_at_end=evaluate,
        metric_for_best_model="f1" if evaluate else None,
        restore_callback_states_from_checkpoint=True,  # the epochs that patience has counted
        logging_steps=25,
        logging_first_step=True,
        remove_unused_columns=False,
        report_to="none",
        dataloader_pin_memory=False,
    )
    checkpoint = last_checkpoint(checkpoints)
    if checkpoint is not None and (over := _epochs_if_over(checkpoint)) is not None:
        arguments.num_train_epochs = over
    trainer = SpanTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset(rows),
        eval_dataset=dev if evaluate else None,  # only so that the trainer evaluates at all
        data_collator=Collator(model.config, tagger.tokenizer.pad_id),
        compute_loss_func=lambda outputs, labels, num_items_in_batch=None: loss_of(outputs.logits, labels),
        callbacks=[log, *([EarlyStoppingCallback(stage.patience)] if stage.patience is not None else [])],
    )
    trainer.dev, trainer.tagger = dev, tagger
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


def last_checkpoint(checkpoints: Path) -> Path | None:
    """The newest whole checkpoint: the trainer's state is written last, so what a kill has cut short lacks it."""
    paths = {int(path.name.rpartition("-")[2]): path for path in checkpoints.glob("checkpoint-*")}
    for _, path in sorted(paths.items(), reverse=True):
        try:
            json.loads((path / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return path
    return None


def _epochs_if_over(checkpoint: Path) -> float | None:
    """How long a stage has run that had nothing left to do but to choose its best weights when it was killed."""
    state = TrainerState.load_from_json(str(checkpoint / STATE))
    control: Any = state.stateful_callbacks[TrainerControl.__name__]
    return state.epoch if control["args"]["should_training_stop"] else None


class SpanTrainer(Trainer):
    """Evaluates what users get: exact spans of whole documents, through the same tagger that extraction runs."""

    dev: Sequence[Example] = ()
    tagger: TransformerTagger

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> dict[str, float]:
        """F1 of the spans in the dev examples, the same in every process."""
        assert self.model is not None
        self.model.eval()
        values = figures_of(self.tagger, self.dev, metric_key_prefix)
        self.log(values)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, values)
        return values

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochSampler:
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        return EpochSampler(
            rows["length"], self.args.train_batch_size, self.args.seed, lambda: int(self.state.epoch or 0)
        )


def figures_of(tagger: TransformerTagger, dev: Sequence[Example], prefix: str = "eval") -> dict[str, float]:
    """F1 of the spans in the dev examples, of which each process tags its share."""
    process = PartialState()
    share = dev[process.process_index :: process.num_processes]
    predicted = tagger.tag(example.document for example in share)
    pairs = [(span_rows(p.spans), span_rows(example.spans)) for p, example in zip(predicted, share, strict=True)]
    metric = SpanF1(keep_in_memory=True)
    for prediction, reference in gather_object(pairs):
        metric.add(prediction=prediction, reference=reference)
    return {f"{prefix}_{name}": float(value) for name, value in (metric.compute() or {}).items()}


class EpochSampler(LengthGroupedSampler):
    """Windows of similar length together, in an order that seed and epoch alone decide.

    Transformers' own takes it from the global generator, which dropout moves on: differently in each process, so that
    they would read some windows twice and others never, and differently again after a kill in mid-epoch.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int, epoch: Callable[[], int]) -> None:
        super().__init__(batch, lengths=list(lengths))
        self.seed = seed
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        """The indices of one epoch."""
        self.generator = torch.Generator().manual_seed(self.seed + self.epoch())
        yield from super().__iter__()  # type: ignore[no-untyped-call]


class JsonLog(TrainerCallback):
    """Appends what the trainer logs as JSON lines, with the stage and the seconds since it began."""

    def __init__(self, path: Path, stage: int) -> None:
        self.path = path
        self.stage = stage
        self.began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Called by the trainer, in every process."""
        if state.is_world_process_zero:
            self.write(state.global_step, logs or {})

    def write(self, step: int, values: dict[str, float]) -> None:
        """One line."""
        at = {"stage": self.stage, "step": step, "seconds": round(time.monotonic() - self.began, 1)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**at, **values}) + "\n")
