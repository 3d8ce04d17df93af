from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.normalize.numbers import MAX_CHARACTERS, parse_number
from claimex.schema import Quantity, Unparsed

THIRD = Decimal(1) / Decimal(3)

UNITS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ["", "thousand", "million", "billion", "trillion"]


def in_words(number: int, hyphen: str, joint: str) -> str:
    """English words for a whole number; ``joint`` stands after "hundred"."""

    def below_hundred(n: int) -> str:
        return UNITS[n] if n < 20 else TENS[n // 10] + (hyphen + UNITS[n % 10] if n % 10 else "")

    def below_thousand(n: int) -> str:
        if n < 100:
            return below_hundred(n)
        rest = joint + below_hundred(n % 100) if n % 100 else ""
        return f"{UNITS[n // 100]} hundred{rest}"

    groups = []
    rest = number
    for scale in SCALES:
        rest, group = divmod(rest, 1000)
        if group:
            groups.append(f"{below_thousand(group)} {scale}".strip())
    return " ".join(reversed(groups)) or "zero"


def plain(text: str) -> Decimal:
    """The value of a plain number, which is also both of its bounds."""
    quantity = parse_number(text)
    assert isinstance(quantity, Quantity), (text, quantity)
    assert quantity.value is not None, (text, quantity)
    assert quantity.low == quantity.high == quantity.value
    return quantity.value


def bounds(text: str) -> tuple[object, object]:
    """The ends of what has no single value."""
    quantity = parse_number(text)
    assert isinstance(quantity, Quantity), (text, quantity)
    assert quantity.value is None, (text, quantity)
    return quantity.low, quantity.high


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,030", "1030"),
        ("1 030", "1030"),
        ("1\u00a0030", "1030"),
        ("1\u2009030\u202f500", "1030500"),
        ("1.030.500", "1030500"),
        ("1.030.500,25", "1030500.25"),
        ("1'000", "1000"),
        ("1’000’000", "1000000"),
        ("1,00,000", "100000"),
        ("12,34,567.5", "1234567.5"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1.030", "1.03"),
        (".75", "0.75"),
        ("007", "7"),
        ("10, 000", "10000"),
        ("1. 5", "1.5"),
        ("47, 209.36", "47209.36"),
        ("8. 5 billion", "8500000000"),
        ("３００", "300"),
        ("٣٠٠", "300"),
        ("१२", "12"),
        ("4\n000", "4000"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
    ],
)
def test_digits(text: str, value: str) -> None:
    assert plain(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twenty-two", 22),
        ("twenty two", 22),
        ("FIVE HUNDRED", 500),
        ("twenty-five hundred", 2500),
        ("two hundred and three", 203),
        ("one-hundred-and-five", 105),
        ("two hundred fifty thousand", 250000),
        ("one hundred and five million", 105000000),
        ("two million, three hundred thousand", 2300000),
        ("five million four hundred thousand and sixty", 5400060),
        ("zero", 0),
        ("nil", 0),
        ("a hundred", 100),
        ("a million", 1000000),
        ("a dozen", 12),
        ("two dozen", 24),
        ("three score", 60),
        ("billion", 1000000000),
    ],
)
def test_words(text: str, value: int) -> None:
    assert plain(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.2 million", "1200000"),
        ("1.3-million", "1300000"),
        ("1,008 billion", "1008000000000"),
        ("100 millions", "100000000"),
        ("18million", "18000000"),
        ("1.3 mln", "1300000"),
        ("3.5bn", "3500000000"),
        ("2tn", "2000000000000"),
        ("5K", "5000"),
        ("5k", "5000"),
        ("1m", "1000000"),
        ("3 lakh", "300000"),
        ("5 crore", "50000000"),
        ("1 lakh crore", "1000000000000"),
        ("hundred thousand", "100000"),
    ],
)
def test_magnitudes(text: str, value: str) -> None:
    assert plain(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("half", "0.5"),
        ("a quarter", "0.25"),
        ("three quarters", "0.75"),
        ("three-fourths", "0.75"),
        ("one-fifth", "0.2"),
        ("a fifth", "0.2"),
        ("two 10ths", "0.2"),
        ("½", "0.5"),
        ("3½", "3.5"),
        ("2 1/2", "2.5"),
        ("1-1/2", "1.5"),
        ("two and a half", "2.5"),
        ("seven-and-a-half", "7.5"),
        ("two hundred and a half", "200.5"),
        ("three and a half thousand", "3500"),
        ("one and a half million", "1500000"),
        ("a million and a half", "1500000"),
        ("half a million", "500000"),
        ("a half-billion", "500000000"),
        ("half-dozen", "6"),
        ("a quarter of a billion", "250000000"),
        ("one-half of 1", "0.5"),
        ("a third of three million", "1000000"),
    ],
)
def test_fractions(text: str, value: str) -> None:
    assert plain(text) == Decimal(value)


