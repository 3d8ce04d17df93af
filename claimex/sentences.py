"""Sentences and paragraphs of a news text as ranges of code points, by rules, in one pass.

A blank line always ends a paragraph. A single newline ends a sentence too (headlines, bullet lists, captions), unless
the block that it stands in is hard-wrapped, which shows in a line that goes on in lower case.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from claimex.schema import Range
from claimex.words import word_set

_CLOSERS = "\"'”’»)\\]}"
_OPENERS = "\"'“‘«(\\[{"
# All open with a set of characters, for which the text is scanned far faster than for one pattern or another.
_STOP = re.compile(
    rf"[.!?…。！？](?:(?<=[.!?…])(?<![.!?…]{{2}})[.!?…]*+[{_CLOSERS}]*+(?=\s)|(?<=[。！？])[。！？]*+[」』{_CLOSERS}]*+)"
)
_BLANK_LINE = re.compile(r"[\n\r\x0c\u2029](?:(?<=\n)[^\S\n]*\n\s*|(?<=\r)\s*\r\s*|(?<=[\x0c\u2029])\s*)")
_NEWLINE = re.compile(r"[\r\n\x0b\x85\u2028](?:(?<=\r)\n)?")
_NEXT = re.compile(rf"\s*([{_OPENERS}]*)(\w*)")
_NEKOT = re.compile(r"[^\s\"'“”‘’«»()\[\]{}—–]+")  # a token, read backwards


# Never the last word of a sentence: a name or a number follows.
_TITLES = word_set(
    """
    mr mrs ms mx dr prof rev fr hon gov lt gen col maj capt cmdr cpl sgt adm sen sens rep reps pres amb supt insp st
    messrs vs no nos art fig pp vol op ca cf e.g i.e viz al ft mt
    """
)
# May end a sentence; it does where a word that opens sentences follows.
_ABBREVIATIONS = word_set(
    """
    inc co corp ltd llc plc bros jr sr etc dept est approx univ assn a.m p.m am pm jan feb mar apr jun jul aug sep
    sept oct nov dec mon tue tues wed thu thur thurs fri sat sun ariz ark calif colo conn del fla ga ill ind kan ky
    la mass md mich minn miss mo mont neb nev okla ore pa penn tenn tex va vt wash wis wyo oz lb lbs in mph sq km cm
    mm kg tel ext
    """
)
_WORDS_TOO = word_set(
    """
    in am pm sun sat mar miss mass ill del la co ind ore
    """
)
_STARTERS = word_set(
    """
    the a an in on at but and he she it they we i you this that these those there his her its their if when while as
    after before since for from with by to of or so yet not no some many most all both more one two three other
    another such what who how why where which according under over during despite although though however meanwhile
    also still then now last next earlier later about nearly only even our my your said police
    """
)
_LOOK_BACK = 24  # code points: no abbreviation is longer


def paragraphs(text: str) -> list[Range]:
    """Ranges of the blocks between blank lines, in order, without the white space around them."""
    return list(_cut(text, 0, len(text), ((m.start(), m.end()) for m in _BLANK_LINE.finditer(text))))


def sentences(text: str) -> list[Range]:
    """Ranges of the sentences in order: disjoint, never across paragraphs, every code point that is no space in one."""
    return [
        sentence
        for start, end in paragraphs(text)
        for line_start, line_end in _lines(text, start, end)
        for sentence in _cut(text, line_start, line_end, _stops(text, line_start, line_end))
    ]


def holding(ranges: Sequence[Range], offset: int) -> int:
    """Index of the last of the sorted ``ranges`` that starts at or before ``offset``; 0 if none does."""
    return max(0, bisect_right(ranges, offset, key=lambda r: r[0]) - 1)


def _cut(text: str, start: int, end: int, gaps: Iterator[Range]) -> Iterator[Range]:
    """The pieces of [start, end) between the gaps, trimmed; pieces of white space alone are dropped."""
    for gap_start, gap_end in (*gaps, (end, end)):
        piece = text[start:gap_start]
        body = piece.strip()
        if body:
            first = start + len(piece) - len(piece.lstrip())
            yield first, first + len(body)
        start = gap_end


def _lines(text: str, start: int, end: int) -> Iterator[Range]:
    breaks = [(m.start(), m.end()) for m in _NEWLINE.finditer(text, start, end)]
    if any(text[after : after + _LOOK_BACK].lstrip()[:1].islower() for _, after in breaks):
        return iter([(start, end)])
    return _cut(text, start, end, iter(breaks))


def _stops(text: str, start: int, end: int) -> Iterator[Range]:
    """Empty gaps right behind every stop that ends a sentence."""
    for stop in _STOP.finditer(text, start, end):
        if _ends_sentence(text, start, stop):
            yield stop.end(), stop.end()


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    following = _NEXT.match(text, stop.end())
    opener, word = (following[1], following[2]) if following else ("", "")
    if word[:1].islower() or not (word or opener):
        return stop[0][0] in "。！？" or (not word and not stop[0].startswith("."))
    if stop[0][:1] != "." or stop[0].startswith(".."):
        return True
    before = _NEKOT.match(text[max(start, stop.start() - _LOOK_BACK) : stop.start()][::-1])
    token = before[0][::-1] if before else ""
    if token.isdigit() and stop.start() - len(token) == start:
        return False  # the number of a list's item
    closed = len(stop[0]) > 1 and not stop[0].endswith(")")
    return closed or not _runs_on(token, word, bool(opener))


def _runs_on(token: str, following: str, opened: bool) -> bool:
    """Whether the full stop after ``token`` only marks an abbreviation, the sentence going on with ``following``."""
    known = token.lower().lstrip("-/")
    if known in _TITLES:
        return not (opened or (known == "no" and not following[:1].isdigit()))
    initials = len(token) == 1 and token.isalpha() and token.isupper()
    dotted = "." in token and all(len(part) <= 2 for part in token.split("."))
    if initials or dotted or known in _ABBREVIATIONS:
        if opened or following.lower() in _STARTERS:
            return initials and not dotted and following.lower() not in _STARTERS
        return known not in _WORDS_TOO or token[:1].isupper()
    return False
