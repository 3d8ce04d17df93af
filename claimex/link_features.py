"""What speaks for and against linking a quantity to a unit, a date or a claimant: named features, one function a kind.

A feature function takes a pair and yields short strings, the names of weights. ``<`` and ``>`` say on which side of the
quantity a candidate stands; Q, U, D and C are mentions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from claimex.pairs import Choice, Pair, between, few
from claimex.scene import SAYING, Item, Scene
from claimex.schema import Tag
from claimex.words import word_set

PREPOSITIONS = word_set(
    """
    in on at by since from for during until before after between of through over within to as under about around and
    than against compared last this
    """
)
_LINKING = word_set("and but while from to which that after when with compared than")
_PRONOUNS = word_set("he she it they who")
_ADDING = frozenset(("also", "too"))
CONTINUES = "continues"
_SHORT = 4  # tokens of a gap that is spelled out whole

Feature = Callable[[Pair], Iterator[str]]


class Row(NamedTuple):
    """The names of all features of a pair: those that hold of other candidates as well, and its own."""

    shared: tuple[str, ...]
    own: list[str]


def surroundings(pair: Pair) -> Iterator[str]:
    """The quantity's context: for no link, for a link in its sentence, for one farther off."""
    for name in pair.context.features:
        yield f"{pair.scope}&{name}"
    if pair.tag is not Tag.UNIT:
        unit = pair.links[Tag.UNIT]
        yield f"{pair.scope}&unit={unit.words[-1] if unit and unit.words else ''}"
        yield f"{pair.scope}&unit1={unit.words[0] if unit and unit.words else ''}"


def neighbours(pair: Pair) -> Iterator[str]:
    """The words beside the candidate."""
    facts, here = pair.facts, pair.place
    yield here
    if pair.candidate is None or facts is None:
        return
    yield f"l={facts.left}"
    yield f"r={facts.right}"
    yield f"{here}&l={facts.left}"
    yield f"{here}&r={facts.right}"
    yield f"ll={facts.left2} {facts.left}"
    yield f"{here}&said={facts.said}"
    yield f"{here}&c={facts.shape}"
    yield f"{here}&prep={facts.left if facts.left in PREPOSITIONS else ''}&c={facts.shape}"
    yield f"{here}&quoted={pair.candidate.quoted}{pair.quantity.quoted}"


def order(pair: Pair) -> Iterator[str]:
    """How many rivals stand between, and what else does."""
    if pair.candidate is None:
        return
    here = pair.place
    yield f"rivals={pair.rivals}"
    yield f"{here}&rivals={pair.rivals}"
    yield f"{here}&quantities={between(pair.quantity, pair.candidate, Tag.QUANTITY)}"
    if not pair.near:
        first, last = pair.scene.bounds(pair.quantity)
        own = int(any(first <= rival.at < last for rival in pair.scene.around(pair.quantity, pair.tag, 1, 1)))
        yield f"{here}&own={own}"
        yield f"{here}&own={own}&rivals={pair.rivals}"
        return
    gap = pair.scene.between(pair.quantity, pair.candidate)
    have = set(gap)
    yield f"{here}&distance={len(gap).bit_length()}"
    yield f"{here}&marks={few(sum(token in ',;:' for token in gap))}{int('(' in have or ')' in have)}"
    yield f"{here}&talk={int(bool(have & SAYING))}{int('C' in have)}"
    for word in sorted(have & _LINKING):
        yield f"{here}&has={word}"
    yield f"{here}&gap={_spelled([token for token in gap if not token.isdigit()])}"


def repetition(pair: Pair) -> Iterator[str]:
    """What the quantity before was linked to."""
    memory, here = pair.memory, pair.place
    if memory.quantity is None:
        yield f"first&{here}"
        return
    before = memory.links[pair.tag]
    alike = pair.candidate is not None and before is not None and before.name == pair.candidate.name
    kind = "same" if before is pair.candidate else "alike" if alike else "new"
    away = pair.quantity.sentence - memory.quantity.sentence
    ago = "c" if pair.quantity.clause == memory.quantity.clause else few(away)
    base = f"{kind}&{'none' if before is None else 'some'}&{ago}"
    yield base
    yield f"{base}&{here}"
    yield f"{base}&rival={between(memory.quantity, pair.quantity, pair.tag)}"
    if pair.quantity.at - memory.quantity.at <= _SHORT + 1:
        yield f"{kind}&gap={' '.join(pair.scene.between(memory.quantity, pair.quantity))}"
    if pair.candidate is not None:
        yield f"used={few(memory.used.get(pair.candidate, 0))}&{here}"
    unit, last = pair.links.get(Tag.UNIT), memory.links.get(Tag.UNIT)
    if unit is not None and last is not None:
        yield f"{kind}&{ago}&units={int(unit.words[-1:] == last.words[-1:])}"


