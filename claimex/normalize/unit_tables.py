"""Units of measurement, time and money by the words and symbols that news uses for them.

Our own table comes first. Words that it lacks are looked up in pint's definitions, which are read as the text file that
they are: that takes milliseconds, where importing pint and building its registry takes most of a second. Names and
codes of currencies are CLDR's, through babel. Each table is built on first use and kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from claimex.normalize.nouns import INVARIANT, singular, words
from claimex.schema import Unit, UnitKind

# name | code | other names and symbols, comma separated. Names are British (-re). One kind for each table.
_TABLES = {
    UnitKind.PERCENT: """
        percent | % | per cent, pct, pc, percentage, %age""",
    UnitKind.PERCENTAGE_POINT: """
        percentage point | pp | percent point, ppt, % point
        basis point | bp | bps""",
    UnitKind.TIME: """
        year | a | yr, yrs
        year of age | | year old, yr old, yo, y/o
        month of age | | month old
        week of age | | week old
        day of age | | day old
        decade of age | | decade old
        millennium | | ; century | | ; decade | | ; quarter | | ; month | | mth, mos ; fortnight | | ; week | wk | wks
        day | d | ; hour | h | hr, hrs ; minute | min | mins ; second | s | sec, secs
        millisecond | ms | ; microsecond | µs | ; nanosecond | ns |""",
    UnitKind.MEASURE: """
        metre | m | ; foot | ft | ′ ; inch | in | ″ ; yard | yd | yds ; mile | mi | ; nautical mile | nmi |
        kilometre | km | Km, KM ; micrometre | µm | micron ; light year | ly |
        acre | ac | ; hectare | ha |
        square metre | m² | sqm ; square kilometre | km² | sqkm ; square foot | ft² | sqft
        litre | L | l ; gallon | gal | ; pint | pt | ; quart | qt | ; barrel | bbl | bbls ; bushel | bu |
        cubic centimetre | cm³ | cc
        gram | g | gramme, gm ; kilogram | kg | kilo, Kg, KG ; tonne | t | metric ton, metric tonne ; ton | | ;
        short ton | | ; long ton | | ; quintal | |
        ounce | oz | ; troy ounce | oz t | ; pound | lb | lbs ; carat | ct |
        watt | W | ; kilowatt | kW | KW ; watt hour | Wh | ; kilowatt hour | kWh | KWh, KWH, kwh
        million British thermal unit | MMBtu | mmBtu, mmBTU, mmbtu
        volt | V | ; ampere | A | amp ; ampere hour | Ah | amp hour ; ohm | Ω |
        joule | J | ; calorie | cal | ; pascal | Pa | ; newton | N | ; newton metre | N⋅m | Nm ; hertz | Hz | HZ
        horsepower | hp | ; metric horsepower | PS | ; brake horsepower | bhp |
        pound foot | lb⋅ft | lb ft, foot pound, ft lb ; revolution | |
        bit | | ; byte | B | ; pixel | | ; decibel | dB | ; sievert | Sv | ; becquerel | Bq | ; gray | Gy |
        degree | ° | ; degree Celsius | °C | celsius, centigrade, degree centigrade, degree c, C
        degree Fahrenheit | °F | fahrenheit, degree f, F ; kelvin | K | degree kelvin
        magnitude | | richter scale, richter, degree on richter scale, on richter scale
        point | | pt, pts ; knot | kn | ; part per million | ppm | ; part per billion | ppb |
        millimetre of mercury | mmHg | ; millibar | mbar | mb""",
}
# Symbols that take a prefix, each with the prefixes that news writes.
_PREFIXED = {
    "m": "k c m n", "g": "k m µ", "L": "m c", "l": "m c", "W": "k M G T m", "Wh": "k M G T", "V": "k m", "A": "m k",
    "Ah": "m", "J": "k M G", "cal": "k", "Pa": "k M G h", "Hz": "k M G T", "N": "k M", "B": "k M G T P",
    "Sv": "m µ", "Bq": "k M G T", "t": "k M", "bit": "k M G",
}  # fmt: skip
_PREFIXES = {
    "k": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta", "h": "hecto",
    "d": "deci", "c": "centi", "m": "milli", "µ": "micro", "n": "nano",
}  # fmt: skip
_POWERS = {
    "square": ("square", "²"), "sq": ("square", "²"),
    "cubic": ("cubic", "³"), "cu": ("cubic", "³"), "cube": ("cubic", "³"),
}  # fmt: skip

# Shorthands for rates, spelled out.
RATES = {
    "mph": "miles per hour", "kph": "kilometres per hour", "kmph": "kilometres per hour",
    "kmh": "kilometres per hour", "bpd": "barrels per day",
    "b/d": "barrels per day", "dpb": "dollars per barrel", "mpg": "miles per gallon", "rpm": "revolutions per minute",
    "psi": "lb per square inch", "fps": "feet per second",
    "kbps": "kilobits per second", "Mbps": "megabits per second",
    "Gbps": "gigabits per second",
}  # fmt: skip

# Names in pint's file that news uses for other things than measuring.
_EVERYDAY = words("""
    count turn cycle circle mil grade candle hand link chain rod pole perch league bar barn grain strain shake
    grad particle molecule gamma lambda bag drop slug stone section shot fifth pond quad therm pica didot point
    dram drachm peck gill cup molar gray dot pixel unit tesla faraday lambert lumen cicero debye henry curie
    gilbert rutherford langley weber townsend darcy dalton fermi torr tex jute denier aberdeen franklin maxwell
    gauss blob minim scruple kayser biot neper stilb reyn barad barie barrie kip nit poise radian quarter
    hogshead teaspoon tablespoon fathom clausius galileo octave rydberg hartree buckingham particle slinch
    slugette eon group system
