"""How much annotation there is: documents, spans by tag, records, and what the records have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from claimex.schema import Example, Tag

DOCUMENTS, RECORDS = "documents", "records"
PARTS = {"with_unit": "unit", "with_date": "date", "with_claimant": "claimant"}  # of a record
WIDE = 1000  # characters: a table is as wide as it needs to be
COLUMNS = (DOCUMENTS, *(str(tag) for tag in Tag), RECORDS, *PARTS)


def count(examples: Iterable[Example]) -> dict[str, int]:
    """The number of each of ``COLUMNS``."""
    counts: Counter[str] = Counter()
    for example in examples:
        counts.update({DOCUMENTS: 1, RECORDS: len(example.records)})
        counts.update(str(span.tag) for span in example.spans)
        counts.update(
            column for record in example.records for column, part in PARTS.items() if getattr(record, part) is not None
        )
    return {column: counts[column] for column in COLUMNS}


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of counts."""
    rows = list(counts)
    return {column: sum(row[column] for row in rows) for column in COLUMNS}


def count_lines(rows: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield the lines of a table for people, with shares in place of the numbers of records that have a part."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text  # a cell that is a string would be markup

    table = Table("", *(column.replace("_", " ") for column in COLUMNS), box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, counts in rows.items():
        numbers = (f"{counts[column]:,}" for column in COLUMNS if column not in PARTS)
        shares = (f"{100 * counts[part] / counts[RECORDS]:.1f} %" if counts[RECORDS] else "" for part in PARTS)
        table.add_row(Text(name), *numbers, *shares)
    console = Console(width=WIDE)
    with console.capture() as captured:
        console.print(table)
    yield from filter(None, map(str.rstrip, captured.get().split("\n")))
