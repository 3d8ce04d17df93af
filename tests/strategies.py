"""Hypothesis strategies for the texts that break offsets."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = [
    "Harbour police said ", "5,975.7 tonnes", "33,000km", "$2.5m", "1/2", "2½", "3-1",
    "an [SEP] b [CLS] [PAD][UNK][MASK]",
    "cafe\u0301s", "E\u0301cole", "q\u0308\u0301x", "\u0301", "🙂", "👩\u200d👩\u200d👧",
    "5\ufe0f\u20e3 men", "❤\ufe0f",
    "漢字かな交じり12人", "한국어", "कुर्सी", "٣٤٫٥", "١٢", "１２,３４５", "①②", "x²", "ﬁnds ﬃx", "İstanbul", "ß",
    " ", "  ", "\r\n", "\n\n", "\t", "\xa0", "\u202f", "\u2009", "\u2028", "\u200b", "\u2060",
    "\ufeff", "\xad", "\u200d",
    "12\u200b345", "ver\xadkehr", "ab\x1ccd", "\x00", "\x85", "\x7f", "\ufffd", "\ue000",
    "“quoted”", "1’000", "’s", "…", ".",
    ",", "%", "$", "(", "word" * 40, "7" * 120,
]  # fmt: skip

# Pieces with and without blanks between them, and whatever else Unicode holds beside lone surrogates.
TEXTS = st.lists(
    st.sampled_from(_PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=14
).map("".join)
