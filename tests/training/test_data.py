from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import BertConfig

from claimex.bio import BEGIN, INSIDE, LABELS, OUTSIDE
from claimex.schema import Document, Example, Span, Tag
from claimex.tokens import CAPITALS, OPENED, SMALL
from tests.conftest import tiny_tokenizer
from tests.strategies import TEXTS
from training.data import ANY, Collator, dataset, window_rows
from training.model import HubTokenizer

ALL = frozenset(Tag)


@pytest.fixture(scope="module")
def tokenizer() -> HubTokenizer:
    return HubTokenizer(tiny_tokenizer())


def one_of(*labels: int) -> int:
    """A set of labels as rows hold it."""
    return sum(1 << label for label in labels)


def test_rows_hold_the_allowed_sets(tokenizer: HubTokenizer) -> None:
    text = "the mayor on tuesday 12km"
    example = Example(Document("a", text), (Span(13, 20, Tag.DATE),), frozenset({Tag.DATE}), unsure=((0, 3),))
    [row], alignment = window_rows([example], tokenizer, 24, 6)
    pieces = tokenizer.hub.convert_ids_to_tokens(row["input_ids"])
    assert pieces == ["[CLS]", "the", "m", "##a", "##y", "##o", "##r", "on", "tuesday", "12", "km", "[SEP]"]
    unknown = one_of(*(label for label in range(len(LABELS)) if label not in (BEGIN[Tag.DATE], INSIDE[Tag.DATE])))
    assert row["allowed"] == [ANY, ANY, *[unknown] * 6, one_of(BEGIN[Tag.DATE]), unknown, unknown, ANY]
    assert str(alignment) == "DATE 1 kept, 0 lost"


def test_what_cannot_be_aligned_is_counted_and_stays_outside(tokenizer: HubTokenizer) -> None:
    text = "57 people, 2019"
    spans = (Span(0, 2, Tag.QUANTITY), Span(3, 7, Tag.UNIT), Span(11, 13, Tag.DATE))
    [row], alignment = window_rows([Example(Document("a", text), spans, ALL)], tokenizer, 24, 6)
    assert (alignment.kept, alignment.lost) == ({"QUANTITY": 1}, {"UNIT": 1, "DATE": 1})
    assert str(alignment) == "DATE 0 kept, 1 lost; QUANTITY 1 kept, 0 lost; UNIT 0 kept, 1 lost"
    outside = one_of(OUTSIDE)
    assert row["allowed"] == [ANY, one_of(BEGIN[Tag.QUANTITY]), outside, outside, outside, ANY]


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, repeat=st.integers(1, 4))
def test_each_token_counts_in_one_window(tokenizer: HubTokenizer, text: str, repeat: int) -> None:
    """With all tags annotated a token that counts allows one label, wherever else it is read it allows any."""
    document = Document("a", text * repeat)
    [tokens] = tokenizer([document.text])
    rows, _ = window_rows([Example(document, (), ALL)], tokenizer, 24, 6)
    asked = [
        token for row in rows for token, allowed in zip(row["input_ids"], row["allowed"], strict=True) if allowed != ANY
    ]
    assert asked == [token for token, (start, end) in zip(tokens.ids, tokens.ranges, strict=True) if start < end]
    for row in rows:
        assert row["allowed"][0] == row["allowed"][-1] == ANY
        assert len(row["input_ids"]) <= 24 + 2


def test_some_documents_are_read_in_small_letters_and_some_in_capitals(tokenizer: HubTokenizer) -> None:
    examples = [Example(Document(str(i), "The police said 12km"), (), ALL) for i in range(400)]
    rows, _ = window_rows(examples, tokenizer, 24, 6)
    counts = Counter(tuple(row["cases"][1:-1]) for row in rows)
    pieces = len(rows[0]["input_ids"]) - 2
    plain, small = (OPENED, *[SMALL] * (pieces - 1)), (SMALL,) * pieces
    [capitals] = counts.keys() - {plain, small}
    assert capitals[-2:] == (SMALL, CAPITALS)  # "12" is as it was
    assert SMALL not in capitals[:-2]
    assert 10 < counts[small] < 45
    assert 10 < counts[capitals] < 45


def test_collator_pads_with_what_is_not_asked(tokenizer: HubTokenizer) -> None:
    examples = [Example(Document("a", text), (), ALL) for text in ("57", "the police said")]
    rows, _ = window_rows(examples, tokenizer, 24, 6)
    batch = Collator(BertConfig(), tokenizer.pad_id)([*dataset(rows)])
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (2, 5)
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert batch["input_ids"][0, 3:].tolist() == [tokenizer.pad_id] * 2
    asked = ~batch["labels"].all(-1)
    assert asked.tolist() == [[False, True, False, False, False], [False, True, True, True, False]]
    assert batch["labels"][asked].sum(-1).tolist() == [1] * 4
