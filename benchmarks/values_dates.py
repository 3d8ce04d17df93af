"""Dates with their spans given: TIMEX3 values in TimeML corpora, and the days of our own annotation.

Every timex of a document is read in order, as the extractor reads the dates that it finds. A value counts as right
however it is written (``plain``).
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from claimex.fields import Json
from claimex.normalize.date_sequence import resolve_dates
from claimex.schema import Period, Range, Span, Tag, Unparsed

Days: TypeAlias = tuple[str | None, str | None]

_YEARS = {"E": 10, "C": 100, "L": 1000}


@dataclass(frozen=True, slots=True)
class DateReading:
    """What a reader makes of a date: the TIMEX3 value and the days, None where it does not say."""

    timex: str | None = None
    days: Days = (None, None)


@dataclass(frozen=True, slots=True)
class DatedText:
    """A document, the ranges of its dates in text order, and what some of them should give: a value, or days."""

    id: str
    text: str
    date: dt.date | None
    ranges: tuple[Range, ...]
    wanted: dict[Range, str | Days]

    def surfaces(self) -> Iterator[str]:
        """The expressions themselves."""
        return (self.text[start:end] for start, end in self.ranges)


def read_values(path: Path) -> list[DatedText]:
    """From ``timex`` (start, end, type, value): values of DATE and DURATION. TIME and SET are only read along."""
    return [
        _dated(
            row,
            row["timex"],
            {(t["start"], t["end"]): t["value"] for t in row["timex"] if t["type"] in ("DATE", "DURATION")},
        )
        for row in _rows(path)
    ]


def read_days(path: Path) -> list[DatedText]:
    """From spans and records: the days of each DATE that has any, by most of its records."""
    return _annotated(path, known=True)


def read_dayless(path: Path) -> list[DatedText]:
    """From spans and records: the DATEs whose days cannot be known, so that none should be given."""
    return _annotated(path, known=False)


def _annotated(path: Path, *, known: bool) -> list[DatedText]:
    return [
        _dated(
            row,
            [span for span in row["spans"] if span["tag"] == Tag.DATE],
            {extent: days for extent, days in _days_of(row["records"]).items() if (days[0] is not None) == known},
        )
        for row in _rows(path)
    ]


def _dated(row: Json, expressions: list[Json], wanted: Mapping[Range, str | Days]) -> DatedText:
    ranges = tuple(sorted((expression["start"], expression["end"]) for expression in expressions))
    date = dt.date.fromisoformat(row["date"]) if row["date"] else None
    return DatedText(row["id"], row["text"], date, ranges, dict(wanted))


def _days_of(records: list[Json]) -> dict[Range, Days]:
    votes: dict[Range, Counter[Days]] = {}
    for record in records:
        if record["date"]:
            start, end = record["date"]
            votes.setdefault((start, end), Counter())[record["start"], record["end"]] += 1
    return {extent: counts.most_common(1)[0][0] for extent, counts in votes.items()}


def _rows(path: Path) -> Iterator[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def ours(document: DatedText) -> list[DateReading]:
    """The dates as claimex reads them."""
    spans = [Span(start, end, Tag.DATE) for start, end in document.ranges]
    return [_reading(period) for period in resolve_dates(document.text, spans, document.date)]


def _reading(period: Period | Unparsed) -> DateReading:
    if isinstance(period, Unparsed):
        return DateReading()
    return DateReading(period.timex, (_iso(period.first), _iso(period.last)))


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


@dataclass(frozen=True, slots=True)
class Miss:
    """A date that was read wrong."""

    id: str
    surface: str
    wanted: str | Days
    got: str | Days | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of right answers among those that were wanted, and the wrong ones."""

    wanted: int
    misses: list[Miss]

    @property
    def share(self) -> float:
        """One where nothing was wanted."""
        return 1 - len(self.misses) / max(1, self.wanted)


def plain(value: str | Days | None) -> str | Days | None:
    """A TIMEX3 value in one of the ways in which the corpora write it: 1990 for 1990-XX-XX, 199 for 199X, 2000-W06 for
    2000-W6, P2000Y for P2L (millennia). Days stay as they are."""
    if not isinstance(value, str):
        return value
    if length := re.fullmatch(r"P(\d+)([ECL])", value):
        return f"P{int(length[1]) * _YEARS[length[2]]}Y"
    value = re.sub(r"-W(\d)(?!\d)", r"-W0\1", value)
    return re.sub(r"(?<=^\d{4})(?:-XX)+$|(?<=^\d{4}-\d{2})-XX$|(?<=^\d{3})X$|(?<=^\d{2})XX$", "", value)


def accuracy(documents: Sequence[DatedText], answers: Sequence[Sequence[DateReading]]) -> Accuracy:
    """Answers run along the ranges of each document."""
    score = Accuracy(sum(len(document.wanted) for document in documents), [])
    for document, readings in zip(documents, answers, strict=True):
        by_range = dict(zip(document.ranges, readings, strict=True))
        for (start, end), wanted in document.wanted.items():
            reading = by_range[start, end]
            got = reading.timex if isinstance(wanted, str) else reading.days
            if plain(got) != plain(wanted):
                score.misses.append(Miss(document.id, document.text[start:end], wanted, got))
    return score
