from __future__ import annotations

from decimal import Decimal

import pytest

from claimex.link import Fitted, calibrated, likeliest, link
from claimex.link_features import CONTINUES, Row
from claimex.normalize import normalize
from claimex.schema import Document, Example, Record, Span, Tag
from training.linker import FOLDS, PRIOR, Group, calibrate, fit, groups_of, held_out, outcomes


def test_fit_prefers_what_the_gold_links_share() -> None:
    groups: list[Group] = [([["near"], ["far"]], 0), ([["far"], ["near"]], 1), ([["near", "odd"], ["far"]], 0)]
    weights = fit(groups, ["near", "far", "odd"], penalty=1.0)
    assert weights["near"] > 0 > weights["far"]
    index, probability = likeliest(weights, [Row((), ["far"]), Row((), ["near"])])
    assert index == 1
    assert 0.5 < probability < 1


def test_no_choices_teach_nothing() -> None:
    assert fit([], [], penalty=1.0) == {}


def test_the_penalty_pulls_a_feature_without_evidence_to_its_prior() -> None:
    groups: list[Group] = [([["a", CONTINUES], ["a", CONTINUES]], 0)]
    weights = fit(groups, ["a", CONTINUES], penalty=1.0)
    assert abs(weights[CONTINUES] - PRIOR[CONTINUES]) < 1e-3
    assert abs(weights["a"]) < 1e-3


def barges(name: str) -> Example:
    """A document whose one record takes no date."""
    text = "The harbour office said on Friday that barges sank, 14 in all."
    spans = {
        tag: Span(text.index(surface), text.index(surface) + len(surface), tag)
        for tag, surface in (
            (Tag.CLAIMANT, "The harbour office"),
            (Tag.DATE, "Friday"),
            (Tag.QUANTITY, "14"),
            (Tag.UNIT, "barges"),
        )
    }
    number = Decimal(14)
    claimant, unit = spans[Tag.CLAIMANT].range, spans[Tag.UNIT].range
    record = Record(spans[Tag.QUANTITY].range, number, number, number, unit=unit, claimant=claimant)
    return Example(Document(name, text), tuple(spans.values()), frozenset(Tag), (record,))


def test_groups_name_the_gold_link_of_each_field() -> None:
    groups = groups_of(barges("a"))
    assert [index for _, index in groups[Tag.UNIT]] == [1]  # behind "no link"
    assert [index for _, index in groups[Tag.DATE]] == [0]
    assert [(len(rows), index) for rows, index in groups[Tag.CLAIMANT]] == [(2, 1)]


def test_an_outcome_is_right_where_all_four_fields_are() -> None:
    plain = Fitted({Tag.UNIT: {}, Tag.CLAIMANT: {}, Tag.DATE: {}}, slope=1.0, intercept=0.0)
    example = barges("a")
    claims = link(example.document, normalize(example.document, example.spans), fitted=plain)
    [(score, right)] = outcomes(example, claims)  # without weights no link is taken for likelier than another
    assert score == pytest.approx(1 / 8)
    assert not right


def test_what_is_held_out_is_linked_by_what_the_others_teach() -> None:
    examples = [barges(str(i)) for i in range(3 * FOLDS)]
    found = list(held_out(examples, [groups_of(example) for example in examples]))
    assert len(found) == len(examples)
    assert all(right and score > 0.2 for score, right in found)


def test_calibration_brings_scores_down_to_how_often_they_are_right() -> None:
    found = [(0.99, i % 4 > 0) for i in range(40)] + [(0.6, i % 2 > 0) for i in range(40)]
    line = calibrate(found)
    assert calibrated(0.99, *line) == pytest.approx(0.75, abs=0.02)
    assert calibrated(0.6, *line) == pytest.approx(0.5, abs=0.02)
