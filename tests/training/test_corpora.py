from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from claimex.errors import ConfigError, InputError
from claimex.formats.registry import FORMATS
from claimex.schema import Example, Range, Span, Tag
from training.config import Corpus
from training.corpora import attributions, quantities, read_corpus, timexes

DATA = Path(__file__).parent / "data"


def surfaces(text: str, found: list[Span | Range]) -> list[tuple[str, str]]:
    """Text and tag of each span, "unsure" for the rest."""
    ranges = [(item.range, str(item.tag)) if isinstance(item, Span) else (item, "unsure") for item in found]
    return [(text[start:end], tag) for (start, end), tag in ranges]


def at(text: str, *parts: str) -> list[list[int]]:
    return [[text.index(part), text.index(part) + len(part)] for part in parts]


def attribution(text: str, cue: str, *source: str) -> dict[str, Any]:
    return {"source": at(text, *source), "cue": at(text, cue) if cue else [], "content": []}


def read(
    tmp_path: Path, rows: list[dict[str, Any]] | bytes, reader: str, *tags: Tag, name: str = "c.jsonl"
) -> list[Example]:
    content = rows if isinstance(rows, bytes) else "".join(json.dumps(row) + "\n" for row in rows).encode()
    (tmp_path / name).write_bytes(content)
    return read_corpus(Corpus(name, reader, list(tags), "ours"), tmp_path)


@pytest.mark.parametrize(
    ("text", "cue", "source", "expected"),
    [
        ("The baker said bread is dear.", "said", ["The baker"], [("The baker", "CLAIMANT")]),
        ("Bread is dear, according to bakers.", "according to", ["bakers"], [("bakers", "CLAIMANT")]),
        ("Rosa Vell, a baker, said so.", "said", ["Rosa Vell, a baker,"], [("Rosa Vell", "CLAIMANT")]),
        ("A baker who sells rye said so.", "said", ["A baker who sells rye"], [("A baker", "CLAIMANT")]),
        ("The baker hopes for rain.", "hopes", ["The baker"], [("The baker", "unsure")]),
        ("Bakers said, and millers, so.", "said", ["Bakers", "millers"], [("Bakers", "unsure"), ("millers", "unsure")]),
        ("We said so.", "said", ["We"], []),
        ("The baker: bread is dear.", "", ["The baker"], [("The baker", "CLAIMANT")]),
        ("So said  the baker .", "said", [" the baker "], [("the baker", "CLAIMANT")]),
    ],
)
def test_attributions(text: str, cue: str, source: list[str], expected: list[tuple[str, str]]) -> None:
    row = {"text": text, "attributions": [attribution(text, cue, *source)]}
    assert surfaces(text, list(attributions(row))) == expected


def test_timexes_leave_out_frequencies_and_vague_adverbs() -> None:
    text = "He now sails every Sunday, and left on May 4, for three weeks."
    kinds = {"now": "DATE", "every Sunday": "SET", "May 4,": "DATE", "three weeks": "DURATION"}
    row = {
        "text": text,
        "timex": [{"start": s, "end": e, "type": kinds[part]} for part in kinds for s, e in at(text, part)],
    }
    assert surfaces(text, list(timexes(row))) == [("May 4", "DATE"), ("three weeks", "DATE")]


@pytest.mark.parametrize(
    ("phrase", "unit", "expected"),
    [
        ("about 12.5 km", "km", [("km", "UNIT"), ("12.5", "QUANTITY")]),
        ("33,000km", "km", [("km", "UNIT"), ("33,000", "QUANTITY")]),
        ("10 to 12 mg/l", "mg/l", [("mg/l", "UNIT"), ("10 to 12", "QUANTITY")]),
        ("−4 °C", "°C", [("°C", "UNIT"), ("−4", "QUANTITY")]),
        ("3 ± 0.5 m", "m", [("m", "UNIT"), ("3 ± 0.5", "QUANTITY")]),
        ("2 million ", "", [("2 million", "QUANTITY")]),
        ("twelve", None, [("twelve", "QUANTITY")]),
        ("p < x", None, []),
    ],
)
def test_quantities_are_split_into_number_and_unit(
    phrase: str, unit: str | None, expected: list[tuple[str, str]]
) -> None:
    text = f"The pond holds {phrase} of it."
    [[start, end]] = at(text, phrase)
    row = {"text": text, "quantities": [{"start": start, "end": end, "unit": unit}]}
    assert surfaces(text, list(quantities(row))) == expected


