"""Proper names of a text, found by their capitals in one pass: who has which full name, what an acronym stands for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from claimex.normalize.calendar_words import MONTHS, WEEKDAYS
from claimex.normalize.claimant_words import ARTICLES, BODIES, COMPANY_TAILS, CONNECTORS, PLACES, PREPOSITIONS, ROLES
from claimex.words import word_set

_TOKEN = re.compile(r"[^\W_][\w.&'’-]*")
_GOES_ON = rf"(?:{'|'.join(sorted(filter(str.isalpha, CONNECTORS)))})(?![\w.&'’-])"
# Tokens that may make up names, with one blank between them; and, so that none is read from its middle on, all others.
_NAMES = re.compile(
    rf"(?:[a-z0-9][\w.&'’-]*+[\W_]*+)++|([^\W_a-z0-9][\w.&'’-]*+(?: (?:[^\W_a-z0-9][\w.&'’-]*+|{_GOES_ON}))*+)"
)
_DEFINITION = re.compile(r"\(([^\W\d_][\w.&-]{1,9})\)")
_SURNAME = re.compile(r"(?:Ma?c|De|Di|Du|La|Le|Van|Fitz|O['’])[A-Z][a-z]+")  # two capitals, and no acronym
_POSSESSIVE = ("'s", "’s", "s'", "s’")
_LONGEST = 12  # tokens in a name
_TRIED = 8  # names among which the fullest is sought
_DEFINED = 120  # code points before a bracket in which its long form stands

_ABBREVIATED = ROLES | COMPANY_TAILS
_PARTICLES = CONNECTORS - PREPOSITIONS - {"&"}  # of family names
_NO_START = (
    ARTICLES
    | CONNECTORS
    | word_set(
        """
    but if when while as after before since at by from with he she it they we i and so yet not no some many most all
    he
    """
    )
)
_ON = frozenset({"on", "in"})
_CALENDAR = MONTHS.keys() | WEEKDAYS.keys()
_Place = tuple[int, str]


class Names:
    """An index of one text's names. Lookups are by lower-case word, or by acronym."""

    def __init__(self, text: str) -> None:
        self._surnames: dict[str, list[_Place]] = defaultdict(list)
        self._firsts: dict[str, list[_Place]] = defaultdict(list)
        self._bodies: dict[str, list[_Place]] = defaultdict(list)
        self._people: list[_Place] = []
        self._acronyms: dict[str, str] = {}
        common = set(filter(str.islower, _TOKEN.findall(text)))
        for start, run in _runs(text):
            self._add(text, start, run, common)
        defined = {found[1]: found.start() for found in reversed([*_DEFINITION.finditer(text)])}  # the first of each
        for acronym, end in defined.items():
            full = _long_form(text[max(0, end - _DEFINED) : end], acronym)
            if full:
                self._acronyms[acronym_key(acronym)] = full

    def _add(self, text: str, start: int, run: list[str], common: set[str]) -> None:
        untitled = text[max(0, start - 4) : start].lower() == "the "
        person = None if untitled and len(run) <= 2 else person_of(run)
        while person and person[0].lower() in common:  # a headline's capitals, or a word that opens a sentence
            person = person_of(person[1:])
        name = " ".join(person or run)
        if person:
            self._surnames[person[-1].lower()].append((start, name))
            self._firsts[person[0].lower()].append((start, name))  # some put the family name first
            self._people.append((start, name))
        else:
            for word in {run[0].lower(), *(word.lower() for word in run if word.lower() in BODIES)}:
                self._bodies[word].append((start, name))
            for key in {_initials(run, every=True), _initials(run, every=False)}:
                self._acronyms.setdefault(key, name)

    def person(self, name: str, offset: int) -> str | None:
        """The full name with that last name, else with that first name: the last before ``offset``, else the next."""
        found = self._surnames.get(name.lower()) or self._firsts.get(name.lower())
        return _fullest(found, _latest(found, offset) or found[0][1]) if found else None

    def person_before(self, start: int, end: int) -> str | None:
        """The last person whose full name starts within [start, end)."""
        before = bisect_right(self._people, end, key=_offset)
        start_of, name = self._people[before - 1] if before else (-1, "")
        return name if start_of >= start else None

    def longer(self, name: str, tails: frozenset[str]) -> str | None:
        """A longer name that adds to ``name`` nothing but ``tails`` (Corp., Holdings)."""
        size = name.count(" ") + 1
        for _, longer in self._bodies.get(name.split(" ", 1)[0].lower(), ())[:_TRIED]:
            rest = longer.split(" ")[size:]
            if rest and longer.startswith(name + " ") and all(word.lower() in tails for word in rest):
                return longer
        return None

    def body(self, noun: str, offset: int) -> str | None:
        """The last name before ``offset`` that holds the noun (ministry, bank) as one of its words."""
        return _latest(self._bodies.get(noun.lower(), []), offset)

    def long_form(self, acronym: str) -> str | None:
        """What the acronym stands for: as a bracket defines it, else a name with those initials."""
        return self._acronyms.get(acronym_key(acronym))


