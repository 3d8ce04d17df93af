from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex import decoding
from claimex.bio import BEGIN, INSIDE, LABELS, OUTSIDE, Floats, allowed, encode, glued
from claimex.decoding import Scored
from claimex.schema import Document, Example, Range, Span, Tag
from tests.strategies import TEXTS

QUANTITY, UNIT, DATE = Tag.QUANTITY, Tag.UNIT, Tag.DATE


def cut(text: str, sizes: Sequence[int]) -> list[Range]:
    """The text without its blanks in tokens of the given sizes, over and over."""
    tokens: list[Range] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        end = at + 1
        while end < len(text) and end - at < sizes[len(tokens) % len(sizes)] and not text[end].isspace():
            end += 1
        tokens.append((at, end))
        at = end
    return tokens


def sharp(labels: Sequence[int], sure: float = 0.999) -> Floats:
    """Log-probabilities that leave no doubt about the labels."""
    rows = np.full((len(labels), len(LABELS)), (1 - sure) / (len(LABELS) - 1))
    rows[np.arange(len(labels)), labels] = sure
    scores: Floats = np.log(rows).astype(np.float32)
    return scores


def decode(text: str, tokens: Sequence[Range], scores: Floats, threshold: float = 0.0) -> list[Span]:
    [spans] = decoding.decode([Scored(text, tokens, scores)], threshold)
    return spans


def plain(spans: Sequence[Span]) -> list[tuple[int, int, Tag]]:
    return [(span.start, span.end, span.tag) for span in spans]


@st.composite
def tokenized(draw: st.DrawFn) -> tuple[str, list[Range]]:
    text = draw(TEXTS)
    return text, cut(text, draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))


def log_probs(tokens: int, seed: int, spread: float) -> Floats:
    logits = np.random.default_rng(seed).uniform(-spread, spread, (tokens, len(LABELS)))
    scores: Floats = (logits - np.log(np.exp(logits).sum(-1, keepdims=True))).astype(np.float32)
    return scores


def test_labels_derive_from_the_tags() -> None:
    assert LABELS[OUTSIDE] == "O"
    assert [LABELS[BEGIN[tag]] for tag in Tag] == [f"B-{tag}" for tag in Tag]
    assert [LABELS[INSIDE[tag]] for tag in Tag] == [f"I-{tag}" for tag in Tag]
    assert len(set(LABELS)) == len(LABELS) == 2 * len(Tag) + 1


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ("5 , 975 . 7", "01111"),  # one number
        ("1 / 2", "011"),
        ("1 ’ 000", "011"),
        ("3 - 1", "000"),  # a score, or a range whose ends may be two quantities
        ("33 , 000 km", "0110"),  # a unit may start right behind its number
        ("$ 2 . 5 m", "00110"),
        ("ver kehr", "01"),
        ("mayor ’ s", "000"),
        ("Chao ' an", "011"),
        ("O ’ Nei ll", "0111"),
        ("they ' ll", "000"),
        ("cafe \u0301 s", "011"),
        ("5 \ufe0f\u20e3", "01"),
        ("é (", "00"),
        ("e\u0301 (", "00"),
        ("2 ½", "01"),
        ("١ ٢", "01"),
        ("7 .", "00"),
    ],
)
def test_words_and_numbers_are_glued(pieces: str, expected: str) -> None:
    parts = pieces.split()
    ends = np.cumsum([len(part) for part in parts]).tolist()
    tokens = [(end - len(part), end) for part, end in zip(parts, ends, strict=True)]
    assert "".join(str(int(flag)) for flag in glued("".join(parts), tokens)) == expected


def test_what_a_tokenizer_dropped_inside_a_word_is_no_gap() -> None:
    assert glued("ver\xadkehr", [(0, 3), (4, 8)]) == [False, True]
    assert glued("कुर", [(0, 1), (2, 3)]) == [False, True]
    assert glued("ver kehr", [(0, 3), (4, 8)]) == [False, False]


def test_two_tokens_of_one_character_are_glued() -> None:
    assert glued("ﬁ", [(0, 1), (0, 1)]) == [False, True]


def test_encode_labels_whole_tokens_and_names_what_it_cannot() -> None:
    text = "about 33km, 7 days"
    tokens = [(0, 5), (6, 10), (10, 11), (12, 13), (14, 18)]
    cutting, beyond = Span(6, 8, QUANTITY), Span(8, 10, UNIT)
    labels, lost = encode([Span(14, 18, UNIT), beyond, Span(12, 13, QUANTITY), cutting], tokens)
    assert lost == [cutting, beyond]
    assert labels == [OUTSIDE, OUTSIDE, OUTSIDE, BEGIN[QUANTITY], BEGIN[UNIT]]
    assert text[12:13] == "7"


