"""The forward pass in OpenVINO: BERT as a token classifier, a graph built straight from the checkpoint's weights.

Its linear layers multiply bytes where the CPU does that fastest and the checkpoint says how far their inputs reach;
everything else is computed in bfloat16 where the CPU does so natively, else in float32.
"""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import openvino as ov  # type: ignore[import-untyped]
from openvino import opset13 as ops
from safetensors import safe_open
from safetensors.numpy import load_file

from claimex.bio import Floats
from claimex.checkpoint import INDEX, REACH
from claimex.cores import cores
from claimex.link_network import Layer
from claimex.networks import int8
from claimex.tokens import CASES, Ids, Padded

STREAMS = 4  # pieces of a batch that are read at once, each by its share of the threads: they need not keep in step
REQUESTS = 2  # for each stream: one more piece lies ready for it
GELU_FLOOR = -0.17  # the least value that it takes
PIECE = 1024  # tokens, padding included, of a piece: what it computes stays in the cores' caches
STEP = 16  # tokens by which pieces differ in length: each new shape costs time and memory to prepare for
KEPT = 1000  # operations that stay prepared for a shape of piece that comes again: far more take memory without end


_HINTS = {"float32": "f32", "bfloat16": "bf16"}  # how the engine calls what it computes in


def reads(config: dict[str, Any]) -> bool:
    """Whether the graph below is what a checkpoint's config.json describes."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
    )


class OpenVinoNetwork:
    """Ids and mask to logits, and by the layer ``token`` to vectors. ``threads``: by default as many as cores.

    ``dtype``: "float32", "bfloat16" or "int8", by default what is fastest here.
    """

    def __init__(
        self,
        directory: Path,
        config: dict[str, Any],
        threads: int | None = None,
        token: Layer | None = None,
        dtype: str | None = None,
    ) -> None:
        """Raises KeyError with the name of a tensor that the checkpoint lacks, and what the libraries raise."""
        threads = threads or cores()  # left to itself the engine takes two cores of some machines for one
        core = ov.Core()
        reach = _reach(directory, dtype)
        in_float32 = dtype == "float32" or "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        # A layer and its GELU in float32, prepared by two streams at once for a shape new to both, come out of oneDNN's
        # cache of operations wrong for one of them: a piece in a few hundred. In bytes and in bfloat16 none did.
        self._streams = 1 if in_float32 and not reach else min(threads, STREAMS)
        options: dict[str, Any] = {
            "ENABLE_CPU_PINNING": False,  # else several processes pin themselves to one core
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": self._streams,
            "CPU_RUNTIME_CACHE_CAPACITY": KEPT,
        }
        if dtype in _HINTS:
            options["INFERENCE_PRECISION_HINT"] = _HINTS[dtype]
        compiled = core.compile_model(_graph(config, _tensors(directory), reach, token), "CPU", options)
        self._widths = [output.partial_shape[2].get_length() for output in compiled.outputs]
        self._longest: int = config["max_position_embeddings"]
        count = self._streams * REQUESTS
        self._idle: SimpleQueue[Any] = SimpleQueue()  # requests, one for each reader
        for _ in range(count):
            self._idle.put(compiled.create_infer_request())
        self._readers = ThreadPoolExecutor(count, "pieces")
        self.device = "cpu"
        hint = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        self.dtype = "int8" if reach else next((name for name, known in _HINTS.items() if known == hint), hint)
        self.name = "OpenVINO"

    def __call__(self, batch: Padded) -> tuple[Floats, Floats | None]:
        """Logits of shape (rows, tokens, labels), and vectors of (rows, tokens, their width). May be called by several
        threads: what one leaves idle at its end, another takes."""
        length = batch.ids.shape[1]
        spare = self._rounded(length) - length
        batch = Padded(*(np.pad(each, ((0, 0), (0, spare))) for each in batch))
        found = [np.zeros((*batch.ids.shape, width), dtype=np.float32) for width in self._widths]
        rows = np.array_split(np.arange(len(batch.ids)), self._pieces(batch.ids))
        for _ in self._readers.map(partial(self._read, batch, found), rows):
            pass  # raises what a piece failed by
        logits, *vectors = (whole[:, :length] for whole in found)
        return logits, vectors[0] if vectors else None

    def _read(self, batch: Padded, found: list[Floats], rows: Ids) -> None:
        """A piece of a batch. The engine calls nobody back: its threads would have to wait for the interpreter, in vain
        where the program ends meanwhile."""
        place = slice(rows[0], rows[-1] + 1), slice(self._rounded(int(batch.mask[rows].sum(1).max())))
        request = self._idle.get()
        try:
            request.start_async([each[place] for each in batch])
            request.wait()
            for whole, part in zip(found, request.output_tensors, strict=True):
                whole[place] = part.data
        finally:
            self._idle.put(request)

    def _rounded(self, length: int) -> int:
        """Up to a whole number of steps, as far as there are places."""
        return max(length, min(math.ceil(length / STEP) * STEP, self._longest))

    def _pieces(self, ids: Ids) -> int:
        """In how many pieces a batch is read: small ones, as many for each stream."""
        return min(len(ids), self._streams * math.ceil(ids.size / (self._streams * PIECE)))


def _tensors(directory: Path) -> dict[str, Any]:
    """Every tensor of the checkpoint, by name."""
    index = directory / INDEX
    shards = {"model.safetensors"}
    if index.exists():
        shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    tensors: dict[str, Any] = {}
    for shard in sorted(shards):
        with safe_open(directory / shard, "numpy") as handle:
            tensors.update((name, handle.get_tensor(name)) for name in handle.keys())  # noqa: SIM118
    return tensors


def _reach(directory: Path, dtype: str | None) -> dict[str, Floats]:
    """How far the inputs of the layers reach that are to be computed in bytes."""
    path = directory / REACH
    wanted = dtype == "int8" or (dtype is None and int8.is_fast())
    return load_file(path) if wanted and path.exists() else {}


class _Layers:
    """The layers that BERT is made of, by the names of their weights; those with a ``reach`` in bytes."""

    def __init__(self, tensors: dict[str, Any], reach: dict[str, Floats], epsilon: float) -> None:
        self.tensors = tensors
        self.reach = reach
        self.used: set[str] = set()  # of the reach
        self.epsilon = epsilon

    def table(self, name: str) -> Any:
        """A tensor in the precision in which it is stored."""
        return ops.constant(self.tensors[name], shared_memory=True)

    def weight(self, name: str) -> Any:
        """A tensor to compute with."""
        return ops.convert(self.table(name), "f32")

    def dense(self, states: Any, name: str, floor: float | None = None) -> Any:
        """A linear layer; the weights lie as torch has them, (out, in). ``floor``: what no state is below."""
        if name in self.reach:
            weight = self.tensors[f"{name}.weight"].astype(np.float32)
            product = int8.product(states, weight, self.reach[name], floor)
            self.used.add(name)
        else:
            product = ops.matmul(states, self.weight(f"{name}.weight"), False, True)
        return ops.add(product, self.weight(f"{name}.bias"))

    def norm(self, states: Any, name: str) -> Any:
        """Layer normalization over the last axis."""
        centred = ops.mvn(states, _whole(-1), True, self.epsilon, "inside_sqrt")
        return ops.add(ops.multiply(centred, self.weight(f"{name}.weight")), self.weight(f"{name}.bias"))


def _whole(*values: int) -> Any:
    return ops.constant(np.array(values, dtype=np.int64))


def _graph(config: dict[str, Any], tensors: dict[str, Any], reach: dict[str, Floats], token: Layer | None) -> ov.Model:
    layers = _Layers(tensors, reach, config["layer_norm_eps"])
    width, heads = config["hidden_size"], config["num_attention_heads"]
    ids, cases, mask = (ops.parameter([-1, -1], np.int64, name=name) for name in Padded._fields)
    split, join, turn = _whole(0, 0, heads, width // heads), _whole(0, 0, width), _whole(0, 2, 1, 3)
    unmasked = ops.subtract(ops.convert(mask, "f32"), ops.constant(np.float32(1)))
    bias = ops.unsqueeze(ops.multiply(unmasked, ops.constant(np.float32(1e9))), _whole(1, 2))
    states = _embeddings(layers, ids, cases)
    for number in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{number}"
        heads_of = (
            ops.transpose(ops.reshape(layers.dense(states, f"{layer}.attention.self.{part}"), split, True), turn)
            for part in ("query", "key", "value")
        )
        context = ops.transpose(ops.scaled_dot_product_attention(*heads_of, bias), turn)
        attended = layers.dense(ops.reshape(context, join, True), f"{layer}.attention.output.dense")
        states = layers.norm(ops.add(attended, states), f"{layer}.attention.output.LayerNorm")
        hidden = ops.gelu(layers.dense(states, f"{layer}.intermediate.dense"), "erf")
        answer = layers.dense(hidden, f"{layer}.output.dense", GELU_FLOOR)
        states = layers.norm(ops.add(answer, states), f"{layer}.output.LayerNorm")
    results = [layers.dense(states, "classifier")]
    if unknown := reach.keys() - layers.used:
        raise ValueError(f"{REACH}: no layer is called {min(unknown)}: export the checkpoint again")
    if token is not None:
        weight, bias = map(ops.constant, token)
        results.append(ops.add(ops.matmul(states, weight, False, True), bias))
    return ov.Model(results, [ids, cases, mask], "claimex")


def _embeddings(layers: _Layers, ids: Any, cases: Any) -> Any:
    """Of words, places and, where the model knows them, cases."""
    name, zero, one = "bert.embeddings", _whole(0), _whole(1)
    length = ops.gather(ops.shape_of(ids), one, zero)
    words = ops.convert(ops.gather(layers.table(f"{name}.word_embeddings.weight"), ids, zero), "f32")
    places = ops.slice(layers.weight(f"{name}.position_embeddings.weight"), zero, length, one, zero)
    kinds = f"{name}.token_type_embeddings.weight"
    known = len(layers.tensors[kinds]) == len(CASES)
    kind = ops.gather(layers.weight(kinds), cases if known else ops.multiply(cases, zero), zero)
    return layers.norm(ops.add(ops.add(words, places), kind), f"{name}.LayerNorm")
