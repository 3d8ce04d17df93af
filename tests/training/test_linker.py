from __future__ import annotations

from decimal import Decimal

from claimex.link import likeliest
from claimex.link_features import CONTINUES
from claimex.schema import Document, Example, Record, Span, Tag
from training.linker import PRIOR, Group, fit, groups_of


def test_fit_prefers_what_the_gold_links_share() -> None:
    groups: list[Group] = [([["near"], ["far"]], 0), ([["far"], ["near"]], 1), ([["near", "odd"], ["far"]], 0)]
    weights = fit(groups, ["near", "far", "odd"], penalty=1.0)
    assert weights["near"] > 0 > weights["far"]
    index, probability = likeliest(weights, [["far"], ["near"]])
    assert index == 1
    assert 0.5 < probability < 1


def test_the_penalty_pulls_a_feature_without_evidence_to_its_prior() -> None:
    groups: list[Group] = [([["a", CONTINUES], ["a", CONTINUES]], 0)]
    weights = fit(groups, ["a", CONTINUES], penalty=1.0)
    assert abs(weights[CONTINUES] - PRIOR[CONTINUES]) < 1e-3
    assert abs(weights["a"]) < 1e-3


def test_groups_name_the_gold_link_of_each_field() -> None:
    text = "The harbour office said on Friday that 14 barges sank."
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
    record = Record(spans[Tag.QUANTITY].range, number, number, number, unit=spans[Tag.UNIT].range, date=None)
    example = Example(Document("a", text), tuple(spans.values()), frozenset(Tag), (record,))
    groups = groups_of(example)
    assert [index for _, index in groups[Tag.UNIT]] == [1]  # behind "no link"
    assert [index for _, index in groups[Tag.DATE]] == [0]
    assert [len(rows) for rows, _ in groups[Tag.CLAIMANT]] == [2]