""")

# Bare words and symbols whose currency is settled by convention, and names that CLDR spells differently.
_CURRENCY_WORDS = {
    "USD": "$, US$, $US, $ US, U.S.$, U$, dollar, us dollar, u s dollar, american dollar, dollar us, greenback, US",
    "AUD": "A$, $A, AU$, aussie dollar", "CAD": "C$, CA$, CDN$, Can$, $C", "HKD": "HK$, hk dollar, hkg dollar",
    "NZD": "NZ$, $NZ, nz dollar, kiwi dollar", "SGD": "S$, singaporean dollar, sing dollar",
    "TWD": "NT$, taiwan dollar, taiwanese dollar, nt dollar", "NAD": "N$, na dollar",
    "EUR": "€, euro", "GBP": "£, sterling, pound sterling, sterling pound, uk pound, quid",
    "CNY": "yuan, renminbi, rmb, yuan rmb, rmb yuan, yuan renminbi, renminbi yuan, CN¥, chinese renminbi",
    "JPY": "¥, JP¥, Y=, yen",
    "KRW": "won, korean won, south korea won", "INR": "rupee, Rs, Rs., Re", "RUB": "₽, ruble", "ZAR": "rand, R",
    "ILS": "shekel, israeli shekel, new israeli shekel, NIS", "MYR": "RM", "BRL": "R$, brazil real", "IDR": "Rp",
    "DEM": "deutsche mark, deutschmark, d mark, DM", "CZK": "czech crown", "SEK": "swedish crown, krona",
    "DKK": "danish crown", "NOK": "norwegian crown", "ISK": "icelandic crown",
    "SKK": "slovak crown", "EEK": "estonian crown",
    "IEP": "punt, irish punt", "XEU": "ecu", "XDR": "special drawing right, sdr", "VES": "venezuelan bolivar",
    "ARS": "argentinian peso", "UAH": "₴, hryvna", "AED": "emirati dirham, uae dirham",
    "PHP": "₱, Php, philippine piso",
    "BDT": "Tk, Tk., taka", "KES": "KSh, Ksh, kenya shilling", "UGX": "uganda shilling", "TZS": "tanzania shilling",
    "NGN": "₦, nigeria naira", "GHS": "ghana cedi", "MWK": "malawi kwacha", "ZMW": "zambia kwacha",
    "NPR": "nepali rupee", "TRY": "₺", "THB": "฿",
    "XOF": "west african franc", "XAF": "central african franc", "FRF": "FF",
}  # fmt: skip
# Money whose country, or main unit, the word leaves open: no code.
_OPEN_CURRENCIES = words("""
    pound peso franc mark crown krone lira dinar dirham shilling cent penny sen kopeck paisa fen pfennig centime
""") | {"US cent", "euro cent", "Hong Kong cent", "CFA franc"}
_OPEN_SYMBOLS = {"p": "penny", "¢": "cent"}  # "shares rose 3p to 118.5p"
# CLDR's funds, metals and units of account, whose heads ("unit", "gold") are everyday words.
_NOT_MONEY = words("XAG XAU XBA XBB XBC XBD XFO XFU XPD XPT XRE XSU XTS XUA XXX CHE CHW COU MXV UYW ECV BOV")

_SPELLINGS = {"deg": "degree", "celcius": "celsius", "farenheit": "fahrenheit", "centigrate": "centigrade"}


def tidy(text: str) -> str:
    """Text in compatibility form ("km²" is "km2", "％" is "%") with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def key_of(text: str) -> str:
    """The form under which names are kept: lower case, no hyphens, dots or accents, every word singular and spelled."""
    plain = text.lower().replace("-", " ").replace(".", " ")
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(_SPELLINGS.get(word) or singular(word) for word in plain.replace("u s ", "us ").split())


