from __future__ import annotations

import datetime as dt
import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.link import calibrated, likeliest, likeliest_meaning, link, read, shipped, written
from claimex.link_features import Row, adds
from claimex.normalize import normalize
from claimex.scene import Scene
from claimex.schema import AnyMention, Claim, Document, Mention, Modifier, Provenance, Span, Tag, Unparsed

TAGS = {tag[0]: tag for tag in Tag}
DAY = dt.date(2031, 5, 7)


def marked_up(marked: str, score: float | None = None) -> tuple[Document, list[Span]]:
    """The text and the spans of ``[Q:40] [U:trucks]``."""
    text, spans = "", []
    for piece in re.split(r"(\[[QUDC]:[^\]]*\])", marked):
        if piece.startswith("[") and piece[2:3] == ":":
            spans.append(Span(len(text), len(text) + len(piece) - 4, TAGS[piece[1]], score))
            piece = piece[3:-1]
        text += piece
    return Document("d", text, DAY), spans


def claims(marked: str, score: float | None = None) -> tuple[Claim, ...]:
    document, spans = marked_up(marked, score)
    return link(document, normalize(document, spans))


def surface(mention: AnyMention | None) -> str | None:
    return mention.text if mention else None


def fields(marked: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return [
        (claim.quantity.text, surface(claim.unit), surface(claim.date), surface(claim.claimant))
        for claim in claims(marked)
    ]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (
            "[C:The Salt Ministry] said [D:Monday] that [Q:40] [U:trucks] were lost.",
            [("40", "trucks", "Monday", "The Salt Ministry")],
        ),
        (
            "The mill made a [U:$][Q:3 million] profit in [D:2030], according to [C:its owner].",
            [("3 million", "$", "2030", "its owner")],
        ),
        (
            "Prices rose [Q:10] [U:percent] in [D:2029] and [Q:20] [U:percent] in [D:2030].",
            [("10", "percent", "2029", None), ("20", "percent", "2030", None)],
        ),
        (
            "[C:Police] said [Q:three] [U:men] were shot and [Q:12] [U:wounded] on [D:Sunday].",
            [("three", "men", "Sunday", "Police"), ("12", "wounded", "Sunday", "Police")],
        ),
        ("The [U:death toll] has reached [Q:57], [C:officials] said.", [("57", "death toll", None, "officials")]),
        (
            "They sold [Q:10] and [Q:20] [U:tons of salt].",
            [("10", "tons of salt", None, None), ("20", "tons of salt", None, None)],
        ),
        # what touches a figure is its unit
        ("An [U:$][Q:800] [U:stone] oven.", [("800", "$", None, None)]),
        (
            "It is [Q:6][U:'][Q:2][U:\"] tall, [Q:90]-[U:kilogram] men say.",
            [("6", "'", None, None), ("2", '"', None, None), ("90", "kilogram", None, None)],
        ),
        (
            "Rents of [U:$][Q:900] rose from [Q:3] to [Q:5] [U:percent].",
            [("900", "$", None, None), ("3", "percent", None, None), ("5", "percent", None, None)],
        ),
        (
            "In [Q:60] [U:stalls] [Q:half] of the [U:goats] were ill.",
            [("60", "stalls", None, None), ("half", "goats", None, None)],
        ),
        ("A man aged [Q:35] was held.", [("35", None, None, None)]),
        (
            "[C:The army] said it shot down [Q:40] [U:drones] on [D:Tuesday]. It lost [Q:two] [U:jets].",
            [("40", "drones", "Tuesday", "The army"), ("two", "jets", "Tuesday", "The army")],
        ),
    ],
)
def test_links(marked: str, expected: list[tuple[str, str | None, str | None, str | None]]) -> None:
    assert fields(marked) == expected


def test_evidence_modifier_and_score() -> None:
    marked = "It rained. [C:Farmers] said more than [Q:40] [U:tons of hay] were lost [D:last week]. It dried."
    document, _ = marked_up(marked)
    (claim,) = claims(marked, score=0.9)
    assert document.text[slice(*claim.sentence)] == "Farmers said more than 40 tons of hay were lost last week."
    assert claim.modifier is Modifier.GT
    linked = sum(part is not None for part in (claim.unit, claim.date, claim.claimant))
    (unscored,) = claims(marked)
    assert claim.score is not None
    assert unscored.score is not None
    assert claim.score == pytest.approx(unscored.score * 0.9 ** (1 + linked))


def test_no_quantity_no_claim() -> None:
    assert claims("[C:Farmers] spoke on [D:Sunday].") == ()
    assert link(Document("d", ""), []) == ()


def test_order_of_mentions_does_not_matter() -> None:
    document, spans = marked_up("[C:Police] said [Q:three] [U:men] and [Q:two] [U:boys] fled on [D:Sunday].")
    mentions = normalize(document, spans)
    assert link(document, mentions) == link(document, mentions[::-1])


