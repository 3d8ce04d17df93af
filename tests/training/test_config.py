from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from claimex.errors import ConfigError
from claimex.schema import Tag
from training.config import Config, Corpus, Stage, corpus_named, data_directory, read_config, read_corpora

CONFIGS = Path(__file__).parents[2] / "configs"
JOB: dict[str, Any] = {"base": "b", "output": "o", "stages": [{"corpora": {"notes": 1}, "epochs": 2}]}


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_file_is_read(path: Path) -> None:
    if path.stem.endswith("corpora"):
        corpora = read_corpora(path)
        assert corpora
        assert all(corpus.licence for corpus in corpora.values())
        assert {name for name, corpus in corpora.items() if not corpus.tags} <= {
            "pool-rest",
            "politics-rest",
            "timebank-rest",
        }
    else:
        config = read_config(path)
        corpora = read_corpora(path.parent / config.corpora)
        dev = [config.dev] if config.dev else []
        for name in [*dev, *(name for stage in config.stages for name in stage.corpora)]:
            assert corpus_named(name, corpora, path)


def test_the_last_stages_of_the_release_know_every_tag() -> None:
    config = read_config(CONFIGS / "release.yaml")
    corpora = read_corpora(CONFIGS / config.corpora)
    later = [stage for stage in config.stages[1:] if stage.epochs]
    for stage in later:
        assert all(set(corpora[name].tags) == set(Tag) for name in stage.corpora)
    assert all(stage.links for stage in later)
    alone = [not stage.learning_rate for stage in later]
    assert {*alone} == {False, True}
    assert config.stages[-1].mean_links  # what is released is a mean, and its links are one of the same stages'
    assert all(stage.evaluate != without for stage, without in zip(later, alone, strict=True))


def test_defaults_fill_up_and_whole_numbers_pass_for_shares(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, JOB))
    assert config == Config(base="b", output="o", stages=[Stage(corpora={"notes": 1.0}, epochs=2.0)])
    assert isinstance(config.stages[0].epochs, float)


def test_resolved_config_reads_back_as_itself(tmp_path: Path) -> None:
    config = read_config(CONFIGS / "release.yaml")
    assert read_config(written(tmp_path, dataclasses.asdict(config))) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"windw": 3}, "unknown key 'windw'"),
        ({"window": "384"}, "window: should be int, not '384'"),
        ({"window": True}, "window: should be int, not True"),
        ({"window": 384.0}, "window: should be int, not 384.0"),
        ({"hidden_dropout": True}, "hidden_dropout: should be float, not True"),
        ({"stages": {}}, "stages: should be a list"),
        ({"stages": []}, "stages: should hold at least one"),
        ({"stages": ["x"]}, r"stages\[0\]: should be a mapping"),
        ({"stages": [{"corpora": {"notes": 1}}]}, r"stages\[0\]: lacks the key 'epochs'"),
        ({"stages": [{"corpora": {"notes": "all"}, "epochs": 1}]}, r"corpora.notes: should be float, not 'all'"),
        ({"stages": [{"corpora": {"notes": 1.5}, "epochs": 1}]}, r"corpora.notes: should be a share in \(0, 1\]"),
        ({"stages": [{"corpora": ["notes"], "epochs": 1}]}, "corpora: should be a mapping"),
        ({"overlap": 384}, r"overlap: should be in \[0, window\)"),
        (
            {"stages": [{"corpora": {"notes": 1}, "epochs": 1, "window": 48}]},
            r"stages\[0\].window: should be more than the overlap, not 48",
        ),
        ({"frozen": "embeddings"}, "frozen: should be a list"),
        ({"dev": "notes"}, "dev: notes is for choosing, never for training"),
        ({"stages": [{"corpora": {"notes": 1}, "epochs": 1, "evaluate": True}]}, "dev: a stage that evaluates needs"),
        ({"stages": [{"corpora": {"notes": 1}, "epochs": 1, "patience": 2}]}, "patience: should be 1 or more, in a"),
        (
            {"stages": [{"corpora": {"notes": 1}, "epochs": 1, "evaluate": True, "patience": 0}], "dev": "d"},
            r"stages\[0\]: patience: should be 1 or more",
        ),
        ({"stages": [{"corpora": {"notes": 1}, "epochs": 1, "patience": 1.5}]}, "patience: should be int"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = written(tmp_path, {**JOB, **change})
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"), [("a: [", "is no YAML"), ("- a", "should hold a mapping"), ("", "should hold a mapping")]
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(written(tmp_path, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"teacher": 0.5}, "teacher: a stage that learns from one needs its directory"),
        ({"teacher": 1.5}, r"teacher: should be in \[0, 1\], not 1.5"),
        ({"swapped": -0.5}, r"swapped: should be in \[0, 1\], not -0.5"),
        ({"swapped": 0.5, "links": 0.2, "epochs": 1}, "swapped: a stage that trains links needs documents that make"),
    ],
)
def test_what_no_stage_can_do_is_refused(tmp_path: Path, keys: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_config(written(tmp_path, {**JOB, "stages": [{**JOB["stages"][0], **keys}]}))


def test_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_config(tmp_path / "none.yaml")


def test_corpora_name_only_tags_that_exist(tmp_path: Path) -> None:
    entry = {"path": "p", "reader": "claims", "tags": ["DATE", "PLACE"], "licence": "ours"}
    with pytest.raises(ConfigError, match="notes: unknown tag 'PLACE': choose among QUANTITY"):
        read_corpora(written(tmp_path, {"notes": entry}))


def test_unknown_corpus_names_the_choice() -> None:
    corpora = {"notes": Corpus("p", "claims", ["DATE"], "ours")}
    with pytest.raises(ConfigError, match=r"job.yaml: unknown corpus 'note': choose among notes"):
        corpus_named("note", corpora, Path("job.yaml"))


def test_data_directory_is_given_or_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLAIMEX_DATA", raising=False)
    with pytest.raises(ConfigError, match="pass --data DIR or set CLAIMEX_DATA"):
        data_directory(None)
    monkeypatch.setenv("CLAIMEX_DATA", str(tmp_path))
    assert data_directory(None) == tmp_path
    assert data_directory(CONFIGS) == CONFIGS
    with pytest.raises(ConfigError, match="no such data directory"):
        data_directory(tmp_path / "none")


def test_command_line_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "fit", str(tmp_path / "none.yaml")]
    done = subprocess.run(command, cwd=CONFIGS.parent, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("training: error: ")
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_make_releases_what_the_released_job_leaves() -> None:
    root = Path(__file__).parent.parent.parent
    config = read_config(root / "configs" / "release.yaml")
    result = f"stage-{len(config.stages) - 1}"
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"training export (\S+)", makefile) == [f"{config.output}/{result}"]
