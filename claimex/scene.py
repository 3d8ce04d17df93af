"""A document as the linker sees it: one sequence of words and mentions, with sentences, paragraphs and quotations."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from claimex.schema import AnyMention, Document, Period, Range, Source, Tag
from claimex.sentences import holding, paragraphs, sentences
from claimex.words import word_set

_TOKEN = re.compile(r"\w+(?:[.'’-]\w+)*|[^\w\s]")
_QUOTES = frozenset('"“”«»')
_EDGES = frozenset(',;:()[]—–-"“”')
_MARKS = _QUOTES | _EDGES
# What may stand between a figure and what it counts or measures: "5km", "5 men", "5-mile", "half of the voters".
_TOUCHING = re.compile(r"[ -]?|\s+of (?:(?:an?|the|its|their|his|her|all) )?")
_LONG = 4  # letters of a word that may tell what a sentence is about
_COMMON = word_set(
    """
    that this with from have been were will would their they said says also which more than after about over some
    other into could there when what percent million billion dollars
    """
)


SAYING = word_set(
    """
    said says say saying told tells tell reported reports report reporting announced announces added adds according
    noted estimated estimates estimate predicted predicts expects expected believes believed warned warns claimed
    claims denied confirmed showed shows show quoted cited citing stated wrote insisted argued accused pledged vowed
    promised explained acknowledged revealed disclosed found indicated suggests suggested data figures quoting
    concluded declared
    """
)
_BESIDE = 6  # tokens between a source and the day on which it spoke
WINDOW = {Tag.UNIT: (3, 2), Tag.CLAIMANT: (8, 2), Tag.DATE: (10, 2)}  # candidates before and after a quantity


@dataclass(slots=True, eq=False)  # not frozen: so many are made that it counts
class Item:
    """A mention in its place.

    ``at``: its token. ``rank``: how many mentions of its tag stand before it; ``ranks``: the same for every tag.
    ``clause``: how many marks (commas, quotes, brackets) stand before it.
    ``name``: what tells a source from another: its resolved name; for other tags the text. ``meaning``: what is the
    same for two mentions that say the same: a date's days, a source's name.
    """

    mention: AnyMention
    tag: Tag
    rank: int
    ranks: dict[Tag, int]
    at: int
    sentence: int
    paragraph: int
    quoted: bool
    clause: int
    name: str
    meaning: Hashable

    @property
    def words(self) -> tuple[str, ...]:
        """Its lower-case tokens."""
        return _words(self.mention.text)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(map(str.lower, _TOKEN.findall(text)))


class _Gap(NamedTuple):
    """Text between mentions, [start, end), and how many tokens stand before it."""

    start: int
    end: int
    at: int


class Scene:
    """``tokens``: lower-case words and marks, every mention as one token, its tag's first letter in upper case."""

    def __init__(self, document: Document, mentions: Sequence[AnyMention]) -> None:
        self.text = document.text
        self.date = document.date
        self.sentences = sentences(self.text) or [(0, len(self.text))]
        self.tokens: list[str] = []
        self.items: dict[Tag, list[Item]] = {tag: [] for tag in Tag}
        self._counts = dict.fromkeys(Tag, 0)
        self._gaps: list[_Gap] = []
        self._bounds: dict[int, Range] = {}
        self._content: dict[int, frozenset[str]] = {}
        self._sources: dict[int, set[str]] = {}
        self._speakers: dict[Item, Item | None] = {}
        self._candidates: dict[tuple[Item, Tag], Sequence[Item | None]] = {}
        ordered = sorted(mentions, key=lambda mention: mention.span.range)
        blocks = [start for start, _ in paragraphs(self.text)[1:]]
        for number, (start, end) in enumerate(pairwise([0, *blocks, len(self.text)])):
            self._paragraph(number, start, end, ordered)

    def _paragraph(self, number: int, offset: int, end: int, ordered: Sequence[AnyMention]) -> None:
        """Read the tokens and mentions of a paragraph. A quotation that nobody closes ends with it."""
        quoted, clause = False, len(self.tokens)
        first = sum(self._counts.values())
        for mention in [*_within(ordered, first, end), None]:
            start = max(offset, mention.span.start if mention else end)
            words = list(map(str.lower, _TOKEN.findall(self.text, offset, start)))
            self._gaps.append(_Gap(offset, start, len(self.tokens)))
            self.tokens += words
            marks = list(filter(_MARKS.__contains__, words))
            quoted ^= sum(map(_QUOTES.__contains__, marks)) % 2 == 1
            clause += sum(map(_EDGES.__contains__, marks))
            if mention:
                self._place(mention, number, quoted, clause)
                offset = mention.span.end

    def _place(self, mention: AnyMention, paragraph: int, quoted: bool, clause: int) -> None:
        span, value = mention.span, mention.value
        name = value.name.lower() if isinstance(value, Source) else mention.text.lower()
        meaning: Hashable = name if span.tag is Tag.CLAIMANT else span.start
        if isinstance(value, Period) and value.first:
            meaning = value.first, value.last
        item = Item(
            mention=mention,
            tag=span.tag,
            rank=self._counts[span.tag],
            ranks=dict(self._counts),
            at=len(self.tokens),
            sentence=holding(self.sentences, span.start),
            paragraph=paragraph,
            quoted=quoted,
            clause=clause,
            name=name,
            meaning=meaning,
        )
        self.items[span.tag].append(item)
        self._counts[span.tag] += 1
        self.tokens.append(span.tag[0])

    def word(self, at: int) -> str:
        """The token at ``at``; the empty string outside the text."""
        return self.tokens[at] if 0 <= at < len(self.tokens) else ""

    def between(self, one: Item, other: Item) -> list[str]:
        """The tokens that stand between two mentions, whichever comes first."""
        first, last = (one.at, other.at) if one.at < other.at else (other.at, one.at)
        return self.tokens[first + 1 : last]

    def bounds(self, item: Item) -> Range:
        """The range of token numbers of the mention's sentence."""
        number = item.sentence
        if number not in self._bounds:
            starts = [start for start, _ in self.sentences[number : number + 2]]
            self._bounds[number] = self._before(starts[0]), self._before(starts[1]) if starts[1:] else len(self.tokens)
        return self._bounds[number]

    def _before(self, offset: int) -> int:
        """How many tokens start before a sentence does."""
        gap = self._gaps[bisect_left(self._gaps, offset, key=lambda gap: gap.start) - 1] if offset else _Gap(0, 0, 0)
        tokens = _TOKEN.findall(self.text, gap.start, min(offset, gap.end))
        return gap.at + len(tokens) + (offset > gap.end)

    def clause(self, item: Item, reach: int) -> list[str]:
        """The words around a mention, up to marks, the sentence's ends, or ``reach`` tokens."""
        first, last = self.bounds(item)
        left = right = item.at
        while left > max(first, item.at - reach) and self.tokens[left - 1] not in _EDGES:
            left -= 1
        while right + 1 < min(last, item.at + reach) and self.tokens[right + 1] not in _EDGES:
            right += 1
        return self.tokens[left : item.at] + self.tokens[item.at + 1 : right + 1]

    def around(self, item: Item, tag: Tag, before: int, after: int) -> list[Item]:
        """The mentions of another tag nearest to a mention: so many before it, so many after it."""
        here = item.ranks[tag]
        return self.items[tag][max(0, here - before) : here + after]

    def candidates(self, quantity: Item, tag: Tag) -> Sequence[Item | None]:
        """What a quantity may link to in a field: a unit that touches it, else none or one of those around it."""
        if (quantity, tag) not in self._candidates:
            attached = self.attached(quantity) if tag is Tag.UNIT else None
            around = [None, *self.around(quantity, tag, *WINDOW[tag])]
            self._candidates[quantity, tag] = [attached] if attached else around
        return self._candidates[quantity, tag]

    def attached(self, quantity: Item) -> Item | None:
        """The unit that touches a quantity, before it ("$5") or behind it ("5km", "half of the men"), or the figure to
        which it leads ("from 4 to 5 percent"): no other can be meant. In 6'2" the foot is behind the six, not before
        the two."""
        start, end = quantity.mention.span.range
        before = next(iter(self.around(quantity, Tag.UNIT, 1, 0)), None)
        if before and before.mention.span.end == start and not self._behind_figure(before):
            return before
        for following in self.around(quantity, Tag.QUANTITY, 0, 2)[1:]:
            if self.text[end : following.mention.span.start] == " to ":
                end = following.mention.span.end
        after = next(iter(self.around(quantity, Tag.UNIT, 0, 1)), None)
        if after is None or not _TOUCHING.fullmatch(self.text, end, after.mention.span.start):
            return None
        return None if end < after.mention.span.start and self._before_figure(after) else after

    def _behind_figure(self, unit: Item) -> bool:
        figure = next(iter(self.around(unit, Tag.QUANTITY, 1, 0)), None)
        return figure is not None and figure.mention.span.end == unit.mention.span.start

    def _before_figure(self, unit: Item) -> bool:
        figure = next(iter(self.around(unit, Tag.QUANTITY, 0, 1)), None)
        return figure is not None and figure.mention.span.start == unit.mention.span.end

    def content(self, sentence: int) -> frozenset[str]:
        """The longer words of a sentence, those of its mentions among them."""
        if sentence not in self._content:
            words = (word.lower() for word in _TOKEN.findall(self.text, *self.sentences[sentence]))
            self._content[sentence] = frozenset(w for w in words if len(w) >= _LONG and w not in _COMMON)
        return self._content[sentence]

    def speaker(self, date: Item) -> Item | None:
        """The claimant beside a date, with a verb of saying close by and no quantity between."""
        if date not in self._speakers:
            near = self.around(date, Tag.CLAIMANT, 2, 2)
            self._speakers[date] = next((claimant for claimant in near if self._speaks(claimant, date)), None)
        return self._speakers[date]

    def _speaks(self, claimant: Item, date: Item) -> bool:
        if claimant.sentence != date.sentence:
            return False
        first, last = sorted((claimant.at, date.at))
        if last - first - 1 > _BESIDE or "Q" in self.tokens[first + 1 : last]:
            return False
        return not SAYING.isdisjoint(self.tokens[max(0, first - 3) : last + 3])

    def sources(self, sentence: int) -> Set[str]:
        """The names of the sources that a sentence mentions."""
        if not self._sources:
            self._sources = {item.sentence: set() for item in self.items[Tag.CLAIMANT]}
            for item in self.items[Tag.CLAIMANT]:
                self._sources[item.sentence].add(item.name)
        return self._sources.get(sentence, frozenset())

    def evidence(self, item: Item) -> Range:
        """The range of the sentence that holds the mention, widened where the mention runs over its end."""
        start, end = self.sentences[item.sentence]
        span = item.mention.span
        return min(start, span.start), max(end, span.end)


def _within(ordered: Sequence[AnyMention], first: int, end: int) -> list[AnyMention]:
    """The mentions from number ``first`` on that start before ``end``."""
    last = bisect_left(ordered, end, lo=first, key=lambda mention: mention.span.start)
    return list(ordered[first:last])
