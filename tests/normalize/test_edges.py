from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.normalize.edges import settle_edges
from claimex.normalize.measured import SCORE
from claimex.schema import Span, Tag

TAGS = {"q": Tag.QUANTITY, "u": Tag.UNIT, "d": Tag.DATE, "c": Tag.CLAIMANT}


def parse(marked: str) -> tuple[str, list[Span]]:
    """Text and spans of "worth {u:$}{q:5}m"."""
    text, spans = "", []
    for piece in re.split(r"(\{\w:[^}]*\})", marked):
        if piece.startswith("{"):
            spans.append(Span(len(text), len(text) + len(piece) - 4, TAGS[piece[1]], 0.5))
            piece = piece[3:-1]
        text += piece
    return text, spans


def settled(marked: str) -> list[str]:
    """The settled spans as "tag:surface"."""
    text, spans = parse(marked)
    return [f"{span.tag.lower()[0]}:{text[span.start : span.end]}" for span in settle_edges(text, spans)]


@pytest.mark.parametrize(
    ("marked", "spans"),
    [
        # magnitudes
        ("worth {u:$}{q:13.6}M to us", ["u:$", "q:13.6M"]),
        ("worth {u:$}{q:1.762}{u:bn}) then", ["u:$", "q:1.762bn"]),
        ("worth {u:$}{q:5.4}m.", ["u:$", "q:5.4m"]),
        ("a {q:2.8}{u:bn km} trip", ["q:2.8bn", "u:km"]),
        ("{u:USD}{q:10}m", ["u:USD", "q:10m"]),
        # signs
        ("fell to {u:$}-{q:50.8}bn", ["u:$", "q:-50.8bn"]),
        ("at -{q:5} {u:degrees}", ["q:-5", "u:degrees"]),
        ("at minus {q:5} {u:degrees}", ["q:minus 5", "u:degrees"]),
        ("a Minus-{q:5} {u:degree} day", ["q:Minus-5", "u:degree"]),
        ("at {q:minus} {q:5} {u:degrees}", ["q:minus 5", "u:degrees"]),
        ("at {q:-}{q:5} {u:degrees}", ["q:-5", "u:degrees"]),
        # words of one number
        ("{q:ninety} {q:five} {u:goats}", ["q:ninety five", "u:goats"]),
        ("{q:some hundred} {u:goats}", ["q:hundred", "u:goats"]),
        # both ends of a range
        ("between {q:20} and {q:30} {u:goats}", ["q:20 and 30", "u:goats"]),
        # several figures
        ("to {u:$}{q:4 million, 299} {u:days}", ["u:$", "q:4 million", "q:299", "u:days"]),
        ("{q:2, 800} {u:goats}", ["q:2, 800", "u:goats"]),
        # a unit without its figure
        ("a sub-7 {u:nanometer} chip", ["q:7", "u:nanometer"]),
        ("{q:300} {u:doctors} and nurses have died", ["q:300", "u:doctors and nurses"]),
        # what a number is one of
        ("the {u:total number} of stray goats {q:40}", ["u:stray goats", "q:40"]),
        ("the {u:total number of goats} {q:40}", ["u:goats", "q:40"]),
        ("the {u:number} of dead rose to {q:40}", ["u:number", "q:40"]),
        # what counts nothing
        ("{q:few} {u:goats} and a {q:one}-{u:off} {q:triple} jump", ["u:goats"]),
        ("a {q:one}-{u:time} {u:farmer}", ["u:farmer"]),
        ("{q:FortyGoats} has {q:Forty} {u:goats}", ["q:Forty", "u:goats"]),
        ("with {q:5}{u:G masts}, a {u:shop} on the A{q:2}", ["u:shop"]),
        ("{q:12} {u:people} and officials warned of more", ["q:12", "u:people"]),
        ("a {q:25}-{u:percentage point lead} in", ["q:25", "u:percentage point"]),
        # what stands beside a figure
        ("just {q:one 52,000} {u:barrel-a-day} well", ["q:52,000", "u:barrel-a-day"]),
        ("it lost {q:10m.}", ["q:10m"]),
        ("{q:224} {u:kW / 300 PS} in all", ["q:224", "u:kW", "q:300", "u:PS"]),
        # what a tagger passes over
        ("a 16 inch lid of $2000 or £1.5 million", ["q:16", "u:inch", "u:$", "q:2000", "u:£", "q:1.5 million"]),
        ("a 5-10W lamp, 9 sq m, 40%", ["q:5-10", "u:W", "q:9", "u:sq m", "q:40", "u:%"]),
        ("a 5 W lamp, sub-7 nanometer chips", ["q:5", "u:W", "q:7", "u:nanometer"]),
        ("a {q:six}-{u:cylinder engine} lost", ["q:six", "u:cylinder"]),
        ("at 12 C.", ["q:12", "u:C"]),
        ("a {q:5.2} {u:litre V10}, a {q:40} {u:km road}", ["q:5.2", "u:litre", "q:40", "u:km"]),
        ("{q:minus-1.4} degree water", ["q:minus-1.4", "u:degree"]),
        # currencies
        ("costs HK {u:$}{q:5.4}m", ["u:HK $", "q:5.4m"]),
        ("costs {u:$}A{q:82,615}", ["u:$A", "q:82,615"]),
        ("costs {u:$}{q:A82,615}", ["u:$A", "q:82,615"]),
        ("costs {u:$}{u:A}{q:82,615}", ["u:$A", "q:82,615"]),
        ("costs {u:$}{u:US}{q:55}", ["u:$US", "q:55"]),
        ("costs {u:Y}={q:590}", ["u:Y=", "q:590"]),
        ("{q:224} {u:kW /} {q:300} {u:PS}", ["q:224", "u:kW", "q:300", "u:PS"]),
        # no bracket is left open
        ("at {d:8:25 am} ({d:0525 GMT) Nov. 17}, it", ["d:8:25 am (0525 GMT) Nov. 17"]),
        ("on {d:Monday} ({d:May 5}) and {d:(6 pm) Friday}", ["d:Monday", "d:May 5", "d:(6 pm) Friday"]),
        ("costs RM{q:23.50} now", ["u:RM", "q:23.50"]),
        ("costs PS{q:2.7}m or Y={q:590}", ["u:PS", "q:2.7m", "u:Y=", "q:590"]),
        ("costs ({q:5}) or €{q:6}", ["q:5", "u:€", "q:6"]),
        # what frames a unit
        ("{u:number of fires} rose to {q:40}", ["u:fires", "q:40"]),
        ("{q:2 million} {u:plus cars}", ["q:2 million", "u:cars"]),
        ("{q:40} {u:percent of} whom", ["q:40", "u:percent"]),
        ("{q:40} {u:number plates}", ["q:40", "u:number plates"]),
        # two things counted together
        ("{q:40} {u:cars} and delivery vans lost in May", ["q:40", "u:cars and delivery vans"]),
        ("{q:6} {u:men} and boys.", ["q:6", "u:men and boys"]),
    ],
)
def test_what_belongs_to_a_figure_is_taken_in(marked: str, spans: list[str]) -> None:
    assert settled(marked) == spans


