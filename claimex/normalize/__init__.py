"""Text to value: numbers, units, dates, claimants. What is not understood becomes ``Unparsed(reason)``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from claimex.normalize.claimants import resolve_claimants
from claimex.normalize.date_sequence import resolve_dates
from claimex.normalize.numbers import parse_number
from claimex.normalize.units import LONGEST_RATE, parse_unit, rate_after
from claimex.schema import AnyMention, Document, Mention, Span, Tag, Unit, UnitKind, Unparsed

# The second end of a range of prices.
_OTHER_END = re.compile(
    r"(?: (?:to|or|(?P<and>and)) |[-–—])[^\W\d_]{0,3}[$€£¥]?\d[\d.,]*(?<=\d)(?:(?: (?:m|b|tr)illion|bn|m|k)\b)?"
)


def normalize(document: Document, spans: Iterable[Span]) -> tuple[AnyMention, ...]:
    """A mention for each span; ``spans`` in text order."""
    text, spans = document.text, list(spans)
    sources = iter(resolve_claimants(text, [span for span in spans if span.tag is Tag.CLAIMANT]))
    periods = iter(resolve_dates(text, [span for span in spans if span.tag is Tag.DATE], document.date))
    mentions: list[AnyMention] = []
    for span, following in zip(spans, [*spans[1:], None], strict=False):
        surface = text[span.start : span.end]
        match span.tag:
            case Tag.QUANTITY:
                mentions.append(Mention(span, surface, parse_number(surface)))
            case Tag.UNIT:
                mentions.append(Mention(span, surface, _unit(text, surface, span, following)))
            case Tag.DATE:
                mentions.append(Mention(span, surface, next(periods)))
            case Tag.CLAIMANT:
                mentions.append(Mention(span, surface, next(sources)))
    return tuple(mentions)


def _unit(text: str, surface: str, span: Span, following: Span | None) -> Unit | Unparsed:
    """A unit, with what belongs to it outside its span: "old" behind years, "a month" behind an amount of money.
    "PS" before a figure is how plain ASCII writes a pound, behind one it is horsepower."""
    unit = parse_unit("£" if surface == "PS" and text[span.end : span.end + 1].isdigit() else surface)
    if not isinstance(unit, Unit) or unit.per is not None:
        return unit
    if unit.kind is UnitKind.TIME and text.startswith((" old", "-old"), span.end):
        return parse_unit(surface + " old")
    amount = following if following and not text[span.end : following.start].strip() else None
    if unit.kind is UnitKind.CURRENCY and amount and amount.tag is Tag.QUANTITY:
        return replace(unit, per=rate_after(text[_end(text, span, amount) :][:LONGEST_RATE]))
    return unit


def _end(text: str, unit: Span, amount: Span) -> int:
    """Where a price ends, the other end of its range included: "between $62 and $68", "$5 to $7"."""
    other = _OTHER_END.match(text, amount.end)
    if other is None or (other["and"] and not text[: unit.start].rstrip().lower().endswith("between")):
        return amount.end
    return other.end()
