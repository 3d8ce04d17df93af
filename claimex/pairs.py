"""What the linker's features are read from: a quantity, a candidate, and what has been decided before.

Classes of words are coarse on purpose: a few thousand gold records teach no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from claimex.scene import SAYING, Item, Scene
from claimex.schema import Tag
from claimex.words import word_set

_WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS = word_set(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec
    """
)
_CALENDAR = word_set("w m y d last past next this year week month ago end years days")
_FUTURE = word_set("will would could should may might expected expects plans plan planned aims forecast projected to")
_PAST = word_set("was were had did been")
_PRESENT = word_set("is are has have does do")
ORDER = (Tag.UNIT, Tag.CLAIMANT, Tag.DATE)  # later fields see the links of earlier ones
_REACH = 12  # tokens on either side that belong to a clause


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be said of a mention alone."""

    left: str
    left2: str
    right: str
    said: str
    shape: str
    tense: str


@dataclass(slots=True)
class Memory:
    """What was decided for the quantities before: the last one, its links, how many link to a mention, what was the
    last link of each field (``recent``), and the last date of each source's figures (``dated``)."""

    quantity: Item | None = None
    links: dict[Tag, Item | None] = field(default_factory=dict)
    used: dict[Item, int] = field(default_factory=dict)
    recent: dict[Tag, Item] = field(default_factory=dict)
    dated: dict[str, Item] = field(default_factory=dict)
    facts: dict[Item, Facts] = field(default_factory=dict)
    context: tuple[Item, Context] | None = None  # of the quantity at hand

    def keep(self, quantity: Item, links: dict[Tag, Item | None]) -> None:
        """Remember what was decided for a quantity."""
        for tag, item in links.items():
            if item is not None:
                self.used[item] = self.used.get(item, 0) + 1
                self.recent[tag] = item
        source, date = links[Tag.CLAIMANT], links[Tag.DATE]
        if source is not None and date is not None:
            self.dated[source.name] = date
        self.quantity, self.links = quantity, links

    def of(self, scene: Scene, item: Item) -> Facts:
        """The facts of a mention, looked up once."""
        if item not in self.facts:
            self.facts[item] = _facts(scene, item)
        return self.facts[item]

    def context_of(self, scene: Scene, quantity: Item) -> Context:
        """What can be said of a quantity without a candidate, looked up once."""
        if self.context is None or self.context[0] is not quantity:
            self.context = quantity, context_of(scene, quantity)
        return self.context[1]


@dataclass(slots=True)  # not frozen: so many are made that it counts
class Choice:
    """What is to be decided: to which of the candidates (None: to none) a quantity links in one of its fields.

    ``links``: those of this quantity that are decided already; ``memory``: what was decided for the quantities before.
    """

    scene: Scene
    quantity: Item
    tag: Tag
    candidates: Sequence[Item | None]
    memory: Memory
    links: dict[Tag, Item | None]


@dataclass(frozen=True, slots=True)
class Context:
    """A quantity without a candidate: its features, the tenses of its clause and its sentence."""

    features: tuple[str, ...]
    tenses: tuple[str, str]


class Pair:
    """A quantity and a candidate (None: no link), in the light of what has been decided.

    ``links``: the links of this quantity that were decided already. ``place``: where the candidate stands, seen from
    the quantity. ``near``: in the same sentence; ``scope``: none, near or far. ``rivals``: how many mentions of the
    candidate's tag stand between.
    """

    def __init__(self, choice: Choice, candidate: Item | None) -> None:
        scene, quantity, memory, tag = choice.scene, choice.quantity, choice.memory, choice.tag
        self.scene, self.quantity, self.candidate, self.tag = scene, quantity, candidate, tag
        self.memory, self.links, self.context = memory, choice.links, memory.context_of(scene, quantity)
        self.place = _place(quantity, candidate)
        self.near = self.place[1:] in ("clause", "sentence")
        self.scope = "none" if candidate is None else "near" if self.near else "far"
        self.rivals = "" if candidate is None else between(quantity, candidate, tag)
        self.facts = None if candidate is None else memory.of(scene, candidate)