def test_encode_tells_touching_spans_of_one_tag_apart() -> None:
    labels, lost = encode([Span(0, 3, DATE), Span(3, 5, DATE)], [(0, 1), (1, 3), (3, 4), (4, 5)])
    assert not lost
    assert labels == [BEGIN[DATE], INSIDE[DATE], BEGIN[DATE], INSIDE[DATE]]


def names(row: Sequence[bool]) -> set[str]:
    return {label for label, flag in zip(LABELS, row, strict=True) if flag}


def test_allowed_leaves_open_what_nobody_annotated() -> None:
    document = Document("a", "on Monday 7 men ran")
    tokens = [(0, 2), (3, 9), (10, 11), (12, 15), (16, 19)]
    example = Example(document, (Span(3, 9, DATE),), frozenset({DATE, UNIT}), unsure=((12, 14),))
    labels, _ = encode(example.spans, tokens)
    unknown = {"O", "B-QUANTITY", "I-QUANTITY", "B-CLAIMANT", "I-CLAIMANT"}
    assert [names(row) for row in allowed(labels, tokens, example)] == [
        unknown, {"B-DATE"}, unknown, set(LABELS), unknown,
    ]  # fmt: skip


def test_allowed_is_the_label_alone_where_all_is_annotated() -> None:
    example = Example(Document("a", "7 men"), (Span(0, 1, QUANTITY),), frozenset(Tag), unsure=((0, 1),))
    rows = allowed([BEGIN[QUANTITY], OUTSIDE], [(0, 1), (2, 5)], example)
    assert [names(row) for row in rows] == [{"B-QUANTITY"}, {"O"}]


@settings(deadline=None, max_examples=150)
@given(tokenized(), st.data())
def test_spans_of_whole_groups_survive_encoding_and_decoding(
    case: tuple[str, list[Range]], data: st.DataObject
) -> None:
    text, tokens = case
    groups = groups_of(tokens, glued(text, tokens))
    borders = sorted(data.draw(st.sets(st.integers(0, len(groups)), max_size=8)))
    spans = [
        Span(groups[a][0], groups[b - 1][1], data.draw(st.sampled_from(Tag)))
        for a, b in pairwise(borders)
        if data.draw(st.booleans())
    ]
    labels, lost = encode(spans, tokens)
    assert not lost
    assert plain(decode(text, tokens, sharp(labels))) == plain(spans)


def groups_of(tokens: Sequence[Range], glue: Sequence[bool]) -> list[Range]:
    groups: list[Range] = []
    for (start, end), stuck in zip(tokens, glue, strict=True):
        groups[-1:] = [(groups[-1][0], end)] if stuck else [*groups[-1:], (start, end)]
    return groups


@settings(deadline=None, max_examples=200)
@given(tokenized(), st.integers(0, 2**32 - 1), st.sampled_from([1.0, 4.0, 15.0]))
def test_decoded_spans_are_in_order_without_blanks_and_cut_no_word_or_number(
    case: tuple[str, list[Range]], seed: int, spread: float
) -> None:
    text, tokens = case
    spans = decode(text, tokens, log_probs(len(tokens), seed, spread))
    check_spans(text, spans)


def check_spans(text: str, spans: Sequence[Span]) -> None:
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        surface = text[span.start : span.end]
        assert surface == surface.strip()
        assert span.score is not None
        assert 0 <= span.score <= 1
        assert not cuts(text, span.start)
        assert not cuts(text, span.end)
        at = span.end


def cuts(text: str, at: int) -> bool:
    """Whether a word, or a number with its separators, goes on over the border ``at``. Written apart from ``glued``."""
    before, after = text[:at][-12:], text[at:][:12]
    if not before.strip() or not after.strip() or before[-1].isspace() or after[0].isspace():
        return False
    if unicodedata.category(after[0])[0] == "M":
        return True
    in_number = before[-1] in ".,/'’" and before[:-1][-1:].isdecimal() and after[0].isdecimal()
    before_number = after[0] in ".,/'’" and before[-1].isdecimal() and after[1:2].isdecimal()
    kinds = {unicodedata.category(before[-1])[0], unicodedata.category(after[0])[0]}
    return in_number or before_number or kinds in ({"L"}, {"N"})


