"""A document as the linker sees it: one sequence of words and mentions, with sentences, paragraphs and quotations."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from claimex.schema import AnyMention, Document, Mention, Range, Source, Tag
from claimex.sentences import holding, paragraphs, sentences

_TOKEN = re.compile(r"\w+(?:[.'’-]\w+)*|[^\w\s]")
_QUOTES = frozenset("\"“”«»")
_EDGES = frozenset(",;:()[]—–-\"“”")
_EDGE = ""
_COMMON = frozenset(
    "that this with from have been were will would their they said says also which more than after about over some other"
    " into could there when what percent million billion dollars".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A mention in its place. ``at``: its token; ``rank``: its number among the mentions of its tag."""

    mention: AnyMention
    tag: Tag
    rank: int
    at: int
    sentence: int
    paragraph: int
    quoted: bool
    clause: int
    words: tuple[str, ...]
    name: str


class Scene:
    """``tokens``: lower-case words and marks, every mention as one token, its tag's first letter in upper case."""

    def __init__(self, document: Document, mentions: Sequence[AnyMention]) -> None:
        self.text = document.text
        self.sentences = sentences(self.text) or [(0, len(self.text))]
        self.paragraphs = paragraphs(self.text) or [(0, len(self.text))]
        self.tokens: list[str] = []
        self.items: dict[Tag, list[Item]] = {tag: [] for tag in Tag}
        self._starts: list[int] = []
        self._content: dict[int, frozenset[str]] = {}
        self._read(sorted(mentions, key=lambda mention: mention.span.range))
        firsts = [bisect_right(self._starts, start - 1) for start, _ in self.sentences]
        self._bounds = [*firsts, len(self.tokens)]

    def _read(self, mentions: Sequence[AnyMention]) -> None:
        offset, quoted, clause, paragraph = 0, False, 0, 0
        for mention in (*mentions, None):
            start = mention.span.start if mention else len(self.text)
            for token in _TOKEN.finditer(self.text, offset, max(offset, start)):
                word = token[0].lower()
                here = holding(self.paragraphs, token.start())
                if here != paragraph:  # an unclosed quotation ends with its paragraph
                    paragraph, quoted, clause = here, False, clause + 1
                quoted = quoted != (word in _QUOTES)
                clause += word in _EDGES or word == "."
                self._append(word, token.start())
            if mention is not None:
                here = holding(self.paragraphs, start)
                if here != paragraph:
                    paragraph, quoted, clause = here, False, clause + 1
                self._place(mention, quoted, clause)
                offset = mention.span.end

    def _append(self, token: str, start: int) -> None:
        self.tokens.append(token)
        self._starts.append(start)

    def _place(self, mention: AnyMention, quoted: bool, clause: int) -> None:
        span = mention.span
        items = self.items[span.tag]
        words = tuple(token.lower() for token in _TOKEN.findall(mention.text))
        items.append(
            Item(
                mention, span.tag, len(items), len(self.tokens), holding(self.sentences, span.start),
                holding(self.paragraphs, span.start), quoted, clause, words, _name(mention),
            )
        )  # fmt: skip
        self._append(span.tag[0], span.start)

    def word(self, at: int) -> str:
        """The token at ``at``; the empty string outside the text."""
        return self.tokens[at] if 0 <= at < len(self.tokens) else _EDGE

    def between(self, one: Item, other: Item) -> list[str]:
        """The tokens that stand between two mentions, whichever comes first."""
        first, last = sorted((one.at, other.at))
        return self.tokens[first + 1 : last]

    def bounds(self, item: Item) -> Range:
        """The range of token numbers of the mention's sentence."""
        return self._bounds[item.sentence], self._bounds[item.sentence + 1]

    def clause(self, item: Item, reach: int) -> list[str]:
        """The words around a mention, up to marks, the sentence's ends, or ``reach`` tokens."""
        first, last = self.bounds(item)
        left = right = item.at
        while left > max(first, item.at - reach) and self.tokens[left - 1] not in _EDGES:
            left -= 1
        while right + 1 < min(last, item.at + reach) and self.tokens[right + 1] not in _EDGES:
            right += 1
        return self.tokens[left : item.at] + self.tokens[item.at + 1 : right + 1]

    def near(self, tag: Tag, item: Item) -> list[Item]:
        """The mentions of the tag on both sides of a mention, the nearest two before and two after."""
        items = self.items[tag]
        here = bisect_right(items, item.at, key=lambda other: other.at)
        return [*reversed(items[max(0, here - 2) : here]), *items[here : here + 2]]

    def content(self, sentence: int) -> frozenset[str]:
        """The longer words of a sentence, those of its mentions among them."""
        if sentence not in self._content:
            start, end = self.sentences[sentence]
            words = (word.lower() for word in _TOKEN.findall(self.text, start, end))
            self._content[sentence] = frozenset(word for word in words if len(word) > 3 and word not in _COMMON)
        return self._content[sentence]

    def evidence(self, item: Item) -> Range:
        """The range of the sentence that holds the mention, widened where the mention runs over its end."""
        start, end = self.sentences[item.sentence]
        span = item.mention.span
        return min(start, span.start), max(end, span.end)


def _name(mention: AnyMention) -> str:
    return mention.value.name.lower() if isinstance(mention.value, Source) else mention.text.lower()
