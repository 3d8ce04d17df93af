"""What a person reads: extractions and scores as lines of text. Nothing here is meant to be parsed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from claimex.schema import (
    AnyMention,
    Claim,
    Extraction,
    Mention,
    Modifier,
    Period,
    Provenance,
    Quantity,
    Source,
    Tag,
    Unparsed,
)

if TYPE_CHECKING:
    from rich.console import Console

SIGNS = {
    Modifier.EQ: "",
    Modifier.APPROX: "~ ",
    Modifier.GT: "> ",
    Modifier.GE: "≥ ",
    Modifier.LT: "< ",
    Modifier.LE: "≤ ",
}
EVIDENCE_WIDTH = 80  # characters
NOUNS = {Tag.QUANTITY: "number", Tag.UNIT: "unit", Tag.DATE: "date", Tag.CLAIMANT: "claimant"}
WITHOUT_CLAIMANT, WITHOUT_DATE = "without claimant", "without date"


def extraction_lines(extractions: Iterable[Extraction], *, colour: bool) -> Iterator[str]:
    """Yield one table a document as it comes, then a closing line that counts what was not linked or not understood."""
    from rich.console import Console  # slow to import

    console = Console(force_terminal=colour, highlight=False)
    counts: Counter[str] = Counter()
    for extraction in extractions:
        counts.update(_counts(extraction))
        yield _document_table(extraction, console)
    yield _closing(counts)


def score_lines(table: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield the rows of ``Scores.table`` in columns, under their heads."""
    columns = list(dict.fromkeys(name for row in table.values() for name in row))
    yield f"{'':18}" + "".join(f"{name.replace('_', ' '):>12}" for name in columns)
    for name, row in table.items():
        yield f"{name:18}" + "".join(f"{_figure(row.get(column)):>12}" for column in columns)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _counts(extraction: Extraction) -> Iterator[str]:
    for claim in extraction.claims:
        yield "claim"
        if claim.claimant is None:
            yield WITHOUT_CLAIMANT
        if claim.date is None:
            yield WITHOUT_DATE
    for mention in extraction.mentions:
        if isinstance(mention.value, Unparsed):
            yield mention.span.tag


def _closing(counts: Counter[str]) -> str:
    unlinked = "; ".join(f"{counts[fault]} {fault}" for fault in (WITHOUT_CLAIMANT, WITHOUT_DATE))
    unparsed = ", ".join(_number_of(counts[tag], noun) for tag, noun in NOUNS.items())
    return f"{_number_of(counts['claim'], 'claim')}; {unlinked}; not understood: {unparsed}"


def _number_of(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _document_table(extraction: Extraction, console: Console) -> str:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = Text(_clean(extraction.document.id), style="bold")
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for heading in ("Quantity", "Date", "Claimant", "Score", "Evidence"):
        table.add_column(heading)
    for claim in extraction.claims:
        before, quantity, after = map(_clean, _evidence(claim, extraction.document.text))
        evidence = Text.assemble(before, (quantity, "bold"), after)  # Text, as brackets in a cell would be markup
        table.add_row(*(Text(_clean(cell)) for cell in _cells(claim)), evidence)
    with console.capture() as captured:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().rstrip().split("\n"))


def _cells(claim: Claim) -> tuple[str, str, str, str]:
    source = claim.claimant
    return (
        f"{SIGNS[claim.modifier]}{_amount(claim.quantity)} {claim.unit.text if claim.unit else ''}".rstrip(),
        _seen_from(claim, claim.date, _days(claim.date)),
        _seen_from(claim, source, _name(source)),
        "" if claim.score is None else f"{claim.score:.2f}",
    )


def _seen_from(claim: Claim, field: AnyMention | None, cell: str) -> str:
    """In brackets what another sentence says."""
    return f"({cell})" if claim.provenance(field) is Provenance.CARRIED else cell


def _name(source: Mention[Source] | None) -> str:
    if source is None:
        return ""
    return source.text if isinstance(source.value, Unparsed) else source.value.name


def _amount(quantity: Mention[Quantity]) -> str:
    """The number in digits; a range, a vague magnitude and what was not understood in the words of the text."""
    value = None if isinstance(quantity.value, Unparsed) else quantity.value.value
    return quantity.text if value is None else f"{value:,f}"


def _days(date: Mention[Period] | None) -> str:
    """The days covered, the expression itself where they are not known."""
    if date is None:
        return ""
    days: set[dt.date | None] = set() if isinstance(date.value, Unparsed) else {date.value.first, date.value.last}
    return " – ".join(sorted(str(day) for day in days if day is not None)) or date.text


def _evidence(claim: Claim, text: str) -> tuple[str, str, str]:
    """The sentence before, in and after the quantity, cut to a window around it if long."""
    (first, last), (start, end) = claim.sentence, claim.quantity.span.range
    low = max(first, min(start - EVIDENCE_WIDTH // 3, last - EVIDENCE_WIDTH))
    high = min(last, low + EVIDENCE_WIDTH)
    before = ("…" if low > first else "") + text[low:start]
    return before, text[start:end], text[end:high] + ("…" if high < last else "")


def _clean(text: str) -> str:
    """Text for a terminal: line breaks become spaces, and control characters that could steer it do too."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
