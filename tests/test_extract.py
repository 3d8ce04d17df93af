from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings

from claimex.extract import SURE, Extractor, Tagged
from claimex.normalize.edges import settle_edges
from claimex.schema import Document, Quantity, Span, Tag
from tests.strategies import TEXTS

DAY = dt.date(2024, 5, 3)
PATTERNS = {
    Tag.QUANTITY: r"\d+(?:[.,]\d+)*",
    Tag.UNIT: r"km|men|tonnes|\w+sheds",
    Tag.DATE: r"on Tuesday",
    Tag.CLAIMANT: r"[Tt]he mayor|police|Police",
}


class Patterns:
    """A tagger by regular expressions. Reads ``ahead`` documents before it answers, as one that fills batches does."""

    def __init__(self, ahead: int = 1) -> None:
        self.ahead = ahead

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagged]:
        iterator = iter(documents)
        while chunk := list(itertools.islice(iterator, self.ahead)):
            yield from map(self._spans, chunk)

    @staticmethod
    def _spans(document: Document) -> Tagged:
        pattern = "|".join(f"(?P<{tag}>{pattern})" for tag, pattern in PATTERNS.items())
        matches = re.finditer(pattern, document.text)
        return Tagged([Span(*found.span(), Tag(str(found.lastgroup)), 0.9) for found in matches])


class Silent:
    """A tagger that forgets to answer."""

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagged]:
        return iter(())


def test_spans_become_mentions_and_claims() -> None:
    text = "The mayor said 1,204 toolsheds burned on Tuesday."
    [extraction] = Extractor(Patterns()).extract([Document("a", text, DAY)])
    assert [mention.text for mention in extraction.mentions] == ["The mayor", "1,204", "toolsheds", "on Tuesday"]
    [claim] = extraction.claims
    assert isinstance(claim.quantity.value, Quantity)
    assert claim.quantity.value.value == 1204
    assert claim.unit is not None
    assert claim.unit.text == "toolsheds"
    assert claim.claimant is not None
    assert claim.claimant.text == "The mayor"
    assert extraction.document.text == text


class Doubtful(Patterns):
    """Gives every span the same score."""

    def __init__(self, score: float) -> None:
        super().__init__()
        self.score = score

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagged]:
        for tagged in super().tag(documents):
            yield Tagged([replace(span, score=self.score) for span in tagged.spans])


@pytest.mark.parametrize(("score", "left"), [(SURE, ["The mayor"]), (SURE - 0.1, [])])
def test_what_is_in_doubt_stays_where_a_claim_needs_it(score: float, left: list[str]) -> None:
    document = Document("a", "Police said 12 men fled on Tuesday. The mayor left.", DAY)
    [extraction] = Extractor(Doubtful(score)).extract([document])
    [claim] = extraction.claims
    needed = {mention.span for mention in claim.mentions}
    assert len(needed) >= 3
    assert [mention.text for mention in extraction.mentions if mention.span not in needed] == left
    assert needed <= {mention.span for mention in extraction.mentions}


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_every_mention_is_its_surface_and_every_quantity_a_claim(text: str) -> None:
    document = Document("a", text, DAY)
    [extraction] = Extractor(Patterns()).extract([document])
    [tagged] = Patterns().tag([document])
    spans = settle_edges(text, tagged.spans)
    assert [mention.span for mention in extraction.mentions] == spans
    for mention in extraction.mentions:
        assert mention.text == text[mention.span.start : mention.span.end]
    quantities = [span for span in spans if span.tag is Tag.QUANTITY]
    assert [claim.quantity.span for claim in extraction.claims] == quantities
    for claim in extraction.claims:
        assert (
            0
            <= claim.sentence[0]
            <= claim.quantity.span.start
            < claim.quantity.span.end
            <= claim.sentence[1]
            <= len(text)
        )


@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_extractions_come_in_the_order_of_the_documents(ahead: int) -> None:
    texts = [f"Police said {i} men fled." if i % 3 else "" for i in range(10)]
    extractions = list(Extractor(Patterns(ahead)).extract(Document(str(i), text) for i, text in enumerate(texts)))
    assert [extraction.document.id for extraction in extractions] == [str(i) for i in range(10)]
    assert [extraction.document.text for extraction in extractions] == texts
    assert [[claim.quantity.text for claim in extraction.claims] for extraction in extractions] == [
        [str(i)] if i % 3 else [] for i in range(10)
    ]


def test_endless_documents_are_read_only_as_far_as_the_tagger_reads() -> None:
    read: list[int] = []

    def endless() -> Iterator[Document]:
        for i in itertools.count():
            read.append(i)
            yield Document(str(i), "12 men")

    extractions = Extractor(Patterns(ahead=3)).extract(endless())
    assert next(extractions).document.id == "0"
    assert len(read) == 3


def test_no_documents_no_extractions() -> None:
    assert list(Extractor(Patterns()).extract([])) == []


def test_a_tagger_that_answers_too_little_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        list(Extractor(Silent()).extract([Document("a", "12 men")]))
