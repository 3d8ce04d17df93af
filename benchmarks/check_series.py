"""Claims against an official daily series: on which day near a claim did some series hold its figure?

usage: python -m benchmarks.check_series CLAIMS SERIES [--window DAYS] [--least FIGURE]

CLAIMS is what ``claimex extract`` wrote as JSON lines; SERIES a JSON array of one object a day, {"date": ISO day, and
by its name the total that each series has reached}. A figure is looked for among the totals, and among their rises from
the day before: on the document's own day, on the days that the claim's date covers, and a few around them. Printed are
the series that hold it on the nearest such day; "not found" says that none does on any.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claimex.fields import Json
from claimex.files import opened

LONGEST = 366  # days that a claim may cover; over a longer time nearly any figure turns up
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """A day on which a series held a figure, as "total" or as "rise" from the day before."""

    series: str
    day: dt.date
    verdict: str


class Series:
    """Totals by name and day."""

    def __init__(self, rows: Sequence[Json]) -> None:
        self.totals: dict[str, dict[dt.date, float]] = {}
        for row in rows:
            day = dt.date.fromisoformat(row["date"])
            for name, total in row.items():
                if isinstance(total, int | float):
                    self.totals.setdefault(name, {})[day] = total

    def find(self, value: float, days: Sequence[dt.date]) -> list[Found]:
        """All that holds ``value`` on the first of ``days`` on which anything does."""
        return next((found for day in days if (found := list(self._on(day, value)))), [])

    def _on(self, day: dt.date, value: float) -> Iterator[Found]:
        for name, totals in self.totals.items():
            if day not in totals:
                continue
            if totals[day] == value:
                yield Found(name, day, "total")
            if day - _DAY in totals and totals[day] - totals[day - _DAY] == value:
                yield Found(name, day, "rise")


def days_near(claim: Json, document: dt.date | None, window: int) -> list[dt.date]:
    """Days on which a claim's figure may stand in a series: those nearest to the document's own come first."""
    centres = {document} if document else set()
    date = claim["date"] or {}
    if date.get("from") and date.get("to"):
        first, last = dt.date.fromisoformat(date["from"]), dt.date.fromisoformat(date["to"])
        if (last - first).days < LONGEST:
            centres |= {first + n * _DAY for n in range((last - first).days + 1)}
    near = {centre + n * _DAY for centre in centres for n in range(-window, window + 1)}
    home = document or min(centres, default=None)
    return sorted(near, key=lambda day: (abs((day - home).days), day)) if home else []


def report(documents: Sequence[Json], series: Series, window: int, least: float) -> Iterator[tuple[str, str, str, str]]:
    """Claim, series, day and verdict, for every claim whose value is ``least`` or more."""
    for document in documents:
        own = dt.date.fromisoformat(document["date"]) if document["date"] else None
        for claim in document["claims"]:
            value = claim["quantity"]["value"]
            if value is None or value < least:
                continue
            unit = f" {claim['unit']['text']}" if claim["unit"] else ""
            label = f"{document['id']}: {claim['quantity']['text']}{unit}"
            found = series.find(value, days_near(claim, own, window))
            yield from ((label, hit.series, hit.day.isoformat(), hit.verdict) for hit in found)
            if not found:
                yield label, "-", "-", "not found"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("claims", type=Path)
    parser.add_argument("series", type=Path)
    parser.add_argument("--window", type=int, default=2, help="days looked at around each date (default 2)")
    parser.add_argument("--least", type=float, default=10, help="leave smaller figures out: they turn up by chance")
    arguments = parser.parse_args()
    try:
        with opened(arguments.claims) as lines:
            documents = [json.loads(line) for line in lines]
    except ValueError as error:
        parser.error(f"{arguments.claims}: no JSON lines ({error}): give what claimex extract --format jsonl writes")
    with opened(arguments.series) as handle:
        series = Series(json.load(handle))
    for claim, name, day, verdict in report(documents, series, arguments.window, arguments.least):
        print(f"{claim:64} {name:24} {day:10} {verdict}")


if __name__ == "__main__":
    main()
