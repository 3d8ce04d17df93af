from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.plot import curves, plot, read_log


def written(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def job(*, stages: bool) -> list[dict[str, Any]]:
    """Two stages, of which the second evaluates."""
    lines: list[dict[str, Any]] = [
        {"stage": 0, "step": 1, "loss": 0.9},
        {"stage": 0, "step": 25, "loss": 0.5},
        {"stage": 0, "step": 30, "train_runtime": 3.0, "train_loss": 0.6},
        {"stage": 1, "step": 1, "loss": 0.4},
        {"stage": 1, "step": 10, "eval_f1": 0.7},
        {"stage": 1, "step": 10, "train_runtime": 3.0, "train_loss": 0.3},
    ]
    return lines if stages else [{key: value for key, value in line.items() if key != "stage"} for line in lines]


def test_steps_go_on_over_the_stages(tmp_path: Path) -> None:
    for stages in (True, False):  # logs of old do not name the stage
        found, begins = curves(read_log(written(tmp_path / "log.jsonl", job(stages=stages))))
        assert found == {"loss": [[(1, 0.9), (25, 0.5)], [(31, 0.4)]], "eval_f1": [[(40, 0.7)]]}
        assert begins == [0, 30]


def test_what_was_logged_again_after_a_kill_counts_once(tmp_path: Path) -> None:
    lines = job(stages=True)
    again = [*lines[:2], {"stage": 0, "step": 25, "loss": 0.45}, {"stage": 0, "step": 12, "loss": 0.7}, *lines[2:]]
    found, _ = curves(read_log(written(tmp_path / "log.jsonl", again)))
    assert found["loss"][0] == [(1, 0.9), (12, 0.7), (25, 0.45)]


def test_a_picture_is_drawn_whatever_was_measured(tmp_path: Path) -> None:
    sizes = []
    for lines in (job(stages=True), job(stages=True)[:3], job(stages=True)[2:3], []):
        plot(written(tmp_path / "log.jsonl", lines), tmp_path / "log.png")
        header = (tmp_path / "log.png").read_bytes()[:24]
        assert header.startswith(b"\x89PNG")
        sizes.append(int.from_bytes(header[20:24]))
    assert sizes[0] == 2 * sizes[1] == 2 * sizes[2] == 2 * sizes[3]  # the panel of F1 only where there is one
