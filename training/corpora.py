"""Readers: from the forms in which corpora are published to examples. None of them changes a text."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from claimex.errors import ConfigError
from claimex.files import decode, opened
from claimex.formats.markup import read_markup
from claimex.formats.registry import FORMATS
from claimex.formats.rows import Options
from claimex.formats.standoff import read_texts
from claimex.jsonl import read_examples
from claimex.schema import Document, Example, Range, Span, Tag
from training.config import Corpus, data_directory

Row = dict[str, Any]

REPOSITORY = "repository:"  # a path that starts so lies in this checkout, not in the data directory

_MARK = 80  # letters that two texts do not share by chance
_FREQUENCY = {"SET"}
_VAGUE = {"now", "currently", "recently", "soon", "already", "earlier", "later", "once", "daily", "weekly", "monthly"}
# Where a quantity of MeasEval starts with its modifier, and what stands between number and unit.
_NUMBER = re.compile(r"[-−+±]?\d[\d.,  ]*(?:\s*(?:-|–|to|and|or|±)\s*\d[\d.,]*)?(?:\s*(?:million|billion|trillion)\b)?")
_FIRST_PERSON = {"i", "we", "me", "us"}
_REPORTS = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|accord|report|show|add(?:s|ed|ing)?\b|writ|wrote|suggest|t(?:ell|old)|call(?:s|ed)\b|"
    r"argu|conclu|declar|f(?:ind|ound)|announc|pledg|indicat|not(?:e|es|ed|ing)\b|acknowledg|tweet|reveal|claim|warn|"
    r"predict|estimat|expect|believ|den(?:y|ies|ied)|accus|threaten|vow|promis|propos|confirm|insist|assert|"
    r"stat(?:e|es|ed|ing)\b|explain|point(?:s|ed)? out|remark|observ|recall|admit|contend|alleg|quot|"
    r"cit(?:e|es|ed|ing)\b|comment|respon|repl)"
)
_RELATIVE = re.compile(r",| who | which | that ")


def read_corpus(corpus: Corpus, directory: Path | None) -> list[Example]:
    """All examples of a corpus. Raises ConfigError or InputError, naming file and line, before anything is trained.

    ``directory`` is where the corpora lie that are not in this repository; see ``config.data_directory``.
    """
    path = _path(corpus.path, directory)
    if corpus.reader == "claims":
        return list(read_examples(path))
    if corpus.reader == "markup":
        return [example for each in sorted(path.glob("*.claims")) for example in read_markup(each)]
    if corpus.reader == "standoff":
        texts = read_texts(_path(corpus.texts, directory))
        return list(FORMATS["standoff"].read(path, Options(texts=texts)))
    if corpus.reader not in _READERS:
        readers = ", ".join(["claims", "markup", "standoff", *_READERS])
        raise ConfigError(f"{path}: unknown reader {corpus.reader!r}: choose among {readers}")
    spans_of = _READERS[corpus.reader]
    annotated = frozenset(Tag(tag) for tag in corpus.tags)
    examples = []
    for line, row in _rows(path):
        try:
            document = Document(str(row["id"]), row["text"], _day(row.get("date")))
            found = list(spans_of(row))
            spans = tuple(_disjoint(span for span in found if isinstance(span, Span)))
            unsure = tuple(range_ for range_ in found if not isinstance(range_, Span))
            examples.append(Example(document, spans, annotated, unsure=unsure))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{path}:{line}: not in the form of {corpus.reader!r}: {error}: correct it, or name its reader"
            ) from None
    return examples


def apart_from(dev: Sequence[Example], examples: Sequence[Example]) -> list[Example]:
    """The examples without those that share a text with dev: published corpora overlap, and hold each other's parts.

    A text is known by the letters in its middle.
    """
    texts = [_letters(example) for example in dev]
    marks = [text[len(text) // 2 :][:_MARK] for text in texts if text]
    letters = map(_letters, examples)
    return [e for e, text in zip(examples, letters, strict=True) if not any(mark in text for mark in marks)]


def _letters(example: Example) -> str:
    return "".join(filter(str.isalnum, example.document.text))


def _path(name: str, directory: Path | None) -> Path:
    if name.startswith(REPOSITORY):
        path = Path(__file__).parent.parent / name.removeprefix(REPOSITORY)
    else:
        path = data_directory(directory) / name
    if not path.exists():
        raise ConfigError(f"{path}: no such corpus: check --data and the corpora file")
    return path


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    with opened(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield number, json.loads(decode(line))
                except ValueError as error:
                    raise ConfigError(f"{path}:{number}: is no JSON: {error}: write one object a line") from None


def _day(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _disjoint(spans: Iterable[Span]) -> Iterator[Span]:
    """Of overlapping spans the first and longest: published corpora nest and repeat."""
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            yield span
            end = span.end


def attributions(row: Row) -> Iterator[Span | Range]:
    """PolNeAR: the sources of attributions, up to an apposition or a relative clause.

    There whoever wants, fears, supports or attacks something is a source too; only a cue that reports makes a CLAIMANT
    for sure. The others are unsure.
    """
    for attribution in row["attributions"]:
        cue = " ".join(row["text"][start:end] for start, end in attribution["cue"])
        reports = not cue or _REPORTS.search(cue.lower())
        for start, end in attribution["source"]:
            surface = row["text"][start:end]
            if not reports or len(attribution["source"]) > 1:
                yield start, end
            elif surface.lower() not in _FIRST_PERSON:
                cut = _RELATIVE.search(surface)
                yield from _trimmed(row["text"], start, start + cut.start() if cut else end, Tag.CLAIMANT)


def timexes(row: Row) -> Iterator[Span | Range]:
    """TimeML: TIMEX3 expressions that say when; sets and vague adverbs do not."""
    for timex in row["timex"]:
        surface = row["text"][timex["start"] : timex["end"]]
        if timex["type"] not in _FREQUENCY and surface.lower() not in _VAGUE:
            yield from _trimmed(row["text"], timex["start"], timex["end"], Tag.DATE)


def quantities(row: Row) -> Iterator[Span | Range]:
    """MeasEval: a range that holds modifier, number and unit, split into its QUANTITY and its UNIT."""
    for quantity in row["quantities"]:
        start, end, unit = quantity["start"], quantity["end"], quantity["unit"]
        surface = row["text"][start:end]
        at = surface.rfind(unit) if unit else -1
        if at > 0:
            yield from _trimmed(row["text"], start + at, start + at + len(unit), Tag.UNIT)
            surface = surface[:at]
        number = _NUMBER.search(surface)
        if number:
            yield from _trimmed(row["text"], start + number.start(), start + number.end(), Tag.QUANTITY)
        elif surface.strip().isalpha():
            yield from _trimmed(row["text"], start, start + len(surface), Tag.QUANTITY)


def _trimmed(text: str, start: int, end: int, tag: Tag) -> Iterator[Span]:
    """The span without blanks and commas at its ends, if anything is left."""
    surface = text[start:end]
    left = len(surface) - len(surface.lstrip(" \t\r\n\xa0,"))
    right = len(surface.rstrip(" \t\r\n\xa0,"))
    if left < right:
        yield Span(start + left, start + right, tag)


_READERS: dict[str, Callable[[Row], Iterator[Span | Range]]] = {
    "attributions": attributions,
    "timexes": timexes,
    "quantities": quantities,
}
