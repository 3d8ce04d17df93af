"""A batch job: shards dealt out to processes, and what is done kept in the directory alone."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from claimex import __version__
from claimex.batch import work
from claimex.batch.sources import Input
from claimex.batch.work import Shard, Written
from claimex.checkpoint import Dtype, directory_of, revision
from claimex.errors import InputError
from claimex.files import write_lines

MANIFEST = "job.json"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done. Documents ``per_shard`` at a time, counted within each source, become a shard.

    ``part`` of ``parts``, from 0: of several jobs over the same inputs into the same directory, which shards are this
    one's. ``form``: "parquet" or "jsonl". ``workers`` processes compute, each with so many ``threads``.
    """

    sources: list[Input]
    directory: Path
    form: str = "parquet"
    model: str | None = None
    dtype: Dtype | None = None
    per_shard: int = 1000
    part: int = 0
    parts: int = 1
    workers: int = 1
    threads: int = 1


@dataclass(slots=True)
class Tally:
    """What a run came to. ``found``: shards that were there before."""

    shards: int = 0
    found: int = 0
    documents: int = 0
    claims: int = 0
    errors: int = 0

    def add(self, written: Written) -> None:
        """One more shard."""
        self.shards += 1
        self.documents += written.documents
        self.claims += written.claims
        self.errors += written.errors


def run(job: Job, *, progress: Callable[[int, Tally], None] = lambda done, tally: None) -> Tally:
    """Writes every shard of the job that is not there yet.

    ``progress`` gets the bytes of input that are done with since it was last called. Raises InputError where the
    directory holds a job of other inputs or settings, or where a process died (of hunger for memory, as a rule), and
    ModelError where the weights cannot be read.
    """
    _keep_manifest(job)
    tally = Tally()
    context = multiprocessing.get_context("spawn")  # a fork would copy threads half-way, such as the bar's
    pool = ProcessPoolExecutor(
        job.workers,
        context,
        initializer=work.start,
        initargs=(job.model, job.dtype, job.directory, job.form, job.threads, context.Value("i", 0)),
    )
    try:
        _deal(job, pool, tally, progress)
    except BrokenProcessPool:
        raise InputError(
            "a process of the batch died, for want of memory as a rule: try fewer --workers or a smaller --per-shard; "
            "the same command goes on where this one stopped"
        ) from None
    except BaseException:
        for process in multiprocessing.active_children():  # what they are at is not worth waiting for
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return tally


def _deal(job: Job, pool: ProcessPoolExecutor, tally: Tally, progress: Callable[[int, Tally], None]) -> None:
    """Keeps every process busy and one shard for each in waiting: whatever the number of documents, few are held."""
    under_way: dict[Future[Written], int] = {}

    def collect(at_most: int) -> None:
        while len(under_way) > at_most:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                tally.add(future.result())
                progress(under_way.pop(future), tally)

    for piece in _pieces(job):
        if piece.shard is None:
            tally.found += piece.found
            progress(piece.size, tally)
        else:
            collect(2 * job.workers - 1)
            under_way[pool.submit(work.run, piece.shard)] = piece.size
    collect(0)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of input, in bytes, and the shard that is to be written from it, unless that is there or another's."""

    size: int
    shard: Shard | None = None
    found: int = 0


def _pieces(job: Job) -> Iterator[_Piece]:
    for source_number, source in enumerate(job.sources):
        entries = source.entries()
        before = 0
        for number, chunk in enumerate(iter(lambda: list(islice(entries, job.per_shard)), [])):  # noqa: B023
            size = chunk[-1][1] - before
            before += size
            name = f"part-{source_number:05d}-{number:05d}"
            if (source_number + number) % job.parts != job.part:
                yield _Piece(size)
            elif work.shard_path(job.directory, name, job.form).exists():
                yield _Piece(size, found=1)
            else:
                yield _Piece(size, Shard(name, [entry for entry, _ in chunk]))


def _keep_manifest(job: Job) -> None:
    """Says beside the shards what they are of. Raises InputError where they are of something else."""
    manifest = {
        "claimex": __version__,
        "model": revision(directory_of(job.model)),
        "dtype": job.dtype,
        "format": job.form,
        "documents per shard": job.per_shard,
        "inputs": [
            {
                "paths": [str(path) for path in source.paths],
                "bytes": source.size,
                "date": source.date and source.date.isoformat(),
                "columns": [source.columns.id, source.columns.date, source.columns.text],
            }
            for source in job.sources
        ],
    }
    path = job.directory / MANIFEST
    try:
        job.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{job.directory}: no directory to write to ({error.strerror}): name another") from None
    shards = any(job.directory.glob("part-*"))  # asked first: a job beside this one writes its manifest before them
    if path.exists():
        kept = _kept(path)
        changed = [key for key in manifest if kept.get(key) != manifest[key]]
        if changed:
            raise InputError(f"{path}: is of a job with other {' and '.join(changed)}: name another directory with -o")
    elif shards:
        raise InputError(f"{job.directory}: holds shards but no {MANIFEST}: name another directory with -o")
    else:
        write_lines(path, [json.dumps(manifest, indent=1)])


def _kept(path: Path) -> dict[str, object]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise InputError(f"{path}: is no job's: name another directory with -o")
    return kept
