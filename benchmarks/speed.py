"""How fast, against what the machine can do and against other libraries, in one run.

usage: python -m benchmarks.speed [--peers [DIR]] [--input FILE] [--articles N]

Characters a second by stage on short, medium and 10,000-word texts, with one thread and with all, for each engine; the
share of the machine's own matrix product for the same shapes; how time grows with the number of documents and with
their length; the time from the command line to the first claim. --peers makes an environment of its own for quantulum3
and dateparser (in .venv-peers, unless another directory is named), which read the same texts one after the other. Texts
are made up from the example unless --input names some.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

import claimex
from benchmarks.peers.environment import ask, python_of
from benchmarks.throughput import EXAMPLE, made_up, stages, timed
from claimex.checkpoint import RELEASED, read_config
from claimex.extract import Extractor
from claimex.jsonl import read_documents
from claimex.schema import Document
from claimex.tagger import Engine, TransformerTagger, load

KINDS = {"short": (120, 60), "medium": (40, 280), "long": (1, 10_000)}  # articles, words of each
ENGINES: tuple[Engine, ...] = ("openvino", "torch")
PEERS = ("quantulum3", "dateparser-search")
REPEAT = 3


def characters(documents: Sequence[Document]) -> int:
    """Of all of them."""
    return sum(len(document.text) for document in documents)


def by_stage(documents: dict[str, list[Document]]) -> Iterator[str]:
    """A line for each engine, number of threads and kind of text."""
    header = ["forward", "end to end", "ratio", "documents/s", "share of tokenize", "decode", "normalize", "link"]
    yield "  ".join([f"{'engine':8}", "threads", f"{'texts':6}", *header])
    for engine, threads in itertools.product(ENGINES, sorted({1, os.cpu_count() or 1})):
        tagger = load(device="cpu", engine=engine, threads=threads)
        for name, texts in documents.items():
            seconds, ratio = stages(tagger, texts, REPEAT)
            total = seconds["end to end"]
            cells = [
                f"{characters(texts) / seconds['forward']:,.0f}",
                f"{characters(texts) / total:,.0f}",
                f"{ratio:.2f}",
                f"{len(texts) / total:,.1f}",
                *(f"{seconds[stage] / total:.1%}" for stage in ("tokenize", "decode", "normalize", "link")),
            ]
            widths = map(len, header)
            shown = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
            yield "  ".join([f"{engine:8}", f"{threads:7}", f"{name:6}", *shown])


def ceiling(tagger: TransformerTagger, documents: Sequence[Document]) -> str:
    """The forward pass against the bare matrix products of its shapes, in float32."""
    batches = [tagger.pad(batch) for batch in tagger.batches([tagger.begin(document) for document in documents])]
    config = read_config(RELEASED)
    wide, deep, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    shapes = [(wide, 3 * wide), (wide, wide), (wide, deep), (deep, wide)]
    dtype = torch.float32 if tagger.network.dtype == "float32" else torch.bfloat16  # torch multiplies no bytes
    weights = [torch.randn(shape, dtype=dtype) for shape in shapes]
    inputs = [{size: torch.randn((batch.ids.size, size), dtype=dtype) for size in {wide, deep}} for batch in batches]

    @torch.inference_mode()
    def products() -> None:
        for states in inputs:
            for _ in range(layers):
                for weight in weights:
                    states[weight.shape[0]] @ weight

    def forward() -> None:
        for batch in batches:
            tagger.network(batch)

    tokens = sum(batch.ids.size for batch in batches)
    bare, whole = timed(products, REPEAT), timed(forward, REPEAT)
    flops = 2 * tokens * layers * sum(a * b for a, b in shapes)
    name, rate = str(dtype).removeprefix("torch."), characters(documents) / bare
    return (
        f"matrix products alone, in torch's {name}: {rate:,.0f} characters/s ({flops / bare / 1e9:,.0f} GFLOP/s); "
        f"the forward pass reaches {bare / whole:.0%} of that"
    )


def growth(extractor: Extractor) -> Iterator[str]:
    """Time by number of documents and by length: a line each, relative to the first."""
    counts = {f"{count} articles": list(made_up(count, 280)) for count in (10, 100)}
    lengths = {f"one text of {words:,} words": list(made_up(1, words)) for words in (2_800, 28_000)}
    for kind in (counts, lengths):
        rates = {}
        for name, texts in kind.items():
            seconds = timed(lambda texts=texts: list(extractor.extract(texts)), 1)  # type: ignore[misc]
            rates[name] = characters(texts) / seconds
        first, last = rates.values()
        shown = ", ".join(f"{name}: {rate:,.0f} characters/s" for name, rate in rates.items())
        yield f"{shown}; a character of the larger costs {first / last:.2f} times one of the smaller"


def start_up() -> Iterator[str]:
    """Seconds from the command line to the first line that it prints, as a person waits for it."""
    for arguments in (["--help"], ["extract", str(EXAMPLE), "--date", "2024-03-14"]):
        seconds = []
        for _ in range(REPEAT):
            began = time.perf_counter()
            with subprocess.Popen([sys.executable, "-m", "claimex.cli", *arguments], stdout=subprocess.PIPE) as process:
                assert process.stdout
                process.stdout.readline()
                seconds.append(time.perf_counter() - began)
                process.stdout.read()
        yield f"claimex {arguments[0]}: {statistics.median(seconds):.2f} s from the command line to the first line"


def peers(python: Path, documents: Sequence[Document]) -> Iterator[tuple[str, float]]:
    """Seconds that each library takes for all documents, its loading left out."""
    for peer in PEERS:
        rows = [{"text": document.text, "date": str(document.date or "2024-03-14")} for document in documents]
        answers = ask(python, peer, itertools.chain([{"text": "57 km on Monday", "date": "2024-03-14"}], rows))
        next(answers)
        began = time.perf_counter()
        for _ in answers:
            pass
        yield peer, time.perf_counter() - began


def main() -> None:
    """Print it all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peers", nargs="?", type=Path, const=Path(".venv-peers"), metavar="DIR")
    parser.add_argument("--input", help="documents to read instead of made-up ones")
    parser.add_argument("--articles", type=int, default=60, help="how many of --input")
    arguments = parser.parse_args()
    extractor = claimex.load()
    tagger = extractor.tagger
    assert isinstance(tagger, TransformerTagger)
    documents = {name: list(made_up(*size)) for name, size in KINDS.items()}
    if arguments.input:
        documents = {"given": list(itertools.islice(read_documents(arguments.input), arguments.articles))}
    texts = [*documents.values()][min(1, len(documents) - 1)]
    print(f"{os.cpu_count()} cores; by default {tagger.network.name} in {tagger.network.dtype}; characters a second")
    for line in by_stage(documents):
        print(line)
    print(ceiling(tagger, texts))
    for line in itertools.chain(growth(extractor), start_up()):
        print(line)
    if arguments.peers:
        ours = timed(lambda: list(extractor.extract(texts)), REPEAT)
        theirs = dict(peers(python_of(arguments.peers), texts))
        for name, seconds in {"claimex": ours, **theirs}.items():
            print(f"{name:18} {characters(texts) / seconds:10,.0f} characters/s")
        print(f"both peers, one after the other, take {sum(theirs.values()) / ours:.2f} times as long as claimex")


if __name__ == "__main__":
    main()
