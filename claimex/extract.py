"""Documents to claim records: tag, normalize, link."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

from claimex.link import link
from claimex.link_network import Vectors
from claimex.normalize import normalize
from claimex.normalize.edges import settle_edges
from claimex.schema import Document, Example, Extraction, Span

SURE = 0.65  # the least score of a mention in which no claim has a part, chosen on dev


class Tagged(NamedTuple):
    """What a tagger finds in a document: the spans, and the vectors by which to link them, if it has any."""

    spans: list[Span]
    vectors: Vectors | None = None


class Tagger(Protocol):
    """What finds the spans. Implementations answer in the order of the documents and may read ahead to fill a batch."""

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagged]:
        """What each document holds, its spans in text order."""
        ...


class Extractor:
    """Turns documents into extractions with a tagger; everything behind it is pure and deterministic."""

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    def extract(self, documents: Iterable[Document]) -> Iterator[Extraction]:
        """Extractions in the order of ``documents``, which may be endless: it is read as far as a batch needs.

        Raises InputError for a text that is no valid Unicode.
        """
        kept, read = itertools.tee(documents)
        for document, tagged in zip(kept, self.tagger.tag(read), strict=True):
            yield resolve(document, tagged)

    def link(self, examples: Iterable[Example]) -> Iterator[Extraction]:
        """The same for documents whose spans are known: the tagger's own are put aside."""
        kept, read = itertools.tee(examples)
        for example, tagged in zip(kept, self.tagger.tag(each.document for each in read), strict=True):
            yield linked(example.document, example.spans, tagged.vectors)


def resolve(document: Document, tagged: Tagged) -> Extraction:
    """What a tagger's spans stand for, their edges settled, and the claims that they make up. Of what is in doubt only
    that is kept which a claim needs."""
    spans = sorted(tagged.spans, key=lambda span: span.range)
    found = linked(document, settle_edges(document.text, spans), tagged.vectors)
    needed = {mention.span.range for claim in found.claims for mention in claim.mentions}
    kept = (m for m in found.mentions if m.span.score is None or m.span.score >= SURE or m.span.range in needed)
    return replace(found, mentions=tuple(kept))


def linked(document: Document, spans: Iterable[Span], vectors: Vectors | None = None) -> Extraction:
    """What spans stand for that are right as they are, and the claims that they make up."""
    mentions = normalize(document, sorted(spans, key=lambda span: span.range))
    return Extraction(document, mentions, link(document, mentions, vectors))
