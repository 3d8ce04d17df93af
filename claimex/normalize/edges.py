"""Edges of spans that the words beside them settle: no figure is cut off from its sign, magnitude or currency, nor a
range in two, and of two things that are counted together ("4 cars and vans were lost") none is left out; "number of" is
no part of a unit, and no date opens a bracket that another one closes. What looks like a figure and counts nothing
("few", "one-off", "5G") is none, and what measures something is one (``measured``).

Where a tagger leaves "$A|5|m" in pieces, "5m" is the figure and "$A" its unit. Spans that were right stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from claimex.normalize.measured import passed_over
from claimex.normalize.numbers import parse_number
from claimex.normalize.unit_tables import key_of, measure
from claimex.normalize.units import parse_unit
from claimex.schema import Span, Tag, UnitKind, Unparsed

_REACH = 12  # characters; no sign, magnitude or symbol is longer

_COUNTRY = r"(?:US|U\.S\.|HK|AU?|CA?|CDN|Can|NZ|NT|S|R)"
_SYMBOL = rf"(?:\b{_COUNTRY} ?\$|\$(?:US|A|NZ|C)(?=\d)|[$€£¥₹₩₽₺₴₪]|\bRM|\bRs\.?)"
_ASCII = r"\b(?:PS|Y=)"  # pounds and yen as wires write them that send plain ASCII: "PS2.7m", "Y=590"
# What makes a single letter after a figure a magnitude: "$5m" is money, "5m" may be metres.
_MONEY_BEFORE = re.compile(rf"(?:(?:{_SYMBOL}|\b[A-Z]{{3}}) ?-?|{_ASCII})$")
_SYMBOL_BEFORE = re.compile(rf"(?:{_SYMBOL} ?|{_ASCII})$")
_MAGNITUDE = re.compile(r"(?:bn|mn|tn|mln|bln|trn|M)(?![\w-])")
_LETTER = re.compile(r"[mkbKB](?![\w-])")
# No range, as in "200 -300", and no margin: "plus or minus 3".
_MINUS = re.compile(r"(?:^\s?|[^\d\s]\s|[($€£¥])([-−])$|(?<!\bor )\b(minus[ -])$", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween $", re.IGNORECASE)
_MODIFIER = re.compile(
    r"(?:some|about|around|roughly|nearly|almost|over|under|only|just|another|one(?= \d)) ", re.IGNORECASE
)
_NO_FIGURE = re.compile(r"few|many|most|some|both|double|triple|twice|thrice", re.IGNORECASE)
_JOINED_WORDS = re.compile(r"(?:[A-Z][a-z]+){2,}")  # "FortyWinks", a shop
_LISTED = re.compile(r"(\d[\d.,]* (?:thousand|(?:m|b|tr)illion)), (?=\d)")
_COMPOUND = re.compile(r"(?:one|half)-(?:off|time|on|sided|hearted|way)\b", re.IGNORECASE)
_GENERATION = re.compile(r"[2-6](?=G\b)")  # of mobile networks
_LETTER_OF_NAME = re.compile(r"(?:^|[^\w$€£¥])[A-QS-Z]$")  # "A2"; but "R500" is in rand
_WORD_OF_NUMBER = re.compile(r"[^\W\d_]+")
_QUALIFIER = re.compile(rf"\b{_COUNTRY} ?$")
_AFTER_DOLLAR = re.compile(r"(?:US|A|NZ|C)(?=\d)")

_NUMBER_OF = re.compile(r"(?:(?:total|overall|combined) )?number", re.IGNORECASE)
_OF_PLURAL = re.compile(r" of ((?:[a-z]+ ){0,2}(?:[a-z]{2,}(?<![su])s|people|men|women|children))\b")
_FRAME = re.compile(r"(?:(?:(?:total|overall|combined) )?number of |plus )?(\S.*?)(?: of| /)?", re.DOTALL)
# A measure that says of what kind a thing is: "5 km road". Not every name of one: "foot soldiers" are counted.
_ATTRIBUTE = re.compile(
    r"(\w*(?:met(?:re|er)|lit(?:re|er)|gram|watt|hertz|byte|volt)|degree|inch|[kmc]m|[km]g|ml|cc|[kMG]W|[MGT]B|[MG]Hz)"
    r"[ -]\w"
)
_FIRST_UNIT = re.compile(
    r"(percent(?:age)? points?|per cent|basis points?|(?:sq|square|cu|cubic|nautical|metric|short|long) \S+|\S+) "
)  # is the unit behind a hyphen: "six-cylinder engine"
_SECOND_MEASURE = re.compile(r"(\w+) ?/ ?\d")
_PLURAL = re.compile(r"(?:[a-z](?<![su])s|people|men|women|children)$")
# The second of two plural nouns, with one word before it at most, where its clause goes on without a figure of its own.
_AND_PLURAL = re.compile(
    r" and (?!(?:some|many|no|other|others|its|his|her|their|the|this|these|those|a|an|is|was|has|does|as|less|more|"
    r"about|perhaps|possibly|thus|also|always|plus|[a-z]+ed|[a-z]+ing) )"
    r"(?P<noun>(?:[a-z][a-z-]+ )?[a-z-]{3,}(?<![su])s)"
    r"(?=[,.;:)\n]|$| (?:in|at|for|since|over|during|after|without|who|that|died|have died)\b"
    r"| (?:(?:were|was|have been|had been) )?(?:lost|destroyed|damaged|killed|wounded|injured|captured|hurt|arrested|"
    r"detained|evacuated|deployed|displaced|without)\b)"
)


def settle_edges(text: str, spans: Sequence[Span]) -> list[Span]:
    """The same spans in text order, with figures and currency symbols whole, and those that were passed over; none
    overlap."""
    settled = _settled(text, spans)
    missed = passed_over(text, settled)
    return _settled(text, sorted(settled + missed, key=lambda span: span.range)) if missed else settled


def _settled(text: str, spans: Sequence[Span]) -> list[Span]:
    settled: list[Span] = []
    waiting = list(reversed(spans))
    while waiting:
        span = waiting.pop()
        floor = settled[-1].end if settled else 0
        if span.tag is Tag.QUANTITY:
            if _is_sign(text, span, waiting) or _counts_nothing(text, span, floor, waiting):
                continue
            span = _without_next(text, span, waiting)
            span = _with_next_word(text, _bare(text, span), waiting)
            span = _with_other_end(text, span, waiting)
            span = _with_sign(text, _with_magnitude(text, span, waiting), floor)
            unit = _untagged_currency(text, span, floor)
            settled += [unit, span] if unit else [span]
        elif span.tag is Tag.UNIT:
            whole = _with_second_noun(text, _with_country(text, span, floor, waiting), waiting)
            settled.append(_without_frame(text, _counted(text, whole, waiting)))
        elif span.tag is Tag.DATE:
            settled.append(_with_closed_bracket(text, span, waiting))
        else:
            settled.append(span)
    return settled


def _moved(span: Span, start: int, end: int) -> Span:
    """It with these ends; most spans stay as they are, and copies are slow."""
    return span if (start, end) == span.range else replace(span, start=start, end=end)


def _is_sign(text: str, span: Span, waiting: list[Span]) -> bool:
    """Whether it is the sign of the figure behind it, which takes in what is one."""
    if not (waiting and waiting[-1].tag is Tag.QUANTITY and text[span.end : waiting[-1].start] in ("", " ")):
        return False
    return text[span.start : span.end].lower() in ("-", "−", "minus")


def _counts_nothing(text: str, span: Span, floor: int, waiting: list[Span]) -> bool:
    """Whether it is no figure but looks like one. What follows the hyphen of "one-off" and the 5 of "5G" is no unit
    then."""
    if _NO_FIGURE.fullmatch(text, span.start, span.end) or _JOINED_WORDS.fullmatch(text, span.start, span.end):
        return True
    if text[span.start].isdigit() and _LETTER_OF_NAME.search(text, floor, span.start):
        return True
    unit = waiting[-1] if waiting and waiting[-1].tag is Tag.UNIT else None
    found = _COMPOUND.match(text, span.start)
    generation = _GENERATION.match(text, span.start)
    if unit and ((found and unit.end == found.end()) or (generation and unit.start == generation.end())):
        waiting.pop()
    return bool(found or generation)


def _without_next(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "4 million, 299" are two figures."""
    found = _LISTED.match(text, span.start, span.end)
    if found is None:
        return span
    waiting.append(replace(span, start=found.end()))
    return replace(span, end=found.end(1))


