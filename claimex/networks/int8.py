"""Linear layers in integers of one byte, for CPUs whose instructions multiply those fastest.

Each output channel of the weights has a scale of its own, all inputs share one. So that the few channels of the inputs
that reach much further than the others do not cost those their digits, part of their size moves over to the weights
first (SmoothQuant: Xiao et al., ICML 2023), and what still stands out is multiplied apart, in floats (LLM.int8():
Dettmers et al., NeurIPS 2022). How far each channel reaches was seen when the checkpoint was exported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from openvino import opset13 as ops  # type: ignore[import-untyped]

from claimex.bio import Floats

MOVED = 0.7  # of a channel's size, as a power, to the weights
ASIDE = 4.0  # times as far as the median is too far
SPARE = 63  # the size of weights where sums of two products are cut off at 16 bits: on CPUs that are not fast at this
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
    factors = _factors(weight, reach)
    weight, reach = weight * factors, reach / factors
    states = ops.multiply(states, ops.constant(1 / factors))
    aside = np.flatnonzero(reach > ASIDE * np.median(reach))
    result = _bytes_product(states, _without(weight, aside), np.delete(reach, aside).max(), floor)
    if len(aside):
        apart = ops.gather(states, ops.constant(aside), ops.constant(-1))
        result = ops.add(result, ops.matmul(apart, ops.constant(weight[:, aside]), False, True))
    return result


def _factors(weight: Floats, reach: Floats) -> Floats:
    """What each channel's size is divided by, and its weights are multiplied with: 1 for most."""
    little = np.float32(1e-3)  # in the place of zero: a channel that is always off, or that nobody reads
    sizes = np.maximum(reach, little) ** MOVED / np.maximum(np.abs(weight).max(0), little) ** (1 - MOVED)
    factors: Floats = np.maximum(sizes / np.median(sizes), 1).astype(np.float32)
    return factors


def _without(weight: Floats, aside: Any) -> Floats:
    rest = weight.copy()
    rest[:, aside] = 0
    return rest


def _bytes_product(states: Any, weight: Floats, reach: np.float32, floor: float | None) -> Any:
    low, high = (-reach, reach * np.float32(127 / 128)) if floor is None else (np.float32(floor), reach)
    ends = ops.constant(low), ops.constant(high)
    inputs = ops.fake_quantize(states, *ends, *ends, 256)
    scale = np.maximum(np.abs(weight).max(1, keepdims=True) / (127 if is_fast() else SPARE), np.finfo(np.float32).tiny)
    weights = ops.multiply(
        ops.convert(ops.constant(np.rint(weight / scale).astype(np.int8)), "f32"), ops.constant(scale)
    )
    return ops.matmul(inputs, weights, False, True)
