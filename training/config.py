"""Training configs: strict dataclasses read from YAML. An unknown key is an error, so is a value of another type."""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from claimex.errors import ConfigError
from claimex.schema import Tag
from claimex.tagger import Settings

CORPORA = Path(__file__).parent.parent / "configs" / "corpora.yaml"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus by name. ``path`` lies in the data directory, or in this checkout if it starts with "repository:".

    ``texts``: for annotations that stand off, the file in the data directory with the texts that they are of.
    """

    path: str
    reader: str
    tags: list[str]
    licence: str
    citation: str = ""
    texts: str = ""

    def __post_init__(self) -> None:
        unknown = set(self.tags) - set(Tag)
        if unknown:
            raise ConfigError(f"unknown tag {min(unknown)!r}: choose among {', '.join(Tag)}")


@dataclass(frozen=True, slots=True)
class Stage:
    """One run of the trainer over a mixture of corpora, on the weights that an earlier stage left."""

    corpora: dict[str, float]  # name to share of its documents, drawn by the seed
    epochs: float  # 0: no training, the mean of ``start`` alone
    batch: int = 8  # windows in a step of one device
    learning_rate: float = 1e-4  # 0 in a stage with links: they alone learn, on the states that the encoder has
    warmup: float = 0.1  # part of the stage's steps
    weight_decay: float = 0.01
    links: float = 0.0  # weight of the links' loss beside the tags'; above 0, steps hold whole documents
    teacher: float = 0.0  # weight of the teacher's word beside the annotation's
    shortened: float = (
        0.0  # share of a document's paragraphs that may be missing when it is read, in a stage with links
    )
    swapped: float = 0.0  # share of the documents read once more, with mentions that change places
    evaluate: bool = False  # after each epoch, keeping the best weights
    window: int | None = None  # tokens, else as many as the job's
    patience: int | None = None  # epochs without a better F1 on dev after which the stage ends, else it runs them all
    seed: int | None = None  # else the job's own
    start: list[int] = field(
        default_factory=list
    )  # stages on the mean of whose weights it goes on, else the one before
    mean_links: bool = False  # of their link networks, too, which began as one; else the last one's

    def __post_init__(self) -> None:
        for name, share in self.corpora.items():
            if not 0 < share <= 1:
                raise ConfigError(f"corpora.{name}: should be a share in (0, 1], not {share}")
        for key, share in (("teacher", self.teacher), ("swapped", self.swapped), ("shortened", self.shortened)):
            if not 0 <= share <= 1:
                raise ConfigError(f"{key}: should be in [0, 1], not {share}")
        if self.shortened and not self.links:
            raise ConfigError("shortened: is for stages that train links")
        if self.mean_links and len(self.start) < 2:
            raise ConfigError("mean_links: needs two stages or more to start from")
        if not self.epochs and len(self.start) < 2:
            raise ConfigError("epochs: a stage without any is the mean of two stages or more: name them in start")
        if self.links and self.swapped:
            raise ConfigError("swapped: a stage that trains links needs documents that make sense")
        if self.links and (self.patience is not None or self.epochs != int(self.epochs)):
            raise ConfigError("links: a stage that trains links runs whole epochs, and all of them")
        if self.patience is not None and (self.patience < 1 or not self.evaluate):
            raise ConfigError(f"patience: should be 1 or more, in a stage that evaluates, not {self.patience}")


@dataclass(frozen=True, slots=True)
class Config:
    """A training job. Its resolved form is saved beside the weights."""

    # A directory, a Hub id, or "package:NAME/FOLDER" for weights that a Python package carries. A checkpoint of ours,
    # such as package:claimex/weights, goes on with its tokenizer, its classifier, its cases and its links.
    base: str
    output: str
    stages: list[Stage]
    teacher: str = ""  # the directory of a larger model of the same vocabulary, which this one learns from
    dev: str = ""  # the corpus for choosing; never trained on
    corpora: str = "corpora.yaml"  # beside the config
    tokenizer_split_digits: bool = True  # "33,000km" becomes 33 , 000 km, so that a unit can start behind its number
    case: bool = False  # has an uncased encoder see which tokens were written with capitals
    frozen: list[str] = field(default_factory=lambda: ["embeddings"])  # parameters whose name holds one of these
    attention_dropout: float = 0.0  # dropout there keeps CPUs from the fused kernel
    hidden_dropout: float = 0.1
    window: int = 384
    overlap: int = 48
    threshold: float = Settings().threshold  # spans of a smaller score are left out when extracting
    seed: int = 13
    bf16: bool = False  # where the machine computes in bfloat16, else float32 all the same

    def __post_init__(self) -> None:
        if not self.stages:
            raise ConfigError("stages: should hold at least one")
        for number, stage in enumerate(self.stages):
            if not set(stage.start) <= set(range(number)):
                raise ConfigError(f"stages[{number}].start: should name earlier stages, not {stage.start}")
            if stage.window is not None and stage.window <= self.overlap:
                raise ConfigError(f"stages[{number}].window: should be more than the overlap, not {stage.window}")
        if not 0 <= self.overlap < self.window:
            raise ConfigError(f"overlap: should be in [0, window), not {self.overlap}")
        if not 0 <= self.threshold <= 1:
            raise ConfigError(f"threshold: should be in [0, 1], not {self.threshold}")
        if any(stage.teacher for stage in self.stages) and not self.teacher:
            raise ConfigError("teacher: a stage that learns from one needs its directory")
        if any(self.dev in stage.corpora for stage in self.stages):
            raise ConfigError(f"dev: {self.dev} is for choosing, never for training")
        if not self.dev and any(stage.evaluate for stage in self.stages):
            raise ConfigError("dev: a stage that evaluates needs this corpus")

    def window_of(self, stage: Stage) -> int:
        """How many tokens a stage reads at once."""
        return stage.window or self.window


def read_config(path: Path) -> Config:
    """Raises ConfigError, naming file and key, for whatever does not fit."""
    return _build(Config, _yaml(path), str(path))


def read_corpora(path: Path) -> dict[str, Corpus]:
    """The corpora that a config may name."""
    return {name: _build(Corpus, entry, f"{path}: {name}") for name, entry in _yaml(path).items()}


def corpus_named(name: str, corpora: Mapping[str, Corpus], where: Path) -> Corpus:
    """The corpus of that name. Raises ConfigError, naming the file and the choice."""
    if name not in corpora:
        raise ConfigError(f"{where}: unknown corpus {name!r}: choose among {', '.join(corpora)}")
    return corpora[name]


def data_directory(given: Path | None) -> Path:
    """The directory with the corpora: as given, else from the environment variable CLAIMEX_DATA."""
    where = given or (Path(os.environ["CLAIMEX_DATA"]) if os.environ.get("CLAIMEX_DATA") else None)
    if where is None:
        raise ConfigError("no data directory: pass --data DIR or set CLAIMEX_DATA")
    if not where.is_dir():
        raise ConfigError(f"{where}: no such data directory: pass --data DIR or set CLAIMEX_DATA")
    return where


def _yaml(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path}: should hold a mapping")
    return loaded


def _build(kind: type[T], raw: Any, where: str) -> T:
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}: should be a mapping")
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in raw:
        if key not in fields:
            raise ConfigError(f"{where}: unknown key {key!r}: choose among {', '.join(fields)}")
    for name, f in fields.items():
        if name not in raw and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise ConfigError(f"{where}: lacks the key {name!r}")
    values = {key: _value(hints[key], value, f"{where}: {key}") for key, value in raw.items()}
    try:
        return kind(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _value(hint: Any, value: Any, where: str) -> Any:
    if typing.get_origin(hint) is list:
        if not isinstance(value, list):
            raise ConfigError(f"{where}: should be a list")
        return [_value(typing.get_args(hint)[0], item, f"{where}[{i}]") for i, item in enumerate(value)]
    if typing.get_origin(hint) is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: should be a mapping")
        return {str(key): _value(typing.get_args(hint)[1], item, f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not (isinstance(hint, types.UnionType) and type(value) in typing.get_args(hint)) and type(value) is not hint:
        name = str(hint) if isinstance(hint, types.UnionType) else hint.__name__
        raise ConfigError(f"{where}: should be {name}, not {value!r}")
    return value
