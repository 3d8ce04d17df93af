"""Our claims in the terms of the public quantity benchmarks.

They differ from our annotation in what counts and how it is called. By convention, for all of their items alike:

- Units are named in lower case and by words of their own (``_NAMES``): a plain dollar is "dollar", people are "people".
  What stands after *of* is no part of a measure's name, nor is *and* of any. A bare age is in "year of age". Names of
  things stay in the plural ("americans"). The "p" behind a price is a "point".
- A length of time counts also where it only says when: "the past two years" is 2, "year". So does the pronoun in "one
  of the best".
- Two figures with the same unit that are joined as a range ("from $2 in May to $3", "between 5% and 6%") are that one
  range, and a falling range keeps its order.
- A bare plural magnitude runs from it to ten times it ("millions"); "several" and "a few" are no quantities.
- A share in words ("half", "a third of the population") is in "% " and what it is a share of.
- The change is ~ > < or =; "up" and "down", which say how a figure moved, are not our notion, so we never answer them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.values_sets import Reading
from claimex.normalize import date_tokens
from claimex.normalize.calendar_words import Kind, Token
from claimex.normalize.number_words import VAGUE
from claimex.normalize.numbers import parse_number
from claimex.schema import Claim, Extraction, Mention, Modifier, Quantity, Tag, Unit, UnitKind, Unparsed

_NAMES = {
    "percent": "percentage",
    "us dollar": "dollar",
    "us cent": "cent",
    "british pound": "pound sterling",
    "israeli new shekel": "shekel",
    "degree celsius": "celsius",
    "degree fahrenheit": "fahrenheit",
    "revolution per minute": "revolutions per minute",
    "part per billion": "parts-per-billion",
    "part per million": "parts-per-million",
    "pound foot": "pound-foot",
    "milliampere hour": "milliampere-hour",
    "dollar per million british thermal unit": "dollar per mega british thermal unit",
    "time": "count",
}
_SYMBOLS = {"p": "point"}
_WEIGHT = {"pound": "pound-mass"}
_CHANGES = {
    Modifier.EQ: "=",
    Modifier.APPROX: "~",
    Modifier.GT: ">",
    Modifier.GE: ">",
    Modifier.LT: "<",
    Modifier.LE: "<",
}
_VAGUE_WORDS = re.compile(rf"\b(?:{'|'.join(VAGUE)})\b", re.IGNORECASE)
_PROPER_NAME = re.compile(r"(?:^|\b[A-Z]\w* )(?:[A-Z]\w*|\d\w*)$")
_ONE = re.compile(r"\b(?:one|1)\b", re.IGNORECASE)
_ONE_OF = re.compile(r"\bone of (?:the|his|her|its|their|our|my)\b", re.IGNORECASE)
_BEFORE_AGE = re.compile(r"\b(?:age[sd]?(?: of)?|s?he (?:is|was|will be|turns|turned)) $", re.IGNORECASE)
_APPOSITION = re.compile(r"[A-Z][\w.-]*, $")
# What joins two figures to a range. Without "from" or "between" before it, "to" may as well say where a figure got.
_JOINT = re.compile(r"\W*(?:(?:in|at|on|since)\W+)?(to|and|[-–—])\W*")
_OPENING = re.compile(r"\b(?:from|between)\W*(?:(?:about|around|roughly)\W*)?$", re.IGNORECASE)
_MOVEMENT = re.compile(
    r"\b(?:by|up|down|rose|fell|gained|lost|added|shed|climbed|jumped|dropped|increased|decreased|grew|slid)\W*$",
    re.IGNORECASE,
)


def readings(extraction: Extraction) -> list[Reading]:
    """All that a benchmark would find counted or measured in the extraction's text."""
    claims = [claim for claim in extraction.claims if isinstance(claim.quantity.value, Quantity)]
    found: list[Reading | None] = []
    at = 0
    while at < len(claims):
        pair = claims[at : at + 2]
        joined = len(pair) == 2 and _are_ends(extraction, *pair)
        found.append(_range(*pair) if joined else _reading(extraction, claims[at]))
        at += 1 + joined
    return [*filter(None, found), *_lengths_of_time(extraction), *_pronouns(extraction)]


def _reading(extraction: Extraction, claim: Claim) -> Reading | None:
    number = claim.quantity.value
    if not isinstance(number, Quantity) or number.low is None or _VAGUE_WORDS.search(claim.quantity.text):
        return None
    unit, change = unit_name(claim.unit), _CHANGES[claim.modifier]
    if unit == "-" and _is_age(extraction.document.text, *claim.quantity.span.range):
        unit = "year of age"
    if _is_share(number, claim.quantity.text):
        unit = f"% {unit}"
    if number.high is None:
        scale = float(number.low) / 2
        return Reading(scale, 10 * scale, unit, change)
    return Reading(float(number.low), float(number.high), unit, change)