@settings(deadline=None)
@given(st.text(st.sampled_from('a1 .,"“”\n(B'), max_size=80) | st.text(max_size=40), st.data())
def test_every_quantity_of_any_text_gets_one_claim_in_its_sentence(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=12)))
    spans = [
        Span(start, end, data.draw(st.sampled_from(list(Tag))))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    mentions = [Mention(span, text[span.start : span.end], Unparsed("not read")) for span in spans]
    found = link(Document("d", text), mentions)
    assert [claim.quantity.span for claim in found] == [span for span in spans if span.tag is Tag.QUANTITY]
    for claim in found:
        assert claim.sentence[0] <= claim.quantity.span.start < claim.quantity.span.end <= claim.sentence[1]
        assert claim.score is None or 0 <= claim.score <= 1


def test_cost_grows_with_length_not_faster() -> None:
    piece = "[C:The ministry] said [Q:40] [U:trucks] and [Q:two] [U:jets] were lost on [D:Monday].\n\n"

    def cost(copies: int) -> float:
        document, spans = marked_up(piece * copies)
        mentions = normalize(document, spans)
        start = time.process_time()
        assert len(link(document, mentions)) == 2 * copies
        return time.process_time() - start

    cost(20)
    assert cost(400) < 30 * max(cost(50), 0.02)  # eight times the text; squared cost would be 64 times


def test_probability_of_the_likeliest() -> None:
    alike = ("far",)
    index, probability = likeliest({"x": 2.0}, [Row((), ["y"]), Row(alike, ["x"]), Row(alike, [])])
    assert index == 1
    assert probability == pytest.approx(0.787, abs=1e-3)


def test_mentions_of_the_same_days_or_source_count_together() -> None:
    text = "Tuesday, Nov. 17, Friday: the port, Port Authority, Ann Ray"
    surfaces = {Tag.DATE: ("Tuesday", "Nov. 17", "Friday"), Tag.CLAIMANT: ("the port", "Ann Ray")}
    spans = [
        Span(text.index(each), text.index(each) + len(each), tag) for tag, found in surfaces.items() for each in found
    ]
    document = Document("a", text, dt.date(2026, 11, 19))
    scene = Scene(document, normalize(document, spans))
    dates, sources = [None, *scene.items[Tag.DATE]], scene.items[Tag.CLAIMANT]
    index, probability = likeliest_meaning(dates, list(map(math.log, [0.2, 0.22, 0.16, 0.42])))
    assert index == 3
    assert probability == pytest.approx(0.42)
    index, probability = likeliest_meaning(dates, list(map(math.log, [0.2, 0.22, 0.23, 0.35])))
    assert index == 2
    assert probability == pytest.approx(0.45)
    assert likeliest_meaning(sources, list(map(math.log, [0.4, 0.6])))[0] == 1
    assert likeliest_meaning([None], [0.0]) == (0, 1.0)


def test_shared_features_count_for_every_candidate_that_has_them() -> None:
    weights = {"far": 1.0, "x": -2.0}
    assert likeliest(weights, [Row(("far",), ["x"]), Row(("far",), []), Row((), [])])[0] == 1


def test_shipped_weights_are_of_the_linked_fields() -> None:
    fitted = shipped()
    assert set(fitted.weights) == {Tag.UNIT, Tag.DATE, Tag.CLAIMANT}
    assert all(-20 < weight < 20 for found in fitted.weights.values() for weight in found.values())
    assert read(written(fitted)) == fitted


@given(st.floats(0, 1), st.floats(0, 1))
def test_calibration_keeps_order_and_bounds(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 < calibrated(low, 0.4, -0.2) <= calibrated(high, 0.4, -0.2) < 1


def test_a_line_that_changes_nothing() -> None:
    assert calibrated(0.3, 1.0, 0.0) == pytest.approx(0.3)


def test_a_source_of_the_sentence_before_is_carried_over() -> None:
    marked = "[C:The army] said it shot down [Q:40] [U:drones] on [D:Tuesday]. It lost [Q:two] [U:jets]."
    first, second = claims(marked)
    assert [first.provenance(part) for part in (first.unit, first.date, first.claimant)] == [Provenance.STATED] * 3
    assert second.provenance(second.unit) is Provenance.STATED
    assert second.provenance(second.claimant) is Provenance.CARRIED


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (" The port was hit too, with [Q:two] [U:cranes] lost.", True),
        (" The port was hit, with [Q:two] [U:cranes] lost.", False),
        (" [C:Owners] said the port was hit too, with [Q:two] [U:cranes] lost.", False),
        ("\n\nThe port was hit too, with [Q:two] [U:cranes] lost.", False),
    ],
)
def test_a_sentence_adds_to_the_one_before(second: str, expected: bool) -> None:
    document, spans = marked_up(f"[Q:Forty] [U:ships] sank, according to [C:the navy].{second}")
    scene = Scene(document, normalize(document, spans))
    [navy, *_], [_, cranes] = scene.items[Tag.CLAIMANT], scene.items[Tag.QUANTITY]
    assert adds(scene, cranes, navy) is expected
    assert not adds(scene, cranes, None)


def test_a_sentence_is_the_tokens_between_its_bounds() -> None:
    """Wherever mentions stand in it; one may run over its end."""
    document, spans = marked_up(
        "[C:The port] counted [Q:40] [U:boats]. [D:On Monday] it was [Q:3]. No more came.\n\n"
        "[Q:7] sank, it said. [Q:Six. Or] more?"
    )
    scene = Scene(document, normalize(document, spans))
    texts = [[" ".join(scene.tokens[slice(*scene.bounds(item))]) for item in scene.items[tag]] for tag in Tag]
    assert texts[0] == ["C counted Q U .", "D it was Q .", "Q sank , it said .", "Q"]
    assert texts[1:] == [["C counted Q U ."], ["D it was Q ."], ["C counted Q U ."]]
