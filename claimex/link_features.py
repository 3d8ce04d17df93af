"""What speaks for and against linking a quantity to a unit, a date or a claimant: named features, one function a kind.

A feature function takes a :class:`Pair` and yields short strings. The strings are the names of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from claimex.scene import Item, Scene
from claimex.schema import Tag

SAYING = frozenset(
    "said says say saying told tells tell reported reports report reporting announced announces added adds according noted"
    " estimated estimates estimate predicted predicts expects expected believes believed warned warns claimed claims denied"
    " confirmed showed shows show quoted cited citing stated wrote insisted argued accused pledged vowed promised explained"
    " acknowledged revealed disclosed found indicated suggests suggested data figures quoting concluded declared".split()
)
PREPOSITIONS = frozenset(
    "in on at by since from for during until before after between of through over within to as under about around and than"
    " against compared last this".split()
)
_PRONOUNS = frozenset("he she it they who".split())
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep"
    " sept oct nov dec".split()
)
_FUTURE = frozenset("will would could should may might expected expects plans plan planned aims forecast projected to".split())
_BE = frozenset("was were had did been".split())
_PRESENT = frozenset("is are has have does do".split())
_REACH = 12
_FAR = 300
_BESIDE = 6  # tokens between a source and the day on which it spoke


@dataclass(slots=True)
class History:
    """What was decided for the quantities before: the last quantity, its links, and who links to a mention."""

    quantity: Item | None
    links: dict[Tag, Item | None]
    used: dict[int, int]  # id of an item -> number of quantities linked to it


class Pair:
    """A quantity and a candidate (None: no link), in the light of what has been decided.

    ``current``: the links of this quantity that were decided already; ``around``: its :func:`context`; ``place``: where
    the candidate stands, seen from the quantity; ``between``: the tokens that stand between the two, a few hundred at most.
    """

    def __init__(
        self, scene: Scene, quantity: Item, candidate: Item | None, tag: Tag, history: History,
        current: dict[Tag, Item | None], around: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.scene, self.quantity, self.candidate, self.tag = scene, quantity, candidate, tag
        self.history, self.current, self.around = history, current, around
        self.place = _place(quantity, candidate)
        self.near = self.place.endswith(("clause", "sentence"))
        self.between = scene.between(quantity, candidate)[:_FAR] if candidate else []


Feature = Callable[[Pair], Iterator[str]]


def context(scene: Scene, quantity: Item) -> tuple[str, ...]:
    """What can be said of a quantity without a candidate."""
    at = quantity.at
    clause = scene.clause(quantity, _REACH)
    first, last = scene.bounds(quantity)
    inside = scene.tokens[first:last]
    return (
        f"-1={scene.word(at - 1)}", f"-2={scene.word(at - 2)}", f"+1={scene.word(at + 1)}", f"+2={scene.word(at + 2)}",
        f"-12={scene.word(at - 2)} {scene.word(at - 1)}", f"+12={scene.word(at + 1)} {scene.word(at + 2)}",
        f"tense={tense(clause)}", f"tenses={tense(inside)}", f"quoted={quantity.quoted}", f"first={scene.word(first)}",
        f"q={_shape(quantity)}", f"s={min(quantity.sentence, 3)}",
        f"D{_few(inside.count('D'))}C{_few(inside.count('C'))}Q{_few(inside.count('Q'))}",
        *(f"w={word}" for word in sorted(set(clause)) if word.isalpha() and len(word) > 1),
    )  # fmt: skip


def tense(words: list[str]) -> str:
    """A rough word for when the words speak of."""
    have = set(words)
    if have & _FUTURE:
        return "future"
    if have & _BE or any(word.endswith("ed") for word in have):
        return "past"
    return "present" if have & _PRESENT or any(word.endswith("s") for word in have) else "none"


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


def bias(pair: Pair) -> Iterator[str]:
    yield pair.place


def surroundings(pair: Pair) -> Iterator[str]:
    """The quantity's context, for no link against any, and for the kind of place."""
    broad = "none" if pair.candidate is None else "near" if pair.near else "far"
    for name in pair.around:
        yield f"{broad}&{name}"
    unit = pair.current.get(Tag.UNIT)
    if pair.tag is not Tag.UNIT:
        yield f"{broad}&unit={unit.words[-1] if unit and unit.words else ''}"
        yield f"{broad}&unit1={unit.words[0] if unit and unit.words else ''}"


