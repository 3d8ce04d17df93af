"""One document of 100,000 words: is every sentence read, in order, at its own offsets, and in how much memory?

usage: python -m benchmarks.long_document [--words N]

Every sentence carries a number of its own; exit status 1 if one of them is missing or out of place.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import claimex
from claimex.schema import Document

PLACES = ("the harbour", "the old town", "the northern valley", "the border villages", "the capital")


def sentence(i: int) -> str:
    """A sentence of about 20 words with a number that no other one has."""
    return (
        f"The relief agency said on Monday that {1000 + i:,} houses in {PLACES[i % len(PLACES)]} had been damaged by "
        f"the flood and that repairs would begin soon."
    )


def main() -> int:
    """Print what was found and what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--words", type=int, default=100_000)
    wanted = parser.parse_args().words
    count = -(-wanted // len(sentence(0).split()))
    text = "\n\n".join(" ".join(sentence(i) for i in range(at, min(at + 5, count))) for at in range(0, count, 5))
    extractor = claimex.load()
    began = time.perf_counter()
    [extraction] = extractor.extract([Document("long", text)])
    seconds = time.perf_counter() - began
    found = [claim.quantity.text for claim in extraction.claims]
    planted = [f"{1000 + i:,}" for i in range(count)]
    in_place = all(text[slice(*mention.span.range)] == mention.text for mention in extraction.mentions)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"{len(text.split()):,} words, {len(text):,} characters, {count:,} sentences with a number each")
    order = "all" if found == planted else f"{len(set(found) & set(planted)):,} of them"
    print(f"found in order: {order}; offsets right: {in_place}")
    print(f"{seconds:.0f} s, {len(text) / seconds:,.0f} characters/s; peak memory {memory:,.0f} MiB")
    return 0 if found == planted and in_place else 1


if __name__ == "__main__":
    sys.exit(main())
