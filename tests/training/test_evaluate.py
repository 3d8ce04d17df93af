from __future__ import annotations

from decimal import Decimal

import pytest

from claimex.schema import Document, Example, Record, Span, Tag
from claimex.score import score
from training.evaluate import domain, tabulate

TEXT = "57 people were hurt on Tuesday. 12 boats sank."


def example(*surfaces: tuple[str, Tag], tags: frozenset[Tag] = frozenset(Tag)) -> Example:
    spans = tuple(Span(TEXT.index(words), TEXT.index(words) + len(words), tag) for words, tag in surfaces)
    records = tuple(
        Record(span.range, Decimal(TEXT[span.start : span.end]), None, None)
        for span in spans
        if span.tag == Tag.QUANTITY
    )
    return Example(Document("a", TEXT), spans, tags, records=records)


GOLD = example(("57", Tag.QUANTITY), ("people", Tag.UNIT), ("Tuesday", Tag.DATE), ("12", Tag.QUANTITY))
HALF = example(("57", Tag.QUANTITY), ("people were", Tag.UNIT), ("Tuesday", Tag.DATE))
PAIRS = [(GOLD, GOLD), (GOLD, HALF)] * 6


def test_the_figures_are_those_of_score_with_their_intervals() -> None:
    table = tabulate(PAIRS)
    for name, row in score(PAIRS).table().items():
        assert {key: table[name][key] for key in row} == row
    for row in table.values():
        figure = row["f1"] if "f1" in row else row["accuracy"]
        assert ("low" in row) == (row["gold"] > 0)
        assert row.get("low", figure) <= figure <= row.get("high", figure)
    assert table["UNIT"]["f1"] == pytest.approx(0.5)
    assert 0.15 < table["UNIT"]["low"] < 0.4 < 0.6 < table["UNIT"]["high"] < 0.85
    assert table["DATE"]["low"] == table["DATE"]["high"] == 1
    assert table["record value"]["low"] < table["record value"]["f1"] < table["record value"]["high"]


def test_partial_counts_overlaps_as_halves() -> None:
    table = tabulate(PAIRS)
    assert table["UNIT"]["partial_f1"] == pytest.approx(0.75)
    assert table["QUANTITY"]["partial_f1"] == pytest.approx(table["QUANTITY"]["f1"])


def test_a_tag_that_is_not_annotated_is_not_counted() -> None:
    dates = example(("Tuesday", Tag.DATE), tags=frozenset({Tag.DATE}))
    table = tabulate([(dates, GOLD)])
    assert table["DATE"]["partial_f1"] == 1
    assert table["UNIT"]["predicted"] == table["UNIT"]["partial_f1"] == 0
    assert "low" not in table["UNIT"]
    assert not [row for row in tabulate([]).values() if "low" in row]


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("company-results-03", "company-results"),
        ("XIN_ENG_20061231.0042", "XIN"),
        ("war-1", "war"),
        ("a-B", "a"),
        ("7", ""),
    ],
)
def test_the_domain_is_what_an_id_begins_with(identity: str, expected: str) -> None:
    assert domain(identity) == expected