def _is_share(number: Quantity, surface: str) -> bool:
    """Whether it is given as a fraction in words: "a third", "one out of three"; not as "0.5" or "1/4"."""
    return number.value is not None and 0 < number.value < 1 and not any(map(str.isdigit, surface))


def _is_age(text: str, start: int, end: int) -> bool:
    return bool(_BEFORE_AGE.search(text[:start]) or (_APPOSITION.search(text[:start]) and text[end : end + 1] == ","))


def unit_name(mention: Mention[Unit] | None) -> str:
    """What the benchmarks call a unit; "-" for none."""
    if mention is None:
        return "-"
    unit = mention.value
    if isinstance(unit, Unparsed):
        return mention.text.lower()
    name = _SYMBOLS.get(mention.text, unit.name.lower())
    if unit.kind is UnitKind.MEASURE:
        name = _WEIGHT.get(name, name)
    if unit.kind is UnitKind.COUNT and "people" in mention.text.lower():
        name = name.replace("person", "people")
    if unit.kind is UnitKind.COUNT and unit.of is None and _PROPER_NAME.search(mention.text):
        name = mention.text.lower()
    name = name.replace(" and ", " ")
    name = _NAMES.get(name, name)
    rate = f"{name} per {unit.per.lower()}" if unit.per else name
    return _NAMES.get(rate, rate)


def _are_ends(extraction: Extraction, left: Claim, right: Claim) -> bool:
    """Whether two neighbouring claims are the ends of one range."""
    if unit_name(left.unit) != unit_name(right.unit) or not (_is_plain(left) and _is_plain(right)):
        return False
    start, end = left.quantity.span.end, right.quantity.span.start
    text = extraction.document.text
    for mention in extraction.mentions:
        if mention.span.tag is not Tag.QUANTITY and start <= mention.span.start and mention.span.end <= end:
            text = text[: mention.span.start] + " " * len(mention.text) + text[mention.span.end :]
    joint = _JOINT.fullmatch(text[start:end])
    edge = left.quantity.span.start
    before = text[: left.unit.span.start if left.unit and left.unit.span.end <= edge else edge]
    if joint is None:
        return False
    return bool(_OPENING.search(before)) or (joint[1] != "and" and not _MOVEMENT.search(before))


def _is_plain(claim: Claim) -> bool:
    return isinstance(claim.quantity.value, Quantity) and claim.quantity.value.value is not None


def _range(left: Claim, right: Claim) -> Reading:
    """Both ends, the first with the magnitude that only the second may have: "$89 to $93 billion"."""
    number = parse_number(f"{left.quantity.text} to {right.quantity.text}")
    ends: list[float] = []
    if isinstance(number, Quantity) and number.low is not None and number.high is not None:
        ends = [float(number.low), float(number.high)]
    else:  # it falls
        for claim in (left, right):
            assert isinstance(claim.quantity.value, Quantity)
            assert claim.quantity.value.value is not None
            ends.append(float(claim.quantity.value.value))
    return Reading(ends[0], ends[1], unit_name(right.unit), _CHANGES[left.modifier])


def _pronouns(extraction: Extraction) -> Iterator[Reading]:
    spans = [mention.span for mention in extraction.mentions]
    for found in _ONE_OF.finditer(extraction.document.text):
        if not any(span.start <= found.start() < span.end for span in spans):
            yield Reading(1, 1)


def _lengths_of_time(extraction: Extraction) -> Iterator[Reading]:
    for mention in extraction.mentions:
        if mention.span.tag is Tag.DATE:
            yield from lengths_in(mention.text)


def lengths_in(date: str) -> Iterator[Reading]:
    """The counted units of time in a date's surface: "the past two years"; an article ("a year ago") counts nothing."""
    try:
        tokens = date_tokens.tokenize(date) or ()
    except ValueError:
        return
    for at, unit in enumerate(tokens):
        if unit.kind not in (Kind.UNIT, Kind.UNITS):
            continue
        match tokens[max(0, at - 3) : at]:
            case [Token(Kind.NUMBER, int(low)), _, Token(Kind.NUMBER, int(high))] if low < high:
                yield Reading(low, high, str(unit.value))
            case [*_, Token(Kind.NUMBER, int(count))] if count != 1 or _ONE.search(date):
                yield Reading(count, count, str(unit.value))


def peer_unit(name: str) -> str:
    """Another library's name of a unit in the same terms."""
    plain = name.lower().replace("meter", "metre").replace("liter", "litre")
    return _NAMES.get(plain, plain)
