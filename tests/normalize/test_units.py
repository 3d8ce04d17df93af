from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claimex.normalize.nouns import singular, singular_phrase
from claimex.normalize.units import LONGEST, parse_unit, rate_after
from claimex.schema import Unit, UnitKind, Unparsed

COUNT, MEASURE, CURRENCY = UnitKind.COUNT, UnitKind.MEASURE, UnitKind.CURRENCY
PERCENT, POINT, TIME = UnitKind.PERCENT, UnitKind.PERCENTAGE_POINT, UnitKind.TIME


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("kilometers", Unit("kilometre", MEASURE, "km")),
        ("kms", Unit("kilometre", MEASURE, "km")),
        ("litres", Unit("litre", MEASURE, "L")),
        ("sq-km", Unit("square kilometre", MEASURE, "km²")),
        ("km²", Unit("square kilometre", MEASURE, "km²")),
        ("Square Miles", Unit("square mile", MEASURE, "mi²")),
        ("cubic feet", Unit("cubic foot", MEASURE, "ft³")),
        ("tons", Unit("ton", MEASURE)),
        ("metric tons", Unit("tonne", MEASURE, "t")),
        ("kilotons", Unit("kiloton", MEASURE)),
        ("kWh", Unit("kilowatt hour", MEASURE, "kWh")),
        ("megawatts", Unit("megawatt", MEASURE, "MW")),
        ("gigabytes", Unit("gigabyte", MEASURE, "GB")),
        ("µg", Unit("microgram", MEASURE, "µg")),
        ("magnitude", Unit("magnitude", MEASURE)),
        ("degrees Celsius", Unit("degree Celsius", MEASURE, "°C")),
        ("℉", Unit("degree Fahrenheit", MEASURE, "°F")),
        ("deg celcius", Unit("degree Celsius", MEASURE, "°C")),
        ("deg", Unit("degree", MEASURE, "°")),
        ("bhp", Unit("brake horsepower", MEASURE, "bhp")),
        ("MW plant", Unit("megawatt", MEASURE, "MW", of="plant")),
        ("mg tablets", Unit("milligram", MEASURE, "mg", of="tablets")),
        ("feet tall", Unit("foot", MEASURE, "ft")),
        ("meter-long", Unit("metre", MEASURE, "m")),
        ("points", Unit("point", MEASURE)),
        ("mph", Unit("mile", MEASURE, "mi", per="hour")),
        ("km/h", Unit("kilometre", MEASURE, "km", per="hour")),
        ("bpd", Unit("barrel", MEASURE, "bbl", per="day")),
        ("PS", Unit("metric horsepower", MEASURE, "PS")),
        ("mmBTU", Unit("million British thermal unit", MEASURE, "MMBtu")),
        ("rushing yards", Unit("yard", MEASURE, "yd")),
        ("furlongs", Unit("furlong", MEASURE)),  # from pint's definitions, as the next two are
        ("acre-feet", Unit("acre foot", MEASURE)),
        ("kilopascals", Unit("kilopascal", MEASURE, "kPa")),
        ("KWh", Unit("kilowatt hour", MEASURE, "kWh")),
        ("quintals", Unit("quintal", MEASURE)),
        ("parts per million", Unit("part per million", MEASURE, "ppm")),
    ],
)
def test_measure(text: str, unit: Unit) -> None:
    assert parse_unit(text) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("percent", Unit("percent", PERCENT, "%")),
        ("per cent", Unit("percent", PERCENT, "%")),
        ("％", Unit("percent", PERCENT, "%")),
        ("percent respondents", Unit("percent", PERCENT, "%", of="respondents")),
        ("percent of the nurses", Unit("percent", PERCENT, "%", of="nurses")),
        ("per cent stake", Unit("percent", PERCENT, "%", of="stake")),
        ("percentage point lead", Unit("percentage point", POINT, "pp", of="lead")),
        ("percent per annum", Unit("percent", PERCENT, "%", per="year")),
        ("percentage-point", Unit("percentage point", POINT, "pp")),
        ("basis points", Unit("basis point", POINT, "bp")),
        ("years", Unit("year", TIME, "a")),
        ("consecutive months", Unit("month", TIME)),
        ("weeks of drought", Unit("week", TIME, "wk", of="drought")),
        ("year-old", Unit("year of age", TIME)),
        ("years old", Unit("year of age", TIME)),
        ("months of age", Unit("month of age", TIME)),
    ],
)
def test_proportion_and_time(text: str, unit: Unit) -> None:
    assert parse_unit(text) == unit


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("$", "US dollar", "USD"),
        ("US$", "US dollar", "USD"),
        ("US $", "US dollar", "USD"),
        ("HK $", "Hong Kong dollar", "HKD"),
        ("U.S. dollars", "US dollar", "USD"),
        ("(U.S.) dollars", "US dollar", "USD"),
        ("dollars", "US dollar", "USD"),
        ("million dollars", "US dollar", "USD"),
        ("A$", "Australian dollar", "AUD"),
        ("C$", "Canadian dollar", "CAD"),
        ("HK dollars", "Hong Kong dollar", "HKD"),
        ("€", "euro", "EUR"),
        ("£", "British pound", "GBP"),
        ("Egyptian pounds", "Egyptian pound", "EGP"),
        ("renminbi", "Chinese yuan", "CNY"),
        ("yuan", "Chinese yuan", "CNY"),
        ("yen", "Japanese yen", "JPY"),
        ("won", "South Korean won", "KRW"),
        ("Rs", "Indian rupee", "INR"),
        ("Pakistani rupees", "Pakistani rupee", "PKR"),
        ("roubles", "Russian ruble", "RUB"),
        ("rand", "South African rand", "ZAR"),
        ("baht", "Thai baht", "THB"),  # the only currency of that name, so the bare word is enough
        ("reais", "Brazilian real", "BRL"),
        ("Swedish crowns", "Swedish krona", "SEK"),
        ("NOK", "Norwegian krone", "NOK"),
        ("pesos", "peso", None),
        ("pounds", "pound", None),
        ("francs", "franc", None),
        ("cents", "cent", None),
        ("US cents", "US cent", None),
        ("p", "penny", None),
    ],
)
def test_currency(text: str, name: str, code: str | None) -> None:
    assert parse_unit(text) == Unit(name, CURRENCY, code)


