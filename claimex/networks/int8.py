"""Linear layers in integers of one byte, for CPUs whose instructions multiply those fastest.

Each output channel of the weights has a scale of its own, all inputs share one. Where a few channels of the inputs
reach much further than the others, part of their size moves over to the weights first (SmoothQuant: Xiao et al., ICML
2023). How far each channel reaches was seen when the checkpoint was exported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from openvino import opset13 as ops  # type: ignore[import-untyped]

from claimex.bio import Floats

REACH = "reach.safetensors"  # by the name of a linear layer: the largest absolute value of each input channel
CPUS = Path("/proc/cpuinfo")
_FAST = {"avx512_vnni", "avx_vnni", "amx_int8"}  # instructions that multiply bytes and sum them up in one


def is_fast() -> bool:
    """Whether this machine's CPU says that it has such instructions. Always the same on the same machine, which a
    measurement is not; where nobody says, as outside of Linux, no."""
    try:
        lines = CPUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = (line.partition(":")[2].split() for line in lines if line.startswith("flags"))
    return not _FAST.isdisjoint(next(flags, ()))


def product(states: Any, weight: Floats, reach: Floats, floor: float | None) -> Any:
    """``states @ weight.T`` of a graph. ``weight`` (out, in), ``reach`` (in); no state is below ``floor``."""
    shares = np.sqrt(np.maximum(reach, 1e-3) / np.maximum(np.abs(weight).max(0), 1e-3))
    moved = np.maximum(shares / np.median(shares), 1).astype(np.float32)
    furthest = float((reach / moved).max())
    low, high = (-furthest, furthest * 127 / 128) if floor is None else (floor, furthest)
    ends = ops.constant(np.float32(low)), ops.constant(np.float32(high))
    inputs = ops.fake_quantize(ops.multiply(states, ops.constant(1 / moved)), *ends, *ends, 256)
    scale = np.abs(weight * moved).max(1, keepdims=True).astype(np.float32) / 127
    integers = np.rint(weight * moved / np.maximum(scale, np.finfo(np.float32).tiny)).astype(np.int8)
    weights = ops.multiply(ops.convert(ops.constant(integers), "f32"), ops.constant(scale))
    return ops.matmul(inputs, weights, False, True)
