"""What one process of a batch does: load the model once, then turn the documents of shard after shard into a file."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any

from claimex.batch.sources import Entry
from claimex.checkpoint import Dtype
from claimex.errors import ClaimexError, InputError
from claimex.extract import Extractor
from claimex.files import arrow_module, replaced, write_lines
from claimex.jsonl import encode_extraction, to_line
from claimex.schema import Document, Extraction


@dataclass(frozen=True, slots=True)
class Shard:
    """The documents that become one file, in order, and the reasons why some of them cannot be read."""

    name: str  # without suffix
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Written:
    """What a shard came to."""

    documents: int
    claims: int
    errors: int


class Worker:
    """Writes shards into a directory. ``form`` is "parquet", "jsonl" or "jsonl.gz", the suffix of the shards too."""

    def __init__(self, extractor: Extractor, directory: Path, form: str) -> None:
        self.extractor = extractor
        self.directory = directory
        self.form = form

    def __call__(self, shard: Shard) -> Written:
        """Writes the shard, whole or not at all. Its errors file comes first: where a shard is, all of it is known."""
        results = list(extractions(self.extractor, shard.entries))
        rows = [encode_extraction(result) for result in results if isinstance(result, Extraction)]
        reasons = [str(result) for result in results if isinstance(result, InputError)]
        if reasons:
            write_lines(errors_path(self.directory, shard.name), (to_line({"error": reason}) for reason in reasons))
        path = shard_path(self.directory, shard.name, self.form)
        _write(path, rows)
        for leftover in self.directory.glob(f".{path.name}.*.part"):  # of a process that was killed at it
            leftover.unlink(missing_ok=True)
        return Written(len(rows), sum(len(row["claims"]) for row in rows), len(reasons))


def shard_path(directory: Path, name: str, form: str) -> Path:
    """Where a shard lies."""
    return directory / f"{name}.{form}"


def errors_path(directory: Path, name: str) -> Path:
    """Where the reasons lie why documents are missing in a shard, if any are."""
    return directory / f"errors-{name}.jsonl"


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    if path.suffix == ".parquet":
        from claimex.batch.arrow import table

        with replaced(path) as handle:
            arrow_module("pyarrow.parquet").write_table(table(rows), handle, compression="zstd")
    else:
        write_lines(path, map(to_line, rows))


def extractions(extractor: Extractor, entries: Sequence[Entry]) -> Iterator[Extraction | InputError]:
    """An extraction for every document, in order, or the reason why there is none.

    All documents go through the model together. Should one of them make that fail, each goes alone.
    """
    documents = [entry for entry in entries if isinstance(entry, Document)]
    found: Iterable[Extraction | InputError]
    try:
        found = list(extractor.extract(documents))
    except Exception:
        found = [_alone(extractor, document) for document in documents]
    answers = iter(found)
    for entry in entries:
        yield next(answers) if isinstance(entry, Document) else entry


def _alone(extractor: Extractor, document: Document) -> Extraction | InputError:
    try:
        [extraction] = extractor.extract([document])
    except InputError as error:
        return error
    except Exception as error:  # a fault of ours: the job goes on all the same, and the errors file tells
        return InputError(f"document {document.id}: {type(error).__name__}: {error}")
    return extraction


_worker: Callable[[Shard], Written]


def start(model: str | None, dtype: Dtype | None, directory: Path, form: str, threads: int, numbers: Any) -> None:
    """Prepares a process of the pool. ``numbers`` counts the processes, so that several GPUs are shared out."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    from claimex import tagger

    with numbers.get_lock():
        number = numbers.value
        numbers.value += 1
    devices = tagger.devices()
    try:
        device = devices[number % len(devices)]
        extractor = Extractor(tagger.load(model, device=device, threads=threads, dtype=dtype))
    except ClaimexError as error:  # raised here it would not reach the parent
        _worker = functools.partial(_refuse, error)
    else:
        _worker = Worker(extractor, directory, form)


def _refuse(error: ClaimexError, shard: Shard) -> Written:
    raise error


def _leave_with_parent() -> None:
    """A parent that was killed cannot stop its children, and without it nobody hands out work."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def run(shard: Shard) -> Written:
    """Writes a shard in a process that ``start`` has prepared."""
    return _worker(shard)
