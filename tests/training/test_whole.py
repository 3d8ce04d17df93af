"""Documents without some of their paragraphs: what is left says what it said, token by token."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from claimex.bio import LABELS
from claimex.errors import ConfigError
from claimex.link_network import WIDTH
from claimex.schema import Document, Example, Record, Span, Tag
from tests.training.test_fit import tiny
from training.config import Stage
from training.links import Advice, LinkModule
from training.model import load_tokenizer
from training.whole import Whole, shortened, wholes

TEXT = "On Tuesday the mayor spoke.\n\nShe said 57 boats sank.\n\nRain fell.\n\nIt cost 9 crews their homes."
MENTIONS = {
    Tag.DATE: ["Tuesday"],
    Tag.CLAIMANT: ["the mayor", "She"],
    Tag.QUANTITY: ["57", "9"],
    Tag.UNIT: ["boats", "crews"],
}


def place(mention: str) -> tuple[int, int]:
    return TEXT.index(mention), TEXT.index(mention) + len(mention)


@pytest.fixture(scope="module")
def document(tiny_directory: Path) -> Whole:
    spans = sorted(Span(*place(mention), tag) for tag, found in MENTIONS.items() for mention in found)
    records = [
        Record(place(figure), Decimal(figure), None, None, unit=place(unit), date=place("Tuesday"), claimant=source)
        for figure, unit, source in (("57", "boats", place("She")), ("9", "crews", None))
    ]
    example = Example(Document("a", TEXT), tuple(spans), frozenset(Tag), tuple(records))
    [whole] = wholes([example], load_tokenizer(tiny(tiny_directory, tiny_directory)), 24, 0)
    tokens = len(whole.story.ranges)
    at = 0
    for row in whole.rows:  # the target of each token is its number, so that it can be told from others
        first, last = row["answer"]
        target = np.zeros((len(row["input_ids"]), len(LABELS)), dtype=np.float16)
        target[first:last, 0] = np.arange(at, at + last - first)
        at += last - first
        row["target"] = target.tobytes()
    assert at == tokens
    links = LinkModule(16).eval()
    values = np.repeat(np.arange(tokens, dtype=np.float32)[:, None], WIDTH, 1)
    return replace(whole, advice=Advice(links, links.network(), values, 0.5))


def test_what_is_left_is_as_it_was(document: Whole) -> None:
    sizes = set()
    for seed in range(60):
        short = shortened(document, 1.0, random.Random(seed))
        text = short.story.document.text
        sizes.add(len(text))
        assert set(text.split("\n\n")) - {""} <= set(TEXT.split("\n\n"))
        mentions = [(item.tag, item.mention.text) for item in short.story.places.items]
        assert sorted(mentions) == sorted((t, m) for t, found in MENTIONS.items() for m in found if m in text)
        for record in short.story.records.values():
            assert text[slice(*record.quantity)] == str(record.value)
            assert record.date
            assert text[slice(*record.date)] == "Tuesday"
        assert short.advice
        assert len(short.advice.values) == len(short.story.ranges)
        targets = [
            np.frombuffer(row["target"], dtype=np.float16).reshape(-1, len(LABELS))[slice(*row["answer"]), 0]
            for row in short.rows
        ]
        for number, token, advised in zip(
            np.concatenate(targets), short.story.ranges, short.advice.values[:, 0], strict=True
        ):
            assert number == advised
            assert TEXT[slice(*document.story.ranges[int(number)])] == text[slice(*token)]
    assert len(sizes) > 3
    assert len(TEXT) in sizes


def test_a_record_that_loses_a_part_is_left_out(document: Whole) -> None:
    lost = 0
    for seed in range(60):
        short = shortened(document, 1.0, random.Random(seed))
        text = short.story.document.text
        known = {str(record.value) for record in short.story.records.values()}
        assert known == {figure for figure in ("57", "9") if f" {figure} " in text and "Tuesday" in text}
        lost += "Tuesday" not in text
    assert lost


def test_the_same_dice_shorten_alike(document: Whole) -> None:
    texts = [shortened(document, 0.5, random.Random(7)).story.document.text for _ in range(2)]
    assert texts[0] == texts[1]


def test_a_stage_without_links_shortens_nothing() -> None:
    with pytest.raises(ConfigError, match="shortened: is for stages that train links"):
        Stage(corpora={"own-train": 1.0}, epochs=1, shortened=0.5)
