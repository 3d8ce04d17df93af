r"""The project's inline markup: annotated documents that a person reads and writes in any editor.

::

    == ferry-wire-01 2024-03-14
    At least [57|q1] [people|u1] drowned on [Monday|d1], [it|c1] said.
    --
    d1 2024-03-11
    c1 the coast guard
    q1 ge 57 u1 d1 c1

The text ends before ``--``; in it a literal ``[``, ``]``, ``|`` or ``\`` has a ``\`` before it, and so has a line that
starts with ``==`` or is exactly ``--``. The facts end at a blank line. Outside of texts ``#`` starts a comment.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from claimex.errors import InputError
from claimex.fields import parse_date
from claimex.files import decode, display_name, opened
from claimex.formats.markup_facts import fact_lines, read_records
from claimex.formats.markup_text import END_OF_TEXT, HEADER, TAGS, Lines, read_text, text_lines
from claimex.jsonl import raise_error
from claimex.schema import Document, Example, Range, Span, Tag

NO_DATE, COMMENT = "-", "#"
ID = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*")


@dataclass(slots=True)
class _Block:
    """The lines of one document, and what is wrong with it: line numbers and messages."""

    number: int  # of the header line
    header: str
    text: Lines = field(default_factory=list)
    facts: Lines = field(default_factory=list)
    faults: Lines = field(default_factory=list)


def read_markup(path: str | Path, *, on_error: Callable[[InputError], None] = raise_error) -> Iterator[Example]:
    """Yield the documents of a file, or of standard input for ``-``; every tag is annotated, every value exact.

    Spans and records come in text order. A record holds the days of its DATE and the name of its CLAIMANT; the ``d`` or
    ``c`` line of a span that no record uses is checked, then dropped, as an Example has no place for it.

    Each fault makes an InputError that names file, line and mend, which ``on_error`` gets: where that returns, the
    document is left out and the next one read.
    """
    place = display_name(path)
    with opened(path) as handle:
        raw = handle.read()
    try:
        lines = decode(raw).split("\n")
    except ValueError as error:
        return on_error(InputError(f"{place}: {error}"))
    seen: dict[str, int] = {}
    for block in _blocks(lines):
        example = _example(block, seen) if block.header else None
        for number, fault in sorted(block.faults):
            on_error(InputError(f"{place}:{number}: {fault}"))
        if example and not block.faults:
            yield example


def _blocks(lines: Iterable[str]) -> Iterator[_Block]:
    """Cut a file into documents. The first block has no header: it holds the faults of lines before any document."""
    block = _Block(0, "")
    section: Lines | None = None  # where the next line belongs
    for number, line in enumerate(lines, start=1):
        if line.startswith(HEADER):
            yield _closed(block, section)
            block = _Block(number, line)
            section = block.text
        elif section is block.text:
            if line == END_OF_TEXT:
                section = block.facts
            else:
                section.append((number, line))
        elif not line.strip():
            section = None
        elif line.startswith(COMMENT):
            pass
        elif section is None:
            block.faults.append((number, f"outside of a document: start one with {HEADER} ID DATE, a comment with #"))
        else:
            section.append((number, line))
    yield _closed(block, section)


def _closed(block: _Block, section: Lines | None) -> _Block:
    if section is block.text:
        fault = f"the document that starts here has no line {END_OF_TEXT}: add it between the text and its facts"
        block.faults.append((block.number, fault))
        block.text, block.facts = [], []  # whatever else is wrong in them comes from that
    return block


def _example(block: _Block, seen: dict[str, int]) -> Example:
    """The document as far as it can be read; the block gets its faults. ``seen`` has the line of each id so far."""
    identity, date = _head(block, seen)
    text, names = read_text(block.text, block.faults)
    above = block.number + len(block.text) + 1  # the line between text and facts
    records = read_records(block.facts, names, text, block.faults, above=above)
    spans = tuple(Span(*extent, TAGS[name[0]]) for name, extent in names.items())
    return Example(Document(identity, text, date), spans, frozenset(Tag), records)


def _head(block: _Block, seen: dict[str, int]) -> tuple[str, dt.date | None]:
    try:
        mark, identity, day = block.header.split(" ")
    except ValueError:
        mark = identity = day = ""
    date = None
    if mark != HEADER or not ID.fullmatch(identity):
        fault = f"no header: write {HEADER} ID DATE, with lower case letters, digits and hyphens in the ID"
        block.faults.append((block.number, fault))
    elif seen.setdefault(identity, block.number) != block.number:
        fault = f"the document of line {seen[identity]} has the id {identity} too: give each its own"
        block.faults.append((block.number, fault))
    elif day != NO_DATE:
        try:
            date = parse_date(day)
        except ValueError as error:
            block.faults.append((block.number, f"{error}, or {NO_DATE} for none"))
    return identity, date


def markup_lines(examples: Iterable[Example]) -> Iterator[str]:
    """Yield the lines, without newlines, that ``read_markup`` reads back as the same examples.

    Raises InputError, naming the document, for what has no place in the markup: tags that are not annotated, unsure
    ranges, records that are not one for each QUANTITY in text order, a span with two names or two stretches of days.
    """
    seen: set[str] = set()
    for example in examples:
        identity = example.document.id
        if seen:
            yield ""
        try:
            if identity in seen or not ID.fullmatch(identity):
                raise ValueError("an id here is unique and has lower case letters, digits and hyphens only")
            seen.add(identity)
            yield from _written(example)
        except ValueError as error:
            raise InputError(f"document {identity!r} does not fit the markup: {error}: choose another format") from None


def _written(example: Example) -> list[str]:
    document = example.document
    if example.annotated != frozenset(Tag):
        raise ValueError("not all tags are annotated")
    if example.unsure:
        raise ValueError("it has unsure ranges")
    names = _names(example.spans)
    lines = [
        f"{HEADER} {document.id} {document.date or NO_DATE}",
        *text_lines(document.text, names),
        END_OF_TEXT,
        *fact_lines(example, names),
    ]
    if any("\0" in line for line in lines):
        raise ValueError("it has a NUL character, which no text file holds")
    return lines


def _names(spans: Iterable[Span]) -> dict[Range, str]:
    """A name for each span, in text order."""
    kinds = {tag: kind for kind, tag in TAGS.items()}
    counts = dict.fromkeys(Tag, 0)
    names = {}
    for span in sorted(spans):
        counts[span.tag] += 1
        names[span.range] = f"{kinds[span.tag]}{counts[span.tag]}"
    return names