def attribution(pair: Pair) -> Iterator[str]:
    """Whether a date is the day on which a source spoke, and whether that is the source chosen for the quantity."""
    claimant, here = pair.links[Tag.CLAIMANT], pair.place
    chosen = "none" if claimant is None else "own" if claimant.sentence == pair.quantity.sentence else "far"
    yield f"{here}&claimant={chosen}"
    if pair.candidate is None or pair.facts is None:
        return
    speaker = pair.scene.speaker(pair.candidate)
    if speaker is None or claimant is None:
        kind = "event" if speaker is None else "nobody"
    else:
        kind = "same" if speaker is claimant else "alike" if speaker.name == claimant.name else "other"
    yield f"spoke={kind}&{chosen}"
    yield f"{here}&spoke={kind}"
    yield f"{here}&spoke={kind}&{chosen}&{pair.facts.shape}"
    for own in pair.context.tenses:
        yield f"{own}&spoke={kind}"


def topic(pair: Pair) -> Iterator[str]:
    """Whether a candidate's sentence speaks of the same things as the quantity's."""
    if pair.candidate is None or pair.near:
        return
    ours, theirs = pair.scene.content(pair.quantity.sentence), pair.scene.content(pair.candidate.sentence)
    common = few(len(ours & theirs))
    yield f"{pair.place}&common={common}"
    yield f"common={common}&rivals={pair.rivals}"
    unit = pair.links.get(Tag.UNIT)
    if unit is not None and unit.words:
        yield f"{pair.place}&unit={int(unit.words[-1] in theirs)}"


def continues(scene: Scene, quantity: Item, candidate: Item | None) -> bool:
    """Whether the quantity's sentence has no source and stands right behind one that opens with "According to" the
    candidate."""
    if candidate is None or candidate.sentence != quantity.sentence - 1:
        return False
    at = candidate.at
    opens = at == scene.bounds(candidate)[0] + 2 and scene.word(at - 2) == "according" and scene.word(at - 1) == "to"
    return opens and _has_no_source(scene, quantity)


def adds(scene: Scene, quantity: Item, candidate: Item | None) -> bool:
    """Whether the quantity's sentence has no source and says "also" or "too" to the candidate's, right behind it in the
    same paragraph."""
    if candidate is None or candidate.sentence != quantity.sentence - 1 or candidate.paragraph != quantity.paragraph:
        return False
    return not _ADDING.isdisjoint(scene.tokens[slice(*scene.bounds(quantity))]) and _has_no_source(scene, quantity)


def _has_no_source(scene: Scene, quantity: Item) -> bool:
    first, last = scene.bounds(quantity)
    return not any(first <= other.at < last for other in scene.around(quantity, Tag.CLAIMANT, 1, 1))


def continuation(pair: Pair) -> Iterator[str]:
    """A sentence that continues one that opens with its source."""
    if continues(pair.scene, pair.quantity, pair.candidate):
        yield CONTINUES


def tenses(pair: Pair) -> Iterator[str]:
    """The tense around the candidate against the tense around the quantity."""
    if pair.facts is None:
        return
    yield f"{pair.place}&tense={pair.facts.tense}"
    yield f"{'near' if pair.near else 'far'}&tense={pair.facts.tense}&{pair.context.tenses[0]}"


def identity(pair: Pair) -> Iterator[str]:
    """What kind of mention the candidate is."""
    item, facts = pair.candidate, pair.facts
    if item is None or facts is None:
        return
    first, last = (item.words[0], item.words[-1]) if item.words else ("", "")
    yield f"{pair.place}&pronoun={int(first in _PRONOUNS or item.name in _PRONOUNS)}"
    yield f"c0={first}"
    yield f"c1={last}"
    unit = pair.links.get(Tag.UNIT)
    if unit is not None and unit.words:
        yield f"u={unit.words[-1]}&c={facts.shape}"
    for number, own in enumerate(pair.context.tenses):
        yield f"tense{number}={own}&c={facts.shape}&{pair.place}"


_SHARED: tuple[Feature, ...] = (neighbours, order, repetition, identity)
FEATURES: dict[Tag, tuple[Feature, ...]] = {
    Tag.UNIT: _SHARED,
    Tag.CLAIMANT: (*_SHARED, topic, continuation),
    Tag.DATE: (*_SHARED, topic, tenses, attribution),
}


def rows(choice: Choice) -> list[Row]:
    """The features of the candidates."""
    shared: dict[str, tuple[str, ...]] = {}
    found = []
    for candidate in choice.candidates:
        pair = Pair(choice, candidate)
        if pair.scope not in shared:
            shared[pair.scope] = tuple(surroundings(pair))
        own: list[str] = []
        for feature in FEATURES[pair.tag]:
            own += feature(pair)
        found.append(Row(shared[pair.scope], own))
    return found


def _spelled(gap: list[str]) -> str:
    return " ".join(gap if len(gap) <= _SHORT else [*gap[:2], "..", *gap[-2:]])
