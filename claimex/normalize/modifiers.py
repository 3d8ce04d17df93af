"""How the words beside a quantity bound it: "more than 200", "300 or so", "up to 90 miles (145 kilometres)"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, TypeAlias

from claimex.normalize.number_words import NUMBER_WORDS
from claimex.schema import Modifier
from claimex.words import word_set

WINDOW: Final = 100  # characters looked at on each side, so that a call's cost does not grow with the document

Phrase: TypeAlias = tuple[str, ...]

# The longest phrase that ends right before the quantity wins, so "no more than" hides "more than". The phrases of EQ
# only look like bounds.
_BEFORE: Final = {
    Modifier.APPROX: (
        "about, around, some, nearly, almost, roughly, approximately, approx, approx ., circa, virtually, practically,"
        " estimated, projected, close to, closer to, close on, closing in on, near, nearer, in the region of,"
        " in the order of, on the order of, in the neighborhood of, in the neighbourhood of, in the vicinity of,"
        " estimated at, estimated to be, estimated to cost, something like, ~, ≈"
    ),
    Modifier.GT: (
        "more than, over, above, exceeding, exceed, exceeds, exceeded, in excess of, upward of, upwards of, north of,"
        " surpass, surpasses, surpassed, surpassing, to top, will top, would top, could top, may top, might top, tops,"
        " topped, topping, greater than, larger than, longer than, older than, better than,"
        " faster than, heavier than, taller than, bigger than, deeper than, hotter than, stronger than,"
        " beyond, over age,"
        " above age, over the age of, above the age of, >"
    ),
    Modifier.GE: (
        "at least, at least by, no fewer than, no less than, not less than, not fewer than, minimum of, a minimum,"
        " as few as, as little as, as low as, as young as, no lower than, ≥, > ="
    ),
    Modifier.LT: (
        "less than, fewer than, under, below, smaller than, shorter than, younger than, slower than,"
        " lighter than, cheaper than, colder than, under age, below age,"
        " under the age of, below the age of, short of, shy of, <"
    ),
    Modifier.LE: (
        "up to, as many as, as much as, as high as, as large as, as huge as, as deep as, as long as, as far as,"
        " as old as, as tall as, as fast as, at most,"
        " at the most, no more than, not more than, no longer than, no greater than, no higher than, no larger than,"
        " maximum of, a maximum, ≤, < ="
    ),
    Modifier.EQ: (
        "add up to, adds up to, added up to, adding up to, go up to, goes up to, going up to, gone up to, went up to,"
        " edged up to, nudged up to, crept up to, moved up to, climbed up to, ticked up to, inched up to,"
        " jumped up to, hand over, hands over, handed over, handing over, preside over, presides over, presided over,"
        " presiding over"
    ),
}
# Between a modifier and its number. No article: "over a 20-year career" and "under the two laws" bound nothing.
_FILLERS: Final = (
    "another, additional, an additional, further, a further, extra, an extra, a total of, a combined,"
    " a combined total of, an average of, the equivalent of, only, u.s., us, rs, rs ., rmb, usd, eur, gbp,"
    " tk, tk ., n, r, rm, p, sh, ksh, rp, inr, pkr, bdt, ngn, kes, zar, myr, idr, php, aed, sar, chf, sek, nok, dkk,"
    " jpy, cny, aud, cad, hkd, sgd"
)
# After the quantity; those with "or" and "and" also after its unit.
_AFTER: Final = {
    Modifier.APPROX: "or so, or thereabouts, odd, ish",
    Modifier.GE: (
        "or more, or older, or higher, or above, or over, or greater, or better, or longer, or larger, and older,"
        " and above, and up, and over, plus, +"
    ),
    Modifier.LE: (
        "or less, or fewer, or younger, or below, or under, or lower, or smaller, and younger, and below, and under"
    ),
}


_TURNED: Final = {Modifier.GT: Modifier.LE, Modifier.LT: Modifier.GE}


def _phrases(listed: str) -> list[Phrase]:
    return [tuple(phrase.split()) for phrase in listed.split(",")]


def _table(listed: dict[Modifier, str]) -> dict[Phrase, Modifier]:
    return {phrase: modifier for modifier, phrases in listed.items() for phrase in _phrases(phrases)}


_MODIFIERS: Final = _table(_BEFORE)
# "no bigger than" turns "bigger than" round.
_MODIFIERS.update(
    {
        ("no", *phrase): _TURNED[modifier]
        for phrase, modifier in list(_MODIFIERS.items())
        if len(phrase) == 2 and phrase[1] == "than" and modifier in _TURNED
    }
)
_FILLER_PHRASES: Final = frozenset(_phrases(_FILLERS))
_TRAILERS: Final = _table(_AFTER) | {("at", "least"): Modifier.GE, ("at", "most"): Modifier.LE}
_OPENERS: Final = frozenset({("between",), ("from",), ("just",), ("well",), ("an", "estimated")})
_LONGEST: Final = max(map(len, _MODIFIERS))
_BOUNDS: Final = {
    phrase: modifier
    for phrase, modifier in _MODIFIERS.items()
    if len(phrase) > 1 and modifier not in (Modifier.APPROX, Modifier.EQ)
}

# A not before the bound turns it round: "does not carry more than 60 cars".
_NEGATIONS: Final = frozenset({"not", "never", "cannot", "nor"})
_STOPS: Final = frozenset(".;:!?")
_LASTING: Final = frozenset({"for", "in"})  # "has not been seen for more than two weeks" is a bound as it stands
_PERFECT: Final = frozenset({"has", "have", "had"})
# "5 percent bigger than 40" compares with 40 itself.
_COMPARED: Final = frozenset({"percent", "cent", "%", "points", "times", "degrees", "cents", "dollars"})
_AMOUNTS: Final = frozenset({"more", "less", "fewer"})
_SMALL: Final = word_set("one two three four five six seven eight nine ten")  # "near two villages" is a place

_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|(?:[^\W\d_]\.){2,}|[^\W\d_]{1,3}\$|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\w\s]")

# "an hour or less", "grams (0.5 ounce) or more": what may stand between a quantity and the words that bound it.
_UNIT: Final = r"(?:(?:U\.S\.|[^()\d.,;:]|\([^()]{0,40}\)){0,40}?|[^()]{0,40}\) ?)"
_ATTACHED: Final = re.compile(
    r"\s?-?\s?(odd\b|ish\b|plus\b(?! (?:\d|an?\b|the\b|one\b|two\b|three\b|tax|costs|expenses|interest|bonus|add-on))"
    r"|\+(?!\d))",
    re.IGNORECASE,
)
_LEVEL: Final = re.compile(r"[ -](?:percent|per cent|degrees|million|billion|dollars)")
_PART: Final = re.compile(r" of (?:them|whom|which|these|those)\b")
_OR, _AND = ("|".join(" ".join(phrase) for phrase in _TRAILERS if phrase[0] == word) for word in ("or", "and"))
# "and over a dozen", "and above the target": what follows is bounded, or compared with.
_ANOTHER: Final = "an?|the|its|their|his|her|one|two|three|four|five|six|ten|half|dozens|hundreds|thousands|forecasts?"
_FOLLOWING: Final = re.compile(
    rf"{_UNIT}\b(?:({_OR})\b(?! than| ?[$£€]?\d)"
    rf"|({_AND})\b(?! than|(?<=up) to\b| ?[$£€]?\d| (?:{_ANOTHER})\b)"
    r"|(at least|at most)(?=\s*(?:[.,;:)!?”\"]|$)))",
    re.IGNORECASE,
)


def modifier_of(text: str, start: int, end: int) -> Modifier:
    """The modifier of the quantity at ``text[start:end]``, read from the words beside it in the whole document.

    A figure in brackets that converts another takes that one's modifier unless it has its own.
    """
    words = _words(text[max(0, start - WINDOW) : start])
    before, after = _before(words), _after(text[end : end + WINDOW])
    if words[-1:] == ["-"] and text[end : end + 1] == "s":  # "over-50s" and "under-18s"
        return {"over": Modifier.GT, "under": Modifier.LT}.get(words[-2] if words[1:] else "", Modifier.EQ)
    if words[-1:] == ["near"] and text[start:end] in _SMALL and not _LEVEL.match(text, end):
        return after or Modifier.EQ
    if before in (None, Modifier.APPROX) and after is not None:
        return after  # a bound says more than "around 50 percent or less"
    return before or (None if _PART.match(text, end) else _converted(words)) or Modifier.EQ


def without_modifiers(text: str) -> str:
    """A quantity's surface without the modifiers that slipped into it: "over 90", "between 5 and 6", "90-odd"."""
    tokens = list(_TOKEN.finditer(text))
    words = [token[0].lower() for token in tokens]
    first, last = 0, len(words)
    while size := _prefix(words[first:last]):
        first += size
    while size := next((n for n in (2, 1) if n < last - first and tuple(words[last - n : last]) in _TRAILERS), 0):
        last -= size
    return text[tokens[first].start() : tokens[last - 1].end()].rstrip("- ") if first < last else text


