"""The facts below a marked text, one a line: days of DATEs, names of CLAIMANTs, the claim record of each QUANTITY."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias, TypeVar

from claimex.fields import parse_date
from claimex.formats.markup_text import TAGS, Lines
from claimex.schema import Example, Modifier, Range, Record

VAGUE, TO = "?", ".."
MODIFIERS = [modifier for modifier in Modifier if modifier != Modifier.EQ]  # eq is not written
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
MAX_DIGITS = 400  # before the point or behind it: 1E+1000000 only looks short

Days: TypeAlias = tuple[dt.date, dt.date]
Facts: TypeAlias = dict[str, tuple[int, str]]  # by span: line number and what stands behind the name
T = TypeVar("T")


def read_records(
    lines: Lines, names: Mapping[str, Range], text: str, faults: Lines, *, above: int
) -> tuple[Record, ...]:
    """The record of each QUANTITY in ``names``, in order. ``faults`` gets what is wrong; ``above``: the line before."""
    facts = _by_name(lines, names, faults)
    begun = {line.partition(" ")[0] for _, line in lines}
    for name in names:
        if name[0] == "q" and name not in begun:
            faults.append((above, f"no line for {name} follows: add one, such as {name} VALUE"))
    days = _parsed(facts, "d", lambda _, fact: _days(fact), faults)
    sources = {name: text[start:end] for name, (start, end) in names.items() if name[0] == "c"}
    sources |= _parsed(facts, "c", lambda _, fact: fact, faults)
    records = _parsed(facts, "q", lambda name, fact: _record(name, fact, names, days, sources), faults)
    return tuple(records.values())


def _by_name(lines: Lines, names: Mapping[str, Range], faults: Lines) -> Facts:
    facts: Facts = {}
    for number, line in lines:
        name, _, fact = line.partition(" ")
        if name not in names:
            fault = f"{name!r} names no span of this document: write the qN, dN or cN of one"
        elif name[0] == "u":
            fault = f"{name} is a unit, which has no facts: take the line away"
        elif name in facts:
            fault = f"{name} has line {facts[name][0]} already: take one of them away"
        elif not fact or fact != fact.strip():
            fault = f"{name} with nothing, or with stray blanks, around its fact: write both with one blank between"
        else:
            facts[name] = number, fact
            continue
        faults.append((number, fault))
    for left, right in pairwise(name for name in facts if name[0] == "q"):
        if names[right] < names[left]:
            faults.append((facts[right][0], f"{right} after {left}: bring the q lines into order"))
    return facts


def _parsed(facts: Facts, kind: str, parse: Callable[[str, str], T], faults: Lines) -> dict[str, T]:
    """What ``parse(name, fact)`` makes of the facts of one kind of span."""
    parsed = {}
    for name, (number, fact) in facts.items():
        if name[0] == kind:
            try:
                parsed[name] = parse(name, fact)
            except ValueError as error:
                faults.append((number, str(error)))
    return parsed


def _days(fact: str) -> Days:
    first, separator, last = fact.partition(TO)
    days = parse_date(first), parse_date(last if separator else first)
    if days[1] < days[0]:
        raise ValueError(f"the last day, {last}, comes before the first, {first}: swap or correct them")
    return days


def _record(
    name: str, fact: str, names: Mapping[str, Range], days: Mapping[str, Days], sources: Mapping[str, str]
) -> Record:
    """The record in a q line: ``[MODIFIER] VALUE [uN] [dN] [cN]``."""
    words = fact.split()
    modifier = Modifier(words.pop(0)) if words[0] in MODIFIERS else Modifier.EQ
    value, low, high = _numbers(words.pop(0) if words else "")
    parts = {word[0]: word for word in words}
    if words != [parts[kind] for kind in "udc" if kind in parts]:
        raise ValueError(f"{' '.join(words)!r} behind a value: write at most one uN, one dN and one cN, in this order")
    for word in words:
        if word not in names:
            raise ValueError(f"{word} names no span of this document: mark it in the text, or take it away here")
    unit, date, claimant = (parts.get(kind, "") for kind in "udc")
    first, last = days.get(date, (None, None))
    return Record(
        names[name], value, low, high, modifier,
        unit=names.get(unit),
        date=names.get(date), first=first, last=last,
        claimant=names.get(claimant), name=sources.get(claimant),
    )  # fmt: skip


def _numbers(word: str) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Value, low and high."""
    if word == VAGUE:
        return None, None, None
    ends = word.split(TO)
    if len(ends) > 2 or not all(NUMBER.fullmatch(end) for end in ends):
        raise ValueError(
            f"{word!r} is no value: write 57, -3.5, 200..300 or ?, before it one of {', '.join(MODIFIERS)} or nothing"
        )
    low, high = Decimal(ends[0]), Decimal(ends[-1])
    if high < low:
        raise ValueError(f"the range {word} runs down: swap its ends")
    return (low if len(ends) == 1 else None), low, high