@cache
def _measures() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """Our units by key, and by symbol, where case counts."""
    names: dict[str, Unit] = {}
    symbols: dict[str, Unit] = {}
    for kind, table in _TABLES.items():
        for row in filter(str.strip, re.split(r"[;\n]", table)):
            name, code, others = (field.strip() for field in row.split("|"))
            unit = Unit(name, kind, code or None)
            for alias in filter(None, (name, code, *(other.strip() for other in others.split(",")))):
                symbols.setdefault(tidy(alias), unit)
                if alias == name or len(alias) > 2:  # "PCs" are no percentages
                    names.setdefault(key_of(alias), unit)
    for symbol, prefixes in _PREFIXED.items():
        base = symbols[symbol]
        for sign in prefixes.split():
            prefixed = Unit(_PREFIXES[sign] + base.name, base.kind, sign + (base.code or symbol))
            symbols.setdefault(tidy(sign + symbol), prefixed)
    for symbol, unit in [*symbols.items()]:
        if unit.name.endswith("metre") and symbol == unit.code:  # "km2", which is also what tidy() makes of "km²"
            symbols |= {symbol + "2": _power("square", unit), symbol + "3": _power("cubic", unit)}
    return names, symbols


def _power(word: str, unit: Unit) -> Unit:
    return Unit(f"{word} {unit.name}", unit.kind, unit.code and unit.code + _POWERS[word][1])


@cache
def _pint_names() -> dict[str, str]:
    """Key to canonical name of the units in pint's definitions: ``name = value [= symbol or _ [= alias]*]`` a line."""
    package = find_spec("pint")
    assert package is not None  # a dependency of this package
    assert package.origin is not None
    names: dict[str, str] = {}
    for line in (Path(package.origin).parent / "default_en.txt").read_text(encoding="utf-8").splitlines():
        name, *fields = (field.strip().replace("_", " ") for field in line.partition("#")[0].split("="))
        if not fields or name.startswith(("@", "[")) or name.endswith("-"):
            continue
        for alias in (name, *fields[2:]):
            if len(alias) > 3 and alias.replace(" ", "").isalpha() and alias.islower():
                names.setdefault(key_of(alias), name)
    return {key: name for key, name in names.items() if key not in _EVERYDAY}


def measure(text: str, key: str) -> Unit | None:
    """The unit of measurement, time or proportion that ``text`` is; ``key`` is its ``key_of``."""
    names, symbols = _measures()
    plural = len(text) > 2 and text.endswith("s") and text not in INVARIANT  # "kms"; but "bus"
    return symbols.get(text) or names.get(key) or (plural and symbols.get(text[:-1])) or _derived(key)


def _derived(key: str) -> Unit | None:
    """A unit made of others: a power ("square mile"), a prefix ("kiloton"), a British spelling, or one of pint's."""
    names, symbols = _measures()
    power, _, base = key.partition(" ")
    if base and power in _POWERS:
        length = symbols.get(base) or measure(base, base)
        return _power(_POWERS[power][0], length) if length and length.kind is UnitKind.MEASURE else None
    british = re.sub(r"(?<=met)er\b|(?<=lit)er\b", "re", key)
    if british in names:
        return names[british]
    for sign, prefix in _PREFIXES.items():
        rest = british.removeprefix(prefix)
        if rest != british and (unit := names.get(rest) or _from_pint(rest)) and unit.kind is not UnitKind.PERCENT:
            return Unit(prefix + unit.name, unit.kind, unit.code and sign + unit.code)
    return _from_pint(key)


def _from_pint(key: str) -> Unit | None:
    name = _pint_names().get(key)
    return Unit(name, UnitKind.MEASURE) if name else None


@cache
def _currencies() -> tuple[dict[str, str | None], dict[str, str]]:
    """ISO codes by key (None where a bare word leaves the country open), and by symbol or code (case counts)."""
    from babel import Locale

    english = Locale("en")
    names: dict[str, str | None] = {}
    heads: defaultdict[str, set[str]] = defaultdict(set)
    for code, name in english.currencies.items():
        if code not in _NOT_MONEY and "(" not in name:  # in brackets: the years of an abolished currency
            names[key_of(name)] = code
            heads[key_of(name.split()[-1])].add(code)
    for everyday in ("unit", "gold", "right"):  # of account, Zimbabwean, to draw: alone they count things
        del heads[everyday]
    for head, codes in heads.items():
        names.setdefault(head, next(iter(codes)) if len(codes) == 1 else None)
    symbols = {symbol: code for code, symbol in english.currency_symbols.items() if code not in _NOT_MONEY}
    symbols |= {code: code for code in english.currency_symbols}
    names |= dict.fromkeys(_open_names())
    for code, spellings in _CURRENCY_WORDS.items():
        for word in spellings.split(", "):
            symbols[word] = code
            if (word.isalpha() and len(word) > 2) or " " in word:
                names[key_of(word)] = code
    return names, symbols


@cache
def _currency_name(code: str) -> str:
    from babel.numbers import get_currency_name

    return get_currency_name(code, count=1, locale="en")


@cache
def _open_names() -> dict[str, str]:
    return {key_of(name): name for name in _OPEN_CURRENCIES}


def currency(text: str, key: str) -> Unit | None:
    """The currency that ``text`` is, by word, symbol or ISO code; ``key`` is its ``key_of``."""
    names, symbols = _currencies()
    code = symbols.get(text) or names.get(key)
    if code:
        return Unit(_currency_name(code), UnitKind.CURRENCY, code)
    key = _OPEN_SYMBOLS.get(text, key)
    return Unit(_open_names().get(key, key), UnitKind.CURRENCY) if key in names else None
