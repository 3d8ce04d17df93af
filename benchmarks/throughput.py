"""Characters a second end to end, by stage, and beside the bare forward pass over the same texts.

usage: python -m benchmarks.throughput [--articles N] [--words N] [--repeat N] [--input FILE] [--dtype TYPE] [--keep]

Without --input the articles are made up on the spot from the example, so that anyone can run this. The figures are
medians over --repeat runs. The bare forward pass reads all windows sorted by length; end to end they are sorted a few
batches at a time. --keep writes them beside the weights, from where the model card takes them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import os
import platform
import resource
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import claimex
from claimex.checkpoint import RELEASED, Dtype
from claimex.extract import Extractor
from claimex.jsonl import read_documents
from claimex.link import link
from claimex.normalize import normalize
from claimex.schema import Document
from claimex.tagger import TransformerTagger
from training.evaluate import keep

EXAMPLE = Path(__file__).parent.parent / "examples" / "ferry.txt"


def made_up(articles: int, words: int) -> Iterator[Document]:
    """Articles of about ``words`` words: the example's paragraphs, turned so that no two articles begin alike."""
    paragraphs = EXAMPLE.read_text(encoding="utf-8").split("\n\n")
    for i in range(articles):
        turned = itertools.cycle(paragraphs[i % len(paragraphs) :] + paragraphs[: i % len(paragraphs)])
        chosen, size = [], 0
        while size < words:
            chosen.append(next(turned))
            size += len(chosen[-1].split())
        yield Document(f"made-up-{i}", "\n\n".join(chosen), dt.date(2024, 3, 14))


def timed(work: Callable[[], object], repeat: int) -> float:
    """Median seconds of ``repeat`` runs, after one that is not counted."""
    seconds = []
    for _ in range(repeat + 1):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def stages(tagger: TransformerTagger, documents: Sequence[Document], repeat: int) -> dict[str, float]:
    """Seconds of each stage on its own, and of all of them together as users run them."""
    extractor = Extractor(tagger)
    # Before the stages, which have all their inputs lie ready: the garbage collector would go through them.
    whole = timed(lambda: deque(extractor.extract(documents), maxlen=0), repeat)
    readings = [tagger.begin(document) for document in documents]
    batches = list(tagger.batches(readings))
    padded = [tagger.pad(batch) for batch in batches]
    for batch in batches:
        tagger.read(batch)
    found = list(zip(documents, tagger.finish_all(readings), strict=True))
    mentions = [normalize(document, tagged.spans) for document, tagged in found]

    def forward() -> None:
        for batch in padded:
            tagger.network(batch)

    return {
        "tokenize": timed(lambda: [tagger.begin(document) for document in documents], repeat),
        "forward": timed(forward, repeat),
        "decode": timed(lambda: tagger.finish_all(readings), repeat),
        "normalize": timed(lambda: [normalize(document, tagged.spans) for document, tagged in found], repeat),
        "link": timed(lambda: [link(d, m, t.vectors) for (d, t), m in zip(found, mentions, strict=True)], repeat),
        "end to end": whole,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument("--words", type=int, default=280)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--input", help="a text file or JSON lines to read instead")
    parser.add_argument("--dtype", choices=get_args(Dtype), help="what to compute in, by default what is fastest")
    parser.add_argument("--keep", action="store_true", help="write the figures beside the weights")
    arguments = parser.parse_args()
    if arguments.input:
        documents = list(itertools.islice(read_documents(arguments.input, date=None), arguments.articles))
    else:
        documents = list(made_up(arguments.articles, arguments.words))
    characters = sum(len(document.text) for document in documents)
    tagger = claimex.load(dtype=arguments.dtype).tagger
    assert isinstance(tagger, TransformerTagger)
    seconds = stages(tagger, documents, arguments.repeat)
    network, size = tagger.network, f"{len(documents)} articles, {characters:,} characters"
    print(f"{size}; {os.cpu_count()} cores, {network.name}, {network.dtype}")
    print(f"{'stage':12} {'seconds':>8} {'characters/s':>13}")
    for name, spent in seconds.items():
        print(f"{name:12} {spent:8.2f} {characters / spent:13,.0f}")
    ratio = seconds["forward"] / seconds["end to end"]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"end to end against the bare forward pass: {ratio:.2f}; peak memory {memory:,.0f} MiB")
    if arguments.keep:
        figures = {
            "articles": len(documents),
            "characters": characters,
            "cores": os.cpu_count(),
            "engine": network.name,
            "dtype": network.dtype,
            "machine": platform.machine(),
            "peak_memory_mib": round(memory),
            "ratio": round(ratio, 3),
            "characters_per_second": {name: round(characters / spent) for name, spent in seconds.items()},
        }
        keep(RELEASED, "speed", figures)


if __name__ == "__main__":
    main()
