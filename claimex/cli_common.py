"""What several commands share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from claimex.checkpoint import Dtype
from claimex.fields import parse_date

PATIENCE = 2.0  # seconds before a progress bar appears


def say(message: str) -> None:
    """One line on stderr, whatever is in the message."""
    typer.echo(f"claimex: {' '.join(message.split())}", err=True)


def day(value: str) -> dt.date:
    """An option's YYYY-MM-DD."""
    try:
        return parse_date(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Day = Annotated[
    dt.date | None,
    typer.Option("--date", parser=day, metavar="YYYY-MM-DD", help="The day that the texts are from, unless they say."),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="DIR_OR_ID", help="A weights directory or Hub id, not the released model."),
]
Precision = Annotated[
    Dtype | None,
    typer.Option("--dtype", help="What to compute in, else what is fastest here; float32 finds the same everywhere."),
]
