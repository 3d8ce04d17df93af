"""Who a claimant is: the fullest name that the text itself gives to a source.

Sources are met left to right and kept in a bounded memory. A mention is the same source as an earlier one where the
text equates them: the same name or its last part, an acronym, a noun that the earlier mention or the words beside it
used (*the ministry*), a pronoun that agrees. Whatever is not equated stays a source of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from claimex.normalize.claimant_words import (
    ARTICLES,
    BODIES,
    COMPANY_TAILS,
    DESCRIBING,
    DOCUMENTS,
    FEMALE,
    HONORIFICS,
    MALE,
    NEW_PLACES,
    PAPERS,
    PEOPLE,
    PERSON_NOUNS,
    PRONOUNS,
    TITLES,
    VAGUE,
)
from claimex.normalize.names import Names, is_acronym, person_of
from claimex.schema import Source, Span

_MEMORY = 12  # sources that a later mention can mean
_BESIDE = 70  # code points after a mention in which an apposition describes it
_SUBJECT = 200  # code points before a pronoun in which a name that is no claimant can be meant
_WORD = re.compile(r"[^\W_][\w.&/’'-]*|(?<= )&(?= )")
_APPOSITION = re.compile(
    r"\s*(?:,|\(|–|—)\s*(?:\d\d,\s*)?(?:(?:a|an|the|its|who is)\s+)?((?:\b[A-Z]\.|[^,.;:()\"“”–—\n])*)"
)
_PREPOSED = re.compile(r"\b(?:[Aa]n?|[Tt]he|[Ii]ts) ([^,.;:()\"“”]*), $")
_DEFINITE = ("the ", "this ", "that ", "his ", "its ", "her ", "their ")
_FAMILIES = (
    PAPERS | {"paper"},
    DOCUMENTS - {"paper"},
    frozenset({"company", "firm", "group", "corporation"}) | COMPANY_TAILS,
)
_MADE_BY = re.compile(r" (?:from|by) (?:the )?([A-Z][\w.&’'-]*(?: (?:of |for |and )?[A-Z][\w&’'-]*)*)")
_SHORTENED = frozenset({"department", "ministry", "university"})  # "Labor" is the Department of Labor
_JOINS = frozenset({"of", "for", "and", "in", "at", "with", "on"})
_POSSESSIVE = re.compile(r"['’]s?$")
_NOUN_BEFORE = re.compile(r"\b([a-z][a-z-]+) $")  # what a "who" without a comma goes with


@dataclass(slots=True)
class _Entity:
    """A source met so far. ``words``: all that mentions and appositions called it, in lower case."""

    name: str
    kind: str  # "person", "body", "document", "group"
    gender: str = ""
    words: set[str] = field(default_factory=set)


def resolve_claimants(text: str, spans: Sequence[Span]) -> list[Source]:
    """The source that each CLAIMANT span, in text order, stands for; one for each span.

    A mention that the text equates with no other is named by its own words. Never raises.
    """
    return [Source(name) for name in _Resolver(text).resolve(spans)] if spans else []


class _Resolver:
    def __init__(self, text: str) -> None:
        self.text = text
        self.names = Names(text)
        self.memory: list[_Entity] = []  # the most recent last

    def resolve(self, spans: Sequence[Span]) -> Iterator[str]:
        for span in spans:
            mention = " ".join(self.text[span.start : span.end].split())
            entity = self._pronoun(mention, span) if mention.lower() in PRONOUNS else self._noun(mention, span)
            if entity is None:
                yield mention
                continue
            if entity in self.memory:
                self.memory.remove(entity)
            self.memory = [*self.memory, entity][-_MEMORY:]
            yield entity.name

    def _recent(self) -> Iterator[_Entity]:
        return reversed(self.memory)

    def _pronoun(self, mention: str, span: Span) -> _Entity | None:
        want = PRONOUNS[mention.lower()]
        if want == "who":
            noun = _NOUN_BEFORE.search(self.text, max(0, span.start - _BESIDE), span.start)
            if noun and noun[1] in PERSON_NOUNS | PEOPLE:
                return self._known(noun[1], "group" if noun[1] in PEOPLE else "person")
            person = self.names.person_before(max(0, span.start - _BESIDE), span.start)
            return self._known(person, "person") if person else next(self._recent(), None)
        if want == "thing":
            return next((e for e in self._recent() if e.kind in ("body", "document")), None)
        if want == "group":
            plural = (e for e in self._recent() if e.kind == "group")
            return next(plural, None) or next((e for e in self._recent() if e.kind != "person"), None)
        fitting = (e for e in self._recent() if e.kind == "person" and e.gender in ("", want))
        entity = next(fitting, None)
        if entity is None:
            person = self.names.person_before(max(0, span.start - _SUBJECT), span.start)
            entity = self._known(person, "person") if person else None
        if entity is not None:
            entity.gender = want
        return entity

    def _known(self, name: str, kind: str) -> _Entity:
        """The remembered source of that name, else a new one."""
        found = (e for e in self._recent() if e.name.lower() == name.lower())
        return next(found, None) or _Entity(name, kind, words=set(name.lower().split()))

    def _noun(self, mention: str, span: Span) -> _Entity | None:
        words = list(_WORD.findall(mention))
        first = words[0] if words else ""
        while len(words) > 1 and _is_article(words, first) and not self._named_the(words, span):
            words = words[1:]
        if not words:
            return None
        lowered = {_POSSESSIVE.sub("", word.lower()) for word in words}
        beside = self._beside(span)
        entity = self._by_name(words, span) or self._by_noun(words, mention, span) or self._new(words, mention)
        entity.words |= lowered | beside | {TITLES[word] for word in lowered & TITLES.keys()}
        entity.gender = entity.gender or _gender(lowered | beside)
        return entity

    def _named_the(self, words: Sequence[str], span: Span) -> bool:
        """A capital inside a sentence makes the article part of a name: *The Coast Herald*."""
        before = self.text[max(0, span.start - 2) : span.start]
        return words[0][0].isupper() and words[1][0].isupper() and before[-1:] == " " and before[:1].isalnum()

    def _beside(self, span: Span) -> set[str]:
        """The words of appositions on both sides, and the document that the same sentence says the source made."""
        after = self.text[span.end : span.end + _BESIDE].split("\n")[0]
        before = self.text[max(0, span.start - _BESIDE) : span.start].split("\n")[-1]
        found = (_APPOSITION.match(after), _PREPOSED.search(before))
        words = {word.lower() for match in found if match for word in _WORD.findall(match[1])}
        near = _WORD.findall(after.split(". ")[0]) + _WORD.findall(before.rsplit(". ", 1)[-1])
        return words | ({word.lower().rstrip(".") for word in near} & DOCUMENTS)

    def _by_name(self, words: Sequence[str], span: Span) -> _Entity | None:
        """A person, an acronym, a maker of a document, or a name that an earlier mention gave in full."""
        last = _POSSESSIVE.sub("", words[-1])
        person = _titled(words)
        if person and len(person) > 1:
            name = " ".join(person)
            people = [e for e in self._recent() if e.kind == "person"]
            fuller = next((e for e in people if e.name.lower().endswith(f" {name.lower()}")), None)
            return fuller or self._known(name, "person")
        name = " ".join(person or words)
        if (person or len(words) == 1) and last[0].isupper():
            if is_acronym(last):
                return self._known(self.names.long_form(last) or name, "body")
            same = next((e for e in self._recent() if _goes_by(e, last.lower())), None)
            full = None if same else self.names.person(last, span.start)
            if same or full:
                return same or self._known(full or name, "person")
            if person:
                return self._known(name, "person")
        longer = self.names.longer(name, COMPANY_TAILS) if last[0].isupper() else None
        return self._known(longer, "body") if longer else self._maker(words, span)

    def _maker(self, words: Sequence[str], span: Span) -> _Entity | None:
        """*A Herald poll*, *the latest figures from the Herald*: the maker speaks through the document."""
        if words[-1] not in DOCUMENTS:
            return None
        if named := _MADE_BY.match(self.text[span.end : span.end + _BESIDE]):
            return self._known(_POSSESSIVE.sub("", named[1]), "body")
        maker = list(words[:-1])
        while maker and (_is_article(maker, words[0]) or not maker[0][0].isupper()):
            maker = maker[1:]
        while maker and not maker[-1][0].isupper():
            maker = maker[:-1]
        if not maker or maker[0].isdigit() or (len(maker) == 1 and _describes(maker[0])):
            return None
        name = _POSSESSIVE.sub("", " ".join(maker))
        return self._known(self.names.long_form(name) or name if is_acronym(name) else name, "body")

    def _by_noun(self, words: Sequence[str], mention: str, span: Span) -> _Entity | None:
        """*The ministry*, *the Herald survey*: the last source that was called so, by all of these words."""
        lowered = [word.lower() for word in words]
        name = " ".join(lowered)
        same = next((e for e in self._recent() if e.name.lower() == name), None)
        if same or len(words) > 3 or not mention.lower().startswith(_DEFINITE):
            return same
        head = lowered[-1]
        needed = {head, *lowered} - (VAGUE - {head})
        fitting = [e for e in self._recent() if _may_be(e, head)]
        called = next((e for e in fitting if needed <= e.words), None)
        if called or head in PERSON_NOUNS:
            return called
        family = next((family for family in _FAMILIES if head in family), None)
        akin = next((e for e in fitting if family and e.words & family), None)
        if akin or len(words) > 1:
            return akin
        full = self.names.body(head, span.start) if words[0].islower() else None
        return self._known(full, "body") if full else None

    def _new(self, words: Sequence[str], mention: str) -> _Entity:
        last = next((i for i, word in enumerate(words[1:]) if word in _JOINS and word != "and"), -1)
        head = _POSSESSIVE.sub("", words[last].lower())
        plural = head.endswith("s") and not words[last][0].isupper() and head not in ("news", "statistics")
        if head in DOCUMENTS:
            kind = "document"
        elif plural or (" and " in mention and not words[0][0].isupper()):
            kind = "group"
        elif head in PERSON_NOUNS:
            kind = "person"
        else:
            kind = "body"
        return self._known(_core(words), kind)


def _is_article(words: Sequence[str], opening: str) -> bool:
    """Whether the first of the words is none of a name's: "New" is, in *New Zealand* and *The New Herald*, but may
    have its capital from the sentence that it is ``opening``."""
    if words[0] == "New" and words[1:] and words[1][0].isupper():
        return opening == "New" and words[1].lower() not in NEW_PLACES
    return words[0].lower() in ARTICLES


def _describes(word: str) -> bool:
    """Whether a capital before a document is its sentence's: *Official data showed*."""
    return word.lower() in DESCRIBING and not is_acronym(word)


