"""Offsets in other units: exact both ways, never inside a character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.formats.offsets import OffsetUnit, Ruler
from tests.strategies import TEXTS

ENCODINGS = {
    OffsetUnit.CODE_POINT: ("utf-32-le", 4),
    OffsetUnit.UTF_16: ("utf-16-le", 2),
    OffsetUnit.BYTE: ("utf-8", 1),
}


@given(TEXTS.filter(bool), st.sampled_from(OffsetUnit), st.data())
@settings(deadline=None, max_examples=50)
def test_units_slice_the_encoded_text_at_the_same_place(text: str, unit: OffsetUnit, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    ruler = Ruler(text, unit)
    first, last = ruler.encode((start, end))
    encoding, size = ENCODINGS[unit]
    assert text.encode(encoding)[first * size : last * size].decode(encoding) == text[start:end]
    assert ruler.decode([first, last]) == ruler.decode({"start": first, "end": last}) == (start, end)


@pytest.mark.parametrize(("unit", "extent"), [(OffsetUnit.UTF_16, [1, 3]), (OffsetUnit.BYTE, [0, 2])])
def test_an_offset_inside_a_character_is_refused(unit: OffsetUnit, extent: list[int]) -> None:
    with pytest.raises(ValueError, match=f"offset [12] is inside a character: the file does not count {unit}s"):
        Ruler("🙂é", unit).decode(extent)


@pytest.mark.parametrize("extent", [[0, 4], [2, 2], [-1, 1], [2, 1], [0], "0", None, [0, 1.5], {"start": 0}])
def test_what_is_no_range_is_refused(extent: object) -> None:
    with pytest.raises(ValueError, match="is no range of a text of 3 utf-16s"):
        Ruler("🙂é", OffsetUnit.UTF_16).decode(extent)
