"""English nouns from plural to singular, for the words that are counted in news.

Spelling rules do most of the work; the tables hold what spelling cannot tell. A word that has no singular of its own
("troops", "police", "data") stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache


def words(table: str) -> frozenset[str]:
    """The words of a table that is written as running text."""
    return frozenset(table.split())


def _pairs(table: str) -> dict[str, str]:
    return dict(entry.split(":") for entry in table.split())


IRREGULAR = _pairs("""
    people:person men:man women:woman children:child grandchildren:grandchild schoolchildren:schoolchild
    feet:foot teeth:tooth geese:goose mice:mouse lice:louse oxen:ox passers-by:passer-by
    lives:life wives:wife housewives:housewife midwives:midwife knives:knife wolves:wolf halves:half calves:calf
    shelves:shelf bookshelves:bookshelf thieves:thief leaves:leaf loaves:loaf scarves:scarf hooves:hoof
    crises:crisis analyses:analysis hypotheses:hypothesis theses:thesis oases:oasis diagnoses:diagnosis
    parentheses:parenthesis criteria:criterion phenomena:phenomenon bacteria:bacterium strata:stratum
    alumni:alumnus nuclei:nucleus fungi:fungus cacti:cactus larvae:larva indices:index appendices:appendix
    vertices:vertex matrices:matrix millennia:millennium memoranda:memorandum referenda:referendum
    axes:axe buses:bus minibuses:minibus gases:gas biases:bias atlases:atlas canvases:canvas lenses:lens irises:iris
    aliases:alias quizzes:quiz uses:use abuses:abuse excuses:excuse fuses:fuse muses:muse ruses:ruse
    caches:cache headaches:headache toothaches:toothache avalanches:avalanche niches:niche
    mustaches:mustache moustaches:moustache
    shoes:shoe horseshoes:horseshoe toes:toe foes:foe canoes:canoe hoes:hoe
    movies:movie cookies:cookie zombies:zombie calories:calorie kilocalories:kilocalorie rookies:rookie
    prairies:prairie selfies:selfie hoodies:hoodie birdies:birdie hippies:hippie junkies:junkie brownies:brownie
    smoothies:smoothie eyries:eyrie menus:menu gurus:guru emus:emu hindus:hindu zulus:zulu hutus:hutu
    tutsis:tutsi ecus:ecu
    reais:real lire:lira roubles:ruble rouble:ruble pence:penny pennies:penny groszy:grosz zlotys:zloty zloties:zloty
    paise:paisa sorties:sortie bookies:bookie
    kroner:krone kronor:krona koruny:koruna korun:koruna markkaa:markka
""")

# Words that end like a plural and are none, or have no singular in use.
INVARIANT = words("""
    troops police data personnel cattle poultry headquarters innings series species means barracks goods arms
    clothes earnings proceeds news politics gas bus minibus bias atlas canvas pancreas alias lens corps tennis
    chassis debris pelvis iris chaos kudos cosmos ethos ibis siemens celsius hertz gallows crossroads thanks
    remains belongings surroundings mathematics physics economics ethics athletics scissors trousers jeans
    shorts premises whereabouts customs yes his its has was this us christmas texas kansas arkansas dallas
    honduras bahamas laos paris davis mars venus mumps measles rabies diabetes herpes aids sis plus specimen
    regimen abdomen acumen turkmen yemen
""")

# The last letters of a plural, and what they become; the first that fits is taken.
_ENDINGS = tuple(
    (re.compile(f"(?:{ending})$"), cut, put)
    for ending, cut, put in (
        ("women|[a-z]{3}men", 2, "an"),  # policemen, servicewomen
        ("[a-z]speople", 6, "person"),  # salespeople, townspeople
        ("ss|sis|us", 0, ""),  # class, crisis, virus; "menus" is listed
        ("[a-z]{2}ies", 3, "y"),  # casualties; a short word keeps its e: ties, pies
        ("[^ao]uses|(?:ch|sh|x|ss|zz|tz)es|oes", 2, ""),  # viruses, coaches, boxes, heroes; but houses, causes
        ("[^'’]s", 1, ""),
    )
)
_ACRONYM_OR_NUMBER = re.compile(r"(?<=[A-Z0-9])['’]?s$")  # MPs, IDPs, A380s, 787's


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """The singular of one word, its own case kept; a word that is no plural comes back unchanged."""
    if _ACRONYM_OR_NUMBER.search(word):
        return word[:-1].rstrip("'’")
    lower = word.lower()
    if lower in INVARIANT or len(word) < 3 or word.isupper():
        return word
    if lower in IRREGULAR:
        return _in_case(word, IRREGULAR[lower])
    stem, hyphen, last = word.rpartition("-")
    if hyphen:
        return stem + hyphen + singular(last)
    return next((word[: len(word) - cut] + put for ending, cut, put in _ENDINGS if ending.search(lower)), word)


def _in_case(model: str, word: str) -> str:
    return word[0].upper() + word[1:] if model[0].isupper() else word


# Links between counted things, and prepositions, which end the phrase that is counted.
_LINK = re.compile(r"(,? (?:and|or|nor|&) (?:the )?|, )")
_PREPOSITION = re.compile(
    r" (?:in|for|from|with|without|at|on|to|by|among|between|under|over|against|across|into|near|who|that|which) "
)

# Words that are no part of a name where they open a counted phrase: a capital there comes from the sentence's start.
_COMMON_OPENING = words("""
    advancer all armed average adult body child civilian city company country dead death decliner employee
    family farmer fatality foreign gainer government home house initial injured injury job key killed likely
    local loser main major man military missing more net new number of-age official old other overall passenger
    person pledged police political population previous protester rebel refugee registered reported resident
    rising falling senior several share small soldier student superdelegate survey suspected thing total troops
    unemployed unemployment vehicle victim voter vote wind woman worker wounded young
""")


def singular_phrase(phrase: str) -> str:
    """A counted noun phrase with every coordinated head in the singular: "vehicle and fuel tank".

    Modifiers stay. A common word at the head of the phrase loses its capital; a name keeps it.
    """
    preposition = _PREPOSITION.search(phrase)
    counted, rest = (phrase[: preposition.start()], phrase[preposition.start() :]) if preposition else (phrase, "")
    parts = _LINK.split(counted)
    parts[::2] = [_singular_head(part) for part in parts[::2]]
    return _lower_opening("".join(parts) + rest)


def _lower_opening(phrase: str) -> str:
    opening, space, others = phrase.partition(" ")
    if opening.istitle() and not others[:1].isupper() and singular(opening.lower()) in _COMMON_OPENING:
        opening = opening.lower()
    return opening + space + others


def _singular_head(part: str) -> str:
    before, space, head = part.rpartition(" ")
    return before + space + singular(head)