def test_pounds_of_something_are_weight() -> None:
    assert parse_unit("pounds of rice") == Unit("pound", MEASURE, "lb", of="rice")
    assert parse_unit("lbs") == Unit("pound", MEASURE, "lb")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("troops", Unit("troops", COUNT)),
        ("fuel tanks", Unit("fuel tank", COUNT)),
        ("Norwegian fishermen", Unit("Norwegian fisherman", COUNT)),
        ("vehicles and fuel tanks", Unit("vehicle and fuel tank", COUNT)),
        ("buses, trams and ferries", Unit("bus, tram and ferry", COUNT)),
        ("members of parliament", Unit("member", COUNT, of="parliament")),
        ("rounds of ammunition", Unit("round", COUNT, of="ammunition")),
        ("killed", Unit("killed", COUNT)),
        ("Residents", Unit("resident", COUNT)),
        ("golds", Unit("gold", COUNT)),
        ("bus", Unit("bus", COUNT)),
        ("sorties", Unit("sortie", COUNT)),
        ("Baltic states", Unit("Baltic state", COUNT)),
        ("Foreign Ministry officials", Unit("Foreign Ministry official", COUNT)),
        ("MPs", Unit("MP", COUNT)),
        ("the villages", Unit("village", COUNT)),
        ("HIV/AIDS patients", Unit("HIV/AIDS patient", COUNT)),
        ("Green Party (GP) candidates", Unit("Green Party candidate", COUNT)),
        ("arrivals each month", Unit("arrival", COUNT, per="month")),
        ("births per 1,000 women", Unit("birth", COUNT, per="1,000 women")),
        ("children per household", Unit("child", COUNT, per="household")),
        ("units", Unit("unit", COUNT)),
        ("PCs", Unit("PC", COUNT)),
        ("foot soldiers", Unit("foot soldier", COUNT)),
        ("count of", Unit("count", COUNT)),
    ],
)
def test_count(text: str, unit: Unit) -> None:
    assert parse_unit(text) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("barrels a day", Unit("barrel", MEASURE, "bbl", per="day")),
        ("barrels per day of crude", Unit("barrel", MEASURE, "bbl", of="crude", per="day")),
        ("tonnes of cement annually", Unit("tonne", MEASURE, "t", of="cement", per="year")),
        ("kilowatt-hours of electricity per year", Unit("kilowatt hour", MEASURE, "kWh", of="electricity", per="year")),
        ("euros per square meter", Unit("euro", CURRENCY, "EUR", per="square metre")),
        ("$/barrel", Unit("US dollar", CURRENCY, "USD", per="barrel")),
        ("yuan a ton a year", Unit("Chinese yuan", CURRENCY, "CNY", per="ton per year")),
        ("dollars worth of jewels", Unit("US dollar", CURRENCY, "USD", of="jewels")),
        ("hour-per-week", Unit("hour", TIME, "h", per="week")),
        ("US gallons", Unit("gallon", MEASURE, "gal")),
        ("μm pixel", Unit("micrometre", MEASURE, "µm", of="pixel")),
        ("slices of a cake", Unit("slice", COUNT, of="cake")),
    ],
)
def test_of_and_per(text: str, unit: Unit) -> None:
    assert parse_unit(text) == unit