@settings(deadline=None, max_examples=60)
@given(st.text("5a,. \u0301", min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_decode_finds_the_best_of_all_paths(text: str, seed: int) -> None:
    tokens = cut(text, [1])[:4]
    scores = log_probs(len(tokens), seed, 3.0)  # nothing is settled
    labels, lost = encode(decode(text, tokens, scores), tokens)
    assert not lost
    best = max((total(path, scores) for path in legal_paths(glued(text, tokens))), default=0.0)
    assert total(labels, scores) == pytest.approx(best, abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(st.text("5a,. \u0301", min_size=1, max_size=30), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_threshold_leaves_out_what_scores_less(text: str, seed: int, threshold: float) -> None:
    tokens = cut(text, [1])
    scores = log_probs(len(tokens), seed, 3.0)
    spans = decode(text, tokens, scores)
    assert decode(text, tokens, scores, threshold) == [span for span in spans if (span.score or 0) >= threshold]


def total(path: Sequence[int], scores: Floats) -> float:
    return float(sum(scores[i, label] for i, label in enumerate(path)))


def legal_paths(glue: Sequence[bool]) -> Iterator[tuple[int, ...]]:
    for path in product(range(len(LABELS)), repeat=len(glue)):
        names = [LABELS[label] for label in path]
        if all(legal(left, right, stuck) for left, right, stuck in zip(["O", *names], names, glue, strict=False)):
            yield path


def legal(left: str, right: str, stuck: bool) -> bool:
    goes_on = right[:2] == "I-" and left[2:] == right[2:]
    if stuck:
        return goes_on or left == right == "O"
    return goes_on or right[:2] != "I-"


@settings(deadline=None, max_examples=60)
@given(st.text("5a,. \u0301", min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_score_is_the_share_of_all_legal_paths_with_that_span(text: str, seed: int) -> None:
    tokens = cut(text, [1])[:4]
    scores = log_probs(len(tokens), seed, 3.0)
    weights = {tuple(path): math.exp(total(path, scores)) for path in legal_paths(glued(text, tokens))}
    spans_of = {path: plain(decode(text, tokens, certain(path))) for path in weights}
    for span in decode(text, tokens, scores):
        with_it = sum(weight for path, weight in weights.items() if plain([span])[0] in spans_of[path])
        assert span.score == pytest.approx(with_it / sum(weights.values()), abs=1e-5)


def certain(path: Sequence[int]) -> Floats:
    scores = np.full((len(path), len(LABELS)), -1e3, dtype=np.float32)
    scores[range(len(path)), path] = 0.0
    return scores


def test_settled_tokens_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is surely outside is passed over, unless its word or number needs a decision."""
    text = "5,975.7 of it"
    tokens = cut(text, [1])
    scores = sharp([OUTSIDE] * len(tokens), 0.99999)
    scores[0] = sharp([BEGIN[QUANTITY]], 0.9999999)[0]
    for i in range(2, 7):
        scores[i] = sharp([INSIDE[QUANTITY]], 0.9999999)[0]
    found = decode(text, tokens, scores)
    assert plain(found) == [(0, 7, QUANTITY)]
    monkeypatch.setattr(decoding, "UNSETTLED", 0.0)
    assert plain(decode(text, tokens, scores)) == plain(found)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 2**32 - 1)), max_size=5))
def test_documents_are_decoded_side_by_side_as_each_alone(cases: list[tuple[int, int]]) -> None:
    """Runs of many lengths, short and long."""
    scored = []
    for size, seed in cases:
        text = "".join(np.random.default_rng(seed).choice(list("5a,. "), size))
        tokens = cut(text, [1])
        scored.append(Scored(text, tokens, log_probs(len(tokens), seed, 8.0)))
    alone = [decode(*each) for each in scored]
    together = decoding.decode(scored)
    assert list(map(plain, together)) == list(map(plain, alone))
    for one, other in zip(alone, together, strict=True):
        assert [span.score for span in one] == pytest.approx([span.score for span in other])


def test_a_table_of_figures_is_decoded_in_pieces() -> None:
    """One of ten thousand tokens would take minutes."""
    text = "7 " * 10_000
    tokens = cut(text, [1])
    began = time.monotonic()
    spans = decode(text, tokens, sharp([BEGIN[QUANTITY]] * len(tokens), 1 - 1e-8))
    assert [span.start for span in spans] == [start for start, _ in tokens]
    assert time.monotonic() - began < 2


def test_no_tokens_no_spans() -> None:
    assert decode("", [], np.empty((0, len(LABELS)), np.float32)) == []
