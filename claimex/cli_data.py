"""The commands about annotated documents: convert, validate, stats."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Annotated

import typer

from claimex.errors import InputError
from claimex.files import write_lines
from claimex.formats.checks import Review, review
from claimex.formats.counts import count, count_lines, total
from claimex.formats.offsets import OffsetUnit
from claimex.formats.registry import FORMATS, format_of
from claimex.formats.rows import Options
from claimex.formats.standoff import read_texts
from claimex.schema import Tag

NAMES = ", ".join(FORMATS)
UNITS = ", ".join(f"{form.name} {form.offsets}" for form in FORMATS.values() if form.offsets)

app = typer.Typer()


def _tags(value: str) -> frozenset[Tag]:
    try:
        return frozenset(map(Tag, value.split(",")))
    except ValueError:
        raise typer.BadParameter(f"{value!r}: write some of {','.join(Tag)}, with commas between") from None


Files = Annotated[
    list[str], typer.Argument(metavar="FILE", help="Annotated documents; .gz too; a directory of brat's.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="FORMAT", help=f"Where the name does not tell it: {NAMES}.")
]
To = Annotated[str | None, typer.Option("--to", metavar="FORMAT", help="The same for OUT.")]
Offsets = Annotated[OffsetUnit | None, typer.Option(help=f"What the other tool's offsets count, if not this: {UNITS}.")]
Tags = Annotated[
    frozenset[Tag] | None,
    typer.Option(
        parser=_tags, metavar="TAG,...", help="What is annotated in documents that do not say; else all tags."
    ),
]
Texts = Annotated[str | None, typer.Option(metavar="FILE", help="JSON lines with the texts that standoff leaves out.")]


def _options(tags: frozenset[Tag] | None, texts: str | None, offsets: OffsetUnit | None = None) -> Options:
    return Options(offsets, tags or frozenset(Tag), read_texts(texts) if texts else None)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="Annotated documents; .gz too; a directory of brat's.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="Written whole or not at all; .gz packs; - is a pipe.")],
    source_format: From = None,
    target_format: To = None,
    offsets: Offsets = None,
    tags: Tags = None,
    texts: Texts = None,
) -> None:
    """Convert annotated documents from one format to another, so that a round trip loses nothing.

    Only standoff, which holds no text, loses names of claimants that do not stand in it letter by letter."""
    forms = format_of(source, source_format), format_of(target, target_format)
    if offsets and sum(form.offsets is not None for form in forms) != 1:
        raise InputError(f"--offsets is for one of IN and OUT ({UNITS}): convert by way of jsonl")
    options = _options(tags, texts)
    reading, writing = (dataclasses.replace(options, offsets=offsets if form.offsets else None) for form in forms)
    forms[1].write(target, forms[0].read(source, reading), writing)


@app.command()
def validate(
    files: Files,
    source_format: From = None,
    offsets: Offsets = None,
    tags: Tags = None,
    texts: Texts = None,
) -> None:
    """Name every fault of annotated documents, one a line, and warn of records that do not fit the spans."""
    options = _options(tags, texts, offsets)
    seen: dict[str, str] = {}
    reviews = {file: review(file, format_of(file, source_format), options, seen) for file in files}
    write_lines(None, (line for file, found in reviews.items() for line in _report(file, found)))
    if any(found.faults for found in reviews.values()):
        raise typer.Exit(2)


def _report(file: str, found: Review) -> Iterator[str]:
    yield from (f"fault: {fault}" for fault in found.faults)
    yield from (f"warning: {warning}" for warning in found.warnings)
    yield f"{file}: {found.summary}"


@app.command()
def stats(
    files: Files,
    source_format: From = None,
    offsets: Offsets = None,
    tags: Tags = None,
    texts: Texts = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON, without shares.")] = False,
) -> None:
    """Count documents, spans by tag, records, and how many records have a unit, a date, a claimant."""
    options = _options(tags, texts, offsets)
    rows = {file: count(format_of(file, source_format).read(file, options)) for file in files}
    everything = total(rows.values())
    if as_json:
        lines = iter([json.dumps({"files": rows, "total": everything}, indent=1)])
    else:
        lines = count_lines({**rows, "total": everything} if len(rows) > 1 else rows)
    write_lines(None, lines)
