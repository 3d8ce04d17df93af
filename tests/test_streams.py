"""Pieces of batches read side by side: right from the first, whatever is prepared meanwhile."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from claimex.checkpoint import REACH, RELEASED
from claimex.networks import openvino
from claimex.networks.openvino import OpenVinoNetwork, _tensors
from claimex.tokens import Padded


@pytest.fixture(scope="module")
def first_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released encoder, cut off behind its first layer: all widths are its own, and shapes are soon prepared."""
    directory = tmp_path_factory.mktemp("first")
    config = json.loads((RELEASED / "config.json").read_text(encoding="utf-8"))
    (directory / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 1}), encoding="utf-8")
    for name, tensors in (("model.safetensors", _tensors(RELEASED)), (REACH, load_file(RELEASED / REACH))):
        save_file(
            {key: each for key, each in tensors.items() if "layer." not in key or "layer.0." in key}, directory / name
        )
    return directory


def network(directory: Path, dtype: str, threads: int) -> OpenVinoNetwork:
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    return OpenVinoNetwork(directory, config, threads, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_pieces_of_a_shape_that_is_new_to_all_streams_are_read_right(
    first_layer: Path, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lengths at which two streams in float32 were wrong about twice in a hundred shapes."""
    monkeypatch.setattr(openvino, "STEP", 2)
    dice = np.random.default_rng(5)
    alone, together = (network(first_layer, dtype, threads) for threads in (1, 2))
    for rows, length in dice.permutation(list(product((1, 2), range(414, 512, 2)))):
        ids = dice.integers(1000, 30000, (2 * rows, length))
        batch = Padded(ids, np.zeros_like(ids), np.ones_like(ids))
        (ours, _), (expected, _) = together(batch), alone(batch)
        assert np.allclose(ours, expected, atol=0.05), (rows, length)
