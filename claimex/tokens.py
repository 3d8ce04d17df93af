"""Texts to tokens and back to characters. Nothing is cut off, and no character gets lost."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer as Backend

from claimex.errors import InputError
from claimex.schema import Range

Ids: TypeAlias = npt.NDArray[np.int64]
Row: TypeAlias = tuple[list[int], list[int]]  # ids of tokens and how each is written


class Padded(NamedTuple):
    """Windows as the model reads them, each array of shape (rows, longest row)."""

    ids: Ids
    cases: Ids
    mask: Ids


# How a token is written, which an uncased vocabulary does not tell: without capitals, opening with one, in capitals
# alone, with capitals inside.
CASES = SMALL, OPENED, CAPITALS, INSIDE = range(4)

_SPECIAL = ("cls_token", "sep_token", "pad_token")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenized text: ids; for each the range of its characters, without blanks (so it may be empty) and with the
    combining marks that follow: tokenizers that strip accents leave them out of their offsets; and which of ``CASES``
    it is."""

    ids: list[int]
    ranges: list[Range]
    cases: list[int]


class Tokenizer:
    """Cuts whole texts into tokens, without truncation, and wraps windows of them for the model.

    ``first_id`` and ``last_id`` stand around every window, ``pad_id`` fills a batch up.
    """

    def __init__(self, backend: Backend, first_id: int, last_id: int, pad_id: int) -> None:
        self.backend = backend
        self.first_id, self.last_id, self.pad_id = first_id, last_id, pad_id
        backend.no_truncation()
        backend.no_padding()
        backend.encode_special_tokens = True  # "[SEP]" in an article is five characters, not a command

    def __call__(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokens of each text. Raises InputError for a text that is no valid Unicode (a lone surrogate)."""
        for text in texts:
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise InputError(
                    f"the text holds a lone surrogate at {error.start}: decode it as UTF-16 or replace it"
                ) from None
        encodings = self.backend.encode_batch(list(texts), add_special_tokens=False)
        return [_read(text, encoding.ids, encoding.offsets) for text, encoding in zip(texts, encodings, strict=True)]

    def window(self, tokens: Tokens, start: int, end: int) -> Row:
        """Tokens as the model wants them: one special token before and one after."""
        return [self.first_id, *tokens.ids[start:end], self.last_id], [SMALL, *tokens.cases[start:end], SMALL]


@lru_cache(maxsize=2**15)
def case_of(token: str) -> int:
    """Which of ``CASES`` a token is."""
    if token == token.lower():
        return SMALL
    if len(token) > 1 and token == token.upper():
        return CAPITALS
    return OPENED if token[1:] == token[1:].lower() else INSIDE


def _read(text: str, ids: list[int], ranges: list[Range]) -> Tokens:
    """A text as its tokens lie in it."""
    surfaces = [text[start:end] for start, end in ranges]
    joined = "".join(surfaces)
    if _has_marks(text) or joined.split() != [joined]:  # some tokens hold blanks
        ranges = [_visible(text, *offsets) for offsets in ranges]
        surfaces = [text[start:end] for start, end in ranges]
    return Tokens(ids, ranges, list(map(case_of, surfaces)))


def _has_marks(text: str) -> bool:
    """Whether any combining marks stand in it."""
    return not text.isascii() and any(unicodedata.category(char)[0] == "M" for char in set(text))


def _visible(text: str, start: int, end: int) -> Range:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return start, end


def load_tokenizer(directory: Path) -> Tokenizer:
    """The tokenizer as its tokenizer.json describes it; which tokens are special says tokenizer_config.json.

    Not by transformers' AutoTokenizer: that one rebuilds the tokenizer of the model's family around the vocabulary,
    without changes such as digits split from letters. Raises OSError, ValueError or what tokenizers raises.
    """
    backend = Backend.from_file(str(directory / "tokenizer.json"))
    config: dict[str, Any] = json.loads((directory / "tokenizer_config.json").read_text(encoding="utf-8"))
    return Tokenizer(backend, *(_special_id(backend, config, name) for name in _SPECIAL))


def _special_id(backend: Backend, config: dict[str, Any], name: str) -> int:
    token = config.get(name)
    content = token.get("content") if isinstance(token, dict) else token
    number: int | None = backend.token_to_id(content) if isinstance(content, str) else None
    if number is None:
        raise ValueError(f"tokenizer_config.json: its {name} ({content}) is not in the vocabulary")
    return number


def pad(rows: Sequence[Row], pad_id: int) -> Padded:
    """Rows as the model's input."""
    ids = np.full((len(rows), max(len(row) for row, _ in rows)), pad_id, dtype=np.int64)
    cases, mask = np.zeros_like(ids), np.zeros_like(ids)
    for i, (row, written) in enumerate(rows):
        ids[i, : len(row)] = row
        cases[i, : len(row)] = written
        mask[i, : len(row)] = 1
    return Padded(ids, cases, mask)
