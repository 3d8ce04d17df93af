"""Extractions in columns: one Arrow schema for Parquet shards, Ray and Spark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from claimex.fields import Json

_EXTENT = [("start", pa.int64()), ("end", pa.int64())]
_MENTION = [*_EXTENT, ("text", pa.string())]
_SCORE = ("score", pa.float32())
_OUTCOME = [_SCORE, ("unparsed", pa.string())]
_LINKED = [("provenance", pa.string()), *_OUTCOME]
_NUMBERS = [(name, pa.float64()) for name in ("value", "low", "high")]
_UNIT = [(name, pa.string()) for name in ("name", "kind", "code", "of", "per")]
_PERIOD = [("timex", pa.string()), ("grain", pa.string()), ("from", pa.date32()), ("to", pa.date32())]

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("date", pa.date32()),
        ("spans", pa.list_(pa.struct([*_MENTION[:2], ("tag", pa.string()), _MENTION[2], _SCORE]))),
        (
            "claims",
            pa.list_(
                pa.struct(
                    [
                        ("quantity", pa.struct([*_MENTION, *_NUMBERS, ("modifier", pa.string()), *_OUTCOME])),
                        ("unit", pa.struct([*_MENTION, *_UNIT, *_LINKED])),
                        ("date", pa.struct([*_MENTION, *_PERIOD, *_LINKED])),
                        ("claimant", pa.struct([*_MENTION, ("name", pa.string()), *_LINKED])),
                        ("sentence", pa.struct(_EXTENT)),
                        _SCORE,
                    ]
                )
            ),
        ),
    ]
)
"""A row a document, with the fields of the JSON that extraction writes. Numbers are the nearest float64."""


def table(rows: Iterable[Json]) -> Any:
    """The objects that ``encode_extraction`` makes, as an Arrow table of the SCHEMA."""
    fitted = [{field.name: _fitted(row.get(field.name), field.type) for field in SCHEMA} for row in rows]
    return pa.Table.from_pylist(fitted, schema=SCHEMA)


def _fitted(value: Any, kind: Any) -> Any:
    """JSON's value as Arrow takes it: days as dates, and every number as a float where floats are asked for."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        given: Mapping[str, Any] = value
        return {field.name: _fitted(given.get(field.name), field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_fitted(item, kind.value_type) for item in value]
    if pa.types.is_date(kind):
        return dt.date.fromisoformat(value)
    return float(value) if pa.types.is_floating(kind) else value
