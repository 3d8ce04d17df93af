"""Documents and examples: what is written is read, and faults are named in one line."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.errors import InputError
from claimex.files import write_lines
from claimex.jsonl import (
    encode_example,
    read_documents,
    read_examples,
    to_line,
)
from claimex.schema import (
    Document,
    Example,
    Modifier,
    Record,
    Span,
    Tag,
)

DAY = dt.date(2031, 5, 6)
TEXT = "The mayor 🙂 said about 1,200 goats fled on Tuesday, and umpteen sheep."


def write(path: Path, content: str | bytes) -> Path:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def fault(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(read_documents(path))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


def span(text: str, surface: str, tag: Tag, score: float | None = None) -> Span:
    start = text.index(surface)
    return Span(start, start + len(surface), tag, score)


# --- Documents


@pytest.mark.parametrize("name", ["goats.txt", "goats.txt.gz", "goats"])
def test_a_text_file_is_one_document_named_by_its_stem(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, TEXT)
    assert list(read_documents(path, date=DAY)) == [Document("goats", TEXT, DAY)]


@pytest.mark.parametrize("name", ["herd.jsonl", "herd.ndjson", "herd.jsonl.gz", "herd.JSONL"])
def test_json_lines_bring_ids_and_dates_or_get_them(tmp_path: Path, name: str) -> None:
    rows = [
        '{"id": "a", "date": "2030-01-02", "text": "x", "more": [1e999, 2]}',
        "",
        '{"text": ""}',
        '{"id": 7, "text": "z"}',
    ]
    path = write(tmp_path / name, "\r\n".join(rows))
    assert list(read_documents(path, date=DAY)) == [
        Document("a", "x", dt.date(2030, 1, 2)),
        Document("herd:3", "", DAY),
        Document("7", "z", DAY),
    ]


def test_byte_order_mark_goes_and_line_ends_stay(tmp_path: Path) -> None:
    text = "Ten goats\r\nfled.\rAll\n"
    assert next(read_documents(write(tmp_path / "a.txt", f"\ufeff{text}"))).text == text
    line = to_line({"text": text})
    assert next(read_documents(write(tmp_path / "a.jsonl", f"\ufeff{line}\r\n"))).text == text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'\n {"text": "x"}', [Document("stdin:2", "x")]),
        (b'\xef\xbb\xbf{"id": "b", "text": "x"}\n', [Document("b", "x")]),
        (b"Ten {goats}", [Document("stdin", "Ten {goats}")]),
        (b"\n Ten\n{goats}\n", [Document("stdin", "\n Ten\n{goats}\n")]),
        (b"", [Document("stdin", "")]),
    ],
)
def test_standard_input_is_sniffed(monkeypatch: pytest.MonkeyPatch, content: bytes, expected: list[Document]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert list(read_documents("-")) == expected


def test_standard_input_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="stdin: cannot be read: it is closed"):
        list(read_documents("-"))


def test_json_lines_are_read_as_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe(io.BytesIO):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"id": "first", "text": "x"}\n'
            raise AssertionError("read ahead")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pipe()))
    assert next(read_documents("-")).id == "first"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b'{"text": "x"} trailing', "not JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'{"id": "a"}', 'no "text"'),
        (b'{"text": null}', "no string"),
        (b'{"text": 5}', "no string"),
        (b'{"text": "x", "id": ["a"]}', "no string"),
        (b'{"text": "x", "id": true}', "no string"),
        (b'{"text": "goat \\ud83d"}', "\\ud83d at 5 is half a surrogate pair"),
        (b'{"text": "x", "id": "\\udc00"}', "surrogate"),
        (b'{"text": "x", "date": "2031-02-29"}', "no date"),
        (b'{"text": "x", "date": "20310228"}', "no date"),
        (b'{"text": "x", "date": 2031}', "no date"),
        (b'{"text": "x", "n": NaN}', "NaN"),
        (b'{"text": "x", "n": 1e99999999999999999999}', "exponent"),
        (b'{"text": ' + b"[" * 100_000, "nested"),
        (b'{"text": "\xff"}', "not UTF-8 at byte 10"),
        (b'{"text": "\0"}', "binary"),
    ],
)
def test_a_bad_line_is_named_and_can_be_left_out(tmp_path: Path, line: bytes, reason: str) -> None:
    path = write(tmp_path / "bad.jsonl", b'{"id": "a", "text": "x"}\n' + line + b'\n{"id": "c", "text": "z"}')
    message = fault(path)
    assert message.startswith(f"{path}:2: ")
    assert reason in message
    skipped: list[InputError] = []
    assert [document.id for document in read_documents(path, on_error=skipped.append)] == ["a", "c"]
    assert [str(error) for error in skipped] == [message]


def test_a_huge_number_in_another_key_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "x", "n": ' + "9" * 10_000 + "}")
    assert list(read_documents(path)) == [Document("a:1", "x")]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"caf\xe9", "not UTF-8 at byte 3: convert it first, such as iconv -f"),
        ("a.txt", "goats".encode("utf-16"), "iconv -f UTF-16"),
        ("a.pdf", b"%PDF\0", "binary"),
    ],
)
def test_a_file_that_is_no_utf8_text(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    assert reason in fault(write(tmp_path / name, content))


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"goats" * 99)[:-9], gzip.compress(b"goats")[:5], b""])
def test_damaged_gzip(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(content)
    if content:
        assert "damaged gzip" in fault(path)
    else:
        assert list(read_documents(path)) == []


def test_missing_files_and_directories(tmp_path: Path) -> None:
    assert "no such file" in fault(tmp_path / "none.txt")
    assert "a directory" in fault(tmp_path)
    skipped: list[InputError] = []
    assert list(read_documents(tmp_path, on_error=skipped.append)) == []
    assert len(skipped) == 1


@given(text=st.text().filter(lambda text: "\0" not in text and not text.startswith("\ufeff")))
@settings(deadline=None, max_examples=50)
def test_any_text_survives_either_kind_of_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any", numbered=True)
    documents = [
        *read_documents(write(folder / "a.txt", text)),
        *read_documents(write(folder / "a.jsonl", to_line({"text": text}))),
    ]
    assert [document.text for document in documents] == [text, text]


@given(content=st.binary() | st.text(alphabet='{}[]":,\\ud8 \n1e', max_size=40).map(str.encode))
@settings(deadline=None, max_examples=50)
def test_no_bytes_raise_anything_but_input_errors(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes", numbered=True)
    for name in ("a.txt", "a.jsonl", "a.jsonl.gz"):
        (folder / name).write_bytes(content)
        skipped: list[InputError] = []
        documents = list(read_documents(folder / name, on_error=skipped.append))
        assert len(documents) + len(skipped) <= content.count(b"\n") + 1


# --- Examples and predictions

RECORD = {
    "quantity": [23, 28],
    "value": 1200,
    "modifier": "approx",
    "unit": [29, 34],
    "date": [43, 50],
    "start": "2031-05-06",
    "end": "2031-05-06",
    "claimant": [0, 9],
    "name": "The mayor",
}
SPANS = [{"start": 23, "end": 28, "tag": "QUANTITY"}, {"start": 0, "end": 9, "tag": "CLAIMANT"}]
GOLD = {"id": "g", "date": "2031-05-06", "text": TEXT, "spans": SPANS, "records": [RECORD]}


def test_examples_are_read(tmp_path: Path) -> None:
    (example,) = read_examples(write(tmp_path / "gold.jsonl", json.dumps(GOLD)))
    assert [TEXT[s.start : s.end] for s in example.spans] == ["The mayor", "1,200"]
    assert example.annotated == frozenset(Tag)
    number = Decimal(1200)
    assert example.records == (
        Record((23, 28), number, number, number, Modifier.APPROX, (29, 34), (43, 50), DAY, DAY, (0, 9), "The mayor"),
    )


def test_annotated_tags_and_ranges_and_vague_values(tmp_path: Path) -> None:
    records = [{"quantity": [23, 28], "value": [0.1, 12]}, {"quantity": [56, 63], "value": None}]
    row = {"text": TEXT, "spans": SPANS, "annotated": ["CLAIMANT", "QUANTITY"], "records": records}
    (example,) = read_examples(write(tmp_path / "gold.jsonl", json.dumps(row)))
    assert example.annotated == {Tag.CLAIMANT, Tag.QUANTITY}
    assert example.records[0] == Record((23, 28), None, Decimal("0.1"), Decimal(12))
    assert example.records[1] == Record((56, 63), None, None, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"spans": [{"start": 60, "end": 99, "tag": "DATE"}]}, "no range"),
        ({"spans": [{"start": 5, "end": 5, "tag": "DATE"}]}, "no range"),
        ({"spans": [{"start": -1, "end": 5, "tag": "DATE"}]}, "no range"),
        ({"spans": [{"start": 0, "end": 5.0, "tag": "DATE"}]}, "no range"),
        ({"spans": [[0, 5]]}, "no JSON object"),
        ({"spans": [{"start": 0, "end": 5, "tag": "TIME"}]}, "no tag: use QUANTITY, UNIT, DATE, CLAIMANT"),
        ({"spans": [*SPANS, {"start": 5, "end": 12, "tag": "DATE"}]}, "overlap"),
        ({"spans": None}, '"spans" is missing'),
        ({"records": [{**RECORD, "quantity": [1]}]}, "no range"),
        ({"records": [{**RECORD, "unit": [9, 3]}]}, "no range"),
        ({"records": [{**RECORD, "value": "many"}]}, "no number"),
        ({"records": [{**RECORD, "modifier": "circa"}]}, "no modifier: use eq, approx"),
        ({"records": [{**RECORD, "start": "Tuesday"}]}, "no date"),
        ({"records": "none"}, '"records" is missing or no list'),
    ],
)
def test_bad_examples_name_file_line_and_document(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    path = write(tmp_path / "gold.jsonl", f"{json.dumps(GOLD)}\n{json.dumps({**GOLD, **change})}")
    with pytest.raises(InputError) as caught:
        list(read_examples(path))
    assert str(caught.value).startswith(f"{path}:2: ")
    assert reason in str(caught.value)
    if "records" not in reason:
        assert "document 'g'" in str(caught.value)


def test_examples_go_round(tmp_path: Path) -> None:
    number = Decimal("18.1")
    records = (
        Record((23, 28), number, number, number, Modifier.GE, (29, 34), (43, 50), DAY, None, (0, 9), "Ann"),
        Record((23, 28), None, Decimal(2), Decimal(3)),
        Record((56, 63), None, None, None),
    )
    spans = (span(TEXT, "The mayor", Tag.CLAIMANT), span(TEXT, "1,200", Tag.QUANTITY))
    document = Document("a", TEXT, DAY)
    examples = [
        Example(document, spans, frozenset(Tag), records),
        Example(document, (), frozenset((Tag.QUANTITY,)), unsure=((0, 5), (9, 12))),
    ]
    path = tmp_path / "gold.jsonl.gz"
    write_lines(path, map(to_line, map(encode_example, examples)))
    assert list(read_examples(path)) == examples
