"""Linear layers in bytes: near what floats give, where the CPU is fast at them, and never by halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov  # type: ignore[import-untyped]
import pytest
import torch
from openvino import opset13 as ops
from safetensors.torch import save_file

from claimex.bio import Floats
from claimex.checkpoint import REACH
from claimex.errors import ModelError
from claimex.networks import int8
from claimex.tagger import load
from tests.test_tagger import alike, copied, read_whole
from training.export import reach_of


@pytest.fixture
def measured(tiny_directory: Path, tmp_path: Path) -> Path:
    """A checkpoint that says how far the inputs of its layers reach."""
    directory = copied(tiny_directory, tmp_path)
    reach = reach_of(load(directory, device="cpu", engine="torch", dtype="float32"))
    save_file(reach, directory / REACH)
    return directory


def test_bytes_say_nearly_what_floats_do(measured: Path) -> None:
    text = "The mayor said 57 people were hurt on Tuesday, 12km from the port. " * 9
    plain_one, quick = (read_whole(load(measured, device="cpu", dtype=each), text) for each in ("float32", "int8"))
    assert not np.array_equal(plain_one.log_probs, quick.log_probs)
    assert alike(plain_one.log_probs, quick.log_probs)


def error_of(inputs: Floats, weight: Floats) -> float:
    """How far a product in bytes is off."""
    states = ops.parameter(list(inputs.shape), np.float32)
    graph = ov.Model([int8.product(states, weight, np.abs(inputs).max(0), None)], [states])
    [found] = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(inputs).values()
    return float(np.abs(found - inputs @ weight.T).mean())


def test_the_size_of_far_channels_moves_to_weights_that_are_small_there(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    inputs, weight = (dice.normal(size=size).astype(np.float32) for size in ((64, 48), (16, 48)))
    inputs[:, :6] *= 3.5  # not far enough to be multiplied apart
    weight[:, :6] *= 0.1
    moved = error_of(inputs, weight)
    monkeypatch.setattr(int8, "_factors", lambda weight, reach: np.ones_like(reach))
    assert moved < 0.6 * error_of(inputs, weight)


@pytest.mark.parametrize("weighty", [1, 50])
def test_a_channel_that_reaches_far_costs_the_others_no_digits(weighty: int) -> None:
    """Whether the weights there are small, and its size can move over to them, or large as well."""
    dice = np.random.default_rng(5)
    inputs, weight = (dice.normal(size=size).astype(np.float32) for size in ((64, 48), (16, 48)))
    inputs[:, 7] *= 40
    weight[:, 7] *= weighty
    plain = np.delete(inputs, 7, 1), np.delete(weight, 7, 1)
    step = np.abs(plain[0]).max() / 127
    without = (np.rint(plain[0] / step) * step - plain[0]) @ plain[1].T  # what bytes cost where no channel stands out
    assert error_of(inputs, weight) < 8 * np.abs(without).mean()


@pytest.mark.parametrize(
    ("flags", "expected"), [("fma avx512_vnni", "int8"), ("avx2 avx_vnni_int16", None), (None, None)]
)
def test_bytes_are_for_cpus_that_multiply_them_fast(
    flags: str | None, expected: str | None, measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cpuinfo"
    if flags is not None:
        path.write_text(f"processor : 0\nflags\t\t: fpu {flags} sse\n\nprocessor : 1\nflags : fpu\n")
    monkeypatch.setattr(int8, "CPUS", path)
    dtype = load(measured, device="cpu").network.dtype
    assert dtype == expected or (expected is None and dtype in ("float32", "bfloat16"))


def test_bytes_need_to_know_how_far_inputs_reach(tiny_directory: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no reach.safetensors, which int8 needs: export the checkpoint first"):
        load(tiny_directory, device="cpu", dtype="int8")
    with pytest.raises(ModelError, match="int8 is for BERT on CPUs in OpenVINO, not for torch"):
        load(tiny_directory, device="cpu", engine="torch", dtype="int8")


def test_a_reach_of_other_layers_is_refused(measured: Path) -> None:
    save_file({"bert.no_such_layer": torch.ones(16)}, measured / REACH)
    with pytest.raises(ModelError, match=r"reach.safetensors: no layer is called bert.no_such_layer"):
        load(measured, device="cpu", dtype="int8")
