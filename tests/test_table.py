"""What a person reads of a claim whose fields another sentence states."""

from __future__ import annotations

import datetime as dt

import pytest

from claimex.schema import Claim, Document, Extraction, Grain, Mention, Modifier, Period, Source, Span, Tag, Unparsed
from claimex.table import extraction_lines

TEXT = "The vet spoke on Friday. Then 31 hens fled."
DAY = dt.date(2031, 5, 2)


def hens(sentence: tuple[int, int], name: str | None) -> Extraction:
    when = Mention(Span(17, 23, Tag.DATE), "Friday", Period("2031-05-02", Grain.DAY, DAY, DAY))
    vet: Mention[Source] = Mention(Span(0, 7, Tag.CLAIMANT), "The vet", Source(name) if name else Unparsed("no name"))
    number = Span(30, 32, Tag.QUANTITY)
    claim = Claim(Mention(number, "31", Unparsed("not read")), Modifier.EQ, None, when, vet, sentence)
    return Extraction(Document("hens", TEXT), (), (claim,))


@pytest.mark.parametrize(
    ("sentence", "name", "cells"),
    [
        ((25, len(TEXT)), "Ada Voss", ("(2031-05-02)", "(Ada Voss)")),
        ((25, len(TEXT)), None, ("(2031-05-02)", "(The vet)")),
        ((0, len(TEXT)), "Ada Voss", (" 2031-05-02 ", " Ada Voss ")),
    ],
)
def test_what_is_carried_over_stands_in_brackets(
    sentence: tuple[int, int], name: str | None, cells: tuple[str, str]
) -> None:
    table, _ = extraction_lines([hens(sentence, name)], colour=False)
    assert all(cell in table for cell in cells)
