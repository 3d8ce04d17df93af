"""The extractor over Arrow tables: a row for a row, whatever is in it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from claimex.batch.arrow import table
from claimex.batch.sources import Columns
from claimex.batch.tables import TABLE_SCHEMA, TableExtractor
from claimex.output import encode_extraction
from claimex.schema import Document


@pytest.fixture(scope="module")
def extractor(tiny_directory: Path) -> TableExtractor:
    columns = Columns(id="key", date="day", text="body")
    return TableExtractor(str(tiny_directory), columns=columns, date=dt.date(2024, 3, 14), device="cpu")


def test_a_row_for_a_row(extractor: TableExtractor) -> None:
    given = pa.table(
        {
            "key": [1, 2, None],
            "day": [dt.date(2024, 1, 5), None, None],
            "body": ["The police said 57 were hurt.", None, "On Tuesday 12 people were hurt."],
            "more": [0.5, None, 1],
        }
    )
    found = extractor(given)
    assert found.schema == TABLE_SCHEMA
    documents = [
        Document("1", "The police said 57 were hurt.", dt.date(2024, 1, 5)),
        Document("row:3", "On Tuesday 12 people were hurt.", dt.date(2024, 3, 14)),
    ]
    alone = table(map(encode_extraction, extractor.extractor.extract(documents)))
    assert found.take([0, 2]).drop_columns(["error"]).to_pylist() == alone.to_pylist()
    assert found["error"].to_pylist() == [None, 'row:2: no "text": add the text of the document', None]
    assert found["id"].to_pylist() == ["1", "2", "row:3"]


def test_no_rows(extractor: TableExtractor) -> None:
    assert extractor(pa.table({"body": pa.array([], pa.string())})).schema == TABLE_SCHEMA
