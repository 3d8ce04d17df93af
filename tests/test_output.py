"""The form in which extractions leave, and how they come back as predictions."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.errors import InputError
from claimex.files import write_lines
from claimex.jsonl import (
    encode_extraction,
    read_predictions,
    to_line,
)
from claimex.schema import (
    AnyMention,
    Claim,
    Document,
    Extraction,
    Grain,
    Mention,
    Modifier,
    Period,
    Provenance,
    Quantity,
    Record,
    Source,
    Span,
    Tag,
    Unit,
    UnitKind,
    Unparsed,
    V,
)

DAY = dt.date(2031, 5, 6)
TEXT = "The mayor 🙂 said about 1,200 goats fled on Tuesday, and umpteen sheep."


def write(path: Path, content: str | bytes) -> Path:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def span(text: str, surface: str, tag: Tag, score: float | None = None) -> Span:
    start = text.index(surface)
    return Span(start, start + len(surface), tag, score)


def mention(surface: str, tag: Tag, value: V | Unparsed, score: float | None = None) -> Mention[V]:
    return Mention(span(TEXT, surface, tag, score), surface, value)


def extraction() -> Extraction:
    number = Decimal("1.2E+3")
    quantity = mention("1,200", Tag.QUANTITY, Quantity(number, number, number), 0.98765)
    sheep = mention("umpteen", Tag.QUANTITY, Unparsed("no number that is known"))
    unit = mention("goats", Tag.UNIT, Unit("goat", UnitKind.COUNT), 1.0)
    date = mention("Tuesday", Tag.DATE, Period("2031-05-06", Grain.DAY, DAY, DAY), 0.5)
    mayor = mention("The mayor", Tag.CLAIMANT, Source("The mayor"))
    whole = (0, len(TEXT))
    claims = (
        Claim(quantity, Modifier.APPROX, unit, date, mayor, whole, 0.33333333),
        Claim(sheep, Modifier.EQ, None, None, None, whole),
    )
    mentions: tuple[AnyMention, ...] = (sheep, quantity, unit, date, mayor)
    return Extraction(Document("g", TEXT, DAY), mentions, claims)


def test_the_output_form() -> None:
    row = encode_extraction(extraction())
    assert list(row) == ["id", "date", "spans", "claims"]
    assert [(s["text"], s["score"]) for s in row["spans"]] == [
        ("The mayor", None),
        ("1,200", 0.9877),
        ("goats", 1.0),
        ("Tuesday", 0.5),
        ("umpteen", None),
    ]
    assert all(TEXT[s["start"] : s["end"]] == s["text"] for s in row["spans"])
    first, second = row["claims"]
    assert first == {
        "quantity": {"start": 23, "end": 28, "text": "1,200", "value": 1200, "low": 1200, "high": 1200}
        | {"modifier": "approx", "score": 0.9877},
        "unit": {"start": 29, "end": 34, "text": "goats", "name": "goat", "kind": "count", "code": None, "of": None}
        | {"per": None, "provenance": "stated", "score": 1.0},
        "date": {"start": 43, "end": 50, "text": "Tuesday", "timex": "2031-05-06", "grain": "day"}
        | {"from": "2031-05-06", "to": "2031-05-06", "provenance": "stated", "score": 0.5},
        "claimant": {"start": 0, "end": 9, "text": "The mayor", "name": "The mayor"}
        | {"provenance": "stated", "score": None},
        "sentence": {"start": 0, "end": len(TEXT)},
        "score": 0.3333,
    }
    assert second["quantity"] == {
        "start": 56,
        "end": 63,
        "text": "umpteen",
        "value": None,
        "low": None,
        "high": None,
        "modifier": "eq",
        "score": None,
        "unparsed": "no number that is known",
    }
    assert (second["unit"], second["date"], second["claimant"], second["score"]) == (None, None, None, None)


def test_a_field_from_another_sentence_is_carried() -> None:
    done = extraction()
    claim = dataclasses.replace(done.claims[0], sentence=(20, len(TEXT)))
    assert claim.provenance(claim.claimant) is Provenance.CARRIED
    assert claim.provenance(claim.date) is Provenance.STATED
    assert claim.provenance(None) is Provenance.ABSENT
    (row,) = encode_extraction(dataclasses.replace(done, claims=(claim,)))["claims"]
    assert [row[key]["provenance"] for key in ("unit", "date", "claimant")] == ["stated", "stated", "carried"]


def test_what_is_written_is_read_back_as_predictions(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    done = extraction()
    write_lines(path, [to_line(encode_extraction(done)), to_line({"id": "other", "spans": [], "claims": []})])
    (example,) = read_predictions(path, {"g": done.document})
    assert [s.range for s in example.spans] == sorted(m.span.range for m in done.mentions)
    number = Decimal(1200)
    assert example.records == (
        Record((23, 28), number, number, number, Modifier.APPROX, (29, 34), (43, 50), DAY, DAY, (0, 9), "The mayor"),
        Record((56, 63), None, None, None),
    )


def test_predictions_must_fit_their_document(tmp_path: Path) -> None:
    path = write(tmp_path / "out.jsonl", to_line(encode_extraction(extraction())))
    with pytest.raises(InputError, match=r"out.jsonl:1: document 'g': .* no range of a text of 5 code points"):
        list(read_predictions(path, {"g": Document("g", "Other")}))


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["1E+9", "1E+306", "0.10", "-0"]).map(Decimal)
)
@settings(deadline=None, max_examples=50)
def test_numbers_leave_exactly_where_json_can_hold_them(number: Decimal) -> None:
    base = extraction()
    claim = Claim(mention("1,200", Tag.QUANTITY, Quantity(number, None, number)), Modifier.EQ, None, None, None, (0, 5))
    row = encode_extraction(Extraction(base.document, (), (claim,)))
    value = json.loads(to_line(row))["claims"][0]["quantity"]["value"]
    if number.adjusted() >= 308:
        assert value is None
    elif number == number.to_integral_value():
        assert isinstance(value, int)
        assert value == number
    else:
        assert value == float(number)


def test_letters_of_every_script_stay() -> None:
    assert to_line({"text": "Київ 🙂 10 %"}) == '{"text": "Київ 🙂 10 %"}'