def context_of(scene: Scene, quantity: Item) -> Context:
    """What can be said of a quantity without a candidate."""
    at = quantity.at
    left2, left, right, right2 = (scene.word(at + k) for k in (-2, -1, 1, 2))
    clause = scene.clause(quantity, _REACH)
    first, last = scene.bounds(quantity)
    inside = scene.tokens[first:last]
    tenses = tense(clause), tense(inside)
    named = (
        f"-1={left}", f"-2={left2}", f"+1={right}", f"+2={right2}", f"-12={left2} {left}", f"+12={right} {right2}",
        f"tense={tenses[0]}", f"tenses={tenses[1]}", f"quoted={quantity.quoted}", f"first={scene.word(first)}",
        f"q={_shape(quantity)}", f"s={min(quantity.sentence, 3)}",
        f"D{few(inside.count('D'))}C{few(inside.count('C'))}Q{few(inside.count('Q'))}",
    )  # fmt: skip
    words = {f"w={word}" for word in clause if word.isalpha() and len(word) > 1}
    return Context((*named, *sorted(words)), tenses)


def tense(words: list[str]) -> str:
    """A rough word for when the words speak of."""
    have = set(words)
    if have & _FUTURE:
        return "future"
    if have & _PAST or any(word.endswith("ed") for word in have):
        return "past"
    return "present" if have & _PRESENT or any(word.endswith("s") for word in have) else "none"


def few(count: int) -> str:
    """A small number as it is, a larger one as 3."""
    return str(count) if count < 3 else "3"


def _facts(scene: Scene, item: Item) -> Facts:
    left2, left, right = (scene.word(item.at + k) for k in (-2, -1, 1))
    return Facts(
        left=left,
        left2=left2,
        right=right,
        said=_said(scene, item),
        shape=_shape(item),
        tense=tense(scene.clause(item, _REACH)) if item.tag is Tag.DATE else "",
    )


def _place(one: Item, other: Item | None) -> str:
    """Side, and the same clause, the same sentence, or how many sentences away (p: in the same paragraph)."""
    if other is None:
        return "none"
    side = "<" if other.at < one.at else ">"
    if other.sentence == one.sentence:
        return side + ("clause" if other.clause == one.clause else "sentence")
    away = abs(other.sentence - one.sentence)
    scope = "p" if other.paragraph == one.paragraph else ""
    return side + scope + ("1" if away == 1 else "2" if away == 2 else "3" if away <= 4 else "5" if away <= 8 else "9")


def between(one: Item, other: Item, tag: Tag) -> str:
    """How many mentions of the tag stand between two mentions."""
    first, last = (one, other) if one.at < other.at else (other, one)
    return few(last.ranks[tag] - first.ranks[tag] - (first.tag is tag))


def _said(scene: Scene, item: Item) -> str:
    """Whether a verb of saying, or of a date a claimant, stands close before or after."""
    before, after = [scene.word(item.at - k) for k in (1, 2, 3)], [scene.word(item.at + k) for k in (1, 2)]
    if item.tag is Tag.DATE:
        return f"{int(not SAYING.isdisjoint(before))}{int('C' in before)}{int('C' in after)}"
    return f"{int(not SAYING.isdisjoint(before[:2]))}{int(not SAYING.isdisjoint(after))}"


def _shape(item: Item) -> str:
    """A coarse class of the mention's words."""
    words = item.words
    if item.tag is Tag.DATE:
        return "".join(sorted({_calendar(word) for word in words} & _CALENDAR)) or "other"
    if item.tag is Tag.QUANTITY and words and words[0][0].isdigit():
        return "digits"
    return words[0] if words else ""


def _calendar(word: str) -> str:
    if word.isdigit():
        return "y" if len(word) == 4 else "d"
    return "w" if word in _WEEKDAYS else "m" if word in _MONTHS else word