def _prefix(words: list[str]) -> int:
    """How many words at the start are a modifier, leaving at least one."""
    for size in range(min(_LONGEST, len(words) - 1), 0, -1):
        phrase = tuple(words[:size])
        if phrase in _MODIFIERS or phrase in _FILLER_PHRASES or phrase in _OPENERS:
            return size
    return 0


def _words(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _before(words: Sequence[str]) -> Modifier | None:
    """The modifier that ends the words before a quantity."""
    end = _without_fillers(words)
    for size in range(min(_LONGEST, end), 0, -1):
        modifier = _MODIFIERS.get(tuple(words[end - size : end]))
        if modifier is not None:
            return _in_context(modifier, words[end - size : end], words[: end - size])
    if end and words[end - 1] in ("of", "at", "be") and "estimated" in words[max(0, end - 5) : end]:
        return Modifier.APPROX  # "an estimated yearly harvest of"
    return None


def _in_context(modifier: Modifier, phrase: Sequence[str], before: Sequence[str]) -> Modifier:
    """What a phrase comes to behind the words that stand before it."""
    last = before[-1] if before else ""
    for size in range(min(_LONGEST, len(before)), 1, -1) if modifier is Modifier.APPROX else ():
        if bound := _BOUNDS.get(tuple(before[-size:])):  # "up to about 300"
            return _in_context(bound, before[-size:], before[:-size])
    if phrase[-1] == "than" and len(phrase) == 2 and phrase[0] not in _AMOUNTS and last in _COMPARED:
        return Modifier.EQ
    if phrase[0] in ("over", "under") and last == "-" and _is_number(before[-2] if len(before) > 1 else last):
        return Modifier.EQ  # "a seven-under 65"
    return _TURNED.get(modifier, modifier) if _negated(before) else modifier


def _negated(words: Sequence[str]) -> bool:
    near = words[-4:]
    stop = max((i for i, word in enumerate(near) if word in _STOPS), default=-1)
    perfect = any(word in _PERFECT or word[:-3] in _PERFECT for word in words[-6:])
    if near and near[-1] in _LASTING and (perfect or near[-2:-1] == ["never"]):
        return False
    return any(word in _NEGATIONS or word.endswith(("n't", "n’t")) for word in near[stop + 1 :])


def _without_fillers(words: Sequence[str]) -> int:
    """Where the words before a quantity end once currencies, "another" and the like are left out."""
    end = len(words)
    while end:
        if unicodedata.category(words[end - 1][-1]) == "Sc":
            size = 1
        else:
            size = next((n for n in range(min(4, end), 0, -1) if tuple(words[end - n : end]) in _FILLER_PHRASES), 0)
        if not size:
            break
        end -= size
    return end


def _after(text: str) -> Modifier | None:
    match = _ATTACHED.match(text) or _FOLLOWING.match(text)
    return _TRAILERS[tuple(match[match.lastindex or 0].lower().split())] if match else None


def _converted(words: Sequence[str]) -> Modifier | None:
    """The modifier of the figure that one in brackets converts: of the first in "about $5 (4 euros, 3 pounds)"."""
    end = _without_fillers(words)
    while end and words[end - 1] in ("(", ","):
        in_list = words[end - 1] == ","
        figure = _figure(words[: end - 1])
        if figure is None or not in_list:
            return None if figure is None else _before(words[:figure])
        end = _without_fillers(words[:figure])
    return None


def _figure(words: Sequence[str]) -> int | None:
    """Where the figure starts that, with a unit of up to four words, ends these words."""
    unit = len(words)
    while unit > max(0, len(words) - 4) and not _is_number(words[unit - 1]) and words[unit - 1].strip(".;:()!?"):
        unit -= 1
    start = unit
    while start and (_is_number(words[start - 1]) or (start < unit and _is_inside(words[:start]))):
        start -= 1
    return start if start < unit else None


def _is_inside(words: Sequence[str]) -> bool:
    """Whether the last of the words goes on with a number before it: "10 to", "2 1 /", "two and a"."""
    if words[-1] in "-,":
        return True
    before = words[-3] if words[-2:] == ["and", "a"] and len(words) > 2 else words[-2] if len(words) > 1 else ""
    return words[-1] in ("to", "/", "or", "and", "a") and before != "" and _is_number(before)


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in NUMBER_WORDS
