"""Characters a second end to end, by stage, and beside the bare forward pass over the same texts.

usage: python -m benchmarks.throughput [--articles N] [--words N] [--repeat N] [--input FILE] [--dtype TYPE] [--keep]

Without --input the articles are made up on the spot from the example, so that anyone can run this. The figures are
medians over --repeat rounds in which each stage has its turn. The bare forward pass reads all windows sorted by
length; end to end they are sorted a few batches at a time. --keep writes them beside the weights, from where the model
card takes them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import itertools
import operator
import os
import platform
import resource
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def in_turn(works: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, list[float]]:
    """Seconds of ``repeat`` rounds of all works, after one that is not counted: a machine whose speed wanders is then
    as fast, or as slow, for neighbours."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeat + 1):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    return {name: rounds[1:] for name, rounds in seconds.items()}


def timed(work: Callable[[], object], repeat: int) -> float:
    """Median seconds of ``repeat`` runs, after one that is not counted."""
    return statistics.median(in_turn({"": work}, repeat)[""])


def stages(tagger: TransformerTagger, documents: Sequence[Document], repeat: int) -> tuple[dict[str, float], float]:
    """Median seconds of each stage on its own, and of all of them together as users run them; and the median share that
    the bare forward pass has of the latter, round by round."""
    extractor = Extractor(tagger)
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

    works: dict[str, Callable[[], object]] = {
        "tokenize": lambda: [tagger.begin(document) for document in documents],
        "decode": lambda: tagger.finish_all(readings),
        "normalize": lambda: [normalize(document, tagged.spans) for document, tagged in found],
        "link": lambda: [link(d, m, t.vectors) for (d, t), m in zip(found, mentions, strict=True)],
        "forward": forward,
        "end to end": lambda: deque(extractor.extract(documents), maxlen=0),
    }
    gc.freeze()  # the garbage collector would go through all that lies ready here, which no user has lying
    seconds = in_turn(works, repeat)
    gc.unfreeze()
    shares = map(operator.truediv, seconds["forward"], seconds["end to end"])
    return {name: statistics.median(rounds) for name, rounds in seconds.items()}, statistics.median(shares)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument("--words", type=int, default=280)
    parser.add_argument("--repeat", type=int, default=9)
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
    seconds, ratio = stages(tagger, documents, arguments.repeat)
    network, size = tagger.network, f"{len(documents)} articles, {characters:,} characters"
    print(f"{size}; {os.cpu_count()} cores, {network.name}, {network.dtype}")
    print(f"{'stage':12} {'seconds':>8} {'characters/s':>13}")
    for name, spent in seconds.items():
        print(f"{name:12} {spent:8.2f} {characters / spent:13,.0f}")
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
