"""The command for many documents: a thin shell over ``claimex.batch``."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from claimex.batch.job import Job, Tally, run
from claimex.batch.sources import Columns, Input, sources
from claimex.cli_common import PATIENCE, Day, Model, Precision, say
from claimex.cores import cores
from claimex.files import arrow_module

app = typer.Typer()
NAMES = Columns()


def _part(value: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", value)
    part, parts = map(int, found.groups()) if found else (0, 0)
    if not 1 <= part <= parts:
        raise typer.BadParameter(f"--shard {value!r}: write I/N with 1 <= I <= N, such as 3/10")
    return part - 1, parts


def _column(name: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(
        f"--{name}-column", metavar="NAME", help=f"The column of CSV or Parquet that holds the {name}."
    )
    return info


@app.command()
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT", help="Text files, JSON lines, CSV, Parquet, also .gz and .zst, or folders of them."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The directory of the shards; made if need be.")
    ],
    date: Day = None,
    form: Annotated[
        Literal["parquet", "jsonl", "jsonl.gz"], typer.Option("--format", help="What the shards are.")
    ] = "parquet",
    per_shard: Annotated[int, typer.Option(min=1, metavar="N", help="Documents in a shard.")] = 1000,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes, each with the model; by default one a core.")
    ] = None,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="This is job I of N over the same inputs into the same DIR.")
    ] = "1/1",
    id_column: Annotated[str, _column("id")] = NAMES.id,
    date_column: Annotated[str, _column("date")] = NAMES.date,
    text_column: Annotated[str, _column("text")] = NAMES.text,
    model: Model = None,
    dtype: Precision = None,
) -> None:
    """Extract the claims of very many documents into shards; run again after a stop, it goes on where it was.

    Shards are whole or absent. A document that cannot be read is named, with the reason, in an errors file beside its
    shard.
    """
    arrow_module("pyarrow")  # asked for before any work
    part, parts = _part(shard)
    found = sources(inputs, Columns(id_column, date_column, text_column), date, per_shard)
    count = workers or cores()
    job = Job(found, output, form, model, dtype, per_shard, part, parts, count, max(1, cores() // count))
    began = time.monotonic()
    with _bar(found) as progress:
        tally = run(job, progress=progress)
    _report(tally, output, time.monotonic() - began)


def _report(tally: Tally, output: Path, seconds: float) -> None:
    before = f" ({tally.found:,} more were there before)" if tally.found else ""
    say(
        f"{tally.shards:,} shards written{before}: {tally.documents:,} documents, {tally.claims:,} claims, "
        f"{tally.documents / seconds:,.1f} documents a second"
    )
    if tally.errors:
        say(f"documents that could not be read: {tally.errors:,}; {output}/errors-*.jsonl say why")


@contextmanager
def _bar(found: list[Input]) -> Iterator[Callable[[int, Tally], None]]:
    """A bar over the bytes of the inputs: how many documents lie in them, nobody knows before they are read."""
    from tqdm import tqdm

    total = sum(source.size for source in found)
    hidden = not sys.stderr.isatty()
    with tqdm(total=total, unit="B", unit_scale=True, delay=PATIENCE, leave=False, disable=hidden) as bar:
        began = time.monotonic()

        def progress(size: int, tally: Tally) -> None:
            rate = tally.documents / (time.monotonic() - began)
            bar.set_postfix_str(f"{tally.documents:,} documents, {rate:,.1f}/s, {tally.errors:,} errors", refresh=False)
            bar.update(size)

        yield progress