@pytest.mark.parametrize(
    ("after", "per"),
    [
        (" per gallon, he said", "gallon"),
        (" a month mortgage", "month"),
        (" an ounce.", "ounce"),
        (" per sq m.", "square metre"),
        ("/barrel", "barrel"),
        (" U.S. per barrel", "barrel"),
        (" a share", "share"),
        (" per household", "household"),
        (" per million British thermal units", "million British thermal unit"),
        (" per thousand cubic feet", "thousand cubic feet"),
        (" per 1,000 cubic meters,", "1,000 cubic meters"),
        (" per diluted share", "share"),
        (" a pound", "pound"),
        (" a share compared with", "share"),
        (" a share (then", "share"),
        (" a share price", None),
        (" a night", "night"),
        (" annually.", "year"),
        (" a man gave", None),
        (" a year earlier", None),
        (" a month ago", None),
        (" an", None),
        ("", None),
    ],
)
def test_what_an_amount_of_money_is_for(after: str, per: str | None) -> None:
    assert rate_after(after) == per


@pytest.mark.parametrize("text", ["", "  ", "--", "12", "1,000", "(", '"', "''", "x", "the ", "¤", "a" * (LONGEST + 1)])
def test_what_is_not_understood_is_unparsed(text: str) -> None:
    assert isinstance(parse_unit(text), Unparsed)


PLURALS = {
    "person": "people", "policeman": "policemen", "woman": "women", "child": "children", "casualty": "casualties",
    "life": "lives", "wife": "wives", "wolf": "wolves", "olive": "olives", "archive": "archives", "native": "natives",
    "bus": "buses", "virus": "viruses", "house": "houses", "cause": "causes", "case": "cases", "base": "bases",
    "crisis": "crises", "church": "churches", "bush": "bushes", "box": "boxes", "class": "classes", "prize": "prizes",
    "hero": "heroes", "tornado": "tornadoes", "photo": "photos", "shoe": "shoes", "tie": "ties", "ally": "allies",
    "movie": "movies", "body": "bodies", "index": "indices", "foot": "feet", "Iraqi": "Iraqis", "gas": "gases",
    "specimen": "specimens", "passer-by": "passers-by", "job-seeker": "job-seekers", "MP": "MPs", "A320": "A320s",
    "horse": "horses", "license": "licenses", "disease": "diseases", "enterprise": "enterprises",
    "headache": "headaches",
}  # fmt: skip


@pytest.mark.parametrize(("one", "many"), PLURALS.items())
def test_plural_to_singular_and_no_further(one: str, many: str) -> None:
    assert singular(many) == one
    assert singular(one) == one


@pytest.mark.parametrize(
    "word", ["troops", "police", "data", "series", "aircraft", "personnel", "Swiss", "US", "status"]
)
def test_a_word_that_is_no_plural_stays(word: str) -> None:
    assert singular(word) == word


def test_a_prepositional_phrase_is_left_alone() -> None:
    assert singular_phrase("soldiers in trenches") == "soldier in trenches"


PIECES = ["%", "$", "per", "a", "of", "the", "in", "/", "-", "tons", "million", "day", "(", ")", "s"]


@settings(deadline=None, max_examples=150)
@example("a " * 149)
@example("/" * 300)
@example("per " * 75)
@example("(" * 300)
@example("İs of ß per ﷺ")
@example("J per ) of 0")
@example("0 a /J of 0")
@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_any_text_gives_a_unit_or_unparsed(text: str) -> None:
    unit = parse_unit(text)
    parse_unit.cache_clear()
    assert parse_unit(text) == unit
    if isinstance(unit, Unit):
        assert unit.name.strip() == unit.name != ""
        assert unit.of != ""
        assert unit.per != ""
    else:
        assert unit.reason


def test_neither_babel_nor_pint_is_imported_before_it_is_needed() -> None:
    script = (
        "import sys; from claimex.normalize.units import parse_unit; assert 'babel' not in sys.modules;"
        "parse_unit('zorgs'); parse_unit('furlongs'); assert 'pint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
