"""Documents to claim records: tag, normalize, link."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Protocol

from claimex.link import link
from claimex.normalize import normalize
from claimex.normalize.edges import settle_edges
from claimex.schema import Document, Extraction, Span


class Tagger(Protocol):
    """What finds the spans. Implementations answer in the order of the documents and may read ahead to fill a batch."""

    def tag(self, documents: Iterable[Document]) -> Iterator[list[Span]]:
        """The spans of each document, in text order."""
        ...


class Extractor:
    """Turns documents into extractions with a tagger; everything behind it is pure and deterministic."""

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    def extract(self, documents: Iterable[Document]) -> Iterator[Extraction]:
        """Extractions in the order of ``documents``, which may be endless: it is read as far as a batch needs."""
        kept, read = itertools.tee(documents)
        for document, spans in zip(kept, self.tagger.tag(read), strict=True):
            yield resolve(document, spans)


def resolve(document: Document, spans: Iterable[Span]) -> Extraction:
    """What a tagger's spans stand for, their edges settled, and the claims that they make up."""
    return linked(document, settle_edges(document.text, sorted(spans, key=lambda span: span.range)))


def linked(document: Document, spans: Iterable[Span]) -> Extraction:
    """What spans stand for that are right as they are, and the claims that they make up."""
    mentions = normalize(document, sorted(spans, key=lambda span: span.range))
    return Extraction(document, mentions, link(document, mentions))
