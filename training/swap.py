"""More texts of the same kind: documents in which mentions have changed places with mentions of other documents.

What a document says then is nonsense, but it says it as news does, and where its mentions begin and end is still known.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from claimex.schema import Document, Example, Span, Tag

SHARE = 0.5  # of the mentions that change places
_OPENING = re.compile(r"(?:^|[.!?:]['\"”’]?\s|[\n“\"])$")  # what stands before a sentence
_SMALL = re.compile(r"(?:an?|the|some|several|two|three|one|his|her|its|their|h?e|she|it|they)\b", re.IGNORECASE)


def swapped(examples: Sequence[Example], dice: random.Random) -> list[Example]:
    """A document for each of the examples, with its spans and without records."""
    mentions: dict[Tag, list[str]] = {tag: [] for tag in Tag}
    for example in examples:
        for span in example.spans:
            if _stands_free(example.document.text, span):
                mentions[span.tag].append(example.document.text[span.start : span.end])
    return [_swapped(example, mentions, dice) for example in examples]


def _stands_free(text: str, span: Span) -> bool:
    """Whether it is a word or words of its own, unlike "$" in "$5"."""
    return not (text[span.start - 1 : span.start].strip(" \n\"“'") or text[span.end : span.end + 1].strip(" \n\"”',."))


def _swapped(example: Example, mentions: dict[Tag, list[str]], dice: random.Random) -> Example:
    text, spans, parts, at, size = example.document.text, [], [], 0, 0
    for span in sorted(example.spans):
        between, mention = text[at : span.start], text[span.start : span.end]
        if mentions[span.tag] and _stands_free(text, span) and dice.random() < SHARE:
            mention = _fitted(dice.choice(mentions[span.tag]), text[: span.start][-3:])
        start = size + len(between)
        size = start + len(mention)
        spans.append(Span(start, size, span.tag))
        parts += [between, mention]
        at = span.end
    document = Document(f"{example.document.id} swapped", "".join([*parts, text[at:]]), example.document.date)
    return Example(document, tuple(spans), example.annotated)


def _fitted(mention: str, before: str) -> str:
    """With a capital where a sentence opens, and none on an article elsewhere."""
    if _OPENING.search(before):
        return mention[:1].upper() + mention[1:]
    return mention[:1].lower() + mention[1:] if _SMALL.match(mention) else mention
