"""What leaves as JSON: extractions and annotated examples as plain objects."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal

from claimex.fields import Json
from claimex.schema import AnyMention, Claim, Example, Extraction, Range, Record, Tag, Unparsed

# Which attribute of a normalized value each key of the output holds.
QUANTITY = {"value": "value", "low": "low", "high": "high"}
UNIT = {"name": "name", "kind": "kind", "code": "code", "of": "of", "per": "per"}
PERIOD = {"timex": "timex", "grain": "grain", "from": "first", "to": "last"}
SOURCE = {"name": "name"}


def encode_extraction(extraction: Extraction) -> Json:
    """The output's form of an extraction, spans in text order, scores to four decimals.

    What was not understood keeps its range and text, has null for each key of its value, and a reason in "unparsed".
    """
    document = extraction.document
    mentions = sorted(extraction.mentions, key=lambda mention: mention.span.range)
    return {
        "id": document.id,
        "date": _plain(document.date),
        "spans": [
            {
                **_extent(mention.span.range),
                "tag": str(mention.span.tag),
                "text": mention.text,
                "score": _score(mention.span.score),
            }
            for mention in mentions
        ],
        "claims": [_encode_claim(claim) for claim in extraction.claims],
    }


def encode_example(example: Example) -> Json:
    """The form that ``read_examples`` reads. Scores of spans are left out."""
    document = example.document
    row: Json = {
        "id": document.id,
        "date": _plain(document.date),
        "text": document.text,
        "spans": [{**_extent(span.range), "tag": str(span.tag)} for span in example.spans],
        "records": [_encode_record(record) for record in example.records],
    }
    if example.annotated != frozenset(Tag):
        row["annotated"] = [str(tag) for tag in Tag if tag in example.annotated]
    if example.unsure:
        row["unsure"] = list(example.unsure)
    return row


def to_line(row: Json) -> str:
    """One line of JSON, without its newline; letters of every script stay as they are."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def _encode_claim(claim: Claim) -> Json:
    return {
        "quantity": _encode(claim.quantity, QUANTITY, modifier=str(claim.modifier)),
        "unit": _linked(claim, claim.unit, UNIT),
        "date": _linked(claim, claim.date, PERIOD),
        "claimant": _linked(claim, claim.claimant, SOURCE),
        "sentence": _extent(claim.sentence),
        "score": _score(claim.score),
    }


def _linked(claim: Claim, field: AnyMention | None, keys: Mapping[str, str]) -> Json | None:
    """A field that the text may leave open, with where it comes from; null where it is absent."""
    return None if field is None else _encode(field, keys, provenance=str(claim.provenance(field)))


def _encode(mention: AnyMention, keys: Mapping[str, str], **more: str) -> Json:
    value = mention.value
    if isinstance(value, Unparsed):
        fields, why = dict.fromkeys(keys), {"unparsed": value.reason}
    else:
        fields, why = {key: _plain(getattr(value, attribute)) for key, attribute in keys.items()}, {}
    return {
        **_extent(mention.span.range),
        "text": mention.text,
        **fields,
        **more,
        "score": _score(mention.span.score),
        **why,
    }


def _encode_record(record: Record) -> Json:
    is_range = record.value is None and record.low is not None and record.high is not None
    return {
        "quantity": record.quantity,
        "value": [_plain(record.low), _plain(record.high)] if is_range else _plain(record.value),
        "modifier": str(record.modifier),
        "unit": record.unit,
        "date": record.date,
        "start": _plain(record.first),
        "end": _plain(record.last),
        "claimant": record.claimant,
        "name": record.name,
    }


def _extent(extent: Range) -> Json:
    start, end = extent
    return {"start": start, "end": end}


def _score(score: float | None) -> float | None:
    return None if score is None else round(float(score), 4)


def _plain(value: Decimal | dt.date | str | None) -> int | float | str | None:
    """What JSON can hold: whole numbers stay exact, others become the nearest float; null beyond a float's range."""
    if isinstance(value, Decimal):
        if not value.is_finite() or value.adjusted() >= 308:
            return None
        whole = int(value)
        return whole if whole == value else float(value)
    return value.isoformat() if isinstance(value, dt.date) else value and str(value)