def _bare(text: str, span: Span) -> Span:
    """The figure without a modifier before it, or a full stop behind it."""
    found = _MODIFIER.match(text, span.start, span.end)
    start = found.end() if found and found.end() < span.end else span.start
    end = span.end - (text[span.end - 1] == "." and span.end - start > 1)
    return _moved(span, start, end)


def _with_other_end(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "20" and "30" of "between 20 and 30" are one range."""
    if not (waiting and waiting[-1].tag is Tag.QUANTITY and text[span.end : waiting[-1].start] in (" and ", " to ")):
        return span
    return (
        replace(span, end=waiting.pop().end) if _BETWEEN.search(text, max(0, span.start - _REACH), span.start) else span
    )


def _with_magnitude(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "1.3" of "1.3bn" takes the magnitude in, also from a UNIT that starts with it."""
    if not text[span.end - 1].isdigit():
        return span
    found = _MAGNITUDE.match(text, span.end)
    if found is None and _MONEY_BEFORE.search(text[max(0, span.start - _REACH) : span.start]):
        found = _LETTER.match(text, span.end)
    if found is None:
        return span
    if waiting and waiting[-1].start < found.end():
        following = waiting.pop()
        rest = text[found.end() : following.end]
        start = following.end - len(rest.lstrip())
        if start < following.end:
            waiting.append(replace(following, start=start))
    return replace(span, end=found.end())


def _with_next_word(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "ninety" and "five" of "ninety five" are one number."""
    if not (waiting and waiting[-1].tag is Tag.QUANTITY and text[span.end : waiting[-1].start] in (" ", "-")):
        return span
    words = [text[each.start : each.end] for each in (span, waiting[-1])]
    if not all(map(_WORD_OF_NUMBER.fullmatch, words)):
        return span
    whole = parse_number(text[span.start : waiting[-1].end])
    if isinstance(whole, Unparsed) or whole.value is None:
        return span
    return replace(span, end=waiting.pop().end)


def _with_sign(text: str, span: Span, floor: int) -> Span:
    found = _MINUS.search(text[max(0, span.start - _REACH) : span.start])
    start = span.start - len(found[1] or found[2]) if found else span.start
    return _moved(span, start, span.end) if start >= floor else span


def _untagged_currency(text: str, span: Span, floor: int) -> Span | None:
    """The symbol right before a figure, where nothing is tagged there."""
    found = _SYMBOL_BEFORE.search(text, max(floor, span.start - _REACH), span.start)
    if found is None or found.start() < floor or (found[0] == "PS" and span.end - span.start == 1):  # a PS5 is no money
        return None
    return Span(found.start(), found.start() + len(found[0].rstrip()), Tag.UNIT, span.score)


def _with_country(text: str, span: Span, floor: int, waiting: list[Span]) -> Span:
    """ "$" of "HK $5" and of "$A5" takes the letters in that say which dollar it is, and "Y" of "Y=5" its sign."""
    if text[span.start : span.end] == "Y" and text[span.end : span.end + 1] == "=":
        return replace(span, end=span.end + 1)
    if text[span.start : span.end] != "$":
        return span
    if found := _QUALIFIER.search(text, max(floor, span.start - _REACH), span.start):
        return replace(span, start=found.start())
    found = _AFTER_DOLLAR.match(text, span.end)
    if found is None:
        return span
    if waiting and waiting[-1].start < found.end():
        if waiting[-1].end > found.end():
            waiting[-1] = replace(waiting[-1], start=found.end())
        elif waiting[-1].tag is Tag.UNIT:
            waiting.pop()
        else:
            return span
    return replace(span, end=found.end())


def _with_closed_bracket(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "8:25 am" and "0525 GMT) Nov. 17" of "8:25 am (0525 GMT) Nov. 17" are one date."""
    if not (waiting and waiting[-1].tag is Tag.DATE and text[span.end : waiting[-1].start] == " ("):
        return span
    opened, closed = (text.find(mark, waiting[-1].start, waiting[-1].end) for mark in "()")
    return replace(span, end=waiting.pop().end) if opened == -1 and closed != -1 else span


def _counted(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "deaths" of "the total number of deaths 40", where only "total number" is tagged."""
    found = _NUMBER_OF.fullmatch(text, span.start, span.end) and _OF_PLURAL.match(text, span.end)
    if not found or (waiting and waiting[-1].start < found.end()):
        return span
    return replace(span, start=found.start(1), end=found.end(1))


def _without_frame(text: str, span: Span) -> Span:
    """ "number of executions" counts executions, and what follows "2 million plus" is no part of the unit. Nor is what
    else it measures, "300 PS" of "224 kW / 300 PS", or what it is a measure of, "road" of "5 km road"."""
    second = _SECOND_MEASURE.match(text, span.start, span.end)
    if second and measure(second[1], key_of(second[1])):
        return replace(span, end=second.end(1))
    pattern = _FIRST_UNIT if span.start and text[span.start - 1] == "-" else _ATTRIBUTE
    attribute = pattern.match(text, span.start, span.end)
    if attribute and _is_attribute(text[span.start : span.end]):
        return replace(span, end=attribute.end(1))
    found = _FRAME.fullmatch(text, span.start, span.end)
    return _moved(span, *found.span(1)) if found else span


def _is_attribute(phrase: str) -> bool:
    """Whether what counts or measures is but the start of it: "litre V10", "km road"; not "km a day"."""
    unit = parse_unit(phrase)
    return not isinstance(unit, Unparsed) and (
        unit.kind is UnitKind.COUNT or (unit.of is not None and " of " not in phrase)
    )


def _with_second_noun(text: str, span: Span, waiting: list[Span]) -> Span:
    """ "vehicles" of "4,076 vehicles and fuel tanks lost" takes the second noun in."""
    found = _PLURAL.search(text[span.start : span.end]) and _AND_PLURAL.match(text, span.end)
    if not found or (waiting and waiting[-1].start < found.end("noun")):
        return span
    return replace(span, end=found.end("noun"))