def _may_be(entity: _Entity, noun: str) -> bool:
    """Whether the noun can stand for a source of that kind: *the ministry* is none of its spokesmen."""
    if entity.kind == "group":
        return noun.endswith("s")
    return entity.kind != "person" or noun not in BODIES or noun in PERSON_NOUNS or not entity.words & PERSON_NOUNS


def _goes_by(entity: _Entity, name: str) -> bool:
    """Whether the name is the last of a source's, or a person's first, which some write in front as the family's."""
    words = entity.name.lower().split()
    if entity.name.split()[-1].islower() and _JOINS.isdisjoint(words):  # "health officials"
        return entity.kind != "person" and name == words[-1]
    if entity.name.split()[-1].islower() or (len(words) > 1 and words[-2] in _JOINS):  # a description, not a name
        return name == words[-1] and (len(words) == 1 or (len(words) == 3 and words[0] in _SHORTENED))
    return name == words[-1] or (entity.kind == "person" and name == words[0])


def _titled(words: Sequence[str]) -> list[str] | None:
    """The person's name after a title or other lower-case description, if the mention ends in one."""
    person = person_of(list(words))
    if person:
        return person
    titled = len(words) > 1 and words[-2].lower() in PERSON_NOUNS and words[-1][0].isupper()
    if titled and words[-1].lower() not in BODIES:
        return [_POSSESSIVE.sub("", words[-1])]
    return None


def _core(words: Sequence[str]) -> str:
    """The proper name that ends a description (*the insurer North Coast Life*), else all the words."""
    first = len(words)
    while first and (words[first - 1][0].isupper() or words[first - 1][0].isdigit() or words[first - 1] == "&"):
        first -= 1
    described = 0 < first < len(words) and words[first - 1].lower() not in _JOINS | {"the"}
    return " ".join(words[first:] if described else words)


def _gender(words: set[str]) -> str:
    for word in words:
        if word in HONORIFICS:
            return HONORIFICS[word]
    return "f" if words & FEMALE else "m" if words & MALE else ""
