"""Text to value: numbers, units, dates, claimants. What is not understood becomes ``Unparsed(reason)``."""

from __future__ import annotations

from collections.abc import Sequence

from claimex.normalize.claimants import resolve_claimants
from claimex.normalize.dates import parse_date
from claimex.normalize.numbers import parse_number
from claimex.normalize.units import parse_unit
from claimex.schema import AnyMention, Document, Mention, Span, Tag

# How much of its surroundings a date is shown: enough for the verb whose tense decides between last and next Friday.
CONTEXT = 80


def normalize(document: Document, spans: Sequence[Span]) -> tuple[AnyMention, ...]:
    """A mention for each span, in text order."""
    sources = iter(resolve_claimants(document.text, [span for span in spans if span.tag is Tag.CLAIMANT]))
    mentions: list[AnyMention] = []
    for span in spans:
        text = document.text[span.start : span.end]
        match span.tag:
            case Tag.QUANTITY:
                mentions.append(Mention(span, text, parse_number(text)))
            case Tag.UNIT:
                mentions.append(Mention(span, text, parse_unit(text)))
            case Tag.DATE:
                before = document.text[max(0, span.start - CONTEXT) : span.start]
                after = document.text[span.end : span.end + CONTEXT]
                mentions.append(Mention(span, text, parse_date(text, document.date, before=before, after=after)))
            case Tag.CLAIMANT:
                mentions.append(Mention(span, text, next(sources)))
    return tuple(mentions)
