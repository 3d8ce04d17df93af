"""The one codec: documents, annotated examples and extractions, one JSON object a line."""

from __future__ import annotations

import codecs
import datetime as dt
import functools
import itertools
import os
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

from claimex.errors import InputError
from claimex.fields import (
    Json,
    as_list,
    as_member,
    as_number,
    as_object,
    as_range,
    as_string,
    optional,
    parse_date,
    parse_object,
)
from claimex.files import PIPE, decode, display_name, opened, unpacked
from claimex.output import encode_example, encode_extraction, to_line
from claimex.schema import (
    Document,
    Example,
    Modifier,
    Range,
    Record,
    Span,
    Tag,
)

__all__ = [
    "encode_example",
    "encode_extraction",
    "raise_error",
    "read_documents",
    "read_examples",
    "read_predictions",
    "to_line",
]

T = TypeVar("T")

JSON_LINES = (".jsonl", ".ndjson", ".json")


def raise_error(error: InputError) -> NoReturn:
    """What to do about a fault unless told otherwise."""
    raise error


def read_documents(
    path: str | Path, *, date: dt.date | None = None, on_error: Callable[[InputError], None] = raise_error
) -> Iterator[Document]:
    """Yield the documents of a file, or of standard input for ``-``.

    A ``.jsonl`` (``.ndjson``, ``.json``) file holds ``{"id", "date", "text"}`` objects, read line by line; other keys
    are ignored, a missing id becomes ``<stem>:<line>``, a line's own date goes before ``date``. Any other file is one
    document, its stem the id. Standard input is JSON lines if it begins with ``{``. Names may end in ``.gz`` or
    ``.zst``.

    A file or line that cannot be read makes an InputError, which ``on_error`` gets: where that returns, the file or
    line is left out.
    """
    for document in _documents(path, date):
        if isinstance(document, InputError):
            on_error(document)
        else:
            yield document


def read_examples(path: str | Path) -> Iterator[Example]:
    """Yield annotated documents: the objects of ``read_documents`` with

    ``"spans": [{"start", "end", "tag"}]`` and, where claims are annotated, ``"records": [{"quantity": [start, end],
    "value": number | [low, high] | null, "modifier", "unit": [start, end] | null, "date": [start, end] | null,
    "start", "end", "claimant": [start, end] | null, "name"}]``, with ``"annotated": [tag]`` unless all tags are, and
    ``"unsure": [[start, end]]`` if there are such ranges.

    Raises InputError for a file or line that cannot be read so.
    """
    return _rows(path, functools.partial(example_of, stem=stem_of(path)))


def read_predictions(path: str | Path, gold: Mapping[str, Document]) -> Iterator[Example]:
    """Yield what was predicted for the documents in ``gold``, by id, with the claims as records.

    Lines are extractions as ``encode_extraction`` makes them; ``id``, ``spans`` and, in ``claims``, the ranges, values
    and names are enough. What another annotator wrote, with ``records``, will do, too. Lines of other documents are
    passed over. Raises InputError as ``read_examples`` does.
    """
    examples = _rows(path, functools.partial(_predicted, stem=stem_of(path), gold=gold))
    return (example for example in examples if example is not None)


def _rows(path: str | Path, parse: Callable[[Json, int], T]) -> Iterator[T]:
    with opened(path) as lines:
        for row in parsed(lines, display_name(path), parse):
            if isinstance(row, InputError):
                raise row
            yield row


def _documents(path: str | Path, date: dt.date | None) -> Iterator[Document | InputError]:
    """Errors come as values: a generator that has raised one could not go on with the next line."""
    name, stem = display_name(path), stem_of(path)
    try:
        with opened(path) as handle:
            is_json_lines, lines = _sniffed(path, handle)
            if is_json_lines:
                yield from parsed(lines, name, functools.partial(document_of, stem=stem, date=date))
            else:
                yield attempt(name, lambda: Document(stem, decode(b"".join(lines)), date))
    except InputError as error:
        yield error


