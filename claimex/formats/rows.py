"""What the formats have in common: each is a way to write the objects of our JSON lines (``jsonl.read_examples``).

A format shows text and spans in its own terms. All else that an object of ours holds (id, date, records, which tags
are annotated, unsure ranges) goes under one key, ``claimex``, where the format leaves room for what it does not know;
ranges there count in the unit of the file. A file without it has all tags annotated, unless told otherwise, and no
records.
"""

from __future__ import annotations

import dataclasses
import functools
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from claimex.errors import InputError
from claimex.fields import Json, as_list, as_object, as_string, optional, parse_object
from claimex.files import decode, display_name, opened
from claimex.formats.offsets import OffsetUnit, Ruler
from claimex.jsonl import encode_example, example_of, raise_error, stem_of
from claimex.schema import Document, Example, Range, Tag

KEY = "claimex"
RANGES = ("quantity", "unit", "date", "claimant")  # of a record

Parse: TypeAlias = Callable[[Json, "Options"], Json]


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How to read and write. ``offsets``: what the file counts; None for the unit of its format. ``texts``: for the one
    format without texts.

    ``annotated`` goes for documents that do not say it themselves. Faults go to ``on_error``: where that returns, the
    document at fault is left out.
    """

    offsets: OffsetUnit | None = None
    annotated: frozenset[Tag] = frozenset(Tag)
    texts: Mapping[str, Document] | None = None  # by id
    on_error: Callable[[InputError], None] = raise_error


def encoded(example: Example, unit: OffsetUnit | None = None) -> Json:
    """The object of our JSON lines, its ranges in ``unit`` (None for code points).

    Raises InputError for a number that a double does not hold exactly, or a vague one with ends: they would be lost.
    """
    row = encode_example(example)
    for record, written in zip(example.records, row["records"], strict=True):
        if _numbers(written["value"]) != (record.value, record.low, record.high):
            raise InputError(
                f"document {example.document.id!r}: value {record.value}, low {record.low}, high {record.high} "
                "of a record have no form in JSON: shorten them to 15 digits, and give both ends or none"
            )
    return moved(row, Ruler(example.document.text, unit).encode)


def _numbers(value: object) -> tuple[Decimal | None, ...]:
    """Value, low and high, as the reader will take them from what was written."""
    low, high = value if isinstance(value, list) else (value, value)
    ends = [None if end is None else Decimal(str(end)) for end in (low, high)]
    return None if isinstance(value, list) else ends[0], *ends


def rest(row: Json, hidden: Sequence[Json] = ()) -> Json:
    """What of an object a format does not show. ``hidden``: those of its spans that it cannot show either."""
    kept = {key: value for key, value in row.items() if key not in ("text", "spans")}
    return {**kept, "spans": hidden} if hidden else kept


def restored(shown: Json, kept: object, options: Options) -> Json:
    """The object of our JSON lines, with code points, from what a format shows and what it keeps of ``rest``.

    ``shown`` has the text, the spans, and an id if the file itself has one; its ranges, as those in ``kept``, are in
    ``options.offsets``. A span may have a ``surface``, which must be what stands there in the text, white space aside.
    """
    kept = as_object({} if kept is None else kept)
    text = as_string(shown.get("text"))
    spans = [*as_list(shown.get("spans"), "spans"), *as_list(kept.get("spans", []), "spans")]
    ruler = Ruler(text, options.offsets)
    row = moved({**shown, **kept, "text": text, "spans": spans}, ruler.decode)
    for span in row["spans"]:
        found, surface = text[span["start"] : span["end"]], span.get("surface")
        if surface is not None and _flat(as_string(surface)) != _flat(found):
            raise ValueError(
                f"{reprlib.repr(surface)} should stand where {reprlib.repr(found)} does: "
                f"the text has changed, or its offsets do not count {ruler.unit}s"
            )
    return completed(row, options)


def completed(row: Json, options: Options) -> Json:
    """An object of ours that says which tags are annotated, unless all are."""
    return row if options.annotated == frozenset(Tag) else {"annotated": sorted(options.annotated), **row}


def _flat(surface: str) -> str:
    """White space squeezed: some tools write a line break as a blank, some as a backslash and an n."""
    return " ".join(surface.replace("\\n", " ").split())


def moved(row: Json, move: Callable[[object], Range]) -> Json:
    """An object of our JSON lines with each range replaced by what ``move`` makes of it."""
    moved_keys: Json = {"spans": [_moved_span(as_object(span), move) for span in as_list(row.get("spans"), "spans")]}
    if "records" in row:
        records = map(as_object, as_list(row["records"], "records"))
        moved_keys["records"] = [
            {**record, **{key: optional(move, record.get(key)) for key in RANGES}} for record in records
        ]
    if "unsure" in row:
        moved_keys["unsure"] = [move(extent) for extent in as_list(row["unsure"], "unsure")]
    return {**row, **moved_keys}


def _moved_span(span: Json, move: Callable[[object], Range]) -> Json:
    start, end = move([span.get("start"), span.get("end")])
    return {**span, "start": start, "end": end}


def read_lines(path: str | Path, options: Options, parse: Parse) -> Iterator[Example]:
    """Yield the examples of a file of JSON objects, one a line: ``parse`` turns each into an object of our own."""

    def outcomes(lines: Iterable[bytes]) -> Iterator[Example | InputError]:
        for number, raw in enumerate(lines, start=1):
            if raw.strip():
                with_options = functools.partial(_parsed, raw, parse, options)
                yield outcome(path, f"{display_name(path)}:{number}", with_options, number)

    with opened(path) as lines:
        yield from accepted(outcomes(lines), options)


def _parsed(raw: bytes, parse: Parse, options: Options) -> Json:
    return parse(parse_object(decode(raw)), options)


def outcome(path: str | Path, where: str, row: Callable[[], Json], number: int) -> Example | InputError:
    """The example that an object of ours is, or what is wrong with it: a ValueError of ``row`` gets the place.

    A document without an id gets one from the name of its file and its number there.
    """
    try:
        return example_of(row(), number, stem=stem_of(path))
    except InputError as error:
        return error
    except ValueError as error:
        return InputError(f"{where}: {error}")


def accepted(outcomes: Iterable[Example | InputError], options: Options) -> Iterator[Example]:
    """The examples among the outcomes; errors go to ``options.on_error``."""
    for found in outcomes:
        if isinstance(found, InputError):
            options.on_error(found)
        else:
            yield found