def neighbours(pair: Pair) -> Iterator[str]:
    """The words beside the candidate."""
    if pair.candidate is None:
        return
    scene, at, here = pair.scene, pair.candidate.at, pair.place
    left, right = scene.word(at - 1), scene.word(at + 1)
    yield f"l={left}"
    yield f"r={right}"
    yield f"{here}&l={left}"
    yield f"{here}&r={right}"
    yield f"ll={scene.word(at - 2)} {left}"
    yield f"{here}&said={_said(scene, pair.candidate)}"
    yield f"{here}&c={_shape(pair.candidate)}"
    yield f"{here}&prep={left if left in PREPOSITIONS else ''}&c={_shape(pair.candidate)}"
    yield f"{here}&cq={pair.candidate.quoted}{pair.quantity.quoted}"


def order(pair: Pair) -> Iterator[str]:
    """How many rivals stand between, and whether the candidate is the nearest on its side."""
    if pair.candidate is None:
        return
    here = pair.place
    between = pair.between
    letter = pair.tag[0]
    rivals, quantities = between.count(letter), between.count("Q")
    yield f"rivals={_few(rivals)}"
    yield f"{here}&rivals={_few(rivals)}"
    yield f"{here}&quantities={_few(quantities)}"
    if pair.near:
        yield f"{here}&distance={len(between).bit_length()}"
        yield f"{here}&marks={_few(sum(t in ',;:' for t in between))}{int('(' in between or ')' in between)}"
        yield f"{here}&talk={int(any(t in SAYING for t in between))}{int('C' in between)}"
        for word in ("and", "but", "while", "from", "to", "which", "that", "after", "when", "with", "compared", "than"):
            if word in between:
                yield f"{here}&has={word}"
        shape = [t for t in between if not t.isdigit()]
        yield f"{here}&gap={' '.join(shape) if len(shape) <= 4 else ' '.join(shape[:2]) + ' .. ' + ' '.join(shape[-2:])}"
    else:
        first, last = pair.scene.bounds(pair.quantity)
        own = letter in pair.scene.tokens[first:last]
        yield f"{here}&own={int(own)}"
        yield f"{here}&own={int(own)}&rivals={_few(rivals)}"


def memory(pair: Pair) -> Iterator[str]:
    """What the quantity before was linked to."""
    past = pair.history
    if past.quantity is None:
        yield f"first&{pair.place}"
        return
    before = past.links[pair.tag]
    away = pair.quantity.sentence - past.quantity.sentence
    ago = "0" if away == 0 else "1" if away == 1 else "2" if away == 2 else "3"
    if pair.quantity.clause == past.quantity.clause:
        ago = "c"
    same = before is pair.candidate
    alike = pair.candidate is not None and before is not None and (same or before.name == pair.candidate.name)
    kind = "same" if same else "alike" if alike else "new"
    base = f"{kind}&{'none' if before is None else 'some'}&{ago}"
    yield base
    yield f"{base}&{pair.place}"
    gap = pair.scene.between(past.quantity, pair.quantity)
    yield f"{base}&rival={_few(gap[:200].count(pair.tag[0]))}"
    if len(gap) <= 4:
        yield f"{kind}&gap={' '.join(gap)}"
    if pair.candidate is not None:
        yield f"used={_few(past.used.get(id(pair.candidate), 0))}&{pair.place}"
    unit, last = pair.current.get(Tag.UNIT), past.links.get(Tag.UNIT)
    if unit is not None and last is not None and pair.tag is not Tag.UNIT:
        yield f"{kind}&{ago}&units={int(unit.words[-1:] == last.words[-1:])}"


def attribution(pair: Pair) -> Iterator[str]:
    """Whether a date is the day on which a source spoke, and whether that is the source chosen for the quantity."""
    claimant, date, here = pair.current.get(Tag.CLAIMANT), pair.candidate, pair.place
    chosen = "none" if claimant is None else "own" if claimant.sentence == pair.quantity.sentence else "far"
    yield f"{here}&claimant={chosen}"
    if date is None:
        return
    speaker = _speaker(pair.scene, date)
    if speaker is None:
        kind = "event"
    elif claimant is None:
        kind = "nobody"
    else:
        kind = "same" if speaker is claimant else "alike" if speaker.name == claimant.name else "other"
    yield f"spoke={kind}&{chosen}"
    yield f"{here}&spoke={kind}"
    yield f"{here}&spoke={kind}&{chosen}&{_shape(date)}"
    for name in pair.around:
        if name.startswith("tense"):
            yield f"{name}&spoke={kind}"