def test_read_corpus_keeps_text_date_and_what_is_annotated(tmp_path: Path) -> None:
    text = "On May 4\r\nand  May 4, 2019 🙂 it rained."
    timex = [{"start": 3, "end": 8, "type": "DATE"}, {"start": 15, "end": 20, "type": "DATE"}]
    nested = {"start": 15, "end": 26, "type": "DATE"}
    rows = [{"id": 7, "text": text, "date": "2019-06-01", "timex": [*timex, nested]}]
    packed = gzip.compress(json.dumps(rows[0]).encode())
    for examples in (
        read(tmp_path, rows, "timexes", Tag.DATE),
        read(tmp_path, packed, "timexes", Tag.DATE, name="c.jsonl.gz"),
    ):
        [example] = examples
        assert example.document.text == text
        assert example.document.id == "7"
        assert example.document.date == dt.date(2019, 6, 1)
        assert example.annotated == {Tag.DATE}
        assert [text[span.start : span.end] for span in example.spans] == ["May 4", "May 4, 2019"]


def test_read_corpus_keeps_what_is_unsure(tmp_path: Path) -> None:
    text = "The baker hopes, the miller said."
    row = {
        "id": "a",
        "text": text,
        "attributions": [attribution(text, "hopes", "The baker"), attribution(text, "said", "the miller")],
    }
    [example] = read(tmp_path, [row], "attributions", Tag.CLAIMANT)
    assert [text[start:end] for start, end in example.unsure] == ["The baker"]
    assert [text[span.start : span.end] for span in example.spans] == ["the miller"]


def test_claims_are_read_with_all_their_tags() -> None:
    [first, *_] = read_corpus(Corpus("bulletins.jsonl", "claims", list(Tag), "ours"), DATA)
    text = first.document.text
    assert first.annotated == frozenset(Tag)
    assert [(text[span.start : span.end], str(span.tag)) for span in first.spans] == [
        ("The harbour master", "CLAIMANT"),
        ("57", "QUANTITY"),
        ("fishing boats", "UNIT"),
        ("Tuesday", "DATE"),
    ]


GOOD = b'{"id": "a", "text": "on May 4", "timex": []}\n'


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"id": "b", "text": "x"}',
        b'{"id": "b", "text": 5, "timex": []}',
        b'{"id": "b", "text": "x", "timex": [5]}',
        b'{"id": "b", "text": ["x"], "timex": [{"start": 0, "end": 1, "type": "DATE"}]}',
        b'{"id": "b", "text": "x", "date": "May", "timex": []}',
        b'{"id": "b", "text": "caf\xe9", "timex": []}',
    ],
)
def test_a_line_in_another_form_is_named(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(ConfigError, match=r"c\.jsonl:2: ") as caught:
        read(tmp_path, GOOD + line, "timexes", Tag.DATE)
    assert "\n" not in str(caught.value)


def test_damaged_archive_and_missing_corpus_and_reader_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="damaged gzip"):
        read(tmp_path, gzip.compress(GOOD * 99)[:-9], "timexes", Tag.DATE, name="c.jsonl.gz")
    with pytest.raises(
        ConfigError, match="unknown reader 'times': choose among claims, markup, standoff, attributions"
    ):
        read(tmp_path, GOOD, "times", Tag.DATE)
    with pytest.raises(ConfigError, match="no such corpus"):
        read_corpus(Corpus("none.jsonl", "timexes", [], "ours"), tmp_path)


def test_annotations_that_stand_off_are_joined_with_their_texts(tmp_path: Path) -> None:
    text = "Rebels held 14 villages, he said."
    row = {"id": "a", "text": text, "spans": [{"start": 12, "end": 14, "tag": "QUANTITY"}], "records": []}
    [example] = read(tmp_path, [row], "claims", *Tag)
    FORMATS["standoff"].write(tmp_path / "off.jsonl", [example])
    assert text not in (tmp_path / "off.jsonl").read_text()
    corpus = Corpus("off.jsonl", "standoff", list(Tag), "ours", texts="texts.jsonl")
    with pytest.raises(ConfigError, match=r"texts\.jsonl: no such corpus"):
        read_corpus(corpus, tmp_path)
    (tmp_path / "texts.jsonl").write_text(json.dumps({"id": "a", "text": text}))
    assert read_corpus(corpus, tmp_path) == [example]
    (tmp_path / "texts.jsonl").write_text(json.dumps({"id": "a", "text": text.upper()}))
    with pytest.raises(InputError, match=r"off\.jsonl:1: the sha256 of the document .* differs"):
        read_corpus(corpus, tmp_path)