def _offset(place: _Place) -> int:
    return place[0]


def _latest(places: list[_Place], offset: int) -> str | None:
    before = bisect_right(places, offset, key=_offset)
    return places[before - 1][1] if before else None


def _fullest(places: list[_Place], name: str) -> str:
    """The longest of the first few names that end as ``name`` does."""
    longer = [other for _, other in places[:_TRIED] if other.endswith(" " + name)]
    return max([*longer, name], key=len)


def acronym_key(text: str) -> str:
    """``text`` as acronyms are compared: without stops, in lower case."""
    return text.replace(".", "").replace("&", "").lower()


def is_acronym(word: str) -> bool:
    """Whether ``word`` is written as acronyms are: two capitals or more, few letters."""
    if _SURNAME.fullmatch(word):
        return False
    return sum(letter.isupper() for letter in word) > 1 and len(acronym_key(word)) <= 8 and word[:1].isupper()


def person_of(run: list[str]) -> list[str] | None:
    """The person's name that ends ``run``, without title and affiliation; None where the run ends in no such name.

    Two to four capitalized words behind the last title, possessive or lower-case word, none of them a word for a body.
    """
    first = 0 if "&" in run else len(run)
    while (
        first
        and run[first - 1][0].isupper()
        and run[first - 1].lower() not in ROLES
        and not run[first - 1].endswith(_POSSESSIVE)
    ):
        first -= 1
    name = run[first:]
    if first and run[first - 1] in PREPOSITIONS and any(word.lower() in ROLES for word in run[:first]):
        name = name[-2:] if len(name) > 2 else []  # Secretary of State Jane Roe
    elif first and run[first - 1] in _PARTICLES and run[first - 2 : first - 1]:
        name = run[first - 2 :]  # Jane de Roe
    elif first and run[first - 1] in PREPOSITIONS:
        return None
    if not 2 <= len(name) <= 4 or any(word.lower() in BODIES for word in name) or name[0].lower() in PLACES:
        return None
    return None if any(word.isupper() and len(word) > 2 and "." not in word for word in name) else name


def _runs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of two capitalized words or more, with the connectors inside them: (start of the first word, words)."""
    for names in _NAMES.finditer(text):
        if not names[1] or " " not in names[1]:
            continue
        run: list[str] = []
        start = at = names.start()
        for word in names[1].split(" "):
            if run and (len(run) == _LONGEST or _parted(run[-1], word)):
                yield from _trimmed(start, run)
                run = []
            if run or word[0].isupper():
                start = start if run else at
                run.append(word)
            at += len(word) + 1
        if run:
            yield from _trimmed(start, run)


def _parted(last: str, word: str) -> bool:
    """Whether a name goes no farther than its ``last`` word so far: "Jane Roe on" of "Jane Roe on Friday"."""
    if last in _ON and word.rstrip(".").lower() in _CALENDAR:
        return True
    return _closes(last) or not (word[0].isupper() or word in CONNECTORS)


def _closes(word: str) -> bool:
    """Whether a full stop after the word ends a sentence rather than abbreviates a title or an initial."""
    return word.endswith(".") and len(word) > 3 and "." not in word[:-1] and word.lower() not in _ABBREVIATED


def _trimmed(start: int, run: list[str]) -> Iterator[tuple[int, list[str]]]:
    while run and (run[-1] in CONNECTORS or not run[-1][0].isupper()):
        run = run[:-1]
    while run and run[0].lower() in _NO_START:
        start += len(run[0]) + 1
        run = run[1:]
    if len(run) > 1:
        last = run[-1]
        last = last[:-2] if last.endswith(("'s", "’s")) else last.rstrip("'’-")
        if last.endswith(".") and last.lower() not in BODIES and "." not in last[:-1]:
            last = last[:-1]
        yield start, [*run[:-1], last]


def _initials(run: list[str], every: bool) -> str:
    return "".join(word[0] for word in run if every or word[0].isupper()).lower()


def _long_form(before: str, acronym: str) -> str | None:
    """The shortest stretch of words at the end of ``before`` whose initials spell ``acronym``, else the name there."""
    words = before.split()
    key = acronym_key(acronym)
    for size in range(1, min(_LONGEST, len(words)) + 1):
        tail = words[-size:]
        letters = (
            _initials(tail, True),
            _initials(tail, False),
            _initials([w for w in tail if w not in CONNECTORS], True),
        )
        if key in letters and tail[0] not in CONNECTORS and any(word[0].isupper() for word in tail):
            return " ".join(tail)
    name = next(
        (run for start, run in reversed(list(_runs(before))) if start + len(" ".join(run)) == len(before.rstrip())), []
    )
    return " ".join(name) if name and acronym[0].isupper() and key[0] in _initials(name, False) else None