def _speaker(scene: Scene, date: Item) -> Item | None:
    """The claimant beside a date, with a verb of saying close by and no quantity between."""
    for claimant in scene.near(Tag.CLAIMANT, date):
        gap = scene.between(claimant, date)
        if claimant.sentence == date.sentence and len(gap) <= _BESIDE and "Q" not in gap:
            first, last = sorted((claimant.at, date.at))
            if any(token in SAYING for token in scene.tokens[max(0, first - 3) : last + 3]):
                return claimant
    return None


def topic(pair: Pair) -> Iterator[str]:
    """Whether the candidate's sentence speaks of the same things as the quantity's."""
    if pair.candidate is None or pair.near:
        return
    ours, theirs = pair.scene.content(pair.quantity.sentence), pair.scene.content(pair.candidate.sentence)
    common = len(ours & theirs)
    yield f"{pair.place}&common={_few(common)}"
    yield f"common={_few(common)}&rivals={_few(pair.between.count(pair.tag[0]))}"
    unit = pair.current.get(Tag.UNIT)
    if unit is not None and unit.words:
        yield f"{pair.place}&unit={int(unit.words[-1] in theirs)}"


def tenses(pair: Pair) -> Iterator[str]:
    """The tense around the candidate against the tense around the quantity."""
    if pair.candidate is None:
        return
    theirs = tense(pair.scene.clause(pair.candidate, _REACH))
    yield f"{pair.place}&tense={theirs}"
    yield f"{'near' if pair.near else 'far'}&{theirs}&{next(name for name in pair.around if name.startswith('tense='))}"


def identity(pair: Pair) -> Iterator[str]:
    """What kind of mention the candidate is."""
    item = pair.candidate
    if item is None:
        return
    here = pair.place
    yield f"{here}&pronoun={int(item.name in _PRONOUNS or item.words[:1] in [(p,) for p in _PRONOUNS])}"
    yield f"c0={item.words[0] if item.words else ''}"
    yield f"c1={item.words[-1] if item.words else ''}"
    unit = pair.current.get(Tag.UNIT)
    if unit is not None and unit.words:
        yield f"u={unit.words[-1]}&c={_shape(item)}"
    for name in pair.around:
        if name.startswith("tense"):
            yield f"{name}&c={_shape(item)}&{here}"


FEATURES: dict[Tag, tuple[Feature, ...]] = {
    Tag.UNIT: (bias, surroundings, neighbours, order, memory, identity),
    Tag.CLAIMANT: (bias, surroundings, neighbours, order, memory, identity, topic),
    Tag.DATE: (bias, surroundings, neighbours, order, memory, identity, attribution, topic, tenses),
}


def features(pair: Pair) -> list[str]:
    """The names of all features that hold of the pair."""
    return [name for feature in FEATURES[pair.tag] for name in feature(pair)]


def _few(count: int) -> str:
    return str(count) if count < 3 else "3"


def _said(scene: Scene, item: Item) -> str:
    """The verb of saying beside a mention: just after it, just before it, or none."""
    before = [scene.word(item.at - k) for k in (1, 2, 3)]
    after = [scene.word(item.at + k) for k in (1, 2)]
    if item.tag is Tag.DATE:
        return str(int(any(w in SAYING for w in before))) + str(int("C" in before)) + str(int("C" in after))
    return str(int(any(w in SAYING for w in before[:2]))) + str(int(any(w in SAYING for w in after)))


def _shape(item: Item) -> str:
    """A coarse class of the mention's words."""
    words = item.words
    if item.tag is Tag.DATE:
        kinds = {
            "w" if w in _WEEKDAYS else "m" if w in _MONTHS else "y" if len(w) == 4 and w.isdigit() else "d" if w.isdigit() else w
            for w in words
        }
        kept = kinds & {"w", "m", "y", "d", "last", "past", "next", "this", "year", "week", "month", "ago", "end", "years", "days"}
        return "".join(sorted(kept)) or "other"
    if item.tag is Tag.QUANTITY:
        return "digits" if words and words[0][0].isdigit() else words[0] if words else ""
    return words[0] if words else ""
