"""Inputs of a batch: text files, JSON lines, CSV and Parquet, alone or in folders, as documents or reasons why not."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from claimex.errors import InputError
from claimex.fields import Json
from claimex.files import TO_UTF_8, arrow_module, opened, unpacked
from claimex.jsonl import JSON_LINES, attempt, document_of, parsed, read_documents, stem_of
from claimex.schema import Document

Entry: TypeAlias = Document | InputError
Place: TypeAlias = tuple[Entry, int]  # what was read, and how many bytes of the file lie behind it

CSV = (".csv", ".tsv")
PARQUET = (".parquet", ".pq")
TEXT = (".txt", ".text", ".md")
UNREADABLE = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of bytes that are no UTF-8
BATCH_ROWS = 256  # Parquet rows in memory at a time


class ColumnError(InputError):
    """A table has no column of the name asked for: a mistake in the command, not in one document."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of CSV and Parquet files are called."""

    id: str = "id"
    date: str = "date"
    text: str = "text"


@dataclass(frozen=True, slots=True)
class Input:
    """One file of many documents, or a group of text files with one document each."""

    paths: tuple[Path, ...]
    columns: Columns
    date: dt.date | None = None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.paths)

    def entries(self) -> Iterator[Place]:
        """Documents in order, or the reason why one is not there.

        Raises InputError where no document can be had at all, as when the text's column has another name.
        """
        done = 0
        for path in self.paths:
            for entry, position in _entries(path, self.columns, self.date):
                yield entry, done + position
            done += path.stat().st_size


def sources(inputs: Sequence[str], columns: Columns, date: dt.date | None, group: int) -> list[Input]:
    """The inputs in the order given, folders walked in the order of their names; up to ``group`` texts make one.

    In folders, files of other kinds are left out. Raises InputError for an input that does not exist or a folder
    without any file to read.
    """
    found: list[Input] = []
    texts: list[Path] = []
    for path in [path for name in inputs for path in _files(Path(name))]:
        if not is_table(path):
            texts.append(path)
            if len(texts) < group:
                continue
        if texts:
            found.append(Input(tuple(texts), columns, date))
            texts = []
        if is_table(path):
            found.append(Input((path,), columns, date))
    return [*found, Input(tuple(texts), columns, date)] if texts else found


def is_table(path: Path) -> bool:
    """Whether a file holds many documents, by its name."""
    return unpacked(path).suffix.lower() in (*JSON_LINES, *CSV, *PARQUET)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder: check the path")
    if not path.is_dir():
        return [path]
    walked = (Path(folder) / name for folder, _, names in os.walk(path) for name in names if not name.startswith("."))
    kept = sorted(file for file in walked if is_table(file) or unpacked(file).suffix.lower() in TEXT)
    if not kept:
        kinds = ", ".join((*TEXT, *JSON_LINES, *CSV, *PARQUET))
        raise InputError(f"{path}: a folder without any file to read: looked for {kinds}, also .gz and .zst")
    return kept


def _entries(path: Path, columns: Columns, date: dt.date | None) -> Iterator[Place]:
    suffix, size = unpacked(path).suffix.lower(), path.stat().st_size
    if suffix in PARQUET:
        yield from _parquet(path, columns, date)
    elif suffix in (*CSV, *JSON_LINES):
        reader = _csv if suffix in CSV else _json_lines
        try:
            with opened(path) as handle:
                for entry in reader(handle, path, columns, date):
                    yield entry, os.lseek(handle.fileno(), 0, os.SEEK_CUR)  # of the packed bytes, if it is packed
        except ColumnError:
            raise
        except InputError as error:  # the rest of a damaged file is lost, the job is not
            yield error, size
    else:
        faults: list[InputError] = []
        for document in read_documents(path, date=date, on_error=faults.append):
            yield document, size
        yield from ((fault, size) for fault in faults)


def _json_lines(handle: IO[bytes], path: Path, columns: Columns, date: dt.date | None) -> Iterator[Entry]:
    return parsed(handle, str(path), functools.partial(document_of, stem=stem_of(path), date=date))


def _csv(handle: IO[bytes], path: Path, columns: Columns, date: dt.date | None) -> Iterator[Entry]:
    csv.field_size_limit(2**31 - 1)
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(text, delimiter="\t" if unpacked(path).suffix.lower() == ".tsv" else ",", strict=True)
    try:
        header = next(rows, [])
        _check_columns(path, columns, header)
        for number, row in enumerate(rows, start=1):
            cells = dict(zip(header, row, strict=False))
            if any(map(UNREADABLE.search, row)):
                yield InputError(f"{path}:{number}: not UTF-8: {TO_UTF_8}")
            else:
                yield document_of_row(cells, number, path, columns, date)
    except csv.Error as error:
        raise InputError(f"{path}:{rows.line_num}: no CSV from here on ({error}): mend its quotes") from None
    finally:
        text.detach()  # the handle is its opener's to close


def _parquet(path: Path, columns: Columns, date: dt.date | None) -> Iterator[Place]:
    pq = arrow_module("pyarrow.parquet")
    size = path.stat().st_size
    try:
        file = pq.ParquetFile(path)
        _check_columns(path, columns, file.schema_arrow.names)
        wanted = [name for name in (columns.id, columns.date, columns.text) if name in file.schema_arrow.names]
        number, total = 0, file.metadata.num_rows
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=wanted):
            for row in batch.to_pylist():
                number += 1
                yield document_of_row(row, number, path, columns, date), size * number // total
    except ColumnError:
        raise
    except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
        yield InputError(f"{path}: damaged Parquet ({error}): write or fetch it again"), size


def _check_columns(path: Path, columns: Columns, header: Sequence[str]) -> None:
    usual = Columns()
    optional = {usual.id, usual.date}  # unless somebody named others
    for name in (columns.text, columns.id, columns.date):
        if name not in header and name not in optional:
            names = ", ".join(header) or "none"
            raise ColumnError(f"{path}: no column {name!r} among {names}: name it with --text-column and the like")


def document_of_row(row: Json, number: int, table: str | Path, columns: Columns, date: dt.date | None) -> Entry:
    """What a row of a table says; an empty cell of an id or a date is none."""
    cells = {"id": row.get(columns.id), "date": _day(row.get(columns.date)), "text": row.get(columns.text)}
    cells = {key: value for key, value in cells.items() if value is not None and (key == "text" or value != "")}
    return attempt(f"{table}:{number}", lambda: document_of(cells, number, stem=stem_of(table), date=date))


def _day(value: Any) -> Any:
    """The day of a date or of a point in time, as text; text as it is."""
    if isinstance(value, dt.datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else value
