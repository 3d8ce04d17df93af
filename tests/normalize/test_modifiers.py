from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claimex.normalize.modifiers import WINDOW, modifier_of, without_modifiers
from claimex.schema import Modifier


def of(marked: str) -> Modifier:
    """The modifier of the quantity that stands in brackets: "about [300] goats"."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    assert text[start:end] == marked[start + 1 : end + 1]
    return modifier_of(text, start, end)


@pytest.mark.parametrize(
    ("before", "modifier"),
    [
        ("", Modifier.EQ),
        ("exactly ", Modifier.EQ),
        ("about ", Modifier.APPROX),
        ("Around ", Modifier.APPROX),
        ("some ", Modifier.APPROX),
        ("nearly ", Modifier.APPROX),
        ("almost ", Modifier.APPROX),
        ("roughly ", Modifier.APPROX),
        ("approximately ", Modifier.APPROX),
        ("an estimated ", Modifier.APPROX),
        ("an estimated yearly harvest of ", Modifier.APPROX),
        ("close to ", Modifier.APPROX),
        ("more than ", Modifier.GT),
        ("over ", Modifier.GT),
        ("just over ", Modifier.GT),
        ("well over ", Modifier.GT),
        ("above ", Modifier.GT),
        ("exceeding ", Modifier.GT),
        ("in excess of ", Modifier.GT),
        ("upwards of ", Modifier.GT),
        ("will top ", Modifier.GT),
        ("at least ", Modifier.GE),
        ("no fewer than ", Modifier.GE),
        ("no less than ", Modifier.GE),
        ("a minimum of ", Modifier.GE),
        ("less than ", Modifier.LT),
        ("fewer than ", Modifier.LT),
        ("under ", Modifier.LT),
        ("just under ", Modifier.LT),
        ("below ", Modifier.LT),
        ("up to ", Modifier.LE),
        ("as many as ", Modifier.LE),
        ("as much as ", Modifier.LE),
        ("at most ", Modifier.LE),
        ("no more than ", Modifier.LE),
        ("not more than ", Modifier.LE),
        ("a maximum of ", Modifier.LE),
        ("between ", Modifier.EQ),
        ("between about ", Modifier.APPROX),
    ],
)
def test_words_before(before: str, modifier: Modifier) -> None:
    assert of(f"Rangers counted {before}[300] goats on the ridge.") is modifier
    assert of(f"{before}[300] goats") is modifier


@pytest.mark.parametrize(
    "filler", ["$", "€", "US$", "A$", "£ ", "Rs ", "Rs. ", "another ", "an additional ", "a further ", "a total of "]
)
def test_currencies_and_fillers_may_stand_between(filler: str) -> None:
    assert of(f"The mill lost more than {filler}[40] in one night.") is Modifier.GT
    assert of(f"The mill lost {filler}[40] in one night.") is Modifier.EQ


@pytest.mark.parametrize(
    ("text", "modifier"),
    [
        ("[300] or so goats", Modifier.APPROX),
        ("[40]-odd goats", Modifier.APPROX),
        ("[40]-plus goats", Modifier.GE),
        ("[40]+ goats", Modifier.GE),
        ("[40] or more goats", Modifier.GE),
        ("goats worth $[15] an hour or less", Modifier.LE),
        ("a load of [15] kilos (33 pounds) or more", Modifier.GE),
        ("a load of 15 kilos ([33] pounds) or more", Modifier.GE),
        ("herders [65] and older", Modifier.GE),
        ("herders [65] or younger.", Modifier.LE),
        ("goats waited [three] hours at least, then left", Modifier.GE),
        ("[20] minutes at most.", Modifier.LE),
        ("around [50] percent or less", Modifier.LE),
        ("up to about [300] goats", Modifier.LE),
        ("at least some [300] goats", Modifier.GE),
        ("no older than [35]", Modifier.LE),
        ("kids as young as [nine]", Modifier.GE),
        ("the over-[50]s walked", Modifier.GT),
        ("under-[18]s walked", Modifier.LT),
        ("more than Tk [500] crore", Modifier.GT),
        ("about R[500 million] was lost", Modifier.APPROX),
        ("He did not stay. More than [200] goats did", Modifier.GT),
        ("had not been seen for more than [two] weeks", Modifier.GT),
        ("not valid for more than [90] days", Modifier.LE),
        ("must not be held for more than [20] days", Modifier.LE),
        ("cannot stay for more than [48] hours", Modifier.LE),
        ("no faster than [30] mph", Modifier.LE),
        ("does not carry more than about [60] cars", Modifier.LE),
        ("he handed over about $[300]", Modifier.APPROX),
        ("they earn $[50] or more a day", Modifier.GE),
        ("wool fell 5 percent less than [24] hours later", Modifier.LT),
        ("the toll -- over [300] goats -- rose", Modifier.GT),
        ("inflation near [two] percent", Modifier.APPROX),
    ],
)
def test_words_around(text: str, modifier: Modifier) -> None:
    assert of(text) is modifier


@pytest.mark.parametrize(
    "text",
    [
        "[40] goats and up to 20 sheep",
        "[40] goats and over 20 sheep",
        "[40] goats, or more",
        "[40] goats left. Or more came",
        "[40] goats or more than nothing",
        "[40] goats and at least 20 sheep",
        "The dike held over. [40] goats drowned",
        "over a [20]-year career",
        "a deal under the [two] mayors",
        "among the top [ten] breeders",
        "the bills add up to $[900]",
        "the fee has gone up to [75] crowns",
        "he was over by noon with [40] goats",
        "sold [12] goats and over a dozen sheep",
        "rates at [5] percent and above the target",
        "a fee of $[12.50] plus tax",
        "it burned near [two] villages",
        "he handed over $[25 million]",
        "a seven-under [65]",
        "it is 5 percent bigger than [40]",
        "more than 200 goats ([12] of them white) left",
    ],
)
def test_lookalikes_bound_nothing(text: str) -> None:
    assert of(text) is Modifier.EQ


def test_a_negated_bound_turns_round() -> None:
    assert of("The ferry does not carry more than [60] cars.") is Modifier.LE
    assert of("The ferry won't carry fewer than [20] cars.") is Modifier.GE


@pytest.mark.parametrize(
    ("text", "modifier"),
    [
        ("gales of up to 90 miles ([145] kilometres) an hour", Modifier.LE),
        ("more than 6.4 million U.S. dollars ([5.9 million] euros)", Modifier.GT),
        ("more than 5 dollars (4 euros, [3] pounds)", Modifier.GT),
        ("about 10 to 15 miles ([16 to 24] km)", Modifier.APPROX),
        ("more than two and a half miles ([4] km)", Modifier.GT),
        ("more than five million rupees (about [60,000] dollars)", Modifier.APPROX),
        ("a pond of 30 metres ([98] feet)", Modifier.EQ),
        ("about 60 goats and none of them was seen by Anna ([12] ducks)", Modifier.EQ),
        ("about 60 goats. Then came ducks ([12])", Modifier.EQ),
        ("about 60 goats, [12] ducks", Modifier.EQ),
    ],
)
def test_a_figure_in_brackets_takes_the_modifier_of_the_one_that_it_converts(text: str, modifier: Modifier) -> None:
    assert of(text) is modifier


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("about 300", "300"),
        ("no more than 300", "300"),
        ("between 200 and 300", "200 and 300"),
        ("at least another 300", "300"),
        ("300 or so", "300"),
        ("300+", "300"),
        ("90-odd", "90"),
        ("over 300 or more", "300"),
        ("300", "300"),
        ("about", "about"),
        ("", ""),
    ],
)
def test_without_modifiers(text: str, bare: str) -> None:
    assert without_modifiers(text) == bare


@settings(deadline=None)
@given(st.text(max_size=80), st.text(min_size=1, max_size=10), st.text(max_size=80))
@example("(" * 80, "5", ")" * 80)
@example("about 5 m (", "5", "")
def test_any_text_has_a_modifier(before: str, quantity: str, after: str) -> None:
    text = before + quantity + after
    assert modifier_of(text, len(before), len(before) + len(quantity)) in Modifier
    assert isinstance(without_modifiers(text), str)


@settings(deadline=None)
@given(st.text(alphabet="ab (,.7", max_size=40))
def test_only_a_window_of_the_document_is_read(far: str) -> None:
    near = " " + "goat " * (WINDOW // 5) + "more than "
    text = far + near + "40"
    assert modifier_of(text, len(text) - 2, len(text)) is Modifier.GT
    text = "40 " + "goat " * (WINDOW // 5) + "or more" + far
    assert modifier_of(text, 0, 2) is Modifier.EQ
