"""What half precision and engines change: spans on an annotated corpus, by the same weights computed in several ways.

usage: python -m benchmarks.precision CHECKPOINT [--data DIR] [--corpus NAME] [--bfloat16]

CHECKPOINT is what training left, in float32; the released weights were exported from it in float16. They are computed
in float32 and in bytes, as CPUs do that are fast at it; with --bfloat16 also in bfloat16, which others only imitate,
slowly.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from claimex.checkpoint import Dtype
from claimex.schema import Example, Tag
from claimex.tagger import TransformerTagger, load
from training.config import CORPORA, corpus_named, read_corpora
from training.corpora import read_corpus
from training.metric import SpanF1, span_rows


def taggers(checkpoint: Path, *, bfloat16: bool) -> Iterator[tuple[str, TransformerTagger]]:
    """Every way to compute, by name, the first one as trained."""
    trained = load(checkpoint, device="cpu", engine="torch", dtype="float32")
    trained.settings, trained.links = load(device="cpu").settings, None
    yield "float32 weights, torch, float32", trained
    dtypes: tuple[Dtype, ...] = ("float32", "bfloat16", "int8") if bfloat16 else ("float32", "int8")
    for dtype in dtypes:
        yield f"float16 weights, OpenVINO, {dtype}", load(device="cpu", dtype=dtype)
    if bfloat16:
        yield "float16 weights, torch, bfloat16", load(device="cpu", engine="torch", dtype="bfloat16")


def compare(ways: Iterator[tuple[str, TransformerTagger]], examples: Sequence[Example]) -> Iterator[str]:
    """A line for each way: F1 by tag, and how many spans it has not in common with the first one."""
    first: list[set[tuple[int, int, Tag]]] = []
    for name, tagger in ways:
        found = [tagged.spans for tagged in tagger.tag(example.document for example in examples)]
        spans = [{(span.start, span.end, span.tag) for span in each} for each in found]
        first = first or spans
        figures: dict[str, float] = SpanF1(keep_in_memory=True).compute(
            predictions=[span_rows(each) for each in found],
            references=[span_rows(example.spans) for example in examples],
        )
        shown = ", ".join(f"{tag} {figures[f'{tag}_f1']:.4f}" for tag in Tag)
        differ = sum(len(one ^ other) for one, other in zip(first, spans, strict=True))
        yield f"{name:40} {shown}; {differ} of {sum(map(len, first))} spans differ"


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, help="the data directory, else CLAIMEX_DATA")
    parser.add_argument("--corpus", default="gold-dev")
    parser.add_argument("--bfloat16", action="store_true")
    arguments = parser.parse_args()
    corpus = corpus_named(arguments.corpus, read_corpora(CORPORA), CORPORA)
    examples = read_corpus(corpus, arguments.data)
    for line in compare(taggers(arguments.checkpoint, bfloat16=arguments.bfloat16), examples):
        print(line, flush=True)


if __name__ == "__main__":
    main()
