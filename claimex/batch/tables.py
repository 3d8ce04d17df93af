"""Arrow tables in, Arrow tables out: the extractor as Ray Data, Spark and Polars call it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

import claimex
from claimex.batch.arrow import SCHEMA, table
from claimex.batch.sources import Columns, document_of_row
from claimex.batch.work import extractions
from claimex.checkpoint import Dtype
from claimex.output import encode_extraction
from claimex.schema import Extraction

TABLE_SCHEMA = SCHEMA.append(pa.field("error", pa.string()))
"""A row for each row of the input, in its order: what was found in it, or why nothing can be."""


class TableExtractor:
    """A table of documents to a table of the TABLE_SCHEMA. Loads the model once; pure from then on.

    ``model``, ``device``, ``dtype``: as ``claimex.load`` takes them. ``columns``: what the columns of the input are
    called; others are passed over. ``date``: the day of documents that have none. Raises ModelError as that does.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        columns: Columns = Columns(),  # noqa: B008 - immutable
        date: dt.date | None = None,
        device: str | None = None,
        dtype: Dtype | None = None,
    ) -> None:
        self.extractor = claimex.load(model, device=device, dtype=dtype)
        self.columns = columns
        self.date = date

    def __call__(self, documents: Any) -> Any:
        """The answer to one pyarrow.Table, another. Rows without an id are called by their number in it; one without a
        text gets an error."""
        given = documents.to_pylist()
        entries = [
            document_of_row(row, number, "row", self.columns, self.date) for number, row in enumerate(given, start=1)
        ]
        results = list(extractions(self.extractor, entries))
        rows = [
            encode_extraction(result) if isinstance(result, Extraction) else {"id": self._id(row)}
            for row, result in zip(given, results, strict=True)
        ]
        errors = [None if isinstance(result, Extraction) else str(result) for result in results]
        return table(rows).append_column(TABLE_SCHEMA.field("error"), pa.array(errors, pa.string()))

    def _id(self, row: dict[str, Any]) -> str | None:
        given = row.get(self.columns.id)
        return None if given is None else str(given)