def fact_lines(example: Example, names: Mapping[Range, str]) -> Iterator[str]:
    """Yield the lines that ``read_records`` reads back, for spans named so. Raises ValueError where they could not."""
    quantities = [extent for extent, name in names.items() if name[0] == "q"]
    if [record.quantity for record in example.records] != quantities:
        raise ValueError("its records are not one for each QUANTITY, in text order")
    facts: dict[str, str] = {}
    claims = []
    for record in example.records:
        parts = {"q": record.quantity, "u": record.unit, "d": record.date, "c": record.claimant}
        words = {kind: _name_of(kind, extent, names) for kind, extent in parts.items() if extent}
        known = {"d": _days_fact(record), "c": _name_fact(record, example.document.text)}
        for kind, fact in known.items():
            if kind not in words and fact is not None:
                raise ValueError(f"a record has a fact about a {TAGS[kind]} that it does not have: {fact!r}")
            if kind in words and facts.setdefault(words[kind], fact or "") != (fact or ""):
                raise ValueError(
                    f"two records differ on the {TAGS[kind]} {words[kind]}: {facts[words[kind]]!r}, {fact!r}"
                )
        quantity, *others = words.values()
        claims.append(" ".join([quantity, *_amount(record), *others]))
    order = list(names.values())
    for kind in "dc":
        yield from (f"{name} {facts[name]}" for name in order if name[0] == kind and facts.get(name))
    yield from claims


def _name_of(kind: str, extent: Range, names: Mapping[Range, str]) -> str:
    name = names.get(extent, "")
    if name[:1] != kind:
        raise ValueError(f"a record's range {list(extent)} is no {TAGS[kind]} span")
    return name


def _days_fact(record: Record) -> str | None:
    first, last = record.first, record.last
    if first is None and last is None:
        return None
    if first is None or last is None or last < first:
        raise ValueError(f"the days {first} to {last} are no first and last day")
    return first.isoformat() if first == last else f"{first}{TO}{last}"


def _name_fact(record: Record, text: str) -> str | None:
    """The name, empty where it is the surface, None for none."""
    name = record.name
    if record.claimant is None:
        return name
    if name is None or (name != text[slice(*record.claimant)] and (not name or name != name.strip() or "\n" in name)):
        raise ValueError(f"{name!r} is no claimant's name on a line")
    return "" if name == text[slice(*record.claimant)] else name


def _amount(record: Record) -> Iterator[str]:
    if record.modifier != Modifier.EQ:
        yield record.modifier
    match record.value, record.low, record.high:
        case None, None, None:
            yield VAGUE
        case None, Decimal() as low, Decimal() as high if low <= high:
            yield f"{_digits(low)}{TO}{_digits(high)}"
        case Decimal() as value, low, high if low == value == high:
            yield _digits(value)
        case value, low, high:
            raise ValueError(f"value {value}, low {low}, high {high} is no number, no range and no vague magnitude")


def _digits(number: Decimal) -> str:
    if not number.is_finite() or max(abs(number.adjusted()), -int(number.as_tuple().exponent)) > MAX_DIGITS:
        raise ValueError(f"the number {number} has no plain form of at most {MAX_DIGITS} digits")
    return f"{number:f}"