@pytest.mark.parametrize(
    "marked",
    [
        "80 in May, an F-16 inch, room 5A, 4K, 9 F Street, 3.5.2 km, 7 has been, 12 points, 1/2 mile",
        "{d:10 km} and {c:16 inch} and {q:5 or 6} {u:inch}",
        "worth R{q:500} or {u:Rs}{q:5}",
        "{q:224} {u:cases/100,000 people}",
        "a {q:40}-{u:year old} {u:man}, a {q:3}-{u:US dollar} fee, a {q:60}-{u:dollar per barrel} price",
        "{q:5} {u:degrees Celsius}, {q:6} {u:metres of road}, {q:7} {u:km a day}",
        "{q:900} {u:foot soldiers} in {q:3} {u:km}",
        "{q:40} {u:cars} and {q:3} {u:vans} were lost",
        "{q:40} {u:people} and caused landslides.",
        "{q:40} {u:cars} and no vans, he said",
        "{q:40} {u:cars} and sees trouble ahead",
        "{q:40} {u:car} and vans.",
        "{q:13.6} million {u:goats}",
        "a {q:5}m wall",
        "a {q:5} {u:m} wall",
        "a {q:5}-{u:metre} wall",
        "{q:10}-{q:15} {u:goats}",
        "{q:200} -{q:300} {u:goats}",
        "plus or minus {q:3} {u:points}",
        "{q:five} {q:six} {u:goats}",
        "{q:ninety} {q:5} {u:goats}",
        "{q:ninety}, {q:five} {u:goats}",
        "the {q:5}b row",
        "{u:$}{q:5} {u:million}",
        "{u:US$}{q:5}",
        "IN {u:$}{q:5}",
        "{q:five}M",
        "a PS{q:5} console",
        "a PS {q:500} box",
        "{d:May 5}M",
    ],
)
def test_what_may_be_right_stays(marked: str) -> None:
    text, spans = parse(marked)
    assert settle_edges(text, spans) == spans


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("$A€5-. mMbnUSHKRx("), max_size=40) | st.text(max_size=40), st.data())
def test_any_spans_of_any_text_stay_in_order_apart_and_of_their_tags(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    tags = data.draw(st.lists(st.sampled_from(Tag), min_size=4, max_size=4))
    spans = [Span(start, end, tag) for start, end, tag in zip(cuts[::2], cuts[1::2], tags, strict=False)]
    result = settle_edges(text, spans)
    for left, right in pairwise(result):
        assert left.end <= right.start
    assert all(span.end <= len(text) for span in result)
    quantities = [span for span in spans if span.tag is Tag.QUANTITY]
    assert sum(span.tag is Tag.QUANTITY and span.score != SCORE for span in result) <= len(quantities)
    assert settle_edges(text, result) == result