def test_endless_decimals_are_cut_at_28_digits() -> None:
    assert plain("a third") == plain("third") == plain("1/3") == THIRD
    assert plain("two-thirds") == 2 / Decimal(3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("one in five", "0.2"),
        ("nine out of 10", "0.9"),
        ("four in ten", "0.4"),
        ("one in every four", "0.25"),
        ("7-in-10", "0.7"),
        ("one in a million", "0.000001"),
    ],
)
def test_ratios(text: str, value: str) -> None:
    assert plain(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("−5", -5), ("-5", -5), ("+3", 3), ("minus four", -4), ("negative 6", -6), ("minus half a million", -500000)],
)
def test_signs(text: str, value: int) -> None:
    assert plain(text) == value


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("200 to 300", "200", "300"),
        ("200-300", "200", "300"),
        ("200 – 300", "200", "300"),
        ("200 -300", "200", "300"),
        ("25-to-30", "25", "30"),
        ("five or six", "5", "6"),
        ("five-six", "5", "6"),
        ("200 and 300", "200", "300"),
        ("8,143.5 and 8,104.25", "8104.25", "8143.5"),
        ("10-15", "10", "15"),
        ("four to 37", "4", "37"),
        ("2 to 3 million", "2000000", "3000000"),
        ("20-40 million", "20000000", "40000000"),
        ("1.2-1.5 billion", "1200000000", "1500000000"),
        ("1,5-2,5 million", "1500000", "2500000"),
        ("one to two and a half million", "1000000", "2500000"),
        ("seven or eight thousand", "7000", "8000"),
        ("two or three hundred", "200", "300"),
        ("two hundred and three hundred", "200", "300"),
        ("two hundred to three hundred thousand", "200000", "300000"),
        ("100,000 to 2 million", "100000", "2000000"),
        ("60 billion to 80 billion", "60000000000", "80000000000"),
        ("half a million to a million", "500000", "1000000"),
        ("one or two dozen", "12", "24"),
        ("14, 15, 16", "14", "16"),
        ("two, three or four", "2", "4"),
        ("8 or 9 in 10", "0.8", "0.9"),
        ("a quarter and a half", "0.25", "0.5"),
        ("-10 to -5", "-10", "-5"),
        ("minus 5 to minus 10", "-10", "-5"),
        ("-5 to 10", "-5", "10"),
    ],
)
def test_ranges_keep_both_ends(text: str, low: str, high: str) -> None:
    assert bounds(text) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("dozens", 24, None),
        ("scores", 40, None),
        ("Hundreds", 200, None),
        ("tens of thousands", 20000, None),
        ("hundreds of thousands", 200000, None),
        ("millions and millions", 2000000, None),
        ("hundreds if not thousands", 200, None),
        ("multi-billion", 2000000000, None),
        ("several", 3, 9),
        ("several hundred", 300, 900),
        ("several hundred thousand", 300000, 900000),
        ("a few", 3, 5),
        ("a few dozen", 36, 60),
        ("a couple", 2, 3),
        ("a couple of hundred", 200, 300),
        ("a handful", 3, 6),
        ("90s", 90, 99),
        ("20's", 20, 29),
        ("the low 40s", 40, 43),
        ("mid-thirties", 34, 36),
    ],
)
def test_vague_magnitudes_have_an_interval_by_convention(text: str, low: int, high: int | None) -> None:
    assert bounds(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("about 300", 300),
        ("an estimated 300", 300),
        ("more than 200", 200),
        ("no more than 20", 20),
        ("no fewer than thirty", 30),
        ("up to another 15", 15),
        ("300 or so", 300),
        ("300+", 300),
        ("90-odd", 90),
        ("300-plus", 300),
        ("$3 million", 3000000),
        ("US$ 3 million", 3000000),
        ("£1m", 1000000),
        ("5%", 5),
    ],
)
def test_modifiers_and_symbols_inside_a_span_do_not_change_the_value(text: str, value: int) -> None:
    assert plain(text) == value


def test_modifiers_inside_a_span_keep_a_range() -> None:
    assert bounds("between 200 and 300") == (200, 300)
    assert bounds("at least several hundred") == (300, 900)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "a",
        "the",
        "some",
        "or so",
        "m",
        "K",
        "fifth",
        "5th",
        "the fifth",
        "twenty-fifth",
        "no one",
        "five six",
        "12 34",
        "nineteen ninety-five",
        "five hundred and",
        "five in",
        "and five",
        "300 people",
        "5 percent",
        "12% of 50",
        "3-1",
        "two to one",
        "five in two",
        "1,0300",
        "1,030,5",
        "3.10.2",
        "1/0",
        "24/7",
        "10²",
        "Ⅳ",
        "一百",
        "-",
        "+",
        "minus",
        "5--3",
        "1e6",
    ],
)
def test_what_has_no_reading_is_unparsed_with_a_reason(text: str) -> None:
    quantity = parse_number(text)
    assert isinstance(quantity, Unparsed), quantity
    assert quantity.reason


