"""How fast, against what the machine can do and against other libraries, in one run.

usage: python -m benchmarks.speed [--peers [DIR]] [--input FILE] [--articles N]

Characters a second by stage on short, medium and 10,000-word texts, with one thread and with all; the share of the
machine's own matrix product for the same shapes; how time grows with the number of documents and with their length; the
time from the command line to the first claim. --peers makes an environment of its own for quantulum3 and dateparser (in
.venv-peers, unless another directory is named), which read the same texts one after the other. Texts are made up from
the example unless --input names some.
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
from claimex.extract import Extractor
from claimex.jsonl import read_documents
from claimex.schema import Document
from claimex.tagger import TransformerTagger

KINDS = {"short": (120, 60), "medium": (40, 280), "long": (1, 10_000)}  # articles, words of each
PEERS = ("quantulum3", "dateparser-search")
REPEAT = 3


def characters(documents: Sequence[Document]) -> int:
    """Of all of them."""
    return sum(len(document.text) for document in documents)


def by_stage(tagger: TransformerTagger, documents: dict[str, list[Document]]) -> Iterator[str]:
    """A line for each kind of text and number of threads."""
    header = [
        "forward",
        "end to end",
        "ratio",
        "documents/s",
        "rest of the time: tokenize",
        "decode",
        "normalize",
        "link",
    ]
    yield "  ".join([f"{'texts':8}", "threads", *header])
    for name, texts in documents.items():
        for threads in sorted({1, torch.get_num_threads()}):
            with_threads = torch.get_num_threads()
            torch.set_num_threads(threads)
            seconds = stages(tagger, texts, REPEAT)
            torch.set_num_threads(with_threads)
            total = seconds["end to end"]
            shares = [f"{seconds[stage] / total:.1%}" for stage in ("tokenize", "decode", "normalize", "link")]
            cells = [
                f"{characters(texts) / seconds['forward']:,.0f}",
                f"{characters(texts) / total:,.0f}",
                f"{seconds['forward'] / total:.2f}",
                f"{len(texts) / total:,.1f}",
                *shares,
            ]
            widths = map(len, header)
            yield "  ".join([f"{name:8}", f"{threads:7}", *(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))])


def ceiling(tagger: TransformerTagger, documents: Sequence[Document]) -> str:
    """The forward pass against the bare matrix products of its shapes."""
    batches = [tagger.pad(batch) for batch in tagger.batches([tagger.begin(document) for document in documents])]
    config, dtype = tagger.model.config, tagger.model.dtype
    wide, deep = config.hidden_size, config.intermediate_size
    shapes = [(wide, 3 * wide), (wide, wide), (wide, deep), (deep, wide)]
    weights = [torch.randn(shape, dtype=dtype) for shape in shapes]
    inputs = [
        {size: torch.randn((batch["input_ids"].numel(), size), dtype=dtype) for size in {wide, deep}}
        for batch in batches
    ]

    @torch.inference_mode()
    def products() -> None:
        for states in inputs:
            for _ in range(config.num_hidden_layers):
                for weight in weights:
                    states[weight.shape[0]] @ weight

    @torch.inference_mode()
    def forward() -> None:
        for batch in batches:
            tagger.model(**batch)

    tokens = sum(batch["input_ids"].numel() for batch in batches)
    bare, whole = timed(products, REPEAT), timed(forward, REPEAT)
    flops = 2 * tokens * config.num_hidden_layers * sum(a * b for a, b in shapes)
    return (
        f"matrix products alone: {characters(documents) / bare:,.0f} characters/s ({flops / bare / 1e9:,.0f} GFLOP/s); "
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
    """Seconds of whole processes, as a person waits for them."""
    for arguments in (["--help"], ["extract", str(EXAMPLE), "--date", "2024-03-14"]):
        seconds = []
        for _ in range(REPEAT):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-m", "claimex.cli", *arguments], stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - began)
        yield f"claimex {arguments[0]}: {statistics.median(seconds):.2f} s from the command line to the end"


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
    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, {tagger.model.dtype}; characters a second")
    for line in by_stage(tagger, documents):
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
