"""The unit of a quantity: what is counted or measured, in which currency, per what.

Conventions, where the words alone leave something open:

- Names are British: "kilometre", "litre". "ton" (long or short is not said) stays apart from "tonne".
- "$" and "dollar" are the US dollar, "rupee" the Indian rupee, "yuan"/"renminbi" the Chinese yuan, "yen" and "¥" the
  Japanese yen, "won" the South Korean won, "ruble" the Russian ruble. Other words that several countries use ("peso",
  "franc", "krone", "cent") give a currency with that name and no code.
- "pounds" alone is money, of a country not said; with an *of*-phrase ("pounds of rice"), and as "lb", it is weight.
- "point" is the point of an index, a score or a poll: a measure, never a percentage point, which must be spelled out;
  "basis point" is a percentage point's hundredth.
- "bps" is basis points; "C" and "F" are degrees.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from claimex.normalize.nouns import singular_phrase
from claimex.normalize.unit_tables import RATES, currency, key_of, measure, tidy
from claimex.schema import Unit, UnitKind, Unparsed

# Code points. No phrase that names a unit is longer; it also bounds the work that hostile text can ask for.
LONGEST = 300
_LONGEST_NAME = 48

_QUOTES = dict.fromkeys(map(ord, '"“”'))
_BRACKETS = dict.fromkeys(map(ord, "()[]"))
_IN_BRACKETS = re.compile(r"\([^()]*\) ?")
_ARTICLE = re.compile(r"^(?:the|an?)(?: |$)", re.IGNORECASE)
_OF = re.compile(r" (?:(worth )?of|in|worth) ")
_SHARE = re.compile(
    r"(per cent|percentage points?|percent points?|basis points?) ", re.IGNORECASE
)  # of something, in two words
_PARTS = re.compile(r"parts?[ -]per[ -][mb]illion\b", re.IGNORECASE)  # no rate
_SHARES = (UnitKind.PERCENT, UnitKind.PERCENTAGE_POINT)
_PER = re.compile(r"[ -](per)[ -]| ?/(?! ?\d) ?|(?<! of)[ -]an?[ -]| (?:each|every) ")
_VOWEL = re.compile(r"[aeiouy]")
_ADVERBS = {
    "annually": "year",
    "yearly": "year",
    "monthly": "month",
    "weekly": "week",
    "daily": "day",
    "hourly": "hour",
}
_SOLD_BY = frozenset({"share", "night", "head", "person", "piece", "game"})  # also behind "a": "$300 a night"
_DENOMINATORS = {"annum": "year", "capita": "person", "head": "person"}
# Around a unit of measurement these say nothing about which one it is.
_BEFORE = re.compile(
    r"^(?:(?:hundred|thousand|million|billion|trillion|mln|bln|bn|consecutive|straight|full|additional|extra|more|further"
    r"|another|other|whole|total|long|successive|previous|rushing|passing|receiving|nearly|about|of|us|u\.s\.) )+"
)
_AFTER = re.compile(r" (?:long|wide|high|tall|deep|thick|away|apart|owned|strong|each|more|ago|plus)$")


@lru_cache(maxsize=8192)
def parse_unit(text: str) -> Unit | Unparsed:
    """What the surface of a UNIT span stands for.

    A unit of measurement, time or money gets its canonical name and symbol or ISO code; any other phrase is a count,
    named by the singular of its head with the modifiers before it. ``per`` is canonical where it is a unit, else the
    singular ("family"), or as written where it holds a number ("100,000 people"). Never raises.
    """
    if len(text) > LONGEST:
        return Unparsed(f"longer than {LONGEST} characters")
    surface = tidy(text).translate(_QUOTES).strip("-–— ,;:")
    plain = surface.translate(_BRACKETS)
    rate = RATES.get(plain) or RATES.get(plain.lower(), plain)
    body, per = (rate, None) if _PARTS.match(rate) else _split_rate(rate)
    unit = _known(body) or _with_object(body)
    return replace(unit, per=per) if unit else _counted(_IN_BRACKETS.sub("", surface).strip() or plain)


@lru_cache(maxsize=8192)
def _known(phrase: str) -> Unit | None:
    """The unit of measurement, time or money that a phrase is; None for anything else."""
    if not 0 < len(phrase) <= _LONGEST_NAME:
        return None
    key = key_of(phrase)
    unit = measure(phrase, key) if key != "pound" else None
    unit = unit or currency(phrase.replace(" $", "$"), key)
    if unit is None:
        bare = _AFTER.sub("", _BEFORE.sub("", key))
        unit = _known(bare) if bare != key else None
    return unit


def _split_rate(phrase: str) -> tuple[str, str | None]:
    """A phrase without its *per* part, and what that part names. Anything said of the whole after it is put back."""
    body, _, adverb = phrase.rpartition(" ")
    if body and adverb.lower() in _ADVERBS:
        return body, _ADVERBS[adverb.lower()]
    for sign in _PER.finditer(phrase):
        left, right = phrase[: sign.start()], phrase[sign.end() :]
        denominator, of, rest = right.partition(" of ")
        if left and denominator.strip() and (sign[1] or _known(denominator) or _known(left)):
            return left.rstrip() + of + rest, _denominator(denominator)
    return phrase, None


#: Code points behind an amount in which its *per* part stands.
LONGEST_RATE = 60
_RATE_AFTER = re.compile(
    r" ?(?:U\.S\. )?(?:(per |/ ?)|an? (?!\w+ (?:ago|earlier|before|later|after|from)\b))"
    r"((?:(?:\d[\d,]*|thousand|million) )?)((?:[^\W\d_][\w.-]*(?: |\b)){1,4})"
)
_MULTIPLE = re.compile(r"(?:hundred|thousand|million|billion) ")
_RATE_ADVERB = re.compile(rf" ({'|'.join(_ADVERBS)})\b")
_NO_COMPOUND = re.compile(r"(?![ -](?:price|offer|sale|issue))")  # what "share" is no part of
_ENDS = re.compile(r"$|\s*[^\w\s-]|\s+(?:in|on|at|to|for|from|after|before|by|of|and|but|or|when|while|as)\b")
_STOCKS = re.compile(r"(?:diluted|basic|ordinary|common) (?=shares?\b)")


def rate_after(text: str) -> str | None:
    """What an amount of money is for, where its unit stands before it: "month" from " a month" after "$300"."""
    text = text[:LONGEST_RATE]
    if adverb := _RATE_ADVERB.match(text):
        return _ADVERBS[adverb[1]]
    found = _RATE_AFTER.match(text)
    if found is None:
        return None
    per, count = found[1], found[2]
    words = _STOCKS.sub("", found[3]).split()
    for size in range(len(words), 0, -1):
        phrase = " ".join(words[:size]).rstrip(".")
        unit = _known(count + phrase) or _known(phrase)
        if phrase == "pound" or (unit and unit.kind in (UnitKind.MEASURE, UnitKind.TIME)):
            name = unit.name if unit else phrase
            return name if name.startswith(count) else count + phrase
    first = words[0].rstrip(".")
    if per:
        return count + first if count else _denominator(first)
    behind = _NO_COMPOUND if first == "share" else _ENDS
    return _denominator(first) if first in _SOLD_BY and behind.match(text, found.start(3) + len(first)) else None


def _denominator(phrase: str) -> str:
    if phrase.lower() in _DENOMINATORS:
        return _DENOMINATORS[phrase.lower()]
    if any(c.isdigit() for c in phrase) and " " in phrase:
        return phrase
    body, per = _split_rate(phrase)  # "a ton a year"
    unit = _known(body)
    if unit and _MULTIPLE.match(body) and not unit.name.startswith(body.split()[0]):
        return phrase  # "thousand cubic feet"
    name = unit.name if unit else singular_phrase(body)
    return f"{name} per {per}" if per else name


def _with_object(phrase: str) -> Unit | None:
    """A unit of measurement with what it measures: "tons of grain", "dollars worth of drugs", "percent respondents"."""
    link = _OF.search(phrase)
    if link:
        head, rest = phrase[: link.start()], phrase[link.end() :]
    else:
        share = _SHARE.match(phrase)
        head, _, rest = phrase.partition(" ") if share is None else (share[1], "", phrase[share.end() :])
    unit = _known(head) if rest else None
    if unit is None or not (link or unit.kind in _SHARES or _is_symbol(head, unit, rest)):
        return None
    if unit.name == "pound" and unit.code is None:
        unit = measure("lb", "lb") or unit
    return replace(unit, of=_without_article(rest) or None)


def _is_symbol(head: str, unit: Unit, rest: str) -> bool:
    """Whether a unit goes before what it measures without an *of*: "MW plant", "mg tablets"; but "foot soldiers" count
    soldiers, and "ha" may be a word."""
    plain_word = head.islower() and head.isascii() and bool(_VOWEL.search(head))
    return unit.kind is UnitKind.MEASURE and tidy(unit.code or "") == head and not plain_word and rest[:1].isalpha()


def _counted(phrase: str) -> Unit | Unparsed:
    body, per = _split_rate(phrase)
    head, _, of = _without_article(body).removesuffix(" of").strip().partition(" of ")
    if not any(map(str.isalpha, head)):
        return Unparsed("no word in it")
    if sum(map(str.isalnum, head)) < 2:
        return Unparsed("a single letter that is no unit's symbol")
    return Unit(singular_phrase(head), UnitKind.COUNT, None, _without_article(of) or None, per)


def _without_article(phrase: str) -> str:
    return _ARTICLE.sub("", phrase)