def test_length_is_bounded() -> None:
    assert isinstance(parse_number("9" * MAX_CHARACTERS), Quantity)
    assert isinstance(parse_number("9" * (MAX_CHARACTERS + 1)), Unparsed)


# Expressions that other value libraries are known to misread.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("half a million", "500000"),
        ("one and a half million", "1500000"),
        ("$3.5bn", "3500000000"),
        ("£1m", "1000000"),
        ("1.3 mln", "1300000"),
        ("5K", "5000"),
        ("nearly four in ten", "0.4"),
        ("twenty-five hundred", "2500"),
        ("12.5", "12.5"),
        ("5 crore", "50000000"),
    ],
)
def test_expressions_that_others_misread(text: str, value: str) -> None:
    assert plain(text) == Decimal(value)


def test_vague_expressions_and_ranges_that_others_misread() -> None:
    assert bounds("hundreds of thousands") == (200000, None)
    assert bounds("several hundred") == (300, 900)
    assert bounds("dozens") == (24, None)
    assert bounds("10-15") == (10, 15)
    assert bounds("118.76-86") == (Decimal("118.76"), Decimal("118.86"))
    assert bounds("139.59- 69") == (Decimal("139.59"), Decimal("139.69"))
    assert bounds("2.25-50") == (Decimal("2.25"), 50)
    assert bounds("1.4031-4033") == (Decimal("1.4031"), Decimal("1.4033"))
    assert bounds("1.5520-25") == (Decimal("1.552"), Decimal("1.5525"))
    assert bounds("2.5000-10") == (Decimal("2.5"), 10)
    assert bounds("20-30,000") == bounds("20 to 30,000") == (20_000, 30_000)
    assert bounds("300-1,500") == (300, 1500)
    assert bounds("1 to 30,000") == (1, 30_000)
    assert plain("a third") == THIRD
    assert isinstance(parse_number("no one"), Unparsed)


whole_numbers = st.integers(0, 10**15 - 1) | st.integers(0, 2000)


@settings(deadline=None)
@given(whole_numbers, st.sampled_from("- "), st.sampled_from([" and ", " "]), st.booleans())
def test_words_round_trip(number: int, hyphen: str, joint: str, upper: bool) -> None:
    text = in_words(number, hyphen, joint)
    if len(text) <= MAX_CHARACTERS:
        assert plain(text.upper() if upper else text) == number


@settings(deadline=None)
@given(whole_numbers, st.sampled_from([",", " ", "\u00a0", "\u2009", "'", "’", ", "]), st.decimals(0, 1, places=3))
def test_grouped_digits_round_trip(number: int, separator: str, decimals: Decimal) -> None:
    assert plain(f"{number:,}".replace(",", separator)) == number
    if separator != ", " and decimals < 1:
        text = f"{number:,}".replace(",", separator) + str(decimals)[1:]
        assert plain(text) == number + decimals


@settings(deadline=None)
@given(st.decimals(0, 10000, places=2), st.sampled_from([("million", 6), ("bn", 9), ("-trillion", 12), ("k", 3)]))
def test_a_magnitude_multiplies_exactly(number: Decimal, scale: tuple[str, int]) -> None:
    word, power = scale
    assert plain(f"{number} {word}") == number.scaleb(power)


@settings(deadline=None)
@given(
    st.tuples(whole_numbers, whole_numbers).filter(lambda ends: ends[0] < ends[1]), st.sampled_from(["to", "or", "-"])
)
def test_digit_ranges_keep_their_ends(ends: tuple[int, int], joint: str) -> None:
    low, high = ends
    assert bounds(f"{low} {joint} {high}") == (low, high)


PIECES = st.sampled_from(
    [
        *("a", "an", "and", "or", "to", "of", "in", "out", "every", "half", "third", "quarters", "dozen", "dozens"),
        *("million", "hundreds", "several", "few", "minus", "-", "+", ",", ".", "%", "$", "½", "1", "2.5", "1,000"),
        *("12", "40s", "twenty", "five", "1/2", "0/0", "about", "more", "than", "²", "٣"),
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=30) | st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=8).map("".join))
def test_any_text_gives_a_consistent_quantity_or_a_reason(text: str) -> None:
    quantity = parse_number(text)
    if isinstance(quantity, Unparsed):
        assert quantity.reason
    elif quantity.value is not None:
        assert quantity.low == quantity.value == quantity.high
    else:
        assert quantity.low is not None
        assert quantity.high is None or quantity.low <= quantity.high