def _sniffed(path: str | Path, handle: Iterable[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether JSON lines follow: by the name of a file, by the first line of standard input that is not blank."""
    lines = iter(handle)
    if str(path) != PIPE:
        return unpacked(path).suffix.lower() in JSON_LINES, lines
    head = []
    for raw in lines:
        head.append(raw)
        if raw.strip():
            break
    start = b"".join(head).removeprefix(codecs.BOM_UTF8).lstrip()
    return start.startswith(b"{"), itertools.chain(head, lines)


def stem_of(path: str | Path) -> str:
    """A file's name without its suffixes; what a file system allows beyond UTF-8 is replaced."""
    return os.fsencode(unpacked(display_name(path)).stem).decode("utf-8", "replace")


def parsed(lines: Iterable[bytes], name: str, parse: Callable[[Json, int], T]) -> Iterator[T | InputError]:
    """``parse(object, line number)`` for each line that is not blank, or the error that names file and line."""
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            yield attempt(f"{name}:{number}", lambda: parse(parse_object(decode(raw)), number))  # noqa: B023


def attempt(where: str, parse: Callable[[], T]) -> T | InputError:
    """What ``parse`` returns, or an InputError with the place for the ValueError that it raises."""
    try:
        return parse()
    except ValueError as error:
        return InputError(f"{where}: {error}")


# From here on faults are ValueErrors; attempt adds the place.


def document_of(row: Json, number: int, *, stem: str, date: dt.date | None = None) -> Document:
    """The document of an object, as ``read_documents`` says. Raises ValueError."""
    if "text" not in row:
        raise ValueError('no "text": add the text of the document')
    own_date = optional(parse_date, row.get("date"))
    return Document(_identity(row, number, stem), as_string(row["text"]), own_date or date)


def _identity(row: Json, number: int, stem: str) -> str:
    """Numbers serve as ids too, and become strings."""
    match row.get("id"):
        case None:
            return f"{stem}:{number}"
        case int() as identity if not isinstance(identity, bool):
            return str(identity)
        case identity:
            return as_string(identity)


def example_of(row: Json, number: int, *, stem: str) -> Example:
    """The example that the object on line ``number`` describes, as ``read_examples`` says. Raises ValueError."""
    document = document_of(row, number, stem=stem)
    annotated = frozenset(as_member(Tag, tag) for tag in as_list(row.get("annotated", list(Tag)), "annotated"))
    return _example(document, row, annotated, as_list(row.get("records", []), "records"), _record)


def _predicted(row: Json, number: int, *, stem: str, gold: Mapping[str, Document]) -> Example | None:
    document = gold.get(_identity(row, number, stem))
    if document is None:
        return None
    if "records" in row and "claims" not in row:
        return example_of({**row, "text": document.text}, number, stem=stem)
    return _example(document, row, frozenset(Tag), as_list(row.get("claims"), "claims"), _claimed)


def _example(
    document: Document,
    row: Json,
    annotated: frozenset[Tag],
    records: list[object],
    parse: Callable[[Json, Callable[[object], Range]], Record],
) -> Example:
    within = functools.partial(as_range, size=len(document.text))
    try:
        spans = [
            Span(*within(span), as_member(Tag, as_object(span).get("tag")))
            for span in as_list(row.get("spans"), "spans")
        ]
        parsed = tuple(parse(as_object(record), within) for record in records)
        unsure = tuple(within(extent) for extent in as_list(row.get("unsure", []), "unsure"))
        return Example(document, tuple(sorted(spans)), annotated, parsed, unsure)
    except ValueError as error:
        raise ValueError(f"document {reprlib.repr(document.id)}: {error}") from None


def _record(row: Json, within: Callable[[object], Range]) -> Record:
    """An annotator's record."""
    value = row.get("value")
    low, high = value if isinstance(value, list) and len(value) == 2 else (value, value)
    return Record(
        quantity=within(row.get("quantity")),
        value=None if isinstance(value, list) else as_number(value),
        low=as_number(low),
        high=as_number(high),
        modifier=as_member(Modifier, row.get("modifier", Modifier.EQ)),
        unit=optional(within, row.get("unit")),
        date=optional(within, row.get("date")),
        first=optional(parse_date, row.get("start")),
        last=optional(parse_date, row.get("end")),
        claimant=optional(within, row.get("claimant")),
        name=optional(as_string, row.get("name")),
    )


def _claimed(row: Json, within: Callable[[object], Range]) -> Record:
    """What a claim of the output says, as a record."""
    quantity, date, claimant = (as_object(row.get(key) or {}) for key in ("quantity", "date", "claimant"))
    return Record(
        quantity=within(quantity),
        value=as_number(quantity.get("value")),
        low=as_number(quantity.get("low")),
        high=as_number(quantity.get("high")),
        modifier=as_member(Modifier, quantity.get("modifier", Modifier.EQ)),
        unit=optional(within, row.get("unit")),
        date=optional(within, row.get("date")),
        first=optional(parse_date, date.get("from")),
        last=optional(parse_date, date.get("to")),
        claimant=optional(within, row.get("claimant")),
        name=optional(as_string, claimant.get("name")),
    )
