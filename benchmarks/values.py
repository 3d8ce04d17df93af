"""How well values are read: quantities and units of public test sets, TIMEX3 values and days of dates.

usage: python -m benchmarks.values --data DIR [--peers [DIR]] [--misses N]

DIR holds the test sets as gzipped JSON lines; one that is not there is left out. The quantity sets give sentences
alone: our tagger finds the figures and their units. Dates come with their spans. --peers makes an environment of its
own for other libraries (in .venv-peers, unless another directory is named) and prints them beside ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import claimex
from benchmarks.peers.environment import ask, python_of
from benchmarks.values_adapter import peer_unit, readings
from benchmarks.values_dates import DatedText, DateReading, accuracy, ours, read_dayless, read_days, read_values
from benchmarks.values_sets import Reading, Sentence, all_right, read_sentences, scores
from claimex.schema import Document

QUANTITY_SETS = ("newsquant-dev", "recognizers-age", "recognizers-temperature")
DATE_SETS = (
    ("timebank-dev", "TIMEX3 value", read_values),
    ("gold-dev", "days", read_days),
    ("gold-dev", "no days given where none are known", read_dayless),
)
QUANTITY_PEERS = ("quantulum3", "recognizers")
DATE_PEERS = ("dateparser", "recognizers-dates")


def ours_of(sentences: Sequence[Sentence]) -> list[list[Reading]]:
    """What the released model and everything behind it find, in the benchmark's terms."""
    documents = (Document(sentence.id, sentence.text) for sentence in sentences)
    return [readings(extraction) for extraction in claimex.load().extract(documents)]


def peers_of(python: Path, peer: str, sentences: Sequence[Sentence]) -> list[list[Reading]]:
    """What another library finds in the same sentences."""
    answers = ask(python, peer, ({"text": sentence.text} for sentence in sentences))
    return [
        [Reading(item["low"], item["high"], peer_unit(item["unit"])) for item in answer.get("quantities", ())]
        for answer in answers
    ]


def dates_of(python: Path, peer: str, documents: Sequence[DatedText]) -> list[list[DateReading]]:
    """What another library makes of each phrase, shown with its document's day."""
    rows = ({"text": surface, "date": str(text.date)} for text in documents for surface in text.surfaces())
    answers = ask(python, peer, rows)
    return [
        [
            DateReading(answer.get("timex"), (answer.get("first"), answer.get("last")))
            for _, answer in zip(document.ranges, answers, strict=False)
        ]
        for document in documents
    ]


def quantity_table(directory: Path, python: Path | None, misses: int) -> Iterator[str]:
    """A line for each set and system: F1 by each of the rules."""
    for name in QUANTITY_SETS:
        path = directory / f"{name}.jsonl.gz"
        if not path.exists():
            continue
        sentences = read_sentences(path)
        found = {"claimex": ours_of(sentences)}
        if python:
            found |= {peer: peers_of(python, peer, sentences) for peer in QUANTITY_PEERS}
        for system, readings_of in found.items():
            table = scores(sentences, readings_of)
            if system != "claimex" or not any(reading.change != "=" for s in sentences for reading in s.gold):
                del table["value + change"]  # nobody says, or nobody asked
            yield f"{name:24} {system:18} " + "  ".join(f"{rule} {score.f1:.3f}" for rule, score in table.items())
        wrong = [s for s, one in zip(sentences, found["claimex"], strict=True) if not all_right(s.gold, one)]
        yield from (f"    {sentence.text}" for sentence in wrong[:misses])


def date_table(directory: Path, python: Path | None, misses: int) -> Iterator[str]:
    """A line for each task and system: the share of right answers."""
    for corpus, what, read in DATE_SETS:
        path = directory / f"{corpus}.jsonl.gz"
        if not path.exists():
            continue
        documents = read(path)
        found = {"claimex": [ours(document) for document in documents]}
        if python:
            found |= {peer: dates_of(python, peer, documents) for peer in DATE_PEERS}
        for system, answers in found.items():
            score = accuracy(documents, answers)
            yield f"{corpus:24} {system:18} {what} {score.share:.3f} of {score.wanted}"
            if system == "claimex":
                yield from (f"    {miss}" for miss in score.misses[:misses])


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the directory of the test sets")
    parser.add_argument("--peers", type=Path, nargs="?", const=Path(".venv-peers"), help="run other libraries, too")
    parser.add_argument("--misses", type=int, default=0, help="print the first N misses of each set")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data}: no such directory: name the one with the test sets")
    python = python_of(arguments.peers) if arguments.peers else None
    for table in (quantity_table, date_table):
        for line in table(arguments.data, python, arguments.misses):
            print(line, flush=True)


if __name__ == "__main__":
    main()
