"""What is wrong with a file of annotated documents, and what is odd: records that do not fit the spans."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from claimex.errors import InputError
from claimex.formats.counts import COLUMNS, count
from claimex.formats.registry import Format
from claimex.formats.rows import Options
from claimex.schema import Example, Range, Record, Tag


@dataclasses.dataclass(frozen=True, slots=True)
class Review:
    """How much a file holds (see ``count``), its faults and its oddities, each a line that says where."""

    counts: dict[str, int]
    faults: list[str]
    warnings: list[str]

    @property
    def summary(self) -> str:
        """One line of numbers."""
        counted = [f"{self.counts[column]} {column.replace('_', ' ')}" for column in COLUMNS]
        return f"{', '.join(counted)}; {len(self.faults)} faults, {len(self.warnings)} warnings"


def review(path: str | Path, form: Format, options: Options, seen: dict[str, str]) -> Review:
    """Read all of a file, faults and all. ``seen`` has the file of each id so far, and gets those of this one."""
    found = Review({}, [], [])

    def examples() -> Iterator[Example]:
        handling = dataclasses.replace(options, on_error=lambda error: found.faults.append(str(error)))
        try:
            for example in form.read(path, handling):
                where = f"{path}: document {example.document.id!r}"
                if example.document.id in seen:
                    found.faults.append(f"{where}: {seen[example.document.id]} has one of this id: give each its own")
                seen[example.document.id] = str(path)
                found.warnings.extend(f"{where}: {oddity}" for oddity in misfits(example))
                yield example
        except InputError as error:
            found.faults.append(str(error))

    found.counts.update(count(examples()))
    return found


def misfits(example: Example) -> Iterator[str]:
    """Yield a line for each record that does not fit the spans, and for QUANTITY spans without one."""
    tags = {span.range: span.tag for span in example.spans}
    quantities = [span.range for span in example.spans if span.tag == Tag.QUANTITY]
    claimed: set[Range] = set()
    for record in example.records:
        name = f"the record of {_quoted(example, record.quantity)}"
        for extent, tag in _parts(record):
            if tags.get(extent) != tag:
                yield f"{name}: {_quoted(example, extent)} is no {tag} span"
        if record.quantity in claimed:
            yield f"{name}: there are two of them"
        if record.date is None and (record.first or record.last):
            yield f"{name}: it has days, but no date"
        if record.first and record.last and record.last < record.first:
            yield f"{name}: its last day comes before its first"
        if record.claimant is None and record.name:
            yield f"{name}: it has a name, but no claimant"
        claimed.add(record.quantity)
    if quantities and not example.records:
        yield f"no records, {len(quantities)} QUANTITY spans"
    else:
        yield from (f"no record of {_quoted(example, extent)}" for extent in quantities if extent not in claimed)


def _parts(record: Record) -> Iterator[tuple[Range, Tag]]:
    yield record.quantity, Tag.QUANTITY
    for extent, tag in ((record.unit, Tag.UNIT), (record.date, Tag.DATE), (record.claimant, Tag.CLAIMANT)):
        if extent is not None:
            yield extent, tag


def _quoted(example: Example, extent: Range) -> str:
    start, end = extent
    return f"{example.document.text[start:end]!r} [{start}, {end})"
