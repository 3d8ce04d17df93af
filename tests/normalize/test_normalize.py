"""What a span's surroundings add to its value. All phrases are made up."""

from __future__ import annotations

import pytest

from claimex.normalize import normalize
from claimex.schema import Document, Span, Tag, Unit


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("at $3 a gallon", ["gallon"]),
        ("at $3 a year earlier", [None]),
        ("between $3 and $5 per share", ["share", "share"]),
        ("from $3 million to $5 million a month", ["month", "month"]),
        ("at $3-$5 a gallon", ["gallon", "gallon"]),
        ("fees of $3 and $5 per share", [None, "share"]),
    ],
)
def test_what_a_price_is_for(text: str, rates: list[str | None]) -> None:
    spans = []
    for at in (i for i, sign in enumerate(text) if sign == "$"):
        spans += [Span(at, at + 1, Tag.UNIT), Span(at + 1, at + 2, Tag.QUANTITY)]
        if text.startswith(" million", at + 2):
            spans[-1] = Span(at + 1, at + 2 + len(" million"), Tag.QUANTITY)
    units = [each.value for each in normalize(Document("a", text), spans) if each.span.tag is Tag.UNIT]
    assert [unit.per if isinstance(unit, Unit) else "" for unit in units] == rates


@pytest.mark.parametrize(("text", "name"), [("cost PS27m", "British pound"), ("has 27 PS.", "metric horsepower")])
def test_pounds_in_plain_letters_are_told_from_horsepower(text: str, name: str) -> None:
    start = text.index("PS")
    [unit] = normalize(Document("a", text), [Span(start, start + 2, Tag.UNIT)])
    assert isinstance(unit.value, Unit)
    assert unit.value.name == name
