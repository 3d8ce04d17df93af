from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.sentences import holding, paragraphs, sentences

PIECES = [*"aAbZ19 .!?…,;'\"“”’()\n\r\t-•。", "Mr", "U.S.", "p.m.", " the", " The"]
NEWS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Prices fell. Wages rose.", ["Prices fell.", "Wages rose."]),
        ("Mr. Orlo met Gen. Z. K. Brand at 5 p.m. Sunday.", ["Mr. Orlo met Gen. Z. K. Brand at 5 p.m. Sunday."]),
        ("The shop shut at 5 p.m. The owner left.", ["The shop shut at 5 p.m.", "The owner left."]),
        ("It moved to the U.S. It hired 40.", ["It moved to the U.S.", "It hired 40."]),
        ("The U.S. Navy has 3.5 million files.", ["The U.S. Navy has 3.5 million files."]),
        ("Orlo Inc. Chairman Z. Brand left.", ["Orlo Inc. Chairman Z. Brand left."]),
        ("Was it No. 4? He said no. We left.", ["Was it No. 4?", "He said no.", "We left."]),
        ("“We lost.” Then silence.", ["“We lost.”", "Then silence."]),
        ('"Did you pay?" asked Brand. "No!"', ['"Did you pay?" asked Brand.', '"No!"']),
        ("He paused... and went on.", ["He paused... and went on."]),
        ("Born on Jan. 4, he died in Dec. 1990.", ["Born on Jan. 4, he died in Dec. 1990."]),
        ("Fire guts mill\nTwo hurt\n\nA fire broke out.", ["Fire guts mill", "Two hurt", "A fire broke out."]),
        ("Results:\n- 40 seats\n• 12 seats\n3. None", ["Results:", "- 40 seats", "• 12 seats", "3. None"]),
        (
            "A line that was\nwrapped by hand at\nFort Brand. Next.",
            ["A line that was\nwrapped by hand at\nFort Brand.", "Next."],
        ),
        ("  \n\n ", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@settings(deadline=None)
@given(st.one_of(st.text(max_size=80), NEWS))
def test_sentences_tile_the_text_without_its_outer_blanks(text: str) -> None:
    ranges = sentences(text)
    end = 0
    for first, last in ranges:
        assert end <= first < last
        assert not text[end:first].strip()
        assert text[first:last] == text[first:last].strip()
        end = last
    assert not text[end:].strip()


@settings(deadline=None)
@given(NEWS)
def test_no_sentence_crosses_a_paragraph(text: str) -> None:
    blocks = paragraphs(text)
    for first, last in sentences(text):
        start, end = blocks[holding(blocks, first)]
        assert start <= first < last <= end


@pytest.mark.parametrize("piece", ['."', ".", "a\n", "\r ", "Mr. ", "!?", "\n ", ")", "No. 4 ", "x. Y "])
def test_long_runs_take_linear_time(piece: str) -> None:
    text = piece * 20_000
    assert sum(end - start for start, end in sentences(text)) <= len(text)  # quadratic time would never come here


def test_holding_finds_the_range_of_an_offset() -> None:
    ranges = [(2, 5), (7, 9)]
    assert [holding(ranges, offset) for offset in (0, 2, 6, 7, 30)] == [0, 0, 0, 1, 1]
