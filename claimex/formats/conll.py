"""CoNLL: ``token TAB label`` a line, BIO2 labels (every span begins with ``B-``), a blank line between sentences.

Documents begin with a ``-DOCSTART-`` line, as in CoNLL-2003. Read are files of more columns too, tab or blank between
them: the first is the token, the last the label. A line ``# claimex = {...}`` behind the header holds the text and what
else the columns cannot show, its offsets in code points; without it the text is the tokens with blanks between them and
a newline between sentences.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from claimex.errors import InputError
from claimex.fields import Json, parse_object
from claimex.files import decode, display_name, opened
from claimex.formats.rows import KEY, Options, accepted, encoded, outcome, rest, restored
from claimex.formats.tokens import GAP, is_word, tokens
from claimex.schema import Example
from claimex.sentences import holding, sentences

START, OUTSIDE = "-DOCSTART-", "O"
COMMENT = f"# {KEY} = "


def conll_lines(examples: Iterable[Example], _: Options) -> Iterator[str]:
    """Yield the lines of a file, without newlines. A span never goes on behind a blank line."""
    from claimex.bio import LABELS, encode  # with numpy, slow to import

    for example in examples:
        text = example.document.text
        words = [token for token in tokens(text, example.spans) if is_word(text, token)]
        labels, lost = encode(example.spans, words)
        row = encoded(example)
        unseen = frozenset(lost)
        hidden = [shown for span, shown in zip(example.spans, row["spans"], strict=True) if span in unseen]
        yield f"{START}\t{OUTSIDE}"
        yield COMMENT + json.dumps({"text": text, **rest(row, hidden)})  # in ASCII: nothing else may end a line
        yield ""
        bounds = sentences(text)
        before = 0
        for (start, end), label in zip(words, map(LABELS.__getitem__, labels), strict=True):
            sentence = holding(bounds, start)
            if sentence != before and not label.startswith("I-"):
                yield ""
                before = sentence
            yield f"{text[start:end]}\t{label}"
        yield ""


@dataclass(slots=True)
class _Document:
    """The lines of one document, with their numbers; a row without columns is a blank line."""

    number: int
    kept: str = ""
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read_conll(path: str | Path, options: Options) -> Iterator[Example]:
    """Yield the examples of a file; one without ``-DOCSTART-`` lines is one document."""
    place = display_name(path)
    with opened(path) as handle:
        raw = handle.read()
    try:
        documents = list(_documents(decode(raw).split("\n")))
    except ValueError as error:
        return options.on_error(InputError(f"{place}: {error}"))
    outcomes = (
        outcome(path, f"{place}:{document.number}", functools.partial(_row, document, place, options), index)
        for index, document in enumerate(documents, start=1)
    )
    yield from accepted(outcomes, options)


def _documents(lines: Iterable[str]) -> Iterator[_Document]:
    document = _Document(1)
    for number, raw in enumerate(lines, start=1):
        line = raw.removesuffix("\r")
        columns = line.split("\t") if "\t" in line else line.split()
        if columns and columns[0] == START:
            if document.kept or any(columns for _, columns in document.rows):
                yield document
            document = _Document(number)
        elif line.startswith(COMMENT):
            document.kept = line.removeprefix(COMMENT)
        elif not (line.startswith("#") and not _is_label(columns[-1])):
            document.rows.append((number, columns))
    if document.kept or any(columns for _, columns in document.rows):
        yield document


def _is_label(column: str) -> bool:
    from claimex.bio import LABELS

    return column in LABELS


def _row(document: _Document, place: str, options: Options) -> Json:
    kept = parse_object(document.kept) if document.kept else {}
    text = kept.get("text")
    if not isinstance(text, str):
        text = _joined(document)
    return restored({"text": text, "spans": _spans(document, text, place)}, kept, options)


def _joined(document: _Document) -> str:
    """A text for tokens that came without one."""
    sentences = groupby(document.rows, key=lambda row: bool(row[1]))
    return "\n".join(" ".join(columns[0] for _, columns in rows) for has_tokens, rows in sentences if has_tokens)


def _spans(document: _Document, text: str, place: str) -> list[Json]:
    """The spans that the labels show. The tokens, with gaps between them, must make up the whole text."""
    spans: list[Json] = []
    at = 0
    before = OUTSIDE
    for number, columns in document.rows:
        if not columns:
            before = OUTSIDE
            continue
        token, label = columns[0], columns[-1]
        start = _behind_gap(text, at)
        at = start + len(token)
        if len(columns) < 2 or not _is_label(label):
            raise InputError(f"{place}:{number}: no label: write TOKEN, a tab, and one of O, B-TAG and I-TAG")
        if not text.startswith(token, start):
            raise InputError(f"{place}:{number}: {token!r} is not what follows in the text: {text[start:at]!r} is")
        prefix, _, tag = label.partition("-")
        if prefix == "B":
            spans.append({"start": start, "end": at, "tag": tag})
        elif prefix == "I":
            if before.partition("-")[2] != tag:
                raise InputError(f"{place}:{number}: {label} behind {before}: begin each span with B-{tag}")
            spans[-1]["end"] = at
        before = label
    if _behind_gap(text, at) < len(text):
        raise ValueError(f"the text goes on behind the last token, at {at}: add the tokens that are missing")
    return spans


def _behind_gap(text: str, at: int) -> int:
    gap = GAP.match(text, at)
    return gap.end() if gap else at
