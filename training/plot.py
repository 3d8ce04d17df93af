"""A job's log as a picture: loss and F1 on dev by step, stage after stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Point = tuple[int, float]  # step, figure


def read_log(path: Path) -> list[dict[str, Any]]:
    """The log's lines, their stage among the keys; of a step that was logged again after a kill, what came last.

    Logs of old do not say the stage: there each one ends with the line that holds its running time.
    """
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    stage = 0
    for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        stage = line.setdefault("stage", stage)
        lines[stage, line["step"], *(name for name in line if name in ("loss", "eval_f1", "train_runtime"))] = line
        stage += "train_runtime" in line
    return sorted(lines.values(), key=lambda line: (line["stage"], line["step"]))


def curves(lines: list[dict[str, Any]]) -> tuple[dict[str, list[list[Point]]], list[int]]:
    """By figure one curve a stage, over the steps of all stages, and the steps at which the stages begin."""
    lasts: dict[int, int] = {}
    for line in lines:
        lasts[line["stage"]] = max(line["step"], lasts.get(line["stage"], 0))
    begins = {stage: sum(last for other, last in lasts.items() if other < stage) for stage in lasts}
    found: dict[str, list[list[Point]]] = {}
    for figure in ("loss", "eval_f1"):
        points = [
            [(begin + line["step"], line[figure]) for line in lines if line["stage"] == stage and figure in line]
            for stage, begin in begins.items()
        ]
        found[figure] = [curve for curve in points if curve]
    return found, list(begins.values())


def plot(log: Path, picture: Path) -> None:
    """Draws the log: the loss above, F1 below where the job has measured it; a line where a stage begins."""
    from matplotlib.figure import Figure  # without pyplot there is no window and no display to ask for

    found, begins = curves(read_log(log))
    drawn = {name: curve for name, curve in found.items() if curve or name == "loss"}
    figure = Figure(figsize=(6.4, 2.4 * len(drawn)), layout="constrained")
    panels = figure.subplots(len(drawn), sharex=True, squeeze=False)[:, 0]
    for axes, (name, stages) in zip(panels, drawn.items(), strict=True):
        for curve in stages:
            axes.plot(*zip(*curve, strict=True), color="C0", marker="o" if name == "eval_f1" else "", markersize=4)
        for begin in begins:
            axes.axvline(begin, color="0.7", linewidth=1)
    for stage, begin in enumerate(begins):
        panels[0].annotate(f"stage {stage}", (begin, 1.02), xycoords=("data", "axes fraction"), color="0.4", fontsize=8)
    panels[0].set(ylabel="loss", yscale="log")
    panels[0].yaxis.set_major_formatter("{x:g}")
    panels[0].yaxis.set_minor_formatter("{x:g}")
    if len(panels) > 1:
        panels[1].set(ylabel="F1 on dev, mean of the tags")
    panels[-1].set(xlabel="step")
    figure.savefig(picture, dpi=110, metadata={"Software": None})
