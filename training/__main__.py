"""``python -m training fit|plot|evaluate|export|calibrate|card``."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Annotated

import typer

from claimex.errors import ClaimexError
from training.config import CORPORA, corpus_named, read_config, read_corpora
from training.corpora import read_corpus

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

WEIGHTS = Path("claimex/weights")  # of this checkout

Data = Annotated[Path | None, typer.Option(help="Directory with the corpora; else CLAIMEX_DATA.")]
Corpora = Annotated[Path, typer.Option(help="The file that names corpora.")]
Name = Annotated[str, typer.Option("--corpus", help="By its name there.")]


@app.command()
def fit(
    config: Path,
    data: Data = None,
    output: Annotated[str, typer.Option(help="Where to write, instead of the config's own place.")] = "",
) -> None:
    """Train what CONFIG describes; a killed run goes on where it was. Prints the checkpoint's directory."""
    read = read_config(config)
    from accelerate import PartialState  # type: ignore[import-untyped]

    from training.fit import fit as train  # takes seconds, so after what may be wrong

    checkpoint = train(dataclasses.replace(read, output=output) if output else read, config, data)
    if PartialState().is_main_process:
        typer.echo(checkpoint)
    PartialState().destroy_process_group()


@app.command()
def plot(
    log: Path,
    picture: Annotated[Path | None, typer.Option("--output", "-o", help="Else beside LOG, as a .png.")] = None,
) -> None:
    """Draw LOG, a job's log.jsonl, as fit does at its end: loss and F1 on dev by step. Prints where."""
    from training import plot as job

    picture = picture or log.with_suffix(".png")
    job.plot(log, picture)
    typer.echo(picture)


@app.command()
def evaluate(
    data: Data = None,
    model: Annotated[Path | None, typer.Option(help="A weights directory; else the released one.")] = None,
    corpora: Corpora = CORPORA,
    corpus: Name = "gold-dev",
    keep: Annotated[bool, typer.Option(help="Write the figures beside the weights, for the card.")] = False,
) -> None:
    """Score a model on an annotated corpus; intervals hold 95% of the figures of documents drawn anew."""
    from claimex.table import score_lines
    from training import evaluate as job

    examples = read_corpus(corpus_named(corpus, read_corpora(corpora), corpora), data)
    tables = job.evaluate(model, examples)
    if keep:
        job.keep(model or WEIGHTS, f"evaluation on {corpus}", tables)
    for line in score_lines(tables[job.ALL]):
        typer.echo(line)


@app.command()
def export(
    checkpoint: Path,
    directory: Annotated[Path, typer.Option(help="Where to; written anew.")] = WEIGHTS,
    log: Annotated[
        list[Path] | None, typer.Option(help="A log.jsonl of the jobs whose time the card states; may be repeated.")
    ] = None,
) -> None:
    """Write CHECKPOINT as released weights: half precision, two shards."""
    from training import evaluate as job
    from training.export import export as write

    write(checkpoint, directory)
    if log:
        job.keep(directory, "training", job.training_time(log))


@app.command()
def calibrate(
    data: Data = None,
    weights: Annotated[Path, typer.Option(help="Whose settings are written anew.")] = WEIGHTS,
    corpora: Corpora = CORPORA,
    corpus: Name = "gold-dev",
    diagram: Annotated[Path, typer.Option(help="Where to draw.")] = Path("docs/reliability.png"),
) -> None:
    """Fit what calibrates the scores of spans and links, store it in the weights, draw the reliability diagram."""
    examples = read_corpus(corpus_named(corpus, read_corpora(corpora), corpora), data)
    from claimex.tagger import load
    from training import calibrate as job
    from training.evaluate import keep

    job.store(weights, temperature=1.0, link_slope=1.0, link_intercept=0.0)
    tagger = load(weights)
    tagger.settings = dataclasses.replace(tagger.settings, threshold=0.0)  # improbable spans have much to tell
    figures = job.report(job.Calibration(tagger, examples)) | {"links": job.report_links(tagger, examples)}
    slope, intercept = figures["links"]["line"]
    job.store(weights, temperature=figures["temperature"], link_slope=slope, link_intercept=intercept)
    job.plot(figures, diagram)
    keep(weights, "calibration", figures)
    typer.echo(f"temperature {figures['temperature']}; expected calibration error, held out, and without temperature:")
    for name, error in figures["error"].items():
        typer.echo(f"{name:9} {error:.3f} {figures['error at temperature 1'][name]:.3f}")
    typer.echo(f"links     {figures['links']['error']:.3f} {figures['links']['error without']:.3f}")


@app.command()
def card(
    weights: Annotated[Path, typer.Option(help="Which model.")] = WEIGHTS,
    output: Annotated[Path, typer.Option(help="Where to write.")] = Path("model_card.md"),
) -> None:
    """Render the model card from what was measured."""
    from training.card import render

    output.write_text(render(weights, read_corpora(CORPORA)), encoding="utf-8")


def main() -> None:
    """Errors that we raise on purpose are one line and exit status 2."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    try:
        app()
    except ClaimexError as error:
        typer.echo(f"training: error: {error}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
