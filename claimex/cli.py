"""The command line: a thin shell over importable functions."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal

import typer

from claimex import cli_batch, cli_data, jsonl, table
from claimex.checkpoint import Dtype
from claimex.cli_common import PATIENCE, Day, Model, Precision, say
from claimex.errors import ClaimexError, InputError
from claimex.fields import Json
from claimex.files import write_lines
from claimex.formats.rows import encoded
from claimex.schema import Document, Example, Extraction, Tag
from claimex.score import score

Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="OUT", help="Write here, whole or not at all; .gz packs.")
]
Form = Annotated[
    Literal["auto", "table", "jsonl", "annotated"],
    typer.Option(
        "--format", help="auto: a table on a terminal, else JSON lines; annotated: for annotators to correct."
    ),
]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(cli_data.app)
app.add_typer(cli_batch.app)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 2 after an error (one line on stderr), 130 after Ctrl-C."""
    try:
        return app(argv, prog_name="claimex", standalone_mode=False) or 0
    except typer.TyperException as error:
        return _failed(error.format_message())
    except (ClaimexError, OSError) as error:
        return _failed(str(error))


def _failed(message: str) -> int:
    say(f"error: {message}")
    return 2


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"claimex {importlib.metadata.version('claimex')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Who claims what number of what, when: numeric claims out of news text."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def extract(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Text files, or JSON lines of id, date and text; .gz too; - reads a pipe."),
    ],
    date: Day = None,
    output: Output = None,
    form: Form = "auto",
    model: Model = None,
    dtype: Precision = None,
    on_error: Annotated[
        Literal["raise", "skip"], typer.Option(help="Stop at an input that cannot be read, or leave it out.")
    ] = "raise",
) -> None:
    """Extract the numeric claims of documents."""
    skipped: list[InputError] = []
    handle = skipped.append if on_error == "skip" else jsonl.raise_error
    documents = itertools.chain.from_iterable(jsonl.read_documents(f, date=date, on_error=handle) for f in files)
    _write(_extractions(documents, model, dtype), output, form)
    if skipped:
        say(f"inputs skipped: {len(skipped)}; the first: {skipped[0]}")


@app.command("link")
def link_files(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="JSON lines of id, date, text and spans (start, end, tag); .gz too."),
    ],
    output: Output = None,
    form: Form = "auto",
    model: Model = None,
    dtype: Precision = None,
) -> None:
    """Link spans that are given, by annotators or another tagger, to claims. The model reads, but does not tag."""
    examples = itertools.chain.from_iterable(map(jsonl.read_examples, files))
    _write(_linkings(examples, model, dtype), output, form)


def _write(extractions: Iterable[Extraction], output: str | None, form: str) -> None:
    on_terminal = output is None and sys.stdout.isatty()
    extractions = _with_progress(extractions, shown=sys.stderr.isatty() and not on_terminal)
    if form == "table" or (form == "auto" and on_terminal):
        lines = table.extraction_lines(extractions, colour=on_terminal)
    else:
        encode = _drafted if form == "annotated" else jsonl.encode_extraction
        lines = map(jsonl.to_line, map(encode, extractions))
    write_lines(output, lines)


def _drafted(extraction: Extraction) -> Json:
    """What ``convert`` and ``validate`` read, as if an annotator had found it."""
    return encoded(extraction.example)


def _extractions(documents: Iterator[Document], model: str | None, dtype: Dtype | None) -> Iterator[Extraction]:
    """The model loads once there is a first document: a mistyped file name is answered at once."""
    import claimex

    for first in documents:
        yield from claimex.load(model, dtype=dtype).extract(itertools.chain([first], documents))


def _linkings(examples: Iterator[Example], model: str | None, dtype: Dtype | None) -> Iterator[Extraction]:
    import claimex

    for first in examples:
        yield from claimex.load(model, dtype=dtype).link(itertools.chain([first], examples))


def _with_progress(extractions: Iterable[Extraction], *, shown: bool) -> Iterable[Extraction]:
    if not shown:
        return extractions
    from tqdm import tqdm

    return tqdm(extractions, unit=" documents", delay=PATIENCE, leave=False)


@app.command("score")
def score_files(
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="Annotated documents as JSON lines.")],
    predicted: Annotated[
        str, typer.Argument(metavar="PREDICTED", help="What extract, or another annotator, wrote for the same ids.")
    ],
    errors: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Print the first N wrong records too, below a table that is no JSON."),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Score extractions against annotated documents, or two annotators' work."""
    examples = list(jsonl.read_examples(gold))
    documents = {example.document.id: example.document for example in examples}
    found = {example.document.id: example for example in jsonl.read_predictions(predicted, documents)}
    scores = score((example, found.get(example.document.id) or _nothing(example)) for example in examples)
    lines = [json.dumps(scores.table(), indent=1)] if as_json else table.score_lines(scores.table())
    wrong = (f"{wrong.document}: {wrong.quantity!r}: {', '.join(wrong.faults)}" for wrong in scores.wrong[:errors])
    write_lines(None, itertools.chain(lines, () if as_json else wrong))
    if len(found) < len(documents):
        say(f"{len(documents) - len(found)} of {len(documents)} documents have no prediction")


def _nothing(example: Example) -> Example:
    return Example(example.document, (), frozenset(Tag))


if __name__ == "__main__":
    sys.exit(main())
