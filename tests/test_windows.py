from __future__ import annotations

from itertools import pairwise
from math import ceil, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.windows import Window, windows

SIZES = st.integers(1, 60).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 700), SIZES)
def test_each_token_is_answered_for_once_and_seen_by_its_window(tokens: int, sizes: tuple[int, int]) -> None:
    cut = windows(tokens, *sizes)
    assert [token for window in cut for token in range(window.first, window.last)] == list(range(tokens))
    for window in cut:
        assert 0 <= window.start <= window.first < window.last <= window.end <= tokens
        assert window.end - window.start <= sizes[0]


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 400), SIZES)
def test_the_window_that_answers_holds_the_token_farthest_from_a_cut(tokens: int, sizes: tuple[int, int]) -> None:
    cut = windows(tokens, *sizes)

    def distance(token: int, window: Window) -> float:
        if not window.start <= token < window.end:
            return -inf
        left = token - window.start if window.start else inf
        right = window.end - 1 - token if window.end < tokens else inf
        return min(left, right)

    for window in cut:
        for token in range(window.first, window.last):
            assert distance(token, window) == max(distance(token, other) for other in cut)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 700), SIZES)
def test_neighbours_share_the_overlap_and_no_window_is_superfluous(tokens: int, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    cut = windows(tokens, size, overlap)
    assert all(left.end - right.start >= overlap for left, right in pairwise(cut))
    assert len({window.end - window.start for window in cut}) == 1
    assert len(cut) == max(1, ceil((tokens - overlap) / (size - overlap)))


def test_windows_of_a_long_document() -> None:
    assert windows(10, 6, 2) == [Window(0, 6, 0, 5), Window(4, 10, 5, 10)]
    assert windows(6, 6, 2) == [Window(0, 6, 0, 6)]
    assert windows(0, 6, 2) == []


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (5, 5), (5, 6), (5, -1)])
def test_sizes_that_make_no_windows_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=f"size {size} and overlap {overlap}"):
        windows(10, size, overlap)
