"""``python -m training fit|export``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from claimex.errors import ClaimexError
from training.config import data_directory, read_config

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def fit(
    config: Path,
    data: Annotated[Path | None, typer.Option(help="Directory with the corpora; else CLAIMEX_DATA.")] = None,
    output: Annotated[str, typer.Option(help="Where to write, instead of the config's own place.")] = "",
) -> None:
    """Train what CONFIG describes; a killed run goes on where it was."""
    import dataclasses

    from training import fit as job

    read = read_config(config)
    if output:
        read = dataclasses.replace(read, output=output)
    typer.echo(job.fit(read, config, data_directory(data)))


@app.command()
def export(checkpoint: Path, directory: Path = Path("claimex/weights")) -> None:
    """Write CHECKPOINT as released weights: half precision, two shards."""
    from training.export import export as write

    write(checkpoint, directory)


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
