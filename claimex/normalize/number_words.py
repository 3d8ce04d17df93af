"""The words that numbers are written with, lower case, as exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Final


def _split(listed: str) -> list[str]:
    return listed.split()


_UNITS = _split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = _split("twenty thirty forty fifty sixty seventy eighty ninety")

UNITS: Final = {word: Fraction(n) for n, word in enumerate(_UNITS)} | dict.fromkeys(
    ("nil", "nought", "naught", "none", "no"), Fraction(0)
)
TENS: Final = {word: Fraction(10 * n) for n, word in enumerate(_TENS, 2)} | {"fourty": Fraction(40)}

_POWERS = {
    2: "hundred",
    3: "thousand thou k",
    5: "lakh lac",
    6: "million mil mio mln mn mm m",
    7: "crore cr",
    9: "billion bil bln bn b milliard",
    12: "trillion trln trn tn t",
    15: "quadrillion",
    18: "quintillion",
}
SCALES: Final = {word: Fraction(10) ** power for power, words in _POWERS.items() for word in words.split()} | {
    "dozen": Fraction(12),
    "score": Fraction(20),
}

# Plurals after a number count like the singular ("100 millions"); alone they are vague ("millions of people").
PLURAL_SCALES: Final = {word + "s": scale for word, scale in SCALES.items() if len(word) > 3} | {
    "tens": Fraction(10),
    "multi": Fraction(1),
}

# Only these stand for a fraction without a numerator or an article: a bare "fifth" is an ordinal.
BARE_DENOMINATORS: Final = frozenset({"half", "third", "quarter"})
_ORDINALS = _split(
    "half third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth"
)
_PARTS = {word: Fraction(1, n) for n, word in enumerate(_ORDINALS, 2)} | {
    "quarter": Fraction(1, 4),
    "hundredth": Fraction(1, 100),
    "thousandth": Fraction(1, 1000),
    "millionth": Fraction(1, 10**6),
}
DENOMINATORS: Final = _PARTS | {word + "s": part for word, part in _PARTS.items()} | {"halves": Fraction(1, 2)}

#: What a vague count is taken to lie between, inclusive.
VAGUE: Final = {
    "couple": (Fraction(2), Fraction(3)),
    "few": (Fraction(3), Fraction(5)),
    "handful": (Fraction(3), Fraction(6)),
    "several": (Fraction(3), Fraction(9)),
}

DECADES: Final = {word[:-1] + "ies": tens for word, tens in TENS.items()} | {
    f"{n}s": Fraction(n) for n in range(10, 100, 10)
}
#: Which years of a decade each of its thirds takes, as the usual thirds of newswire dates do.
DECADE_PARTS: Final = {
    "low": (0, 3),
    "lower": (0, 3),
    "early": (0, 3),
    "mid": (4, 6),
    "high": (7, 9),
    "upper": (7, 9),
    "late": (7, 9),
}

#: Every word that can open or carry on a number written in words.
NUMBER_WORDS: Final = frozenset().union(UNITS, TENS, SCALES, PLURAL_SCALES, DENOMINATORS, VAGUE) - {"no", "none"}
